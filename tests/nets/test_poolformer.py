"""PoolFormer as an encoder: the mean in the place of attention, any size, the reference's parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.nets import encoders
from segdesk.nets.encoders import poolformer
from segdesk.nets.heads import sem_fpn
from tests.nets.places import Reference, assert_like_reference, parameters

# Semantic FPN on them with 150 classes, of the reference.
REFERENCES = {
    "poolformer_s12": Reference(15669846, (-0.177, -0.5611, 0.0277, -0.7978, 1.3154), 6.95),
    "poolformer_s24": Reference(25143638, (-0.1535, -0.809, 0.1001, -0.8867, 1.2649), 7.087),
}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_net_is_the_references(shared: Path, name: str):
    with torch.device("meta"):
        net = sem_fpn.build({"encoder": name}, 150)
    assert parameters(net) == REFERENCES[name].parameters
    assert_like_reference(shared, net.to_empty(device="cpu"), REFERENCES[name])


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 70)])
def test_any_size_is_answered(size: tuple[int, int]):
    encoder = encoders.make("poolformer_s12", {"depths": (1, 1, 1, 1), "widths": (8, 8, 16, 16)}).eval()
    with torch.inference_mode():
        maps = encoder(torch.rand(1, 3, *size))
    assert [x.shape[1] for x in maps] == encoder.channels
    assert all(torch.isfinite(x).all() for x in maps)


def test_strides_are_4_8_16_and_32():
    encoder = encoders.make("poolformer_s12", {"depths": (1, 1, 1, 1), "widths": (8, 8, 16, 16)}).eval()
    with torch.inference_mode():
        assert [64 // x.shape[2] for x in encoder(torch.rand(1, 3, 64, 64))] == encoder.strides


def test_the_mixer_takes_the_pixel_from_its_neighbourhoods_mean():
    x = torch.arange(9.0).reshape(1, 1, 3, 3)
    mixed = poolformer.Mixer()(x)
    assert mixed[0, 0, 1, 1] == 0
    assert mixed[0, 0, 0, 0] == x[0, 0, :2, :2].mean()  # the border has no zeros around it
    flat = torch.full((1, 2, 4, 4), 3.0)
    torch.testing.assert_close(poolformer.Mixer()(flat), torch.zeros_like(flat))
