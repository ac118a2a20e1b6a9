"""`Canvas`: the picture with its labels, zoom and pan, and the pointer for the tools. QWidget and QPainter only."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QTabletEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from segdesk.app import pyramid as pyramids
from segdesk.app.document import Document
from segdesk.app.pyramid import Pyramid
from segdesk.app.reduced import Reduced
from segdesk.app.tools.base import BaseTool
from segdesk.domain.edit import Rect
from segdesk.ui import canvas_sketch
from segdesk.ui.canvas_background import Background
from segdesk.ui.canvas_badge import Badge
from segdesk.ui.canvas_brush import BrushOutline
from segdesk.ui.canvas_keys import Keys
from segdesk.ui.canvas_labels import LabelView
from segdesk.ui.canvas_pointer import Pointer
from segdesk.ui.canvas_seeing import Seen
from segdesk.ui.canvas_split import Splitter

COUNT_EVERY_MS = 10
BRUSH_STEP = 1.1


class Canvas(LabelView):
    """Shows a document and passes the pointer to the tool.

    Signals: `hovered(x, y)` pixel under the pointer, (-1, -1) outside; `zoom_changed(zoom)` device pixels per image
    pixel; `picked(segment)` by Alt+click or the pick tool, 0 for void; `overlay_hidden(bool)` V was tapped;
    `problem(error)` a tool raised a `SegDeskError`; `menu_asked(at)` the menu of what lies at a point of the widget.
    Keys handled here while the canvas has the focus, not to be bound elsewhere: Space (pan), V (tap hides the overlay,
    hold peeks), backquote (hold shows the prediction), Escape (cancels the stroke or a long change, else lets go of
    the object).
    `seeing` is what was asked to be shown; a badge in the corner says so where that is not simply the labels.
    A double click fits the view, but not over the picture with a tool that paints: quick dabs are not a wish to zoom.
    """

    hovered = Signal(int, int)
    picked = Signal(int)
    problem = Signal(object)
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.tool: BaseTool | None = None
        self._pointer = Pointer(self)
        self._keys = Keys(self)
        self._background = Background(self)
        self._background.problem.connect(self.problem)
        self.badge = Badge(self)
        self._seen = Seen("")
        self._copies: Reduced | None = None
        self._sketched = False
        self._hovered = (-1, -1)
        self.splitter = Splitter(self, self._renderer)
        self._brush = BrushOutline(self)
        self._counting = QTimer(self, interval=COUNT_EVERY_MS)
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
        self._copies = Reduced(doc.segmentation.ids, self._background.run, self._copies_came)
        doc.background = self._background.run
        doc.on_pixels.append(self._pixels_changed)
        doc.on_segments.append(self._segments_changed)
        doc.on_state.append(self._state_changed)
        doc.on_picked.append(self._was_picked)
        doc.on_picture.append(self._picture_came)
        first = pyramid
        if first is None:
            same = previewed and self._renderer.pyramid.full_size == doc.segmentation.size  # type: ignore[union-attr]
            first = self._renderer.pyramid if same or not doc.has_pixels else pyramids.bare(doc.pixels)
            self._picture_came()
        if first is not None:
            self.show_picture(first, keep_view=previewed)
        self._make_layer()
        self._counting.start()

    def exchange_document(self, doc: Document) -> None:
        """Show another document of the same picture, at the same place."""
        doubt = self.seeing.doubt
        self._leave_document()
        self.set_document(doc)
        self._see(doubt=doubt)

    def clear(self) -> None:
        """Show nothing."""
        self._leave_document()
        self.take_pyramid(None)

    def set_tool(self, tool: BaseTool | None) -> None:
        """Pass the pointer to this tool from now on (None: the left button pans); a stroke under way is finished."""
        self._pointer.finish()
        if self.tool is not None and self.document is not None:
            self.tool.cancel(self.document)
        self.tool = tool
        self.update_cursor()

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
        self._brush.follow(self._brush_at)
        at, doc = self._pointer.at, self.document
        pixel = (-1, -1)
        if at is not None and doc is not None:
            x, y = self.view.to_image(*at)
            if 0 <= x < doc.segmentation.size[1] and 0 <= y < doc.segmentation.size[0]:
                pixel = int(x), int(y)
        if pixel != self._hovered:
            self._hovered = pixel
            self.hovered.emit(*pixel)

    def sketches_changed(self) -> None:
        """A tool may draw other lines now."""
        drawn = self.tool is not None and self.document is not None and bool(self.tool.sketches(self.document))
        if drawn or self._sketched:
            self.update()
        self._sketched = drawn

    def set_held_keys(self, keys: dict[str, Qt.Key]) -> None:
        """The keys that are held: "held_pan", "held_prediction" and "hide_labels"; what is absent has none."""
        self._keys.held = keys

    def hold_space(self, down: bool) -> None:
        """Pan with the left button while held."""
        self._pointer.space = down
        self.update_cursor()

    def escape(self) -> None:
        """Take a stroke under way back, or a long change; else what the tool has begun, and let go of the object."""
        if not self._pointer.cancel() and self.document is not None and not self.document.cancel_change():
            if self.tool is not None:
                self.tool.cancel(self.document)
            self.document.active_segment = None
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
        self._brush.follow(self._brush_at)

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
            doc.on_picture.remove(self._picture_came)
            assert self._copies is not None
            self._copies.close()
        self._renderer.layer = self._marked = self._copies = None
        self.seeing = replace(self.seeing, doubt=None, peeking=False, predicting=False, glimpse=None, split=None)
        self._show_seen(Seen(""))

    def _picture_came(self) -> None:
        """Make the smaller copies of the picture, if it is there."""
        doc = self.document
        if doc is not None and doc.has_pixels:
            pixels = doc.pixels
            self._background.run(lambda: pyramids.build(pixels), lambda built: self._sharpen(doc, built))

    def _sharpen(self, doc: Document, built: object) -> None:
        if doc is self.document and isinstance(built, Pyramid):
            self.take_pyramid(built)

    def _count(self) -> None:
        if self.document is None or self.document.count_some():
            self._counting.stop()

    def _make_layer(self) -> None:
        """What lies over the picture; redraws all unless only labels look different that no pixel has."""
        doc, old = self.document, self._renderer.layer
        self._show_seen(self.seeing.resolve(doc))
        self._renderer.layer = layer = None if doc is None else self.seeing.layer(doc, self._seen, self._copies)
        self.splitter.place()
        changed = None if layer is None else layer.changed_from(old)
        if (layer is None and old is None) or (changed is not None and not self._present(changed)):
            return
        self._labels_anew()

    def _labels_anew(self) -> None:
        self._renderer.invalidate_labels()
        self.update()
        self.minimap.labels_changed()

    def hand_rests(self) -> None:
        """Nothing is painted just now: bring the copies of the map up to date."""
        if self._copies is not None:
            self._copies.catch_up()

    def _copies_came(self) -> None:
        self._renderer.labels_sharper()  # a stroke may be under way, so it can wait
        self.sharpen_later()
        self.minimap.labels_changed()

    def _show_seen(self, seen: Seen) -> None:
        self._seen = seen
        self.badge.tell(seen)

    def _present(self, ids: np.ndarray) -> bool:
        assert self.document is not None
        return ids.size > 0 and (not self.document.areas_ready or bool(self.document.areas.counts[ids].any()))

    def _was_picked(self, segment_id: int) -> None:
        self.picked.emit(segment_id)

    def _pixels_changed(self, rect: Rect) -> None:
        assert self._copies is not None
        if self.seeing.glimpse is not None:  # what it announced has come, or the person paints
            self.show_glimpse(None)
        self._copies.mark(rect)
        self.update_device(self._renderer.mark(rect))

    def _segments_changed(self) -> None:
        self._make_layer()
        self.minimap.labels_changed()

    def _state_changed(self) -> None:
        if not self._seen.same(self.seeing.resolve(self.document)):
            self._make_layer()
        self.sketches_changed()
        self.update_cursor()

    # ---- inside: geometry

    @property
    def _brush_at(self) -> tuple[float, float] | None:
        return None if self._pointer.doing == "pan" else self._pointer.anchor or self._pointer.at

    # ---- events

    def paint_over(self, painter: QPainter) -> None:
        """The marked place, the tool's lines and the brush's outline."""
        if self.document is None:
            return
        if self._marked is not None:
            x0, y0, x1, y1 = self._marked
            canvas_sketch.draw_frame(painter, self._to_widget(x0, y0), self._to_widget(x1, y1))
        if self.tool is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        canvas_sketch.draw(painter, self.tool.sketches(self.document), self._to_widget)
        self._brush.draw(painter, self._brush_at)

    def _to_widget(self, x: float, y: float) -> QPointF:
        scale = self.devicePixelRatioF()
        device = self.view.to_device(x, y)
        return QPointF(device[0] / scale, device[1] / scale)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the badge in its corner, and the split at its part of the width."""
        super().resizeEvent(event)
        self.badge.place()
        self.splitter.place()
        self.resized.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Qt: the menu key; what the mouse does is the pointer's business."""
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self.mapFromGlobal(self.cursor().pos())
            self.menu_asked.emit(at if self.rect().contains(at) else self.rect().center())

    def view_moved(self) -> None:
        """Another pixel is under the pointer now, and under the split."""
        self.pointer_moved()
        self.splitter.view_moved()

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
        """See `Keys`; what it does not use goes to the window."""
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The held keys go up."""
        if not self._keys.release(event):
            super().keyReleaseEvent(event)
