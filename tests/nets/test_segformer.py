"""SegFormer and its Mix Transformer: strides, reduced attention, any size; the reference's parameters."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets import encoders
from segdesk.nets.encoders import mit
from segdesk.nets.heads import segformer
from tests.nets.openmmlab import assert_same_keys

# Parameters of the encoders in millions (Xie et al., table 1a, up to its rounding).
MILLIONS = {"mit_b0": 3.4, "mit_b1": 13.1, "mit_b2": 24.2, "mit_b3": 44.0, "mit_b4": 60.8, "mit_b5": 81.4}


def test_parameters_are_the_references(shared: Path):
    with torch.device("meta"):
        net = segformer.build({}, 150)
    assert_same_keys(shared, "mmseg_segformer_mit-b0", net)


@pytest.mark.parametrize("name", MILLIONS)
def test_the_encoders_are_as_large_as_in_the_paper(name: str):
    with torch.device("meta"):
        encoder = encoders.make(name, {})
    count = sum(p.numel() for p in encoder.parameters()) / 1e6
    assert count == pytest.approx(MILLIONS[name], rel=0.03)


def test_maps_lie_at_strides_4_to_32():
    with torch.device("meta"):
        encoder = encoders.make("mit_b0", {})
        maps = encoder(torch.empty(1, 3, 128, 96))
    assert encoder.strides == [4, 8, 16, 32]
    assert [tuple(m.shape) for m in maps] == [(1, 32, 32, 24), (1, 64, 16, 12), (1, 160, 8, 6), (1, 256, 4, 3)]


def test_keys_are_fewer_by_the_square_of_the_ratio():
    seen: list[int] = []
    attention = mit.ReducedAttention(8, 2, 4)
    attention.attn.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[1].shape[1]))
    size = torch.Size((16, 12))
    assert attention(torch.rand(1, 16 * 12, 8), size).shape == (1, 192, 8)
    assert seen == [192 // 16]


def test_a_map_smaller_than_the_ratio_still_has_one_key():
    attention = mit.ReducedAttention(8, 2, 8)
    assert attention(torch.rand(1, 6, 8), torch.Size((2, 3))).shape == (1, 6, 8)


def test_the_feed_forward_knows_its_neighbours():
    torch.manual_seed(0)
    layer = mit.MixFeedForward(4, 8)
    x = torch.rand(1, 25, 4, requires_grad=True)
    layer(x, torch.Size((5, 5)))[0, 12].sum().backward()  # the pixel in the middle
    assert x.grad is not None
    touched = x.grad[0].abs().sum(1).view(5, 5) > 0
    assert touched.sum() == 9
    assert touched[1:4, 1:4].all()
