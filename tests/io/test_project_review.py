"""What the project keeps for the review: doubt maps and places, class searches, reduced maps; and older files."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.doubt import Doubts, Place
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_schema
from segdesk.io.project import Project

SIZE = (300, 520)
PLACES = (Place("margin", (4, 5, 40, 60), 0.75), Place("object", (100, 0, 520, 300), 0.5))


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.segdesk", tmp_path) as made:
        made.add_pictures(["a.jpg", "b.jpg", "c.jpg"])
        yield made


def labels(seed: int, *, classes: int = 3) -> Segmentation:
    ids = np.random.default_rng(seed).integers(0, 10, SIZE).astype(np.uint16)
    return Segmentation(ids, {k: Segment(1 + k % classes) for k in range(1, 10)})


def cells(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (75, 130)).astype(np.uint8)


def predict(project: Project, doubts: Doubts | None, *, value: float = 0.4) -> None:
    run = project.add_run("m", "M", {}, "cpu")
    project.save_prediction(1, run, labels(0), (), value, to_annotation=True, doubts=doubts)


def test_doubts_come_back_after_reopening(project: Project):
    assert project.load_doubts(1) is None
    predict(project, Doubts(cells(), PLACES, 0.4))
    project.close()
    with Project.open(project.path) as again:
        found = again.load_doubts(1)
        assert found is not None
        assert np.array_equal(found.map, cells())
        assert found.places == PLACES
        assert found.value == again.picture(1).doubt == 0.4
        assert again.load_doubts(2) is None


def test_a_new_answer_replaces_the_doubts_and_one_without_forgets_them(project: Project):
    predict(project, Doubts(cells(1), PLACES, 0.4))
    predict(project, Doubts(cells(2), (), 0.1))
    found = project.load_doubts(1)
    assert found is not None
    assert np.array_equal(found.map, cells(2))
    assert found.places == ()
    predict(project, None)
    assert project.load_doubts(1) is None


def test_damaged_doubts_are_none_and_do_not_harm_the_labels(project: Project):
    predict(project, Doubts(cells(), PLACES, 0.4))
    project.close()
    with sqlite3.connect(project.path) as raw:
        raw.execute("UPDATE doubts SET map = x'0011'")
    raw.close()
    with Project.open(project.path) as again:
        assert again.load_doubts(1) is None
        assert again.load_map(1, "annotation") is not None


def old_file(path: Path) -> None:
    """A project as version 1 of the tables wrote it, with one labelled picture."""
    connection = sqlite3.connect(path, isolation_level=None)
    project_schema.migrate(connection, project_schema.STEPS[:1])
    connection.execute("INSERT INTO pictures (id, path, sort_key, state) VALUES (1, 'a.jpg', 'a', 'edited')")
    connection.execute("INSERT INTO maps (id, picture_id, layer, height, width) VALUES (1, 1, 'annotation', 5, 7)")
    connection.execute("INSERT INTO segments VALUES (1, 3, 2, 1.0, 1, 0)")
    connection.close()


def test_a_file_of_the_first_version_is_brought_up(tmp_path: Path):
    old_file(tmp_path / "old.segdesk")
    with Project.open(tmp_path / "old.segdesk") as project:
        assert [p.state for p in project.pictures()] == ["edited"]
        assert project.load_doubts(1) is None
        assert project.count_segments([2]) == {1: 1}
        project.save_prediction(
            1, project.add_run("m", "M", {}, "cpu"), labels(0), (), 0.4, to_annotation=False, doubts=Doubts(cells())
        )
        assert project.load_doubts(1) is not None
    with sqlite3.connect(tmp_path / "old.segdesk") as raw:
        assert project_schema.version(raw) == len(project_schema.STEPS)
    raw.close()


def test_a_file_of_the_first_version_can_be_read_where_it_cannot_be_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "old.segdesk"
    old_file(path)
    before = path.read_bytes()
    monkeypatch.setattr("segdesk.io.project_database.os.access", lambda *_: False)  # also for the superuser
    with Project.open(path) as project:
        assert project.read_only
        assert project.load_doubts(1) is None
        assert project.count_segments([2]) == {1: 1}
    assert path.read_bytes() == before


def test_counting_segments_of_classes(project: Project):
    maps = {1: labels(1), 2: labels(2, classes=2)}
    for key, one in maps.items():
        project.save_map(key, "annotation", one)
    project.save_map(3, "reference", labels(3))
    for wanted in ([1], [2], [3], [1, 3], [7], []):
        plain = {k: sum(s.class_id in wanted for s in m.segments.values()) for k, m in maps.items()}
        assert project.count_segments(wanted) == {k: n for k, n in plain.items() if n}
    assert project.count_segments([1], "reference") == {3: 3}


@pytest.mark.parametrize("side", [1, 7, 100, 260, 519, 520, 4000])
def test_a_reduced_map_is_every_nth_pixel(project: Project, side: int):
    here = labels(5)
    here.ids[:256, :256] = 0  # a tile that is not stored
    project.save_map(1, "annotation", here)
    found = project.load_reduced(1, "annotation", side)
    assert found is not None
    step = -(-520 // side)
    expected = here.ids[step // 2 :: step, step // 2 :: step]
    assert max(found.size) <= side
    if expected.size:
        assert np.array_equal(found.ids, expected)
    assert found.segments == here.segments
    assert project.load_reduced(2, "annotation", side) is None
