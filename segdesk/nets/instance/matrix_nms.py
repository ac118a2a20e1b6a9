"""Matrix NMS (SOLOv2, arXiv:2003.10152, section 3.4): all masks lower each other's scores at once, as matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

KERNELS = ("gaussian", "linear")
BLOCK = 256  # masks that are looked at together, to bound memory
CANDIDATES = 4096  # a trained net has some hundred; one that is not might have a hundred thousand

MasksOf = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Rule:
    """Thresholds of the choice, the reference's by default.

    A point answers for a class above the probability `score`; of the best `before` masks, their scores lowered, those
    of at least `after` stay, at most `most`. `kernel`: "gaussian" with `sigma`, or "linear".
    """

    score: float = 0.1
    before: int = 500
    after: float = 0.05
    most: int = 100
    kernel: str = "gaussian"
    sigma: float = 2.0

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise ValueError(f"kernel must be one of {', '.join(KERNELS)}")


def decays(masks: torch.Tensor, labels: torch.Tensor, *, kernel: str = "gaussian", sigma: float = 2.0) -> torch.Tensor:
    """(n,) factors 0..1 by which the scores fall, for masks (n, h, w) bool, best score first, with labels (n,).

    A mask falls by its overlap with each better one of its class, less so where that one itself overlaps a still better
    one and so may be wrong (equation 5).
    """
    flat = masks.flatten(1).float()
    common = flat @ flat.T
    area = flat.sum(1)
    union = (area[:, None] + area[None] - common).clamp(min=1)
    overlap = (common / union * (labels[:, None] == labels[None])).triu(1)  # row: the better one
    covered = overlap.amax(0)[:, None]  # how much the better one itself is covered
    if kernel == "linear":
        return ((1 - overlap) / (1 - covered).clamp(min=1e-6)).amin(0)
    return torch.exp(sigma * (covered**2 - overlap**2)).amin(0)


def chosen(scores: torch.Tensor, least: torch.Tensor, masks_of: MasksOf, rule: Rule) -> dict[str, torch.Tensor]:
    """The objects of one picture: "labels" (n,), "scores" (n,), "masks" (n, h, w) probabilities; best first.

    `scores`: (P, K) probability of each class at each point; `least`: (P,) pixels that a point's mask must exceed;
    `masks_of`: for points (m,) their masks (m, h, w). A class's probability is multiplied by the mean probability
    inside the mask (section 3.4). Masks are made a block at a time and, beyond a block, again for the best ones; of
    more than `CANDIDATES` the best are taken.
    """
    point, label = (scores > rule.score).nonzero(as_tuple=True)
    value = scores[point, label]
    if value.numel() > CANDIDATES:
        value, best = value.topk(CANDIDATES)
        point, label = point[best], label[best]
    blocks = [] if point.numel() == 0 else point.split(BLOCK)
    area, sure, masks = [], [], masks_of(point[:0])
    for block in blocks:
        masks = masks_of(block)
        inside = masks > 0.5
        count = inside.sum((1, 2))
        area.append(count)
        sure.append((masks * inside).sum((1, 2)) / count.clamp(min=1))
    if not blocks:
        return {"labels": label, "scores": value, "masks": masks}
    value = value * torch.cat(sure) * (torch.cat(area) > least[point])
    value, order = value.sort(descending=True)
    order = order[: min(rule.before, int((value > 0).sum()))]
    masks = masks[order] if len(blocks) == 1 else masks_of(point[order])
    return _thinned(masks, label[order], value[: order.numel()], rule)


def _thinned(masks: torch.Tensor, labels: torch.Tensor, scores: torch.Tensor, rule: Rule) -> dict[str, torch.Tensor]:
    if labels.numel():
        scores = scores * decays(masks > 0.5, labels, kernel=rule.kernel, sigma=rule.sigma)
    scores, order = scores.sort(descending=True)
    keep = order[: min(rule.most, int((scores >= rule.after).sum()))]
    return {"labels": labels[keep], "scores": scores[: keep.numel()], "masks": masks[keep]}
