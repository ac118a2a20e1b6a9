"""Exports are read back before they take their place: every format says what it kept, and a wrong one is not kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from segdesk.app.exporting import ExportOrder, export
from segdesk.app.jobs import Failed
from segdesk.domain.splits import SplitRule
from segdesk.io.export_choice import ExportChoice
from segdesk.io.formats.base import Keeps
from segdesk.io.provenance import class_hash
from tests.app.conftest import Desktop


@pytest.fixture
def labelled(opened: Desktop) -> Desktop:
    """A project whose pictures have the labels of a model."""
    opened.value(opened.session.run_all())
    return opened


def test_every_format_that_reads_gives_back_what_it_says(labelled: Desktop, tmp_path: Path) -> None:
    for plugin in labelled.session.formats:
        if not plugin.info.can_write or plugin.info.classes is not None:
            continue
        result = labelled.value(labelled.session.export(plugin.info.id, tmp_path / plugin.info.id))
        if plugin.info.keeps is Keeps.NOTHING:
            assert result.verified is None
        else:
            assert result.verified is not None
            assert result.verified.pictures == result.pictures
            if plugin.info.lossless:
                assert result.verified.exact, plugin.info.id
        assert (tmp_path / plugin.info.id / "provenance.txt").is_file()


def test_an_export_that_loses_pixels_is_not_kept(labelled: Desktop, tmp_path: Path) -> None:
    (plugin,) = (p for p in labelled.session.formats if p.info.id == "index_png")

    class Wrong:
        INFO = plugin.info
        read = staticmethod(plugin.module.read)

        @staticmethod
        def write(source, folder, **more):  # type: ignore[no-untyped-def]
            def items():  # type: ignore[no-untyped-def]
                for item in source.items():
                    item.segmentation.ids[0, 0] = next(iter(item.segmentation.segments))
                    item.segmentation.ids[-1, -1] = 0
                    yield item

            return plugin.module.write(replace(source, items=items), folder, **more)

    broken = replace(plugin, module=Wrong)  # type: ignore[arg-type]
    session = labelled.session
    order = ExportOrder(tmp_path / "out")
    job = session._workers.submit(
        "files", "Exporting", lambda ctx: export(session._desk, broken, order, session._models.find, ctx)
    )
    end = labelled.end(job)
    assert isinstance(end, Failed)
    assert "it was not kept" in end.error.text()
    assert list(tmp_path.glob("*out*")) == []


def test_provenance_tells_classes_splits_models_and_what_came_back(labelled: Desktop, tmp_path: Path) -> None:
    choice = ExportChoice(split=SplitRule((0.5, 0.5, 0.0), seed=2), pictures="link")
    labelled.value(labelled.session.export("coco_instances", tmp_path / "out", choice))
    data = yaml.safe_load((tmp_path / "out" / "provenance.txt").read_text(encoding="utf-8"))
    assert data["classes_sha256"] == class_hash(labelled.session.classes)
    assert data["split"]["seed"] == 2
    assert sum(data["split"]["pictures"].values()) == data["pictures"]
    assert data["read_back"]["readers"] == ["SegDesk", "pycocotools"]
    assert data["read_back"]["pixels_of_another_class"] == 0
    assert data["models"][0]["pictures"] == data["pictures"]
    assert {"code", "weights", "data", "commercial"} <= set(data["models"][0]["licence"])
    names = {f.name for f in (tmp_path / "out" / "annotations").iterdir()}
    assert names == {"instances_train.json", "instances_val.json"}


class Recorded:
    """A job's context that writes the progress down."""

    job_id = 1

    def __init__(self) -> None:
        self.done: list[float] = []

    def cancelled(self) -> bool:
        return False

    def check(self) -> None:
        """Nobody wants it to end."""

    def progress(self, done: int, total: int, text: str = "") -> None:
        self.done.append(done / total)

    def report(self, value: object) -> None:
        """Nobody listens."""


@pytest.mark.parametrize("format_id", ["coco_instances", "index_png"])
def test_progress_of_writing_and_reading_back_only_goes_on(labelled: Desktop, tmp_path: Path, format_id: str) -> None:
    """Over the files of three splits, and over both readers of COCO."""
    (plugin,) = (p for p in labelled.session.formats if p.info.id == format_id)
    session, ctx = labelled.session, Recorded()
    order = ExportOrder(tmp_path / "out", ExportChoice(split=SplitRule((0.4, 0.3, 0.3), seed=2)))
    export(session._desk, plugin, order, session._models.find, ctx)
    assert ctx.done == sorted(ctx.done)
    assert (ctx.done[0], ctx.done[-1]) == (0, 1)
    assert 0.5 in ctx.done


def test_classes_left_out_are_void(labelled: Desktop, tmp_path: Path) -> None:
    info = labelled.session.classes[0]
    choice = ExportChoice(class_ids=frozenset())
    result = labelled.value(labelled.session.export("index_png", tmp_path / "none", choice))
    assert result.objects == 0
    assert result.verified is not None
    assert result.verified.exact
    choice = ExportChoice(class_ids=frozenset({info.id}))
    assert labelled.value(labelled.session.export("index_png", tmp_path / "one", choice)).objects > 0


def test_a_stopped_export_leaves_nothing(labelled: Desktop, tmp_path: Path) -> None:
    job = labelled.session.export("coco_instances", tmp_path / "out")
    labelled.session.cancel(job)
    labelled.end(job)
    assert not (tmp_path / "out").exists() or (tmp_path / "out" / "provenance.txt").is_file()
    assert np.all([not f.name.endswith(".part") for f in tmp_path.iterdir()])
