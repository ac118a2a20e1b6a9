"""More objects than a map can hold: a clear sentence, the picture's labels stay, the rest comes in."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import coco_instances, coco_panoptic, index_png
from segdesk.io.formats.base import ImportResult
from segdesk.io.project import Project
from tests.io.formats.exchange import CLASSES, add_picture, load

SIZE = (257, 256)  # 65,792 pixels: one object each is too many
SMALL = (2, 3)


@pytest.fixture
def project(tmp_path: Path):  # a project of a large and a small picture; the large one has labels already
    for name, size in (("large.png", SIZE), ("small.png", SMALL)):
        add_picture(tmp_path / "pictures", name, size)
    with Project.create(tmp_path / "p.segdesk", tmp_path / "pictures", CLASSES) as made:
        made.add_pictures(["large.png", "small.png"])
        made.save_map(1, "reference", Segmentation(np.full(SIZE, 5, np.uint16), {5: Segment(7)}))
        yield made


def check(project: Project, result: ImportResult) -> None:
    assert len(result.problems) == 1
    text = result.problems[0].name + result.problems[0].error.text()
    assert "large" in text
    assert "65535" in text
    assert "65792" in text or "65536" in text
    kept = project.load_map(1, "reference")
    assert kept is not None
    assert (kept.ids == 5).all()
    small = project.load_map(2, "reference")
    assert small is not None
    assert (small.class_map() == 7).all()


def numbers(size: tuple[int, int]) -> np.ndarray:
    return np.arange(1, size[0] * size[1] + 1).reshape(size)


def test_coco_panoptic(project: Project, tmp_path: Path):
    folder = tmp_path / "panoptic"
    folder.mkdir()
    images, annotations = [], []
    for key, (name, size) in enumerate((("large", SIZE), ("small", SMALL)), start=1):
        ids = numbers(size)
        rgb = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
        Image.fromarray(rgb).save(folder / f"{name}.png")
        images.append({"id": key, "file_name": f"{name}.png", "height": size[0], "width": size[1]})
        infos = [{"id": int(i), "category_id": 1} for i in ids.ravel()]
        annotations.append({"image_id": key, "file_name": f"{name}.png", "segments_info": infos})
    categories = [{"id": 1, "name": "cell", "isthing": 1}]
    file = tmp_path / "panoptic.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    check(project, load(project, coco_panoptic, file))


def test_coco_instances(project: Project, tmp_path: Path):
    images = [
        {"id": key, "file_name": f"{name}.png", "height": size[0], "width": size[1]}
        for key, (name, size) in enumerate((("large", SIZE), ("small", SMALL)), start=1)
    ]
    annotations = []
    for key, size in ((1, SIZE), (2, SMALL)):
        pixels = size[0] * size[1]
        for at in range(pixels):
            counts = [at, 1, pixels - at - 1] if at + 1 < pixels else [at, 1]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": key,
                    "category_id": 1,
                    "iscrowd": 0,
                    "segmentation": {"size": list(size), "counts": counts},
                }
            )
    categories = [{"id": 1, "name": "cell"}]
    file = tmp_path / "instances.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    check(project, load(project, coco_instances, file))


def test_index_pngs(project: Project, tmp_path: Path):
    for name, size in (("large", SIZE), ("small", SMALL)):
        classes, objects = np.ones(size, np.uint8), numbers(size)
        beyond = objects > 60_000  # the same numbers again, with another class: they are other objects
        classes[beyond], objects[beyond] = 2, objects[beyond] - 60_000
        for folder, values in (("masks", classes), ("instances", objects.astype(np.uint16))):
            (tmp_path / "index" / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(tmp_path / "index" / folder / f"{name}.png")
    (tmp_path / "index" / "classes.txt").write_text("_background_\ncell\ndebris\n")
    check(project, load(project, index_png, tmp_path / "index"))
