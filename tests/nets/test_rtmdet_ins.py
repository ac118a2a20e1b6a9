"""RTMDet-Ins: the reference's parameters, masks by networks of each object's own against a loop, boxes, suppression."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import box_iou

from segdesk.nets.instance import dynamic_masks, places, rtmdet_ins
from tests.nets.openmmlab import assert_same_keys


def test_parameters_are_the_references(shared: Path):
    with torch.device("meta"):
        net = rtmdet_ins.build({}, 80)
    assert_same_keys(shared, "mmdet_rtmdet-ins_s", net)


def _looped(
    features: torch.Tensor, numbers: torch.Tensor, place: torch.Tensor, reach: float, *, stride: int, offset: float
) -> torch.Tensor:
    """One object's mask, pixel by pixel's definition: three 1x1 convolutions with its own weights."""
    channels, height, width = features.shape
    y, x = torch.meshgrid(torch.arange(height) + offset, torch.arange(width) + offset, indexing="ij")
    way = torch.stack([place[0] - x * stride, place[1] - y * stride]) / (8 * reach)
    layer = torch.cat([way, features])[None]
    sizes = [(channels + 2, 8), (8, 8), (8, 1)]
    at = 0
    weights = []
    for inputs, outputs in sizes:
        weights.append(numbers[at : at + inputs * outputs].view(outputs, inputs, 1, 1))
        at += inputs * outputs
    for k, (_, outputs) in enumerate(sizes):
        layer = F.conv2d(layer, weights[k], numbers[at : at + outputs])
        at += outputs
        layer = layer.relu() if k < 2 else layer
    assert at == numbers.numel()
    return layer[0, 0]


def test_masks_of_all_objects_at_once_are_those_of_a_loop():
    generator = torch.Generator().manual_seed(0)
    features = torch.randn((8, 5, 7), generator=generator)
    assert dynamic_masks.parameters(8) == 169
    numbers = torch.randn((4, 169), generator=generator)
    where, strides = torch.rand((4, 2), generator=generator) * 50, torch.tensor([8.0, 8, 16, 32])
    together = dynamic_masks.masks(features, numbers, torch.cat([where, strides[:, None]], 1), stride=8, offset=0.5)
    for k in range(4):
        alone = _looped(features, numbers[k], where[k], float(strides[k]), stride=8, offset=0.5)
        assert torch.allclose(together[k], alone, atol=1e-4)
    none = dynamic_masks.masks(features, numbers[:0], torch.zeros(0, 3), stride=8, offset=0)
    assert none.shape == (0, 5, 7)


def test_shares_have_their_half_where_logits_have_their_zero():
    logits = torch.tensor([[[-4.0, 2.0], [0.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]])
    shares = dynamic_masks.as_shares(logits)
    assert shares[0].tolist() == [[0.0, 0.75], [0.5, 0.625]]
    assert (shares[1] == 0.5).all()
    assert dynamic_masks.as_shares(logits[:0]).shape == (0, 2, 2)


@pytest.fixture
def net() -> torch.nn.Module:
    torch.manual_seed(1)
    return rtmdet_ins.build({**rtmdet_ins.SMALL, "score": 0.45, "overlap": 0.5, "most": 9}, 3).eval()


def test_at_most_so_many_objects_that_do_not_overlap_much(net: torch.nn.Module, monkeypatch: pytest.MonkeyPatch):
    boxes = []
    plain = places.batched_nms

    def kept(found: torch.Tensor, *rest):
        indices = plain(found, *rest)
        boxes.append((found[indices], rest[1][indices]))
        return indices

    monkeypatch.setattr(places, "batched_nms", kept)
    with torch.inference_mode():
        (found,) = net(torch.rand(1, 3, 96, 64))
    assert 0 < len(found["scores"]) <= 9
    assert found["masks"].shape[1:] == (12, 8)
    ((corners, labels),) = boxes
    assert (corners >= 0).all()
    assert (corners[:, 2:] <= torch.tensor([64, 96])).all()
    for label in labels.unique():
        overlaps = box_iou(corners[labels == label], corners[labels == label]).triu(1)
        assert (overlaps <= 0.5).all()


def test_a_picture_is_answered_alone_as_in_a_batch(net: torch.nn.Module):
    x = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        both, alone = net(x)[1], net(x[1:])[0]
    assert len(alone["scores"])
    assert both["labels"].tolist() == alone["labels"].tolist()
    assert torch.allclose(both["scores"], alone["scores"], atol=1e-5)
