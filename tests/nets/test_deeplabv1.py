"""DeepLab v1 and the VGG encoder under it: output stride 8, holes, multi-scale prediction, torchvision's names."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import vgg13_bn, vgg16

from segdesk.nets.encoders import vgg
from segdesk.nets.whole import deeplabv1


@pytest.mark.parametrize(("name", "reference"), [("vgg16", vgg16), ("vgg13_bn", vgg13_bn)])
def test_vgg_has_torchvisions_parameters(name: str, reference):
    with torch.device("meta"):
        wanted = {k: v.shape for k, v in reference(weights=None).state_dict().items() if k.startswith("features")}
        assert {k: v.shape for k, v in vgg.make(name).state_dict().items()} == wanted


def test_vgg_answers_as_torchvision():
    torch.manual_seed(0)
    reference = vgg16(weights=None).features.eval()
    net = vgg.make("vgg16").eval()
    net.load_state_dict({f"features.{key}": value for key, value in reference.state_dict().items()})
    x = torch.randn(1, 3, 32, 64)
    with torch.inference_mode():
        torch.testing.assert_close(net(x)[-1], reference(x))


@pytest.mark.parametrize(("options", "strides"), [
    ({}, [2, 4, 8, 16, 32]), ({"output_stride": 8, "pool_kernel": 3}, [2, 4, 8, 8, 8]),
    ({"stages": 3, "last_pool": False}, [2, 4, 4]),
])  # fmt: skip
def test_vggs_maps_have_its_strides(options: dict[str, object], strides: list[int]):
    net = vgg.make("vgg16", width=2, **options)
    assert net.strides == strides
    for map_, stride, channels in zip(net(torch.zeros(1, 3, 33, 50)), strides, net.channels, strict=True):
        assert tuple(map_.shape[1:]) == (channels, -(-33 // stride), -(-50 // stride))


def test_vgg_refuses_poolings_of_stride_1_without_a_centre():
    with pytest.raises(ValueError, match="pool_kernel"):
        vgg.make("vgg16", output_stride=8)


def test_output_stride_is_8_by_the_last_two_poolings_and_conv5_has_rate_2():
    with torch.device("meta"):
        net = deeplabv1.build({}, 21)
    assert isinstance(net, deeplabv1.DeepLabV1)
    layers = list(net.backbone.features)
    assert [m.stride for m in layers if isinstance(m, nn.MaxPool2d)] == [2, 2, 2, 1, 1]
    convolutions = [m for m in layers if isinstance(m, nn.Conv2d)]
    assert [m.dilation for m in convolutions] == [(1, 1)] * 10 + [(2, 2)] * 3
    assert net.fc6.kernel_size == (3, 3)
    assert net.fc6.dilation == (12, 12)
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == 20.5
    assert net(torch.zeros(1, 3, 64, 100, device="meta")).shape == (1, 21, 8, 13)


def test_multi_scale_prediction_adds_640_channels():
    with torch.device("meta"):
        plain, more = (deeplabv1.build({"msc": msc}, 21) for msc in (False, True))
    assert isinstance(plain, deeplabv1.DeepLabV1)
    assert isinstance(more, deeplabv1.DeepLabV1)
    assert more.fc8.in_channels - plain.fc8.in_channels == 640
    assert [branch[0].in_channels for branch in more.msc] == [3, 64, 128, 256, 512]  # type: ignore[index]
    assert more(torch.zeros(1, 3, 65, 33, device="meta")).shape == (1, 21, 9, 5)
