"""Mask R-CNN's loss (He et al., arXiv:1703.06870, section 3; Ren et al., arXiv:1506.01497, sections 3.1.2 and 3.1.3):
of anchors whether there is an object and how its box differs, of a sample of proposals class, box and mask. Matching
and sampling have the usual figures of the papers and of torchvision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torchvision.ops import box_iou, roi_align

from segdesk.engines.training.objects import Things, Truth, things_of
from segdesk.nets.instance.boxes import grid_anchors, with_picture
from segdesk.nets.instance.roi import BOX_CELLS, MASK_CELLS, of_class, pooled
from segdesk.nets.instance.two_stage import padded

ANCHORS, ANCHOR_SHARE = 256, 0.5  # of a picture, and of them at most with an object
ANCHOR_HIT, ANCHOR_MISS = 0.7, 0.3
REGIONS, REGION_SHARE, REGION_HIT = 512, 0.25, 0.5
HIDDEN = 0.5  # of a box on pixels of which nothing is known: it says nothing
SMOOTH = 1 / 9  # where the box loss of anchors turns from a square to a line
NOTHING, UNSURE = -1, -2


def loss(net: Any, x: torch.Tensor, truth: Truth) -> torch.Tensor:
    """The five losses, added, of a `TwoStage` whose second stage has a `bbox_head` and a `mask_head`."""
    size = (x.shape[2], x.shape[3])
    things = [things_of(truth, n) for n in range(len(x))]
    maps = net.neck(net.backbone(padded(x)))
    first = anchor_loss(net.rpn_head, maps, net.strides, things)
    with torch.no_grad():
        proposals = net.rpn_head.proposals([m.detach() for m in maps], net.strides, size)
    return first + region_loss(net.roi_head, maps, net.strides, proposals, things)


def anchor_loss(
    head: Any, maps: Sequence[torch.Tensor], strides: Sequence[int], things: Sequence[Things]
) -> torch.Tensor:
    """The proposals' two losses, each over the sampled anchors of all pictures."""
    answers = [head(x) for x in maps]
    logits = torch.cat([a for a, _ in answers], 1)
    deltas = torch.cat([b for _, b in answers], 1)
    anchors = torch.cat([grid_anchors(s, x.shape[2:], x.device) for x, s in zip(maps, strides, strict=True)])
    total, sampled = logits.sum() * 0.0 + deltas.sum() * 0.0, 0
    for n, each in enumerate(things):
        which = matched(anchors, each, hit=ANCHOR_HIT, miss=ANCHOR_MISS, keep_best=True)
        positive, negative = sample(which, count=ANCHORS, share=ANCHOR_SHARE)
        chosen = torch.cat([positive, negative])
        wanted = (which[chosen] >= 0).float()
        sampled += len(chosen)
        total = total + F.binary_cross_entropy_with_logits(logits[n, chosen], wanted, reduction="sum")
        way = encoded(anchors[positive], each.boxes[which[positive]])
        total = total + F.smooth_l1_loss(deltas[n, positive], way, beta=SMOOTH, reduction="sum")
    return total / max(1, sampled)


def region_loss(
    head: Any,
    maps: Sequence[torch.Tensor],
    strides: Sequence[int],
    proposals: Sequence[torch.Tensor],
    things: Sequence[Things],
) -> torch.Tensor:
    """The second stage's losses of class, box and mask, over the sampled proposals; the true boxes are among them."""
    boxes, which, labels = [], [], []
    for found, each in zip(proposals, things, strict=True):
        every = torch.cat([found, each.boxes])
        match = matched(every, each, hit=REGION_HIT, miss=REGION_HIT, keep_best=False)
        chosen = torch.cat(sample(match, count=REGIONS, share=REGION_SHARE))
        boxes.append(every[chosen])
        which.append(match[chosen])
    rois, match = with_picture(boxes), torch.cat(which)
    maps, strides = maps[:-1], strides[:-1]
    logits, deltas = head.bbox_head(pooled(maps, strides, rois, BOX_CELLS))
    kinds, targets = logits.shape[1] - 1, []
    for each, own, hit in zip(things, boxes, which, strict=True):
        there = hit >= 0
        label = torch.full_like(hit, kinds)
        label[there] = each.labels[hit[there]]
        labels.append(label)
        targets.append(encoded(own[there], each.boxes[hit[there]], head.bbox_head.stds))
    label = torch.cat(labels)
    total = F.cross_entropy(logits, label) if len(label) else logits.sum() * 0.0
    there = (match >= 0).nonzero()[:, 0]
    if not len(there):
        return total + deltas.sum() * 0.0
    own = deltas[there, label[there] if deltas.shape[1] > 1 else 0]
    total = total + F.l1_loss(own, torch.cat(targets), reduction="sum") / len(label)
    masks, _ = head.mask_head(pooled(maps, strides, rois[there], MASK_CELLS))
    mine = of_class(masks, label[there])
    return total + F.binary_cross_entropy_with_logits(mine, true_masks(things, boxes, which, mine.shape[-1]))


def matched(boxes: torch.Tensor, things: Things, *, hit: float, miss: float, keep_best: bool) -> torch.Tensor:
    """(n,) int64: of boxes (n, 4) the object that each one is over by an IoU of at least `hit`; `NOTHING` where the
    best is below `miss`; `UNSURE` between, and where a box without an object lies mostly on pixels of which nothing is
    known. `keep_best`: boxes that are the best for an object have a hit, however little they overlap."""
    if not len(things):
        return _hidden(torch.full((len(boxes),), NOTHING, device=boxes.device), boxes, things)
    iou = box_iou(boxes, things.boxes)
    best, which = iou.max(1)
    result = torch.where(best >= hit, which, torch.where(best < miss, NOTHING, UNSURE))
    if keep_best:
        top = iou.max(0).values
        at = ((iou == top) & (top > 0)).any(1)
        result[at] = which[at]
    return _hidden(result, boxes, things)


def _hidden(result: torch.Tensor, boxes: torch.Tensor, things: Things) -> torch.Tensor:
    """The share of each box that nothing is known of, by an integral image."""
    if not things.unknown.any():
        return result
    height, width = things.unknown.shape
    sums = F.pad(things.unknown.double().cumsum(0).cumsum(1), (1, 0, 1, 0))
    x = boxes[:, 0::2].round().long().clamp(0, width)
    y = boxes[:, 1::2].round().long().clamp(0, height)
    inside = sums[y[:, 1], x[:, 1]] - sums[y[:, 0], x[:, 1]] - sums[y[:, 1], x[:, 0]] + sums[y[:, 0], x[:, 0]]
    area = ((x[:, 1] - x[:, 0]) * (y[:, 1] - y[:, 0])).clamp(min=1)
    return torch.where((result == NOTHING) & (inside > HIDDEN * area), UNSURE, result)


def sample(which: torch.Tensor, *, count: int, share: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Indices of at most `count` boxes, drawn: with an object, at most `share` of them, and without."""
    positive, negative = (which >= 0).nonzero()[:, 0], (which == NOTHING).nonzero()[:, 0]
    positive = _drawn(positive, int(count * share))
    return positive, _drawn(negative, count - len(positive))


def _drawn(found: torch.Tensor, count: int) -> torch.Tensor:
    return found[torch.randperm(len(found))[:count].to(found.device)] if len(found) > count else found


def encoded(boxes: torch.Tensor, wanted: torch.Tensor, stds: Sequence[float] = (1.0, 1.0, 1.0, 1.0)) -> torch.Tensor:
    """The deltas (n, 4) that `segdesk.nets.instance.boxes.decode` turns `boxes` into `wanted` by."""
    extent, target = boxes[:, 2:] - boxes[:, :2], wanted[:, 2:] - wanted[:, :2]
    shift = (wanted[:, :2] + target / 2 - boxes[:, :2] - extent / 2) / extent
    return torch.cat([shift, (target / extent).log()], 1) / boxes.new_tensor(stds)


def true_masks(
    things: Sequence[Things], boxes: Sequence[torch.Tensor], which: Sequence[torch.Tensor], cells: int
) -> torch.Tensor:
    """(n, cells, cells) 0 or 1: of each box with an object the part of the object's mask in it."""
    found = []
    for each, own, hit in zip(things, boxes, which, strict=True):
        there = hit >= 0
        if there.any():
            number = hit[there].float()[:, None]
            regions = torch.cat([number, own[there]], 1)
            maps = each.masks[:, None].float()
            found.append(roi_align(maps, regions, cells, 1.0, 1, aligned=True)[:, 0] >= 0.5)
    return torch.cat(found).float()
