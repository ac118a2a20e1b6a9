"""The gallery of models: cards to search and filter, each tried on the open picture, two of them compared."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QModelIndex, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.model_search import CHOICES, ORDERS, Listing, ModelFilter, found, ordered
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.gallery_cards import ENTRY, CardGrid, CardRows
from segdesk.ui.gallery_compare import ComparePage
from segdesk.ui.gallery_detail import ModelDetail
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.lists import fill_box
from segdesk.ui.widgets import button, label, name

SIZE = QSize(1180, 720)
DETAIL = 330  # width
PREVIEW_REST = 350  # milliseconds on a card until it is previewed by itself
SEARCH_REST = 80
ANY = {
    "weights": N_("Any weights"),
    "task": N_("Any task"),
    "data": N_("Any data set"),
    "system": N_("Any family"),
    "licence": N_("Any licence"),
}
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Gallery(Translated, QDialog):
    """A window beside the main one, which goes on. Keys: what is typed is searched, arrows move, Enter chooses."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("gallery")
        self._desk, self._window = desk, window
        self._trials = desk.runs.trials
        self.listing = Listing()
        self._filter = ModelFilter()
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.boxes = {key: QComboBox() for key in ANY}
        self.order = QComboBox()
        self.count = label(kind="soft")
        self.reset = button(kind="quiet", clicked=self._reset)
        self.all_here = button(icon="eye", clicked=self._preview_all)
        self.model = CardRows(self._trials, self)
        self.grid = CardGrid(self.model)
        self.none = label(kind="soft")
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.detail, self.comparison = ModelDetail(desk), ComparePage(desk)
        self._resting, self._typing = QTimer(self), QTimer(self)
        for timer, rest, call in (
            (self._resting, PREVIEW_REST, self._preview_chosen),
            (self._typing, SEARCH_REST, lambda: self._narrow(text=self.search.text())),
        ):
            timer.setSingleShot(True)
            timer.setInterval(rest)
            timer.timeout.connect(call)
        self._build()
        self._connect()
        self.retranslate()

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(theme.GAP // 2 + 2)
        self.search.setMinimumWidth(self.fontMetrics().height() * 8)
        top.addWidget(self.search, 3)
        for box in (*self.boxes.values(), self.order):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(7)
            top.addWidget(box, 3 if box is self.order else 2)
        low = QHBoxLayout()
        low.addWidget(self.count)
        low.addWidget(self.reset)
        low.addStretch(1)
        low.addWidget(self.all_here)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.GAP // 2)
        column.addLayout(low)
        column.addWidget(self.grid, 1)
        column.addWidget(self.none, 1)
        self.detail.setMinimumWidth(280)
        self.split = QSplitter(Qt.Orientation.Horizontal)
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(theme.GAP * 2)
        self.split.addWidget(left)
        self.split.addWidget(self.detail)
        self.split.setStretchFactor(0, 1)
        cards = QWidget()
        whole = QVBoxLayout(cards)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(theme.GAP)
        whole.addLayout(top)
        whole.addWidget(self.split, 1)
        self.pages = QStackedWidget()
        for page in (cards, self.comparison):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 14, 12)
        layout.addWidget(self.pages)

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self._typing.start())
        self.search.installEventFilter(self)
        self.grid.installEventFilter(self)
        for key, box in self.boxes.items():
            box.currentIndexChanged.connect(lambda _at, key=key: self._narrow(**{key: self.boxes[key].currentData()}))
        self.order.currentIndexChanged.connect(lambda _: self._order_chosen())
        self.grid.selectionModel().currentChanged.connect(lambda now, _before: self._chosen(now))
        self.grid.doubleClicked.connect(lambda index: self.use(index.data(ENTRY).card.id))
        self.detail.used.connect(self.use)
        self.detail.compare_asked.connect(self.compare)
        self.detail.train_asked.connect(self._train)
        self.detail.download_asked.connect(self._download)
        self.detail.automatic.toggled.connect(lambda _: self._resting.start())
        self.comparison.left.connect(lambda: self.pages.setCurrentIndex(0))
        self.comparison.used.connect(self.use)
        self._trials.previewed.connect(lambda _: self.grid.viewport().update())
        self._trials.changed.connect(self._trials_changed)
        self._desk.runs.model_changed.connect(self._look)
        self._desk.runs.devices_changed.connect(self._trials_changed)
        self._desk.document_opened.connect(lambda _: self._picture_changed())

    @classmethod
    def shown(cls, desk: Desk, window: QWidget) -> Gallery:
        """The window's gallery, made at the first call."""
        page = window.findChild(cls, "gallery")
        page = page if isinstance(page, Gallery) else cls(desk, window)
        page.show()
        page.raise_()
        page.activateWindow()
        return page

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: look what models there are, and how fast they were."""
        super().showEvent(event)
        if not event.spontaneous():
            self._place()
            self.split.setSizes([self.width() - DETAIL, DETAIL])
            self._trials.read_speeds()
            self._look()
            self.pages.setCurrentIndex(0)
            self.search.setFocus()
            self.search.selectAll()

    def _place(self) -> None:
        """Over the middle of the main window, inside its screen."""
        room = self.screen().availableGeometry().adjusted(12, 30, -12, -12)
        self.resize(SIZE.boundedTo(room.size()))
        corner = self._window.frameGeometry().center() - self.rect().center()
        x = min(max(corner.x(), room.left()), room.right() - self.width())
        self.move(x, min(max(corner.y(), room.top()), room.bottom() - self.height()))

    # -- what is listed -----------------------------------------------------------------------------------------------

    def _look(self) -> None:
        if self.isVisible():
            job = self._desk.session.list_models()
            self._desk.track(job, N_("Listing the models"), then=self._take, shown=False)

    def _take(self, value: object) -> None:
        if not isinstance(value, Listing) or value.for_pictures() == self.listing:
            return
        self.listing = value.for_pictures()
        self._fill_names()
        self.comparison.take([e for e in self.listing.entries if e.ready])
        self._lay_out()

    def _lay_out(self) -> None:
        """List what the filter admits; the chosen card stays chosen where it still is there."""
        entry = self.detail.entry
        kept = entry.card.id if entry is not None else self._desk.session.model_id
        order = self.order.currentData() or "here"
        entries = ordered(found(self.listing, self._filter), order, self._trials.speeds())
        words = self._filter.text.casefold().split()
        entries.sort(key=lambda entry: not all(word in entry.words for word in words))  # names before descriptions
        self.model.show(entries)
        total = len(self.listing.entries)
        told = tr("{found} of %n model(s)", total, found=len(entries)) if total else tr("Looking for the models…")
        self.count.setText(told)
        self.reset.setVisible(self._filter.active)
        self.grid.setVisible(bool(entries))
        self.none.setVisible(not entries)
        self.none.setText(tr("No model fits. Clear search and filters to see all.") if total else "")
        if entries:
            at = max(0, self.model.row_of(kept))
            self.grid.setCurrentIndex(self.model.index(at, 0))
            self.grid.scrollTo(self.grid.currentIndex())
        else:
            self.detail.show_model(None)
        self._show_all_here()

    def _narrow(self, **values: str | None) -> None:
        wanted = replace(self._filter, **{key: value or "" for key, value in values.items()})
        if wanted != self._filter:
            self._filter = wanted
            self._lay_out()

    def _order_chosen(self) -> None:
        self._desk.remember(gallery_order=self.order.currentData())
        self._lay_out()

    def _reset(self) -> None:
        self._filter = ModelFilter()
        for part in (self.search, *self.boxes.values()):
            part.blockSignals(True)
        self.search.clear()
        for box in self.boxes.values():
            box.setCurrentIndex(0)
        for part in (self.search, *self.boxes.values()):
            part.blockSignals(False)
        self._lay_out()
        self.search.setFocus()

    def _chosen(self, index: QModelIndex) -> None:
        self.detail.show_model(index.data(ENTRY) if index.isValid() else None)
        self._resting.start()

    # -- trying -------------------------------------------------------------------------------------------------------

    def _preview_chosen(self) -> None:
        if self.isVisible() and self.pages.currentIndex() == 0 and self.detail.may_preview():
            self.detail.look_now()

    def _here(self) -> list[str]:
        """The listed models that can run and have no preview of the open picture."""
        ready = (e.card.id for e in self.model.entries if e.ready)
        return [card for card in ready if self._trials.image(card) is None]

    def _preview_all(self) -> None:
        self._trials.preview(self._here())

    def _show_all_here(self) -> None:
        self.all_here.setEnabled(self._trials.can_try() and bool(self._here()) and not self._trials.busy)

    def _trials_changed(self) -> None:
        if self.isVisible():
            self.grid.viewport().update()
            self.detail.refresh()
            self._show_all_here()

    def _picture_changed(self) -> None:
        self._trials_changed()
        self._resting.start()

    def compare(self, card_id: str) -> None:
        """Show the page that compares, with this model as the first."""
        self.comparison.choose(card_id)
        self.pages.setCurrentIndex(1)
        first, second = self.comparison.chosen()
        pair = self.comparison.pair
        known = pair is not None and (pair.first.card_id, pair.second.card_id) == (first, second)
        if not known and self.comparison.run.isEnabled():
            self.comparison.compare()

    # -- choosing -----------------------------------------------------------------------------------------------------

    def use(self, card_id: str) -> None:
        """Choose a model for the next runs and close."""
        if card_id:
            self.close()
            self._desk.runs.choose_model(card_id)

    def _train(self, card_id: str) -> None:
        self.close()
        self._desk.training.ask(card_id)

    def _download(self, card_id: str) -> None:
        desk = self._desk
        job = desk.session.download(card_id)
        desk.track(job, N_("Downloading weights"), then=lambda _: desk.runs.model_changed.emit())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: one set of keys, whether the search box or the grid has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            key = Qt.Key(event.key())
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if self.detail.entry is not None:
                    self.use(self.detail.entry.card.id)
                return True
            if watched is self.search and key in MOVES:
                self.grid.event(event)
                return True
            if watched is self.grid and event.text().isprintable() and event.text().strip():
                self.search.setFocus()
                self.search.event(event)
                return True
        return super().eventFilter(watched, event)

    # -- texts --------------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set the texts again."""
        self.setWindowTitle(tr("Model gallery"))
        self.search.setPlaceholderText(tr("Search: system, data set, encoder, class …"))
        name(self.search, tr("Search for a model"))
        self.reset.setText(tr("Clear"))
        name(self.reset, tr("Clear search and filters"))
        self.all_here.setText(tr("Preview all that are ready"))
        name(self.all_here, tr("Run every listed model that is ready on a copy of the open picture"))
        name(self.grid, tr("Models"))
        for key, box in self.boxes.items():
            if key in CHOICES:
                fill_box(box, tr(ANY[key]), [(value, tr(text)) for value, text in CHOICES[key]])
            name(box, tr(ANY[key]))
        self.order.blockSignals(True)
        kept = self.order.currentData() or self._desk.session.settings.ui.get("gallery_order", "here")
        self.order.clear()
        for key, text in ORDERS.items():
            self.order.addItem(tr("Order: {order}", order=tr(text)), key)
        self.order.setCurrentIndex(max(0, self.order.findData(kept)))
        self.order.blockSignals(False)
        name(self.order, tr("Order of the models"))
        self._fill_names()
        self._lay_out()

    def _fill_names(self) -> None:
        fill_box(self.boxes["data"], tr(ANY["data"]), [(text, text) for text in self.listing.data_sets()])
        fill_box(self.boxes["system"], tr(ANY["system"]), [(text, text) for text in self.listing.systems()])
