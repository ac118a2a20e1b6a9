"""The gallery's page that compares two models on the open picture: both answers, where they differ, and figures."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.model_search import ModelEntry
from segdesk.app.trying import Pair
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.desk_trials import as_image
from segdesk.ui.gallery_pair import Mode, PairView
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.widgets import button, label, name, swatch

MODES: dict[Mode, str] = {"side": N_("Side by side"), "slider": N_("Slider"), "map": N_("Where they differ")}
COLUMNS = (N_("Class"), "A", "B", N_("IoU"))


class ComparePage(Translated, QWidget):
    """Two models that are ready, their answers and how far they agree.

    Signals:
        left(): back to the cards; used(str): this model is to be chosen
    """

    left = Signal()
    used = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._trials = desk.runs.trials
        self.pair: Pair | None = None
        self._asked = ("", "")
        self.back = button(kind="quiet", icon="previous", clicked=self.left.emit)
        self.boxes = (QComboBox(), QComboBox())
        self.run = button(kind="main", icon="compare", clicked=self.compare)
        self.view = PairView()
        self.modes = {key: button(kind="pill", clicked=lambda key=key: self.set_mode(key)) for key in MODES}
        self.use = (button(), button())
        self.share, self.share_name = label(kind="title"), label(kind="soft")
        self.miou, self.miou_name = label(kind="title"), label(kind="soft")
        self.table = QTableWidget(0, len(COLUMNS))
        self.note, self.why = label(kind="soft"), label()
        self._build()
        self._trials.compared.connect(self._came)
        self._trials.compare_failed.connect(self._refused)
        self._trials.changed.connect(self.refresh)
        desk.loading.connect(lambda _: self.forget())
        self.set_mode("side")
        self.built = True
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GAP)
        top.addWidget(self.back)
        self.letters = (label("A", "head"), label("B", "head"))
        for letter, box in zip(self.letters, self.boxes, strict=True):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(16)
            box.currentIndexChanged.connect(lambda _: self.refresh())
            top.addWidget(letter)
            top.addWidget(box, 1)
        top.addWidget(self.run)
        group, pills = QButtonGroup(self), QHBoxLayout()
        pills.setSpacing(theme.GAP // 2)
        for pill in self.modes.values():
            pill.setCheckable(True)
            group.addButton(pill)
            pills.addWidget(pill)
        pills.addStretch(1)
        pills.addWidget(self.note)
        self.why.setWordWrap(True)
        self.why.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle = QVBoxLayout()
        middle.setSpacing(theme.GAP)
        middle.addLayout(pills)
        middle.addWidget(self.view, 1)
        middle.addWidget(self.why, 1)
        body = QHBoxLayout()
        body.setSpacing(theme.GAP * 2)
        body.addLayout(middle, 1)
        body.addWidget(self._figures())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(top)
        layout.addLayout(body, 1)

    def _figures(self) -> QWidget:
        self.side = QWidget()
        self.side.setFixedWidth(self.fontMetrics().height() * 17)
        heads = QHBoxLayout()
        for value, words in ((self.share, self.share_name), (self.miou, self.miou_name)):
            part = QVBoxLayout()
            part.setSpacing(0)
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignTop)
            part.addWidget(value)
            part.addWidget(words, 1)
            heads.addLayout(part, 1)
        self.table.verticalHeader().setVisible(False)
        self.table.setShowGrid(False)
        self.table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 9)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        uses = QHBoxLayout()
        for at, part in enumerate(self.use):
            part.clicked.connect(lambda _=False, at=at: self.used.emit(self.boxes[at].currentData() or ""))
            uses.addWidget(part)
        layout = QVBoxLayout(self.side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addLayout(heads)
        layout.addWidget(self.table, 1)
        layout.addLayout(uses)
        return self.side

    # -- what is compared ---------------------------------------------------------------------------------------------

    def take(self, entries: Sequence[ModelEntry]) -> None:
        """The models that can run at once."""
        for box in self.boxes:
            kept = box.currentData()
            box.blockSignals(True)
            box.clear()
            for entry in entries:
                box.addItem(entry.card.name.get(i18n.language()), entry.card.id)
            box.setCurrentIndex(box.findData(kept))
            box.blockSignals(False)
        self.refresh()

    def choose(self, first: str, second: str = "") -> None:
        """Put models into the boxes; where the second is not named, the first other one that is ready."""
        box = self.boxes[1]
        if not second:
            kept = box.currentData()
            others = [box.itemData(at) for at in range(box.count()) if box.itemData(at) != first]
            second = kept if kept in others else next(iter(others), "")
        for part, card in zip(self.boxes, (first, second), strict=True):
            part.setCurrentIndex(part.findData(card))
        self.refresh()

    def chosen(self) -> tuple[str, str]:
        """The ids of the two."""
        return self.boxes[0].currentData() or "", self.boxes[1].currentData() or ""

    def compare(self) -> None:
        """Run both."""
        first, second = self.chosen()
        if first and second and not self._trials.comparing:
            self._asked = first, second
            self.why.clear()
            self._trials.compare(first, second)
            self.refresh()

    def set_mode(self, mode: Mode) -> None:
        """Another way of looking at both."""
        self.modes[mode].setChecked(True)
        self.view.set_mode(mode)

    def forget(self) -> None:
        """Another picture is open."""
        self.pair = None
        self.view.show_pair(None, ("", "", ""))
        self.refresh()

    # -- what came of it ----------------------------------------------------------------------------------------------

    def _came(self, pair: Pair) -> None:
        row = self._desk.current
        if row is None or row.id != pair.first.picture_id:
            return
        self.pair = pair
        images = as_image(pair.first.view), as_image(pair.second.view), as_image(pair.differences)
        self.view.show_pair(images, self._titles())
        self._show_figures(pair)
        self.refresh()

    def _titles(self) -> tuple[str, str, str]:
        if self.pair is None:
            return "", "", ""
        cards = [self._desk.session.card(t.card_id) for t in (self.pair.first, self.pair.second)]
        first, second = ("" if c is None else c.name.get(i18n.language()) for c in cards)
        return f"A  {first}", f"B  {second}", tr("Coloured: A and B differ; violet: one of them has no label")

    def _refused(self, error: SegDeskError) -> None:
        self.pair = None
        self.view.show_pair(None, ("", "", ""))
        self.refresh()
        self.why.setText("\n".join(t for t in error_text(error) if t))

    def _show_figures(self, pair: Pair) -> None:
        found, classes = pair.agreement, pair.second.classes
        self.share.setText(f"{100 * found.share:.1f} %")
        self.miou.setText("–" if found.miou is None else f"{100 * found.miou:.1f} %")
        self.table.setRowCount(len(found.classes))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for at, row in enumerate(found.classes):
            info = classes.get(row.class_id)
            head = QTableWidgetItem("?" if info is None else info.name)
            if info is not None:
                head.setIcon(swatch(info.color))
                head.setToolTip(info.name)
            self.table.setItem(at, 0, head)
            for column, part in enumerate((row.first / found.pixels, row.second / found.pixels, row.iou), start=1):
                item = QTableWidgetItem(f"{100 * part:.1f}")
                item.setTextAlignment(right)
                self.table.setItem(at, column, item)

    def refresh(self) -> None:
        """Show what can be done."""
        first, second = self.chosen()
        busy, there = self._trials.comparing, self.pair is not None
        self.run.setEnabled(bool(first and second and first != second) and self._trials.can_try() and not busy)
        self.run.setText(tr("Comparing…") if busy else tr("Compare"))
        self.view.setVisible(there)
        self.why.setVisible(not there)
        self.side.setVisible(there)
        for pill in self.modes.values():
            pill.setVisible(there)
        self.note.setVisible(there)
        for part in self.use:
            part.setEnabled(there)
        if not there and not self.why.text():
            self.why.setText(self._hint())
        if self.pair is not None:
            height, width = self.pair.first.labels.shape
            times = " · ".join(
                f"{letter} {t.seconds:.2f} s"
                for letter, t in zip("AB", (self.pair.first, self.pair.second), strict=True)
            )
            self.note.setText(tr("On {width} × {height} pixels", width=width, height=height) + " · " + times)

    def _hint(self) -> str:
        if not self._trials.can_try():
            return tr("Open a picture to compare models on it.")
        if self.boxes[0].count() < 2:
            return tr("Two models with weights are needed. Download or locate the weights of another one.")
        return tr("Choose two models: both run on a copy of the open picture. The project stays as it is.")

    def retranslate(self) -> None:
        """Set the texts again."""
        self.back.setText(tr("All models"))
        name(self.back, tr("Back to the cards"))
        for letter, box in zip("AB", self.boxes, strict=True):
            name(box, tr("Model {letter}", letter=letter))
        for letter, part in zip("AB", self.use, strict=True):
            part.setText(tr("Use {letter}", letter=letter))
            name(part, tr("Choose model {letter} for the next runs", letter=letter))
        for key, text in MODES.items():
            self.modes[key].setText(tr(text))
        self.share_name.setText(tr("of the pixels agree"))
        self.miou_name.setText(tr("mean IoU between the two"))
        self.table.setHorizontalHeaderLabels([tr(t) if t not in ("A", "B") else f"{t} %" for t in COLUMNS])
        name(self.table, tr("How far they agree, by class"))
        name(self.view, tr("Both answers: wheel zooms, dragging moves"))
        self.why.clear()
        if self.pair is not None:
            self.view.titles = self._titles()
            self.view.update()
        self.refresh()
