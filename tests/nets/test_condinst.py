"""CondInst: the reference's parameters, the aligned enlargement, batches, no objects."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets.instance import condinst, places
from tests.nets.openmmlab import assert_same_keys


def test_parameters_are_the_references(shared: Path):
    with torch.device("meta"):
        net = condinst.build({}, 80)
    assert_same_keys(shared, "mmdet_condinst_r50", net)


@pytest.mark.parametrize("factor", [2, 4])
def test_enlarging_leaves_the_cells_in_the_middle_of_their_pixels(factor: int):
    x = torch.rand(1, 2, 3, 5)
    large = condinst.aligned(x, factor)
    assert large.shape == (1, 2, 3 * factor, 5 * factor)
    assert torch.allclose(large[:, :, factor // 2 :: factor, factor // 2 :: factor], x, atol=1e-6)
    halfway = large[:, :, factor // 2, factor]
    assert torch.allclose(halfway, (x[:, :, 0, 0] + x[:, :, 0, 1]) / 2, atol=1e-6)
    assert torch.equal(large[:, :, 0], large[:, :, factor // 2])


def test_places_of_all_maps_and_boxes_around_them():
    maps = [torch.zeros(1, 1, 2, 3), torch.zeros(1, 1, 1, 2)]
    found = places.places(maps, (8, 16), offset=0.5)
    assert found.tolist() == [
        [4, 4, 8],
        [12, 4, 8],
        [20, 4, 8],
        [4, 12, 8],
        [12, 12, 8],
        [20, 12, 8],
        [8, 8, 16],
        [24, 8, 16],
    ]
    sides = torch.tensor([[1.0, 2, 3, 4], [10, 10, 90, 90]])
    assert places.boxes(found[:2], sides, (20, 30)).tolist() == [[3, 2, 7, 8], [2, 0, 30, 20]]


def test_candidates_are_the_best_of_each_map():
    scores = [torch.tensor([[0.9, 0.1], [0.6, 0.7]]), torch.tensor([[0.2, 0.8]])]
    place, label, value = places.candidates(scores, above=0.5, most=2)
    assert place.tolist() == [0, 1, 2]
    assert label.tolist() == [0, 1, 1]
    assert value.tolist() == pytest.approx([0.9, 0.7, 0.8])


def test_what_remains_has_an_area_and_is_the_best_of_its_class():
    boxes = torch.tensor([[0.0, 0, 10, 10], [1, 0, 10, 10], [1, 0, 10, 10], [5, 5, 5, 9], [20, 20, 30, 30]])
    scores, labels = torch.tensor([0.5, 0.9, 0.4, 0.99, 0.1]), torch.tensor([0, 0, 1, 0, 0])
    assert places.remaining(boxes, scores, labels, overlap=0.6, most=10).tolist() == [1, 2, 4]
    assert places.remaining(boxes, scores, labels, overlap=0.6, most=1).tolist() == [1]


@pytest.fixture
def net() -> torch.nn.Module:
    torch.manual_seed(1)
    return condinst.build({**condinst.SMALL, "most": 7}, 3).eval()


def test_a_picture_is_answered_alone_as_in_a_batch(net: torch.nn.Module):
    for scale in net.bbox_head.scales:
        scale.scale.data.fill_(30.0)  # so that boxes have an area
    x = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        both, alone = net(x)[1], net(x[1:])[0]
    assert 0 < len(alone["scores"]) <= 7
    assert both["labels"].tolist() == alone["labels"].tolist()
    assert torch.allclose(both["masks"], alone["masks"], atol=1e-4)
    assert alone["masks"].shape[1:] == (16, 24)  # a quarter of the input


def test_nothing_is_found_above_an_impossible_score():
    none = condinst.build({**condinst.SMALL, "score": 1.0}, 3).eval()
    with torch.inference_mode():
        (found,) = none(torch.rand(1, 3, 40, 40))
    assert found["masks"].shape[0] == found["scores"].numel() == 0
