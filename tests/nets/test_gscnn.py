"""GSCNN: gates, edges, both streams' sizes; Canny's edges are OpenCV's."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
import torch

from segdesk.nets.canny import canny
from segdesk.nets.whole import gscnn


def _net(**more: object) -> Any:
    torch.manual_seed(0)
    return gscnn.build({**gscnn.SMALL, **more}, 3).eval()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("channels", [1, 3])
def test_canny_is_opencvs(seed: int, channels: int):
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (37, 53, channels), dtype=np.uint8)
    picture[5:30, 10:40] = cv2.GaussianBlur(picture, (0, 0), 1 + seed / 2).reshape(picture.shape)[5:30, 10:40]
    wanted = cv2.Canny(picture, 10 + 40 * seed, 100 + 60 * seed)
    found = canny(torch.from_numpy(picture).permute(2, 0, 1)[None], low=10 + 40 * seed, high=100 + 60 * seed)
    assert 0 < wanted.astype(bool).sum() < wanted.size
    np.testing.assert_array_equal(found[0, 0].numpy(), wanted > 0)


def test_canny_of_an_even_picture_is_empty_and_of_one_pixel_too():
    assert not canny(torch.full((2, 3, 9, 9), 77), low=10, high=100).any()
    assert not canny(torch.full((1, 3, 1, 1), 77), low=10, high=100).any()


def test_each_picture_of_a_batch_has_its_own_edges():
    x = torch.randint(0, 256, (2, 3, 20, 20), generator=torch.Generator().manual_seed(0))
    both = canny(x, low=100, high=700)
    assert torch.equal(both[1:], canny(x[1:], low=100, high=700))


def test_gates_lie_between_0_and_1():
    net = _net()
    for i in (1, 2, 3):
        gate = getattr(net, f"gate{i}")
        width = gate.weight.shape[0]
        assert width == 8 >> i
        alpha = gate.attention(torch.randn(1, width, 6, 7), torch.randn(1, 1, 6, 7))
        assert alpha.shape == (1, 1, 6, 7)
        assert ((alpha > 0) & (alpha < 1)).all()


def test_edges_are_probabilities_at_full_resolution_and_logits_at_half():
    net = _net()
    x = torch.randn(2, 3, 21, 34)
    with torch.inference_mode():
        edges = net.edges(x)
        assert edges.shape == (2, 1, 21, 34)
        assert ((edges > 0) & (edges < 1)).all()
        assert net(x).shape == (2, 3, 11, 17)


def test_the_regular_stream_opens_the_gates_of_the_shape_stream():
    net = _net()
    maps = net.maps(torch.randn(1, 3, 16, 16))
    leaves = [m.detach().requires_grad_() for m in maps]
    net.shape_stream(leaves, torch.Size((16, 16))).sum().backward()
    assert [m.grad is not None for m in leaves] == [True, False, True, True, False, False, True]


def test_canny_edges_are_of_the_picture_or_of_the_wrapped_numbers():
    picture = torch.zeros(1, 3, 12, 12)
    picture[..., 6:] = 200
    mean, std = (torch.tensor(v)[:, None, None] for v in (_net().mean, _net().std))
    x = (picture - mean) / std
    edges = _net().canny_edges(x)
    assert set(edges.unique().tolist()) == {0.0, 255.0}
    assert set(edges[0, 0].nonzero()[:, 1].tolist()) <= {5, 6}
    wrapped = _net(canny="wrapped").canny_edges(x)  # -2.1 becomes 254 and 1.4 becomes 1
    assert wrapped.any()
    with pytest.raises(ValueError, match="picture or wrapped"):
        _net(canny="none")


def test_the_trunk_and_the_names_are_the_published_ones():
    with torch.device("meta"):
        net: Any = gscnn.build({}, 19)
    assert net.channels == [64, 128, 256, 512, 1024, 2048, 4096]
    assert net.strides == [1, 2, 4, 8, 8, 8, 8]
    names = net.state_dict()
    assert names["mod4.block1.proj_conv.weight"].shape == (512, 256, 1, 1)
    assert names["mod7.block1.convs.conv3.weight"].shape == (4096, 2048, 1, 1)
    assert names["gate2._gate_conv.0.weight"].shape == (17,)
    assert names["aspp.edge_conv.0.weight"].shape == (256, 1, 1, 1)
    assert names["bot_aspp.weight"].shape == (256, 1536, 1, 1)
    assert names["final_seg.6.weight"].shape == (19, 256, 1, 1)
    assert [branch[0].dilation[0] for branch in net.aspp.features] == [1, 12, 24, 36]
    assert sum(p.numel() for p in net.parameters()) == pytest.approx(137e6, rel=0.02)
