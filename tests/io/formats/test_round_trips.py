"""Project -> format -> another project: not one pixel changes, on maps that break polygon tools."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import arrays, coco_instances, coco_panoptic, hf_parquet, index_png, voc
from segdesk.io.formats.base import ExportItem, Keeps
from segdesk.io.project import Project
from segdesk.io.project_exchange import export_source
from tests.io.formats.exchange import (
    BOTH,
    CLASSES,
    EXACT,
    LOSSLESS,
    add_picture,
    assert_same_labels,
    blocks,
    classes_for,
    export,
    format_id,
    load_again,
    make_project,
    never,
    silent,
)

FREE = [m for m in EXACT if m.INFO.classes is None]  # formats that take any class


@st.composite
def hard_maps(draw: st.DrawFn) -> Segmentation:
    """Noise at several scales: touching objects, holes, islands of one pixel, thin lines, objects in several parts."""
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    scale = draw(st.integers(1, 9))
    count = draw(st.integers(0, 12))
    ids = rng.integers(0, count + 1, (height // scale + 1, width // scale + 1))
    ids = np.kron(ids, np.ones((scale, scale), int))[:height, :width]
    spots = rng.random((height, width)) < draw(st.sampled_from([0.0, 0.02, 0.3]))
    ids[spots] = rng.integers(0, count + 1, int(spots.sum()))
    classes = [c.id for c in CLASSES]
    chosen = {k: classes[int(rng.integers(len(classes)))] for k in range(1, count + 1)}
    return blocks(ids, chosen).pruned()


def round_trip(
    module: ModuleType, maps: dict[str, Segmentation], classes: ClassSet | None = None, **options: str
) -> None:
    classes = classes or classes_for(module)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with make_project(folder, maps, classes) as project:
            result = export(project, module, folder / "out", **options)
            assert result.pictures == len(maps)
        with Project.create(folder / "again.segdesk", folder / "pictures") as again:
            again.add_pictures(maps)
            taken = load_again(again, module, folder / "out")
            assert taken.problems == ()
            for row in again.pictures():
                found = again.load_map(row.id, "reference")
                if found is None:  # a picture without labels may be left out by a format of objects
                    assert not maps[row.path].ids.any()
                else:
                    objects = module.INFO.keeps is Keeps.OBJECTS
                    assert_same_labels(found, maps[row.path], again.classes, classes, objects=objects)


@pytest.mark.parametrize("module", EXACT, ids=format_id)
def test_hard_maps(module: ModuleType) -> None:
    @settings(max_examples=25, deadline=None)
    @given(first=hard_maps(), second=hard_maps())
    def check(first: Segmentation, second: Segmentation) -> None:
        round_trip(module, {"sub/1.png": first, "sub 2/1.png": second})

    check()


OPTIONS = [(m, o.id, value) for m in EXACT for o in m.INFO.options for value, _ in o.values[1:]]


@pytest.mark.parametrize(("module", "option", "value"), OPTIONS, ids=format_id)
def test_hard_maps_with_every_option(module: ModuleType, option: str, value: str) -> None:
    @settings(max_examples=10, deadline=None)
    @given(labels=hard_maps())
    def check(labels: Segmentation) -> None:
        round_trip(module, {"sub/1.png": labels}, **{option: value})

    check()


@pytest.mark.parametrize("module", EXACT, ids=format_id)
def test_splits_come_back(module: ModuleType, tmp_path: Path) -> None:
    maps = {f"{n}.png": blocks(np.full((6, 5), 1), {1: (7, 2, 40, 3)[n]}) for n in range(4)}
    classes = classes_for(module)
    with make_project(tmp_path, maps, classes) as project:
        source = export_source(project)

        def items() -> Iterator[ExportItem]:
            for item, split in zip(source.items(), ("train", "val", "test", ""), strict=True):
                yield replace(item, split=split)

        result = module.write(replace(source, items=items), tmp_path / "out", progress=silent, cancelled=never)
        assert result.pictures == 4
        assert load_again(project, module, tmp_path / "out").problems == ()
        for row in project.pictures():
            objects = module.INFO.keeps is Keeps.OBJECTS
            found = project.load_map(row.id, "reference")
            assert_same_labels(found, maps[row.path], project.classes, classes, objects=objects)


def ring(size: int = 40) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2
    radius = np.hypot(y, x)
    return ((radius < 18) & (radius > 9)).astype(int) + 2 * (radius < 4)


NAMED = {
    "empty": blocks(np.zeros((9, 7), int), {}),
    "full": blocks(np.ones((9, 7), int), {1: 7}),
    "full of stuff": blocks(np.ones((9, 7), int), {1: 2}),
    "one pixel": blocks(np.ones((1, 1), int), {1: 40}),
    "ring with an object in its hole": blocks(ring(), {1: 7, 2: 40}),
    "touching objects of one class": blocks(
        np.repeat(np.arange(1, 11), 3)[None].repeat(8, 0), dict.fromkeys(range(1, 11), 7)
    ),
    "chess": blocks(np.indices((8, 8)).sum(0) % 2 + 1, {1: 7, 2: 2}),
    "thin line": blocks(np.eye(30, dtype=int), {1: 7}),
}


@pytest.mark.parametrize("module", EXACT, ids=format_id)
@pytest.mark.parametrize("name", NAMED)
def test_named_maps(module: ModuleType, name: str) -> None:
    round_trip(module, {"p.png": NAMED[name]})


@pytest.mark.parametrize("module", [m for m in LOSSLESS if m.INFO.most_objects >= 512], ids=format_id)
def test_more_objects_than_a_byte_holds(module: ModuleType) -> None:
    ids = np.kron(np.arange(1, 1025).reshape(32, 32), np.ones((2, 2), int))
    round_trip(module, {"p.png": blocks(ids, {k: 7 if k % 2 else 40 for k in range(1, 1025)})})


@pytest.mark.parametrize("module", [arrays, coco_panoptic, index_png, voc], ids=format_id)
def test_all_65535_objects(module: ModuleType) -> None:
    ids = np.arange(65_536).reshape(256, 256)
    round_trip(module, {"p.png": blocks(ids, dict.fromkeys(range(1, 65_536), 7))})


@pytest.mark.parametrize("module", FREE, ids=format_id)
def test_more_classes_than_a_byte_holds(module: ModuleType) -> None:
    classes = ClassSet(ClassInfo(k, f"class {k}", (k % 256, 1, 2), k % 3 == 0) for k in range(1, 301))
    ids = np.arange(300).reshape(15, 20) + 1
    round_trip(module, {"p.png": blocks(ids, {k: k for k in range(1, 301)})}, classes)


@pytest.mark.parametrize("module", [index_png, voc], ids=format_id)
def test_a_class_named_background_is_told_from_void(module: ModuleType) -> None:
    classes = ClassSet([ClassInfo(1, "cell", (1, 2, 3), True), ClassInfo(2, "Background", (0, 0, 0))])
    round_trip(module, {"p.png": blocks(np.arange(12).reshape(3, 4) % 3, {1: 1, 2: 2})}, classes)


def test_crowds_come_back_from_coco(tmp_path: Path) -> None:
    labels = Segmentation(np.array([[1, 1, 2]], np.uint16), {1: Segment(7, crowd=True), 2: Segment(7)})
    for module in (coco_instances, coco_panoptic):
        place = tmp_path / module.INFO.id
        with make_project(place, {"p.png": labels}) as project:
            export(project, module, place / "out")
            load_again(project, module, place / "out")
            found = project.load_map(1, "reference")
            assert found is not None
            assert [found.segments[int(k)].crowd for k in found.ids[0]] == [True, True, False]


def test_scores_come_back_from_coco_instances(tmp_path: Path) -> None:
    labels = Segmentation(np.array([[1, 0, 2]], np.uint16), {1: Segment(7, 0.25), 2: Segment(40, 0.5)})
    with make_project(tmp_path, {"p.png": labels}) as project:
        export(project, coco_instances, tmp_path / "out")
        load_again(project, coco_instances, tmp_path / "out")
        found = project.load_map(1, "reference")
        assert found is not None
        assert sorted((s.class_id, s.score) for s in found.segments.values()) == [(7, 0.25), (40, 0.5)]


@pytest.mark.parametrize("module", BOTH, ids=format_id)
def test_pictures_with_equal_stems_and_turned_pictures(module: ModuleType, tmp_path: Path) -> None:
    """a/1.png, b/1.png, a/1.bmp and one that EXIF turns: each gets its own labels back, pictures are upright."""
    names = ["a/1.png", "b/1.png", "a/1.bmp", "turned.jpg"]
    maps = {
        n: blocks(np.full((10, 20), k + 1), {k + 1: c.id}) for k, (n, c) in enumerate(zip(names, CLASSES, strict=True))
    }
    classes = classes_for(module)
    with make_project(tmp_path, maps, classes) as project:
        file = add_picture(tmp_path / "pictures", "turned.jpg", (20, 10))
        exif = Image.Exif()
        exif[0x0112] = 6
        with Image.open(file) as picture:
            picture.save(tmp_path / "t.jpg", exif=exif)
        (tmp_path / "t.jpg").replace(file)
        before = file.read_bytes()
        result = export(project, module, tmp_path / "out")
        assert any("upright" in str(note) for note in result.notes)
        assert file.read_bytes() == before
        assert load_again(project, module, tmp_path / "out").problems == ()
        for row in project.pictures():
            found = project.load_map(row.id, "reference")
            if module in EXACT:
                assert_same_labels(found, maps[row.path], project.classes, classes)
            else:
                assert found is not None, row.path
    if module is hf_parquet:  # the pictures are inside the files
        return
    copies = [f for f in picture_files(tmp_path / "out") if not f.stem.endswith("_seg")]
    assert len(copies) == 4
    for copy in copies:
        with Image.open(copy) as picture:
            assert picture.size == (20, 10)
            assert picture.getexif().get(0x0112, 1) == 1


def picture_files(folder: Path) -> list[Path]:
    """The copies of pictures in a written folder: in a folder of their own, or beside a JSON of the same name."""
    beside = [f for f in folder.iterdir() if f.suffix != ".json" and f.with_suffix(".json").is_file()]
    if beside:
        return beside
    kinds = {"images", "JPEGImages", "leftImg8bit", "img"}
    return [f for f in folder.rglob("*") if f.is_file() and kinds & set(f.parts) and f.suffix not in (".json", ".txt")]
