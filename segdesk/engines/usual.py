"""What is usual for nets that find objects, where a file does not say it: how they take pictures, and thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segdesk.domain.card import InputSpec

_OBJECTS = InputSpec(fit="short:800/1333", multiple=32, pad="zero")
_TURNED = InputSpec((103.53, 116.28, 123.675), (57.375, 57.12, 58.395), "bgr")
_INPUTS: Mapping[str, InputSpec] = {
    "torchvision_instance": InputSpec((0.0, 0.0, 0.0), (255.0, 255.0, 255.0), fit="long:1333"),
    "panoptic_deeplab": InputSpec(multiple=16),
    "blendmask": replace(_TURNED, std=(1.0, 1.0, 1.0), fit="short:800/1333", multiple=32, pad="zero"),
    "rtmdet_ins": replace(_TURNED, fit="short:640/640", multiple=32, pad="zero"),
    "yolact": InputSpec((123.68, 116.78, 103.94), (58.4, 57.12, 57.38), fit="square:550"),
}
# Published thresholds; the scores of nets of one stage are lower.
_LOWER = {"confidence": 0.3}
_DECIDE: Mapping[str, Mapping[str, float]] = {
    "panoptic_deeplab": {"confidence": 0.0, "overlap": 0.0, "stuff_area": 2048},
    "panoptic_fpn": {"confidence": 0.6, "overlap": 0.5, "stuff_area": 4096},
    "blendmask": {"confidence": 0.35},
    **dict.fromkeys(("condinst", "decoupled_solo", "rtmdet_ins", "solo", "solov2", "yolact"), _LOWER),
}
_BACKGROUND = ("torchvision_instance",)  # OpenMMLab's and detectron2's have it last, or not at all


def usual_input(net_type: str, task: str) -> InputSpec:
    """How a net of this type takes pictures as published."""
    return _INPUTS.get(net_type, InputSpec() if task == "semantic" else _OBJECTS)


def told_input(told: InputSpec, net_type: str, task: str) -> InputSpec:
    """The normalisation that a file tells, with the size that is usual where it names none."""
    usual = usual_input(net_type, task)
    if task == "semantic" or told.fit != "native":
        return told
    return replace(told, fit=usual.fit, multiple=usual.multiple, pad=usual.pad)


def usual_decide(net_type: str) -> Mapping[str, float]:
    """Thresholds of a card's [decide]; empty = the program's."""
    return _DECIDE.get(net_type, {})


def has_background(net_type: str) -> bool:
    """Whether channel 0 of a net that finds objects is the background."""
    return net_type in _BACKGROUND
