"""Exports that are made of pictures and labels together: cut-outs, overlays, statistics."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.measure import regionprops

from segdesk.io import images
from segdesk.io.formats import cut_outs, overlays, statistics_csv
from segdesk.io.project import Project
from tests.io.formats.exchange import CLASSES, blocks, export, make_project

IDS = np.zeros((30, 40), int)
IDS[2:10, 3:20] = 1
IDS[4:6, 5:9] = 0  # a hole
IDS[12:30, 0:40] = 2
IDS[15:22, 30:36] = 3
LABELS = blocks(IDS, {1: 7, 2: 2, 3: 40})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return make_project(tmp_path, {"a/p.png": LABELS})


def pixels_of(tmp_path: Path) -> np.ndarray:
    return images.read(tmp_path / "pictures" / "a" / "p.png")


def test_statistics_equal_those_of_scikit_image(project: Project, tmp_path: Path):
    assert export(project, statistics_csv, tmp_path / "out").objects == 3
    with (tmp_path / "out" / "objects.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["class"]: row for row in csv.DictReader(file)}
    wanted = regionprops(IDS, intensity_image=pixels_of(tmp_path).astype(float))
    assert set(rows) == {"cell", "天空", "debris"}
    for shape, name in zip(wanted, ("cell", "天空", "debris"), strict=True):
        row = rows[name]
        y0, x0, y1, x1 = shape.bbox
        assert [int(row[k]) for k in ("area_px", "x0", "y0", "x1", "y1")] == [shape.area, x0, y0, x1, y1]
        found = [float(row[k]) for k in ("centroid_x", "centroid_y", "perimeter_px", "eccentricity", "mean_green")]
        want = [shape.centroid[1] + 0.5, shape.centroid[0] + 0.5, shape.perimeter, shape.eccentricity]
        assert found == pytest.approx([*want, shape.intensity_mean[1]], abs=2e-6)
    assert [rows[n]["countable"] for n in ("cell", "天空")] == ["1", "0"]


def test_statistics_of_objects_alone(project: Project, tmp_path: Path):
    assert export(project, statistics_csv, tmp_path / "out", regions="things").objects == 2


def test_cut_outs_show_the_object_and_nothing_else(project: Project, tmp_path: Path):
    export(project, cut_outs, tmp_path / "out", margin="8")
    files = sorted(f.relative_to(tmp_path / "out").as_posix() for f in (tmp_path / "out").rglob("*.png"))
    assert files == ["cell/a__p_1.png", "debris/a__p_3.png"]
    cut = np.asarray(Image.open(tmp_path / "out" / "cell" / "a__p_1.png"))
    mask = IDS[0:18, 0:28] == 1
    assert cut.shape == (18, 28, 4)
    assert np.array_equal(cut[..., 3] == 255, mask)
    assert np.array_equal(cut[mask][:, :3], pixels_of(tmp_path)[0:18, 0:28][mask])
    assert not cut[~mask].any()


def test_cut_outs_of_classes_whose_names_are_no_file_names(tmp_path: Path):
    classes = CLASSES.with_class(CLASSES[0].__class__(7, 'a/b:"?', (1, 2, 3), True))
    classes = classes.with_class(CLASSES[0].__class__(40, "..", (1, 2, 3), True))
    with make_project(tmp_path, {"p.png": LABELS}, classes) as project:
        assert export(project, cut_outs, tmp_path / "out").objects == 2
    assert all(f.is_relative_to(tmp_path / "out") for f in (tmp_path / "out").rglob("*.png"))
    assert len(list((tmp_path / "out").rglob("*.png"))) == 2


def test_overlays_blend_the_colour_and_leave_void_alone(project: Project, tmp_path: Path):
    export(project, overlays, tmp_path / "out", opacity="30", outline="yes", file="png")
    drawn = np.asarray(Image.open(tmp_path / "out" / "a__p.png")).astype(float)
    pixels = pixels_of(tmp_path).astype(float)
    assert np.array_equal(drawn[IDS == 0], pixels[IDS == 0])
    assert drawn[2, 3].tolist() == [200, 30, 40]  # a corner: outline
    inside = pixels[8, 15] * 0.7 + np.array([200, 30, 40]) * 0.3
    assert np.abs(drawn[8, 15] - inside).max() <= 0.51


def test_overlays_do_not_depend_on_bands(project: Project, tmp_path: Path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3 << 20, 3), np.uint8)
    wide = blocks(np.random.default_rng(1).integers(0, 3, (5, 3 << 20)) // 1, {1: 7, 2: 2})
    seen = overlays.drawn_over(pixels, wide, CLASSES, opacity=0.5, by_object=False, outline=True)
    part = slice(100, 140)
    small = blocks(wide.ids[:, 99:141], {1: 7, 2: 2})
    want = overlays.drawn_over(pixels[:, 99:141], small, CLASSES, opacity=0.5, by_object=False, outline=True)
    assert np.array_equal(seen[:, part], want[:, 1:-1])
