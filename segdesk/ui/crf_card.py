"""The parameters of the dense CRF in a small window: settings that were published, each value, and the classes that it
leaves alone."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.options import CRF_PRESETS, CrfOptions
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ValueSlider, button, label, name, swatch

# field of CrfOptions: (low, high, step, format, text, tip)
CRF_FIELDS: dict[str, tuple[float, float, float, str, str, str]] = {
    "w1": (0.0, 20.0, 0.5, "{:.1f}", N_("Colour weight"), N_("How strongly pixels of like colour pull together (w1).")),
    "sigma_alpha": (1.0, 160.0, 1.0, "{:.0f}", N_("Colour reach"), N_("How far that reaches, in pixels (σα).")),
    "sigma_beta": (1.0, 40.0, 0.5, "{:.1f}", N_("Colour likeness"), N_("How alike colours must be, of 255 (σβ).")),
    "w2": (0.0, 20.0, 0.5, "{:.1f}", N_("Smoothing weight"), N_("How strongly near pixels pull together (w2).")),
    "sigma_gamma": (0.5, 20.0, 0.5, "{:.1f}", N_("Smoothing reach"), N_("How far that reaches, in pixels (σγ).")),
    "iterations": (1.0, 20.0, 1.0, "{:.0f}", N_("Iterations"), N_("Rounds of mean-field inference.")),
}


class CrfCard(Translated, QFrame):
    """Reads and sets `desk.runs.crf`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._desk = desk
        self._card_id = ""
        self.setProperty("kind", "panel")
        self.head = label(kind="head")
        self.sliders: dict[str, ValueSlider] = {}
        self.names: dict[str, QLabel] = {}
        self.preset = QComboBox()
        self.preset.addItems(list(CRF_PRESETS))
        self.preset.activated.connect(self._preset_chosen)
        self.preset_name = label()
        self.fast = QCheckBox()
        self.fast.clicked.connect(self._fast_clicked)
        form = QFormLayout()
        form.setHorizontalSpacing(theme.GAP * 2)
        form.addRow(self.preset_name, self.preset)
        for field, (low, high, step, shown, _, _) in CRF_FIELDS.items():
            self.sliders[field] = slider = ValueSlider(low, high, step, shown, width=180)
            slider.changed.connect(lambda value, f=field: self._moved(f, value))
            self.names[field] = label()
            form.addRow(self.names[field], slider)
        form.addRow(self.fast)
        self.classes_name = label()
        self.classes = QListWidget()
        self.classes.setMaximumHeight(120)
        self.classes.setTabKeyNavigation(False)
        self.classes.itemChanged.connect(self._class_switched)
        self.reset = button(kind="quiet", icon="retry", clicked=lambda: desk.runs.set_crf_options(CrfOptions()))
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addLayout(form)
        layout.addWidget(self.classes_name)
        layout.addWidget(self.classes)
        layout.addWidget(self.reset, alignment=Qt.AlignmentFlag.AlignRight)
        desk.runs.options_changed.connect(self.refresh)
        desk.runs.model_changed.connect(self._model_changed)
        self.retranslate()
        self._model_changed()

    def refresh(self) -> None:
        """Show the options in use."""
        crf = self._desk.runs.crf
        for field, slider in self.sliders.items():
            if not slider.slider.isSliderDown():
                slider.set_value(float(getattr(crf, field)))
        presets = [replace(preset, quality=crf.quality, off=crf.off) for preset in CRF_PRESETS.values()]
        self.preset.setCurrentIndex(presets.index(crf) if crf in presets else -1)
        self.fast.setChecked(crf.quality == "fast")
        self.classes.blockSignals(True)
        for row in range(self.classes.count()):
            item = self.classes.item(row)
            on = item.data(Qt.ItemDataRole.UserRole) not in crf.off
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self.classes.blockSignals(False)

    def _model_changed(self) -> None:
        """List the classes of the model; numbers of classes mean others in another model, so none is left out there."""
        card = self._desk.runs.card
        card_id = "" if card is None else card.id
        if card_id == self._card_id:
            return
        before, self._card_id = self._card_id, card_id
        if before and self._desk.runs.crf.off:
            self._desk.runs.set_crf_options(replace(self._desk.runs.crf, off=()))
        infos = [] if card is None else list(card.classes)
        self.classes.blockSignals(True)
        self.classes.clear()
        for info in infos:
            item = QListWidgetItem(swatch(info.color), info.name, self.classes)
            item.setData(Qt.ItemDataRole.UserRole, info.id)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        self.classes.blockSignals(False)
        for part in (self.classes, self.classes_name):
            part.setVisible(len(infos) > 1)
        self.refresh()

    def _preset_chosen(self, index: int) -> None:
        chosen, now = list(CRF_PRESETS.values())[index], self._desk.runs.crf
        self._desk.runs.set_crf_options(replace(chosen, quality=now.quality, off=now.off))

    def _fast_clicked(self, on: bool) -> None:
        self._desk.runs.set_crf_options(replace(self._desk.runs.crf, quality="fast" if on else "exact"))

    def _moved(self, field: str, value: float) -> None:
        new = int(value) if field == "iterations" else value
        self._desk.runs.set_crf_options(replace(self._desk.runs.crf, **{field: new}))

    def _class_switched(self, item: QListWidgetItem) -> None:
        class_id, crf = int(item.data(Qt.ItemDataRole.UserRole)), self._desk.runs.crf
        off = set(crf.off) - {class_id}
        if item.checkState() != Qt.CheckState.Checked:
            off.add(class_id)
        self._desk.runs.set_crf_options(replace(crf, off=tuple(sorted(off))))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.head.setText(tr("Dense CRF"))
        self.reset.setText(tr("Defaults"))
        self.preset_name.setText(tr("Settings"))
        for index, title in enumerate(CRF_PRESETS):
            self.preset.setItemText(index, tr(title))
        self.preset.setPlaceholderText(tr("own"))
        name(self.preset, tr("Settings of the CRF that were published, and SegDesk's."))
        self.fast.setText(tr("Fast"))
        name(self.fast, tr("Work on fewer pixels where nothing happens: several times faster, almost the same answer."))
        self.classes_name.setText(tr("Classes that it refines"))
        name(self.classes, tr("Classes without a tick stay as the model answers."))
        for field, (_, _, _, _, text, tip) in CRF_FIELDS.items():
            self.names[field].setText(tr(text))
            name(self.names[field], tr(tip))
            self.sliders[field].set_text("", tr(tip))
            self.sliders[field].slider.setAccessibleName(tr(text))
