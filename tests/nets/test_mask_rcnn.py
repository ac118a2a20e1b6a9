"""Mask R-CNN: names, anchors, coding of boxes, levels, RoIAlign's sizes, and one mask for each class."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torchvision.ops import box_iou, roi_align

from segdesk.nets.encoders import make
from segdesk.nets.instance import boxes as box_rules
from segdesk.nets.instance import mask_rcnn, roi, rpn
from segdesk.nets.instance.two_stage import padded
from tests.nets.openmmlab import assert_same_keys


@pytest.fixture(scope="module")
def small() -> torch.nn.Module:
    torch.manual_seed(0)
    return mask_rcnn.build(mask_rcnn.SMALL, 3).eval()


def test_parameters_are_called_as_in_openmmlabs_files(shared: Path):
    with torch.device("meta"):
        assert_same_keys(shared, "mmdet_mask-rcnn_r50_fpn_1x_coco", mask_rcnn.build({}, 80))


def test_unknown_options_are_told():
    for wrong in ({"depht": 3}, {"encoder": "resnet18", "encoder_options": {"caffe": True}}, {"width": "256"}):
        with pytest.raises(ValueError, match="option"):
            mask_rcnn.build({**mask_rcnn.SMALL, **wrong} if "depht" in wrong else wrong, 3)


def test_anchors_lie_around_the_corner_of_their_cell_and_have_equal_areas():
    anchors = box_rules.grid_anchors(16, (3, 5), torch.device("cpu")).reshape(3, 5, 3, 4)
    assert torch.equal((anchors[2, 4, :, :2] + anchors[2, 4, :, 2:]) / 2, torch.tensor([[64.0, 32.0]] * 3))
    extent = anchors[0, 0, :, 2:] - anchors[0, 0, :, :2]
    assert torch.allclose(extent.prod(1), torch.tensor(128.0**2))
    assert torch.allclose(extent[:, 1] / extent[:, 0], torch.tensor([0.5, 1.0, 2.0]))


def test_a_box_is_decoded_as_its_definition_says():
    box, delta, stds = (10.0, 20.0, 50.0, 100.0), (1.0, -0.5, 0.4, 99.0), (0.1, 0.2, 0.3, 0.4)
    x, y = 30 + 40 * 0.1, 60 + 80 * -0.1
    width, height = 40 * math.exp(0.12), 80 * 1000 / 16  # growth has a limit
    found = box_rules.decode(torch.tensor(box), torch.tensor(delta), (10000, 10000), stds)
    wanted = [x - width / 2, max(0.0, y - height / 2), x + width / 2, y + height / 2]
    assert torch.allclose(found, torch.tensor(wanted))
    cut = box_rules.decode(torch.tensor(box), torch.tensor(delta), (70, 45), stds)
    assert torch.allclose(cut, torch.tensor([wanted[0], 0.0, 45.0, 70.0]))


def test_a_region_goes_to_the_level_that_the_paper_says():
    sides = torch.tensor([0.0, 1.0, 56.0, 111.9, 112.0, 223.9, 224.0, 447.9, 448.0, 5000.0])
    boxes = torch.stack([sides * 0, sides * 0, sides * 2, sides / 2], 1)  # the area alone counts
    wanted = [min(5, max(2, 4 + math.floor(math.log2(s / 224 + 1e-6)))) - 2 if s else 0 for s in sides.tolist()]
    assert roi.levels(boxes, 4).tolist() == wanted
    assert wanted == [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("cells", [7, 14])
def test_each_region_is_read_from_its_own_level(cells: int):
    torch.manual_seed(0)
    maps = [torch.rand(2, 3, 64 // 2**i, 96 // 2**i) for i in range(4)]
    strides = [4, 8, 16, 32]
    regions = torch.tensor([[0, 5.0, 3, 60, 50], [1, 0, 0, 380, 250], [0, 10, 10, 140, 200], [1, 1, 1, 1, 1]])
    found = roi.pooled(maps, strides, regions, cells)
    assert found.shape == (4, 3, cells, cells)
    for i, level in enumerate(roi.levels(regions[:, 1:], 4).tolist()):
        wanted = roi_align(maps[level], regions[i : i + 1], cells, 1 / strides[level], -1, aligned=True)
        assert torch.equal(found[i : i + 1], wanted)
    assert (roi.BOX_CELLS, roi.MASK_CELLS) == (7, 14)
    assert roi.pooled(maps, strides, regions[:0], cells).shape == (0, 3, cells, cells)


def test_proposals_of_a_level_do_not_overlap_and_lie_in_the_picture():
    torch.manual_seed(0)
    head = rpn.RPNHead(8, 8).eval()
    maps = [torch.randn(2, 8, 24, 32)]
    with torch.inference_mode():
        pictures = head.proposals(maps, [4], (90, 127))
    for found in pictures:
        assert 0 < len(found) <= rpn.AFTER
        assert (found >= 0).all()
        assert (found <= torch.tensor([127, 90, 127, 90])).all()
        assert torch.triu(box_iou(found, found), 1).max() <= rpn.OVERLAP


def test_a_better_box_suppresses_others_of_its_class_only():
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]])[:, None]
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.7], [0.2, 0.3]])
    rules = {"threshold": 0.15, "overlap": 0.5, "most": 10}
    _, values, labels = box_rules.best(boxes, scores, **rules)
    assert list(zip(values.tolist(), labels.tolist(), strict=True)) == [
        (pytest.approx(v), label) for v, label in ((0.9, 0), (0.7, 1), (0.3, 1), (0.2, 0))
    ]
    _, values, labels = box_rules.best(boxes, scores, **rules, agnostic=True)
    assert labels.tolist() == [0, 1]
    assert len(box_rules.best(boxes, scores, threshold=0.15, overlap=0.5, most=2)[1]) == 2


def test_masks_have_28_cells_and_are_their_own_class(small: torch.nn.Module):
    head = small.roi_head.mask_head
    with torch.inference_mode():
        logits, features = head(torch.rand(2, 16, 14, 14))
    assert logits.shape == (2, 3, 28, 28)
    assert features.shape == (2, 16, 14, 14)
    assert torch.equal(roi.of_class(logits, torch.tensor([2, 0])), torch.stack([logits[0, 2], logits[1, 0]]))


def test_changing_a_class_changes_the_masks_of_that_class_only():
    torch.manual_seed(3)
    net = mask_rcnn.build({**mask_rcnn.SMALL, "most": 1000}, 3).eval()
    x = torch.rand(1, 3, 70, 90)
    with torch.inference_mode():
        (before,) = net(x)
        net.roi_head.mask_head.conv_logits.bias[1] += 3
        (after,) = net(x)
    mine = before["labels"] == 1
    assert mine.any()
    assert not mine.all()
    assert (after["masks"][mine] > before["masks"][mine]).all()
    assert torch.equal(after["masks"][~mine], before["masks"][~mine])
    assert torch.equal(after["boxes"], before["boxes"])


def test_a_picture_in_a_batch_is_answered_as_alone(small: torch.nn.Module):
    torch.manual_seed(1)
    x = torch.rand(3, 3, 65, 81)
    with torch.inference_mode():
        together, alone = small(x), [small(one[None])[0] for one in x]
    for a, b in zip(together, alone, strict=True):
        assert torch.allclose(a["boxes"], b["boxes"], atol=1e-3)
        assert torch.allclose(a["masks"], b["masks"], atol=1e-4)


def test_no_object_is_an_answer():
    net = mask_rcnn.build({**mask_rcnn.SMALL, "threshold": 1.0}, 3).eval()
    with torch.inference_mode():
        answers = net(torch.rand(2, 3, 9, 40))
    for found in answers:
        assert found["boxes"].shape == (0, 4)
        assert found["masks"].shape == (0, 28, 28)


def test_padding_is_zeros_at_the_right_and_bottom():
    x = torch.rand(1, 3, 33, 64)
    assert padded(x).shape == (1, 3, 64, 64)
    assert torch.equal(padded(x)[:, :, :33], x)
    assert not padded(x)[:, :, 33:].any()


def test_resnext_is_wider_inside_and_caffes_stride_is_the_first_convolutions():
    with torch.device("meta"):
        net = make("resnext101_64x4d", {})
        caffe = make("resnet50", {"caffe": True})
    block = net.layer2[0]
    assert (block.conv2.groups, block.conv2.out_channels, block.conv3.out_channels) == (64, 512, 512)
    assert (caffe.layer2[0].conv1.stride, caffe.layer2[0].conv2.stride) == ((2, 2), (1, 1))
    assert (net.layer2[0].conv1.stride, net.layer2[0].conv2.stride) == ((1, 1), (2, 2))
