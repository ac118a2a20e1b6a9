"""The real-time networks against the reference's parameter lists, its answers, and what their papers say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from segdesk.engines.loading import net_module
from segdesk.nets.blocks import up
from segdesk.nets.whole import bisenetv1, bisenetv2, cgnet, ddrnet, erfnet, fast_scnn, icnet, pidnet, stdc
from segdesk.nets.whole._parts import Bottle, PoolPyramid, Refinement, chosen, named_shortcut, stage
from tests.nets.openmmlab import assert_same_keys
from tests.nets.places import Reference, assert_like_reference, parameters

FILES = (bisenetv1, bisenetv2, cgnet, ddrnet, erfnet, fast_scnn, icnet, pidnet, stdc)
LISTS = {
    "mmseg_pidnet-s": ("pidnet", {}),
    "mmseg_ddrnet_23-slim": ("ddrnet", {}),
    "mmseg_fast_scnn": ("fast_scnn", {}),
    "mmseg_bisenetv1_r18": ("bisenetv1", {}),
    "mmseg_stdc1": ("stdc", {}),
    "mmseg_icnet_r50": ("icnet", {}),
    "mmseg_erfnet": ("erfnet", {}),
    "mmseg_cgnet": ("cgnet", {}),
}
# Parameters with auxiliary heads, and logits, of the reference's nets of Cityscapes' 19 classes.
REFERENCES = {
    "pidnet-s": Reference(7720871, (0.0551, -0.2807, -0.1436, -0.1698, 0.0577), 0.858),
    "pidnet-m": Reference(28762983, (-0.1303, -0.1457, 0.1888, -0.2361, 0.0264), 0.845),
    "pidnet-l": Reference(37314183, (0.0338, -0.0657, -0.0311, -0.0146, -0.012), 0.593),
    "ddrnet-23-slim": Reference(5734278, (0.0858, 0.4188, 0.3546, 0.0104, 0.2004), 1.241),
    "ddrnet-23": Reference(20299238, (0.0503, -0.527, 0.1238, -0.2377, -0.0884), 1.418),
    "fast-scnn": Reference(1456617, (0.0954, -0.0584, 0.205, -0.2376, 0.2947), 0.708),
    "bisenetv1-resnet18": Reference(13425721, (0.0119, -0.2073, -0.1411, -0.2075, 0.2652), 0.769),
    "bisenetv2": Reference(14804255, (-0.1823, -0.1091, 0.0128, -0.2456, 0.1201), 0.602),
    "stdc1": Reference(8573022, (-0.1575, -0.1046, -0.0383, -0.1751, 0.0729), 0.716),
    "stdc2": Reference(12603486, (-0.168, -0.1478, -0.0257, -0.1764, 0.1315), 0.66),
    "icnet-resnet18_v1c": Reference(25174393, (-0.1351, -0.0499, 0.1471, -0.3299, 0.2769), 0.802),
    "icnet-resnet50_v1c": Reference(47827833, (-0.1171, -0.0458, 0.1634, -0.3309, 0.2386), 0.762),
    "erfnet": Reference(2084095, (-0.1475, -0.0394, -0.0669, -0.0833, 0.5304), 1.511),
    "cgnet": Reference(496325, (0.3411, 0.5639, 0.2803, -0.1971, 0.8428), 2.679),
}
VARIANTS = {name: (file, options) for file in FILES for name, options in file.VARIANTS.items()}


@pytest.mark.parametrize("name", LISTS)
def test_parameters_are_the_references(shared: Path, name: str):
    file, options = LISTS[name]
    with torch.device("meta"):
        net = net_module(file).build({**options, "auxiliary": True}, 19)
    assert_same_keys(shared, name, net)


@pytest.mark.parametrize("name", REFERENCES)
def test_every_published_variant_has_the_references_number_of_parameters(name: str):
    file, options = VARIANTS[name]
    with torch.device("meta"):
        net = file.build({**options, "auxiliary": True}, 19)
    assert parameters(net) == REFERENCES[name].parameters


@pytest.mark.parametrize("name", REFERENCES)
def test_answers_are_the_references(shared: Path, name: str):
    file, options = VARIANTS[name]
    with torch.device("meta"):
        net = file.build(options, 19)
    assert_like_reference(shared, net.to_empty(device="cpu"), REFERENCES[name])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_maps_have_the_channels_and_strides_that_they_say(file):
    net = file.build(file.SMALL, 3).eval()
    with torch.inference_mode():
        maps = net.backbone(torch.rand(1, 3, 64, 96))
    assert [m.shape[1] for m in maps] == net.backbone.channels
    more = 1 if file is icnet else 0  # its pool rounds up
    for m, stride in zip(maps, net.backbone.strides, strict=True):
        assert 0 <= m.shape[2] - 64 // stride <= more
        assert 0 <= m.shape[3] - 96 // stride <= more


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_an_unknown_option_is_refused(file):
    with pytest.raises(ValueError, match="colour"):
        file.build({"colour": 1}, 3)


def test_unknown_sizes_are_refused():
    for file in (pidnet, ddrnet, stdc):
        with pytest.raises(ValueError, match="size"):
            file.build({"size": "xxl"}, 3)
    with pytest.raises(ValueError, match="deep stem"):
        icnet.build({"encoder": "resnet18"}, 3)


def test_options_lie_over_the_defaults():
    assert chosen({"a": 1}, a=0, b=2) == {"a": 1, "b": 2}


def test_pag_stays_between_detail_and_context():
    guided = pidnet.Guided(8, 4).eval()
    detail, context = torch.rand(1, 8, 12, 12), torch.rand(1, 8, 12, 12) + 2
    with torch.inference_mode():
        mixed = guided(detail, context)
    assert ((mixed >= detail - 1e-6) & (mixed <= context + 1e-6)).all()


def test_bag_takes_detail_at_borders_and_context_inside():
    bag = pidnet.Bag(4).eval()
    detail, context = torch.rand(1, 4, 6, 6), torch.rand(1, 4, 6, 6)
    sure = torch.full((1, 4, 6, 6), 50.0)
    with torch.inference_mode():
        torch.testing.assert_close(bag(detail, context, sure), bag.conv(detail))
        torch.testing.assert_close(bag(detail, context, -sure), bag.conv(context))


def test_training_heads_of_pidnet_and_ddrnet_are_there_without_being_asked_for():
    for file, outputs in ((pidnet, 2), (ddrnet, 2)):
        net = file.build(file.SMALL, 3)
        assert [w for _, w in net.training_outputs(torch.rand(2, 3, 32, 32))] == [1.0, 0.4][:outputs]
    borders = pidnet.build(pidnet.SMALL, 3)
    assert borders.decode_head.borders(borders.features(torch.rand(2, 3, 32, 32))).shape == (2, 1, 4, 4)


def test_the_last_block_of_a_branch_may_be_negative():
    torch.manual_seed(0)
    branch = stage(Bottle, 4, 2, 1, shortcut=named_shortcut).eval()
    with torch.inference_mode():
        assert (branch(torch.randn(1, 4, 8, 8)) < 0).any()


@pytest.mark.parametrize("parallel", [False, True])
def test_the_pool_pyramid_sees_the_whole_map_and_takes_any_size(parallel: bool):
    torch.manual_seed(0)
    pyramid = PoolPyramid(4, 64, 5, parallel=parallel).eval()
    x = torch.rand(1, 4, 40, 40, requires_grad=True)
    pyramid(x)[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    assert (x.grad[0].abs().sum(0) > 0).all()  # by the mean over all
    for size in ((1, 1), (3, 17)):
        assert pyramid(torch.rand(1, 4, *size)).shape == (1, 5, *size)
    assert [p[0].kernel_size for p in list(pyramid.scales)[1:4]] == [5, 9, 17]


def test_fast_scnn_pools_into_bins_of_1_2_3_and_6_cells_and_ends_separable():
    net = fast_scnn.build({}, 19)
    assert [part[0].output_size for part in net.backbone.global_feature_extractor.ppm] == [1, 2, 3, 6]
    assert all(conv.depthwise_conv.conv.groups == 128 for conv in net.decode_head.convs)


def test_refinement_only_weakens_channels():
    refine = Refinement(4, 6).eval()
    x = torch.randn(2, 4, 5, 5)
    with torch.inference_mode():
        plain, refined = refine.conv_layer(x), refine(x)
    assert ((refined >= 0) & (refined <= plain)).all()


def test_bisenet_fusion_weighs_each_channel_between_once_and_twice():
    fusion = bisenetv1.Fusion(6, 4).eval()
    a, b = torch.randn(1, 2, 5, 5), torch.randn(1, 4, 5, 5)
    with torch.inference_mode():
        plain = fusion.conv1(torch.cat([a, b], 1))
        fused = fusion(a, b)
    assert ((fused >= 1.5 * plain - 1e-6) & (fused <= 2 * plain + 1e-6)).all()  # the sigmoid follows a ReLU


def test_bisenetv2_branches_gate_each_other():
    aggregation = bisenetv2.Aggregation(4).eval()
    detail, semantic = torch.randn(1, 4, 8, 8), torch.randn(1, 4, 2, 2)
    with torch.inference_mode():
        for gate in (aggregation.semantic_conv[0], aggregation.semantic_dwconv[0].depthwise_conv):
            gate.bn.weight.zero_()
            gate.bn.bias.zero_()
        aggregation.semantic_dwconv[0].pointwise_conv.conv.bias.zero_()
        half = 0.5 * aggregation.detail_dwconv(detail)
        expected = aggregation.conv(half + up(0.5 * aggregation.detail_down(detail), half))
        torch.testing.assert_close(aggregation(detail, semantic), expected)


@pytest.mark.parametrize("stride", [1, 2])
def test_stdc_concatenates_a_half_a_quarter_and_two_eighths(stride: int):
    block = stdc.Dense(8, 32, stride=stride).eval()
    assert [layer.conv.out_channels for layer in block.layers] == [16, 8, 4, 4]
    with torch.inference_mode():
        assert block(torch.rand(1, 8, 9, 9)).shape == (1, 32, 9 // stride + stride // 2, 9 // stride + stride // 2)


def test_the_border_head_of_stdc_has_a_laplace_filter_and_weights_that_sum_to_1():
    head = stdc.build({**stdc.SMALL, "auxiliary": True}, 3).auxiliary_head[2]
    assert head.laplacian_kernel.sum() == 0
    assert head.fusion_kernel.sum().item() == pytest.approx(1)
    assert head.conv_seg.out_channels == 2
    assert not head.fusion_kernel.requires_grad


def test_stdc_trains_class_heads_only():
    net = stdc.build(stdc.SMALL, 3)
    assert [(o.shape[1], w) for o, w in net.training_outputs(torch.rand(2, 3, 32, 32))] == [(3, 1.0)] * 3


def test_icnet_halves_like_its_paper_and_keeps_a_pixel():
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    torch.testing.assert_close(icnet.halved(x), nn.functional.avg_pool2d(x, 2))
    assert icnet.halved(torch.rand(1, 2, 1, 9)).shape == (1, 2, 1, 4)


def test_erfnet_has_no_square_kernel_but_where_it_changes_the_size():
    net = erfnet.build({}, 19)
    blocks = [m for m in net.modules() if isinstance(m, erfnet.Factorised)]
    kernels = {c.kernel_size for b in blocks for c in b.modules() if isinstance(c, nn.Conv2d)}
    assert kernels == {(3, 1), (1, 3)}
    assert len(blocks) == 17
    assert [b.convs_layers[5].dilation[0] for b in blocks[5:13]] == [2, 4, 8, 16] * 2


def test_erfnet_pools_any_size_to_that_of_the_convolution():
    down = erfnet.Down(3, 8).eval()
    with torch.inference_mode():
        for size, half in (((1, 1), (1, 1)), ((5, 8), (3, 4)), ((1, 6), (1, 3))):
            assert down(torch.rand(1, 3, *size)).shape[2:] == half


def test_cgnet_feeds_the_picture_in_again():
    backbone = cgnet.build({}, 19).backbone.eval()
    assert backbone.channels == [35, 131, 256]
    assert {b.f_sur.dilation for b in backbone.level1} == {(2, 2)}
    assert {b.f_sur.dilation for b in backbone.level2} == {(4, 4)}
    x = torch.rand(1, 3, 16, 16)
    backbone.norm_prelu_0 = nn.Identity()
    with torch.inference_mode():
        fine = backbone(x)[0]
    torch.testing.assert_close(fine[:, 32:], nn.functional.avg_pool2d(x, 3, 2, 1))


def test_the_gate_of_cgnet_is_between_0_and_1():
    gate = cgnet.GlobalGate(8, 4)
    x = torch.rand(1, 8, 4, 4) + 0.1
    ratio = gate(x) / x
    assert ((ratio > 0) & (ratio < 1)).all()
