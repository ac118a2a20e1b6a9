"""Models of the transformers library behind the answers that the engine knows: scores, instances, queries. They take
(N, 3, h, w) float32, normalised, of any size; what a model needs beside it (padding, windows, words) is added here."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.domain.queries import LEAST_SCORE
from segdesk.engines.dense import sampled

Extent = tuple[float, float]


class ScoreModel(nn.Module):
    """SegFormer, UPerNet and others that answer with logits of classes."""

    output = "scores"

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, K, h', w')."""
        return self.model(pixel_values=x).logits


class BoxModel(nn.Module):
    """RF-DETR: each query votes for classes on their own (sigmoid), its mask covers the whole input."""

    output = "instances"

    def __init__(self, model: nn.Module, step: int) -> None:
        """`step`: the input's sides must be multiples of it."""
        super().__init__()
        self.model = model
        self.step = step

    def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        """See the engine's "instances"; the strongest Q of all votes."""
        height, width = (-(-side // self.step) * self.step for side in x.shape[2:])
        if (height, width) != tuple(x.shape[2:]):
            x = F.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)
        answer = self.model(pixel_values=x)
        return [_strongest(*each) for each in zip(answer.logits.sigmoid(), answer.pred_masks, strict=True)]


def _strongest(votes: torch.Tensor, masks: torch.Tensor) -> dict[str, torch.Tensor]:
    scores, at = votes.flatten().topk(min(votes.shape[0], int((votes >= LEAST_SCORE).sum())))
    query = torch.div(at, votes.shape[1], rounding_mode="floor")
    return {"labels": at % votes.shape[1], "scores": scores, "masks": masks[query], "threshold": torch.tensor(0.0)}


class QueryModel(nn.Module):
    """MaskFormer, Mask2Former, OneFormer, EoMT, DETR: queries with softmax votes and a mask each."""

    output = "queries"

    def __init__(self, model: nn.Module, extra: Mapping[str, torch.Tensor] | None = None) -> None:
        """`extra`: further inputs of the model for one picture, such as the words of OneFormer's task."""
        super().__init__()
        self.model = model
        self.channels: tuple[int, ...] = ()  # the classes that are wanted of the model's, in order; () = all
        self.extra = tuple(extra or ())
        for name, value in (extra or {}).items():
            self.register_buffer(f"extra_{name}", value, persistent=False)

    def forward(self, x: torch.Tensor) -> list[dict[str, torch.Tensor]]:
        """See the engine's "queries"."""
        classes, masks, extent = self.asked(x)
        cells = torch.tensor(extent)
        return [{"classes": c.softmax(-1), "masks": m, "extent": cells} for c, m in zip(classes, masks, strict=True)]

    def asked(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Extent]:
        """Logits of classes (N, Q, K + 1) and of masks (N, Q, h', w'), and the cells of the masks that cover x."""
        more = {name: getattr(self, f"extra_{name}").expand(x.shape[0], -1) for name in self.extra}
        answer = self.model(pixel_values=x, **more)
        if hasattr(answer, "class_queries_logits"):
            classes, masks = answer.class_queries_logits, answer.masks_queries_logits
        else:  # DETR
            classes, masks = answer.logits, answer.pred_masks
        if self.channels:
            classes = classes[..., [*self.channels, classes.shape[-1] - 1]]
        return classes, masks, (float(masks.shape[2]), float(masks.shape[3]))


class SquareQueryModel(QueryModel):
    """EoMT, whose positions are learned for a square of `side` pixels: smaller inputs are padded with black, larger
    ones made smaller."""

    def __init__(self, model: nn.Module, side: int, black: tuple[float, float, float]) -> None:
        """`black`: the normalised value of a black pixel."""
        super().__init__(model)
        self.side = side
        self.register_buffer("black", torch.tensor(black).view(1, 3, 1, 1), persistent=False)

    def asked(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, Extent]:
        """As `QueryModel.asked`."""
        most = max(x.shape[2:])
        if most > self.side:
            size = tuple(max(1, side * self.side // most) for side in x.shape[2:])
            x = F.interpolate(x, size=size, mode="bilinear", antialias=True)
        height, width = x.shape[2:]
        black = self.get_buffer("black")
        padded = F.pad(x - black, (0, self.side - width, 0, self.side - height)) + black
        classes, masks, (rows, cols) = super().asked(padded)
        return classes, masks, (rows * height / self.side, cols * width / self.side)


class SemanticModel(nn.Module):
    """A model of queries, asked for classes: each query's mask weighed by its votes, summed."""

    output = "scores"
    finished = True  # the sums are no logits

    def __init__(self, model: QueryModel, window: int = 0) -> None:
        """`window`: the side of the square windows that the input is looked at through, along its longer side, evenly
        spread and averaged where they overlap, as EoMT does it; 0 = at once."""
        super().__init__()
        self.model = model
        self.window = window

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, K, h', w') sums of votes."""
        if self.window and max(x.shape[2:]) > self.window:
            return self._slid(x)
        classes, masks, extent = self.model.asked(x)
        rows, cols = (_centres(side, max(1, math.ceil(n))) for side, n in zip(x.shape[2:], extent, strict=True))
        return _summed(classes, _at(masks, rows, cols, x, extent))

    def _slid(self, x: torch.Tensor) -> torch.Tensor:
        """On a grid of a cell for 4 x 4 pixels."""
        down = x.shape[2] > x.shape[3]
        along = 2 if down else 3
        sides = [_centres(side, -(-side // 4)) for side in x.shape[2:]]
        total: torch.Tensor | None = None
        count = torch.zeros(sides[along - 2].size, device=x.device)
        for start in _starts(x.shape[along], self.window):
            part = x.narrow(along, start, self.window)
            low, high = np.searchsorted(sides[along - 2], (start - 0.5, start + self.window - 0.5))
            here = sides[along - 2][low:high] - start
            classes, masks, extent = self.model.asked(part)
            local = _at(masks, here if down else sides[0], sides[1] if down else here, part, extent)
            scores = _summed(classes, local)
            if total is None:
                total = torch.zeros((*scores.shape[:2], sides[0].size, sides[1].size), device=x.device)
            total.narrow(along, int(low), here.size).add_(scores)
            count[low:high] += 1
        assert total is not None
        return total / (count[:, None] if down else count)


def _centres(side: int, count: int) -> np.ndarray:
    """Positions in pixels of the centres of `count` equal shares of a side."""
    return (np.arange(count) + 0.5) * (side / count) - 0.5


def _at(masks: torch.Tensor, rows: np.ndarray, cols: np.ndarray, x: torch.Tensor, extent: Extent) -> torch.Tensor:
    """The masks at the given rows and columns of the input x, which `extent` of their cells cover."""
    height, width = (s * n / e for s, n, e in zip(x.shape[2:], masks.shape[2:], extent, strict=True))
    return sampled(masks, rows, cols, (height, width), False)


def _starts(length: int, window: int) -> list[int]:
    """Where the windows begin: as few as cover the length, evenly spread, cut to whole pixels."""
    count = -(-length // window)
    overlap = (count * window - length) / (count - 1)
    return [min(length - window, int(i * (window - overlap))) for i in range(count)]


def _summed(classes: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """(N, K, h, w) from logits of classes (N, Q, K + 1) and of masks (N, Q, h, w)."""
    return torch.einsum("nqk,nqhw->nkhw", classes.softmax(-1)[..., :-1], masks.sigmoid())
