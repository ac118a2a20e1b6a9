"""FastFCN's joint pyramid upsampling and EncNet's encoding layer; the reference's parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets.heads import encnet, fastfcn
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error


@pytest.mark.parametrize("head", ["psp", "aspp", "enc"])
def test_parameters_are_the_references(shared: Path, head: str):
    with torch.device("meta"):
        net = fastfcn.build({"head": head, "auxiliary": True}, 19)
    assert_same_keys(shared, f"mmseg_fastfcn_r50-d32_jpu_{head}", net)


def test_the_answer_is_the_references(shared: Path):
    assert golden_error(shared, "fastfcn_r50-d32_jpu_psp", fastfcn.build({}, 19)) < TOLERANCE


def test_an_unknown_head_is_refused():
    with pytest.raises(ValueError, match="psp, aspp, enc"):
        fastfcn.build({"head": "other"}, 3)


def test_the_encoder_strides_and_the_neck_gives_stride_8():
    with torch.device("meta"):
        net = fastfcn.build({}, 19)
        maps = net.backbone(torch.empty(1, 3, 64, 96))  # pyright: ignore[reportCallIssue]
        *finer, joint = net.neck(maps)  # pyright: ignore[reportCallIssue]
    assert net.backbone.strides == [4, 8, 16, 32]  # pyright: ignore[reportAttributeAccessIssue]
    assert [tuple(m.shape[2:]) for m in finer] == [(8, 12), (4, 6)]
    assert joint.shape == (1, 2048, 8, 12)


def test_dilations_are_1_2_4_8_and_the_depthwise_step_has_no_relu():
    neck = fastfcn.JPU([4, 8, 16, 32], width=4).eval()
    steps = [layer[0].depthwise_conv for layer in neck.dilation_layers]  # pyright: ignore[reportIndexIssue]
    assert [step.conv.dilation for step in steps] == [(1, 1), (2, 2), (4, 4), (8, 8)]
    assert all(step.conv.groups == step.conv.in_channels == 12 for step in steps)
    assert all((step(torch.randn(1, 12, 9, 9)) < 0).any() for step in steps)


def test_encoding_is_the_sum_of_weighted_residuals():
    torch.manual_seed(0)
    layer = encnet.Encoding(6, 3).double()
    x = torch.rand(2, 6, 4, 5, dtype=torch.float64)
    tokens = x.flatten(2).transpose(1, 2)
    residuals = tokens[:, :, None] - layer.codewords
    weights = (layer.scale * residuals.square().sum(3)).softmax(2)
    torch.testing.assert_close(layer.assignment(tokens), weights)
    torch.testing.assert_close(layer.assignment(tokens).sum(2), torch.ones(2, 20, dtype=torch.float64))
    torch.testing.assert_close(layer(x), (weights[..., None] * residuals).sum(1))


def test_encnet_gates_lie_between_0_and_1_and_classes_are_guessed():
    torch.manual_seed(0)
    head = encnet.Head([4, 8, 16], 3, width=8, codes=4, lateral=True).eval()
    gates: list[torch.Tensor] = []
    head.enc_module.fc.register_forward_hook(lambda _, __, gate: gates.append(gate))  # pyright: ignore[reportArgumentType]
    maps = [torch.rand(2, c, 5, 5) for c in (4, 8, 16)]
    assert head(maps).shape == (2, 3, 5, 5)
    assert head.presence(maps).shape == (2, 3)
    assert all(((g > 0) & (g < 1)).all() for g in gates)
