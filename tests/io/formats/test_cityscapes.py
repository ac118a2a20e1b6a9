"""Cityscapes: what its own tools look for, each kind of label file by itself, and files that make no sense."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import cityscapes, coco_panoptic
from segdesk.io.project import Project
from tests.io.formats.exchange import assert_same_labels, blocks, export, load, load_again, make_project, names_of

CLASSES = ClassSet(
    [ClassInfo(4, "Car", (1, 2, 3), True), ClassInfo(9, "road", (4, 5, 6)), ClassInfo(7, "unicorn", (7, 8, 9), True)]
)


def street() -> Segmentation:
    """A road with three cars, one of them in two parts and with a hole; void above."""
    ids = np.zeros((20, 30), int)
    ids[8:] = 1
    ids[10:14, 2:8], ids[11, 4] = 2, 1
    ids[10:14, 8:12] = 3
    ids[16, 20:22], ids[16, 25] = 4, 4
    ids[0, 0] = 5
    return blocks(ids, {1: 9, 2: 4, 3: 4, 4: 4, 5: 7})


@pytest.fixture
def written(tmp_path: Path) -> Path:
    with make_project(tmp_path, {"a.jpg": street()}, CLASSES) as project:
        result = export(project, cityscapes, tmp_path / "out")
        assert "unicorn" in " ".join(str(n) for n in result.notes)
    return tmp_path / "out" / "gtFine" / "train" / "segdesk"


def again(tmp_path: Path) -> Project:
    project = Project.create(tmp_path / "again.segdesk", tmp_path / "pictures")
    project.add_pictures(["a.jpg"])
    return project


def truth() -> np.ndarray:
    return np.array(["", "road", "car", "car", "car", ""])[street().ids]


def test_object_numbers_are_label_times_1000(written: Path) -> None:
    with Image.open(written / "segdesk_000000_000000_gtFine_instanceIds.png") as png:
        assert png.mode == "I;16"
        numbers = np.asarray(png)
    assert set(np.unique(numbers)) == {0, 7, 26000, 26001, 26002}


@pytest.mark.parametrize("kept", ["instanceIds.png", "labelIds.png", "labelTrainIds.png", "polygons.json"])
def test_each_kind_of_file_alone_gives_the_classes(written: Path, tmp_path: Path, kept: str) -> None:
    for file in written.iterdir():
        if not file.name.endswith(kept):
            file.unlink()
    with again(tmp_path) as project:
        result = load(project, cityscapes, tmp_path / "out")
        assert result.problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert np.array_equal(names_of(found, project.classes), truth())
        assert {c.name: c.is_thing for c in project.classes} == {"road": False, "car": True}


def test_the_panoptic_form_is_read_by_coco_panoptic(written: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "pictures.json").unlink()
    (tmp_path / "pictures" / "a.jpg").rename(tmp_path / "pictures" / "segdesk_000000_000000_leftImg8bit.png")
    with Project.create(tmp_path / "again.segdesk", tmp_path / "pictures") as project:
        project.add_pictures(["segdesk_000000_000000_leftImg8bit.png"])
        for module, path in (
            (coco_panoptic, tmp_path / "out" / "gtFine" / "cityscapes_panoptic_train.json"),
            (cityscapes, written),
        ):
            assert load(project, module, path).problems == ()
            found = project.load_map(1, "reference")
            assert found is not None
            assert np.array_equal(names_of(found, project.classes), truth())
            assert len(found.segments) == 4


def test_groups_come_back_as_crowds_and_classes_without_objects_become_groups(tmp_path: Path) -> None:
    stuff = ClassSet([ClassInfo(1, "car", (1, 2, 3)), ClassInfo(2, "person", (4, 5, 6), True)])
    labels = Segmentation(np.array([[1, 2, 3]], np.uint16), {1: Segment(1), 2: Segment(2, crowd=True), 3: Segment(2)})
    with make_project(tmp_path, {"a.jpg": labels}, stuff) as project:
        export(project, cityscapes, tmp_path / "out")
        load_again(project, cityscapes, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        assert [found.segments[int(k)].crowd for k in found.ids[0]] == [True, True, False]


def test_more_than_1000_objects_of_a_class_form_a_group(tmp_path: Path) -> None:
    labels = blocks(np.arange(1, 1201).reshape(30, 40), dict.fromkeys(range(1, 1201), 4))
    with make_project(tmp_path, {"a.jpg": labels}, CLASSES) as project:
        result = export(project, cityscapes, tmp_path / "out")
        assert any("200 objects are beyond" in str(n) for n in result.notes)
        load_again(project, cityscapes, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        assert len(found.segments) == 1001
        assert_same_labels(found, labels, project.classes, CLASSES, objects=False)


def test_a_project_without_any_of_its_classes_is_refused(tmp_path: Path) -> None:
    with (
        make_project(tmp_path, {}, ClassSet([ClassInfo(1, "cell", (1, 2, 3))])) as project,
        pytest.raises(SegDeskError, match="None of the project's classes"),
    ):
        export(project, cityscapes, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"imgHeight": 20, "imgWidth": 30, "objects": [{"label": "car", "polygon": [[1, "x"]]}]}',
        '{"imgHeight": 20, "imgWidth": 30, "objects": [{"label": "car", "polygon": []}]}',
        '{"imgHeight": 20, "imgWidth": 30, "objects": [7]}',
        '{"imgHeight": 40, "imgWidth": 30, "objects": []}',
        '{"imgHeight": [], "imgWidth": null, "objects": []}',
    ],
)
def test_polygon_files_with_faults_are_listed_and_the_rest_comes_in(written: Path, tmp_path: Path, text: str) -> None:
    (written / "b_0_0_gtFine_polygons.json").write_text(text)
    (written / "c_0_0_gtFine_labelIds.png").write_text("no picture")
    good = {"imgHeight": 20, "imgWidth": 30, "objects": [{"label": "car", "polygon": [[-9e9, 0], [9e9, 0], [5, 9e9]]}]}
    good["objects"] += [{"label": "dragon", "polygon": [[0, 0], [1, 1], [2, 2]]}]
    (written / "d_0_0_gtFine_polygons.json").write_text(json.dumps(good))
    empty = {f"{n}.png": blocks(np.zeros((20, 30), int), {}) for n in ("b_0_0", "c_0_0", "d_0_0")}
    with make_project(tmp_path / "2", {"a.jpg": street(), **empty}, CLASSES) as project:
        result = load(project, cityscapes, tmp_path / "out")
        assert result.pictures == 2
        assert [p.name for p in result.problems] == ["b_0_0", "c_0_0", "d_0_0"]
        assert "dragon" in str(result.problems[2].error)
