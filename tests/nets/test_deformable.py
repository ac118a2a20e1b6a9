"""Deformable convolutions: as they begin, they are plain ones; the offsets move the taps; names of the encoders."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from segdesk.nets import encoders
from segdesk.nets.deformable import DeformableConv
from segdesk.nets.encoders import resnet_dcn


@pytest.mark.parametrize(("modulated", "factor"), [(False, 1.0), (True, 0.5)])
def test_at_first_it_is_a_plain_convolution(modulated: bool, factor: float):
    conv = DeformableConv(4, 6, 3, stride=2, padding=2, dilation=2, groups=2, bias=False, modulated=modulated)
    x = torch.rand(2, 4, 9, 7)
    plain = F.conv2d(x, conv.weight, stride=2, padding=2, dilation=2, groups=2)
    assert torch.allclose(conv(x), factor * plain, atol=1e-5)


def test_offsets_go_down_then_right_for_each_tap():
    conv = DeformableConv(1, 1, 1, bias=False, modulated=False)
    conv.conv_offset.bias.data = torch.tensor([1.0, 2.0])  # one down, two right
    x = torch.rand(1, 1, 5, 6)
    assert torch.allclose(conv(x)[0, 0, :4, :4], conv.weight[0, 0, 0, 0] * x[0, 0, 1:, 2:], atol=1e-6)


@pytest.mark.parametrize(("name", "taps"), [("resnet50_dcn", 18), ("resnext101_64x4d_dcnv2", 27)])
def test_the_last_three_stages_are_deformable(name: str, taps: int):
    with torch.device("meta"):
        state = encoders.make(name, {}).state_dict()
    assert state["layer2.0.conv2.conv_offset.weight"].shape[0] == taps
    assert state["layer4.2.conv2.conv_offset.bias"].shape == (taps,)
    assert not any(key.startswith("layer1") and "offset" in key for key in state)
    plain = name.rpartition("_")[0]
    with torch.device("meta"):
        base = encoders.make(plain, {}).state_dict()
    assert {k: v.shape for k, v in state.items() if "conv_offset" not in k} == {k: v.shape for k, v in base.items()}


def test_a_small_one_answers_any_size():
    net = resnet_dcn.make("resnet50_dcnv2", base=4, stem_width=4).eval()
    with torch.inference_mode():
        assert [m.shape[2:] for m in net(torch.rand(1, 3, 1, 1))] == [(1, 1)] * 4
        assert net(torch.rand(2, 3, 33, 50))[-1].shape[2:] == (2, 2)
