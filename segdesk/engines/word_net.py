"""CLIPSeg as a net of classes: one channel a phrase, and background where none of them is likely enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.engines.messages import PromptRequest
from segdesk.engines.prompt_nets import CLIPSEG_THRESHOLDS, Words
from segdesk.engines.prompt_nets import load as load_words

TYPE = "clipseg"


class WordNet(nn.Module):
    """Logits (N, 1 + phrases, h, w) at the input's resolution. Background has the logit of the probability from which
    a pixel counts, so that it wins where every phrase is less likely."""

    output = "scores"

    def __init__(self, words: Words, phrases: Sequence[str]) -> None:
        super().__init__()
        self.words = words
        self.model = words.model
        self.asked = words.asked(phrases)  # (phrases, D)
        likely = CLIPSEG_THRESHOLDS[0]
        self.background = math.log(likely / (1 - likely))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised."""
        features = self.words.features(x)
        found = [self.words.logits(features, one.expand(len(x), -1)) for one in self.asked.to(x.device).split(1)]
        return torch.stack([torch.full_like(found[0], self.background), *found], dim=1)


def load(card: ModelCard, path: Path, device: torch.device) -> nn.Module:
    """The net for the phrases in the card's options, in evaluation mode on the device. Raises `SegDeskError`."""
    request = PromptRequest("", card, None, weights={card.id: str(path)})
    words = cast(Words, load_words(card, request, device))
    with torch.inference_mode():
        return WordNet(words, cast("list[str]", card.net.options["phrases"])).eval()
