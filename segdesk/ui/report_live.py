"""The small card that says how the open picture's labels agree with its reference, after each stroke."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from segdesk.app.live_report import LiveFigures
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, number, tr
from segdesk.ui.widgets import label, name

LATER_MS = 120  # after an edit; further ones put it off
AGAINST = {"reference": N_("Reference"), "prediction": N_("Model's answer")}
FIGURES = {"miou": "mIoU", "accuracy": N_("Pixel accuracy"), "pq": "PQ"}


def percent(value: float | None) -> str:
    """A share with one decimal."""
    return "–" if value is None else f"{100 * value:.1f} %"


class LiveCard(Translated, QWidget):
    """Computes in the background while it is visible; the latest wish wins, and an answer for another picture than the
    open one is dropped.

    Attributes:
        figures: the last ones, None while there are none.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._job = 0
        self.figures: LiveFigures | None = None
        self._first: LiveFigures | None = None  # of this picture since it was opened
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(LATER_MS)
        self._later.timeout.connect(self.ask)
        self.head = label(kind="head")
        self.against = QComboBox()
        self.against.currentIndexChanged.connect(lambda _: self._anew())
        self.values: dict[str, QLabel] = {}
        self.names: dict[str, QLabel] = {}
        self.told = label(kind="soft")
        self.told.setWordWrap(True)
        self._arrange()
        desk.document_opened.connect(self._document_opened)
        desk.loading.connect(lambda _: self._take(None))
        desk.project_closed.connect(lambda: self._take(None))
        desk.classes_changed.connect(lambda _: self._later.start())
        self.retranslate()

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP * 2)
        grid.setVerticalSpacing(2)
        for at, key in enumerate(FIGURES):
            self.names[key], self.values[key] = label(kind="soft"), label(kind="head")
            grid.addWidget(self.names[key], 0, at)
            grid.addWidget(self.values[key], 1, at)
        grid.setColumnStretch(len(FIGURES), 1)
        row = QHBoxLayout()
        row.addWidget(self.head)
        row.addStretch(1)
        row.addWidget(self.against)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(grid)
        layout.addWidget(self.told)

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Qt: it is looked at now."""
        super().showEvent(event)
        self._document_opened(self._desk.labels.document)

    def _document_opened(self, document: object) -> None:
        here = self._desk.labels.document
        if document is None or here is None:
            return
        if self._edited not in here.on_edit:
            here.on_edit.append(self._edited)
        self._desk.session.comparing.forget()
        self._anew()

    def _edited(self, edit: object, kind: str) -> None:
        self._later.start()

    def _anew(self) -> None:
        self._first = None
        self._later.start(0)

    def ask(self) -> None:
        """Compare the open picture as it is now."""
        document, desk = self._desk.labels.document, self._desk
        if document is None or not self.isVisible() or desk.teaching.on:
            return
        if document.painting:
            self._later.start()
            return
        against = self.against.currentData()
        job = desk.session.comparing.live(document, against)
        self._job = job
        desk.track(
            job,
            N_("Comparing"),
            then=lambda value: self._came(job, value),
            failed=lambda _: self._take(None),
            shown=False,
        )

    def _came(self, job: int, value: object) -> None:
        row = self._desk.current
        if job == self._job and isinstance(value, LiveFigures) and row is not None and row.id == value.picture_id:
            self._take(value)

    def _take(self, found: LiveFigures | None) -> None:
        self.figures = found
        if found is None:
            self._first = None
        elif self._first is None or self._first.picture_id != found.picture_id:
            self._first = found
        self._show()

    def _show(self) -> None:
        found = self.figures
        here = found is not None and not found.missing
        for key, shown in self.values.items():
            shown.setText(percent(getattr(found, key)) if here else "–")
        self.told.setText(self._words())

    def _words(self) -> str:
        found, first = self.figures, self._first
        if found is None:
            return tr("Compared after each stroke.")
        if found.missing:
            missing = {
                "reference": tr("This picture has no reference."),
                "prediction": tr("No model has answered for this picture yet."),
            }
            return missing[found.against]
        words = tr("{wrong} of {judged} pixels differ", wrong=number(found.wrong), judged=number(found.judged))
        changed = 0 if first is None else found.wrong - first.wrong
        if changed:
            words += " " + tr("({change} since it was opened)", change=f"{changed:+,}")
        return words

    def retranslate(self) -> None:
        """Set the texts again."""
        self.head.setText(tr("This picture now"))
        for at, (key, text) in enumerate(AGAINST.items()):
            if self.against.count() <= at:
                self.against.addItem("", key)
            self.against.setItemText(at, tr(text))
        name(self.against, tr("What the labels are compared with"))
        for key, text in FIGURES.items():
            self.names[key].setText(tr(text))
            self.names[key].setAlignment(Qt.AlignmentFlag.AlignLeft)
        self._show()
