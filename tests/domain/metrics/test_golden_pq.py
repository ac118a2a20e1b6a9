"""Panoptic quality against published figures (deeplab2) and COCO's own panoptic examples."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, Overlaps
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.segmentation import Segment, Segmentation

COLORS = {
    (0, 0, 0): 0,
    (0, 0, 255): 1,
    (255, 0, 0): 2,
    (0, 255, 0): 3,
    (255, 0, 255): 4,
    (0, 255, 255): 5,
    (255, 255, 0): 6,
}
NAMES = ["person", "bear", "tree", "bird", "sky", "cat"]
CLASSES = ClassSet.from_names(NAMES, things=NAMES)
TEAM = {47: 1, 97: 1, 133: 1, 150: 1, 174: 1, 198: 2, 215: 1, 244: 1, 255: 1}
REFERENCE_CLASSES = {"team_gt_instance": TEAM, "bird_gt": {92: 5, 176: 3, 255: 4}, "cat_gt": {255: 6}}


def _grey(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("L"), dtype=np.uint16)


def _reference(folder: Path, name: str) -> Segmentation:
    table = REFERENCE_CLASSES[name]
    return Segmentation(_grey(folder / f"{name}.png"), {k: Segment(c) for k, c in table.items()})


def _prediction(folder: Path, name: str) -> Segmentation:
    """Each pair of (class, grey value of the instance picture) is a segment."""
    rgb = np.asarray(Image.open(folder / f"{name}_pred_class.png").convert("RGB"))
    class_map = np.zeros(rgb.shape[:2], np.int64)
    for color, class_id in COLORS.items():
        class_map[(rgb == color).all(axis=2)] = class_id
    pair = class_map * 256 + _grey(folder / f"{name}_pred_instance.png")
    segments, ids = {}, np.zeros(pair.shape, np.uint16)
    for number, value in enumerate(np.unique(pair[class_map > 0]), start=1):
        ids[pair == value] = number
        segments[number] = Segment(int(value) // 256)
    return Segmentation(ids, segments)


def _score(folder: Path, names: list[str]) -> Panoptic:
    total = Panoptic(CLASSES)
    for name in names:
        one = Panoptic(CLASSES)
        one.add(Overlaps.of(_prediction(folder, name.split("_")[0]), _reference(folder, name)))
        total.merge(one)
    return total


@pytest.mark.shared
def test_team_picture_has_the_published_quality(shared: Path) -> None:
    result = _score(shared / "data/golden/pq-deeplab2", ["team_gt_instance"]).result()
    person, bear = result.classes[0], result.classes[1]
    assert (person.tp, person.fp, person.fn) == (7, 0, 1)
    assert (bear.tp, bear.fp, bear.fn) == (1, 0, 0)
    assert (round(person.iou_sum, 5), round(bear.iou_sum, 5)) == (5.26827, 0.54069)
    assert result.all.pq == pytest.approx(0.62156287, abs=5e-9)
    assert result.all.sq == pytest.approx(0.64664984, abs=5e-8)
    assert result.all.rq == pytest.approx(0.96666667, abs=5e-9)
    assert result.all.classes == 2


@pytest.mark.shared
def test_three_pictures_have_the_published_quality(shared: Path) -> None:
    every = _score(shared / "data/golden/pq-deeplab2", list(REFERENCE_CLASSES)).result().all
    # The published figures were computed in single precision: .76855499, .7769174, .98888892.
    assert every.pq == pytest.approx(0.76855499, abs=5e-8)
    assert every.sq == pytest.approx(0.7769174, abs=5e-8)
    assert every.rq == pytest.approx(0.98888892, abs=5e-8)


@pytest.mark.shared
def test_void_left_in_the_union_lowers_the_quality(shared: Path) -> None:
    score = _score(shared / "data/golden/pq-deeplab2", ["team_gt_instance"])
    removed, kept = score.result().all.pq, score.result(VOID_COUNTED).all.pq
    assert removed is not None
    assert kept is not None
    assert kept < removed


def _coco(folder: Path) -> tuple[ClassSet, list[tuple[Segmentation, list[dict[str, int]]]]]:
    data = json.loads((folder / "panoptic_examples.json").read_text())
    classes = ClassSet(ClassInfo(c["id"], c["name"], tuple(c["color"]), bool(c["isthing"])) for c in data["categories"])
    pictures = []
    for note in data["annotations"]:
        rgb = np.asarray(Image.open(folder / "panoptic_examples" / note["file_name"]).convert("RGB"), np.int64)
        coded = rgb[..., 0] + 256 * rgb[..., 1] + 65536 * rgb[..., 2]
        ids, segments = np.zeros(coded.shape, np.uint16), {}
        for number, info in enumerate(note["segments_info"], start=1):
            ids[coded == info["id"]] = number
            segments[number] = Segment(info["category_id"], crowd=bool(info["iscrowd"]))
        pictures.append((Segmentation(ids, segments), note["segments_info"]))
    return classes, pictures


@pytest.mark.shared
def test_coco_examples_agree_with_themselves(shared: Path) -> None:
    classes, pictures = _coco(shared / "data/golden/coco-panoptic")
    score = Panoptic(classes)
    for segmentation, _ in pictures:
        score.add(Overlaps.of(segmentation, segmentation))
    for rule in ("void_ignored", "void_counted", "void_background"):
        result = score.result(rule)
        assert (result.all.pq, result.things.pq, result.stuff.pq) == (1.0, 1.0, 1.0)
    segments = sum(not s["iscrowd"] for _, table in pictures for s in table)
    assert sum(c.tp for c in score.result().classes) == segments


@pytest.mark.shared
def test_coco_two_channel_form_is_the_same_labelling(shared: Path) -> None:
    """Channel 0 is the class, channel 1 the instance: compared as predictions they must match exactly."""
    folder = shared / "data/golden/coco-panoptic"
    classes, pictures = _coco(folder)
    files = sorted((folder / "panoptic_examples_2ch_format").iterdir())
    score = Panoptic(classes)
    for (reference, _), file in zip(pictures, files, strict=True):
        score.add(Overlaps.of(_two_channel(file), reference))
    result = score.result(VOID_BACKGROUND)
    assert result.all.pq == 1.0
    assert sum(c.fp + c.fn for c in result.classes) == 0


def _two_channel(file: Path) -> Segmentation:
    rgb = np.asarray(Image.open(file).convert("RGB"), np.int64)
    pair = rgb[..., 0] * 256 + rgb[..., 1]
    ids, segments = np.zeros(pair.shape, np.uint16), {}
    for number, value in enumerate(np.unique(pair[rgb[..., 0] > 0]), start=1):
        ids[pair == value] = number
        segments[number] = Segment(int(value) // 256)
    return Segmentation(ids, segments)
