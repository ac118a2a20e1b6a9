"""How the name of an OpenMMLab checkpoint becomes the options of a net of ours. Each function takes the file's name
without date and hash and gives the encoder's name, for the title, and the options."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Options = tuple[str, dict[str, object]]


# -- encoders --------------------------------------------------------------------------------------------------------


def resnet(stem: str, *, output_stride: int = 8) -> Options:
    """ "r101b-d16-mg124" and its like; without "-dN" the stride is `output_stride`."""
    found = re.search(r"(?<![a-z])r(18|50|101)(b?)(?:-d(\d+))?", stem)
    assert found, stem
    plain = bool(found[2]) or "rsb" in stem
    inner: dict[str, object] = {"output_stride": int(found[3] or output_stride)}
    if found[3] == "32":  # PSPNet's: strided as well as dilated
        inner = {"strides": [1, 2, 2, 2], "dilations": [1, 1, 2, 4]}
    if "mg124" in stem:
        inner["multi_grid"] = [1, 2, 4]
    title = f"ResNet-{found[1]}" + (" (7x7 stem)" if plain else "")
    title += f", stride {found[3]}" if found[3] in ("16", "32") else ""
    return title, {"encoder": f"resnet{found[1]}" + ("" if plain else "_v1c"), "encoder_options": inner}


def encoder(stem: str) -> Options:
    """The encoder of a dilated system."""
    if "m-v2" in stem or "mobilenet-v2" in stem:
        return "MobileNetV2", {"encoder": "mobilenetv2", "encoder_options": {"output_stride": 8}}
    if "s101" in stem:
        return "ResNeSt-101", {"encoder": "resnest101", "encoder_options": {"output_stride": 8}}
    return resnet(stem)


def hrnet(stem: str) -> Options:
    """ "hr18s", "hr18" and "hr48"."""
    found = re.search(r"hr(18s|18|48)", stem)
    assert found, stem
    title = {"18s": "HRNet-W18 small", "18": "HRNet-W18", "48": "HRNet-W48"}[found[1]]
    return title, {"encoder": {"18s": "hrnet_w18_small", "18": "hrnet_w18", "48": "hrnet_w48"}[found[1]]}


# -- options ---------------------------------------------------------------------------------------------------------


def dilated(**small: object) -> Callable[[str], Options]:
    """A head on a dilated encoder; `small`: the head's options with ResNet-18."""

    def options(stem: str) -> Options:
        title, chosen = encoder(stem)
        return title, {**chosen, **small} if "resnet18" in str(chosen["encoder"]) else chosen

    return options


def fcn(stem: str) -> Options:
    """FCN; "fcn-d6" has convolutions of rate 6."""
    title, chosen = dilated(width=128)(stem)
    return title, {**chosen, "dilation": 6} if "fcn_d6" in stem or "fcn-d6" in stem else chosen


def fast_fcn(stem: str) -> Options:
    """FastFCN: which head lies on the JPU."""
    found = re.search(r"jpu_(psp|aspp|enc)", stem)
    return "ResNet-50", {"head": found[1] if found else "psp"}


def ocr(stem: str) -> Options:
    """OCRNet on HRNet or on a dilated ResNet."""
    return hrnet(stem) if "_hr" in stem else resnet(stem)


def unet(stem: str) -> Options:
    """OpenMMLab's U-Net with one of three heads."""
    found = re.search(r"fcn|pspnet|deeplabv3", stem)
    assert found, stem
    return "", {"head": {"pspnet": "psp"}.get(found[0], found[0])}


def setr(stem: str) -> Options:
    """SETR's three decoders; the position embedding is that of the crop."""
    found = re.search(r"naive|pup|mla", stem)
    assert found, stem
    chosen: dict[str, object] = {"kind": found[0]}
    return "ViT-L", {**chosen, "encoder_options": {"image_size": 768}} if "768x768" in stem else chosen


def segformer(stem: str) -> Options:
    """MiT-B0 to B5."""
    found = re.search(r"mit-b(\d)", stem)
    assert found, stem
    return f"MiT-B{found[1]}", {"encoder": f"mit_b{found[1]}"}


def psanet(stem: str) -> Options:
    """PSANet: its masks are for maps of 97 x 97, of ADE20K for 66 x 66."""
    title, chosen = encoder(stem)
    return title, {**chosen, "side": 66} if "ade20k" in stem else chosen


def plain_resnet(stem: str) -> Options:
    """A ResNet that is not dilated, under a feature pyramid."""
    title, chosen = resnet(stem, output_stride=32)
    return title, {"encoder": chosen["encoder"]}


def on_transformer(stem: str) -> Options:
    """UPerNet or a feature pyramid on Swin, ConvNeXt, Twins, PoolFormer or ViT."""
    if found := re.search(r"swin_(tiny|small|base)_patch4_window(\d+)", stem):
        more = {"encoder_options": {"window": 12}} if found[2] == "12" else {}
        title = f"Swin-{found[1]}" + (", windows of 12" if more else "")
        return title, {"encoder": f"swin_{found[1]}", **more}
    if found := re.search(r"convnext_(\w+?)_fp16", stem):
        return f"ConvNeXt-{found[1]}", {"encoder": f"convnext_{found[1]}"}
    if found := re.search(r"twins_(pcpvt|svt)-([sbl])", stem):
        return f"Twins {found[1].upper()}-{found[2].upper()}", {"encoder": f"twins_{found[1]}_{found[2]}"}
    if found := re.search(r"poolformer_([sm]\d+)", stem):
        return f"PoolFormer-{found[1].upper()}", {"encoder": f"poolformer_{found[1]}"}
    found = re.search(r"(vit|deit)-([sb])16", stem)
    assert found, stem
    chosen: dict[str, object] = {"encoder": f"{found[1]}_{'small' if found[2] == 's' else 'base'}_p16"}
    if "_ln_" in stem:
        chosen["encoder_options"] = {"final_norm": True}
    if "mln" not in stem:
        chosen["levels"] = False
    title = f"{'ViT' if found[1] == 'vit' else 'DeiT'}-{found[2].upper()}"
    return title + (" with neck" if "mln" in stem else "") + (" and norm" if "_ln_" in stem else ""), chosen


def segmenter(stem: str) -> Options:
    """Segmenter on ViT tiny to large; its mask transformer has the encoder's heads."""
    found = re.search(r"vit-([tsbl])_(mask|linear)", stem)
    assert found, stem
    size, heads = {"t": ("tiny", 3), "s": ("small", 6), "b": ("base", 12), "l": ("large", 16)}[found[1]]
    chosen: dict[str, object] = {"encoder": f"vit_{size}_p16"}
    if size == "large":
        chosen["encoder_options"] = {"image_size": 640}
    more: dict[str, object] = {"linear": True} if found[2] == "linear" else {"heads": heads}
    return f"ViT-{found[1].upper()}" + (" linear" if found[2] == "linear" else ""), {**chosen, **more}


def lraspp(stem: str) -> Options:
    """LR-ASPP on MobileNetV3 large or small."""
    size = "small" if "m-v3s" in stem else "large"
    return f"MobileNetV3 {size}", {"encoder": f"mobilenetv3_{size}"}


def convnext_fit(point: Any) -> str:
    """Windows of the crop's size, two thirds apart."""
    side = point.crop[0]
    return f"short:{side} slide:{side}/{side * 2 // 3}"


def segmenter_fit(point: Any) -> str:
    """Windows that hardly overlap; the large net's are of 640, whatever its file is called."""
    side = 640 if "vit-l" in point.stem else 512
    return f"short:{side} slide:{side}/{side - 32}"


def sized(pattern: str, title: str) -> Callable[[str], Options]:
    """A system in several sizes, which are its option `size`."""

    def options(stem: str) -> Options:
        found = re.search(pattern, stem)
        assert found, stem
        value = int(found[1]) if title == "STDC" else found[1]
        return "", {"size": value}

    return options


def single(stem: str) -> Options:
    """A system of one size."""
    return "", {}


def bisenetv1(stem: str) -> Options:
    """BiSeNet on a ResNet with the 7x7 stem."""
    title, chosen = resnet(stem, output_stride=32)
    return title.split(",")[0], {"encoder": str(chosen["encoder"]).removesuffix("_v1c")}


def icnet(stem: str) -> Options:
    """ICNet on a ResNet with the deep stem."""
    title, chosen = resnet(stem)
    return title, {"encoder": chosen["encoder"]}


# -- how pictures are brought to the net where it is not the data set's way --------------------------------------------


def setr_fit(point: Any) -> str:
    """Windows of the size that the position embedding was trained with."""
    return "short:512 slide:512/341" if point.crop == (512, 512) else "slide:768/512"


def segformer_fit(point: Any) -> str:
    """Cityscapes in windows; the largest ADE20K net on larger pictures."""
    if point.data.key == "cityscapes":
        return "slide:1024/768"
    return "short:640" if point.crop == (640, 640) else point.data.fit


def unet_fit(point: Any) -> str:
    """The data set's."""
    return point.data.fit
