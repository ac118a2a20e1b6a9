"""Aligned Xception, and DeepLab on it and on HRNet: an encoder by head matrix."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from segdesk.nets import encoders
from segdesk.nets.encoders.xception import Block, Plan, Separable, Xception, plans
from segdesk.nets.heads import deeplabv3, deeplabv3plus, psp

SMALL = {"width": 1 / 32}


@pytest.mark.parametrize(("stride", "size"), [(8, (8, 12)), (16, (4, 6)), (32, (2, 3))])
def test_the_last_map_lies_at_the_output_stride(stride: int, size: tuple[int, int]):
    encoder: Any = encoders.make("xception65", {"output_stride": stride, **SMALL}).eval()
    with torch.inference_mode():
        maps = encoder(torch.rand(1, 3, 64, 96))
    assert encoder.strides[-1] == stride
    assert maps[-1].shape[2:] == size
    assert encoder.strides[0] == 4
    assert [tuple(m.shape[1:]) for m in maps] == [
        (c, 64 // s, 96 // s) for c, s in zip(encoder.channels, encoder.strides, strict=True)
    ]


def test_the_full_net_is_the_papers():
    with torch.device("meta"):
        encoder = encoders.make("xception65", {})
    assert encoder.channels == [256, 728, 2048]
    assert encoder.strides == [4, 8, 16]
    names = set(encoder.state_dict())
    assert {"stem.0.conv.weight", "stem.1.bn.running_var", "blocks.0.shortcut.conv.weight"} <= names
    assert {"blocks.19.stack.conv3.bn_dw.weight", "blocks.20.stack.conv1.conv_pw.weight"} <= names
    assert not [n for n in names if n.startswith(("blocks.3.shortcut", "blocks.20.shortcut", "blocks.21"))]


@pytest.mark.parametrize(("name", "millions"), [("xception41", 27.0), ("xception65", 39.9)])
def test_the_nets_are_as_large_as_timms_with_its_classifier(name: str, millions: float):
    with torch.device("meta"):
        encoder = encoders.make(name, {})
    count = sum(p.numel() for p in encoder.parameters()) + 2048 * 1000 + 1000
    assert count / 1e6 == pytest.approx(millions, abs=0.05)


def test_there_is_no_pooling_and_each_depthwise_convolution_has_its_norm():
    encoder = Xception(plans("xception41"), width=1 / 32)
    assert not [m for m in encoder.modules() if "Pool" in type(m).__name__]
    separable = [m for m in encoder.modules() if isinstance(m, Separable)]
    assert len(separable) == 3 * 13
    assert all(m.conv_dw.groups == m.conv_dw.in_channels == m.bn_dw.num_features for m in separable)
    assert {m.bn_dw.eps for m in separable} == {1e-3}


@pytest.mark.parametrize(("stride", "middle", "exits"), [(32, 1, (1, 1)), (16, 1, (1, 2)), (8, 2, (2, 4))])
def test_lost_strides_become_rates(stride: int, middle: int, exits: tuple[int, int]):
    encoder: Any = Xception(plans("xception65"), output_stride=stride, width=1 / 32)
    rates = [block.stack["conv1"].conv_dw.dilation[0] for block in encoder.blocks]
    assert set(rates[:3]) == {1}
    assert set(rates[3:19]) == {middle}
    assert tuple(rates[19:]) == exits


def test_the_last_block_has_relu_after_each_convolution_and_others_before():
    torch.manual_seed(0)
    inner, outer = Block(4, Plan((4, 4, 4))).eval(), Block(4, Plan((4, 4, 8), last=True)).eval()
    x = torch.randn(1, 4, 6, 6)
    assert (outer(x)[1] >= 0).all()
    assert (inner(x)[1] < 0).any()


def test_an_output_stride_of_4_is_refused():
    with pytest.raises(ValueError, match="8, 16 or 32"):
        encoders.make("xception65", {"output_stride": 4})


ENCODERS = {
    "xception65": {"encoder": "xception65", "encoder_options": {"output_stride": 16, **SMALL}},
    "hrnet": {
        "encoder": "hrnet_w48",
        "encoder_options": {"width": 4, "modules": (1, 1, 1), "blocks": 1, "concat": True},
    },
    "resnet": {"encoder": "resnet18", "encoder_options": {"output_stride": 16, "base": 8, "stem_width": 8}},
}


@pytest.mark.parametrize("head", [deeplabv3, deeplabv3plus, psp])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_encoders_and_heads_combine(encoder: str, head: Any):
    torch.manual_seed(0)
    options = {**ENCODERS[encoder], "width": 8, "auxiliary": True, "auxiliary_options": {"width": 8}}
    net = head.build(options, 3)
    net.eval()
    with torch.inference_mode():
        for size in ((1, 1), (33, 50), (64, 64)):
            logits = net(torch.rand(1, 3, *size))
            low = net.features(torch.rand(1, 3, *size))[0 if head is deeplabv3plus else -1]
            assert logits.shape == (1, 3, *low.shape[2:])
    outputs = net.train().training_outputs(torch.rand(2, 3, 64, 64))
    assert [w for _, w in outputs] == [1.0, 0.4]


@pytest.mark.parametrize("head", [deeplabv3, deeplabv3plus])
@pytest.mark.parametrize(
    ("encoder", "options"),
    [("hrnet_w32", {"concat": True}), ("hrnet_w48", {"concat": True}), ("xception65", {"output_stride": 16})],
)
def test_the_full_encoders_of_the_surveys_can_be_built(head: Any, encoder: str, options: dict[str, object]):
    with torch.device("meta"):
        net = head.build({"encoder": encoder, "encoder_options": options}, 21)
    if head is deeplabv3plus:
        assert net.decode_head.c1_bottleneck.conv.in_channels == 256
    assert net.backbone.strides[0] == 4
    assert net.decode_head.aspp_modules[0].conv.in_channels == net.backbone.channels[-1]
