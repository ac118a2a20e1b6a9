"""HRNet and its head: strides, exchange between the branches, the reference's parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets import encoders
from segdesk.nets.encoders import hrnet as hrnet_encoder
from segdesk.nets.heads import hrnet
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error

TINY = {"width": 4, "modules": (1, 1, 1), "blocks": 1}


@pytest.mark.parametrize("width", [18, 48])
def test_parameters_are_the_references(shared: Path, width: int):
    with torch.device("meta"):
        net = hrnet.build({"encoder": f"hrnet_w{width}"}, 21)
    assert_same_keys(shared, f"mmseg_fcn_hr{width}", net)


def test_the_answer_is_the_references(shared: Path):
    assert golden_error(shared, "fcn_hr18", hrnet.build({}, 21)) < TOLERANCE


@pytest.mark.parametrize(("name", "width"), [("hrnet_w18_small", 18), ("hrnet_w32", 32), ("hrnet_w40", 40)])
def test_branches_lie_at_strides_4_to_32_and_double_their_channels(name: str, width: int):
    with torch.device("meta"):
        encoder = encoders.make(name, {})
        maps = encoder(torch.empty(1, 3, 64, 96))
    assert encoder.strides == [4, 8, 16, 32]
    assert encoder.channels == [width, 2 * width, 4 * width, 8 * width]
    assert [tuple(m.shape[1:]) for m in maps] == [(width * 2**i, 16 >> i, 24 >> i) for i in range(4)]


def test_the_small_one_has_fewer_modules_and_blocks():
    with torch.device("meta"):
        small, full = encoders.make("hrnet_w18_small", {}), encoders.make("hrnet_w18", {})
    assert [len(s) for s in (small.stage2, small.stage3, small.stage4)] == [1, 3, 2]  # pyright: ignore[reportArgumentType]
    assert [len(s) for s in (full.stage2, full.stage3, full.stage4)] == [1, 4, 3]  # pyright: ignore[reportArgumentType]
    assert len(small.layer1) == 2  # pyright: ignore[reportArgumentType]
    assert len(full.layer1) == 4  # pyright: ignore[reportArgumentType]


def test_each_branch_hears_of_every_other():
    torch.manual_seed(0)
    module = hrnet_encoder.Exchange([4, 8, 16, 32], 1).eval()
    for target in range(4):
        maps = [torch.rand(1, 4 * 2**i, 16 >> i, 16 >> i, requires_grad=True) for i in range(4)]
        module([m * 1 for m in maps])[target].sum().backward()
        assert all(m.grad is not None and m.grad.abs().sum() > 0 for m in maps)


def test_for_deeplab_the_maps_are_concatenated_at_stride_4():
    encoder = encoders.make("hrnet_w18_small", {**TINY, "concat": True}).eval()
    low, high = encoder(torch.rand(1, 3, 35, 50))
    assert encoder.strides == [4, 4]
    assert encoder.channels == [256, 4 + 8 + 16 + 32]
    assert low.shape == (1, 256, 9, 13)
    assert high.shape == (1, 60, 9, 13)


def test_the_head_is_as_wide_as_all_maps_together():
    head = hrnet.Head([4, 8, 16, 32], 3).eval()
    maps = [torch.rand(1, c, s, s) for c, s in ((4, 9), (8, 5), (16, 3), (32, 2))]
    assert head.convs[0].conv.weight.shape == (60, 60, 1, 1)  # pyright: ignore[reportAttributeAccessIssue]
    assert head(maps).shape == (1, 3, 9, 9)
