"""YOLO-seg: outlines come back as Ultralytics draws them; real and broken label folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from hypothesis import given, settings

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.io.formats import yolo_seg
from segdesk.io.project import Project
from tests.io.formats.exchange import (
    CLASSES,
    add_picture,
    assert_same_labels,
    blocks,
    export,
    load,
    load_again,
    make_project,
    names_of,
)
from tests.io.formats.test_round_trips import hard_maps, ring, round_trip


def test_hard_maps_keep_the_class_of_every_pixel_when_parts_are_separate() -> None:
    @settings(max_examples=20, deadline=None)
    @given(labels=hard_maps())
    def check(labels: Segmentation) -> None:
        round_trip(yolo_seg, {"a b/1.png": labels}, parts="separate")

    check()


def test_holes_cost_no_pixel_and_joined_parts_are_told(tmp_path: Path) -> None:
    with make_project(tmp_path, {"a.png": blocks(ring(), {1: 7})}) as project:
        project.save_map(1, "annotation", blocks(np.where(ring() == 1, 1, 0), {1: 7}))
        notes = [str(n) for n in export(project, yolo_seg, tmp_path / "out").notes]
        assert notes == ["Scores are not part of this format."]
        load_again(project, yolo_seg, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        assert np.array_equal(found.ids > 0, ring() == 1)
        parts = np.zeros((40, 40), int)
        parts[2:10, 3:9] = parts[2:10, 20:30] = 1
        project.save_map(1, "annotation", blocks(parts, {1: 7}))
        notes = [str(n) for n in export(project, yolo_seg, tmp_path / "out2").notes]
        assert "1 object in several parts was joined by lines: 11 of 128 pixels differ." in notes
        load_again(project, yolo_seg, tmp_path / "out2")
        found = project.load_map(1, "reference")
        assert found is not None
        assert len(found.segments) == 1
        assert np.count_nonzero((found.ids > 0) != (parts > 0)) == 11


def test_files_say_what_ultralytics_reads(tmp_path: Path) -> None:
    """By hand, as its loader does: multiply, drop the fraction, fill."""
    ids = np.zeros((37, 53), int)
    ids[3:20, 5:40], ids[5:9, 10:20], ids[30, 7], ids[33, 40:43] = 1, 0, 2, 3
    with make_project(tmp_path, {"a/ü.jpe": blocks(ids, {1: 7, 2: 40, 3: 7})}) as project:
        export(project, yolo_seg, tmp_path / "out")
    data = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text(encoding="utf-8"))
    assert data["names"] == {0: "cell", 1: "天空", 2: "debris", 3: "road"}
    assert (data["train"], data["val"], data["nc"]) == ("images/train", "images/train", 4)
    assert (tmp_path / "out" / "images" / "train" / "a__ü.jpg").is_file()
    lines = (tmp_path / "out" / "labels" / "train" / "a__ü.txt").read_text().splitlines()
    assert len(lines) == len(set(lines)) == 3
    for key, line in enumerate(lines, 1):
        values = np.array(line.split(), float)
        assert len(values) >= 7
        assert (values[1:] > 0).all()
        assert (values[1:] < 1).all()
        points = values[1:].reshape(-1, 2)
        assert (np.ptp(points, axis=0) > 0).all()
        drawn = cv2.fillPoly(np.zeros(ids.shape, np.uint8), [(points * (53, 37)).astype(np.int32)], 1)
        assert np.array_equal(drawn > 0, ids == key)


def label_folder(folder: Path, text: str, *, listed: str = "names: [cat, dog]\n") -> Path:
    (folder / "labels" / "train").mkdir(parents=True)
    (folder / "labels" / "train" / "a.txt").write_text(text)
    (folder / "data.yaml").write_text(listed)
    return folder


def empty(folder: Path, *names: str) -> Project:
    return make_project(folder, {n: blocks(np.zeros((20, 30), int), {}) for n in names}, ClassSet())


TRIANGLE = "0.1 0.1 0.9 0.1 0.5 0.9"


def test_lines_that_make_no_sense_are_listed_and_the_rest_comes_in(tmp_path: Path) -> None:
    bad = ["7 " + TRIANGLE, "0 0.1 0.1", "x 1 2 3 4 5 6", "0 nan 0 0 1 1 1", "-1 " + TRIANGLE, "1.5 " + TRIANGLE]
    bad += ["0 10 10 200 10 50 90", "0 1e400 0 0 0 1 1", "99999999999999999999 " + TRIANGLE]
    text = "\n".join([*bad, "", "0 0.5 0.5 0.2 0.2", f"1 {TRIANGLE} 0.75", "0 -0.01 0 0.3 0 0.3 1.01"])
    with empty(tmp_path, "images/train/a.png") as project:
        result = load(project, yolo_seg, label_folder(tmp_path / "y", text))
        assert [p.error.values["line"] for p in result.problems] == list(range(1, len(bad) + 1))
        assert (result.pictures, result.objects) == (1, 2)
        notes = " ".join(str(n) for n in result.notes)
        assert "1 line is a box" in notes
        assert "1 outline reached out" in notes
        found = project.load_map(1, "reference")
        assert found is not None
        assert {project.classes[s.class_id - 1].name: s.score for s in found.segments.values()} == {
            "dog": 0.75,
            "cat": 1,
        }


@pytest.mark.parametrize(
    "listed",
    ["names: {0: cat, 1: dog}", "names: ['cat', 'dog', 'cat']", "names:\n  '0': cat\n  '1': dog\n  x: y\n  2: [1]\n"],
)
def test_kinds_of_class_lists(tmp_path: Path, listed: str) -> None:
    folder = label_folder(tmp_path / "y", f"1 {TRIANGLE}", listed=listed)
    with empty(tmp_path, "a.png") as project:
        assert load(project, yolo_seg, folder).problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert set(names_of(found, project.classes).ravel()) == {"", "dog"}


def test_aliases_in_a_yaml_file_do_not_fill_the_memory(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)) + "names: *a59\n"
    with empty(tmp_path, "a.png") as project:
        result = load(project, yolo_seg, label_folder(tmp_path / "y", f"1 {TRIANGLE}", listed=bomb))
        assert "no class list" in str(result.notes[0])


@pytest.mark.parametrize("listed", ["{", "a: !!python/object/apply:os.getcwd []", "[" * 5000, "\x00"])
def test_yaml_files_that_are_none(tmp_path: Path, listed: str) -> None:
    folder = label_folder(tmp_path / "y", f"1 {TRIANGLE}", listed=listed)
    with empty(tmp_path, "a.png") as project, pytest.raises(SegDeskError, match=r"not a data\.yaml"):
        load(project, yolo_seg, folder)


def test_an_empty_file_is_a_picture_without_objects_and_missing_ones_are_counted(tmp_path: Path) -> None:
    folder = label_folder(tmp_path / "y", "")
    shutil.copy(folder / "labels" / "train" / "a.txt", folder / "labels" / "train" / "nobody.txt")
    for name in ("a.png", "b.png"):
        add_picture(folder / "images" / "train", name, (20, 30))
    with empty(tmp_path, "train/a.png", "val/a.png") as project:
        result = load(project, yolo_seg, folder)
        assert result.pictures == 1
        assert [p.name for p in result.problems] == ["train/nobody"]
        assert "1 picture has no label file" in str(result.notes[0])
        found = project.load_map(1, "reference")
        assert found is not None
        assert not found.ids.any()
    with empty(tmp_path / "2", "a.png") as project, pytest.raises(SegDeskError, match="no label files"):
        load(project, yolo_seg, tmp_path / "2" / "pictures")


def test_stuff_stays_one_segment_with_all_its_parts(tmp_path: Path) -> None:
    labels = blocks(np.arange(80).reshape(8, 10) // 3 % 2 * 1, {1: 2})
    with make_project(tmp_path, {"a.png": labels}) as project:
        export(project, yolo_seg, tmp_path / "out")
        load_again(project, yolo_seg, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert_same_labels(found, labels, project.classes, CLASSES)
        assert found is not None
        assert len(found.segments) == 1


def test_real_photographs(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "photos" / "yolo-seg"
    names = sorted(p.relative_to(folder).as_posix() for p in (folder / "images").rglob("*.jpg"))
    with Project.create(tmp_path / "p.segdesk", folder) as project:
        project.add_pictures(names)
        result = load(project, yolo_seg, folder)
        stems = {Path(n).stem for n in names}
        labels = {p.stem for p in (folder / "labels").rglob("*.txt")}
        assert result.pictures == len(stems & labels)
        assert len(result.problems) == len(labels - stems) == 2
        notes = " ".join(str(n) for n in result.notes)
        assert f"{len(stems - labels)} pictures have no label file" in notes
        assert "no class list" in notes
        lines = sum(len(p.read_text().splitlines()) for p in (folder / "labels").rglob("*.txt") if p.stem in stems)
        assert result.objects > 0.97 * lines  # those that are covered by others are gone
