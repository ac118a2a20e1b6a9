"""What `openmmlab_cards.py` knows of OpenMMLab's systems and of the data sets they were trained on: how a checkpoint's
name becomes the options of a net of ours, and the texts, licences and class lists of the cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Options = tuple[str, dict[str, object]]


@dataclass(frozen=True)
class Data:
    """A data set. `fit`: how the reference brings pictures to the net; `tested`: what its scores were taken on."""

    key: str
    name: str
    group: str
    preset: str
    channels: int
    fit: str
    tested: str
    licence: str
    commercial: str


DATA = {
    data.key: data
    for data in (
        Data("cityscapes", "Cityscapes", "Streets", "cityscapes19", 19, "native", "Cityscapes val",
             "Cityscapes terms: not for commercial use", "no"),
        Data("ade20k", "ADE20K", "Scenes", "ade150", 150, "short:512", "ADE20K val",
             "ADE20K terms: pictures for research and education", "no"),
        Data("voc", "PASCAL VOC 2012", "Photographs", "voc21", 21, "short:512", "PASCAL VOC 2012 val",
             "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("context60", "PASCAL Context 60", "Photographs", "context60", 60, "long:520 slide:480/320",
             "PASCAL Context val, with background", "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("context59", "PASCAL Context 59", "Photographs", "context59", 59, "long:520 slide:480/320",
             "PASCAL Context val, 59 classes", "PASCAL VOC terms (Flickr pictures)", "check"),
        Data("stuff164k", "COCO-Stuff 164k", "Photographs", "cocostuff171", 171, "short:512", "COCO-Stuff 164k val",
             "COCO terms of use", "check"),
        Data("stuff10k", "COCO-Stuff 10k", "Photographs", "cocostuff171", 171, "short:512", "COCO-Stuff 10k test",
             "COCO terms of use", "check"),
        Data("loveda", "LoveDA", "From above", "loveda", 7, "native", "LoveDA val", "CC BY-NC-SA 4.0", "no"),
        Data("potsdam", "ISPRS Potsdam", "From above", "potsdam", 6, "native", "ISPRS Potsdam test",
             "ISPRS benchmark terms", "check"),
        Data("vaihingen", "ISPRS Vaihingen", "From above", "vaihingen", 6, "native", "ISPRS Vaihingen test",
             "ISPRS benchmark terms", "check"),
        Data("isaid", "iSAID", "From above", "isaid", 16, "native", "iSAID val",
             "iSAID terms: academic use only", "no"),
        Data("mapillary", "Mapillary Vistas 1.2", "Streets", "mapillary65", 65, "short:1024",
             "Mapillary Vistas 1.2 val", "CC BY-NC-SA 4.0", "no"),
        Data("drive", "DRIVE", "Medicine", "vessel", 2, "slide:64/42", "DRIVE test", "DRIVE terms", "check"),
        Data("stare", "STARE", "Medicine", "vessel", 2, "slide:128/85", "STARE test", "STARE terms", "check"),
        Data("chase", "CHASE_DB1", "Medicine", "vessel", 2, "slide:128/85", "CHASE_DB1 test",
             "CHASE_DB1 terms", "check"),
        Data("hrf", "HRF", "Medicine", "vessel", 2, "slide:256/170", "HRF test", "HRF terms", "check"),
    )
}  # fmt: skip
# The data set that a name stands for; the first pattern that is found counts.
DATA_WORDS = (
    (r"context.?59", "context59"), (r"context", "context60"), (r"164k", "stuff164k"), (r"stuff.?10k", "stuff10k"),
    (r"voc12", "voc"), (r"ade20k", "ade20k"), (r"loveda", "loveda"), (r"potsdam", "potsdam"),
    (r"vaihingen", "vaihingen"),
    (r"isaid", "isaid"), (r"mapilla", "mapillary"), (r"drive", "drive"), (r"stare", "stare"), (r"chase", "chase"),
    (r"hrf", "hrf"), (r"cityscapes", "cityscapes"),
)  # fmt: skip
# What a name says of the training beyond its schedule, for the card's name.
PRETRAINED = (
    (r"in1k-pre", "ImageNet start"), (r"rsb", "RSB start"), (r"scratch", "from scratch"), (r"ohem", "OHEM"),
    (r"fp16|amp", "half precision"), (r"ce-1\.0-dice-3\.0", "Dice loss"), (r"_b8_", "batch 8"), (r"_b16_", "batch 16"),
    (r"4x8_", "batch 32"), (r"jpu_[a-z]+_4x4", "batch 16"), (r"adamw", "AdamW"),
)  # fmt: skip


@dataclass(frozen=True)
class System:
    """A system: its texts, its file in `segdesk/nets`, how a checkpoint's name becomes (encoder's name, options)."""

    key: str
    title: str
    paper: str
    net: str
    english: str
    chinese: str
    options: Callable[[str], Options]
    variant: Callable[[str], str]
    fit: Callable[[Any], str] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    licence: Mapping[str, str] | None = None


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


# -- systems ---------------------------------------------------------------------------------------------------------


def _named(title: str) -> Callable[[str], str]:
    return lambda stem: title


SYSTEMS = {
    "fcn": System(
        "fcn", "FCN", "arXiv:1411.4038", "fcn",
        "Fully convolutional network on a dilated encoder: simple, a good yardstick.",
        "带空洞编码器的全卷积网络：结构简单，适合作为基准。", fcn, _named("FCN")),
    "pspnet": System(
        "pspnet", "PSPNet", "arXiv:1612.01105", "psp",
        "Pools the whole picture in grids of 1, 2, 3 and 6 before it decides: sees the scene as a whole.",
        "以 1、2、3、6 的网格池化整幅图像后再判断：能把握整个场景。", dilated(width=128), _named("PSPNet")),
    "deeplabv3": System(
        "deeplabv3", "DeepLab v3", "arXiv:1706.05587", "deeplabv3",
        "Atrous convolutions of several rates side by side, and the picture's mean: sees small and large things alike.",
        "并列多种扩张率的空洞卷积加整图均值：大小物体兼顾。", dilated(width=128), _named("DeepLab v3")),
    "deeplabv3plus": System(
        "deeplabv3plus", "DeepLab v3+", "arXiv:1802.02611", "deeplabv3plus",
        "DeepLab v3 with a decoder that takes fine detail from the first stage: sharper borders.",
        "在 DeepLab v3 上加入利用首级细节的解码器：边界更清晰。",
        dilated(width=128, low_width=12), _named("DeepLab v3+")),
    "nonlocal_net": System(
        "nonlocal", "Non-local", "arXiv:1711.07971", "nonlocal_net",
        "Every pixel attends to every other one; needs much memory on large pictures.",
        "每个像素关注所有其他像素；大图需要较多内存。", dilated(), _named("Non-local")),
    "danet": System(
        "danet", "DANet", "arXiv:1809.02983", "danet",
        "Attention over positions and over channels, side by side.", "并行的位置注意力与通道注意力。",
        dilated(), _named("DANet")),
    "ccnet": System(
        "ccnet", "CCNet", "arXiv:1811.11721", "ccnet",
        "Each pixel attends to its row and column, twice: the whole picture at a fraction of the memory.",
        "每个像素两次关注所在行列：以很少的内存看到整幅图像。", dilated(), _named("CCNet")),
    "encnet": System(
        "encnet", "EncNet", "arXiv:1803.08904", "encnet",
        "Learns which classes a scene has and strengthens their features.", "学习场景中有哪些类别，并加强其特征。",
        dilated(), _named("EncNet")),
    "fastfcn": System(
        "fastfcn", "FastFCN", "arXiv:1903.11816", "fastfcn",
        "Joint pyramid upsampling in place of a dilated encoder, under one of three heads.",
        "用联合金字塔上采样代替空洞编码器，可配三种解码头。", fast_fcn,
        lambda stem: "FastFCN " + (re.findall(r"jpu_(psp|aspp|enc)", stem) or ["psp"])[0].upper()),
    "hrnet": System(
        "hrnet", "HRNet", "arXiv:1908.07919", "hrnet",
        "Keeps a fine map from beginning to end and exchanges it with coarser ones: strong on thin things.",
        "自始至终保持高分辨率特征并与低分辨率交换：擅长细小结构。", hrnet, _named("HRNet")),
    "ocrnet": System(
        "ocrnet", "OCRNet", "arXiv:1909.11065", "ocr",
        "Gathers one vector for each class of the picture, from which every pixel draws.",
        "为图像中每个类别汇聚一个向量，供每个像素取用。", ocr, _named("OCRNet")),
    "unet": System(
        "unet", "U-Net", "arXiv:1505.04597", "unet",
        "Down and up again with skips, five stages: the standard of medical pictures.",
        "五级下采样再上采样并带跳连：医学图像的标准方法。", unet,
        lambda stem: {"p": "U-Net + PSP", "d": "U-Net + DeepLab v3"}.get(
            re.findall(r"fcn|pspnet|deeplabv3", stem)[0][0], "U-Net"), unet_fit),
    "setr": System(
        "setr", "SETR", "arXiv:2012.15840", "setr",
        "A large vision transformer reads the picture as patches; three decoders. Very large.",
        "大型视觉 Transformer 以图块读取图像；有三种解码器。模型很大。", setr,
        lambda stem: "SETR " + {"naive": "naive", "pup": "PUP", "mla": "MLA"}[re.findall(r"naive|pup|mla", stem)[0]],
        setr_fit),
    "segformer": System(
        "segformer", "SegFormer", "arXiv:2105.15203", "segformer",
        "A light transformer from B0, quick on a processor, to B5, the most accurate.",
        "轻量 Transformer：从处理器上也快的 B0 到最准确的 B5。", segformer, _named("SegFormer"), segformer_fit,
        licence={"weights": "Apache-2.0; its ImageNet start: NVIDIA, not for commercial use", "commercial": "no"}),
    "upernet": System(
        "upernet", "UPerNet", "arXiv:1807.10221", "uper",
        "A feature pyramid under pyramid pooling: all scales in one decision.",
        "特征金字塔加金字塔池化：综合所有尺度。",
        lambda stem: resnet(stem, output_stride=32), _named("UPerNet")),
    "bisenetv1": System(
        "bisenetv1", "BiSeNet v1", "arXiv:1808.00897", "bisenetv1",
        "One branch for detail, one for context: real time on a graphics card.", "细节与上下文两条支路：显卡上实时。",
        bisenetv1, _named("BiSeNet v1")),
    "bisenetv2": System(
        "bisenetv2", "BiSeNet v2", "arXiv:2004.02147", "bisenetv2",
        "A wide shallow and a narrow deep branch that guide each other: real time.", "宽浅与窄深两支路互相引导：实时。",
        single, _named("BiSeNet v2")),
    "pidnet": System(
        "pidnet", "PIDNet", "arXiv:2206.02066", "pidnet",
        "Three branches for detail, context and borders: the best of the quick ones.",
        "细节、上下文、边界三支路：快速模型中的佼佼者。", sized(r"pidnet-([sml])", "PIDNet"),
        lambda stem: "PIDNet-" + re.findall(r"pidnet-([sml])", stem)[0].upper()),
    "ddrnet": System(
        "ddrnet", "DDRNet", "arXiv:2101.06085", "ddrnet",
        "Two resolutions that exchange what they see: quick, and sharp on streets.",
        "两种分辨率互相交换信息：快速且街景清晰。",
        sized(r"ddrnet_(23-slim|23)", "DDRNet"), lambda stem: "DDRNet-" + re.findall(r"ddrnet_(23-slim|23)", stem)[0]),
    "fastscnn": System(
        "fastscnn", "Fast-SCNN", "arXiv:1902.04502", "fast_scnn",
        "One of the smallest: streets on a plain processor.", "最小的模型之一：普通处理器即可处理街景。",
        single, _named("Fast-SCNN")),
    "icnet": System(
        "icnet", "ICNet", "arXiv:1704.08545", "icnet",
        "The picture at three sizes, the deep net on the smallest only.", "图像取三种尺寸，深层网络只看最小的。",
        icnet, _named("ICNet")),
    "stdc": System(
        "stdc", "STDC", "arXiv:2104.13188", "stdc",
        "Short-term dense concatenation: real time with sharp borders.", "短程密集拼接：实时且边界清晰。",
        sized(r"stdc(\d)", "STDC"), lambda stem: "STDC" + re.findall(r"stdc(\d)", stem)[0]),
    "cgnet": System(
        "cgnet", "CGNet", "arXiv:1811.08201", "cgnet",
        "Half a million parameters: the lightest of all.", "仅五十万参数：最轻的模型。", single, _named("CGNet"),
        mean=(72.39239876, 82.90891754, 73.15835921), std=(1.0, 1.0, 1.0)),
    "erfnet": System(
        "erfnet", "ERFNet", "doi:10.1109/TITS.2017.2750080", "erfnet",
        "Factorised 3x1 and 1x3 convolutions with residuals: light and steady.", "分解卷积加残差：轻巧稳定。",
        single, _named("ERFNet")),
    "ann": System(
        "ann", "ANN", "arXiv:1908.07678", "ann",
        "Non-local attention to a pooled picture: most of its reach for a fraction of its cost.",
        "对池化后的图像做非局部注意力：以小得多的代价看得同样远。", dilated(), _named("ANN")),
    "apcnet": System(
        "apcnet", "APCNet", "doi:10.1109/CVPR.2019.00770", "apcnet",
        "Context gathered at several scales, weighted by how alike a pixel and a region are.",
        "在多个尺度汇聚上下文，按像素与区域的相似度加权。", dilated(), _named("APCNet")),
    "dmnet": System(
        "dmnet", "DMNet", "doi:10.1109/ICCV.2019.00366", "dmnet",
        "Filters of several sizes that the picture itself makes.", "由图像自身生成的多种尺寸滤波器。",
        dilated(), _named("DMNet")),
    "dnlnet": System(
        "dnlnet", "DNLNet", "arXiv:2006.06668", "dnlnet",
        "Non-local attention in two separate parts: likeness and salience.", "把非局部注意力拆为相似与显著两部分。",
        dilated(), _named("DNLNet")),
    "emanet": System(
        "emanet", "EMANet", "arXiv:1907.13426", "emanet",
        "Attention through a few bases that are fitted to each picture.", "通过为每幅图像拟合的少量基做注意力。",
        dilated(), _named("EMANet")),
    "gcnet": System(
        "gcnet", "GCNet", "arXiv:1904.11492", "gcnet",
        "One summary of the whole picture, added to every pixel.", "把整幅图像的一个概要加到每个像素上。",
        dilated(), _named("GCNet")),
    "isanet": System(
        "isanet", "ISANet", "arXiv:1907.12273", "isanet",
        "Attention first among distant pixels, then among neighbours.", "先在远处像素间、再在邻近像素间做注意力。",
        dilated(), _named("ISANet")),
    "psanet": System(
        "psanet", "PSANet", "doi:10.1007/978-3-030-01240-3_17", "psanet",
        "Each pixel learns from where it collects and whither it gives.", "每个像素学习从何处收集、向何处给出信息。",
        psanet, _named("PSANet")),
    "sem_fpn": System(
        "sem-fpn", "Semantic FPN", "arXiv:1901.02446", "sem_fpn",
        "A feature pyramid whose levels are brought to one size and added.", "把特征金字塔各级统一尺寸后相加。",
        plain_resnet, _named("Semantic FPN")),
    "point_rend": System(
        "point-rend", "PointRend", "arXiv:1912.08193", "point_rend",
        "Decides doubtful points again, finer and finer: smooth borders.", "对不确定的点逐级细化判断：边界平滑。",
        plain_resnet, _named("PointRend")),
}  # fmt: skip


def _by_head(stem: str) -> System:
    """Of the collections named after an encoder, the system that the file's name tells."""
    found = re.search(r"deeplabv3plus|deeplabv3|pspnet|fcn", stem)
    assert found, stem
    return SYSTEMS[found[0]]


# The system of a checkpoint by OpenMMLab's collection.
COLLECTIONS: dict[str, Callable[[str], System]] = {
    **{key: (lambda stem, system=system: system) for key, system in SYSTEMS.items()},
    "mobilenet_v2": _by_head,
    "resnest": _by_head,
}
