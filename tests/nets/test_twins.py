"""Twins as encoders: windows, their filling, reduced attention; the reference's numbers of parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets import encoders
from segdesk.nets.encoders import twins
from segdesk.nets.heads import sem_fpn
from tests.nets.places import Reference, assert_like_reference, parameters

# Semantic FPN on them with 150 classes, of the reference.
REFERENCES = {
    "twins_pcpvt_s": Reference(27858838, (-0.2577, 0.511, -3.1781, 0.2412, 1.8929), 13.655),
    "twins_svt_s": Reference(27798934, (0.005, 0.5796, -0.4278, -0.3528, 1.8817), 7.514),
    "twins_svt_b": Reference(59676438, (-0.1597, 0.0075, -0.2169, -0.4826, 2.3635), 6.735),
}
TINY = {"widths": (8, 8, 16, 16), "heads": (1, 1, 2, 2), "widen": (2, 2, 2, 2), "depths": (2, 2, 2, 2)}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_net_is_the_references(shared: Path, name: str):
    with torch.device("meta"):
        net = sem_fpn.build({"encoder": name}, 150)
    assert parameters(net) == REFERENCES[name].parameters
    assert_like_reference(shared, net.to_empty(device="cpu"), REFERENCES[name])


@pytest.mark.parametrize("name", ["twins_pcpvt_s", "twins_svt_s"])
@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 70)])
def test_any_size_is_answered(name: str, size: tuple[int, int]):
    encoder = encoders.make(name, TINY).eval()
    with torch.inference_mode():
        maps = encoder(torch.rand(1, 3, *size))
    for x, channels, stride in zip(maps, encoder.channels, encoder.strides, strict=True):
        assert x.shape == (1, channels, -(-size[0] // stride), -(-size[1] // stride))
        assert torch.isfinite(x).all()


def test_a_token_sees_its_window_only():
    torch.manual_seed(0)
    attention = twins.WindowAttention(8, 2, 3)
    x = torch.randn(1, 36, 8, requires_grad=True)
    attention(x, torch.Size((6, 6)))[0, 0].sum().backward()
    assert x.grad is not None
    assert x.grad[0].abs().sum(1).nonzero()[:, 0].tolist() == [0, 1, 2, 6, 7, 8, 12, 13, 14]


def test_filling_is_told_apart_only_where_it_is_on_both_sides():
    attention = twins.WindowAttention(8, 2, 3)
    like = torch.zeros(1)
    assert attention._mask(torch.Size((6, 6)), 0, 0, like) is None
    assert attention._mask(torch.Size((5, 6)), 1, 0, like) is None
    mask = attention._mask(torch.Size((2, 2)), 1, 1, like)
    assert mask is not None
    real = [0, 1, 3, 4]
    seen = (mask[0] == 0).nonzero().tolist()
    assert {(i, j) for i, j in seen if i in real} == {(i, j) for i in real for j in real}


def test_the_position_is_added_after_the_first_layer_of_each_stage():
    encoder = encoders.make("twins_svt_s", TINY).eval()
    calls: list[str] = []
    for i in range(4):
        encoder.position_encodings[i].register_forward_hook(lambda *_, i=i: calls.append(f"p{i}"))
        for layer in encoder.layers[i]:
            layer.register_forward_hook(lambda *_, i=i: calls.append(f"l{i}"))
    with torch.inference_mode():
        encoder(torch.rand(1, 3, 32, 32))
    assert calls == [word for i in range(4) for word in (f"l{i}", f"p{i}", f"l{i}")]
