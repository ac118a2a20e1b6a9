"""Writes the cards of OpenMMLab's checkpoints that find objects: `models/openmmlab-mask-rcnn.toml` and its like.

    python scripts/openmmlab_objects.py WEIGHTS.tsv [--out FOLDER]

The table is that of `openmmlab_cards.py`. What a checkpoint is, the name of its configuration says.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

from openmmlab_cards import toml  # noqa: E402

HEADER = "# Written by scripts/openmmlab_objects.py from OpenMMLab's model zoo. Change the script, not this file.\n"
DEFAULTS = """[defaults]
group = "Photographs"
data = "{data}"
task = "{task}"
{trainable}classes.preset = "{preset}"
weights.layout = "openmmlab"
licence = {{ code = "Apache-2.0", weights = "Apache-2.0", data = "COCO terms of use", commercial = "check" }}
score = {{ data = "COCO val2017", source = "OpenMMLab model zoo" }}
"""
TRAINABLE = ("mask_rcnn", "solo", "solov2", "decoupled_solo")  # nets whose loss is written
Row = Mapping[str, str]


@dataclass(frozen=True)
class System:
    """A system: its texts, its file in `segdesk/nets/instance`, how a configuration's name becomes (encoder's name,
    options), the folder of OpenMMLab's zoo and which names of it are meant. `inside`: the net itself
    pads its input; `weights`: what its files need to be renamed."""

    title: str
    paper: str
    net: str
    english: str
    chinese: str
    collections: tuple[str, ...]
    pattern: str
    options: Callable[[str], tuple[str, dict[str, object]]]
    task: str = "instance"
    preset: str = "coco80"
    channels: int = 80
    decide: Mapping[str, object] | None = None
    inside: bool = True
    weights: Mapping[str, object] | None = None


ENCODERS = {
    "r18": ("ResNet-18", {"encoder": "resnet18"}),
    "r50": ("ResNet-50", {}),
    "r101": ("ResNet-101", {"encoder": "resnet101"}),
    "x101-32x4d": ("ResNeXt-101 32x4d", {"encoder": "resnext101_32x4d"}),
    "x101-32x8d": ("ResNeXt-101 32x8d", {"encoder": "resnext101_32x8d"}),
    "x101-64x4d": ("ResNeXt-101 64x4d", {"encoder": "resnext101_64x4d"}),
    "x101": ("ResNeXt-101 64x4d", {"encoder": "resnext101_64x4d"}),
    "swin-t": ("Swin-T", {"encoder": "swin_tiny"}),
    "swin-s": ("Swin-S", {"encoder": "swin_small"}),
    "convnext-t": ("ConvNeXt-T", {"encoder": "convnext_tiny"}),
}
# Of the channels in the order blue, green, red: Caffe's files, and ResNeXt's that came from there.
BGR = {"order": "bgr", "mean": (103.53, 116.28, 123.675)}
INPUTS = (
    (r"caffe", {**BGR, "std": (1.0, 1.0, 1.0)}),
    (r"32x8d", {**BGR, "std": (57.375, 57.12, 58.395)}),
    (r"decoupled-solo-light", {"fit": "short:512/852"}),
    (r"solov2-light", {"fit": "short:448/768"}),
    (r"yolact", {"mean": (123.68, 116.78, 103.94), "std": (58.4, 57.12, 57.38), "fit": "square:550", "multiple": 1}),
    (r"rtmdet", {**BGR, "std": (57.375, 57.12, 58.395), "fit": "short:640/640"}),
)
SCHEDULE = re.compile(r"(?<![a-z\d])(\d+)(x|e)(?![a-z\d])")
# What a name says of the training beyond its schedule.
TRAINING = (
    (r"ms-poly|mstrain-poly|ms-crop|mstrain|[-_]ms-", "several sizes"),
    (r"fp16|amp", "half precision"),
    (r"rsb", "RSB start"),
    (r"albu", "Albumentations"),
    (r"instaboost", "InstaBoost"),
    (r"_1x8_", "batch 8"),
    (r"_8x8_", "batch 64"),
)


def encoder(config: str) -> tuple[str, dict[str, object]]:
    """ "mask-rcnn_r101-caffe_fpn_1x_coco" and its like."""
    found = re.search(r"_(x101-\d+x\dd|x101|swin-[ts]|convnext-t|r\d+)", config)
    assert found, config
    title, options = ENCODERS[found[1]]
    if "caffe" in config:
        return f"{title} (Caffe)", {**options, "encoder_options": {"caffe": True}}
    deformable = re.search(r"(m?)dconv|dcn", config)
    if deformable is None:
        return title, dict(options)
    version = "dcnv2" if deformable[1] or "solov2" in config else "dcn"
    return f"{title} {version.upper()}", {"encoder": f"{options.get('encoder', 'resnet50')}_{version}"}


def cascade(config: str) -> tuple[str, dict[str, object]]:
    """Cascade Mask R-CNN: HTC without flow and semantic branch."""
    title, options = encoder(config)
    return title, {**options, "semantic": False, "flow": False, "threshold": 0.05}


def decoupled(config: str) -> tuple[str, dict[str, object]]:
    """Decoupled SOLO and its light version."""
    title, options = encoder(config)
    return (f"light {title}", {**options, "light": True, "convs": 4}) if "light" in config else (title, options)


def solov2(config: str) -> tuple[str, dict[str, object]]:
    """SOLOv2 and its light version."""
    title, options = encoder(config)
    if "light" in config:
        return f"light {title}", {**options, "width": 256, "convs": 2, "mask_width": 128}
    return title, {**options, "deformable": True} if "dcn" in config else options


def rtmdet(config: str) -> tuple[str, dict[str, object]]:
    """RTMDet-Ins in its five sizes."""
    from segdesk.nets.instance.rtmdet_ins import VARIANTS

    found = re.search(r"rtmdet-ins_(tiny|[smlx])_", config)
    assert found, config
    return found[1].upper() if len(found[1]) == 1 else found[1], dict(VARIANTS[found[1]])


PLAIN = r"_(r50|r101|x101-\d+x\dd)(-caffe|-m?dconv-c3-c5)?_fpn_(?!.*(gcb|groie|carafe|gn|syncbn))"
ON_COCO = (
    "mask_rcnn", "cascade_rcnn", "resnet_strikes_back", "albu_example", "instaboost", "swin", "convnext", "dcn",
    "dcnv2",
)  # fmt: skip
SYSTEMS = (
    System(
        "Mask R-CNN", "arXiv:1703.06870", "mask_rcnn",
        "Proposes regions, and for each says class, box and mask: single objects of the 80 COCO classes.",
        "先提出候选区域，再给出类别、边框与掩膜：COCO 80 类的单个物体。",
        ON_COCO, rf"mask-rcnn({PLAIN}|_swin|_convnext)", encoder),
    System(
        "Cascade Mask R-CNN", "arXiv:1906.09756", "htc",
        "Mask R-CNN in three stages, each with stricter boxes: more exact outlines, slower.",
        "三级 Mask R-CNN，边框逐级更严格：轮廓更准，速度更慢。",
        ON_COCO, rf"cascade-mask-rcnn{PLAIN}", cascade),
    System(
        "HTC", "arXiv:1901.07518", "htc",
        "A cascade whose boxes and masks are refined together, helped by a semantic branch.",
        "边框与掩膜联合逐级细化的级联，并由语义分支辅助。",
        ("htc",), rf"htc{PLAIN}", encoder),
    System(
        "Panoptic FPN", "arXiv:1901.02446", "panoptic_fpn",
        "Things by Mask R-CNN and stuff by a light branch on the same pyramid: every pixel gets one answer.",
        "由 Mask R-CNN 分割物体、由同一金字塔上的轻量分支分割背景：每个像素一个答案。",
        ("panoptic_fpn",), r"panoptic_fpn", encoder, "panoptic", "coco133", 133,
        {"confidence": 0.6, "overlap": 0.5, "stuff_area": 4096}),
    System(
        "SOLO", "arXiv:1912.04488", "solo",
        "Without boxes: each cell of a grid answers for the object whose middle lies in it.",
        "不用边框：每个网格单元负责中心落在其中的物体。",
        ("solo",), r"solo_", encoder, decide={"confidence": 0.3}, inside=False),
    System(
        "Decoupled SOLO", "arXiv:1912.04488", "decoupled_solo",
        "SOLO with a mask for each row and each column in place of each cell: lighter.",
        "SOLO 的轻量形式：以行、列掩膜代替每个单元的掩膜。",
        ("solo",), r"decoupled-solo", decoupled, decide={"confidence": 0.3}, inside=False),
    System(
        "SOLOv2", "arXiv:2003.10152", "solov2",
        "SOLO whose masks are drawn by a small filter for each object: more exact and quicker.",
        "SOLO 的改进：每个物体用自己的小滤波器画出掩膜，更准更快。",
        ("solov2",), r"solov2(-light)?_", solov2, decide={"confidence": 0.3}, inside=False),
    System(
        "RTMDet-Ins", "arXiv:2212.07784", "rtmdet_ins",
        "Quick and exact: one look, and a small network of each object's own draws its mask.",
        "又快又准：一次前向，每个物体由自己的小网络画出掩膜。",
        ("rtmdet",), r"rtmdet-ins_", rtmdet, decide={"confidence": 0.3}, inside=False),
    System(
        "CondInst", "arXiv:2003.05664", "condinst",
        "No boxes are cut out: each object says the filters that draw its mask on the whole picture.",
        "不裁剪边框：每个物体给出在整图上画出其掩膜的滤波器。",
        ("condinst",), r"condinst_", encoder, decide={"confidence": 0.3}, inside=False),
    System(
        "YOLACT", "arXiv:1904.02689", "yolact",
        "Prototypes of masks for the whole picture, mixed by what each box says: quick.",
        "先为整图生成掩膜原型，再按每个边框的系数混合：速度快。",
        ("yolact",), r"yolact_", encoder, decide={"confidence": 0.3}, inside=False,
        weights={"rename": [["^segm_head\\.", "mask_head.segm_branch."]]}),
)  # fmt: skip


@cache
def size(net: str, options: str, channels: int) -> tuple[int, float]:
    """Parameters, and 10^9 multiplications and additions for a picture of 512 x 512; of nets in two stages, with 1000
    proposals and 100 objects, of others with none."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from segdesk.engines.loading import builder
    from segdesk.nets.instance.two_stage import TwoStage

    torch.manual_seed(0)
    counter = FlopCounterMode(display=False, custom_mapping={torch.ops.torchvision.deform_conv2d: _deformable})
    build = builder(net)
    with torch.device("meta"):
        module = build(json.loads(options), channels).eval()
    parameters = sum(p.numel() for p in module.parameters())
    if isinstance(module, TwoStage):
        with counter, torch.inference_mode(), torch.device("meta"):
            _work(module)
    else:  # which objects there are decides what it does: it must run, with none of them
        module = build(json.loads(options), channels).eval()
        with counter, torch.inference_mode():
            for key, value in module.named_parameters():
                if re.search(r"(conv_cls|rtm_cls.*)\.bias$", key):
                    value.fill_(-100.0)
            module(torch.zeros(1, 3, 512, 512))
    return parameters, round(counter.get_total_flops() / 1e9, 1)


def _deformable(x: Sequence[int], weight: Sequence[int], *_: object, out_shape: Sequence[int], **__: object) -> int:
    """Multiplications and additions of a deformable convolution, without the sampling."""
    return 2 * prod(out_shape) * prod(weight[1:])


def _work(net: Any) -> None:
    """What a detector in two stages computes, with a usual number of regions."""
    import torch

    x = torch.empty(1, 3, 512, 512)
    maps = net.neck(net.backbone(x))
    width = maps[0].shape[1]
    for one in maps:
        net.rpn_head(one)
    for owner in (net, net.roi_head):
        if hasattr(owner, "semantic_head"):
            owner.semantic_head(maps)
    for heads, count, cells in ((net.roi_head.bbox_head, 1000, 7), (net.roi_head.mask_head, 100, 14)):
        for head in heads if isinstance(heads, torch.nn.ModuleList) else [heads]:
            head(torch.empty(count, width, cells, cells))


def card(system: System, row: Row) -> str:
    """One checkpoint."""
    config = row["config"]
    title, options = system.options(config)
    parameters, work = size(system.net, json.dumps(options), system.channels)
    lines = [
        "[[card]]",
        f"id = {toml('openmmlab-' + re.sub(r'[^a-z0-9.]+', '-', config.lower()))}",
        f"name = {toml(name(system, title, config))}",
        f"net.options = {toml(options)}",
        *(f"input.{key} = {toml(value)}" for key, value in _input(config).items()),
        f"parameters = {parameters}",
        f"gflops = {work}",
        f"weights = {toml({'urls': [row['url']], 'sha256': row['sha256_prefix'], **(system.weights or {})})}",
        f"score = {toml(scores(row['metrics']))}",
    ]
    return "\n".join(lines) + "\n"


def name(system: System, encoder_title: str, config: str) -> str:
    """ "Mask R-CNN ResNet-50 · COCO 3x, several sizes"."""
    found = SCHEDULE.findall(config)
    schedule = f"{found[-1][0]}x" if found and found[-1][1] == "x" else f"{found[-1][0]} epochs" if found else ""
    extra = [text for pattern, text in TRAINING if re.search(pattern, config)]
    return f"{system.title} {encoder_title} · COCO " + ", ".join(part for part in (schedule, *extra) if part)


def _input(config: str) -> dict[str, object]:
    """What this checkpoint's pictures need otherwise than usual."""
    return {key: value for pattern, values in INPUTS if re.search(pattern, config) for key, value in values.items()}


def scores(metrics: str) -> list[dict[str, object]]:
    """The score of the masks first."""
    found = {key.strip(): float(value) for key, value in re.findall(r"([^=;,]+)=([\d.]+)", metrics)}
    order = [key for key in ("PQ", "mask AP", "box AP") if key in found]
    return [{"metric": key, "value": found[key]} for key in order]


def text(system: System, rows: Sequence[Row]) -> str:
    """A card file: what all cards of a system have in common is said once."""
    data = "COCO panoptic" if system.task == "panoptic" else "COCO"
    trainable = "trainable = true\n" if system.net in TRAINABLE else ""
    lines = [
        DEFAULTS.format(data=data, task=system.task, preset=system.preset, trainable=trainable).rstrip(),
        f"system = {toml(system.title)}",
        f"paper = {toml(system.paper)}",
        f"about = {toml({'en': system.english, 'zh': system.chinese})}",
        f"net.type = {toml(system.net)}",
        'input.fit = "short:800/1333"',
    ]
    if not system.inside:
        lines += ["input.multiple = 32", 'input.pad = "zero"']
    if system.decide:
        lines.append(f"decide = {toml(system.decide)}")
    return "\n".join([HEADER, "\n".join(lines) + "\n", *(card(system, row) for row in rows)])


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="the table of published checkpoints")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="where the card files go")
    chosen = parser.parse_args(arguments)
    with chosen.table.open(encoding="utf-8", newline="") as stream:
        table = [row for row in csv.DictReader(stream, delimiter="\t") if row["library"] == "mmdet"]
    for system in SYSTEMS:
        rows = [r for r in table if r["collection"] in system.collections and re.match(system.pattern, r["config"])]
        target = chosen.out / f"openmmlab-{system.title.lower().replace('r-cnn', 'rcnn').replace(' ', '-')}.toml"
        target.write_text(text(system, rows), encoding="utf-8")
        print(f"{len(rows):4} {target.name}")


if __name__ == "__main__":
    main()
