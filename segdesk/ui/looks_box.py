"""How often a model looks at a picture: once, mirrored, at several sizes; and how many samples it draws."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QWidget

from segdesk.domain.options import Averaging
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ValueSlider, name

LOOKS: tuple[tuple[str, Averaging], ...] = (
    (N_("One look"), Averaging()),
    (N_("2 looks: mirrored"), Averaging(mirror=True)),
    (N_("6 looks: 3 sizes, mirrored"), Averaging((0.75, 1.0, 1.25), mirror=True)),
    (N_("12 looks: 6 sizes, mirrored"), Averaging((0.5, 0.75, 1.0, 1.25, 1.5, 1.75), mirror=True)),
)


class LooksBox(Translated, QWidget):
    """Reads and sets `desk.runs.options.average`."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.box = QComboBox()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.view().setMinimumWidth(230)
        self.box.setMinimumContentsLength(8)  # a wide box would squeeze the panels beside the picture
        self.samples = ValueSlider(0, 32, 1, "{:.0f}", width=70)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.samples)
        layout.addWidget(self.box)
        self.box.activated.connect(self._chosen)
        self.samples.changed.connect(lambda value: self._set(samples=int(value)))
        desk.runs.options_changed.connect(self.refresh)
        desk.runs.model_changed.connect(self._model_changed)
        self.retranslate()

    def refresh(self) -> None:
        """Show the options in use; a model that answers with objects looks once."""
        average, card = self._desk.runs.options.average, self._desk.runs.card
        looks = replace(average, samples=0)
        self.box.setCurrentIndex(next((i for i, (_, each) in enumerate(LOOKS) if each == looks), -1))
        self.box.setEnabled(card is not None and card.task != "instance")
        self.samples.setVisible(card is not None and card.samples > 0)
        if not self.samples.slider.isSliderDown():
            self.samples.set_value(average.samples)

    def _model_changed(self) -> None:
        """A model that draws samples begins with its usual number; any other draws none."""
        card = self._desk.runs.card
        wanted, now = (card.samples if card else 0), self._desk.runs.options.average.samples
        if bool(wanted) != bool(now):
            self._set(samples=wanted)
        self.refresh()

    def _chosen(self, at: int) -> None:
        looks = LOOKS[at][1]
        self._set(scales=looks.scales, mirror=looks.mirror)

    def _set(self, **values: object) -> None:
        options = self._desk.runs.options
        self._desk.runs.set_options(replace(options, average=replace(options.average, **values)))  # type: ignore[arg-type]

    def retranslate(self) -> None:
        """Set the texts again."""
        self.box.clear()
        for text, _ in LOOKS:
            self.box.addItem(tr(text))
        name(self.box, tr("The model looks several times, and the answers are averaged: better borders, more time."))
        tip = tr("How many answers the model draws; where they differ is doubtful.")
        self.samples.set_text(tr("Samples"), tip)
        self.refresh()
