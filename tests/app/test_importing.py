"""Imports: what a file would bring is said first; its classes become what a person wants; predictions are answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segdesk.app.importing import ImportOrder
from segdesk.app.jobs import Failed
from segdesk.domain.classes import VOID, ClassInfo
from segdesk.io.export_choice import ExportChoice
from tests.app.conftest import Desktop

FORMAT = "index_png"


@pytest.fixture
def source(opened: Desktop, tmp_path: Path) -> Path:
    """An export of the project's labels, which are a model's."""
    opened.value(opened.session.run_all())
    opened.value(opened.session.export(FORMAT, tmp_path / "out", ExportChoice(layer="prediction")))
    return tmp_path / "out"


def project_of(opened: Desktop):  # type: ignore[no-untyped-def]
    project = opened.session.project
    assert project is not None
    return project


def test_a_survey_counts_and_stores_nothing(opened: Desktop, source: Path) -> None:
    project = project_of(opened)
    row = opened.session.pictures[0]
    (source / "masks" / "stranger.png").write_bytes((source / "masks").glob("*.png").__next__().read_bytes())
    found = opened.value(opened.session.survey_import(FORMAT, ImportOrder(source, "reference")))
    assert found.result.pictures == len(opened.session.pictures)
    assert [p.name for p in found.result.problems] == ["stranger"]
    assert all(project.load_map(r.id, "reference") is None for r in opened.session.pictures)
    labels = project.load_map(row.id, "prediction")
    assert labels is not None
    total = sum(int(np.count_nonzero(project.load_map(r.id, "prediction").ids)) for r in opened.session.pictures)
    assert sum(c.pixels for c in found.classes) == total
    assert {c.info.name for c in found.classes if c.segments} <= {c.name for c in opened.session.classes}
    assert 0 < len(found.samples) <= 3
    assert found.samples[0].pixels is not None
    assert found.samples[0].pixels.shape[2] == 3


def test_classes_become_what_is_wanted(opened: Desktop, source: Path) -> None:
    session, project = opened.session, project_of(opened)
    first, second = list(session.classes)[:2]
    session.set_classes(session.classes.with_class(ClassInfo(77, "other", (1, 2, 3))))
    order = ImportOrder(source, "reference", {first.name.upper(): 77, second.name: VOID})
    opened.value(session.import_labels(FORMAT, order))
    for row in session.pictures:
        before, after = project.load_map(row.id, "prediction"), project.load_map(row.id, "reference")
        wanted = before.class_map()
        expected = np.where(wanted == first.id, 77, np.where(wanted == second.id, 0, wanted))
        assert np.array_equal(after.class_map(), expected)


def test_a_prediction_comes_in_as_an_answer(opened: Desktop, source: Path) -> None:
    session, project = opened.session, project_of(opened)
    person = session.pictures[0]
    session.verify(person.id)
    before = project.load_map(person.id, "annotation")
    result = opened.value(session.import_labels(FORMAT, ImportOrder(source, "prediction")))
    assert result.pictures == len(session.pictures)
    run = project.label_source(person.id, "prediction")
    assert run is not None
    assert run.card_id == "import:index_png: out"
    assert np.array_equal(project.load_map(person.id, "annotation").ids, before.ids)
    assert session.counts()["verified"] == 1


def test_corrected_pictures_are_replaced_only_when_asked(opened: Desktop, source: Path) -> None:
    session = opened.session
    session.verify(session.pictures[0].id)
    kept = opened.value(session.import_labels(FORMAT, ImportOrder(source, "annotation")))
    assert len(kept.problems) == 1
    replaced = opened.value(session.import_labels(FORMAT, ImportOrder(source, "annotation", replace_work=True)))
    assert replaced.problems == ()


def test_a_class_that_is_not_there_is_refused(opened: Desktop, source: Path) -> None:
    end = opened.end(opened.session.import_labels(FORMAT, ImportOrder(source, "reference", {"x": 999})))
    assert isinstance(end, Failed)
    assert "999" in end.error.text()
