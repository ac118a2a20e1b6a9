"""The small page that adds a run to the queue: which model, on which pictures, with or without CRF."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QFrame, QHBoxLayout, QWidget

from segdesk.app.batch_queue import WHICH, Which
from segdesk.app.model_search import Listing, ModelEntry
from segdesk.domain.options import RunOptions
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, number, tr
from segdesk.ui.widgets import button, label, name

LISTED = "listed"  # the pictures that the list at the side shows
CHOICES: dict[str, str] = {key: WHICH[key] for key in ("all", "new", "failed")} | {LISTED: N_("pictures in the list")}


class AddRun(Translated, QFrame):
    """Opens over a button; Escape or a click beside it closes it."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_WindowPropagation)
        self._desk = desk
        self._entries: tuple[ModelEntry, ...] = ()
        self.model, self.which = QComboBox(), QComboBox()
        self.model.setMinimumContentsLength(24)
        self.model.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.crf, self.again = QCheckBox(), QCheckBox()
        self.add = button(kind="main", icon="add", clicked=self._add)
        self.words = [label(kind="soft") for _ in range(2)]
        form = QFormLayout(self)
        form.setContentsMargins(14, 12, 14, 12)
        form.setSpacing(theme.GAP)
        for word, part in zip(self.words, (self.model, self.which), strict=True):
            form.addRow(word, part)
        form.addRow("", self.crf)
        form.addRow("", self.again)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.add)
        form.addRow(row)
        self.model.currentIndexChanged.connect(lambda _: self._model_chosen())
        self.which.currentIndexChanged.connect(lambda _: self._check())
        self.retranslate()

    def open_over(self, anchor: QWidget) -> None:
        """Show it, with the chosen model first."""
        self._desk.track(self._desk.session.list_models(), N_("Listing the models"), then=self._take, shown=False)
        self._fill()
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(0, 0))
        screen = anchor.screen().availableGeometry()
        x = min(max(corner.x(), screen.left() + 8), screen.right() - self.width() - 8)
        below = corner.y() + anchor.height() + 4
        y = below if below + self.height() < screen.bottom() else corner.y() - self.height() - 4
        self.move(x, y)
        self.show()
        self.model.setFocus()

    def _take(self, value: object) -> None:
        if isinstance(value, Listing):
            self._entries = tuple(e for e in value.for_pictures().entries if e.ready)
            self._fill()

    def _fill(self) -> None:
        """Models that can run at once; pictures with their numbers."""
        kept = self.model.currentData() if self.model.count() else self._desk.session.model_id
        self.model.blockSignals(True)
        self.model.clear()
        for entry in self._entries:
            self.model.addItem(entry.card.name.get(i18n.language()), entry.card.id)
        at = self.model.findData(kept)
        self.model.setCurrentIndex(at if at >= 0 else max(0, self.model.findData(self._desk.session.model_id)))
        self.model.blockSignals(False)
        self._fill_which()
        self._model_chosen()

    def _fill_which(self) -> None:
        counts, session = self._desk.session.counts(), self._desk.session
        shown = self._desk.queue.shown
        numbers = {
            "all": len(session.pictures),
            "new": counts.get("new", 0),
            "failed": counts.get("failed", 0),
            LISTED: len(session.pictures) if shown is None else len(shown),
        }
        kept = self.which.currentData() or "all"
        self.which.blockSignals(True)
        self.which.clear()
        for key, text in CHOICES.items():
            self.which.addItem(f"{tr(text)}  ({number(numbers[key])})", key)
        self.which.setCurrentIndex(max(0, self.which.findData(kept)))
        self.which.blockSignals(False)
        self._check()

    def _options(self) -> RunOptions:
        """Those of the window for the chosen model; its card's for another one."""
        session, card_id = self._desk.session, self.model.currentData()
        card = session.card(card_id) if card_id else None
        options = session.options
        if card is not None and card_id != session.model_id:
            options = RunOptions(decide=card.decide)
        return replace(options, crf=self._desk.runs.crf if self.crf.isChecked() and self.crf.isEnabled() else None)

    def _model_chosen(self) -> None:
        card = self._desk.session.card(self.model.currentData() or "")
        fits = card is not None and card.net.type != "regions" and self._desk.runs.crf_installed
        self.crf.setEnabled(fits)
        self.crf.setChecked(fits and self._desk.session.options.crf is not None)
        self._check()

    def _check(self) -> None:
        self.add.setEnabled(self.model.currentData() is not None and bool(self._desk.session.pictures))

    def _add(self) -> None:
        self.close()
        which, session = self.which.currentData(), self._desk.session
        ids: list[int] = []
        if which == LISTED:
            shown, rows = self._desk.queue.shown, session.pictures
            ids = [row.id for row in rows] if shown is None else [rows[at].id for at in shown]
        kinds: dict[str, Which] = {"all": "all", "new": "new", "failed": "failed", LISTED: "chosen"}
        self._desk.runs.batches.add(
            kinds[which],
            card_id=self.model.currentData(),
            options=self._options(),
            ids=ids,
            again=self.again.isChecked(),
        )

    def retranslate(self) -> None:
        """Set the texts again."""
        for word, text in zip(self.words, (tr("Model"), tr("On")), strict=True):
            word.setText(text)
        name(self.model, tr("Model of the run"))
        name(self.which, tr("Pictures of the run"))
        self.crf.setText(tr("CRF refinement"))
        self.again.setText(tr("Also pictures that it has done before"))
        self.add.setText(tr("Add to the queue"))
        self._fill_which()
