"""Losses of semantic nets: each takes logits (N, K, h, w) and labels (N, h, w) int64 with 255 for pixels that do not
count, and gives a scalar. Where no pixel counts, it is 0 with a gradient of 0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.engines.training.borders import border_weighted
from segdesk.engines.training.messages import IGNORED

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

DICE_SMOOTH = 1.0
FOCAL_GAMMA = 2.0
OHEM_SURE = 0.7
OHEM_KEPT = 1 / 16  # of the labelled pixels, at least
AUXILIARY = 0.4  # of torchvision's second answer; our own nets say their weights themselves


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor, *, weights: torch.Tensor | None = None) -> torch.Tensor:
    """The mean of -log p(label) over the labelled pixels, weighted by `weights` (K,) of their classes."""
    each = F.cross_entropy(logits, labels, weight=weights, ignore_index=IGNORED, reduction="none")
    known = labels != IGNORED
    total = known.sum() if weights is None else weights[labels[known]].sum()
    return each.sum() / total.clamp(min=1e-6)


def dice(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """1 - Dice of the probabilities, over the whole batch, meaned over the classes that its labels have."""
    known = (labels != IGNORED)[:, None]
    p = torch.softmax(logits, 1) * known
    target = F.one_hot(labels.masked_fill(~known[:, 0], 0), logits.shape[1]).permute(0, 3, 1, 2) * known
    common, both = (p * target).sum((0, 2, 3)), (p + target).sum((0, 2, 3))
    present = target.sum((0, 2, 3)) > 0
    scores = 1.0 - (2.0 * common + DICE_SMOOTH) / (both + DICE_SMOOTH)
    return (scores * present).sum() / present.sum().clamp(min=1)


def cross_entropy_dice(
    logits: torch.Tensor, labels: torch.Tensor, *, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Cross-entropy and Dice, added."""
    return cross_entropy(logits, labels, weights=weights) + dice(logits, labels)


def focal(
    logits: torch.Tensor, labels: torch.Tensor, *, weights: torch.Tensor | None = None, gamma: float = FOCAL_GAMMA
) -> torch.Tensor:
    """Cross-entropy in which a pixel counts by (1 - p(label)) ** gamma (arXiv:1708.02002, equation 4)."""
    plain = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")
    known = labels != IGNORED
    factor = (1.0 - torch.exp(-plain)).clamp(min=0.0) ** gamma
    if weights is not None:
        factor = factor * weights[labels.masked_fill(~known, 0)]
    total = known.sum() if weights is None else weights[labels[known]].sum()
    return (factor * plain * known).sum() / total.clamp(min=1e-6)


def ohem(
    logits: torch.Tensor, labels: torch.Tensor, *, weights: torch.Tensor | None = None, sure: float = OHEM_SURE
) -> torch.Tensor:
    """Cross-entropy over the hard pixels alone: those of p(label) < `sure`, and at least a sixteenth of all."""
    known = labels != IGNORED
    count = int(known.sum())
    if not count:
        return logits.sum() * 0.0
    plain = F.cross_entropy(logits, labels, ignore_index=IGNORED, reduction="none")[known]
    p = torch.exp(-plain.detach())
    least = max(1, int(count * OHEM_KEPT))
    limit = max(sure, float(torch.kthvalue(p, least).values))
    hard = p <= limit if limit > sure else p < sure
    weight = torch.ones_like(plain) if weights is None else weights[labels[known]]
    return (plain * weight)[hard].sum() / weight[hard].sum().clamp(min=1e-6)


def l1(logits: torch.Tensor, labels: torch.Tensor, *, weights: torch.Tensor | None = None) -> torch.Tensor:
    """The mean of |p - wanted| over classes and labelled pixels, as pix2pix has it of colours (arXiv:1611.07004,
    equation 3)."""
    known = labels != IGNORED
    wanted = F.one_hot(labels.masked_fill(~known, 0), logits.shape[1]).permute(0, 3, 1, 2)
    each = (torch.softmax(logits, 1) - wanted).abs().mean(1)
    factor = known.float() if weights is None else weights[labels.masked_fill(~known, 0)] * known
    return (each * factor).sum() / factor.sum().clamp(min=1e-6)


BY_NAME = {
    "ce": cross_entropy,
    "ce_dice": cross_entropy_dice,
    "focal": focal,
    "ohem": ohem,
    "border": border_weighted,
    "l1": l1,
}
BALANCED = ("border",)  # losses that weigh the classes whatever else is asked for


def loss_of(name: str, weights: torch.Tensor | None) -> partial[torch.Tensor]:
    """The loss of a recipe."""
    return partial(BY_NAME[name], weights=weights)


def class_weights(shares: torch.Tensor) -> torch.Tensor:
    """Weights (K,) from the classes' shares of the labelled pixels: 1 / ln(1.1 + share), meaning 1."""
    weights = 1.0 / torch.log(1.1 + shares)
    return weights / weights.mean()


def outputs_of(net: nn.Module, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
    """The answers of a net that have a loss, with its weight: auxiliary heads and deep supervision too."""
    if hasattr(net, "training_outputs"):
        return net.training_outputs(x)  # pyright: ignore[reportCallIssue]
    answer = net(x)
    if not isinstance(answer, dict):
        return [(answer, 1.0)]
    return [(answer["out"], 1.0), *([(answer["aux"], AUXILIARY)] if "aux" in answer else [])]


def total_loss(
    net: nn.Module,
    x: torch.Tensor,
    labels: torch.Tensor,
    loss: Loss,
    more: Loss | None = None,
    first: Loss | None = None,
) -> torch.Tensor:
    """The loss of a batch (N, 3, H, W): each answer enlarged to the labels' size; a net with an `elbo` has its own.
    `more` is added to `loss` for each answer, `first` for the first one, which is the net's own."""
    if hasattr(net, "elbo"):
        return net.elbo(x, labels)  # pyright: ignore[reportCallIssue]
    aligned = bool(getattr(net, "align_corners", False))
    total = x.new_zeros((), dtype=torch.float32)
    for logits, weight in outputs_of(net, x):
        if weight:
            size = tuple(labels.shape[-2:])
            whole = F.interpolate(logits.float(), size=size, mode="bilinear", align_corners=aligned)
            total = total + weight * loss(whole, labels)
            if more is not None:
                total = total + weight * more(whole, labels)
            if first is not None:
                total, first = total + first(whole, labels), None
    return total
