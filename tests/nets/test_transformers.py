"""The windows of Swin, ConvNeXt, UPerNet's neck for ViT, Segmenter's class tokens."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import convnext_tiny

from segdesk.nets import encoders
from segdesk.nets.encoders import swin
from segdesk.nets.heads import segmenter, uper_transformer

TINY = {"width": 8, "depths": (2, 2, 1, 1), "heads": (1, 2, 2, 2), "window": 4}


def test_swin_lies_at_strides_4_to_32_for_any_size():
    encoder: Any = encoders.make("swin_tiny", TINY).eval()
    assert encoder.strides == [4, 8, 16, 32]
    assert encoder.channels == [8, 16, 32, 64]
    with torch.inference_mode():
        for h, w in ((1, 1), (33, 70), (64, 96)):
            sizes = [(-(-h // s), -(-w // s)) for s in encoder.strides]
            assert [tuple(m.shape[2:]) for m in encoder(torch.rand(1, 3, h, w))] == sizes


@pytest.mark.parametrize(("name", "millions"), [("swin_tiny", 28.3), ("swin_small", 49.6), ("swin_base", 87.8)])
def test_swin_is_as_large_as_in_the_paper(name: str, millions: float):
    with torch.device("meta"):
        encoder: Any = encoders.make(name, {})
    classifier = 1000 * encoder.channels[-1] + 1000
    norms = 2 * sum(encoder.channels[:-1])  # the classifying net has only the last one
    assert (sum(p.numel() for p in encoder.parameters()) + classifier - norms) / 1e6 == pytest.approx(
        millions, abs=0.06
    )


def _seen(shift: int, pixel: tuple[int, int], size: tuple[int, int] = (8, 8)) -> torch.Tensor:
    """Which pixels the one at `pixel` draws from."""
    torch.manual_seed(0)
    layer = swin.ShiftedWindows(4, 2, window=4, shift=shift)
    x = torch.rand(1, *size, 4, requires_grad=True)
    layer(x)[0, pixel[0], pixel[1]].sum().backward()
    assert x.grad is not None
    return x.grad[0].abs().sum(2) > 1e-12


def test_a_pixel_sees_its_own_window_only():
    seen = _seen(0, (1, 6))
    assert seen[:4, 4:].all()
    assert seen.sum() == 16


def test_shifted_windows_cross_the_borders_but_not_the_pictures_edge():
    middle = _seen(2, (3, 4))
    assert middle[2:6, 2:6].all()
    assert middle.sum() == 16
    corner = _seen(2, (0, 0))  # rolled to a window with three other corners
    assert corner[:2, :2].all()
    assert corner.sum() == 4


def test_cut_windows_are_put_together_in_place():
    layer = swin.ShiftedWindows(4, 2, window=4, shift=2)
    layer.w_msa.forward = lambda x, mask: x  # pyright: ignore[reportAttributeAccessIssue]
    x = torch.rand(2, 9, 6, 4)
    torch.testing.assert_close(layer(x), x)


def test_the_bias_depends_on_the_relative_place():
    index: Any = swin.WindowAttention(4, 1, 3).relative_position_index
    assert index.shape == (9, 9)
    for p in range(9):
        for q in range(9):
            assert index[p, q] == (p // 3 - q // 3 + 2) * 5 + p % 3 - q % 3 + 2


def test_merging_takes_four_neighbours_channel_by_channel():
    merge = swin.Merging(1)
    merge.norm = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    merge.reduction = nn.Identity()  # pyright: ignore[reportAttributeAccessIssue]
    x = torch.arange(12.0).view(1, 3, 4, 1)
    assert merge(x)[0].tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7]], [[8, 9, 0, 0], [10, 11, 0, 0]]]


def test_the_neck_makes_a_pyramid_and_never_less_than_a_pixel():
    neck = uper_transformer.Levels([4] * 4)
    maps = neck([torch.rand(1, 4, 3, 2)] * 4)
    assert [tuple(m.shape[2:]) for m in maps] == [(12, 8), (6, 4), (3, 2), (1, 1)]
    assert neck([torch.rand(1, 4, 1, 1)] * 4)[3].shape == (1, 4, 1, 1)


def test_segmenters_scores_are_cosines_before_the_norm():
    torch.manual_seed(0)
    head = segmenter.Head([8], 5, heads=2).eval()
    cosines = head.cosines(torch.randn(2, 8, 3, 4))
    assert cosines.shape == (2, 12, 5)
    assert cosines.abs().max() <= 1 + 1e-6
    assert head([torch.randn(2, 8, 3, 4)]).shape == (2, 5, 3, 4)


def test_the_linear_decoder_is_a_classifier_alone():
    with torch.device("meta"):
        net = segmenter.build({"encoder": "vit_small_p16", "linear": True}, 150)
    assert [n for n in net.state_dict() if not n.startswith("backbone.")] == [
        "decode_head.conv_seg.weight",
        "decode_head.conv_seg.bias",
    ]


def test_convnext_lies_at_strides_4_to_32_and_answers_any_size():
    encoder: Any = encoders.make("convnext_tiny", {"width": 4, "depths": (1, 1, 1, 1)}).eval()
    assert encoder.strides == [4, 8, 16, 32]
    with torch.inference_mode():
        assert [tuple(m.shape[1:]) for m in encoder(torch.rand(1, 3, 64, 96))] == [
            (4 * 2**i, 16 >> i, 24 >> i) for i in range(4)
        ]
        assert all(m.shape[2:] == (1, 1) for m in encoder(torch.rand(1, 3, 1, 1)))


@pytest.mark.parametrize(
    ("name", "millions"), [("convnext_tiny", 28.6), ("convnext_small", 50.2), ("convnext_base", 88.6)]
)
def test_convnext_is_as_large_as_in_the_paper(name: str, millions: float):
    with torch.device("meta"):
        encoder: Any = encoders.make(name, {})
    classifier = 1000 * encoder.channels[-1] + 1000
    norms = 2 * sum(encoder.channels[:-1])
    assert (sum(p.numel() for p in encoder.parameters()) + classifier - norms) / 1e6 == pytest.approx(
        millions, abs=0.06
    )


def test_convnexts_answer_is_that_of_torchvision():
    torch.manual_seed(0)
    own: Any = encoders.make("convnext_tiny", {}).eval()
    theirs = convnext_tiny(weights=None, layer_scale=1.0).eval()
    # Both have the same parameters in the same order but for the norms of the maps, which only own nets have.
    values = [p for n, p in theirs.named_parameters() if n.startswith("features.")]
    rest = [(n, p) for n, p in own.named_parameters() if not n.startswith("norm")]
    order = sorted(rest, key=lambda item: _place(item[0]))
    assert len(order) == len(values)
    with torch.no_grad():
        for (_, mine), value in zip(order, values, strict=True):
            mine.copy_(value.view_as(mine))
        x = torch.rand(1, 3, 64, 96)
        features = theirs.features(x)
        torch.testing.assert_close(own(x)[-1], own.norm3(features), rtol=1e-4, atol=1e-4)


def _place(name: str) -> tuple[int, ...]:
    """Where torchvision's order has a parameter of ours: stage by stage, `gamma` first in its block."""
    kinds = ("gamma", "depthwise_conv", "norm", "pointwise_conv1", "pointwise_conv2")
    part, stage, *rest = name.split(".")
    if part == "downsample_layers":
        return (2 * int(stage), int(rest[0]), 0, rest[1] == "bias")
    return (2 * int(stage) + 1, int(rest[0]), kinds.index(rest[1]), rest[-1] == "bias")
