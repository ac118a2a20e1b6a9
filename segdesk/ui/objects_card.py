"""The thresholds of models that answer with objects, in a small window below the strip of options: overlap, least
stuff, masks. They act on the kept answer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFormLayout, QFrame, QLabel, QVBoxLayout, QWidget

from segdesk.domain.card import ModelCard
from segdesk.domain.decide import DecideOptions
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ValueSlider, button, label, name

# field of DecideOptions: (low, high, step, format, text, tip)
OBJECT_FIELDS: dict[str, tuple[float, float, float, str, str, str]] = {
    "overlap": (
        0.0,
        1.0,
        0.01,
        "{:.2f}",
        N_("Overlap"),
        N_("An object is left out where less than this share of it is free of better ones."),
    ),
    "stuff_area": (
        0,
        16384,
        64,
        "{:.0f} px",
        N_("Least stuff"),
        N_("A class without objects that covers fewer pixels in all becomes void."),
    ),
    "mask_threshold": (
        0.05,
        0.95,
        0.05,
        "{:.2f}",
        N_("Mask threshold"),
        N_("A pixel belongs to a mask from this probability on."),
    ),
}


def object_fields(card: ModelCard | None) -> tuple[str, ...]:
    """The fields that act on the answers of a model; none for one that answers with classes only."""
    if card is None or card.task not in ("instance", "panoptic"):
        return ()
    stuff = ("stuff_area",) if card.task == "panoptic" else ()
    queries = ("mask_threshold",) if card.task == "panoptic" and card.net.type == "transformers" else ()
    return ("overlap", *stuff, *queries)


class ObjectsCard(Translated, QFrame):
    """Reads and sets `desk.runs.options.decide`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._desk = desk
        self.setProperty("kind", "panel")
        self.head = label(kind="head")
        self.sliders: dict[str, ValueSlider] = {}
        self.names: dict[str, QLabel] = {}
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(theme.GAP * 2)
        for field, (low, high, step, shown, _, _) in OBJECT_FIELDS.items():
            self.sliders[field] = slider = ValueSlider(low, high, step, shown, width=180)
            slider.changed.connect(lambda value, f=field: self._moved(f, value))
            self.names[field] = label()
            self._form.addRow(self.names[field], slider)
        self.reset = button(kind="quiet", icon="retry", clicked=self._reset)
        layout = QVBoxLayout(self)
        layout.addWidget(self.head)
        layout.addLayout(self._form)
        layout.addWidget(self.reset, alignment=Qt.AlignmentFlag.AlignRight)
        desk.runs.options_changed.connect(self.refresh)
        desk.runs.model_changed.connect(self.refresh)
        self.retranslate()
        self.refresh()

    def refresh(self) -> None:
        """Show the options in use, as far as the model knows them."""
        known, decide = object_fields(self._desk.runs.card), self._desk.runs.options.decide
        for field, slider in self.sliders.items():
            self._form.setRowVisible(slider, field in known)
            if not slider.slider.isSliderDown():
                slider.set_value(float(getattr(decide, field)))

    def _moved(self, field: str, value: float) -> None:
        self._set({field: int(value) if field == "stuff_area" else round(value, 2)})

    def _reset(self) -> None:
        """What the model's card says."""
        card = self._desk.runs.card
        usual = card.decide if card is not None else DecideOptions()
        self._set({field: getattr(usual, field) for field in object_fields(card)})

    def _set(self, values: dict[str, object]) -> None:
        options = self._desk.runs.options
        self._desk.runs.set_options(replace(options, decide=replace(options.decide, **values)))  # type: ignore[arg-type]

    def retranslate(self) -> None:
        """Set the texts again."""
        self.head.setText(tr("Objects and stuff"))
        self.reset.setText(tr("Defaults"))
        for field, (_, _, _, _, text, tip) in OBJECT_FIELDS.items():
            self.names[field].setText(tr(text))
            name(self.names[field], tr(tip))
            self.sliders[field].set_text("", tr(tip))
            self.sliders[field].slider.setAccessibleName(tr(text))
