"""The strip of options: confidence, minimum area, more thresholds, CRF on or off, and the stack of refinements. Sliders
act on the kept answer."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QWidget

from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.looks_box import LooksBox
from segdesk.ui.objects_card import ObjectsCard, object_fields
from segdesk.ui.refinements_card import RefinementsCard
from segdesk.ui.two_groups import TwoGroups
from segdesk.ui.widgets import ValueSlider, button, icon_button, name


class OptionsPanel(Translated, TwoGroups):
    """Reads and sets `desk.runs.options`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._crf_action = actions.by_id["crf"]
        self.confidence = ValueSlider(0.0, 1.0, 0.01, width=44)
        self.area = ValueSlider(0, 2000, 10, "{:.0f} px", width=44)
        self.crf = QCheckBox()
        self.flip = QCheckBox()
        self.looks = LooksBox(desk)
        self.stack_button = button(kind="quiet", icon="settings", clicked=self.open_refinements)
        self.stack = RefinementsCard(desk, self)
        self.card = self.stack.crf_card
        self.stack.crf_button.clicked.connect(lambda _=False: open_below(self.stack.crf_button, self.card))
        self.objects_button = icon_button("adjust", lambda: open_below(self.objects_button, self.objects))
        self.objects_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.objects = ObjectsCard(desk, self)
        for slider in (self.confidence, self.area):
            slider.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
            slider.setMaximumWidth(330)
        self._lay_out()
        self.confidence.changed.connect(self._confidence_moved)
        self.area.changed.connect(self._area_moved)
        self.crf.clicked.connect(lambda _: self._crf_action.trigger())
        self.flip.clicked.connect(lambda on: desk.runs.set_options(replace(desk.runs.options, flip=on)))
        self._crf_action.changed.connect(self._show_crf)
        desk.runs.options_changed.connect(self.refresh)
        desk.runs.refinements_asked.connect(self.open_refinements)
        desk.runs.model_changed.connect(self.refresh)
        self.retranslate()

    def _lay_out(self) -> None:
        thresholds = QHBoxLayout()  # close together: the strip must fit a small screen
        thresholds.setSpacing(2)
        thresholds.addWidget(self.area, 1)
        thresholds.addWidget(self.objects_button)
        self.first.addWidget(self.confidence, 3)
        self.first.addLayout(thresholds, 3)
        for part in (self.looks, self.flip, self.crf, self.stack_button):
            self.second.addWidget(part)

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
        on = self.stack.on
        self.stack_button.setText(tr("Refinements ({count})", count=on) if on else tr("Refinements"))
        self.stack_button.setEnabled(card is not None)
        why = "" if card is not None else "\n" + tr("Choose a model first.")
        name(self.stack_button, tr("All refinements of the answer, their values and what they gain") + why)
        self._set_tips(semantic)

    def open_refinements(self) -> None:
        """Show the stack of refinements below its button."""
        open_below(self.stack_button, self.stack)

    def _show_crf(self) -> None:
        """As the action is. It must not be set from here: it changes before it tells what was asked of it."""
        self.crf.setChecked(self._crf_action.isChecked())
        self.crf.setEnabled(self._crf_action.isEnabled())
        name(self.crf, self._crf_action.toolTip())

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
        self.crf.setText(tr("CRF"))
        name(self.objects_button, tr("More thresholds: overlap of objects, least stuff"))
        self.refresh()


def open_below(opener: QWidget, card: QWidget) -> None:
    """Show a small window below a button, its right edge at the button's, or its left one where there is no room."""
    card.adjustSize()
    corner = opener.mapToGlobal(QPoint(opener.width(), opener.height() + 4)) - QPoint(card.width(), 0)
    left = opener.window().mapToGlobal(QPoint(0, 0)).x()
    card.move(QPoint(max(left, corner.x()), corner.y()))
    card.show()
