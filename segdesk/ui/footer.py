"""The line at the bottom: how many are verified, what is under the pointer, zoom, device, whether all is saved."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from segdesk.app.queue import FILTERS
from segdesk.app.reports import SaveState
from segdesk.app.scribbles import BACKGROUND, BACKGROUND_NAME
from segdesk.engines.messages import DeviceInfo
from segdesk.io.project import STATES
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.widgets import ElidedLabel, label, name


def device_name(device: DeviceInfo) -> str:
    """How a device is called here; the processor goes by a word that everybody knows."""
    return tr("processor") if device.id == "cpu" else device.name


class Footer(Translated, QFrame):
    """Shows; changes nothing."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._zoom = 1.0
        self._at = (-1, -1)
        self.setProperty("kind", "foot")
        self.counter = label(kind="head")
        self.under = ElidedLabel("")
        self.picture = label(kind="soft")
        self.zoom = label(kind="soft")
        self.device = label(kind="soft")
        self.saved_sign = QLabel()
        self.saved = label()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP + 4, 3, theme.GAP + 4, 3)
        layout.setSpacing(theme.GAP * 2)
        layout.addWidget(self.counter)
        layout.addWidget(self.picture)
        layout.addWidget(self.under, 1)
        layout.addWidget(self.zoom)
        layout.addWidget(self.device)
        layout.addWidget(self.saved_sign)
        layout.addSpacing(-theme.GAP)
        layout.addWidget(self.saved)
        desk.pictures_changed.connect(lambda _: self.show_counter())
        desk.picture_changed.connect(lambda _: self.show_counter())
        desk.project_opened.connect(lambda _: self.retranslate())
        desk.project_closed.connect(self.retranslate)
        desk.loading.connect(lambda _: self._show_picture())
        desk.document_opened.connect(lambda _: self._show_picture())
        desk.save_changed.connect(self.show_saved)
        desk.runs.devices_changed.connect(self.show_device)
        desk.labels.segments_changed.connect(self.show_under)
        self.retranslate()
        self.built = True

    def hovered(self, x: int, y: int) -> None:
        """The pointer is over pixel (x, y), or (-1, -1) outside."""
        self._at = (x, y)
        self.show_under()

    def zoomed(self, zoom: float) -> None:
        """Device pixels per image pixel."""
        self._zoom = zoom
        self._show_zoom()

    def _show_zoom(self) -> None:
        shown = self._desk.labels.document is not None
        percent = self._zoom * 100
        self.zoom.setText((f"{percent:.0f} %" if percent >= 10 else f"{percent:.1f} %") if shown else "")

    def show_counter(self) -> None:
        """ "8 of 24 verified"."""
        total = len(self._desk.session.pictures)
        if self._desk.session.project is None or total == 0:
            self.counter.setText("")
            return
        counts = self._desk.session.counts()
        self.counter.setText(tr("{done} of {total} verified", done=counts.get("verified", 0), total=total))
        lines = [f"{tr(FILTERS[state])}  {counts[state]}" for state in STATES if counts.get(state)]
        self.counter.setToolTip("\n".join(lines))

    def _show_picture(self) -> None:
        row = self._desk.current
        size = f"  {row.width} × {row.height}" if row is not None and row.width else ""
        self.picture.setText("" if row is None else row.path.rpartition("/")[2] + size)
        self._show_zoom()

    def show_under(self) -> None:
        """Coordinates, class and object under the pointer."""
        document, (x, y) = self._desk.labels.document, self._at
        if document is None or x < 0:
            self.under.setText("")
            return
        key = document.segment_at(x, y)
        segment = document.segment(key) if key else None
        info = document.classes.get(segment.class_id) if segment is not None else None
        words = tr("void") if info is None else tr(BACKGROUND_NAME) if info.id == BACKGROUND else info.name
        if segment is not None and info is not None and info.is_thing:
            words += "  ·  " + tr("object {number}", number=key)
        self.under.setText(f"x {x}  y {y}  ·  {words}")

    def segment(self) -> int:
        """The segment under the pointer, 0 for void or outside."""
        document, (x, y) = self._desk.labels.document, self._at
        return 0 if document is None or x < 0 else document.segment_at(x, y)

    def show_device(self) -> None:
        """Where models compute."""
        chosen = self._desk.session.device
        found = self._desk.runs.devices
        words = next((device_name(d) for d in found if d.id == chosen), "")
        if chosen == "auto":
            words = tr("auto: {device}", device=device_name(found[0])) if found else tr("engine starting…")
        self.device.setText(words or chosen)
        name(self.device, tr("Where models compute: menu Model, Device"))

    def show_saved(self, state: SaveState) -> None:
        """The save state in words and sign."""
        shown = self._desk.session.project is not None
        self.saved.setVisible(shown)
        self.saved_sign.setVisible(shown)
        sign, color, words = {
            "saved": ("verify", "good", tr("All saved")),
            "saving": ("save", "info", tr("Saving…")),
            "failed": ("warning", "bad", tr("Not saved")),
        }[state.status]
        if state.status == "failed":
            words = tr("%n change(s) not saved", state.waiting) if state.waiting else words
        self.saved_sign.setPixmap(icons.icon(sign, color).pixmap(QSize(15, 15), self.devicePixelRatioF()))
        self.saved.setText(words)
        tip = " ".join(error_text(state.error)) if state.error is not None else words
        name(self.saved, tip)

    def recolour(self) -> None:
        """The sign of the save state has the theme's colours."""
        self.show_saved(self._desk.save_state)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.show_counter()
        self._show_picture()
        self.show_under()
        self.show_device()
        self.show_saved(self._desk.save_state)
