"""What a tool is: pointer input in image coordinates, a cursor, a sketch to draw over the picture. No Qt.

A tool is one file `segdesk/app/tools/NAME.py` with `INFO` (a `ToolInfo`) and a class `Tool` derived from `BaseTool`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdesk.app.document import Document


@dataclass(frozen=True)
class ToolInfo:
    """What the toolbar shows. `title` and `note` are marked by `N_` and translated by the window; `icon` names a file
    of `resources/icons` without its ending; `key` is a key sequence such as "B"; tools are listed by `order`."""

    id: str
    title: str
    icon: str
    key: str
    order: int
    note: str


@dataclass(frozen=True)
class Modifiers:
    """What is held while the pointer acts. `right`: the right button instead of the left; `pressure` 0..1 of a tablet
    pen, 1 for a mouse."""

    shift: bool = False
    ctrl: bool = False
    alt: bool = False
    right: bool = False
    pressure: float = 1.0


PLAIN = Modifiers()


@dataclass(frozen=True)
class Cursor:
    """The shape at the pointer: "circle" or "square" of `diameter` image pixels, "cross", "hand" or "arrow"."""

    shape: str = "cross"
    diameter: float = 0.0


@dataclass(frozen=True)
class Sketch:
    """A line to draw over the picture (a lasso under way): `points` (x, y) in image coordinates."""

    points: tuple[tuple[float, float], ...]
    closed: bool = False


class BaseTool:
    """The behaviour of a tool that does nothing; a tool overrides what it needs.

    All coordinates are image coordinates: floats, (0, 0) is the picture's top-left corner, pixel centres lie at +0.5;
    they may lie outside the picture. Everything is called on the UI thread.
    """

    changes_pixels = False
    """Whether a click changes the map (a double click then paints instead of fitting the view)."""

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
