"""ResNet, its relatives and MobileNetV2 as encoders; torchvision's nets are independent witnesses."""

from __future__ import annotations

import pytest
import torch
import torchvision
from torch import nn

from segdesk.nets import encoders
from segdesk.nets.encoders.resnet import NAMES
from segdesk.nets.layouts import LAYOUTS

SMALL = {"base": 4, "stem_width": 8}


def rates(encoder: nn.Module, stage: int) -> list[int]:
    """The dilations of the 3x3 convolutions that a stage's blocks dilate."""
    return [block.conv2.dilation[0] for block in getattr(encoder, f"layer{stage}")]


@pytest.mark.parametrize("name", ["resnet50", "resnet50_v1c", "resnet50_v1d", "resnet18", "resnest50", "mobilenetv2"])
@pytest.mark.parametrize("output_stride", [8, 16, 32])
def test_maps_have_the_channels_and_strides_that_are_said(name: str, output_stride: int):
    small = {"width_factor": 0.25} if name == "mobilenetv2" else SMALL
    encoder = encoders.make(name, {"output_stride": output_stride, **small})
    maps = encoder.eval()(torch.rand(1, 3, 64, 96))
    assert encoder.strides == [4, 8, min(16, output_stride), output_stride]
    for x, channels, stride in zip(maps, encoder.channels, encoder.strides, strict=True):
        assert x.shape == (1, channels, 64 // stride, 96 // stride)


def test_a_lost_stride_becomes_a_dilation_from_the_second_block_on():
    with torch.device("meta"):
        eight, sixteen = (encoders.make("resnet50", {"output_stride": n}) for n in (8, 16))
    assert (rates(eight, 3), rates(eight, 4)) == ([1, 2, 2, 2, 2, 2], [2, 4, 4])
    assert (rates(sixteen, 3), rates(sixteen, 4)) == ([1] * 6, [1, 2, 2])


def test_multi_grid_gives_the_last_stage_a_dilation_each_block():
    with torch.device("meta"):
        encoder = encoders.make("resnet101_v1c", {"output_stride": 16, "multi_grid": [1, 2, 4]})
    assert rates(encoder, 4) == [1, 2, 4]


def test_strides_and_dilations_may_be_given_themselves():
    with torch.device("meta"):
        encoder = encoders.make("resnet50_v1c", {"strides": (1, 2, 2, 2), "dilations": (1, 1, 2, 4)})
    assert encoder.strides == [4, 8, 16, 32]
    assert rates(encoder, 4) == [2, 4, 4]


def test_another_output_stride_is_refused():
    for name in ("resnet18", "mobilenetv2"):
        with pytest.raises(ValueError):
            encoders.make(name, {"output_stride": 4})


@pytest.mark.parametrize("depth", [18, 50])
def test_the_plain_one_is_torchvisions(depth: int):
    torch.manual_seed(depth)
    replaced = None if depth == 18 else [False, True, True]
    theirs = getattr(torchvision.models, f"resnet{depth}")(weights=None, replace_stride_with_dilation=replaced).eval()
    ours = encoders.make(f"resnet{depth}", {"output_stride": 32 if depth == 18 else 8}).eval()
    state = {key: value for key, value in theirs.state_dict().items() if not key.startswith("fc.")}
    ours.load_state_dict(state)
    x = torch.rand(1, 3, 33, 47)
    with torch.inference_mode():
        y = theirs.maxpool(theirs.relu(theirs.bn1(theirs.conv1(x))))
        y = theirs.layer4(theirs.layer3(theirs.layer2(theirs.layer1(y))))
        assert torch.equal(ours(x)[-1], y)


def test_the_deep_stem_is_three_convolutions():
    encoder = encoders.make("resnet18_v1c", {})
    convolutions = [m for m in encoder.stem if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.stride[0]) for c in convolutions] == [
        (3, 32, 2),
        (32, 32, 1),
        (32, 64, 1),
    ]
    assert len([name for name in NAMES if name.startswith("resnet")]) == 15
    assert len([name for name in NAMES if name.startswith("resnext")]) == 6


def test_v1d_pools_where_v1c_skips():
    pools = [m for m in encoders.make("resnet50_v1d", SMALL).modules() if isinstance(m, nn.AvgPool2d)]
    assert [pool.stride for pool in pools] == [1, 2, 2, 2]
    assert not [m for m in encoders.make("resnet50_v1c", SMALL).modules() if isinstance(m, nn.AvgPool2d)]


def test_mobilenet_is_torchvisions_under_other_names():
    torch.manual_seed(0)
    theirs = torchvision.models.mobilenet_v2(weights=None).eval()
    ours = nn.ModuleDict({"backbone": encoders.make("mobilenetv2", {"output_stride": 32})}).eval()
    names = LAYOUTS["vainf"].keys(f"backbone.{key}" for key in theirs.state_dict() if key.startswith("features."))
    state = {new: theirs.state_dict()[old.removeprefix("backbone.")] for old, new in names.items()}
    ours.load_state_dict({key: value for key, value in state.items() if not key.startswith("backbone.features.18")})
    x = torch.rand(1, 3, 49, 31)
    with torch.inference_mode():
        maps = ours["backbone"](x)
        assert torch.equal(maps[-1], theirs.features[:18](x))
        assert torch.equal(maps[0], theirs.features[:4](x))


def depthwise(encoder: nn.Module) -> list[int]:
    return [m.dilation[0] for m in encoder.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]


def test_mobilenets_dilations_are_the_references_or_deeplabs():
    with torch.device("meta"):
        first = encoders.make("mobilenetv2", {"output_stride": 8})
        all_ = encoders.make("mobilenetv2", {"output_stride": 8, "variant": "vainf"})
    assert depthwise(first) == [1] * 6 + [2, 1, 1, 1] + [2, 1, 1] + [4, 1, 1] + [4]
    assert depthwise(all_) == [1] * 6 + [1, 2, 2, 2] + [2, 2, 2] + [2, 4, 4] + [4]


def test_split_attention_weighs_its_splits_to_one():
    attention = encoders.make("resnest50", SMALL).layer1[0].conv2.eval()
    nn.init.zeros_(attention.fc2.weight)
    nn.init.zeros_(attention.fc2.bias)
    x = torch.rand(1, 4, 5, 6)
    with torch.no_grad():
        splits = torch.relu(attention.bn0(attention.conv(x))).unflatten(1, (2, -1))
        assert torch.allclose(attention(x), splits.mean(1))
