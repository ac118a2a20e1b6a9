"""ANN: non-local attention whose keys and values are pooled to 110 places; first between the last two maps, then
within one (Zhu et al., arXiv:1908.07678, figures 2 and 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.blocks import ConvBN, attend
from segdesk.nets.net import DecodeHead, encoder_decoder
from segdesk.nets.published import variants

TITLE = "ANN"
PAPER = "arXiv:1908.07678"
BINS = (1, 3, 6, 8)


def sampled(x: torch.Tensor, bins: Sequence[int] = BINS) -> torch.Tensor:
    """(N, C, h, w) to its means over bins of each size, (N, C, 1 + 9 + 36 + 64)."""
    return torch.cat([F.adaptive_avg_pool2d(x, n).flatten(2) for n in bins], 2)


class Attention(nn.Module):
    """Each pixel of `fine` looks at the pooled places of `coarse`; where both are one map, so are key and query."""

    def __init__(self, keys: int, queries: int, inner: int, outputs: int, *, shared: bool) -> None:
        super().__init__()
        self.key_project = ConvBN(keys, inner)
        self.query_project = self.key_project if shared else ConvBN(queries, inner)
        self.value_project = nn.Conv2d(keys, inner, 1)
        self.out_project = nn.Conv2d(inner, outputs, 1)

    def forward(self, queries: torch.Tensor, keys: torch.Tensor) -> torch.Tensor:
        """(N, Q, h, w) and (N, K, h', w') to (N, outputs, h, w)."""
        query = self.query_project(queries).flatten(2)
        query = query * query.shape[1] ** -0.5
        seen = attend(query, sampled(self.key_project(keys)), sampled(self.value_project(keys)))
        return self.out_project(seen.unflatten(2, queries.shape[2:]))


class Fusion(nn.Module):
    """Attention `stages` beside the map itself, reduced by a 1x1 convolution."""

    def __init__(self, keys: int, queries: int, inner: int, outputs: int, *, shared: bool) -> None:
        super().__init__()
        context = queries if shared else outputs
        self.stages = nn.ModuleList([Attention(keys, queries, inner, context, shared=shared)])
        bottleneck = ConvBN(context + queries, outputs) if shared else ConvBN(context + queries, outputs, act=None)
        self.bottleneck = bottleneck

    def forward(self, keys: torch.Tensor, queries: torch.Tensor) -> torch.Tensor:
        """(N, K, h', w') and (N, Q, h, w) to (N, outputs, h, w)."""
        context = self.stages[0](queries, keys)
        return self.bottleneck(torch.cat([context, queries], 1))


class Head(DecodeHead):
    """`fusion` (AFNB) of the last two maps, a convolution, `context` (APNB) within the result."""

    def __init__(
        self, channels: Sequence[int], num_classes: int, *, width: int = 512, inner: int = 256, dropout: float = 0.1
    ) -> None:
        super().__init__(width, num_classes, dropout=dropout)
        low, high = channels[-2:]
        self.fusion = Fusion(low, high, inner, high, shared=False)
        self.bottleneck = ConvBN(high, width, kernel=3)
        self.context = Fusion(width, width, inner, width, shared=True)

    def forward(self, features: Sequence[torch.Tensor]) -> torch.Tensor:
        """The encoder's maps to logits at the size of the last one."""
        low, high = features[-2:]
        x = self.bottleneck(self.dropout(self.fusion(low, high)))
        return self.classify(self.context(x, x))


def build(options: Mapping[str, object], num_classes: int) -> nn.Module:
    """The net of a card: see `encoder_decoder` for the options of all systems, `Head` for its own."""
    return encoder_decoder(options, num_classes, Head, encoder="resnet50_v1c", encoder_options={"output_stride": 8})


VARIANTS: dict[str, dict[str, object]] = variants("r50-d8", "r101-d8")
SMALL: dict[str, object] = {
    "encoder": "resnet18_v1c",
    "encoder_options": {"output_stride": 8, "base": 8, "stem_width": 16},
    "width": 16,
    "inner": 8,
}
