"""FCN on VGG16: pytorch-fcn's parameters, the strides, the sums, and bilinear deconvolution."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from segdesk.nets.whole import fcn_vgg
from segdesk.nets.whole.fcn_vgg import FCN, OFFSETS, Bilinear

CONVOLUTIONS = [f"conv{stage}_{i}" for stage, depth in enumerate((2, 2, 3, 3, 3), start=1) for i in range(1, depth + 1)]
SCORES = {
    32: ["upscore"],
    16: ["score_pool4", "upscore2", "upscore16"],
    8: ["score_pool3", "score_pool4", "upscore2", "upscore8", "upscore_pool4"],
}


@pytest.mark.parametrize("stride", SCORES)
def test_parameters_are_pytorch_fcns(stride: int):
    with torch.device("meta"):
        net = fcn_vgg.build({"stride": stride}, 21)
    shapes = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    assert {key.partition(".")[0] for key in shapes} == {*CONVOLUTIONS, "fc6", "fc7", "score_fr", *SCORES[stride]}
    assert shapes["fc6.weight"] == (4096, 512, 7, 7)
    assert shapes["fc7.weight"] == (4096, 4096, 1, 1)
    assert shapes["score_fr.weight"] == (21, 4096, 1, 1)
    last = {32: "upscore", 16: "upscore16", 8: "upscore8"}[stride]
    assert shapes[f"{last}.weight"] == (21, 21, 2 * stride, 2 * stride)
    assert 134e6 < sum(p.numel() for p in net.parameters()) < 136.5e6


def test_pools_have_strides_2_to_32_of_the_padded_picture():
    pools = small(8).pools(torch.zeros(1, 3, 58, 90))
    sides = (58 + 198, 90 + 198)  # the first 3x3 convolution takes two of the 200 pixels
    for level, map_ in enumerate(pools, start=1):
        assert tuple(map_.shape[2:]) == tuple(-(-side // 2**level) for side in sides)


@pytest.mark.parametrize("stride", [2, 8, 16, 32])
def test_bilinear_deconvolution_keeps_a_constant(stride: int):
    y = Bilinear(2, stride)(torch.tensor([3.0, -1.0])[None, :, None, None].expand(1, 2, 4, 5))
    assert y.shape == (1, 2, 5 * stride, 6 * stride)
    inside = y[:, :, stride:-stride, stride:-stride]
    torch.testing.assert_close(inside, torch.tensor([3.0, -1.0])[None, :, None, None].expand_as(inside))


def test_bilinear_deconvolution_is_bilinear_interpolation_and_is_not_trained():
    x = torch.rand(1, 1, 4, 4)
    layer = Bilinear(1, 2)
    wanted = F.interpolate(x, scale_factor=2, mode="bilinear")[:, :, 1:-1, 1:-1]
    torch.testing.assert_close(layer(x)[:, :, 2:-2, 2:-2], wanted)
    assert not layer.weight.requires_grad


@pytest.mark.parametrize("stride", [32, 16, 8])
def test_the_last_map_is_laid_over_the_picture_bilinear(stride: int):
    """The centre of cell c of the last map is row (c + 1) * stride - 0.5 before the crop."""
    net = small(stride)
    rows = 3 + 2 * (100 // stride)
    ramp = torch.arange(rows * 1.0)[None, None, :, None].expand(1, 3, rows, rows)
    answer = net.enlarged(ramp, torch.zeros(1, 3, 64, 64))[0, 0, :, 32]
    cells = (torch.arange(64) + OFFSETS[stride] + 0.5) / stride - 1
    inside = cells >= 0  # the first rows of FCN-32s lie before the first cell's centre
    assert inside.sum() >= 51
    torch.testing.assert_close(answer[inside], cells[inside], atol=1e-4, rtol=0)


def test_skipped_maps_are_added():
    torch.manual_seed(0)
    net = small(8)
    pools = net.pools(torch.randn(1, 3, 40, 40))
    only_deep, only_pool4, only_pool3 = (muted(net, pools, names) for names in (
        ("score_pool4", "score_pool3"), ("score_fr", "score_pool3"), ("score_fr", "score_pool4"))
    )  # fmt: skip
    torch.testing.assert_close(only_deep + only_pool4 + only_pool3, net.scores(pools))
    for part in (only_deep, only_pool4, only_pool3):
        assert part.abs().max() > 0


def test_8s_is_16s_enlarged_with_pool3_added_and_16s_is_32s_with_pool4():
    torch.manual_seed(0)
    x = torch.randn(1, 3, 40, 40)
    eight = small(8)
    pools = eight.pools(x)
    sixteen, deepest = (lent(eight, stride) for stride in (16, 32))
    without = muted(eight, pools, ("score_pool3",))
    torch.testing.assert_close(without, eight.upscore_pool4(sixteen.scores(pools)))
    torch.testing.assert_close(muted(sixteen, pools, ("score_pool4",)), sixteen.upscore2(deepest.scores(pools)))
    sizes = [net.scores(pools).shape[2] for net in (deepest, sixteen, eight)]
    assert sizes == [2, 6, 14]  # each step doubles it, and the deconvolution adds 2


def lent(net: FCN, stride: int) -> FCN:
    """A net of another stride with the same weights."""
    coarse = small(stride)
    own = coarse.state_dict()
    coarse.load_state_dict({key: value for key, value in net.state_dict().items() if key in own}, strict=False)
    return coarse


def muted(net: FCN, pools: list[torch.Tensor], names: tuple[str, ...]) -> torch.Tensor:
    """The scores with some scoring layers at zero."""
    copy = small(net.stride)
    copy.load_state_dict(net.state_dict())
    for name in names:
        torch.nn.init.zeros_(copy.get_submodule(name).weight)
        torch.nn.init.zeros_(copy.get_submodule(name).bias)
    return copy.scores(pools)


def test_the_variant_trained_at_once_scales_the_skipped_maps():
    torch.manual_seed(0)
    plain = small(8)
    scaled = FCN(3, stride=8, at_once=True, width=4, fc=16).eval()
    scaled.load_state_dict(plain.state_dict())
    for name, factor in (("score_pool4", 100.0), ("score_pool3", 10000.0)):
        scaled.get_submodule(name).weight.data *= factor
    x = torch.randn(1, 3, 20, 20)
    torch.testing.assert_close(scaled(x), plain(x), atol=1e-4, rtol=1e-4)


def test_unknown_options_are_told():
    with pytest.raises(ValueError, match="no option depth; it has stride"):
        fcn_vgg.build({"depth": 3}, 2)
    with pytest.raises(ValueError, match="does not fit"):
        fcn_vgg.build({"width": "wide"}, 2)
    with pytest.raises(ValueError, match="stride must be"):
        fcn_vgg.build({"stride": 4}, 2)


def small(stride: int) -> FCN:
    """A narrow net whose layers all say something: scoring layers begin at zero."""
    net = FCN(3, stride=stride, width=4, fc=16).eval().requires_grad_(False)
    for name, layer in net.named_children():
        if name.startswith(("conv", "fc", "score")):
            torch.nn.init.kaiming_normal_(layer.get_parameter("weight"))
    return net
