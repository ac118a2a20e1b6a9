"""What every exporter promises: progress, cancel, nothing half done, sources untouched, losses said."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import coco_instances, coco_panoptic, index_png, voc
from segdesk.io.formats.base import FormatInfo
from segdesk.io.project import Project
from segdesk.io.project_exchange import export_source
from tests.io.formats.exchange import CLASSES, FORMATS, blocks, export, load, make_project, never, silent, where_to_read

EVERY = pytest.mark.parametrize("module", FORMATS, ids=lambda m: m.INFO.id)


@pytest.fixture
def project(tmp_path: Path):
    maps = {f"{n}.png": blocks(np.full((8, 9), 1), {1: 7}) for n in range(4)}
    with make_project(tmp_path, maps) as made:
        yield made


@EVERY
def test_the_format_describes_itself(module: ModuleType) -> None:
    assert isinstance(module.INFO, FormatInfo)
    assert module.__name__.endswith(module.INFO.id)
    assert module.INFO.can_write
    assert module.INFO.can_read
    assert module.INFO.title
    assert module.INFO.note


@EVERY
def test_progress_counts_pictures_and_sources_stay_as_they_are(
    project: Project, module: ModuleType, tmp_path: Path
) -> None:
    before = {f: (f.read_bytes(), f.stat().st_mtime_ns) for f in (tmp_path / "pictures").iterdir()}
    told: list[tuple[int, int]] = []
    source = export_source(project)
    result = module.write(source, tmp_path / "o", progress=lambda *a: told.append(a), cancelled=never)
    assert told == [(n, 4) for n in range(5)]
    assert (result.folder, result.pictures, result.objects) == (tmp_path / "o", 4, 4)
    assert {f: (f.read_bytes(), f.stat().st_mtime_ns) for f in (tmp_path / "pictures").iterdir()} == before


@EVERY
def test_cancel_leaves_nothing(project: Project, module: ModuleType, tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        module.write(export_source(project), tmp_path / "out", progress=silent, cancelled=lambda: next(asked))
    assert sorted(os.listdir(tmp_path)) == ["p.segdesk", "p.segdesk-wal", "pictures"]


@EVERY
def test_pictures_that_cannot_be_read_are_left_out_and_said(
    project: Project, module: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / "2.png").unlink()
    (tmp_path / "pictures" / "1.png").write_text("no picture")
    result = export(project, module, tmp_path / "out")
    assert [p.name for p in result.problems] == ["1.png", "2.png"]
    assert (result.pictures, result.objects) == (2, 2)
    assert load(project, module, where_to_read(module, tmp_path / "out")).pictures == 2
    without = export_source(project, with_pictures=False)
    result = module.write(without, tmp_path / "out", progress=silent, cancelled=never)
    assert (result.pictures, result.problems) == (4, ())


@EVERY
def test_an_export_is_replaced_by_the_next_but_nothing_else_is(
    project: Project, module: ModuleType, tmp_path: Path
) -> None:
    export(project, module, tmp_path / "out")
    export(project, module, tmp_path / "out")
    with pytest.raises(SegDeskError, match="holds other files"):
        export(project, module, tmp_path / "pictures")
    assert len(os.listdir(tmp_path / "pictures")) == 4


@EVERY
def test_only_verified(project: Project, module: ModuleType, tmp_path: Path) -> None:
    project.set_state(2, "verified")
    source = export_source(project, states=("verified",))
    assert source.count == 1
    assert module.write(source, tmp_path / "out", progress=silent, cancelled=never).pictures == 1


@EVERY
def test_segments_of_a_deleted_class_are_said(project: Project, module: ModuleType, tmp_path: Path) -> None:
    project.set_classes(CLASSES.without(7))
    result = export(project, module, tmp_path / "out")
    assert result.objects == 0
    assert any("4 segments have a class" in str(note) for note in result.notes)


@EVERY
def test_nothing_to_export(module: ModuleType, tmp_path: Path) -> None:
    with make_project(tmp_path, {}, ClassSet()) as project:
        assert export(project, module, tmp_path / "out").pictures == 0


@pytest.mark.parametrize("module", [index_png, voc], ids=lambda m: m.INFO.id)
def test_what_index_maps_cannot_hold_is_said(module: ModuleType, tmp_path: Path) -> None:
    labels = Segmentation(np.ones((4, 4), np.uint16), {1: Segment(7, 0.5, crowd=True)})
    with make_project(tmp_path, {"a.png": labels}) as project:
        notes = " ".join(str(n) for n in export(project, module, tmp_path / "out").notes)
    assert "1 crowd regions" in notes
    assert "Scores" in notes
    assert "number 0" in notes


def test_raw_objects_of_a_prediction_reach_the_source(project: Project) -> None:
    from segdesk.domain import rle
    from segdesk.domain.prediction import Instance

    thing = Instance(7, 0.5, rle.encode(np.ones((8, 9), bool)))
    run = project.add_run("card", "Card", {}, "cpu")
    project.save_prediction(3, run, blocks(np.ones((8, 9), int), {1: 7}), [thing], 0.1, to_annotation=False)
    (item,) = export_source(project, layer="prediction").items()
    assert (item.path, item.width, item.height, item.instances) == ("2.png", 9, 8, (thing,))


def test_coco_files_are_where_their_readers_look(project: Project, tmp_path: Path) -> None:
    export(project, coco_instances, tmp_path / "i")
    export(project, coco_panoptic, tmp_path / "p")
    assert (tmp_path / "i" / "annotations" / "instances_default.json").is_file()
    assert (tmp_path / "p" / "annotations" / "panoptic_default" / "0.png").is_file()
    assert not list(tmp_path.rglob("*.part"))
