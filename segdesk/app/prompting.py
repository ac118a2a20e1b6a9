"""`Prompting`: the models that answer clicks and words, as the window asks for them. Part of a session."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segdesk.app.desk import Desk
from segdesk.app.jobs import Context
from segdesk.app.models import Models
from segdesk.app.prompts import WORD_NETS, ByModel
from segdesk.app.workers import Workers
from segdesk.domain.card import ModelCard
from segdesk.domain.text import N_


class Prompting:
    """Part of `Session`; called from the same thread."""

    def __init__(self, desk: Desk, models: Models, workers: Workers, device: Callable[[], str]) -> None:
        """`device()`: where models compute now."""
        self._desk = desk
        self._models = models
        self._workers = workers
        self._device = device
        self._known: dict[str, ByModel] = {}

    def prompter(self, card: ModelCard) -> ByModel:
        """Who answers by this card, of task "prompt"; the same object each time. Its weights are looked for at each
        question."""
        if card.id not in self._known:
            self._known[card.id] = ByModel(
                card.name.en,
                self._desk.engine,
                lambda: self._models.plan_other(card.id, self._device()),
                words=card.net.type in WORD_NETS,
            )
        return self._known[card.id]

    def prepare(self, card: ModelCard, pixels: np.ndarray) -> int:
        """Encode a picture ahead, (H, W, 3) uint8; the latest wish wins. Done value: the card's id."""
        prompter = self.prompter(card)

        def run(ctx: Context) -> str:
            prompter.prepare(pixels, ctx.cancelled, ctx.progress)
            return card.id

        return self._workers.submit("prompts", N_("Encoding the picture"), run, key="prepare")
