"""What a screen reader says of the canvas: the picture, its labels, the tool, and what is under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

REST_MS = 300  # the pointer rests so long before it is said what is under it


class CanvasWords(QObject):
    """Keeps the description of a window's canvas up to date."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._desk = window, window.desk
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(REST_MS)
        self._later.timeout.connect(self.tell)
        desk = window.desk
        for signal in (desk.document_opened, desk.labels.tool_changed, desk.loading, desk.picture_failed):
            signal.connect(lambda *_: self.tell())
        for signal in (desk.project_closed, desk.labels.state_changed, desk.labels.segments_changed):
            signal.connect(self._later.start)
        window.canvas.hovered.connect(lambda *_: self._later.start())
        self.tell()

    def tell(self) -> None:
        """Set the description."""
        words = "; ".join(self._parts())
        if words != self._window.canvas.accessibleDescription():
            self._window.canvas.setAccessibleDescription(words)

    def _parts(self) -> list[str]:
        desk, document = self._desk, self._desk.labels.document
        row = desk.current
        if row is None or desk.session.project is None:
            return [tr("No picture is open.")]
        parts = [row.path]
        if document is None:
            return [*parts, tr("being opened")]
        height, width = document.segmentation.size
        parts.append(tr("{width} × {height} pixels", width=width, height=height))
        parts.append(tr("%n object(s)", len(document.segmentation.segments)))
        info = self._window.tools.infos.get(desk.labels.tool)
        if info is not None:
            parts.append(tr("tool: {name}", name=tr(info.title)))
        active = document.classes.get(desk.labels.hand.active_class)
        parts.append(tr("class: {name}", name=tr("void") if active is None else active.name))
        under = self._window.footer.segment()
        segment = document.segment(under) if under else None
        met = document.classes.get(segment.class_id) if segment is not None else None
        if met is not None:
            parts.append(tr("under the pointer: {name}", name=met.name))
        return parts
