"""The nuclei net: sizes, what it can see, that exposure does not matter, and the weights that ship with it."""

from __future__ import annotations

import pytest
import torch

from segdesk.nets.nuclei_unet import NucleiUNet, build, standardised

SMALL = {"widths": [8, 8, 8, 8, 8, 8]}


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (33, 47), (2, 2), (1, 5), (70, 31)])
def test_the_output_has_the_pictures_size(size: tuple[int, int]):
    net = build(SMALL, 1).eval()
    assert net(torch.rand(2, 3, *size)).shape == (2, 4, *size)


def test_size_of_the_net():
    net = build({}, 1)
    assert net.output == "cells"
    assert sum(p.numel() for p in net.parameters()) == 2_572_316


def test_it_knows_one_class():
    with pytest.raises(ValueError, match="one class"):
        build({}, 2)


def test_a_pixel_sees_a_whole_large_nucleus():
    # Nuclei of the training data are up to about 100 pixels wide: the middle must see both borders.
    net = NucleiUNet((4, 4, 4, 4, 4, 4)).eval()
    x = torch.rand(1, 3, 256, 256, requires_grad=True)
    features = x
    skips = [features := net.stem(features)]
    for step in net.down:
        skips.append(features := step(features))
    features = net.bottom(skips.pop())
    for step in net.up:
        features = step(features, skips.pop())
    features[0, :, 128, 128].sum().backward()
    assert x.grad is not None
    touched = (x.grad[0].abs().sum(0) > 0).nonzero()
    assert touched.min() <= 64
    assert touched.max() >= 192


def test_exposure_does_not_matter():
    x = torch.rand(1, 3, 40, 40) * 0.5 + 0.2
    assert torch.allclose(standardised(x), standardised(x * 1.5 + 0.05), atol=0.05)


def test_a_flat_picture_stays_flat():
    assert standardised(torch.full((1, 3, 16, 16), 0.3)).abs().max() < 1e-3


def test_pictures_of_a_batch_do_not_mix():
    net = build(SMALL, 1).eval()
    a, b = torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40) * 0.1
    together = net(torch.cat([a, b]))
    assert torch.allclose(together[0], net(a)[0], atol=1e-5)
    assert torch.allclose(together[1], net(b)[0], atol=1e-5)
