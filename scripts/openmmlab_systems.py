"""OpenMMLab's systems as `openmmlab_cards.py` knows them: their texts, their file in `segdesk/nets`, and which function
of `openmmlab_options.py` reads a checkpoint's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import openmmlab_options as read


@dataclass(frozen=True)
class System:
    """A system: its texts, its file in `segdesk/nets`, how a checkpoint's name becomes (encoder's name, options)."""

    key: str
    title: str
    paper: str
    net: str
    english: str
    chinese: str
    options: Callable[[str], read.Options]
    variant: Callable[[str], str]
    fit: Callable[[Any], str] | None = None
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    licence: Mapping[str, str] | None = None


# -- systems ---------------------------------------------------------------------------------------------------------


def _named(title: str) -> Callable[[str], str]:
    return lambda stem: title


SYSTEMS = {
    "fcn": System(
        "fcn", "FCN", "arXiv:1411.4038", "fcn",
        "Fully convolutional network on a dilated encoder: simple, a good yardstick.",
        "带空洞编码器的全卷积网络：结构简单，适合作为基准。", read.fcn, _named("FCN")),
    "pspnet": System(
        "pspnet", "PSPNet", "arXiv:1612.01105", "psp",
        "Pools the whole picture in grids of 1, 2, 3 and 6 before it decides: sees the scene as a whole.",
        "以 1、2、3、6 的网格池化整幅图像后再判断：能把握整个场景。", read.dilated(width=128), _named("PSPNet")),
    "deeplabv3": System(
        "deeplabv3", "DeepLab v3", "arXiv:1706.05587", "deeplabv3",
        "Atrous convolutions of several rates side by side, and the picture's mean: sees small and large things alike.",
        "并列多种扩张率的空洞卷积加整图均值：大小物体兼顾。", read.dilated(width=128), _named("DeepLab v3")),
    "deeplabv3plus": System(
        "deeplabv3plus", "DeepLab v3+", "arXiv:1802.02611", "deeplabv3plus",
        "DeepLab v3 with a decoder that takes fine detail from the first stage: sharper borders.",
        "在 DeepLab v3 上加入利用首级细节的解码器：边界更清晰。",
        read.dilated(width=128, low_width=12), _named("DeepLab v3+")),
    "nonlocal_net": System(
        "nonlocal", "Non-local", "arXiv:1711.07971", "nonlocal_net",
        "Every pixel attends to every other one; needs much memory on large pictures.",
        "每个像素关注所有其他像素；大图需要较多内存。", read.dilated(), _named("Non-local")),
    "danet": System(
        "danet", "DANet", "arXiv:1809.02983", "danet",
        "Attention over positions and over channels, side by side.", "并行的位置注意力与通道注意力。",
        read.dilated(), _named("DANet")),
    "ccnet": System(
        "ccnet", "CCNet", "arXiv:1811.11721", "ccnet",
        "Each pixel attends to its row and column, twice: the whole picture at a fraction of the memory.",
        "每个像素两次关注所在行列：以很少的内存看到整幅图像。", read.dilated(), _named("CCNet")),
    "encnet": System(
        "encnet", "EncNet", "arXiv:1803.08904", "encnet",
        "Learns which classes a scene has and strengthens their features.", "学习场景中有哪些类别，并加强其特征。",
        read.dilated(), _named("EncNet")),
    "fastfcn": System(
        "fastfcn", "FastFCN", "arXiv:1903.11816", "fastfcn",
        "Joint pyramid upsampling in place of a dilated encoder, under one of three heads.",
        "用联合金字塔上采样代替空洞编码器，可配三种解码头。", read.fast_fcn,
        lambda stem: "FastFCN " + (re.findall(r"jpu_(psp|aspp|enc)", stem) or ["psp"])[0].upper()),
    "hrnet": System(
        "hrnet", "HRNet", "arXiv:1908.07919", "hrnet",
        "Keeps a fine map from beginning to end and exchanges it with coarser ones: strong on thin things.",
        "自始至终保持高分辨率特征并与低分辨率交换：擅长细小结构。", read.hrnet, _named("HRNet")),
    "ocrnet": System(
        "ocrnet", "OCRNet", "arXiv:1909.11065", "ocr",
        "Gathers one vector for each class of the picture, from which every pixel draws.",
        "为图像中每个类别汇聚一个向量，供每个像素取用。", read.ocr, _named("OCRNet")),
    "unet": System(
        "unet", "U-Net", "arXiv:1505.04597", "unet",
        "Down and up again with skips, five stages: the standard of medical pictures.",
        "五级下采样再上采样并带跳连：医学图像的标准方法。", read.unet,
        lambda stem: {"p": "U-Net + PSP", "d": "U-Net + DeepLab v3"}.get(
            re.findall(r"fcn|pspnet|deeplabv3", stem)[0][0], "U-Net"), read.unet_fit),
    "setr": System(
        "setr", "SETR", "arXiv:2012.15840", "setr",
        "A large vision transformer reads the picture as patches; three decoders. Very large.",
        "大型视觉 Transformer 以图块读取图像；有三种解码器。模型很大。", read.setr,
        lambda stem: "SETR " + {"naive": "naive", "pup": "PUP", "mla": "MLA"}[re.findall(r"naive|pup|mla", stem)[0]],
        read.setr_fit),
    "segformer": System(
        "segformer", "SegFormer", "arXiv:2105.15203", "segformer",
        "A light transformer from B0, quick on a processor, to B5, the most accurate.",
        "轻量 Transformer：从处理器上也快的 B0 到最准确的 B5。", read.segformer, _named("SegFormer"),
        read.segformer_fit,
        licence={"weights": "Apache-2.0; its ImageNet start: NVIDIA, not for commercial use", "commercial": "no"}),
    "upernet": System(
        "upernet", "UPerNet", "arXiv:1807.10221", "uper",
        "A feature pyramid under pyramid pooling: all scales in one decision.",
        "特征金字塔加金字塔池化：综合所有尺度。",
        lambda stem: read.resnet(stem, output_stride=32), _named("UPerNet")),
    "bisenetv1": System(
        "bisenetv1", "BiSeNet v1", "arXiv:1808.00897", "bisenetv1",
        "One branch for detail, one for context: real time on a graphics card.", "细节与上下文两条支路：显卡上实时。",
        read.bisenetv1, _named("BiSeNet v1")),
    "bisenetv2": System(
        "bisenetv2", "BiSeNet v2", "arXiv:2004.02147", "bisenetv2",
        "A wide shallow and a narrow deep branch that guide each other: real time.", "宽浅与窄深两支路互相引导：实时。",
        read.single, _named("BiSeNet v2")),
    "pidnet": System(
        "pidnet", "PIDNet", "arXiv:2206.02066", "pidnet",
        "Three branches for detail, context and borders: the best of the quick ones.",
        "细节、上下文、边界三支路：快速模型中的佼佼者。", read.sized(r"pidnet-([sml])", "PIDNet"),
        lambda stem: "PIDNet-" + re.findall(r"pidnet-([sml])", stem)[0].upper()),
    "ddrnet": System(
        "ddrnet", "DDRNet", "arXiv:2101.06085", "ddrnet",
        "Two resolutions that exchange what they see: quick, and sharp on streets.",
        "两种分辨率互相交换信息：快速且街景清晰。",
        read.sized(r"ddrnet_(23-slim|23)", "DDRNet"),
        lambda stem: "DDRNet-" + re.findall(r"ddrnet_(23-slim|23)", stem)[0]),
    "fastscnn": System(
        "fastscnn", "Fast-SCNN", "arXiv:1902.04502", "fast_scnn",
        "One of the smallest: streets on a plain processor.", "最小的模型之一：普通处理器即可处理街景。",
        read.single, _named("Fast-SCNN")),
    "icnet": System(
        "icnet", "ICNet", "arXiv:1704.08545", "icnet",
        "The picture at three sizes, the deep net on the smallest only.", "图像取三种尺寸，深层网络只看最小的。",
        read.icnet, _named("ICNet")),
    "stdc": System(
        "stdc", "STDC", "arXiv:2104.13188", "stdc",
        "Short-term dense concatenation: real time with sharp borders.", "短程密集拼接：实时且边界清晰。",
        read.sized(r"stdc(\d)", "STDC"), lambda stem: "STDC" + re.findall(r"stdc(\d)", stem)[0]),
    "cgnet": System(
        "cgnet", "CGNet", "arXiv:1811.08201", "cgnet",
        "Half a million parameters: the lightest of all.", "仅五十万参数：最轻的模型。", read.single, _named("CGNet"),
        mean=(72.39239876, 82.90891754, 73.15835921), std=(1.0, 1.0, 1.0)),
    "erfnet": System(
        "erfnet", "ERFNet", "doi:10.1109/TITS.2017.2750080", "erfnet",
        "Factorised 3x1 and 1x3 convolutions with residuals: light and steady.", "分解卷积加残差：轻巧稳定。",
        read.single, _named("ERFNet")),
    "ann": System(
        "ann", "ANN", "arXiv:1908.07678", "ann",
        "Non-local attention to a pooled picture: most of its reach for a fraction of its cost.",
        "对池化后的图像做非局部注意力：以小得多的代价看得同样远。", read.dilated(), _named("ANN")),
    "apcnet": System(
        "apcnet", "APCNet", "doi:10.1109/CVPR.2019.00770", "apcnet",
        "Context gathered at several scales, weighted by how alike a pixel and a region are.",
        "在多个尺度汇聚上下文，按像素与区域的相似度加权。", read.dilated(), _named("APCNet")),
    "dmnet": System(
        "dmnet", "DMNet", "doi:10.1109/ICCV.2019.00366", "dmnet",
        "Filters of several sizes that the picture itself makes.", "由图像自身生成的多种尺寸滤波器。",
        read.dilated(), _named("DMNet")),
    "dnlnet": System(
        "dnlnet", "DNLNet", "arXiv:2006.06668", "dnlnet",
        "Non-local attention in two separate parts: likeness and salience.", "把非局部注意力拆为相似与显著两部分。",
        read.dilated(), _named("DNLNet")),
    "emanet": System(
        "emanet", "EMANet", "arXiv:1907.13426", "emanet",
        "Attention through a few bases that are fitted to each picture.", "通过为每幅图像拟合的少量基做注意力。",
        read.dilated(), _named("EMANet")),
    "gcnet": System(
        "gcnet", "GCNet", "arXiv:1904.11492", "gcnet",
        "One summary of the whole picture, added to every pixel.", "把整幅图像的一个概要加到每个像素上。",
        read.dilated(), _named("GCNet")),
    "isanet": System(
        "isanet", "ISANet", "arXiv:1907.12273", "isanet",
        "Attention first among distant pixels, then among neighbours.", "先在远处像素间、再在邻近像素间做注意力。",
        read.dilated(), _named("ISANet")),
    "psanet": System(
        "psanet", "PSANet", "doi:10.1007/978-3-030-01240-3_17", "psanet",
        "Each pixel learns from where it collects and whither it gives.", "每个像素学习从何处收集、向何处给出信息。",
        read.psanet, _named("PSANet")),
    "sem_fpn": System(
        "sem-fpn", "Semantic FPN", "arXiv:1901.02446", "sem_fpn",
        "A feature pyramid whose levels are brought to one size and added.", "把特征金字塔各级统一尺寸后相加。",
        read.plain_resnet, _named("Semantic FPN")),
    "point_rend": System(
        "point-rend", "PointRend", "arXiv:1912.08193", "point_rend",
        "Decides doubtful points again, finer and finer: smooth borders.", "对不确定的点逐级细化判断：边界平滑。",
        read.plain_resnet, _named("PointRend")),
    "segmenter": System(
        "segmenter", "Segmenter", "arXiv:2105.05633", "segmenter",
        "A vision transformer whose decoder asks each patch about each class.",
        "由解码器向每个图块询问每个类别的视觉 Transformer。",
        read.segmenter, _named("Segmenter"), read.segmenter_fit, mean=(127.5, 127.5, 127.5), std=(127.5, 127.5, 127.5)),
    "mobilenet_v3": System(
        "lraspp", "LR-ASPP", "arXiv:1905.02244", "lraspp",
        "A light head on MobileNetV3: streets on a plain processor.",
        "MobileNetV3 上的轻量解码头：普通处理器即可处理街景。",
        read.lraspp, _named("LR-ASPP")),
    "transformer_upernet": System(
        "upernet", "UPerNet", "arXiv:1807.10221", "uper_transformer",
        "A feature pyramid under pyramid pooling, on a transformer or a modern convolutional encoder.",
        "特征金字塔加金字塔池化，编码器为 Transformer 或现代卷积网络。", read.on_transformer, _named("UPerNet")),
    "convnext": System(
        "upernet", "UPerNet", "arXiv:1807.10221", "uper_transformer",
        "A feature pyramid under pyramid pooling, on a modern convolutional encoder.",
        "特征金字塔加金字塔池化，编码器为现代卷积网络。", read.on_transformer, _named("UPerNet"), read.convnext_fit),
    "transformer_fpn": System(
        "sem-fpn", "Semantic FPN", "arXiv:1901.02446", "sem_fpn",
        "A feature pyramid whose levels are brought to one size and added, on a modern encoder.",
        "把特征金字塔各级统一尺寸后相加，采用现代编码器。", read.on_transformer, _named("Semantic FPN")),
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
    "swin": lambda stem: SYSTEMS["transformer_upernet"],
    "vit": lambda stem: SYSTEMS["transformer_upernet"],
    "poolformer": lambda stem: SYSTEMS["transformer_fpn"],
    "twins": lambda stem: SYSTEMS["transformer_upernet" if "uperhead" in stem else "transformer_fpn"],
}
