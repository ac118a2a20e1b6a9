"""How the parameters of published files are called, and what makes them ours: a table of renames for each maker.

`renames` are pairs for `re.sub`, applied in order to every key; a key at whose beginning one of `drop` matches (after
the renames) is left out. Cards name a layout in `[weights] layout`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# The blocks of MobileNetV2's seven stages (Sandler et al., arXiv:1801.04381, table 2).
_MOBILE_BLOCKS = (1, 2, 3, 4, 3, 3, 1)


@dataclass(frozen=True)
class Layout:
    """What one maker's keys need: `renames` in order, then `drop`."""

    renames: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()

    def key(self, name: str) -> str | None:
        """Our name of the file's parameter `name`, None if it is left out."""
        for pattern, replacement in self.renames:
            name = re.sub(pattern, replacement, name)
        return None if any(re.match(pattern, name) for pattern in self.drop) else name

    def keys(self, names: Iterable[str]) -> dict[str, str]:
        """Our names of all `names` that are kept: file's name to ours."""
        found = {name: self.key(name) for name in names}
        return {name: ours for name, ours in found.items() if ours is not None}


def _convbn(old: str, new: str, conv: int = 0, norm: int = 1) -> tuple[tuple[str, str], ...]:
    """A convolution and its batch norm, numbered in a Sequential there, named here."""
    return (rf"^{old}\.{conv}\.", f"{new}.conv."), (rf"^{old}\.{norm}\.", f"{new}.bn.")


def _aspp(old: str) -> tuple[tuple[str, str], ...]:
    """torchvision's ASPP module: a 1x1 branch, three dilated ones, pooling, and the projection of all."""
    renames = _convbn(rf"{old}\.convs\.([0-3])", r"decode_head.aspp_modules.\1")
    renames += _convbn(rf"{old}\.convs\.4", "decode_head.image_pool.1", 1, 2)
    return renames + _convbn(rf"{old}\.project", "decode_head.bottleneck")


def _deeplab_v3(old: str) -> tuple[tuple[str, str], ...]:
    """The head as torchvision numbers it: ASPP, 3x3 convolution, batch norm, ReLU, classifier."""
    refine = _convbn(old, "decode_head.refine.0", 1, 2)
    return (*_aspp(rf"{old}\.0"), *refine, (rf"^{old}\.4\.", "decode_head.conv_seg."))


def _mobilenet() -> tuple[tuple[str, str], ...]:
    """torchvision's numbered `features`, which VainF cut into low-level and high-level ones, to stages and blocks."""
    features = r"^backbone\.(?:low_level_|high_level_)?features\."
    renames: list[tuple[str, str]] = [(features, "backbone.features.")]
    renames += _convbn(r"backbone\.features\.0", "backbone.conv1")
    index = 1
    for stage, blocks in enumerate(_MOBILE_BLOCKS, 1):
        for block in range(blocks):
            renames.append((rf"^backbone\.features\.{index}\.", f"backbone.layer{stage}.{block}."))
            index += 1
    first, others = r"(backbone\.layer1\.0\.conv)", r"(backbone\.layer[2-7]\.\d\.conv)"
    renames += _convbn(rf"{first}\.0", r"\1.0") + _convbn(first, r"\1.1", 1, 2)
    renames += _convbn(rf"{others}\.([01])", r"\1.\2") + _convbn(others, r"\1.2", 2, 3)
    return tuple(renames)


_VAINF = (*_deeplab_v3(r"classifier\.classifier"), *_mobilenet())
_VAINF_PLUS = (
    *_convbn(r"classifier\.project", "decode_head.c1_bottleneck"),
    *_aspp(r"classifier\.aspp"),
    *_convbn(r"classifier\.classifier", "decode_head.refine.0"),
    (r"^classifier\.classifier\.3\.", "decode_head.conv_seg."),
    *_mobilenet(),
)

# DrSleep's RefineNet: block 1 is the coarsest, ours is listed fine to coarse.
_REFINE = (
    (r"^(conv1|bn1|layer\d)\.", r"backbone.\1."),
    (r"^clf_conv\.", "decode_head.conv_seg."),
    *((rf"^p_ims1d2_outl{i}_dimred\.", f"decode_head.blocks.{4 - i}.reduce.") for i in range(1, 5)),
    *((rf"^adapt_stage{i}_b\.0\.", f"decode_head.blocks.{4 - i}.adapt.") for i in range(1, 5)),
    *((rf"^adapt_stage{i}_b2_joint_varout_dimred\.", f"decode_head.blocks.{4 - i}.fuse_fine.") for i in range(2, 5)),
    *((rf"^mflow_conv_g{i}_b3_joint_varout_dimred\.", f"decode_head.blocks.{3 - i}.fuse_coarse.") for i in range(1, 4)),
    *((rf"^mflow_conv_g{i}_pool\.0\.", f"decode_head.blocks.{4 - i}.pool.") for i in range(1, 5)),
    *((rf"^mflow_conv_g{i}_b\.0\.", f"decode_head.blocks.{4 - i}.output.") for i in range(1, 5)),
    *((rf"(adapt|output)\.{i}_conv\.", rf"\1.{i - 1}.conv1.") for i in range(1, 4)),
    *((rf"(adapt|output)\.{i}_conv_relu_varout_dimred\.", rf"\1.{i - 1}.conv2.") for i in range(1, 4)),
    *((rf"pool\.{i}_outvar_dimred\.", f"pool.convs.{i - 1}.") for i in range(1, 5)),
)

_D2_HEADS = r"^((?:sem_seg_head|ins_embed_head)\."
# The stages of detectron2's ResNet.
_D2_STAGES = (
    *((rf"^backbone\.res{i + 1}\.", f"backbone.layer{i}.") for i in range(1, 5)),
    (r"^(backbone\.layer\d\.\d+)\.shortcut\.norm\.", r"\1.downsample.1."),
    (r"^(backbone\.layer\d\.\d+)\.shortcut\.", r"\1.downsample.0."),
    (r"^(backbone\.layer\d\.\d+)\.conv(\d)\.norm\.", r"\1.bn\2."),
)

# AdelaiDet's pyramid over detectron2's ResNet: its numbers are powers of two, ours count from the finest map.
_ADELAIDET = (
    (r"^backbone\.bottom_up\.", "backbone."),
    (r"^backbone\.stem\.conv1\.norm\.", "backbone.bn1."),
    (r"^backbone\.stem\.conv1\.", "backbone.conv1."),
    *_D2_STAGES,
    *((rf"^backbone\.fpn_lateral{i + 3}\.", f"neck.lateral_convs.{i}.conv.") for i in range(3)),
    *((rf"^backbone\.fpn_output{i + 3}\.", f"neck.fpn_convs.{i}.conv.") for i in range(3)),
    *((rf"^backbone\.top_block\.p{i + 6}\.", f"neck.fpn_convs.{i + 3}.conv.") for i in range(2)),
)

# detectron2's ResNet with the deep stem, and the heads of its Panoptic-DeepLab: a layer has its norm inside.
_DETECTRON2 = (
    *((rf"^backbone\.stem\.conv{i + 1}\.norm\.", f"backbone.stem.{3 * i + 1}.") for i in range(3)),
    *((rf"^backbone\.stem\.conv{i + 1}\.", f"backbone.stem.{3 * i}.") for i in range(3)),
    *_D2_STAGES,
    (rf"{_D2_HEADS}.*)\.(depthwise|pointwise)\.", r"\1.\2_conv."),
    (rf"{_D2_HEADS}.*)\.norm\.", r"\1.bn."),
    (rf"{_D2_HEADS}.*(?:\.\d|_conv|\.project))\.(weight|bias)$", r"\1.conv.\2"),
)

LAYOUTS: Mapping[str, Layout] = {
    "plain": Layout(),
    "torchvision": Layout(drop=(r"aux_classifier\.",)),
    "openmmlab": Layout(drop=(r"auxiliary_head\.",)),
    "vainf": Layout(renames=_VAINF),  # DeepLabV3
    "vainf-plus": Layout(renames=_VAINF_PLUS),  # DeepLabV3+: numbers the same layers otherwise
    "kazuto1011": Layout(
        renames=((r"^scale\.", "base."), (r"\.proj\.", ".shortcut."), (r"^base\.aspp\.stages\.", "base.aspp."))
    ),
    "detectron2": Layout(renames=_DETECTRON2, drop=(r"pixel_(mean|std)$",)),
    "adelaidet": Layout(renames=_ADELAIDET, drop=(r"basis_module\.seg_head\.", r"pixel_(mean|std)$")),
    "pytorch-fcn": Layout(),
    "drsleep": Layout(renames=_REFINE),  # RefineNet, also the light one
    "resnet34-unet": Layout(
        renames=(
            (r"^firstconv\.", "backbone.conv1."),
            (r"^firstbn\.", "backbone.bn1."),
            (r"^encoder([1-4])\.", r"backbone.layer\1."),
        )
    ),
}
