"""labelme files of other programs: shapes as labelme draws them, groups as one object, damage listed."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from segdesk.domain.segmentation import Segmentation
from segdesk.io.formats import labelme
from tests.io.formats.exchange import CLASSES, blocks, export, load, load_again, make_project, names_of

SIZE = 40, 60


def shape(kind: str, points: object, label: str = "cat", **more: object) -> dict[str, object]:
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, "flags": {}, **more}


def read(
    folder: Path, shapes: list[dict[str, object]], **more: object
) -> tuple[Segmentation | None, list[str], np.ndarray]:
    files = folder / "labels"
    files.mkdir()
    data = {"version": "5.5.0", "imagePath": "a.png", "imageHeight": 40, "imageWidth": 60, "shapes": shapes, **more}
    (files / "a.json").write_text(json.dumps(data))
    (files / "other.json").write_text('{"something": "else"}')
    with make_project(folder, {"a.png": blocks(np.zeros(SIZE, int), {})}) as project:
        result = load(project, labelme, files)
        found = project.load_map(1, "reference")
        said = [str(p.error) for p in result.problems] + [str(n) for n in result.notes]
        return found, said, names_of(found, project.classes) if found is not None else np.zeros(SIZE, str)


def test_shapes_are_drawn_as_labelme_draws_them(tmp_path: Path) -> None:
    polygon = [[3.4, 2.7], [30.2, 5.1], [18.9, 33.3]]
    circle = [[45.0, 20.0], [45.0, 28.5]]
    found, said, names = read(tmp_path, [shape("polygon", polygon), shape("circle", circle, "dog")])
    want = Image.new("L", (60, 40))
    ImageDraw.Draw(want).polygon([(x, y) for x, y in polygon], fill=1, outline=1)
    ImageDraw.Draw(want).ellipse([36.5, 11.5, 53.5, 28.5], fill=2, outline=2)
    assert said == []
    assert found is not None
    assert np.array_equal(np.select([names == "cat", names == "dog"], [1, 2], 0), np.asarray(want))


def test_masks_groups_and_what_is_no_area(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.fromarray(np.eye(5, dtype=bool)).save(file, "PNG")
    shapes = [
        shape("mask", [[2, 3], [6, 7]], mask=base64.b64encode(file.getvalue()).decode()),
        shape("rectangle", [[30, 10], [20, 5]], "dog", group_id=4),
        shape("rectangle", [[40, 10], [50, 5]], "dog", group_id=4),
        shape("point", [[1, 1]]),
        shape("polygon", [[1, 1], [2, 2]]),
        shape("mask", [[2, 3], [6, 7]], mask="no picture"),
        shape("polygon", [[1, 1], [2, 2], [float("nan"), 3]]),
    ]
    found, said, names = read(tmp_path, shapes)
    assert found is not None
    assert len(found.segments) == 2
    assert np.array_equal(names[3:8, 2:7] == "cat", np.eye(5, dtype=bool))
    assert (names == "dog").sum() == 2 * 11 * 6
    assert np.unique(found.ids[names == "dog"]).size == 1
    assert ["Object 5" in said[0], "Object 6" in said[1], "Object 7" in said[2]] == [True] * 3
    assert said[3] == "1 shape has no area (points, lines) and was left out."


def test_labels_of_another_size_and_damaged_files_are_listed(tmp_path: Path) -> None:
    found, said, _ = read(tmp_path, [shape("rectangle", [[3, 3], [9, 9]])], imageHeight=41)
    assert found is None
    assert "60 x 41" in said[0]


def test_a_name_that_leaves_the_folder_means_a_picture_inside(tmp_path: Path) -> None:
    found, said, _ = read(tmp_path, [shape("rectangle", [[3, 3], [9, 9]])], imagePath="..\\..\\elsewhere\\a.png")
    assert said == []
    assert found is not None


def test_polygons_keep_nearly_every_pixel_and_all_classes(tmp_path: Path) -> None:
    y, x = np.mgrid[:80, :100]
    ids = np.where(np.hypot(y - 40, x - 30) < 22, 1, np.where((x > 60) & (y > 20), 2, 0))
    ids[10:12, 70:90] = 3
    with make_project(tmp_path, {"p.png": blocks(ids, {1: 7, 2: 2, 3: 40})}) as project:
        export(project, labelme, tmp_path / "out", shapes="polygons")
        kinds = [s["shape_type"] for s in json.loads((tmp_path / "out" / "p.json").read_text())["shapes"]]
        load_again(project, labelme, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        names = names_of(found, project.classes)
    assert kinds == ["polygon"] * 3
    assert np.mean(names != names_of(blocks(ids, {1: 7, 2: 2, 3: 40}), CLASSES)) < 0.002
