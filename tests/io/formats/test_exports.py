"""What every exporter promises: progress, cancel, nothing half done, sources untouched, losses said."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from segdesk.app import discover
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats import coco_instances, coco_panoptic, index_png, voc
from segdesk.io.formats.base import Choice, ExportItem, FormatInfo, Keeps
from segdesk.io.project import Project
from segdesk.io.project_exchange import export_source
from tests.io.formats.exchange import (
    WRITERS,
    blocks,
    classes_for,
    export,
    format_id,
    load_again,
    make_project,
    never,
    silent,
)


@pytest.fixture(params=WRITERS, ids=format_id)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return request.param


MAPS = {f"{n}.png": blocks(np.full((8, 9), 1), {1: 7}) for n in range(4)}


@pytest.fixture
def project(module: ModuleType, tmp_path: Path):  # four pictures full of one object each
    with make_project(tmp_path, MAPS, classes_for(module)) as made:
        yield made


def test_no_format_is_broken() -> None:
    assert discover.formats()[1] == []


def test_the_format_describes_itself(module: ModuleType) -> None:
    assert isinstance(module.INFO, FormatInfo)
    assert module.__name__.endswith(module.INFO.id)
    assert module.INFO.title
    assert module.INFO.note
    for option in module.INFO.options:
        assert len(dict(option.values)) > 1


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


def test_cancel_leaves_nothing(project: Project, module: ModuleType, tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        module.write(export_source(project), tmp_path / "out", progress=silent, cancelled=lambda: next(asked))
    assert sorted(os.listdir(tmp_path)) == ["p.segdesk", "p.segdesk-wal", "pictures"]


def test_pictures_that_cannot_be_read_are_left_out_and_said(
    project: Project, module: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / "2.png").unlink()
    (tmp_path / "pictures" / "1.png").write_text("no picture")
    result = export(project, module, tmp_path / "out")
    assert [p.name for p in result.problems] == ["1.png", "2.png"]
    assert (result.pictures, result.objects) == (2, 2)
    if module.INFO.can_read:
        assert load_again(project, module, tmp_path / "out").pictures == 2
    if module.INFO.keeps is Keeps.NOTHING:  # made of the pictures themselves
        return
    without = export_source(project, with_pictures=False)
    result = module.write(without, tmp_path / "out", progress=silent, cancelled=never)
    assert (result.pictures, result.problems) == (4, ())


def test_an_export_is_replaced_by_the_next_but_nothing_else_is(
    project: Project, module: ModuleType, tmp_path: Path
) -> None:
    export(project, module, tmp_path / "out")
    export(project, module, tmp_path / "out")
    with pytest.raises(SegDeskError, match="holds other files"):
        export(project, module, tmp_path / "pictures")
    assert len(os.listdir(tmp_path / "pictures")) == 4


def test_only_verified(project: Project, module: ModuleType, tmp_path: Path) -> None:
    project.set_state(2, "verified")
    source = export_source(project, states=("verified",))
    assert source.count == 1
    assert module.write(source, tmp_path / "out", progress=silent, cancelled=never).pictures == 1


def test_segments_of_a_deleted_class_are_said(project: Project, module: ModuleType, tmp_path: Path) -> None:
    project.set_classes(project.classes.without(7))
    result = export(project, module, tmp_path / "out")
    assert result.objects == 0
    assert any("4 segments have a class" in str(note) for note in result.notes)


def test_nothing_to_export(module: ModuleType, tmp_path: Path) -> None:
    with make_project(tmp_path, {}, ClassSet()) as project:
        assert export(project, module, tmp_path / "out").pictures == 0


@pytest.mark.parametrize("module", [index_png, voc], ids=format_id)
def test_what_index_maps_cannot_hold_is_said(module: ModuleType, tmp_path: Path) -> None:
    labels = Segmentation(np.ones((4, 4), np.uint16), {1: Segment(7, 0.5, crowd=True)})
    with make_project(tmp_path, {"a.png": labels}) as project:
        notes = " ".join(str(n) for n in export(project, module, tmp_path / "out").notes)
    assert "1 crowd region" in notes
    assert "Scores" in notes
    assert "number 0" in notes


@pytest.fixture
def plain(tmp_path: Path):  # as `project`, for tests of one format
    with make_project(tmp_path, MAPS) as made:
        yield made


def test_raw_objects_of_a_prediction_reach_the_source(plain: Project) -> None:
    from segdesk.domain import rle
    from segdesk.domain.prediction import Instance

    thing = Instance(7, 0.5, rle.encode(np.ones((8, 9), bool)))
    run = plain.add_run("card", "Card", {}, "cpu")
    plain.save_prediction(3, run, blocks(np.ones((8, 9), int), {1: 7}), [thing], 0.1, to_annotation=False)
    (item,) = export_source(plain, layer="prediction").items()
    assert (item.path, item.width, item.height, item.instances) == ("2.png", 9, 8, (thing,))


def test_coco_files_are_where_their_readers_look(plain: Project, tmp_path: Path) -> None:
    export(plain, coco_instances, tmp_path / "i")
    export(plain, coco_panoptic, tmp_path / "p")
    assert (tmp_path / "i" / "annotations" / "instances_default.json").is_file()
    assert (tmp_path / "p" / "annotations" / "panoptic_default" / "0.png").is_file()
    assert not list(tmp_path.rglob("*.part"))


def test_hard_links_share_the_file_and_turned_pictures_are_copied(plain: Project, tmp_path: Path) -> None:
    source = replace(export_source(plain), hard_links=True)
    coco_instances.write(source, tmp_path / "out", progress=silent, cancelled=never)
    assert (tmp_path / "out" / "images" / "0.png").samefile(tmp_path / "pictures" / "0.png")


def test_an_unknown_choice_is_refused(plain: Project) -> None:
    info = replace(coco_instances.INFO, options=(Choice("a", "A", (("x", "X"), ("y", "Y"))),))
    assert export_source(plain).choice(info, "a") == "x"
    assert replace(export_source(plain), options={"a": "y"}).choice(info, "a") == "y"
    with pytest.raises(SegDeskError, match="no value of the option"):
        replace(export_source(plain), options={"a": "z"}).choice(info, "a")


HOSTILE = [
    "../evil.png",
    "../../evil.png",
    "/tmp/segdesk-evil.png",
    "a/../../../evil.png",
    "C:\\evil.png",
    "..\\evil.png",
]


def test_names_that_lead_out_of_the_folder_are_left_out(project: Project, module: ModuleType, tmp_path: Path) -> None:
    """A project file is data, too: nothing is written outside of the export, whatever its paths say."""
    source = export_source(project)
    (first, *_) = source.items()

    def items() -> Iterator[ExportItem]:
        yield from (replace(first, path=name) for name in (*HOSTILE, str(tmp_path / "evil.png")))
        yield first

    place = tmp_path / "deep" / "deeper" / "out"
    result = module.write(replace(source, items=items), place, progress=lambda *_: None, cancelled=never)
    assert result.pictures <= 2 + len(HOSTILE)
    assert not [f for f in tmp_path.rglob("*evil*") if not f.is_relative_to(place)]
    assert sorted(f.name for f in (tmp_path / "deep" / "deeper").iterdir()) == ["out"]
