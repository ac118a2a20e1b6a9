"""`Canvas`: the picture with its labels, zoom and pan, and the pointer for the tools. QWidget and QPainter only."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPen,
    QPolygonF,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segdesk.app import pyramid as pyramids
from segdesk.app.document import Document
from segdesk.app.pyramid import Pyramid
from segdesk.app.tools.base import BaseTool
from segdesk.domain.classes import VOID
from segdesk.domain.edit import Rect
from segdesk.domain.segmentation import Segmentation
from segdesk.ui import overlay
from segdesk.ui.canvas_background import Background
from segdesk.ui.canvas_picture import PictureView
from segdesk.ui.canvas_pointer import Pointer

TAP_MS = 250  # V held for less than this is a tap: the overlay stays hidden, or comes back
COUNT_EVERY_MS = 10
BRUSH_STEP = 1.1


class Canvas(PictureView):
    """Shows a document and passes the pointer to the tool.

    Signals: `hovered(x, y)` pixel under the pointer, (-1, -1) outside; `zoom_changed(zoom)` device pixels per image
    pixel; `picked(segment)` by Alt+click or the pick tool, 0 for void; `overlay_hidden(bool)` V was tapped;
    `problem(error)` a tool raised a `SegDeskError`.
    Keys handled here while the canvas has the focus, not to be bound elsewhere: Space (pan), V (tap hides the overlay,
    hold peeks), backquote (hold shows the prediction), Escape (cancels the stroke, else lets go of the object).
    A double click fits the view, but not over the picture with a tool that paints: quick dabs are not a wish to zoom.
    """

    hovered = Signal(int, int)
    picked = Signal(int)
    overlay_hidden = Signal(bool)
    problem = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.tool: BaseTool | None = None
        self._pointer = Pointer(self)
        self._background = Background(self)
        self._style = overlay.Style()
        self._hidden = self._peeking = self._predicting = False
        self._drawn: tuple[Segmentation | None, int] = None, VOID
        self._pressed_at = 0
        self._hovered = (-1, -1)
        self._cursor_rect = QRect()
        self._counting = QTimer(self)
        self._counting.setInterval(COUNT_EVERY_MS)
        self._counting.timeout.connect(self._count)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # ---- what is shown

    def set_preview(self, pixels: np.ndarray, full_size: tuple[int, int]) -> None:
        """Show a reduced (h, w, 3) uint8 RGB picture until the document comes; `full_size` is (height, width)."""
        self._leave_document()
        self.show_picture(pyramids.build(pixels, full_size))

    def set_document(self, doc: Document, pyramid: Pyramid | None = None) -> None:
        """Show a document; keeps the view if a picture of this size was shown as its preview. `pyramid` comes from
        `segdesk.app.pyramid.build(pixels)` if some thread has built it already; else a thread does it now."""
        previewed = self.document is None and self._renderer.pyramid is not None
        self._leave_document()
        self.document = doc
        doc.background = self._background.run
        doc.on_pixels.append(self._pixels_changed)
        doc.on_segments.append(self._segments_changed)
        doc.on_state.append(self._state_changed)
        doc.on_picked.append(self._was_picked)
        if pyramid is None:
            pixels = doc.pixels
            same = previewed and self._renderer.pyramid.full_size == pixels.shape[:2]  # type: ignore[union-attr]
            first = self._renderer.pyramid if same else pyramids.bare(pixels)
            self._background.run(lambda: pyramids.build(pixels), lambda built: self._sharpen(doc, built))
        else:
            first = pyramid
        assert first is not None
        self.show_picture(first, keep_view=previewed)
        self._make_tables()
        self._counting.start()

    def clear(self) -> None:
        """Show nothing."""
        self._leave_document()
        self._renderer.pyramid = None
        self._renderer.invalidate()
        self.update()

    def set_tool(self, tool: BaseTool | None) -> None:
        """Pass the pointer to this tool from now on (None: the left button pans); a stroke under way is finished."""
        self._pointer.finish()
        if self.tool is not None and self.document is not None:
            self.tool.cancel(self.document)
        self.tool = tool
        self.update_cursor()

    def set_overlay(self, opacity: float, mode: str = "class", outline: bool = True) -> None:
        """`opacity` 0..1; `mode` "class" or "instance"; `outline` draws borders of segments."""
        self._style = overlay.Style(min(1.0, max(0.0, opacity)), mode, outline)
        self._make_tables()

    def hide_overlay(self, hidden: bool) -> None:
        """Hide the overlay until called again."""
        if hidden != self._hidden:
            self._hidden = hidden
            self._make_tables()
            self.overlay_hidden.emit(hidden)

    def peek(self, on: bool) -> None:
        """Hide the overlay while held."""
        if on != self._peeking:
            self._peeking = on
            self._make_tables()

    def show_prediction(self, on: bool) -> None:
        """Show the model's answer before correction while held."""
        if on != self._predicting:
            self._predicting = on
            self._make_tables()

    def zoom_by(self, factor: float) -> None:
        """Multiply the zoom about the pointer if it is over the canvas, else about the middle."""
        width, height = self.area()
        self.set_view(self.view.zoomed(self.zoom * factor, self._pointer.at or (width / 2, height / 2)))

    def step_brush(self, steps: float) -> None:
        """Make the brush larger or smaller by comfortable steps (about a tenth, at least one pixel)."""
        if self.document is not None:
            size = self.document.brush_size
            change = max(1.0, size * (BRUSH_STEP - 1.0)) * abs(steps)
            self.document.brush_size = round(size + math.copysign(change, steps))

    # ---- called by the pointer

    def pointer_moved(self) -> None:
        """The pointer is elsewhere: the cursor is drawn there, and `hovered` tells the pixel."""
        self._update_brush_cursor()
        at, doc = self._pointer.at, self.document
        pixel = (-1, -1)
        if at is not None and doc is not None:
            x, y = self.view.to_image(*at)
            if 0 <= x < doc.pixels.shape[1] and 0 <= y < doc.pixels.shape[0]:
                pixel = int(x), int(y)
        if pixel != self._hovered:
            self._hovered = pixel
            self.hovered.emit(*pixel)

    def sketches_changed(self) -> None:
        """A tool may draw other lines now."""
        if self.tool is not None and self.document is not None and self.tool.sketches(self.document):
            self.update()

    def update_cursor(self) -> None:
        """Show the mouse cursor that fits what the pointer does."""
        shape = Qt.CursorShape.ArrowCursor
        if self._pointer.doing == "pan":
            shape = Qt.CursorShape.ClosedHandCursor
        elif self._pointer.space or (self.tool is None and self.document is not None):
            shape = Qt.CursorShape.OpenHandCursor
        elif self.document is not None and self.document.busy:
            shape = Qt.CursorShape.BusyCursor
        elif self.tool is not None and self.document is not None:
            wanted = self.tool.cursor(self.document).shape
            shape = Qt.CursorShape.PointingHandCursor if wanted == "hand" else Qt.CursorShape.CrossCursor
        self.setCursor(shape)
        self._update_brush_cursor()

    # ---- inside: document

    def _leave_document(self) -> None:
        self._pointer.finish()
        self._counting.stop()
        doc, self.document = self.document, None
        if doc is not None:
            if self.tool is not None:
                self.tool.cancel(doc)
            doc.on_pixels.remove(self._pixels_changed)
            doc.on_segments.remove(self._segments_changed)
            doc.on_state.remove(self._state_changed)
            doc.on_picked.remove(self._was_picked)
        self._renderer.ids = self._renderer.tables = None

    def _sharpen(self, doc: Document, built: object) -> None:
        if doc is self.document and isinstance(built, Pyramid):
            self._renderer.pyramid = built
            self.redraw()

    def _count(self) -> None:
        if self.document is None or self.document.count_some():
            self._counting.stop()

    def _source(self) -> Segmentation | None:
        doc = self.document
        if doc is None or self._hidden or self._peeking:
            return None
        if self._predicting:
            return doc.prediction
        return doc.preview or doc.segmentation

    def _make_tables(self) -> None:
        """Colours and map to draw; redraws all unless only colours changed that no pixel has."""
        doc, source = self.document, self._source()
        self._drawn = source, self._picked()
        if doc is None or source is None:
            self._renderer.ids = self._renderer.tables = None
        else:
            own = source is doc.segmentation
            old_ids, old = self._renderer.ids, self._renderer.tables
            made = overlay.tables(source.segments, doc.classes, self._style, self._picked())
            self._renderer.ids, self._renderer.tables = source.ids, made
            if own and old is not None and old_ids is source.ids and not self._seen(made.changed_from(old)):
                return
        self._renderer.invalidate_labels()
        self.update()

    def _seen(self, ids: np.ndarray) -> bool:
        assert self.document is not None
        return not self.document.areas_ready or bool(self.document.areas.counts[ids].any())

    def _was_picked(self, segment_id: int) -> None:
        self.picked.emit(segment_id)

    def _pixels_changed(self, rect: Rect) -> None:
        self.update_device(self._renderer.mark(rect))

    def _segments_changed(self) -> None:
        self._make_tables()

    def _state_changed(self) -> None:
        source, picked = self._drawn
        if source is not self._source() or picked != self._picked():
            self._make_tables()
        self.update_cursor()

    def _picked(self) -> int:
        """The object to be drawn stronger."""
        doc = self.document
        own = doc is not None and self._source() is doc.segmentation
        return (doc.active_segment or VOID) if doc is not None and own else VOID

    # ---- inside: geometry

    def _brush_circle(self) -> tuple[QPointF, float] | None:
        """Centre and radius of the brush in logical pixels; None where the tool has none."""
        if self.tool is None or self.document is None or self._pointer.at is None or self._pointer.doing == "pan":
            return None
        cursor = self.tool.cursor(self.document)
        if cursor.shape != "circle":
            return None
        scale = self.devicePixelRatioF()
        x, y = self._pointer.at
        return QPointF(x / scale, y / scale), cursor.diameter / 2 * self.zoom / scale

    def _update_brush_cursor(self) -> None:
        """Repaint where the brush's outline was and where it is."""
        circle = self._brush_circle()
        new = QRect()
        if circle is not None:
            reach = circle[1] + 3
            new = QRect(
                math.floor(circle[0].x() - reach),
                math.floor(circle[0].y() - reach),
                math.ceil(2 * reach) + 1,
                math.ceil(2 * reach) + 1,
            )
        for rect in (self._cursor_rect, new):
            if not rect.isEmpty():
                self.update(rect)
        self._cursor_rect = new

    # ---- events

    def paint_over(self, painter: QPainter) -> None:
        """The tool's lines and the brush's outline."""
        if self.tool is None or self.document is None:
            return
        scale = self.devicePixelRatioF()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        circle = self._brush_circle()
        for color, width in ((QColor(0, 0, 0, 160), 2.5), (QColor(255, 255, 255), 1.0)):
            painter.setPen(QPen(color, width))
            for sketch in self.tool.sketches(self.document):
                device = (self.view.to_device(*point) for point in sketch.points)
                line = QPolygonF([QPointF(x / scale, y / scale) for x, y in device])
                (painter.drawPolygon if sketch.closed else painter.drawPolyline)(line)
            if circle is not None:
                painter.drawEllipse(circle[0], circle[1], circle[1])

    def view_moved(self) -> None:
        """Another pixel is under the pointer now."""
        self.pointer_moved()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """See `Pointer`."""
        self._pointer.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """See `Pointer`."""
        self._pointer.double_press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """See `Pointer`."""
        self._pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """See `Pointer`."""
        self._pointer.release(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """See `Pointer`."""
        self._pointer.wheel(event)
        event.accept()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """See `Pointer`."""
        event.setAccepted(self._pointer.tablet(event))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is elsewhere."""
        self._pointer.leave()
        self.pointer_moved()
        super().leaveEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are held go up unseen while another widget has the focus."""
        self._pointer.space = False
        self.peek(False)
        self.show_prediction(False)
        self.update_cursor()
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys that are held, and Escape; others go to the tool, then to the window."""
        if event.isAutoRepeat() and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_V, Qt.Key.Key_QuoteLeft):
            return
        used = self._held(event, down=True) or self._key(event)
        if not used:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The held keys go up."""
        if event.isAutoRepeat() or not self._held(event, down=False):
            super().keyReleaseEvent(event)

    def _held(self, event: QKeyEvent, *, down: bool) -> bool:
        if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            return False
        if event.key() == Qt.Key.Key_Space:
            self._pointer.space = down
            self.update_cursor()
        elif event.key() == Qt.Key.Key_QuoteLeft:
            self.show_prediction(down)
        elif event.key() == Qt.Key.Key_V:
            self._hold_v(event, down)
        else:
            return False
        return True

    def _hold_v(self, event: QKeyEvent, down: bool) -> None:
        """Held: peek. Tapped: hide the overlay for good, or show it again."""
        if down:
            self._pressed_at = event.timestamp()
            self.peek(True)
            return
        tapped = event.timestamp() - self._pressed_at < TAP_MS
        self._peeking = False
        if tapped:
            self.hide_overlay(not self._hidden)
        else:
            self._make_tables()

    def _key(self, event: QKeyEvent) -> bool:
        doc = self.document
        if doc is None:
            return False
        if event.key() == Qt.Key.Key_Escape:
            if not self._pointer.cancel():
                if self.tool is not None:
                    self.tool.cancel(doc)
                doc.active_segment = None
            self.update()
            return True
        used = self.tool is not None and self.tool.key(doc, QKeySequence(event.key()).toString())
        if used:
            self.update()
        return used
