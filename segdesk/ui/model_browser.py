"""The menu of models: a search box and filters over the list of all, and what the chosen row is."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from segdesk.app.model_search import CHOICES, Listing, ModelFilter
from segdesk.domain.card import PICTURE_TASKS
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.lists import fill_box
from segdesk.ui.model_menu import ID, ROW, ModelDelegate, ModelRows, Row
from segdesk.ui.model_text import facts
from segdesk.ui.widgets import button, label, name

ANY = {
    "task": N_("Any task"),
    "data": N_("Any data set"),
    "licence": N_("Any licence"),
    "weights": N_("Any weights"),
    "size": N_("Any size"),
    "speed": N_("Any speed"),
}
SIZE = QSize(860, 620)
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ModelBrowser(Translated, QFrame):
    """Opens under a widget; closes when a model is chosen, at Escape and at a click beside it.

    Keys: what is typed is searched; the arrows move; Right and Left open and close a head; Enter chooses.

    Signals:
        chosen(str): the id of a model; train_asked(str): the id of one to train;
        gallery_asked(): show the models as cards; closed()
    """

    chosen = Signal(str)
    train_asked = Signal(str)
    gallery_asked = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_WindowPropagation)
        self._filter = ModelFilter()
        self._recent: tuple[str, ...] = ()
        self._current = ""
        self.search = QLineEdit()
        self.search.setClearButtonEnabled(True)
        self.boxes = {key: QComboBox() for key in ANY}
        self.reset = button(kind="quiet", clicked=self._reset)
        self.count = label(kind="soft")
        self.model = ModelRows(self)
        self.list = QListView()
        self.facts = QLabel()
        self.train = button(clicked=self._train)
        self.gallery = button(icon="gallery", clicked=self._gallery)
        self._build()
        self.retranslate()

    def _build(self) -> None:
        self.list.setModel(self.model)
        self.list.setItemDelegate(ModelDelegate(self.list))
        self.list.setMouseTracking(True)
        self.list.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.list.clicked.connect(self._take)
        self.list.selectionModel().currentChanged.connect(lambda now, _before: self._describe(now))
        self.list.installEventFilter(self)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(lambda text: self._narrow(text=text))
        self.facts.setProperty("kind", "soft")
        self.facts.setWordWrap(True)
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.facts.setFixedHeight(self.fontMetrics().height() * 5)
        filters = QHBoxLayout()
        filters.setSpacing(theme.GAP // 2)
        for key, box in self.boxes.items():
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(8)
            box.currentIndexChanged.connect(lambda _at, key=key: self._narrow(**{key: self.boxes[key].currentData()}))
            filters.addWidget(box, 1)
        top = QHBoxLayout()
        for part, stretch in ((self.search, 1), (self.count, 0), (self.reset, 0)):
            top.addWidget(part, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP, theme.GAP, theme.GAP)
        layout.setSpacing(theme.GAP)
        layout.addLayout(top)
        layout.addLayout(filters)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.facts)
        low = QHBoxLayout()
        low.addWidget(self.train)
        low.addStretch(1)
        low.addWidget(self.gallery)
        layout.addLayout(low)

    # -- what is shown ---------------------------------------------------------------------------------------------

    def open_under(self, widget: QWidget, *, recent: tuple[str, ...] = (), current: str = "") -> None:
        """Show it below a widget, on its screen, with the model `current` marked."""
        self._recent, self._current = recent, current
        screen = widget.screen().availableGeometry()
        self.resize(SIZE.boundedTo(screen.size() - QSize(16, 16)))
        corner = widget.mapToGlobal(QPoint(0, widget.height() + 2))
        x = min(max(corner.x(), screen.left() + 8), screen.right() - self.width() - 8)
        y = min(corner.y(), screen.bottom() - self.height() - 8)
        self.move(x, max(y, screen.top() + 8))
        self._lay_out()
        self.show()
        self.search.setFocus()
        self.search.selectAll()

    def take(self, listing: Listing) -> None:
        """The models, as they were found in the background."""
        if listing == self.model.listing:
            return
        self.model.show(listing, self._filter, self._recent)
        self._fill_data_sets()
        self._mark()

    def _lay_out(self) -> None:
        self.model.show(self.model.listing, self._filter, self._recent)
        self._mark()

    def _mark(self) -> None:
        """The current model where it stands, else the first that is found."""
        at = -1 if self._filter.active else self.model.row_of(self._current)
        at = self.model.first_model() if at < 0 else at
        self.list.setCurrentIndex(self.model.index(max(at, 0), 0))
        self.list.scrollTo(self.list.currentIndex())
        self._tell_found()

    def _tell_found(self) -> None:
        total = len(self.model.listing.entries)
        words = tr("{found} of %n model(s)", total, found=self.model.found) if total else tr("Looking for the models…")
        self.count.setText(words)
        self.reset.setEnabled(self._filter.active)

    def _narrow(self, **values: str) -> None:
        wanted = replace(self._filter, **{key: value or "" for key, value in values.items()})
        if wanted != self._filter:
            self._filter = wanted
            self._lay_out()

    def _reset(self) -> None:
        self._filter = ModelFilter()
        self.search.clear()
        for box in self.boxes.values():
            box.setCurrentIndex(0)
        self._lay_out()
        self.search.setFocus()

    def _describe(self, index: QModelIndex) -> None:
        row: Row | None = index.data(ROW) if index.isValid() else None
        card = row.entry.card if row is not None and row.entry is not None else None
        self.train.setEnabled(card is not None and card.trainable and card.task in PICTURE_TASKS)
        if row is None or row.is_head:
            self.facts.clear()
        elif row.entry is not None:
            self.facts.setText(facts(row.entry.card))
        elif row.broken is not None:
            sentence, hint = error_text(row.broken.reason)
            self.facts.setText(f"{sentence}\n{hint}\n{row.broken.path}")

    # -- hand ------------------------------------------------------------------------------------------------------

    def choose(self, card_id: str) -> bool:
        """Choose a model as a click on its row does; False if it is not listed."""
        at = self.model.row_of(card_id)
        if at >= 0:
            self._take(self.model.index(at, 0))
        return at >= 0

    def _take(self, index: QModelIndex) -> None:
        row: Row | None = index.data(ROW) if index.isValid() else None
        if row is not None and row.is_head and row.section.entries:
            self._toggle(row)
        elif row is not None and row.entry is not None:
            self.close()
            self.chosen.emit(index.data(ID))

    def _train(self) -> None:
        """Train the model that the list stands on."""
        row: Row | None = self.list.currentIndex().data(ROW)
        if row is not None and row.entry is not None:
            self.close()
            self.train_asked.emit(row.entry.card.id)

    def _gallery(self) -> None:
        self.close()
        self.gallery_asked.emit()

    def _toggle(self, row: Row) -> None:
        self.model.toggle(row.section.key)
        at = next((i for i, r in enumerate(self.model.rows) if r.is_head and r.section.key == row.section.key), 0)
        self.list.setCurrentIndex(self.model.index(at, 0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: one set of keys, whether the search box or the list has the focus."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._key(watched, event):
            return True
        return super().eventFilter(watched, event)

    def _key(self, watched: QObject, event: QKeyEvent) -> bool:
        """Whether the key was one of the menu's."""
        key = Qt.Key(event.key())
        row: Row | None = self.list.currentIndex().data(ROW)
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take(self.list.currentIndex())
        elif key in (Qt.Key.Key_Right, Qt.Key.Key_Left) and row is not None and row.is_head and not self.search.text():
            if row.open != (key == Qt.Key.Key_Right):
                self._toggle(row)
        elif watched is self.search and key in MOVES:
            self.list.event(event)
        elif watched is self.list and event.text().isprintable() and event.text().strip():
            self.search.setFocus()
            self.search.event(event)
        else:
            return False
        return True

    def hideEvent(self, event: QHideEvent) -> None:
        """Qt: tell that it is gone."""
        super().hideEvent(event)
        self.closed.emit()

    # -- texts -----------------------------------------------------------------------------------------------------

    def retranslate(self) -> None:
        """Set the texts again."""
        self.search.setPlaceholderText(tr("Search: system, data set, encoder, class …"))
        name(self.search, tr("Search for a model"))
        self.train.setText(tr("Train it…"))
        name(self.train, tr("Train this network on the labels of the project"))
        self.gallery.setText(tr("Gallery: try and compare…"))
        name(self.gallery, tr("Models as cards, tried on the open picture"))
        self.reset.setText(tr("Clear"))
        name(self.reset, tr("Clear search and filters"))
        name(self.list, tr("Models"))
        for key, box in self.boxes.items():
            if key != "data":
                fill_box(box, tr(ANY[key]), [(value, tr(text)) for value, text in CHOICES[key]])
            name(box, tr(ANY[key]))
        self._fill_data_sets()
        if self.isVisible():  # else `open_under` does it
            self._lay_out()
        else:
            self._tell_found()
            self._describe(self.list.currentIndex())

    def _fill_data_sets(self) -> None:
        fill_box(self.boxes["data"], tr(ANY["data"]), [(text, text) for text in self.model.listing.data_sets()])
