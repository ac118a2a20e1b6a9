"""`Keys`: the keys that the canvas itself listens to: those that are held, Escape, and what the tool wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence

from segdesk.domain.errors import SegDeskError

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas

TAP_MS = 250  # V held for less than this is a tap: the overlay stays hidden, or comes back
REPEAT_MS = 60  # a press so soon after a release is the keyboard's repeat, which Qt does not always know on X11
Key, Held = Qt.Key, Qt.KeyboardModifier
DEFAULTS = {"held_pan": Key.Key_Space, "held_prediction": Key.Key_QuoteLeft, "hide_labels": Key.Key_V}


class Keys:
    """Part of one `Canvas`. `held`: the keys that are held, by the ids of their commands."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self.held: dict[str, Qt.Key] = dict(DEFAULTS)
        self._pressed_at = 0
        self._released_at = -REPEAT_MS

    def press(self, event: QKeyEvent) -> bool:
        """A key went down; False: not for the canvas."""
        if event.isAutoRepeat() and event.key() in self.held.values():
            return True
        return self._held(event, down=True) or self._other(event)

    def release(self, event: QKeyEvent) -> bool:
        """A key went up; False: not for the canvas."""
        return not event.isAutoRepeat() and self._held(event, down=False)

    def _held(self, event: QKeyEvent, *, down: bool) -> bool:
        if event.modifiers() & (Held.ControlModifier | Held.AltModifier):
            return False
        if event.key() == self.held.get("held_pan"):
            self._canvas.hold_space(down)
        elif event.key() == self.held.get("held_prediction"):
            self._canvas.show_prediction(down)
        elif event.key() == self.held.get("hide_labels"):
            self._hold_v(event, down)
        else:
            return False
        return True

    def _hold_v(self, event: QKeyEvent, down: bool) -> None:
        """Held: peek. Tapped: hide the overlay for good, or show it again."""
        now = event.timestamp()
        if down and now - self._released_at >= REPEAT_MS:
            self._pressed_at = now
        elif not down and self._canvas.seeing.peeking and now - self._pressed_at < TAP_MS:
            self._canvas.hide_overlay(not self._canvas.seeing.hidden)
        if not down:
            self._released_at = now
        self._canvas.peek(down)

    def _other(self, event: QKeyEvent) -> bool:
        canvas = self._canvas
        doc = canvas.document
        if doc is None:
            return False
        if event.key() == Key.Key_Escape:
            canvas.escape()
            return True
        try:
            used = canvas.tool is not None and canvas.tool.key(doc, QKeySequence(event.key()).toString())
        except SegDeskError as error:
            used = True
            canvas.problem.emit(error)
        if used:
            canvas.update()
        return used
