"""Writes `models/torchvision.toml`: the cards of torchvision's models, with the addresses, hashes, sizes and scores
that torchvision itself gives. Run it after an update of torchvision: `python scripts/torchvision_cards.py`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from torchvision.models import get_model_weights

TARGET = Path(__file__).resolve().parent.parent / "models" / "torchvision.toml"
LICENCE = (
    'licence = { code = "BSD-3-Clause", weights = "BSD-3-Clause", data = "COCO terms of use", commercial = "check" }'
)
HEADER = "# Written by scripts/torchvision_cards.py from torchvision's own data. Change the script, not this file.\n"


@dataclass(frozen=True)
class Entry:
    """What torchvision does not say: how the model is called, of which system it is, what it is good for."""

    model: str
    system: str
    name: str
    english: str
    chinese: str
    paper: str


SEMANTIC = (
    Entry(
        "lraspp_mobilenet_v3_large",
        "LR-ASPP",
        "LR-ASPP MobileNetV3",
        "The lightest of torchvision's semantic models: everyday objects in photographs, fast on a processor.",
        "torchvision 中最轻量的语义模型：照片中的日常物体，在处理器上也很快。",
        "arXiv:1905.02244",
    ),
    Entry(
        "deeplabv3_mobilenet_v3_large",
        "DeepLab v3",
        "DeepLabV3 MobileNetV3",
        "Atrous pyramid pooling on a small backbone: everyday objects in photographs, moderate cost.",
        "小型主干网络加空洞金字塔池化：照片中的日常物体，开销适中。",
        "arXiv:1706.05587",
    ),
    Entry(
        "deeplabv3_resnet50",
        "DeepLab v3",
        "DeepLabV3 ResNet-50",
        "Atrous pyramid pooling on ResNet-50: everyday objects in photographs, sharper and slower.",
        "ResNet-50 加空洞金字塔池化：照片中的日常物体，更精细，也更慢。",
        "arXiv:1706.05587",
    ),
    Entry(
        "deeplabv3_resnet101",
        "DeepLab v3",
        "DeepLabV3 ResNet-101",
        "The most accurate of torchvision's semantic models; a graphics card is advised.",
        "torchvision 中最准确的语义模型；建议使用显卡。",
        "arXiv:1706.05587",
    ),
    Entry(
        "fcn_resnet50",
        "FCN",
        "FCN ResNet-50",
        "The fully convolutional network on a dilated ResNet-50: everyday objects in photographs.",
        "带空洞卷积的 ResNet-50 全卷积网络：照片中的日常物体。",
        "arXiv:1411.4038",
    ),
    Entry(
        "fcn_resnet101",
        "FCN",
        "FCN ResNet-101",
        "The fully convolutional network on a dilated ResNet-101; a graphics card is advised.",
        "带空洞卷积的 ResNet-101 全卷积网络；建议使用显卡。",
        "arXiv:1411.4038",
    ),
)
INSTANCE = (
    Entry(
        "maskrcnn_resnet50_fpn",
        "Mask R-CNN",
        "Mask R-CNN ResNet-50",
        "Finds and outlines single objects of the 80 COCO classes.",
        "检测并勾勒 COCO 80 类中的单个物体。",
        "arXiv:1703.06870",
    ),
    Entry(
        "maskrcnn_resnet50_fpn_v2",
        "Mask R-CNN",
        "Mask R-CNN ResNet-50 v2",
        "As Mask R-CNN, trained with a better recipe: clearly more accurate, somewhat slower.",
        "与 Mask R-CNN 相同，但训练方法更好：明显更准确，稍慢。",
        "arXiv:2111.11429",
    ),
)


def semantic(entry: Entry) -> str:
    """The card of a semantic model: VOC classes, a shorter side of 520 pixels."""
    weights = get_model_weights(entry.model)["COCO_WITH_VOC_LABELS_V1"]
    value = weights.meta["_metrics"]["COCO-val2017-VOC-labels"]["miou"]
    return (
        _head(entry, "semantic", "torchvision_semantic", "voc21")
        + f'input = {{ fit = "short:{_resize_size(weights)}" }}\n'
        + _size(weights, "COCO (VOC classes)")
        + _weights(weights)
        + _score("COCO val2017, the 20 VOC classes", "mIoU", value)
    )


def instance(entry: Entry) -> str:
    """The card of Mask R-CNN, which resizes and normalises by itself; only very large pictures are reduced before."""
    weights = get_model_weights(entry.model)["COCO_V1"]
    metrics = weights.meta["_metrics"]["COCO-val2017"]
    return (
        _head(entry, "instance", "torchvision_instance", "coco91")
        + 'input = { mean = [0, 0, 0], std = [255, 255, 255], fit = "long:1333" }\n'
        + "decide = { confidence = 0.5 }\n"
        + _size(weights, "COCO")
        + _weights(weights)
        + _score("COCO val2017", "mask AP", metrics["mask_map"])
        + _score("COCO val2017", "box AP", metrics["box_map"])
    )


def _resize_size(weights: object) -> int:
    return weights.transforms.keywords["resize_size"]  # type: ignore[attr-defined]


def _head(entry: Entry, task: str, net: str, preset: str) -> str:
    return f"""
[[card]]
id = "{entry.model.replace("_", "-")}"
name = {json.dumps(entry.name)}
task = "{task}"
trainable = true
group = "Photographs"
system = "{entry.system}"
about = {{ en = {json.dumps(entry.english)}, zh = {json.dumps(entry.chinese, ensure_ascii=False)} }}
paper = "{entry.paper}"
net = {{ type = "{net}", options = {{ name = "{entry.model}" }} }}
classes = {{ preset = "{preset}" }}
"""


def _size(weights: object, data: str) -> str:
    """Parameters and operations as torchvision counts them (a multiplication with its addition as one)."""
    meta = weights.meta  # type: ignore[attr-defined]
    return f'data = "{data}"\nparameters = {meta["num_params"]}\ngflops = {round(2 * meta["_ops"], 1)}\n'


def _weights(weights: object) -> str:
    url, meta = weights.url, weights.meta  # type: ignore[attr-defined]
    file = url.rsplit("/", 1)[1]
    match = re.search(r"-([0-9a-f]{8})\.pth$", file)
    assert match, url
    size = round(meta["_file_size"] * 2**20)
    return f"""{LICENCE}
[card.weights]
file = "{file}"
urls = ["{url}"]
sha256 = "{match[1]}"
bytes = {size} # as published, rounded
layout = "torchvision"
"""


def _score(data: str, metric: str, value: float) -> str:
    return f"""[[card.score]]
data = "{data}"
metric = "{metric}"
value = {value}
source = "torchvision"
"""


def text() -> str:
    """The whole file."""
    return HEADER + "".join(map(semantic, SEMANTIC)) + "".join(map(instance, INSTANCE))


def main() -> None:
    """Write the file."""
    TARGET.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
