"""`Prompts`: who answers the clicks of the tool S, and whether the open picture has been encoded for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.app.document import Document
from segdesk.app.model_search import READY, Listing, ModelEntry
from segdesk.app.prompts import ByColour, Proposal
from segdesk.app.tools.prompt import Tool
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.messages import transformers_available

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

KEPT = "prompter"  # the setting: a card's id, "" = by colour
TOOL = "prompt"
SETTLED = 900  # milliseconds after a change of the model: listing all models beside it would slow the painting down


class Prompts(QObject):
    """Part of `Desk`.

    Attributes:
        entries: the models of task "prompt" as they were last listed; card_id: who answers, "" = by colour.
        state: "ready", "encoding", "failed" or "" (nothing is known of the open picture).
    Signals:
        changed(): any of these, or the proposal
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._tool: Tool | None = None
        self._by_colour = ByColour()
        self.entries: tuple[ModelEntry, ...] = ()
        self.card_id = ""
        self.state = ""
        self._job = 0
        self._listed = False
        self._later = QTimer(self, singleShot=True, interval=SETTLED)
        self._later.timeout.connect(self._look)
        desk.document_opened.connect(self._opened)
        desk.labels.tool_changed.connect(self._tool_changed)
        desk.labels.state_changed.connect(self.changed.emit)
        desk.runs.model_changed.connect(self._look_again)

    def bind(self, tool: Tool) -> None:
        """The tool whose answers are chosen here."""
        self._tool = tool

    # -- who answers ----------------------------------------------------------------------------------------------

    @property
    def entry(self) -> ModelEntry | None:
        """The model that answers; None = by colour."""
        return next((e for e in self.entries if e.card.id == self.card_id), None)

    @property
    def words(self) -> bool:
        """Whether who answers understands words."""
        return self._tool is not None and bool(getattr(self._tool.prompter, "words", False))

    @property
    def missing(self) -> bool:
        """Whether who answers needs the package transformers, which is not installed."""
        return self.card_id != "" and not transformers_available()

    @property
    def usable(self) -> bool:
        """Whether who answers can."""
        entry = self.entry
        return entry is None or (entry.status.kind in READY and not self.missing)

    def choose(self, card_id: str, *, remember: bool = True) -> None:
        """Let this model answer, "" = by colour; clicks that wait are asked again."""
        self.card_id = card_id
        if remember:
            self._desk.remember(**{KEPT: card_id})
        entry = self.entry
        if self._tool is not None:
            prompting = self._desk.session.prompting
            who = self._by_colour if entry is None else prompting.prompter(entry.card)
            document = self._desk.labels.document
            self._desk.attempt(lambda: self._tool and self._tool.set_prompter(document, who, ask=self.usable))
        self.state = ""
        self._prepare()
        self.changed.emit()

    def download(self) -> None:
        """Fetch the weights of who answers."""
        card_id = self.card_id
        self._desk.attempt(
            lambda: self._desk.track(
                self._desk.session.download(card_id), N_("Downloading weights"), then=lambda _: self._look()
            )
        )

    def _look_again(self) -> None:
        if self._listed:
            self._later.start()

    def _look(self) -> None:
        """List the models in the background."""
        if self._desk.ending:
            return
        self._listed = True
        self._desk.track(self._desk.session.list_models(), N_("Listing the models"), then=self._take, shown=False)

    def _take(self, value: object) -> None:
        if not isinstance(value, Listing):
            return
        self.entries = tuple(e for e in value.entries if e.card.task == "prompt")
        kept = self._desk.session.settings.ui.get(KEPT)
        wanted = kept if isinstance(kept, str) and any(e.card.id == kept for e in self.entries) else ""
        if wanted != self.card_id or self.state != "ready":
            self.choose(wanted, remember=False)
        self.changed.emit()

    # -- encoding ahead -------------------------------------------------------------------------------------------

    def _opened(self, document: Document) -> None:
        self.state = ""
        document.on_picture.append(self._prepare)
        self._prepare()

    def _tool_changed(self, tool_id: str) -> None:
        if tool_id != TOOL:
            self._desk.session.cancel(self._job)
        elif not self._listed:
            self._look()
        else:
            self._prepare()

    def _prepare(self) -> None:
        """Let the engine look at the open picture before the first click, while the tool is in the hand."""
        document, entry = self._desk.labels.document, self.entry
        ready = document is not None and document.has_pixels and entry is not None and self.usable
        if not ready or self._desk.labels.tool != TOOL or self.state in ("ready", "encoding"):
            return
        assert document is not None
        assert entry is not None
        self.state = "encoding"
        job = self._desk.session.prompting.prepare(entry.card, document.pixels)
        self._job = job
        self._desk.track(
            job,
            N_("Encoding the picture"),
            then=lambda _: self._ended(job, "ready"),
            failed=lambda e: self._broke(job, e),
        )
        self.changed.emit()

    def _ended(self, job: int, state: str) -> None:
        if job == self._job:
            self.state = state
            self.changed.emit()

    def _broke(self, job: int, error: SegDeskError) -> None:
        self._ended(job, "failed")
        self._desk.show_error(error)

    # -- asking ---------------------------------------------------------------------------------------------------

    def ask_words(self, text: str) -> None:
        """Look for what is named in the open picture."""
        document, tool = self._desk.labels.document, self._tool
        if document is not None and tool is not None:
            self._desk.attempt(lambda: tool.ask_words(document, text))

    @property
    def waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._tool is not None and self._tool.waiting

    @property
    def shown(self) -> tuple[int, tuple[Proposal, ...]]:
        """The number of the candidate that is outlined, and all of them."""
        return (0, ()) if self._tool is None else (self._tool.shown, self._tool.candidates)
