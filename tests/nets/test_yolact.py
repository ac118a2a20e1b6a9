"""YOLACT: the reference's parameters, fast NMS against a loop, masks only in their boxes, anchors."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import box_iou

from segdesk.nets.instance import yolact
from tests.nets.openmmlab import assert_same_keys


def test_parameters_are_the_references(shared: Path):
    with torch.device("meta"):
        net = yolact.build({}, 80)
    assert_same_keys(shared, "mmdet_yolact_r50", net)


@given(st.integers(0, 300), st.integers(0, 12), st.integers(1, 12))
def test_fast_nms_is_the_loop(seed: int, count: int, each: int):
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand((count, 2), generator=generator) * 10
    boxes = torch.cat([corner, corner + 5 + torch.rand((count, 2), generator=generator) * 5], 1)
    scores = torch.rand((count, 3), generator=generator)
    wanted = []
    for label in range(3):
        order = scores[:, label].argsort(descending=True)[:each].tolist()
        for rank, at in enumerate(order):
            better = [float(box_iou(boxes[None, at], boxes[None, other])) for other in order[:rank]]
            if scores[at, label] > 0.3 and max(better, default=0.0) <= 0.5:
                wanted.append((float(scores[at, label]), at, label))
    wanted.sort(reverse=True)
    at, labels, values = yolact.fast_nms(boxes, scores, above=0.3, each=each, overlap=0.5)
    assert list(zip(at.tolist(), labels.tolist(), strict=True)) == [(a, label) for _, a, label in wanted]
    assert values.tolist() == pytest.approx([value for value, _, _ in wanted])


def test_a_mask_ends_a_cell_beyond_its_box():
    boxes = torch.tensor([[8.0, 4, 16, 12], [0, 0, 100, 80]])
    kept = yolact.inside(boxes, torch.zeros(2, 20, 25), (80, 100))
    rows, columns = kept[0].any(1).nonzero()[:, 0], kept[0].any(0).nonzero()[:, 0]
    assert (rows.min(), rows.max()) == (0, 3)  # box in cells: 1 to 3, and one more on each side
    assert (columns.min(), columns.max()) == (1, 4)
    assert kept[1].all()


def test_three_anchors_of_equal_area_around_the_middle_of_each_cell():
    anchors = yolact.anchors_of(torch.zeros(1, 1, 2, 3), 1)
    assert anchors.shape == (18, 4)
    sides = anchors[:, 2:] - anchors[:, :2]
    assert torch.allclose(sides.prod(1), torch.full((18,), 48.0**2), rtol=1e-4)
    assert torch.allclose(sides[:3, 1] / sides[:3, 0], torch.tensor([0.5, 1, 2]))
    middles = (anchors[::3, :2] + anchors[::3, 2:]) / 2
    stride = 550 / 35
    assert torch.allclose(middles[4], torch.tensor([1.5 * stride, 1.5 * stride]), atol=1e-3)


@pytest.fixture
def net() -> torch.nn.Module:
    torch.manual_seed(1)
    return yolact.build({**yolact.SMALL, "most": 7}, 3).eval()


def test_a_picture_is_answered_alone_as_in_a_batch(net: torch.nn.Module):
    x = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        both, alone = net(x)[1], net(x[1:])[0]
    assert 0 < len(alone["scores"]) <= 7
    assert both["labels"].tolist() == alone["labels"].tolist()
    assert torch.allclose(both["masks"], alone["masks"], atol=1e-4)
    assert alone["masks"].shape[1:] == (16, 24)  # twice the finest map, a quarter of the input


def test_background_is_the_last_class_and_no_object(net: torch.nn.Module):
    bias = net.bbox_head.conv_cls.bias.data.view(3, 4)
    bias[:, 3] = 50.0
    with torch.inference_mode():
        (found,) = net(torch.rand(1, 3, 40, 40))
    assert found["masks"].shape[0] == found["scores"].numel() == 0
