"""The stack of refinements in a small window: each step with its switch, its values and what it gained; they run from
top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from segdesk.app import refinements
from segdesk.app.judging import StepsJudged, gains
from segdesk.domain.options import CrfOptions
from segdesk.domain.stack import CRF, Param, StepInfo
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.crf_card import CrfCard
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.widgets import ValueSlider, button, icon_button, label, name, set_kind

NAMES = {"miou": "mIoU", "pq": "PQ"}


class StepRow:
    """The parts of one step in the grid of the card; not a widget of its own, so that the columns line up."""

    def __init__(self, info: StepInfo, take: Callable[[StepInfo, Mapping[str, float] | None], None]) -> None:
        self.info, self._take = info, take
        self.values = info.values()  # kept while the step is off
        self.switch = QCheckBox()
        self.switch.clicked.connect(lambda on: take(info, self.values if on else None))
        self.sliders: dict[str, ValueSlider] = {}
        self.boxes: dict[str, QCheckBox] = {}
        for param in info.params:
            if param.is_switch:
                self.boxes[param.id] = box = QCheckBox()
                box.clicked.connect(lambda on, key=param.id: self._set(key, float(on)))
            else:
                self.sliders[param.id] = slider = ValueSlider(param.low, param.high, param.step, _shown(param), 90)
                slider.changed.connect(lambda value, key=param.id: self._set(key, value))
        self.reset = icon_button("retry", self._reset, size=13)
        self.reset.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.gain = label(kind="soft")
        self.gain.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def _set(self, key: str, value: float) -> None:
        self.values = self.info.values({**self.values, key: value})
        self._take(self.info, self.values)

    def _reset(self) -> None:
        self.values = self.info.values()
        self._take(self.info, self.values)

    def add_to(self, grid: QGridLayout, row: int, more: QWidget | None = None) -> None:
        """Put the parts into a row of the grid; `more` stands where values do."""
        line = QHBoxLayout()
        line.setSpacing(theme.GAP)
        for part in (*self.sliders.values(), *self.boxes.values(), *(() if more is None else (more,))):
            line.addWidget(part, 1 if isinstance(part, ValueSlider) else 0)
        if not self.sliders:
            line.addStretch(1)
        grid.addWidget(self.switch, row, 0)
        grid.addLayout(line, row, 1)
        grid.addWidget(self.reset, row, 2)
        grid.addWidget(self.gain, row, 3)

    def show(self, values: Mapping[str, float] | None, why_not: str, task: str) -> None:
        """Show what is in use for answers of a kind; `why_not`: why the step does nothing here, "" where it works."""
        if values:
            self.values = self.info.values(values)
        on = values is not None
        self.switch.setChecked(on and not why_not)
        self.switch.setEnabled(not why_not)
        tip = tr(self.info.tip)
        name(self.switch, f"{tip}\n{why_not}" if why_not else tip)
        self.switch.setAccessibleName(tr(self.info.title))
        for key, slider in self.sliders.items():
            slider.setEnabled(on and not why_not)
            if not slider.slider.isSliderDown():
                slider.set_value(self.values[key])
        idle = {param.id for param in self.info.params if task not in param.tasks}
        for key, box in self.boxes.items():
            box.setVisible(key not in idle)
            box.setEnabled(on and not why_not)
            box.setChecked(self.values[key] > 0)
        self.reset.setEnabled(on and not why_not and self.values != self.info.values())

    def retranslate(self) -> None:
        """Set the texts again."""
        self.switch.setText(tr(self.info.title))
        name(self.reset, tr("Usual values of this step"))
        for param in self.info.params:
            if param.is_switch:
                self.boxes[param.id].setText(tr(param.title))
                name(self.boxes[param.id], tr(param.tip))
            else:
                alone = len(self.sliders) == 1 and not self.boxes
                self.sliders[param.id].set_text("" if alone else tr(param.title), tr(param.tip))
                self.sliders[param.id].slider.setAccessibleName(f"{tr(self.info.title)}: {tr(param.title)}")


def _shown(param: Param) -> str:
    figures = "{:.0f}" if param.step >= 1 else "{:.2f}"
    return f"{figures} {param.unit}" if param.unit else figures


class RefinementsCard(Translated, QFrame):
    """Reads and sets `desk.runs.options`; asks the session what each step gains."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._desk = desk
        self.judged: StepsJudged | None = None
        self._job = 0
        self._told = False  # whether what was judged is of the options in use
        self.setProperty("kind", "panel")
        self.head, self.order, self.figure = label(kind="head"), label(kind="soft"), label(kind="soft")
        self.crf_card = CrfCard(desk, self)
        self.crf_button = button(kind="quiet", icon="settings")
        self.rows = [StepRow(info, self._take) for info in refinements.rows()]
        self.by_id = {row.info.id: row for row in self.rows}
        self.by_id[CRF.id].reset.clicked.disconnect()
        self.by_id[CRF.id].reset.clicked.connect(lambda _=False: desk.runs.set_crf_options(CrfOptions()))
        self.reset = button(kind="quiet", icon="retry", clicked=self._reset_all)
        self.judge_here = button(clicked=lambda: self._judge(here=True))
        self.judge_all = button(clicked=lambda: self._judge(here=False))
        self.result = label(kind="soft")
        self.result.setWordWrap(True)
        self.broken = label(kind="bad")
        self.broken.setWordWrap(True)
        self._lay_out()
        desk.runs.options_changed.connect(self._options_changed)
        desk.runs.model_changed.connect(self.refresh)
        desk.telling.told.connect(self._conditions_told)
        desk.job_ended.connect(self._ended)
        self.retranslate()

    def _lay_out(self) -> None:
        top, bottom, grid = QHBoxLayout(), QHBoxLayout(), QGridLayout()
        top.addWidget(self.head)
        top.addWidget(self.order, 1)
        top.addWidget(self.figure)
        grid.setHorizontalSpacing(theme.GAP * 2)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        grid.setColumnMinimumWidth(1, 250)
        grid.setColumnMinimumWidth(3, self.fontMetrics().horizontalAdvance("+88.88"))
        for number, row in enumerate(self.rows):
            row.add_to(grid, number, self.crf_button if row.info is CRF else None)
        for part in (self.reset, self.judge_here, self.judge_all):
            bottom.addWidget(part)
        bottom.insertStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.GAP)
        for each in (top, grid, bottom):
            layout.addLayout(each)
        layout.addWidget(self.result)
        layout.addWidget(self.broken)
        for before, after in pairwise(self._stops()):
            QWidget.setTabOrder(before, after)

    def _stops(self) -> list[QWidget]:
        """Where the Tab key goes, in its order."""
        stops: list[QWidget] = []
        for row in self.rows:
            values = [*(s.slider for s in row.sliders.values()), *row.boxes.values()]
            stops += [row.switch, *values, *([self.crf_button] if row.info is CRF else []), row.reset]
        return [*stops, self.reset, self.judge_here, self.judge_all]

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: keys work at once."""
        super().showEvent(event)
        self._show_judging()
        first = next((row.switch for row in self.rows if row.switch.isEnabled()), self.reset)
        first.setFocus(Qt.FocusReason.PopupFocusReason)

    @property
    def on(self) -> int:
        """How many steps are on, the cut of objects aside, which is always there."""
        card = self._desk.runs.card
        return 0 if card is None else len(refinements.prefixes(self._desk.runs.options, card)) - 1

    # -- the stack ------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the options in use; what does nothing with the model is off, with the reason."""
        options, card = self._desk.runs.options, self._desk.runs.card
        task = "" if card is None else card.task
        for row in self.rows:
            why_not = refinements.reason(row.info, card)
            row.show(refinements.values(options, row.info, task), tr(why_not) if why_not else "", task)
        crf = self.by_id[CRF.id]
        self.crf_button.setEnabled(crf.switch.isEnabled())
        crf.reset.setEnabled(crf.switch.isEnabled() and self._desk.runs.crf != CrfOptions())
        self.reset.setEnabled(refinements.reset(options, card) != options)
        self._show_judging()

    def _options_changed(self) -> None:
        self._told = False
        self.refresh()

    def _take(self, info: StepInfo, new: Mapping[str, float] | None) -> None:
        card, runs = self._desk.runs.card, self._desk.runs
        if card is not None:
            runs.set_options(refinements.changed(runs.options, info, card.task, new, crf=runs.crf))
        self.refresh()  # a switch that changed nothing shows what is

    def _reset_all(self) -> None:
        for row in self.rows:
            row.values = row.info.values()
        self._desk.runs.set_options(refinements.reset(self._desk.runs.options, self._desk.runs.card))

    # -- what each step gains -------------------------------------------------------------------------------------

    def _judge(self, *, here: bool) -> None:
        current = self._desk.current
        among = {current.id} if here and current is not None else None
        self._desk.attempt(lambda: self._start(among))

    def _start(self, among: set[int] | None) -> None:
        job = self._desk.session.judging.steps(against="any", among=among)
        options = self._desk.runs.options
        self._job = self._desk.track(
            job, N_("Judging the refinements"), then=lambda value: self._judged(value, options)
        )
        self._show_judging()

    def _judged(self, value: object, options: object) -> None:
        if isinstance(value, StepsJudged):
            self.judged, self._told = value, options == self._desk.runs.options
            self._show_judging()

    def _ended(self, job_id: int) -> None:
        if job_id == self._job:
            self._job = 0
            self._show_judging()

    def _conditions_told(self) -> None:
        if self.isVisible():  # else `showEvent` does it
            self._show_judging()

    def _show_judging(self) -> None:
        ready = self._can_judge()
        self.judge_here.setEnabled(ready and self.on > 0 and not self._job and self._desk.current is not None)
        self.judge_all.setEnabled(ready and self.on > 0 and not self._job)
        for row in self.rows:
            row.gain.clear()
        judged = self.judged
        self.figure.setText("" if judged is None else NAMES[judged.leading])
        if judged is None:
            self.result.setText("")
            return
        found = [getattr(score, judged.leading) for score in judged.scores]
        for score, gain, after in zip(judged.scores, gains(judged, judged.leading), found, strict=True):
            if score.step is not None and score.step.id in self.by_id:
                self._show_gain(self.by_id[score.step.id], gain, after, score.changed)
        self.result.setText(self._summary(judged, found))

    def _show_gain(self, row: StepRow, gain: float | None, after: float | None, changed: float) -> None:
        row.gain.setText("–" if gain is None else f"{gain * 100:+.2f}")
        kind = "soft" if not self._told or gain is None or abs(gain) < 5e-5 else ("good" if gain > 0 else "bad")
        set_kind(row.gain, kind)
        shown = "–" if after is None else f"{after * 100:.2f}"
        name(
            row.gain,
            tr(
                "After this step: {after}; it changed {share} % of the pixels",
                after=shown,
                share=f"{changed * 100:.2f}",
            ),
        )

    def _summary(self, judged: StepsJudged, found: list[float | None]) -> str:
        first, last = ("–" if v is None else f"{v * 100:.2f}" for v in (found[0], found[-1]))
        against = tr("reference labels") if judged.against == "reference" else tr("verified labels")
        text = tr(
            "{figure} {first} → {last}, %n picture(s), against {against}.",
            judged.pictures,
            figure=NAMES[judged.leading],
            first=first,
            last=last,
            against=against,
        )
        if judged.failed:
            text += " " + tr("%n left out.", len(judged.failed))
        return text if self._told else text + " " + tr("The values were others then.")

    def _can_judge(self) -> bool:
        runs = self._desk.runs
        status = runs.weights()
        ready = status is not None and status.kind in ("shipped", "here", "not_needed")
        return ready and bool(self._desk.session.pictures)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.head.setText(tr("Refinements"))
        self.order.setText(tr("from top to bottom"))
        self.crf_button.setText(tr("Parameters"))
        name(self.crf_button, tr("CRF parameters"))
        self.reset.setText(tr("Reset all"))
        name(self.reset, tr("As the model has it, without refinements"))
        self.judge_here.setText(tr("Judge here"))
        name(self.judge_here, tr("What each step gains on this picture, if it has reference labels or is verified"))
        self.judge_all.setText(tr("Judge on all"))
        name(
            self.judge_all, tr("What each step gains on all pictures with reference labels, else on the verified ones")
        )
        self.broken.setText("\n".join(" ".join(error_text(error)) for error in refinements.broken()))
        self.broken.setVisible(bool(self.broken.text()))
        for row in self.rows:
            row.retranslate()
        self.refresh()
