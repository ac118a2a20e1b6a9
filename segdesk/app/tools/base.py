"""What a tool is: pointer input in image coordinates, a cursor, a sketch to draw over the picture. No Qt.

A tool is one file `segdesk/app/tools/NAME.py` with `INFO` (a `ToolInfo`) and a class `Tool` derived from `BaseTool`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdesk.app.document import Document


Value = bool | int | float | str


@dataclass(frozen=True)
class Option:
    """A setting of a tool or an operation, from which the window builds a control. `title` and the titles in `choices`
    (value, title) are marked by `N_`; `kind` is "int", "float", "bool" or "choice"; numbers run from `minimum` to
    `maximum`; `unit` is "px", "%" or ""."""

    id: str
    title: str
    kind: str
    default: Value
    minimum: float = 0
    maximum: float = 0
    choices: tuple[tuple[str, str], ...] = ()
    unit: str = ""

    def accepted(self, value: Value) -> Value:
        """The value as the option's kind, kept within its limits; ValueError for a choice that does not exist."""
        if self.kind == "bool":
            return bool(value)
        if self.kind == "choice":
            if value not in [c[0] for c in self.choices]:
                raise ValueError(f"{self.id} has no choice {value!r}")
            return value
        number = min(self.maximum, max(self.minimum, float(value)))
        return round(number) if self.kind == "int" else number


def defaults(options: Iterable[Option]) -> dict[str, Value]:
    """The values that the options begin with."""
    return {o.id: o.default for o in options}


@dataclass(frozen=True)
class ToolInfo:
    """What the toolbar shows. `title` and `note` are marked by `N_` and translated by the window; `icon` names a file
    of `resources/icons` without its ending; `key` is a key sequence such as "B"; tools are listed by `order`. The
    values of `options` live in the tool: `BaseTool.values`, changed by `BaseTool.set_option`."""

    id: str
    title: str
    icon: str
    key: str
    order: int
    note: str
    options: tuple[Option, ...] = ()


@dataclass(frozen=True)
class Modifiers:
    """What is held while the pointer acts. `right`: the right button instead of the left; `pressure` 0..1 of a tablet
    pen, 1 for a mouse; `scale`: image pixels a screen pixel at the present zoom (0.1 at 1000 %)."""

    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    right: bool = False
    pressure: float = 1.0
    scale: float = 1.0


PLAIN = Modifiers()


@dataclass(frozen=True)
class Cursor:
    """The shape at the pointer: "circle" or "square" of `diameter` image pixels, "cross", "hand" or "arrow"."""

    shape: str = "cross"
    diameter: float = 0.0


@dataclass(frozen=True)
class Sketch:
    """A line to draw over the picture (a lasso under way): `points` (x, y) in image coordinates. `role`: "line";
    "area", an outline whose inside is tinted; "plus" and "minus", a mark of that sign at each point; "handle", a small
    square at each point; "swath", what a round brush of `width` image pixels goes over."""

    points: tuple[tuple[float, float], ...]
    closed: bool = False
    role: str = "line"
    width: float = 0.0


class BaseTool:
    """The behaviour of a tool that does nothing; a tool overrides what it needs.

    All coordinates are image coordinates: floats, (0, 0) is the picture's top-left corner, pixel centres lie at +0.5;
    they may lie outside the picture. Everything is called on the UI thread.
    """

    changes_pixels = False
    """Whether a click changes the map (a double click then paints instead of fitting the view)."""

    uses_right = False
    """Whether the right button has a meaning of its own; without one it opens the menu of what is under the pointer."""

    options: tuple[Option, ...] = ()
    """The same tuple as in `INFO.options`."""

    def __init__(self) -> None:
        self.values = defaults(self.options)

    def set_option(self, doc: Document | None, option_id: str, value: Value) -> None:
        """Change a setting. KeyError for an unknown one. `doc` is the open document, None if there is none."""
        option = {o.id: o for o in self.options}[option_id]
        self.values[option_id] = option.accepted(value)

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """A button went down."""

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The pointer moved with the button down."""

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The button went up: the change becomes one undo step."""

    def cancel(self, doc: Document) -> None:
        """Escape, or the tool was changed: take everything back that is not one undo step yet."""

    def hover(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """The pointer moved with no button down."""

    def key(self, doc: Document, key: str) -> bool:
        """A key such as "Return" or "Backspace" was pressed over the canvas; True if the tool used it."""
        return False

    def cursor(self, doc: Document) -> Cursor:
        """The shape at the pointer."""
        return Cursor()

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """Lines to draw over the picture now."""
        return ()
