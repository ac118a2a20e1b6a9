"""Other people's readers accept what we write: pycocotools, torchvision, Pillow and OpenCV, by the shared checkers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from segdesk.domain import rle
from segdesk.io.formats import cityscapes, coco_instances, coco_panoptic, index_png, voc
from tests.io.formats.exchange import blocks, classes_for, export, make_project

CHECKS = [
    (coco_instances, "check_coco_pycocotools.py"),
    (coco_instances, "check_coco_torchvision.py"),
    (voc, "check_voc_torchvision.py"),
    (index_png, "check_indexpng.py"),
    (cityscapes, "check_cityscapes_torchvision.py"),
]


@pytest.mark.parametrize(("module", "script"), CHECKS, ids=lambda v: v if isinstance(v, str) else v.INFO.id)
def test_checker_says_ok(shared: Path, tmp_path: Path, module: ModuleType, script: str) -> None:
    rng = np.random.default_rng(4)
    maps = {}
    for n in range(4):
        ids = np.kron(rng.integers(0, 10, (6, 8)), np.ones((9, 7), int))
        ids[rng.random(ids.shape) < 0.05] = 0
        maps[f"p{n}.jpg"] = blocks(ids, {k: (7, 2, 40, 3)[k % 4] for k in range(1, 10)})
    maps["empty.png"] = blocks(np.zeros((20, 30), int), {})
    with make_project(tmp_path, maps, classes_for(module)) as project:
        result = export(project, module, tmp_path / "out")
    assert result.pictures == 5
    if script == "check_coco_pycocotools.py":
        write_truth(tmp_path / "out")
    done = subprocess.run(
        [sys.executable, str(shared / "checkers" / script), str(tmp_path / "out")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("OK")


def write_truth(folder: Path) -> None:
    """The masks by our own decoder, for the checker to compare with pycocotools' one."""
    from segdesk.io import coco

    document = coco.load(folder / "annotations" / "instances_default.json")
    (folder / "truth").mkdir()
    for rows in document.annotations.values():
        for row in rows:
            size = row["segmentation"]["size"]
            found = coco.decode(row, (size[0], size[1]))
            np.save(folder / "truth" / f"{row['id']}.npy", rle.decode(found.mask))


def test_panoptic_areas_and_boxes_equal_the_png(tmp_path: Path) -> None:
    """Read by hand, as panopticapi does: id = R + 256 G + 65536 B."""
    import json

    from PIL import Image

    ids = np.kron(np.arange(12).reshape(3, 4), np.ones((5, 6), int))
    with make_project(tmp_path, {"p.jpg": blocks(ids, {k: (7, 2, 40, 3)[k % 4] for k in range(1, 12)})}) as project:
        export(project, coco_panoptic, tmp_path / "out")
    data = json.loads((tmp_path / "out" / "annotations" / "panoptic_default.json").read_text())
    things = {c["id"]: c["isthing"] for c in data["categories"]}
    (row,) = data["annotations"]
    with Image.open(tmp_path / "out" / "annotations" / "panoptic_default" / row["file_name"]) as png:
        assert png.mode == "RGB"
        pixels = np.asarray(png).astype(int)
    numbers = pixels[..., 0] + 256 * pixels[..., 1] + 65536 * pixels[..., 2]
    assert set(np.unique(numbers)) == {0} | {s["id"] for s in row["segments_info"]}
    stuff = [s["category_id"] for s in row["segments_info"] if not things[s["category_id"]]]
    assert len(stuff) == len(set(stuff)) == 2
    for segment in row["segments_info"]:
        y, x = np.nonzero(numbers == segment["id"])
        assert segment["area"] == y.size
        assert segment["bbox"] == [x.min(), y.min(), np.ptp(x) + 1, np.ptp(y) + 1]
