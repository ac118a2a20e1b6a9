"""`Pointer`: turns mouse, wheel and pen into strokes of the tool, panning, zooming and picking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QTabletEvent, QWheelEvent

from segdesk.app.tools.base import Modifiers
from segdesk.domain.errors import SegDeskError

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas

WHEEL_STEP = 120.0  # Qt's units a notch of the wheel
ZOOM_A_NOTCH = 1.25
Held = Qt.KeyboardModifier
Button = Qt.MouseButton


class Pointer:
    """Part of one `Canvas`. `doing`: "" (nothing), "tool" (a stroke), "pan", "size" (the brush's size is dragged) or
    "dead" (a stroke was cancelled and the button is still down). `at`: the pointer's device position, None outside the
    canvas. `anchor`: where the brush whose size is dragged stays, else None."""

    def __init__(self, canvas: Canvas) -> None:
        self.doing = ""
        self.at: tuple[float, float] | None = None
        self.anchor: tuple[float, float] | None = None
        self.space = False
        self._canvas = canvas
        self._size_from = 0.0
        self._button = Button.NoButton
        self._pan_from = (0.0, 0.0)

    # ---- mouse

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        self._track(event.position())
        if self.doing:
            return
        self._button = event.button()
        if event.button() == Button.MiddleButton or (self.space and event.button() == Button.LeftButton):
            self._start_pan()
        elif event.button() == Button.RightButton and event.modifiers() & Held.AltModifier:
            self._start_size()
        elif event.button() == Button.RightButton and self._asks_menu(event):
            self._canvas.menu_asked.emit(event.position().toPoint())
        elif event.button() in (Button.LeftButton, Button.RightButton):
            self._start_tool(self._modifiers(event, event.button()))

    def _asks_menu(self, event: QMouseEvent) -> bool:
        """The right button where the tool has no use for it; with Ctrl, which means to a tool what that button means,
        it is the menu with every tool."""
        tool = self._canvas.tool
        free = tool is None or not tool.uses_right
        return self._canvas.document is not None and (free or bool(event.modifiers() & Held.ControlModifier))

    def double_press(self, event: QMouseEvent) -> None:
        """The second press of a double click: fits the view, unless it is a second dab of a painting tool."""
        self._track(event.position())
        tool = self._canvas.tool
        paints = tool is not None and tool.changes_pixels and self._over_picture()
        if event.button() == Button.MiddleButton or (event.button() == Button.LeftButton and not paints):
            self._canvas.zoom_fit()
        else:
            self.press(event)

    def move(self, event: QMouseEvent) -> None:
        """The pointer moved, with or without a button."""
        self._track(event.position())
        if self.doing == "pan":
            self._pan()
        elif self.doing == "size":
            self._drag_size()
        elif self.doing == "tool":
            self._use("move", self._modifiers(event, self._button))
            self._canvas.hand_moved()
        elif not self.doing:
            self._use("hover", self._modifiers(event, Button.NoButton))

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        if event.button() != self._button:
            return
        self._track(event.position())
        self._end(self._modifiers(event, self._button))

    def leave(self) -> None:
        """The pointer left the canvas."""
        self.at = None

    # ---- wheel

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Alt the brush's size (Qt turns the wheel sideways while Alt is held)."""
        self._track(event.position())
        delta = event.angleDelta()
        notches = (delta.y() or delta.x()) / WHEEL_STEP
        if not notches:
            return
        if event.modifiers() & Held.AltModifier:
            self._canvas.step_brush(notches)
        elif self.doing != "tool":
            self._canvas.zoom_by(ZOOM_A_NOTCH**notches)

    # ---- pen

    def tablet(self, event: QTabletEvent) -> bool:
        """A pen: like the left button, with pressure. False leaves the event to Qt, which then sends mouse events."""
        kind = event.type()
        if self.space or kind not in (event.Type.TabletPress, event.Type.TabletMove, event.Type.TabletRelease):
            return False
        self._track(event.position())
        modifiers = self._modifiers(event, event.button() or self._button, pressure=event.pressure())
        if kind == event.Type.TabletPress and not self.doing:
            self._button = event.button()
            self._start_tool(modifiers)
        elif kind == event.Type.TabletMove and self.doing == "tool":
            self._use("move", modifiers)
            self._canvas.hand_moved()
        elif kind == event.Type.TabletRelease:
            # A lifting pen reports no pressure; the line's end keeps the width of its last point.
            self._end(self._modifiers(event, self._button, pressure=0.0))
        return True

    # ---- from outside

    def finish(self) -> None:
        """End a stroke under way as if the button went up (another picture or tool comes)."""
        if self.doing == "tool":
            self._end(Modifiers())

    def cancel(self) -> bool:
        """Take a stroke under way back; the button does nothing until it goes up. False if there is none."""
        canvas = self._canvas
        if self.doing != "tool" or canvas.tool is None or canvas.document is None:
            return False
        canvas.tool.cancel(canvas.document)
        self.doing = "dead"
        return True

    # ---- inside

    def _track(self, position: QPointF) -> None:
        scale = self._canvas.devicePixelRatioF()
        self.at = position.x() * scale, position.y() * scale
        self._canvas.pointer_moved()

    def _over_picture(self) -> bool:
        doc = self._canvas.document
        if doc is None or self.at is None:
            return False
        x, y = self._canvas.view.to_image(*self.at)
        return 0 <= x < doc.segmentation.size[1] and 0 <= y < doc.segmentation.size[0]

    def _start_tool(self, modifiers: Modifiers) -> None:
        doc = self._canvas.document
        if doc is None:
            return
        if modifiers.alt and not modifiers.right:
            doc.pick(*self._position())
        elif self._canvas.tool is None:
            self._start_pan()
        elif doc.busy:
            self._canvas.problem.emit(
                SegDeskError(
                    "The labels of this picture are just being changed.",
                    "Paint again in a moment; the row of that change says how far it is.",
                )
            )
        else:
            self.doing = "tool"
            self._use("press", modifiers)

    def _start_pan(self) -> None:
        if self.at is not None:
            self.doing, self._pan_from = "pan", self.at
            self._canvas.update_cursor()

    def _pan(self) -> None:
        assert self.at is not None
        dx, dy = round(self.at[0] - self._pan_from[0]), round(self.at[1] - self._pan_from[1])
        self._pan_from = self._pan_from[0] + dx, self._pan_from[1] + dy
        self._canvas.set_view(self._canvas.view.moved(dx, dy))

    def _start_size(self) -> None:
        doc = self._canvas.document
        if doc is not None and self.at is not None:
            self.doing, self.anchor, self._size_from = "size", self.at, doc.brush_size

    def _drag_size(self) -> None:
        """To the right larger, by as much as the pointer moved; the brush itself stays where it was."""
        doc = self._canvas.document
        if doc is not None and self.at is not None and self.anchor is not None:
            doc.brush_size = round(self._size_from + 2 * (self.at[0] - self.anchor[0]) / self._canvas.zoom)
            self._canvas.pointer_moved()

    def _end(self, modifiers: Modifiers) -> None:
        doing, self.doing, self._button = self.doing, "", Button.NoButton
        self.anchor = None
        if doing == "tool":
            self._use("release", modifiers)
        self._canvas.update_cursor()

    def _use(self, verb: str, modifiers: Modifiers) -> None:
        """Call the tool; an error that a person can act on is reported and ends the stroke."""
        canvas = self._canvas
        if canvas.tool is None or canvas.document is None:
            return
        try:
            getattr(canvas.tool, verb)(canvas.document, *self._position(), modifiers)
        except SegDeskError as error:
            self.doing = "dead" if self.doing else ""
            canvas.problem.emit(error)
        canvas.sketches_changed()

    def _position(self) -> tuple[float, float]:
        return self._canvas.view.to_image(*self.at) if self.at is not None else (0.0, 0.0)

    def _modifiers(
        self, event: QMouseEvent | QTabletEvent, button: Qt.MouseButton, *, pressure: float = 1.0
    ) -> Modifiers:
        held = event.modifiers()
        return Modifiers(
            shift=bool(held & Held.ShiftModifier),
            ctrl=bool(held & Held.ControlModifier),
            alt=bool(held & Held.AltModifier),
            right=button == Button.RightButton,
            pressure=pressure,
            scale=self._canvas.devicePixelRatioF() / self._canvas.zoom,
        )
