"""Small real nets and cards for the engine's tests. A net is reached as any other, by the name of its file."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import torch
from torch import nn

from segdesk.domain.card import InputSpec, ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet

PLAIN = InputSpec(mean=(0, 0, 0), std=(255, 255, 255))


class Brightness(nn.Module):
    """Answers with the logits of "dark" and "bright", one for every block of `stride` pixels. Runs out of memory above
    `limit` pixels, as a graphics card does."""

    output = "scores"

    def __init__(self, stride: int = 1, limit: int = 1 << 40) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), 20.0))
        self.stride = stride
        self.limit = limit
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.sizes.append(tuple(x.shape))
        if x[:, 0].numel() > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate too much")
        mean = nn.functional.avg_pool2d(x.mean(1, keepdim=True), self.stride, ceil_mode=True)
        return torch.cat([(0.5 - mean), (mean - 0.5)], 1) * self.scale


class Boxes(nn.Module):
    """Answers with one object over the right half of each picture, and one of an unused label."""

    output = "detections"

    def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        height, width = x.shape[2:]
        boxes = torch.tensor([[0, 0, width, height], [width / 2, 0, width, height]], dtype=torch.float32)
        found = {"boxes": boxes, "labels": torch.tensor([0, 1]), "scores": torch.tensor([0.6, 0.9])}
        return [{**found, "masks": torch.ones(2, 28, 28)} for _ in x]


def add_net(
    monkeypatch: pytest.MonkeyPatch, name: str, build: Callable[[Mapping[str, object], int], nn.Module]
) -> None:
    """Put a net where a file `segdesk/nets/NAME.py` would be."""
    module = types.ModuleType(f"segdesk.nets.{name}")
    module.build = build  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)


def brightness_card(**changes: object) -> ModelCard:
    """A semantic card with the classes background and bright."""
    card = ModelCard(
        "brightness",
        Text("Brightness"),
        "semantic",
        "",
        Text(""),
        NetSpec("brightness"),
        ClassSet.from_names(["bright"]),
        channel_ids=(0, 1),
        input=PLAIN,
    )
    return replace(card, **changes)  # type: ignore[arg-type]


def boxes_card() -> ModelCard:
    """An instance card with the class half."""
    return brightness_card(
        id="boxes", task="instance", net=NetSpec("boxes"), classes=ClassSet.from_names(["half"], things=["half"])
    )


def with_weights(card: ModelCard, file: str = "net.pth") -> ModelCard:
    """The card with weights that must be given."""
    return replace(card, weights=WeightsSpec(file))
