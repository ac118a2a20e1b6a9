"""The one error type that reaches a person: a sentence about what is wrong and a hint at what to do."""

from __future__ import annotations

import re
from numbers import Number

from segdesk.domain.counting import one


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


LONGEST = 400  # characters of a value in a sentence
HUGE = 10**18  # a whole number beyond it is text of any length, too
# What has no place in a line of text: line ends and other controls, halves of surrogate pairs (of a name that is no
# UTF-8), and signs that turn the direction of what stands behind them.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def shown(value: object) -> object:
    """A value as it may stand in a sentence: texts of files may be of any length and hold any sign."""
    if isinstance(value, Number) and not (isinstance(value, int) and abs(value) > HUGE):
        return value  # with its format
    text = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def fill(template: str, values: dict[str, object]) -> str:
    """Fill `{name}` fields; a field without a value (a broken translation) leaves the template as it is. What is
    counted once stands in the singular."""
    if not values and "{" not in template and "}" not in template:
        return template
    try:
        return one(template, values).format(**{name: shown(value) for name, value in values.items()})
    except (KeyError, IndexError, ValueError):
        return template


def _plain(value: object) -> object:
    return value if isinstance(value, (int, float, str, bool)) else str(value)


def _rebuild(cls: type[SegDeskError], message: str, hint: str, values: dict[str, object]) -> SegDeskError:
    return cls(message, hint, **values)
