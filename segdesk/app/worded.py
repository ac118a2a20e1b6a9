"""A model of words as a model of classes: each phrase is a class, and any picture can be run."""

from __future__ import annotations

from dataclasses import replace

from segdesk.domain.card import InputSpec, ModelCard, NetSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError

RUNS = ("clipseg",)  # types of nets that can


def worded(card: ModelCard, text: str) -> ModelCard:
    """The card with the phrases of a text, which commas separate, as its classes. Its id tells the phrases, so that
    runs with other words are other runs. Raises SegDeskError if there are none, or the model takes no words."""
    phrases = list(dict.fromkeys(part for part in (" ".join(p.split()) for p in text.split(",")) if part))
    if not phrases:
        raise SegDeskError("No words are given to look for.", "Name one or several, with commas: cat, dog")
    if card.net.type not in RUNS:
        raise SegDeskError(
            "The model {model} does not look for words.", "Choose the model clipseg.", model=card.name.en
        )
    side = card.net.options.get("side", 352)
    return replace(
        card,
        id=f"{card.id}:{','.join(phrases)}",
        task="semantic",
        net=NetSpec(card.net.type, {**card.net.options, "phrases": phrases}),
        classes=ClassSet.from_names(phrases),
        channel_ids=(0, *range(1, len(phrases) + 1)),
        input=InputSpec(fit=f"square:{side}"),
    )
