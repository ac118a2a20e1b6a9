"""U-Net: the reference's parameters and answer, the paper's valid convolutions, concatenation of the skips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.nets.encoders import unet as encoder
from segdesk.nets.whole import unet
from segdesk.nets.whole.unet import UNet, mirrored
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error


def test_parameters_are_openmmlabs(shared: Path):
    with torch.device("meta"):
        assert_same_keys(shared, "mmseg_unet-s5-d16_fcn", unet.build({"auxiliary": True}, 19))


def test_the_answer_is_openmmlabs(shared: Path):
    assert golden_error(shared, "unet-s5-d16_fcn", unet.build({}, 19)) < TOLERANCE


def test_sizes_of_the_systems():
    with torch.device("meta"):
        found = {
            name: sum(p.numel() for p in unet.build(unet.VARIANTS[name], 2).parameters())
            for name in ("paper", "padded", "padded-bilinear", "unet-s5-d16_fcn")
        }
    assert round(found["unet-s5-d16_fcn"] / 1e6, 1) == 29.0
    assert found["paper"] == 31_031_810
    assert found["padded"] == 31_037_698
    assert found["padded-bilinear"] == 17_263_042


def test_each_step_up_concatenates_the_stage_of_its_size():
    with torch.device("meta"):
        body = encoder.make("unet_s5_d16")
    assert body.channels == [64, 128, 256, 512, 1024]
    for up, skip in zip(body.decoder, body.channels, strict=False):
        assert up.conv_block.convs[0].conv.in_channels == 2 * skip
    maps = body(torch.zeros(1, 3, 33, 50, device="meta"))
    assert [m.shape[1] for m in maps] == body.channels
    assert [tuple(m.shape[2:]) for m in maps] == [(33, 50), (17, 25), (9, 13), (5, 7), (3, 4)]


def test_the_papers_form_turns_572_pixels_into_388():
    with torch.device("meta"):
        net = UNet(2, valid=True)
    assert net._sides(388) == (92, 92)
    assert net._sides(1) == (92, 92 + 3)  # the next answer that fits is of 4 pixels
    seen = []
    net.outc.register_forward_hook(lambda _m, _i, output: seen.append(output.shape[2]))
    net.inc.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0].shape[2]))
    assert net(torch.zeros(1, 3, 388, 388, device="meta")).shape == (1, 2, 388, 388)
    assert seen == [572, 388]


def test_valid_convolutions_answer_a_pixel_by_its_surroundings_alone():
    """The answer of a large picture is that of its parts: no border of zeros is anywhere."""
    torch.manual_seed(0)
    net = UNet(2, valid=True, width=4, depth=2).eval()
    x = torch.rand(1, 3, 80, 80)
    with torch.inference_mode():
        whole, part = net(x), net(x[:, :, 8:72, 8:72])
    margin = net.margin
    torch.testing.assert_close(whole[:, :, 8 + margin : 72 - margin, 40], part[:, :, margin:-margin, 32])


@pytest.mark.parametrize("length", [1, 2, 5])
def test_mirroring_goes_on_and_on(length: int):
    x = torch.rand(1, 1, length, 3)
    wanted = np.pad(x.numpy(), ((0, 0), (0, 0), (7, 9), (0, 4)), mode="reflect")
    assert np.array_equal(mirrored(x, (7, 9), (0, 4)).numpy(), wanted)


@pytest.mark.parametrize("style", ["paper", "padded"])
def test_skips_are_concatenated_not_added(style: str):
    net = unet.build({"style": style, "width": 4}, 2)
    assert isinstance(net, UNet)
    assert [net.get_submodule(f"up{i}.conv.double_conv.0").get_parameter("weight").shape[1] for i in range(1, 5)] == [
        64, 32, 16, 8,
    ]  # fmt: skip


def test_unknown_options_are_told():
    for options in ({"style": "mine"}, {"style": "paper", "head": "fcn"}, {"head": "mine"}, {"nonsense": 1}):
        with pytest.raises(ValueError):
            unet.build(options, 2)


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (33, 50)])
@pytest.mark.parametrize(
    "options",
    [
        {"style": "padded", "width": 4},
        {"style": "padded", "width": 4, "bilinear": True},
        *({"head": head, "encoder_options": {"base": 4}, "width": 8} for head in unet.HEADS),
    ],
)
def test_every_style_answers_any_size(options: dict[str, object], size: tuple[int, int]):
    net = unet.build(options, 3).eval()
    with torch.inference_mode():
        answer = net(torch.rand(1, 3, *size))
    assert answer.shape == (1, 3, *size)
    assert torch.isfinite(answer).all()
