"""The class lists that come with the program: their sizes, and colours and things that are known from elsewhere."""

from __future__ import annotations

import tomllib

import pytest

from segdesk.io.class_presets import class_preset, preset_names
from segdesk.paths import resources_dir

# list: (channels, classes, things)
COUNTS = {
    "ade150": (150, 150, 100),
    "camvid11": (11, 11, 3),
    "cityscapes19": (19, 19, 8),
    "coco133": (133, 133, 80),
    "cocostuff171": (171, 171, 80),
    "cocostuff182": (182, 171, 80),
    "context59": (59, 59, 20),
    "context60": (60, 59, 20),
    "isaid": (16, 15, 15),
    "loveda": (7, 6, 0),
    "mapillary65": (65, 65, 37),
    "potsdam": (6, 6, 1),
    "vaihingen": (6, 6, 1),
    "vessel": (2, 1, 0),
    "voc21": (21, 20, 20),
}
COLORS = [
    ("cityscapes19", "road", (128, 64, 128)),
    ("cityscapes19", "bicycle", (119, 11, 32)),
    ("ade150", "wall", (120, 120, 120)),
    ("ade150", "flag", (92, 0, 255)),
    ("voc21", "aeroplane", (128, 0, 0)),
    ("context60", "aeroplane", (180, 120, 120)),
    ("cocostuff171", "person", (0, 192, 64)),
    ("coco133", "person", (220, 20, 60)),
    ("isaid", "harbor", (0, 100, 155)),
    ("loveda", "building", (255, 0, 0)),
    ("potsdam", "car", (255, 255, 0)),
    ("camvid11", "bicyclist", (0, 128, 192)),
    ("mapillary65", "Bird", (165, 42, 42)),
]


@pytest.mark.parametrize("name", sorted(COUNTS))
def test_sizes(name: str):
    table = tomllib.loads((resources_dir() / "classes" / f"{name}.toml").read_text(encoding="utf-8"))
    classes = class_preset(name)
    assert (len(table["names"]), len(classes), len(classes.things)) == COUNTS[name]
    assert len(table["colors"]) == len(classes)


@pytest.mark.parametrize("name", preset_names())
def test_a_list_says_where_it_is_from(name: str):
    table = tomllib.loads((resources_dir() / "classes" / f"{name}.toml").read_text(encoding="utf-8"))
    assert table["title"]
    assert table["source"].startswith("http") or name in ("regions", "nuclei")


@pytest.mark.parametrize(("name", "label", "color"), COLORS)
def test_known_colors(name: str, label: str, color: tuple[int, int, int]):
    info = class_preset(name).named(label)
    assert info is not None
    assert info.color == color


def test_lists_of_one_data_set_agree():
    assert class_preset("cocostuff182") == class_preset("cocostuff171")
    assert list(class_preset("context60")) == list(class_preset("context59"))
    assert [c.name for c in class_preset("coco133")][:80] == [c.name for c in class_preset("coco80")]
