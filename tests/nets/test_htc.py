"""HTC: names, three stages whose boxes refine each other, the flow between mask heads, the semantic branch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torchvision.ops import roi_align

from segdesk.nets.instance import htc, roi
from segdesk.nets.instance.boxes import decode, with_picture
from tests.nets.openmmlab import assert_same_keys, key_list


@pytest.fixture(scope="module")
def small() -> torch.nn.Module:
    torch.manual_seed(0)
    return htc.build(htc.SMALL, 3).eval()


@pytest.fixture
def features() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.rand(5, 16, 14, 14)


def test_parameters_are_called_as_in_openmmlabs_files(shared: Path):
    with torch.device("meta"):
        assert_same_keys(shared, "mmdet_htc_r50_fpn_1x_coco", htc.build({}, 80))
        plain = htc.build(htc.VARIANTS["without-semantic"], 80)
    names = key_list(shared, "mmdet_htc_r50_fpn_1x_coco")
    assert set(plain.state_dict()) == {name for name in names if "semantic" not in name}


def test_without_flow_it_is_cascade_mask_rcnn():
    with torch.device("meta"):
        names = set(htc.build(htc.VARIANTS["cascade-r50"], 80).state_dict())
    assert not any("conv_res" in name or "semantic" in name for name in names)
    assert {name.split(".")[2] for name in names if "mask_head" in name} == {"0", "1", "2"}


def test_only_later_stages_take_features_of_an_earlier_one():
    head = htc.build(htc.SMALL, 3).roi_head
    assert [hasattr(stage, "conv_res") for stage in head.mask_head] == [False, True, True]
    assert [tuple(stage.stds) for stage in head.bbox_head] == list(htc.STDS)


def test_boxes_are_refined_in_three_stages_and_logits_averaged(small: torch.nn.Module):
    """Against the stages, one after the other, for each region."""
    torch.manual_seed(2)
    head, size = small.roi_head, (100, 120)
    maps = [torch.rand(1, 16, 25 // 2**i + 1, 30 // 2**i + 1) for i in range(4)]
    strides = [4, 8, 16, 32]
    proposals = torch.tensor([[3.0, 4, 60, 70], [30, 10, 110, 95], [0, 0, 119, 99]])
    with torch.inference_mode():
        boxes, scores = head.refined(maps, strides, with_picture([proposals]), size, None)
        for i, box in enumerate(proposals):
            logits = []
            for stage, stds in zip(head.bbox_head, htc.STDS, strict=True):
                region = torch.cat([torch.zeros(1), box])[None]
                level = int(roi.levels(box[None], 4))
                answer, delta = stage(roi_align(maps[level], region, 7, 1 / strides[level], -1, aligned=True))
                box = decode(box, delta[0, 0], size, stds)
                logits.append(answer[0])
            assert torch.allclose(boxes[i, 0], box, atol=1e-3)
            assert torch.allclose(scores[i], (sum(logits) / 3).softmax(0)[:-1], atol=1e-4)


def test_masks_flow_from_stage_to_stage_and_are_averaged(small: torch.nn.Module, features: torch.Tensor):
    head, labels = small.roi_head, torch.tensor([0, 1, 2, 0, 1])
    first, second, third = head.mask_head
    with torch.inference_mode():
        a, features_a = first(features)
        b, features_b = second(features, features_a)
        c, _ = third(features, features_b)
        wanted = sum(stage.sigmoid()[range(5), labels] for stage in (a, b, c)) / 3
        assert torch.allclose(head.masks(features, labels), wanted, atol=1e-6)
        alone, _ = third(features)
        assert not torch.allclose(alone, c)  # without the flow the last head would say something else


def test_the_last_masks_may_count_alone_and_still_depend_on_the_first_head(features: torch.Tensor):
    torch.manual_seed(0)
    head = htc.build({**htc.SMALL, "last_mask": True}, 3).eval().roi_head
    labels = torch.zeros(5, dtype=torch.long)
    with torch.inference_mode():
        before = head.masks(features, labels)
        head.mask_head[0].convs[0].conv.bias += 1.0
        assert not torch.equal(head.masks(features, labels), before)
        middle = head.masks(features, labels)
        head.mask_head[0].conv_logits.bias += 1.0
        assert torch.equal(head.masks(features, labels), middle)


def test_the_semantic_branch_adds_to_each_regions_features(small: torch.nn.Module):
    torch.manual_seed(4)
    head = small.roi_head
    maps = [torch.rand(1, 16, 32 // 2**i, 48 // 2**i) for i in range(5)]
    regions = torch.tensor([[0, 2.0, 3, 90, 80], [0, 40, 8, 60, 30]])
    with torch.inference_mode():
        extra = (head.semantic_head(maps), 8)
        assert extra[0].shape == maps[1].shape
        more = roi_align(extra[0], regions, 14, 1 / 8, -1, aligned=True)
        for cells, wanted in ((14, more), (7, F.avg_pool2d(more, 2))):
            plain = roi.pooled(maps[:4], [4, 8, 16, 32], regions, cells)
            found = head._region_features(maps[:4], [4, 8, 16, 32], regions, cells, extra)
            assert torch.allclose(found, plain + wanted, atol=1e-5)


def test_no_object_is_an_answer():
    net = htc.build({**htc.SMALL, "threshold": 1.0}, 3).eval()
    with torch.inference_mode():
        (found,) = net(torch.rand(1, 3, 40, 9))
    assert found["boxes"].shape == (0, 4)
    assert found["masks"].shape == (0, 28, 28)
