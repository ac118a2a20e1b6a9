"""MobileNetV3 with Lite R-ASPP: the reference's numbers of parameters and answers, sizes, the gate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from segdesk.nets import encoders
from segdesk.nets.encoders.mobilenetv3 import Evenly, Excite
from segdesk.nets.heads import lraspp
from tests.nets.places import Reference, assert_like_reference, parameters

# Of the reference, for a picture of 400x456: it takes none whose map at stride 8 is smaller than its window.
REFERENCES = {
    "mobilenet-v3-d8": Reference(3284547, (0.1187, -0.126, 0.117, -0.0517, 0.0144), 1.2),
    "mobilenet-v3-d8-s": Reference(1140787, (0.0125, -0.0924, 0.11, 0.0017, 0.0457), 1.165),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_net_is_the_references(shared: Path, name: str):
    with torch.device("meta"):
        net = lraspp.build(lraspp.VARIANTS[name], 19)
    assert parameters(net) == REFERENCES[name].parameters
    assert_like_reference(shared, net.to_empty(device="cpu"), REFERENCES[name], size=(400, 456))


@pytest.mark.parametrize("name", ["mobilenetv3_large", "mobilenetv3_small"])
def test_maps_have_strides_2_4_and_8(name: str):
    encoder = encoders.make(name, {}).eval()
    with torch.inference_mode():
        maps = encoder(torch.rand(1, 3, 45, 64))
    assert [x.shape[1] for x in maps] == encoder.channels
    assert [tuple(x.shape[2:]) for x in maps] == [(-(-45 // s), 64 // s) for s in encoder.strides]


@pytest.mark.parametrize("side", [5, 6])
def test_a_strided_convolution_is_filled_behind_rather_than_before(side: int):
    layer = Evenly(1, 1, kernel=3, stride=2, padding=0, act=None).eval()
    x = torch.rand(1, 1, side, side)
    before = 1 if side % 2 else 0
    with torch.inference_mode():
        wanted = layer.bn(F.conv2d(F.pad(x, (before, 1, before, 1)), layer.conv.weight, stride=2))
        torch.testing.assert_close(layer(x), wanted)


def test_squeeze_and_excite_only_weakens():
    x = torch.rand(1, 16, 4, 4) + 0.1
    ratio = Excite(16)(x) / x
    assert ((ratio >= 0) & (ratio <= 1)).all()


def test_there_are_no_options_of_the_encoder():
    with pytest.raises(ValueError, match="option"):
        lraspp.build({"encoder_options": {"output_stride": 16}}, 3)
