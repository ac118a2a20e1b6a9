"""SegNet and DeconvNet: the mirrored VGG16 and unpooling by stored places."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from segdesk.nets.whole import deconvnet, segnet
from segdesk.nets.whole.segnet import pooled, unpooled


@pytest.mark.parametrize("size", [(1, 1), (5, 7), (8, 6)])
def test_unpooling_puts_maxima_back_and_zeros_elsewhere(size: tuple[int, int]):
    x = torch.rand(2, 3, *size) + 1
    maxima, places = pooled(x)
    back = unpooled(maxima, places, size)
    assert back.shape == x.shape
    kept = back != 0
    torch.testing.assert_close(back[kept], x[kept])
    assert kept.sum() == maxima.numel()
    for row in range(0, size[0], 2):
        for column in range(0, size[1], 2):
            cell = (slice(None), slice(None), slice(row, row + 2), slice(column, column + 2))
            assert torch.equal(back[cell].amax((2, 3)), x[cell].amax((2, 3)))


def test_segnet_has_13_and_13_convolutions_and_its_size():
    with torch.device("meta"):
        net = segnet.build({}, 12)
    assert isinstance(net, segnet.SegNet)
    count = [sum(isinstance(m, nn.Conv2d) for m in half.modules()) for half in (net.encoder, net.decoder)]
    assert count == [13, 13]
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == 29.4


def test_deconvnet_is_segnet_with_a_middle():
    with torch.device("meta"):
        net = deconvnet.build({}, 21)
    assert isinstance(net, deconvnet.DeconvNet)
    assert tuple(net.fc6.conv.weight.shape) == (4096, 512, 7, 7)
    assert tuple(net.fc7.conv.weight.shape) == (4096, 4096, 1, 1)
    assert round(sum(p.numel() for p in net.parameters()) / 1e6) == 252
    assert not any(isinstance(m, nn.Conv2d) for m in net.decoder.modules())


@pytest.mark.parametrize("size", [(224, 224), (20, 40)])
def test_deconvnets_middle_sees_the_whole_pooled_map_of_the_papers_pictures(size: tuple[int, int]):
    net = deconvnet.DeconvNet(2, width=2, fc=4).eval()
    seen: list[tuple[int, ...]] = []
    net.fc7.register_forward_hook(lambda _m, inputs, _o: seen.append(tuple(inputs[0].shape[2:])))
    with torch.inference_mode():
        assert net(torch.rand(1, 3, *size)).shape == (1, 2, *size)
    assert seen == [(1, 1)]
