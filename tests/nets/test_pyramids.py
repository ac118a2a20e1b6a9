"""What the pyramids are: PSPNet's bins, the atrous branches of DeepLab v2, v3 and v3+, UPerNet's way down."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, SepConv
from segdesk.nets.heads import deeplabv2, deeplabv3, deeplabv3plus, psp, uper


def test_psp_pools_into_1_2_3_6_bins_of_a_quarter_of_the_width():
    with torch.device("meta"):
        head = psp.build({}, 21).decode_head
    assert [level[0].output_size for level in head.psp_modules] == [1, 2, 3, 6]
    assert [level[1].conv.out_channels for level in head.psp_modules] == [2048 // 4] * 4
    assert head.bottleneck.conv.in_channels == 2048 + 4 * 512


def test_psp_concatenates_the_map_itself_with_its_means():
    torch.manual_seed(0)
    pyramid = psp.Pyramid(8, 4, (1, 2), align_corners=False).eval()
    x = torch.rand(1, 8, 6, 6)
    with torch.no_grad():
        y = pyramid(x)
        assert torch.equal(y[:, :8], x)
        assert torch.allclose(y[:, 8:12], pyramid[0][1](x.mean((2, 3), keepdim=True)).expand(-1, -1, 6, 6))
        quarter = pyramid[1][1](x[:, :, :3, :3].mean((2, 3), keepdim=True))
        assert torch.allclose(y[:, 12:, 0, 0], quarter[..., 0, 0])


@pytest.mark.parametrize(("stride", "rates"), [(8, [1, 12, 24, 36]), (16, [1, 6, 12, 18])])
@pytest.mark.parametrize("file", [deeplabv3, deeplabv3plus])
def test_the_rates_double_where_the_stride_halves(file, stride: int, rates: list[int]):
    with torch.device("meta"):
        head = file.build({"encoder_options": {"output_stride": stride}}, 21).decode_head
    found = [
        (branch.depthwise_conv if isinstance(branch, SepConv) else branch).conv.dilation[0]
        for branch in head.aspp_modules
    ]
    assert found == rates
    assert head.aspp_modules[0].conv.kernel_size == (1, 1)


def test_a_dilated_3x3_is_a_1x1_where_its_rate_reaches_the_map():
    torch.manual_seed(0)
    branch = deeplabv3.branch(3, 4, 12, separable=False).eval()
    middle = ConvBN(3, 4).eval()
    state = branch.state_dict()
    middle.load_state_dict({**state, "conv.weight": state["conv.weight"][:, :, 1:2, 1:2]})
    with torch.no_grad():
        small, large = torch.randn(1, 3, 12, 12), torch.randn(1, 3, 13, 12)
        assert torch.allclose(branch(small), middle(small), atol=1e-6)
        assert not torch.allclose(branch(large), middle(large), atol=1e-3)


def test_v3_sees_the_whole_picture_through_its_pooling():
    torch.manual_seed(0)
    head = deeplabv3.Head([4], 3, width=4, rates=[1]).eval()
    x = torch.rand(1, 4, 9, 9, requires_grad=True)
    head([x])[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    assert (x.grad != 0).any(1).all()


def test_v3_plus_ends_at_the_finest_map_and_depends_on_it():
    torch.manual_seed(0)
    for separable in (True, False):
        head = deeplabv3plus.Head([6, 4], 3, width=8, low_width=4, separable=separable).eval()
        low, high = torch.rand(1, 6, 16, 12, requires_grad=True), torch.rand(1, 4, 4, 3)
        logits = head([low, high])
        assert logits.shape == (1, 3, 16, 12)
        logits.sum().backward()
        assert low.grad is not None
        assert low.grad.abs().sum() > 0


def test_v3_plus_has_48_low_channels_and_separable_convolutions():
    with torch.device("meta"):
        head = deeplabv3plus.build({}, 21).decode_head
        plain = deeplabv3plus.build(deeplabv3plus.VARIANTS["vainf-resnet50"], 21).decode_head
    assert head.c1_bottleneck.conv.out_channels == plain.c1_bottleneck.conv.out_channels == 48
    assert sum(isinstance(m, SepConv) for m in head.modules()) == 5
    assert sum(isinstance(m, SepConv) for m in plain.modules()) == 0
    assert plain.refine[0].conv.in_channels == 304


@pytest.mark.parametrize("file", [deeplabv3, deeplabv3plus])
def test_v3_on_hrnet_takes_all_resolutions_at_stride_4(file):
    with torch.device("meta"):
        net = file.build(file.VARIANTS["hrnet-w48"], 19)
        logits = net.eval()(torch.empty(1, 3, 64, 96))
    assert net.decode_head.image_pool[1].conv.in_channels == 48 * (1 + 2 + 4 + 8)
    assert logits.shape == (1, 19, 16, 24)


def test_v2_sums_classifiers_of_rates_6_12_18_24():
    with torch.device("meta"):
        net = deeplabv2.build({}, 21)
    assert [c.dilation[0] for c in net.base.aspp.children()] == [6, 12, 18, 24]
    torch.manual_seed(0)
    aspp = deeplabv2.AtrousSum(3, 2, (1, 2))
    x = torch.rand(1, 3, 7, 7)
    with torch.no_grad():
        assert torch.allclose(aspp(x), aspp.c0(x) + aspp.c1(x))


def test_v2_dilates_the_last_two_stages_and_has_stride_8():
    net = deeplabv2.build(deeplabv2.SMALL, 3).eval()
    dilations = [getattr(net.base, f"layer{i}").block1.conv3x3.conv.dilation[0] for i in range(2, 6)]
    assert dilations == [1, 1, 2, 4]
    assert net(torch.rand(1, 3, 64, 48)).shape == (1, 3, 9, 7)  # the stem's pooling keeps the odd last pixel


def test_v2_takes_the_largest_score_over_its_input_sizes():
    torch.manual_seed(0)
    net = deeplabv2.build(deeplabv2.SMALL, 3).eval()
    alone = deeplabv2.build({**deeplabv2.SMALL, "scales": []}, 3).eval()
    alone.load_state_dict(net.state_dict())
    x = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        whole, single = net(x), alone(x)
        assert (whole >= single).all()
        assert (whole > single).any()
        assert [tuple(y.shape[2:]) for y, _ in net.training_outputs(x)] == [(9, 9), (9, 9), (5, 5), (7, 7)]
        assert torch.equal(net.training_outputs(x)[0][0], whole)


def test_v2_refuses_options_that_nobody_knows():
    with pytest.raises(ValueError):
        deeplabv2.build({"colour": "red"}, 3)


def test_uper_adds_on_the_way_down_and_ends_at_the_finest_map():
    torch.manual_seed(0)
    head = uper.Head([3, 4, 5, 6], 2, width=4).eval()
    for conv in head.lateral_convs:  # nothing of their own comes from the finer maps
        nn.init.zeros_(conv.conv.weight)
    maps = [torch.rand(1, c, n, n) for c, n in zip((3, 4, 5, 6), (16, 8, 4, 2), strict=True)]
    with torch.no_grad():
        before = head(maps)
        changed = head([*maps[:3], maps[3] + 1])
    assert before.shape == (1, 2, 16, 16)
    assert (before != changed).any()
    assert head.fpn_bottleneck.conv.in_channels == 4 * 4
    assert [level[0].output_size for level in head.psp_modules] == [1, 2, 3, 6]
