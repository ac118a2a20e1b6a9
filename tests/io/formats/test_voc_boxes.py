"""VOC's XML files: boxes that count from 1, and folders that have nothing else."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import voc
from tests.io.formats.exchange import blocks, export, load, make_project, names_of

CLASSES = ClassSet([ClassInfo(1, "cat & <dog>", (1, 2, 3), True), ClassInfo(2, "sky", (4, 5, 6))])


def test_boxes_count_pixels_from_one(tmp_path: Path) -> None:
    ids = np.zeros((20, 30), np.uint16)
    ids[5:9, 10:12], ids[12:, 20:] = 1, 3
    ids[0:3] = 2
    labels = Segmentation(ids, {1: Segment(1), 2: Segment(2), 3: Segment(1, crowd=True)})
    with make_project(tmp_path, {"a.png": labels}, CLASSES) as project:
        export(project, voc, tmp_path / "out")
    root = tmp_path / "out" / "VOCdevkit" / "VOC2012"
    tree = ElementTree.parse(root / "Annotations" / "a.xml").getroot()
    assert [tree.findtext(f"size/{k}") for k in ("width", "height", "depth")] == ["30", "20", "3"]
    boxes = [[int(v.text or 0) for v in b] for b in tree.iter("bndbox")]
    assert boxes == [[11, 6, 12, 9], [21, 13, 30, 20]]
    assert [o.findtext("name") for o in tree.iter("object")] == ["cat & <dog>"] * 2
    assert [o.findtext("difficult") for o in tree.iter("object")] == ["0", "1"]
    assert [o.findtext("truncated") for o in tree.iter("object")] == ["0", "1"]
    for folder in ("Segmentation", "Main"):
        assert (root / "ImageSets" / folder / "train.txt").read_text() == "a\n"


def xml(*objects: str, size: str = "<width>30</width><height>20</height>", name: str = "a.png") -> str:
    return f"<annotation><filename>{name}</filename><size>{size}</size>{''.join(objects)}</annotation>"


def box(name: str, *ends: object) -> str:
    keys = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{k}>{v}</{k}>" for k, v in zip(keys, ends, strict=False))
    return f"<object><name>{name}</name><bndbox>{inner}</bndbox></object>"


def test_folders_with_nothing_but_boxes(tmp_path: Path) -> None:
    folder = tmp_path / "x" / "Annotations"
    folder.mkdir(parents=True)
    bomb = '<!DOCTYPE a [<!ENTITY b "' + "x" * 1000 + '">' + "]><annotation>&b;</annotation>"
    texts = {
        "a": xml(box("cat", 1, 1, 10, 10), box("dog", 5.0, 5, 7, 7), box("cow", 40, 5, 50, 9), box("", 1, 1, 2, 2)),
        "b": xml(box("cat", 1, 1, "x", 3), box("cat", 1, 1), "<object/>", box("dog", -5, 2, 3, 99), name="b.png"),
        "c": xml(size="<width>20</width><height>30</height>", name="c.png"),
        "d": xml(box("cat", 1, 1, 2, 2), name="../../d.png"),
        "e": bomb,
        "f": "no xml",
    }
    for stem, text in texts.items():
        (folder / f"{stem}.xml").write_text(text)
    (folder / "g.xml").write_bytes(bomb.encode("utf-16"))
    empty = {f"{n}.png": blocks(np.zeros((20, 30), int), {}) for n in "abc"}
    with make_project(tmp_path, empty, ClassSet()) as project:
        result = load(project, voc, tmp_path / "x")
        assert (result.pictures, result.objects) == (2, 3)
        assert [p.name for p in result.problems] == ["a.png"] * 2 + ["b.png"] * 3 + [
            "c.png",
            "../../d.png",
            "e",
            "f",
            "g",
        ]
        assert "boxes of 2 pictures were filled" in str(result.notes[0])
        found = project.load_map(1, "reference")
        assert found is not None
        names = names_of(found, project.classes)
        assert (names[:10, :10] == "cat").sum() == 91
        assert (names[4:7, 4:7] == "dog").all()
        assert (names != "").sum() == 100
