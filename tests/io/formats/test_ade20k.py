"""ADE20K: the channels of the full form, names from the lists beside pictures, the benchmark's numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io.formats import ade20k_full, ade20k_scene, coco_stuff
from tests.io.formats.exchange import assert_same_labels, blocks, export, load, load_again, make_project, names_of

CLASSES = ClassSet(ClassInfo(n, f"class {n:03d}", (n % 256, 1, 2), True) for n in range(1, 301))


def test_channels_are_class_and_object(tmp_path: Path) -> None:
    ids = np.array([[0, 1, 1, 2, 3]])
    with make_project(tmp_path, {"a.png": blocks(ids, {1: 300, 2: 300, 3: 7})}, CLASSES) as project:
        export(project, ade20k_full, tmp_path / "out")
    folder = tmp_path / "out" / "images" / "training" / "segdesk"
    with Image.open(folder / "a_seg.png") as png:
        assert png.mode == "RGB"
        pixels = np.asarray(png).astype(int)
    assert (pixels[..., 0] // 10 * 256 + pixels[..., 1]).tolist() == [[0, 300, 300, 300, 7]]
    assert pixels[..., 2].tolist() == [[0, 1, 1, 2, 3]]
    assert (folder / "a_atr.txt").read_text().splitlines()[1] == '002 # 0 # 0 # class 300 # class 300 # ""'


@pytest.mark.parametrize("kept", ["_atr.txt", ".json", "objects.txt", ""])
def test_names_come_from_one_of_three_lists(tmp_path: Path, kept: str) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    pixels = np.zeros((4, 6, 3), np.uint8)
    pixels[:, :3] = 10, 44, 40  # class 300; object values need not be 1, 2, 3
    pixels[:, 3:5] = 0, 7, 90
    Image.fromarray(pixels).save(folder / "a_seg.png")
    lists = {
        "_atr.txt": '001 # 0 # 0 # sky # sky # ""\n002 # 0 # 1 # cup, mug # cup # "x"\n001 # 1 # 0 # lid # lid # ""\n',
        ".json": json.dumps(
            {"annotation": {"object": [{"name_ndx": 300, "name": "sky"}, {"name_ndx": 7, "name": "cup, mug"}]}}
        ),
        "objects.txt": "300\tstuff\tsky\n7\tthing\tcup, mug\nnonsense\n",
    }
    if kept:
        (folder / (kept if kept == "objects.txt" else f"a{kept}")).write_text(lists[kept])
    with make_project(tmp_path, {"a.jpg": blocks(np.zeros((4, 6), int), {})}, ClassSet()) as project:
        result = load(project, ade20k_full, folder)
        assert result.problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        names = ["sky", "cup, mug"] if kept else ["class 300", "class 7"]
        assert names_of(found, project.classes)[0].tolist() == [names[0]] * 3 + [names[1]] * 2 + [""]
        if kept:
            assert {c.name: c.is_thing for c in project.classes} == {"sky": False, "cup, mug": True}
        else:
            assert "2 classes have no name" in str(result.notes[0])


def test_many_objects_are_numbered_class_by_class_and_the_rest_is_told(tmp_path: Path) -> None:
    ids = np.arange(1, 601).reshape(20, 30)
    labels = blocks(ids, {k: 1 if k <= 255 else 2 for k in range(1, 601)})
    with make_project(tmp_path, {"a.png": labels}, CLASSES) as project:
        result = export(project, ade20k_full, tmp_path / "out")
        assert any("90 objects are beyond the 255" in str(n) for n in result.notes)
        load_again(project, ade20k_full, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        assert len(found.segments) == 511
        assert_same_labels(found, labels, project.classes, CLASSES, objects=False)


def test_label_files_with_faults(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    Image.fromarray(np.full((4, 6, 3), 7, np.uint8)).save(folder / "good_seg.png")
    Image.fromarray(np.full((4, 6), 7, np.uint8)).save(folder / "grey_seg.png")
    Image.fromarray(np.full((6, 4, 3), 7, np.uint8)).save(folder / "turned_seg.png")
    (folder / "text_seg.png").write_text("no picture")
    (folder / "nobody_seg.png").write_text("no picture")
    (folder / "good.json").write_text("[" * 100_000)
    (folder / "good_atr.txt").write_bytes(b"\xff\xfe # # #\n001 # 0 # 0\n")
    names = ["good", "grey", "turned", "text"]
    with make_project(tmp_path, {f"{n}.jpg": blocks(np.zeros((4, 6), int), {}) for n in names}, ClassSet()) as project:
        result = load(project, ade20k_full, folder)
        assert result.pictures == 1
        assert sorted(p.name for p in result.problems) == ["grey", "nobody", "text", "turned"]
        with pytest.raises(SegDeskError, match="no label pictures"):
            load(project, ade20k_full, tmp_path / "pictures")


@pytest.mark.parametrize(
    ("module", "name", "number", "void", "folder"),
    [
        (ade20k_scene, "sidewalk", 12, 0, "annotations"),
        (coco_stuff, "stop sign", 12, 255, "stuffthingmaps"),  # the 13th: one number before is unused
        (coco_stuff, "banner", 91, 255, "stuffthingmaps"),
    ],
)
def test_numbers_of_fixed_tables(tmp_path: Path, module, name: str, number: int, void: int, folder: str) -> None:
    classes = ClassSet([ClassInfo(5, name.upper().replace(" ", "_"), (1, 2, 3)), ClassInfo(6, "unicorn", (3, 2, 1))])
    with make_project(tmp_path, {"a.jpg": blocks(np.array([[0, 5, 6]]), {5: 5, 6: 6})}, classes) as project:
        notes = " ".join(str(n) for n in export(project, module, tmp_path / "out").notes)
        assert "unicorn" in notes
        with Image.open(tmp_path / "out" / folder / "a.png") as png:
            assert png.mode == "L"
            assert np.asarray(png).tolist() == [[void, number, void]]
