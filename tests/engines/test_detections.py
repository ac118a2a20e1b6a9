"""Objects from detections: pasted as torchvision pastes them, at the picture's own size."""

from __future__ import annotations

import numpy as np
import torch
from torchvision.models.detection.roi_heads import paste_masks_in_image

from segdesk.domain import rle
from segdesk.engines.detections import instances


def test_masks_are_torchvision_s():
    generator = torch.Generator().manual_seed(3)
    corner = torch.rand((30, 2), generator=generator) * 100 - 10
    boxes = torch.cat([corner, corner + torch.rand((30, 2), generator=generator) * 60 + 1], dim=1)
    boxes[:, 0::2] = boxes[:, 0::2].clamp(0, 120)
    boxes[:, 1::2] = boxes[:, 1::2].clamp(0, 90)
    coarse = torch.rand((30, 1, 4, 4), generator=generator)
    masks = torch.nn.functional.interpolate(coarse, size=(28, 28), mode="bicubic").clamp(0, 1)
    scores = torch.linspace(1, 0.05, 30)
    found = {"boxes": boxes, "labels": torch.ones(30, dtype=torch.int64), "scores": scores, "masks": masks[:, 0]}
    theirs = {
        round(float(s), 5): m[0].numpy() > 0.5
        for s, m in zip(scores, paste_masks_in_image(masks, boxes, (90, 120)), strict=True)
    }
    ours = {round(i.score, 5): rle.decode(i.mask) for i in instances(found, (90, 120), (90, 120), (0, 5))}
    for score, mask in theirs.items():
        mine = ours.get(score, np.zeros_like(mask))
        # Where a box leaves the picture torchvision's rounding differs by a pixel at most.
        assert (mine != mask).sum() <= 0.02 * max(50, mask.sum()), score


def test_boxes_grow_with_the_picture_and_labels_become_classes():
    found = {
        "boxes": torch.tensor([[10.0, 5.0, 20.0, 15.0], [0.0, 0.0, 5.0, 5.0], [0.0, 0.0, 9.0, 9.0]]),
        "labels": torch.tensor([2, 1, 99]),
        "scores": torch.tensor([0.4, 0.9, 0.8]),
        "masks": torch.ones(3, 28, 28),
    }
    result = instances(found, (80, 120), (40, 30), (0, 0, 7))
    assert [(i.class_id, round(i.score, 2)) for i in result] == [(7, 0.4)]
    box = rle.bounding_box(result[0].mask)
    assert np.abs(np.subtract(box, (40, 10, 80, 30))).max() <= 2


def test_nothing_found():
    found = {"boxes": torch.empty(0, 4), "labels": torch.empty(0), "scores": torch.empty(0)}
    assert instances({**found, "masks": torch.empty(0, 28, 28)}, (5, 5), (5, 5), (0, 1)) == ()
