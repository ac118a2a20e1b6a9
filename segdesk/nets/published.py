"""The encoders with which OpenMMLab publishes its systems, by the piece of a configuration's name that tells them:
"pspnet_r101-d8_4xb4-40k_voc12aug-512x512" has the encoder "r101-d8"."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

Options = dict[str, object]

# Strides stay, dilations come on top: what the name means by d32.
_STRIDED = {"strides": [1, 2, 2, 2], "dilations": [1, 1, 2, 4]}
_NARROW: Options = {"width": 128, "auxiliary_options": {"width": 64}}


def _resnet(depth: int, stem: str, stride: int, **more: object) -> Options:
    return {"encoder": f"resnet{depth}{stem}", "encoder_options": {"output_stride": stride, **more}}


# "b" is the plain stem, "d8" the output stride, "mg124" the dilations of the last stage.
ENCODERS: Mapping[str, Options] = {
    "r50-d8": _resnet(50, "_v1c", 8),
    "r101-d8": _resnet(101, "_v1c", 8),
    "r18-d8": {**_resnet(18, "_v1c", 8), **_NARROW},
    "r50b-d8": _resnet(50, "", 8),
    "r101b-d8": _resnet(101, "", 8),
    "r18b-d8": {**_resnet(18, "", 8), **_NARROW},
    "r50-d16": _resnet(50, "_v1c", 16),
    "r101-d16": _resnet(101, "_v1c", 16),
    "r50b-d16": _resnet(50, "", 16),
    "r101b-d16": _resnet(101, "", 16),
    "r101-d16-mg124": _resnet(101, "_v1c", 16, multi_grid=[1, 2, 4]),
    "r50-d32": _resnet(50, "_v1c", 8, **_STRIDED),
    "r50b-d32": _resnet(50, "", 8, **_STRIDED),
    "mobilenet-v2-d8": {"encoder": "mobilenetv2", "encoder_options": {"output_stride": 8}},
    "s101-d8": {"encoder": "resnest101", "encoder_options": {"output_stride": 8}},
}


def variants(*names: str, narrow: Mapping[str, object] | None = None) -> dict[str, Options]:
    """Those of `ENCODERS`, as a head's `VARIANTS`; `narrow` are the head's own options with a ResNet-18."""
    found = {name: deepcopy(ENCODERS[name]) for name in names}
    for name, options in found.items():
        if name.startswith("r18"):
            options.update(narrow or {})
    return found


# DeepLab on encoders that nobody has published weights for: to be trained, or for a file of one's own.
WITHOUT_WEIGHTS: dict[str, dict[str, object]] = {
    name: {"encoder": encoder, "encoder_options": options, "width": 256, "bottleneck": 1}
    for name, encoder, options in (
        ("xception65-d16", "xception65", {"output_stride": 16}),
        ("hrnet-w32", "hrnet_w32", {"concat": True}),
        ("hrnet-w48", "hrnet_w48", {"concat": True}),
    )
}
