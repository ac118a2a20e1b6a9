"""The strip of options: confidence, minimum area, more thresholds, CRF on or off and its parameters. Sliders act on the
kept answer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.options import CRF_PRESETS, CrfOptions
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.looks_box import LooksBox
from segdesk.ui.objects_card import ObjectsCard, object_fields
from segdesk.ui.widgets import ValueSlider, button, icon_button, label, name

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
    """The parameters of the CRF in a small window below the button."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._desk = desk
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
        self.reset = button(kind="quiet", icon="retry", clicked=lambda: desk.runs.set_crf_options(CrfOptions()))
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addLayout(form)
        layout.addWidget(self.reset, alignment=Qt.AlignmentFlag.AlignRight)
        desk.runs.options_changed.connect(self.refresh)
        self.retranslate()
        self.refresh()

    def refresh(self) -> None:
        """Show the options in use."""
        for field, slider in self.sliders.items():
            if not slider.slider.isSliderDown():
                slider.set_value(float(getattr(self._desk.runs.crf, field)))
        crf = self._desk.runs.crf
        presets = [replace(preset, quality=crf.quality) for preset in CRF_PRESETS.values()]
        self.preset.setCurrentIndex(presets.index(crf) if crf in presets else -1)
        self.fast.setChecked(crf.quality == "fast")

    def _preset_chosen(self, index: int) -> None:
        chosen = list(CRF_PRESETS.values())[index]
        self._desk.runs.set_crf_options(replace(chosen, quality=self._desk.runs.crf.quality))

    def _fast_clicked(self, on: bool) -> None:
        self._desk.runs.set_crf_options(replace(self._desk.runs.crf, quality="fast" if on else "exact"))

    def _moved(self, field: str, value: float) -> None:
        new = int(value) if field == "iterations" else value
        self._desk.runs.set_crf_options(replace(self._desk.runs.crf, **{field: new}))

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
        for field, (_, _, _, _, text, tip) in CRF_FIELDS.items():
            self.names[field].setText(tr(text))
            name(self.names[field], tr(tip))
            self.sliders[field].set_text("", tr(tip))
            self.sliders[field].slider.setAccessibleName(tr(text))


class OptionsPanel(Translated, QFrame):
    """Reads and sets `desk.runs.options`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._crf_action = actions.by_id["crf"]
        self.setProperty("kind", "strip")
        self.confidence = ValueSlider(0.0, 1.0, 0.01, width=44)
        self.area = ValueSlider(0, 2000, 10, "{:.0f} px", width=44)
        self.crf = QCheckBox()
        self.flip = QCheckBox()
        self.looks = LooksBox(desk)
        self.crf_button = button(kind="quiet", icon="settings", clicked=lambda: _open_below(self.crf_button, self.card))
        self.card = CrfCard(desk, self)
        self.objects_button = icon_button("adjust", lambda: _open_below(self.objects_button, self.objects))
        self.objects_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.objects = ObjectsCard(desk, self)
        for slider in (self.confidence, self.area):
            slider.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            slider.setMaximumWidth(330)
        thresholds = QHBoxLayout()  # close together: the strip must fit a small screen
        thresholds.setSpacing(2)
        thresholds.addWidget(self.area, 1)
        thresholds.addWidget(self.objects_button)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP + 2, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP * 2)
        layout.addWidget(self.confidence, 3)
        layout.addLayout(thresholds, 3)
        layout.addStretch(1)
        layout.addWidget(self.looks)
        layout.addWidget(self.flip)
        layout.addWidget(self.crf)
        layout.addWidget(self.crf_button)
        self.confidence.changed.connect(self._confidence_moved)
        self.area.changed.connect(self._area_moved)
        self.crf.clicked.connect(lambda _: self._crf_action.trigger())
        self.flip.clicked.connect(lambda on: desk.runs.set_options(replace(desk.runs.options, flip=on)))
        self._crf_action.changed.connect(self._show_crf)
        desk.runs.options_changed.connect(self.refresh)
        desk.runs.model_changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Show the options in use; what the model does not know is off, with the reason."""
        options, card = self._desk.runs.options, self._desk.runs.card
        decide = options.decide
        semantic = card is not None and card.task == "semantic"
        if not self.confidence.slider.isSliderDown():
            self.confidence.set_value(decide.pixel_confidence if semantic else decide.confidence)
        if not self.area.slider.isSliderDown():
            self.area.set_value(decide.min_area)
        for slider in (self.confidence, self.area):
            slider.setEnabled(card is not None)
        self.objects_button.setVisible(bool(object_fields(card)))
        self.flip.setChecked(options.flip)
        self.flip.setEnabled(card is not None and card.net.type != "regions")
        self._crf_action.setChecked(options.crf is not None)
        self._show_crf()
        self._set_tips(semantic)

    def _show_crf(self) -> None:
        """As the action is. It must not be set from here: it changes before it tells what was asked of it."""
        self.crf.setChecked(self._crf_action.isChecked())
        self.crf.setEnabled(self._crf_action.isEnabled())
        name(self.crf, self._crf_action.toolTip())
        self.crf_button.setEnabled(self._crf_action.isEnabled())
        name(self.crf_button, tr("CRF parameters") if self.crf.isEnabled() else self._crf_action.toolTip())

    def _set_tips(self, semantic: bool) -> None:
        tip = (
            tr("Pixels below this probability become void.")
            if semantic
            else tr("Objects below this score are left out.")
        )
        self.confidence.set_text(tr("Confidence"), tip)
        self.area.set_text(
            tr("Minimum area"), tr("Smaller objects are left out; smaller islands join their neighbour.")
        )

    def _confidence_moved(self, value: float) -> None:
        options, card = self._desk.runs.options, self._desk.runs.card
        field = "pixel_confidence" if card is not None and card.task == "semantic" else "confidence"
        self._desk.runs.set_options(replace(options, decide=replace(options.decide, **{field: round(value, 2)})))

    def _area_moved(self, value: float) -> None:
        options = self._desk.runs.options
        self._desk.runs.set_options(replace(options, decide=replace(options.decide, min_area=int(value))))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.flip.setText(tr("Mirror check"))
        name(
            self.flip,
            tr("Also ask for the mirrored picture: where the answers differ is doubtful. Takes twice as long."),
        )
        self.crf.setText(tr("CRF refinement"))
        self.crf_button.setText(tr("Parameters"))
        name(self.objects_button, tr("More thresholds: overlap of objects, least stuff"))
        self.refresh()


def _open_below(opener: QWidget, card: QWidget) -> None:
    """Show a small window below a button, its right edge at the button's, or its left one where there is no room."""
    card.adjustSize()
    corner = opener.mapToGlobal(QPoint(opener.width(), opener.height() + 4)) - QPoint(card.width(), 0)
    left = opener.window().mapToGlobal(QPoint(0, 0)).x()
    card.move(QPoint(max(left, corner.x()), corner.y()))
    card.show()
