"""The truth of a batch of crops, and the objects in it as the losses need them."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from segdesk.engines.training.messages import CROWD


@dataclass(frozen=True, eq=False)
class Truth:
    """What a batch should answer. `labels` (N, h, w) int64 channels, `IGNORED` where none is known; `ids` (N, h, w)
    int64: 0 = no object, `CROWD` = unknown, else an object of its picture; None where no objects are learned."""

    labels: torch.Tensor
    ids: torch.Tensor | None = None


@dataclass(frozen=True, eq=False)
class Things:
    """The n objects of one picture of (h, w) pixels. `labels` (n,) int64 channels; `boxes` (n, 4) float32: x0, y0, x1,
    y1 around their pixels; `masks` (n, h, w) bool; `unknown` (h, w) bool: pixels that say nothing."""

    labels: torch.Tensor
    boxes: torch.Tensor
    masks: torch.Tensor
    unknown: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)


def things_of(truth: Truth, picture: int) -> Things:
    """The objects of a picture of the batch, in the order of their ids."""
    assert truth.ids is not None
    ids, labels = truth.ids[picture], truth.labels[picture]
    found = torch.unique(ids)
    found = found[(found > 0) & (found < CROWD)]
    masks = ids == found[:, None, None]
    channels = [int(labels[mask][0]) for mask in masks]
    return Things(torch.tensor(channels, dtype=torch.int64, device=ids.device), boxes_of(masks), masks, ids == CROWD)


def boxes_of(masks: torch.Tensor) -> torch.Tensor:
    """(n, 4) float32 boxes around masks (n, h, w) that are not empty; the right and bottom sides lie behind the last
    pixel."""
    sides = []
    for spread in (masks.any(1), masks.any(2)):  # over columns, over rows
        length = spread.shape[1]
        numbers = torch.arange(length, device=masks.device)
        first = torch.where(spread, numbers, length).amin(1) if len(spread) else numbers[:0]
        last = torch.where(spread, numbers + 1, 0).amax(1) if len(spread) else numbers[:0]
        sides.append((first, last))
    (x0, x1), (y0, y1) = sides
    return torch.stack([x0, y0, x1, y1], 1).float()
