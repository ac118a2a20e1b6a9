"""COCO files as predictions: result files, overlapping objects with scores, pictures without objects."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.detections import Objects
from segdesk.io import coco
from segdesk.io.formats import coco_instances
from segdesk.io.project import Project
from tests.io.formats.exchange import blocks, load, make_project

IMAGES = [{"id": n, "file_name": f"{name}.png", "height": 20, "width": 30} for n, name in enumerate("ab", 1)]
CATEGORIES = [{"id": 90, "name": "cat"}, {"id": 3, "name": "dog"}]


def two_pictures(folder: Path) -> Project:
    empty = blocks(np.zeros((20, 30), int), {})
    return make_project(folder, {"a.png": empty, "b.png": empty}, ClassSet())


def box(x0: int, y0: int, x1: int, y1: int, *, image: int = 1, category: int = 3, **more: object) -> dict[str, object]:
    mask = np.zeros((20, 30), bool)
    mask[y0:y1, x0:x1] = True
    return {"image_id": image, "category_id": category, "segmentation": coco.compressed(rle.encode(mask)), **more}


def write_json(path: Path, data: object) -> Path:
    path.write_text(json.dumps(data))
    return path


@pytest.mark.parametrize(("layer", "taken"), [("prediction", 2), ("reference", 2), ("annotation", 1)])
def test_pictures_without_objects_are_empty_but_no_annotation(tmp_path: Path, layer: str, taken: int) -> None:
    parts = {"images": IMAGES, "categories": CATEGORIES, "annotations": [box(0, 0, 5, 5, id=1)]}
    path = write_json(tmp_path / "labels.json", parts)
    with make_project(tmp_path, {n: blocks(np.zeros((20, 30), int), {}) for n in ("a.png", "b.png")}) as project:
        for row in project.pictures():
            project.set_state(row.id, "new")
        result = load(project, coco_instances, path, layer)
        assert (result.pictures, result.objects, result.problems) == (taken, 1, ())
        empty = project.load_map(2, layer)
        assert empty is not None
        assert empty.segments == {}
        said = [str(note) for note in result.notes]
        assert said == ["1 picture has no objects in the file; its labels are empty."] * (taken - 1)
        assert project.pictures()[1].state == ("predicted" if layer == "prediction" else "new")


def test_a_result_file_keeps_objects_that_lie_over_each_other(tmp_path: Path) -> None:
    """The map is what the higher score says; the raw objects are all kept, the best first."""
    write_json(tmp_path / "anything.json", {"scores": [1, 2]})
    write_json(tmp_path / "other.json", {"images": IMAGES[:1], "categories": [], "annotations": []})
    write_json(tmp_path / "truth.json", {"images": IMAGES, "categories": CATEGORIES, "annotations": [box(0, 0, 9, 9)]})
    rows = [
        box(0, 0, 10, 10, score=0.25),
        box(2, 2, 6, 6, score=0.125, category=90),
        box(4, 4, 14, 14, score=0.75),
        box(1, 1, 3, 3, score=0.5, image=2),
    ]
    path = write_json(tmp_path / "results.json", rows)
    with two_pictures(tmp_path) as project:
        result = load(project, coco_instances, path, "prediction")
        assert (result.pictures, result.objects, result.problems) == (2, 3, ())
        dog, cat = project.classes.named("dog"), project.classes.named("cat")
        assert dog is not None
        assert cat is not None
        raw = project.load_instances(1)
        assert [(i.class_id, i.score, i.mask.area) for i in raw] == [
            (dog.id, 0.75, 100),
            (dog.id, 0.25, 100),
            (cat.id, 0.125, 16),
        ]
        found = project.load_map(1, "prediction")
        assert found is not None
        scores = {s.score: int((found.ids == key).sum()) for key, s in found.segments.items()}
        assert scores == {0.75: 100, 0.25: 64}


def test_a_result_file_alone_says_what_it_lacks(tmp_path: Path) -> None:
    path = write_json(tmp_path / "results.json", [box(0, 0, 5, 5, score=1.0)])
    with (
        two_pictures(tmp_path) as project,
        pytest.raises(SegDeskError, match="without images and categories") as caught,
    ):
        load(project, coco_instances, path, "prediction")
    assert "into the same folder" in caught.value.hint


def test_imported_results_have_the_published_precision(shared: Path, tmp_path: Path) -> None:
    """The objects in the project, against the annotations of the file: AP .320, AP50 .562, AP75 .299."""
    folder = shared / "data/golden/coco-ap"
    truth = coco.load(folder / "instances_val2014_100.json")
    project = Project.create(tmp_path / "p.segdesk", tmp_path / "pictures", ClassSet())
    for row in truth.images.values():
        (tmp_path / "pictures").mkdir(exist_ok=True)
        size = int(str(row["width"])), int(str(row["height"]))
        Image.new("L", size).save(tmp_path / "pictures" / f"{row['file_name']}".replace(".jpg", ".png"))
    with project:
        names = [f"{row['file_name']}".replace(".jpg", ".png") for row in truth.images.values()]
        project.add_pictures(names)
        path = folder / "instances_val2014_fakesegm100_results.json"
        result = load(project, coco_instances, path, "prediction")
        assert (result.pictures, result.problems) == (100, ())
        ids = {truth_id: info.id for truth_id in truth.class_of if (info := _named(project, truth, truth_id))}
        total = APAccumulator(sorted(ids.values()))
        for (key, image), name in sorted(zip(truth.images.items(), names, strict=True), key=lambda p: str(p[0][0])):
            row = project.find(name)
            assert row is not None
            total.add(_references(truth, key, image, ids), _detections(project, row.id))
    figures = total.result().figures
    wanted = {"AP": 0.320, "AP50": 0.562, "AP75": 0.299, "APs": 0.387, "APm": 0.310, "APl": 0.327}
    assert {k: round(figures[k] or 0, 3) for k in wanted} == wanted


def _named(project: Project, truth: coco.Document, key: object) -> ClassInfo | None:
    return project.classes.named(truth.classes[truth.class_of[key] - 1].name)


def _references(truth: coco.Document, key: object, image: coco.Row, ids: dict[object, int]) -> Objects:
    rows = truth.annotations[key]
    size = int(str(image["height"])), int(str(image["width"]))
    return Objects.of_masks(
        [coco.decode(row, size).mask for row in rows],
        [ids[row["category_id"]] for row in rows],
        crowd=[coco.is_crowd(row) for row in rows],
        areas=[float(str(row["area"])) for row in rows],
    )


def _detections(project: Project, picture_id: int) -> Objects:
    found = project.load_instances(picture_id)
    return Objects.of_masks([i.mask for i in found], [i.class_id for i in found], scores=[i.score for i in found])
