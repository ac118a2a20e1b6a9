"""Cityscapes' labels: their numbers, train ids and colours, and how its files number objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import MAX_ID, ClassInfo, ClassSet
from segdesk.domain.numbering import numbered
from segdesk.domain.segmentation import Segment, Segmentation

UNLABELLED = "unlabeled"
MOST_OBJECTS = 1000  # of one class in one picture: number = label * 1000 + 0..999
NOT_TRAINED = 255

# (number, name, train id or None, colour), as on the data set's overview page; numbers from 24 on are countable.
_ROWS = (
    (1, "ego vehicle", None, (0, 0, 0)),
    (2, "rectification border", None, (0, 0, 0)),
    (3, "out of roi", None, (0, 0, 0)),
    (4, "static", None, (0, 0, 0)),
    (5, "dynamic", None, (111, 74, 0)),
    (6, "ground", None, (81, 0, 81)),
    (7, "road", 0, (128, 64, 128)),
    (8, "sidewalk", 1, (244, 35, 232)),
    (9, "parking", None, (250, 170, 160)),
    (10, "rail track", None, (230, 150, 140)),
    (11, "building", 2, (70, 70, 70)),
    (12, "wall", 3, (102, 102, 156)),
    (13, "fence", 4, (190, 153, 153)),
    (14, "guard rail", None, (180, 165, 180)),
    (15, "bridge", None, (150, 100, 100)),
    (16, "tunnel", None, (150, 120, 90)),
    (17, "pole", 5, (153, 153, 153)),
    (18, "polegroup", None, (153, 153, 153)),
    (19, "traffic light", 6, (250, 170, 30)),
    (20, "traffic sign", 7, (220, 220, 0)),
    (21, "vegetation", 8, (107, 142, 35)),
    (22, "terrain", 9, (152, 251, 152)),
    (23, "sky", 10, (70, 130, 180)),
    (24, "person", 11, (220, 20, 60)),
    (25, "rider", 12, (255, 0, 0)),
    (26, "car", 13, (0, 0, 142)),
    (27, "truck", 14, (0, 0, 70)),
    (28, "bus", 15, (0, 60, 100)),
    (29, "caravan", None, (0, 0, 90)),
    (30, "trailer", None, (0, 0, 110)),
    (31, "train", 16, (0, 80, 100)),
    (32, "motorcycle", 17, (0, 0, 230)),
    (33, "bicycle", 18, (119, 11, 32)),
)
CLASSES = ClassSet(ClassInfo(number, name, color, number >= 24) for number, name, _, color in _ROWS)
TRAIN_IDS = {number: train for number, _, train, _ in _ROWS if train is not None}


def train_table() -> np.ndarray:
    """(65536,) uint8: the train id of each label number, 255 where there is none."""
    table = np.full(MAX_ID + 1, NOT_TRAINED, np.uint8)
    table[list(TRAIN_IDS)] = list(TRAIN_IDS.values())
    return table


@dataclass
class ObjectNumbers:
    """Numbers of `instanceIds` for the segments of one map in Cityscapes' classes; `beyond`: objects that found none
    and are written as part of a group."""

    labels: Segmentation
    beyond: int = 0

    def __post_init__(self) -> None:
        counts: dict[int, int] = {}
        self.of: dict[int, int] = {}
        for key, segment in self.labels.segments.items():
            label, count = segment.class_id, counts.get(segment.class_id, 0)
            self.of[key] = label
            if label not in CLASSES.things or segment.crowd:
                continue
            if count < MOST_OBJECTS:
                self.of[key] = label * 1000 + count
                counts[label] = count + 1
            else:
                self.beyond += 1


def from_numbers(numbers: np.ndarray) -> tuple[Segmentation, list[int]]:
    """The map in Cityscapes' classes of (H, W) `instanceIds`, and the labels that it has and the table has not."""
    found, index = numbered(numbers)
    keys, segments, unknown = np.zeros(found.size, np.uint16), {}, set()
    for n, number in enumerate(found.tolist()):
        label = number // 1000 if number >= 1000 else number
        info = CLASSES.get(label)
        if info is None:
            unknown.add(label)
            continue
        keys[n] = len(segments) + 1
        segments[len(segments) + 1] = Segment(label, crowd=info.is_thing and number < 1000)
    return Segmentation(keys[index], segments), sorted(unknown - {0, 255})


def plain_label(name: str) -> tuple[int | None, bool]:
    """(label number or None, whether it is a group) of a name in a polygons file, such as "car" or "cargroup"."""
    info = CLASSES.named(name)
    if info is None and name.endswith("group"):
        info = CLASSES.named(name.removesuffix("group"))
        return (info.id, True) if info is not None and info.is_thing else (None, False)
    return (info.id if info else None), False


def categories() -> Iterator[dict[str, object]]:
    """The `categories` of a panoptic JSON file: the labels that are evaluated."""
    for info in CLASSES:
        if info.id in TRAIN_IDS:
            yield {"id": info.id, "name": info.name, "color": list(info.color), "isthing": int(info.is_thing)}
