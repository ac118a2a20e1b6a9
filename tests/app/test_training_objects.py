"""A project's objects become a training set for the models that find objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.jobs import Done, Failed
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.app.training import Run, TrainPlan
from segdesk.app.training_set import Wanted, object_ids
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.training.messages import CROWD, IGNORED, TrainOptions
from segdesk.io.project import Project
from segdesk.paths import user_config_dir

TIMEOUT = 120.0
CARDS = {
    "panoptic": 'task = "panoptic"\nnet = { type = "panoptic_deeplab", options = {} }\nclasses = { names = ["cell"] }',
    "ground": 'task = "panoptic"\nnet = { type = "panoptic_deeplab" }\nclasses = { names = ["", "cell"] }',
    "instance": 'task = "instance"\nnet = { type = "mask_rcnn" }\nclasses = { names = ["cell"], things = "all" }',
}
OPTIONS = TrainOptions(epochs=1, threads=1, device="cpu")


def a_map() -> Segmentation:
    """Soil with two plants, a crowd of plants, a stone, and a part without a label."""
    ids = np.zeros((40, 60), np.uint16)
    ids[:, 10:] = 1
    ids[2:8, 12:20], ids[2:8, 24:30], ids[20:30, 12:40], ids[34:38, 50:58] = 5, 9, 12, 700
    kinds = {1: Segment(1), 5: Segment(2), 9: Segment(2), 12: Segment(2, crowd=True), 700: Segment(3)}
    return Segmentation(ids, kinds)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    home = user_config_dir() / "models"
    home.mkdir(parents=True)
    for name, text in CARDS.items():
        head = f'id = "{name}"\nname = "{name}"\ntrainable = true\n'
        (home / f"{name}.toml").write_text(f'{head}{text}\nweights = {{ file = "{name}.pth" }}\n', encoding="utf-8")
    folder = tmp_path / "field"
    folder.mkdir()
    classes = ClassSet(
        [
            ClassInfo(1, "soil", (90, 60, 30)),
            ClassInfo(2, "plant", (30, 160, 60), is_thing=True),
            ClassInfo(3, "stone", (120, 120, 120), is_thing=True),
        ]
    )
    with Project.create(folder / "field.segdesk", folder, classes) as project:
        project.add_pictures([f"{i}.png" for i in range(3)])
        for i, row in enumerate(project.pictures()):
            cv2.imwrite(str(folder / f"{i}.png"), np.full((40, 60, 3), 20 * i, np.uint8))
            project.save_map(row.id, "annotation", a_map())
            project.set_state(row.id, "verified")
    made = Session(Settings(), lambda _: None)
    assert isinstance(made.wait(made.open(folder / "field.segdesk"), TIMEOUT), Done)
    yield made
    assert made.close()


def prepared(session: Session, card: str, **more: object) -> Run:
    end = session.wait(session.training.prepare(replace(TrainPlan(card, options=OPTIONS), **more)), TIMEOUT)
    assert isinstance(end, Done), end
    return end.value


def maps(run: Run) -> tuple[np.ndarray, np.ndarray]:
    stem = run.request.items[0].stem
    labels = cv2.imread(str(run.folder / "set" / f"{stem}.labels.png"), cv2.IMREAD_UNCHANGED)
    ids = cv2.imread(str(run.folder / "set" / f"{stem}.objects.png"), cv2.IMREAD_UNCHANGED)
    assert labels is not None
    assert ids is not None
    return labels, ids


def wanted(**more: object) -> Wanted:
    base = Wanted((), "annotation", {2: 0, 3: 1}, IGNORED, frozenset(), things=frozenset({2, 3}))
    return replace(base, **more)


def test_objects_are_numbered_and_crowds_are_unknown():
    found = a_map()
    ids = object_ids(found, wanted())
    assert sorted(np.unique(ids[np.isin(found.ids, (5, 9, 700))])) == [1, 2, 3]
    for number in (5, 9, 700):
        assert len(np.unique(ids[found.ids == number])) == 1
    assert (ids[found.ids == 12] == CROWD).all()
    assert not ids[found.ids < 2].any()
    unknown = object_ids(found, wanted(channels={2: 0}, things=frozenset({2}), rest_unknown=True))
    assert (unknown[np.isin(found.ids, (0, 1, 700))] == CROWD).all()


def test_a_panoptic_run_has_stuff_and_objects(session: Session):
    run = prepared(session, "panoptic")
    labels, ids = maps(run)
    assert run.request.card.channel_ids == (1, 2, 3)
    assert [c.is_thing for c in run.request.card.classes] == [False, True, True]
    assert (labels[:, :10] == IGNORED).all()
    assert (ids[:, :10] == CROWD).all()  # of what has no label nothing is known
    assert (labels[10:18, 10:] == 0).all()
    assert (ids[10:18, 10:] == 0).all()
    assert set(np.unique(ids)) == {0, 1, 2, 3, CROWD}
    assert run.table["task"] == "panoptic"


def test_with_a_ground_what_has_no_label_is_no_object(session: Session):
    labels, ids = maps(prepared(session, "ground"))
    assert not labels[:, :10].any()
    assert not ids[:, :10].any()


def test_an_instance_run_has_things_only(session: Session):
    run = prepared(session, "instance")
    labels, ids = maps(run)
    assert [c.name for c in run.request.card.classes] == ["plant", "stone"]
    assert run.request.card.channel_ids == (1, 2)
    assert (labels[3, 13], labels[35, 52], labels[15, 50]) == (0, 1, IGNORED)
    assert (ids[15, 50], ids[0, 0]) == (0, 0)
    _, unknown = maps(prepared(session, "instance", ground="ignored", classes=(2,)))
    assert (unknown[0, 0], unknown[35, 52]) == (CROWD, CROWD)


def test_what_has_no_objects_cannot_be_learned(session: Session):
    for card, classes, words in (
        ("instance", (1,), "none of the classes is countable"),
        ("panoptic", (1,), "none of the classes is countable"),
    ):
        end = session.wait(session.training.prepare(TrainPlan(card, classes=classes, options=OPTIONS)), TIMEOUT)
        assert isinstance(end, Failed)
        assert words in end.error.text()
    end = session.wait(session.training.prepare(TrainPlan("panoptic", classes=(2, 3), ground="ignored")), TIMEOUT)
    assert isinstance(end, Failed)
    assert "things without stuff" in end.error.text()
    assert prepared(session, "panoptic", classes=(2, 3)).request.card.channel_ids == (0, 1, 2)


def test_crowds_alone_are_no_objects(session: Session):
    project = session.project
    assert project is not None
    crowd = a_map()
    crowd.segments = {k: replace(s, crowd=s.class_id > 1) for k, s in crowd.segments.items()}
    for row in session.pictures:
        project.save_map(row.id, "annotation", crowd)
    end = session.wait(session.training.prepare(TrainPlan("instance", options=OPTIONS)), TIMEOUT)
    assert isinstance(end, Failed)
    assert "show no object" in end.error.text()
