"""Panoptic FPN: names, the semantic branch at a quarter of the picture, its channels, any size."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from segdesk.nets.instance import panoptic_fpn
from tests.nets.openmmlab import assert_same_keys


@pytest.fixture(scope="module")
def small() -> torch.nn.Module:
    torch.manual_seed(0)
    return panoptic_fpn.build(panoptic_fpn.SMALL, 5).eval()


def test_parameters_are_called_as_in_openmmlabs_files(shared: Path):
    with torch.device("meta"):
        net = panoptic_fpn.build({}, 133)
        assert_same_keys(shared, "mmdet_panoptic-fpn_r50_fpn_1x_coco", net)
    assert net.score_channels == (*range(80, 133), -1)


def test_there_must_be_things():
    with pytest.raises(ValueError, match="at least one must be a thing"):
        panoptic_fpn.build({**panoptic_fpn.SMALL, "stuff": 5}, 5)


def test_each_map_is_doubled_as_often_as_it_is_too_small():
    head = panoptic_fpn.SemanticHead(16, 4, width=8, groups=2)
    assert [len(layer.conv) for layer in head.conv_upsample_layers] == [1, 1, 2, 3]
    with torch.inference_mode():
        for layer, times in zip(head.conv_upsample_layers, (1, 2, 4, 8), strict=True):
            assert layer(torch.rand(1, 16, 3, 5)).shape == (1, 8, 3 * times, 5 * times)


def test_things_and_stuff_have_their_own_channels(small: torch.nn.Module):
    with torch.inference_mode():
        answer = small(torch.rand(2, 3, 64, 96))
    assert answer["scores"].shape == (2, 3, 16, 24)
    assert small.score_channels == (3, 4, -1)
    assert all((found["labels"] < 3).all() for found in answer["objects"])


@pytest.mark.parametrize("size", [(1, 1), (30, 41), (33, 64)])
def test_the_semantic_answer_covers_the_picture_and_not_its_padding(small: torch.nn.Module, size: tuple[int, int]):
    x = torch.rand(1, 3, *size)
    with torch.inference_mode():
        scores = small(x)["scores"]
        assert torch.equal(scores, small.semantic(x))
    assert scores.shape[2:] == (-(-size[0] // 4), -(-size[1] // 4))


def test_cropping_keeps_what_stands_where():
    """A map whose values are the places of its cells, sampled for a picture whose sides are no multiples."""
    y, x = torch.meshgrid(torch.arange(16.0), torch.arange(24.0), indexing="ij")
    whole = torch.stack([y, x])[None] * 4 + 2  # pixels
    found = panoptic_fpn.cropped(whole, (54, 91))
    assert found.shape == (1, 2, 14, 23)
    rows, columns = (torch.arange(14) + 0.5) * 54 / 14, (torch.arange(23) + 0.5) * 91 / 23
    assert torch.allclose(found[0, 0], rows[:, None].expand(14, 23), atol=0.15)
    assert torch.allclose(found[0, 1, :, 1:], columns[None, 1:].expand(14, 22), atol=1e-3)
    assert torch.equal(panoptic_fpn.cropped(whole, (52, 92)), F.pad(whole, (0, -1, 0, -3)))
