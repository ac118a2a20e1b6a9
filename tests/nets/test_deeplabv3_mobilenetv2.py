"""DeepLabV3 on MobileNetV2: its structure, and the published weights on real photographs."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pycocotools import mask as coco_mask

from segdesk.domain.options import RunOptions
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.io.cards import load_cards
from segdesk.io.weights import status, verify
from segdesk.nets.deeplabv3_mobilenetv2 import backbone, build
from segdesk.paths import models_dir

CARD = next(c for c in load_cards([models_dir()])[0] if c.id == "deeplabv3-mobilenetv2-voc21")
FROM_COCO = {
    "airplane": "aeroplane",
    "dining table": "diningtable",
    "motorcycle": "motorbike",
    "potted plant": "pottedplant",
    "couch": "sofa",
    "tv": "tvmonitor",
}


def test_stride_sixteen_and_two_million_parameters():
    net = build({}, 21)
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == 2.1
    assert net(torch.zeros(2, 3, 65, 97)).shape == (2, 21, 5, 7)


def test_the_last_blocks_are_dilated_instead_of_strided():
    depthwise = [m for i in range(14, 18) for m in backbone()[i].modules() if getattr(m, "groups", 1) > 1]
    assert [m.stride for m in depthwise] == [(1, 1)] * 4  # type: ignore[union-attr]
    assert [m.dilation for m in depthwise] == [(1, 1), (2, 2), (2, 2), (2, 2)]  # type: ignore[union-attr]


def truth(picture: dict, annotations: list[dict], names: dict[int, str]) -> np.ndarray:  # type: ignore[type-arg]
    """(H, W) VOC ids; 255 where a crowd makes it unsure."""
    size = (picture["height"], picture["width"])
    result = np.zeros(size, np.uint8)
    for annotation in sorted(annotations, key=lambda a: -a["area"]):
        name = names[annotation["category_id"]]
        info = CARD.classes.named(FROM_COCO.get(name, name))
        if info is None:
            continue
        rle = annotation["segmentation"]
        if isinstance(rle, list):
            rle = coco_mask.merge(coco_mask.frPyObjects(rle, *size))
        elif isinstance(rle["counts"], list):
            rle = coco_mask.frPyObjects(rle, *size)
        result[coco_mask.decode(rle) > 0] = 255 if annotation["iscrowd"] else info.id
    return result


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # pycocotools
def test_the_published_weights_on_photographs(shared: Path):
    """The mIoU is of the published order: 56.8 on 226 photographs; these are 50 others, with 16 of the classes."""
    found = status(CARD, [shared / "data" / "checkpoints"])
    assert found.kind == "here"
    assert found.path is not None
    verify(found.path, CARD)
    folder = shared / "data" / "photos" / "coco"
    files = {p.name: p for p in folder.rglob("*.jpg")}
    coco = json.loads(next(folder.rglob("*.json")).read_text(encoding="utf-8"))
    names = {c["id"]: c["name"] for c in coco["categories"]}
    engine = Engine(device="cpu")
    confusion = np.zeros((21, 21), np.int64)
    for picture in coco["images"]:
        image = np.ascontiguousarray(cv2.imread(str(files[picture["file_name"]]))[..., ::-1])
        weights = {CARD.id: str(found.path)}
        answer = engine.answer(PredictRequest(picture["file_name"], CARD, image, weights, options=RunOptions()))
        assert isinstance(answer, Answer)
        wanted = truth(picture, [a for a in coco["annotations"] if a["image_id"] == picture["id"]], names)
        sure = wanted < 255
        pairs = wanted[sure].astype(int) * 21 + answer.segmentation.class_map()[sure]
        confusion += np.bincount(pairs, minlength=441).reshape(21, 21)
    hit = np.diag(confusion)
    there = confusion.sum(1) > 0
    iou = hit[there] / (confusion.sum(0) + confusion.sum(1) - hit)[there]
    assert there.sum() == 16
    assert hit.sum() / confusion.sum() > 0.92
    assert 0.52 < iou.mean() < 0.65, iou.mean()
