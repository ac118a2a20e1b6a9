"""Labels in and out through the session: what the command line's tests do not reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segdesk.app.importing import ImportOrder
from segdesk.app.jobs import Failed, Progress
from segdesk.app.reports import ClassesChanged, PicturesChanged
from segdesk.domain.errors import SegDeskError
from segdesk.io.export_choice import ExportChoice
from tests.app.conftest import Desktop

FORMAT = "coco_instances"
VERIFIED = ExportChoice(states=("verified",))


def exported(opened: Desktop, folder: Path) -> Path:
    """A COCO file of the opened project's labels."""
    opened.value(opened.session.export(FORMAT, folder))
    (found,) = folder.rglob("*instances*.json")
    return found


def test_nothing_to_export_is_said(opened: Desktop, tmp_path: Path) -> None:
    end = opened.end(opened.session.export(FORMAT, tmp_path / "out"))
    assert isinstance(end, Failed)
    assert "nothing to export" in end.error.text()
    assert not (tmp_path / "out").exists()


def test_only_verified_pictures_are_exported(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    opened.session.verify(opened.id("img2.png"))
    result = opened.value(opened.session.export(FORMAT, tmp_path / "out", VERIFIED))
    assert result.pictures == 1


def test_what_waits_to_be_saved_is_exported_too(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    with opened.session._desk.saver.hold():
        opened.session.verify(opened.id("img3.png"))
        job = opened.session.export(FORMAT, tmp_path / "out", VERIFIED)
    assert opened.value(job).pictures == 1


def test_unknown_formats_and_layers_are_refused(opened: Desktop, tmp_path: Path) -> None:
    with pytest.raises(SegDeskError, match="coco_instances"):
        opened.session.export("clay", tmp_path / "out")
    end = opened.end(opened.session.export(FORMAT, tmp_path / "out", ExportChoice("dream")))
    assert isinstance(end, Failed)
    assert "dream" in end.error.text()


def test_imported_labels_are_shown(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    source = exported(opened, tmp_path / "out")
    info = opened.session.classes.named("bright")
    opened.session.set_classes(opened.session.classes.with_class(replace(info, name="star")))
    before = len(opened.heard.all)
    result = opened.value(opened.session.import_labels(FORMAT, ImportOrder(source, "reference")))
    assert result.pictures == 4
    news = opened.heard.all[before:]
    assert any(isinstance(r, PicturesChanged) for r in news)
    assert any(isinstance(r, ClassesChanged) and r.classes.named("bright") for r in news)
    assert opened.session.classes == opened.saved().classes
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    reference = opened.session.project.load_map(opened.id("img1.png"), "reference")
    new = opened.session.classes.named("bright")
    assert np.array_equal(reference.class_map() == new.id, shown.segmentation.class_map() == info.id)


def test_an_import_never_replaces_a_persons_work(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    source = exported(opened, tmp_path / "out")
    opened.session.verify(opened.id("img2.png"))
    result = opened.value(opened.session.import_labels(FORMAT, ImportOrder(source, "annotation")))
    assert (result.pictures, len(result.problems)) == (3, 1)
    assert opened.session.counts() == {"edited": 3, "verified": 1}


def test_two_layers_are_compared(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    source = exported(opened, tmp_path / "out")
    opened.value(opened.session.import_labels(FORMAT, ImportOrder(source, "reference")))
    job = opened.session.evaluate("prediction", "reference", tmp_path / "report", language="zh_CN")
    found = opened.value(job)
    assert found.page.is_file()
    assert found.report.headline["pq"] == 1.0
    assert [p.done for p in opened.heard.progress(job)][:4] == [1, 2, 3, 4]


def test_nothing_to_compare_is_said(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    end = opened.end(opened.session.evaluate("prediction", "reference", tmp_path / "report"))
    assert isinstance(end, Failed)
    assert "both layers" in end.error.text()
    assert not (tmp_path / "report").exists()


def test_progress_of_an_export_is_reported(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    job = opened.session.export(FORMAT, tmp_path / "out")
    opened.value(job)
    last = opened.heard.progress(job)[-1]
    assert isinstance(last, Progress)
    assert last.done == last.total == 4


def test_the_report_says_what_the_model_did(opened: Desktop, tmp_path: Path) -> None:
    opened.value(opened.session.run_all())
    first, second = opened.id("img1.png"), opened.id("img2.png")
    project = opened.saved()
    labels = project.load_map(first, "annotation")
    assert labels is not None
    labels.ids[:10] = 0
    gone = int((project.load_map(first, "prediction").ids[:10] > 0).sum())
    project.save_map(first, "annotation", labels)
    opened.session.add_cost(first, 12.0, gone)
    opened.session.unverify(first)
    opened.session.verify(second)
    found = opened.value(opened.session.evaluate("prediction", "annotation", tmp_path / "report"))
    effort = found.report.effort
    assert effort is not None
    assert (effort.pictures, effort.changed, effort.seconds) == (2, gone, 12.0)
    assert effort.kept == effort.pixels - gone
    assert any("2 pictures worked on" in line for line in found.report.headline_lines())


def test_a_mirror_check_is_another_run_and_its_absence_none(opened: Desktop) -> None:
    def record() -> dict[str, object]:
        return opened.session._plan_maker()().record()

    before = record()
    assert "flip" not in before  # as runs were recorded before there was such a check
    opened.session.set_options(replace(opened.session.options, flip=True))
    assert record() == {**before, "flip": True}
