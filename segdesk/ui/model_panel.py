"""The strip above the picture: which model, what is known of it, where its weights are, run here, run on all, CRF."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from segdesk.app.model_search import Listing
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.model_browser import ModelBrowser
from segdesk.ui.model_text import TASKS, about, score_text, short_licence, weights_text
from segdesk.ui.widgets import ElidedLabel, PickerButton, action_button, label, name, set_kind

RECENT = 6  # models that are kept as used last
SETTLED = 700  # milliseconds after which the window is painted; listing all models beside it would slow that down


class ModelPanel(Translated, QFrame):
    """Chooses the model and runs it."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "strip")
        self.picker = PickerButton()
        self.browser: ModelBrowser | None = None  # made with the first list
        self.listing = Listing()
        self._listed = False
        self._later = QTimer(self, singleShot=True, interval=SETTLED)
        self._later.timeout.connect(self._look)
        self.facts = ElidedLabel()
        self.where = label()
        by_id = actions.by_id
        self.download = action_button(by_id["download"], icon="download")
        self.locate = action_button(by_id["locate"], icon="locate")
        self.folders = action_button(by_id["model_folders"], icon="folders")
        self.train = action_button(by_id["train"])
        self.teach = action_button(by_id["teach"], icon="teach")
        self.run_here = action_button(by_id["run_here"], "main", "run")
        self.run_all = action_button(by_id["run_all"], icon="run-all")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP - 2, theme.GAP, theme.GAP - 2)
        layout.setSpacing(theme.GAP)
        for part in (self.picker, self.where, self.download, self.train, self.locate, self.folders):
            layout.addWidget(part)
        layout.addWidget(self.facts, 1)
        layout.addWidget(self.teach)
        layout.addWidget(self.run_here)
        layout.addWidget(self.run_all)
        self.picker.clicked.connect(lambda _checked=False: self.open_browser())
        desk.runs.model_changed.connect(self.refresh)
        self.retranslate()

    def refresh(self) -> None:
        """Show the chosen model; look again, soon, what models there are and where their weights are."""
        self._show_facts()
        if self._listed:
            self._later.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: in a narrow window the name has less room, and what is as it should be is left to the tooltip."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width, letter = self.width(), self.fontMetrics().height()
        self.picker.setFixedWidth(min(260, max(letter * 8, width * 2 // 7)))
        ready = self.where.property("kind") == "good"
        self.where.setVisible(self._desk.runs.card is not None and not (ready and width < letter * 38))

    def showEvent(self, event: QShowEvent) -> None:
        """Qt: the models are looked up once the window and its first picture are there, so that the menu opens full:
        reading all cards beside the first painting made that take three times as long."""
        super().showEvent(event)
        if not self._listed:
            self._later.start()

    def _look(self) -> None:
        if self._desk.ending:
            return
        self._later.stop()
        self._listed = True
        self._desk.track(self._desk.session.list_models(), N_("Listing the models"), then=self._take, shown=False)

    def _take(self, value: object) -> None:
        if isinstance(value, Listing):
            self.listing = value.for_pictures()
            self._made().take(self.listing)
            self._desk.runs.compare_weights(self.listing)

    def _made(self) -> ModelBrowser:
        """The menu; it is made with the first list, so that opening it need not make it."""
        if self.browser is None:
            self.browser = ModelBrowser(self)
            self.browser.chosen.connect(self._chosen)
            self.browser.train_asked.connect(self._desk.training.ask)
            self.browser.gallery_asked.connect(lambda: self._desk.ask("gallery"))
        return self.browser

    def open_browser(self) -> ModelBrowser:
        """Open the menu of models; what there is, is looked up again meanwhile."""
        self._look()
        browser = self._made()
        browser.open_under(self.picker, recent=self._recent(), current=self._desk.session.model_id)
        return browser

    def _recent(self) -> tuple[str, ...]:
        kept = self._desk.session.settings.ui.get("recent_models")
        return tuple(i for i in kept if isinstance(i, str)) if isinstance(kept, list) else ()

    def _chosen(self, card_id: str) -> None:
        others = [i for i in self._recent() if i != card_id]
        self._desk.remember(recent_models=[card_id, *others][:RECENT])
        self._desk.runs.choose_model(card_id)

    def _show_facts(self) -> None:
        card, status = self._desk.runs.card, self._desk.runs.weights()
        self.where.setVisible(card is not None)
        kind = "" if status is None else status.kind
        self.download.setVisible(kind == "download")
        self.train.setVisible(kind == "untrained")
        self.locate.setVisible(kind in ("untrained", "missing", "download"))
        self.folders.setVisible(kind in ("missing", "download"))
        if card is None or status is None:
            self.picker.setText(tr("Choose a model"))
            self.facts.setText(tr("A model answers for this picture, or for all of them."))
            name(self.picker, tr("Choose a model"))
            return
        words, colour = weights_text(status, card)
        self.where.setText(tr("no public weights") if kind == "untrained" else words)
        self.where.setToolTip(words)
        set_kind(self.where, colour)
        self._fit()
        facts = (tr(TASKS[card.task]), score_text(card), short_licence(card))
        self.facts.setText(" · ".join(f for f in facts if f))
        name(self.facts, about(card))
        self.picker.setText(card.name.get(i18n.language()))
        name(self.picker, card.name.get(i18n.language()) + "\n" + about(card))

    def retranslate(self) -> None:
        """Set the texts again."""
        self._show_facts()
