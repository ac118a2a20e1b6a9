"""The one error type that reaches a person: a sentence about what is wrong and a hint at what to do."""

from __future__ import annotations


class SegDeskError(Exception):
    """A problem that a person can act on.

    `message` and `hint` are templates in English with `{name}` fields; `values` fill them. They stay apart so that
    the window can translate the template first and fill it afterwards. Both must be literal strings where the error
    is raised: the translation script collects them from the source.
    """

    def __init__(self, message: str, hint: str = "", **values: object) -> None:
        super().__init__(message, hint, values)
        self.message = message
        self.hint = hint
        self.values = values

    def __str__(self) -> str:
        return self.text()

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.hint, {k: _plain(v) for k, v in self.values.items()})

    def text(self) -> str:
        """The sentence in English, filled in."""
        return fill(self.message, self.values)

    def hint_text(self) -> str:
        """The hint in English, filled in; empty if there is none."""
        return fill(self.hint, self.values)


class Cancelled(Exception):
    """A job found its cancel token set. Not an error: the worker turns it into a `Stopped` report."""


def fill(template: str, values: dict[str, object]) -> str:
    """Fill `{name}` fields; a field without a value (a broken translation) leaves the template as it is."""
    try:
        return template.format(**values)
    except (KeyError, IndexError, ValueError):
        return template


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, str, bool)) else str(value)


def _rebuild(cls: type[SegDeskError], message: str, hint: str, values: dict[str, object]) -> SegDeskError:
    return cls(message, hint, **values)
