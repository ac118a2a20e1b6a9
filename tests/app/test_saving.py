"""Work on its way to the disk: steps, states and costs through the session, also when the disk refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.jobs import Done, Failed
from segdesk.app.reports import Opened, SaveState
from segdesk.app.steps import Step, replay
from segdesk.domain.edit import TILE, Edit, Stroke, replace_all
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History, Steps
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project
from tests.app.conftest import Desktop


def brush(shown: Opened, x: int, y: int, class_id: int = 3) -> Edit:
    """A stroke by hand on an opened picture."""
    stroke = Stroke(shown.segmentation, "brush")
    key = shown.segmentation.new_id()
    stroke.set_segment(key, Segment(class_id, by_human=True))
    stroke.write(x, y, np.ones((5, 5), bool), key)
    edit = stroke.commit()
    assert edit is not None
    shown.history.push(edit)
    return edit


class FullDisk:
    """While `full`, a project takes no steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = True
        real = Project.save_step

        def save_step(project: Project, *args: object) -> None:
            if self.full:
                raise SegDeskError("The disk is full: {name} could not be written.", name="p")
            real(project, *args)  # type: ignore[arg-type]

        monkeypatch.setattr(Project, "save_step", save_step)


def same(a: Segmentation, b: Segmentation) -> bool:
    return np.array_equal(a.ids, b.ids) and a.pruned().segments == b.pruned().segments


def test_steps_survive_the_session(opened: Desktop, folder: Path) -> None:
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    for number in range(4):
        edit = brush(shown, 9 * number, 7 * number)
        opened.session.save_step(shown.row.id, shown.segmentation, edit, "push")
    undone = shown.history.undo(shown.segmentation)
    opened.session.save_step(shown.row.id, shown.segmentation, undone, "undo")
    assert opened.state("img1.png") == "edited"
    opened.open(folder)
    again = opened.value(opened.session.go_to(shown.row.id))
    assert same(again.segmentation, shown.segmentation)
    assert (len(again.history.done), len(again.history.undone)) == (3, 1)
    assert again.row.state == "edited"
    again.history.redo(again.segmentation)
    assert (again.segmentation.ids > 0).sum() == 4 * 25


def test_applying_an_answer_is_no_hand_work(opened: Desktop) -> None:
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    answered = opened.value(opened.session.run_here())
    edit = replace_all(shown.segmentation, answered.segmentation.unpacked(), "model answer")
    opened.session.save_step(shown.row.id, shown.segmentation, edit, "push", by_model=True)
    assert opened.state("img1.png") == "predicted"
    assert opened.saved().picture(shown.row.id).state == "predicted"
    opened.session.save_step(shown.row.id, shown.segmentation, brush(shown, 0, 0), "push")
    assert opened.saved().picture(shown.row.id).state == "edited"
    opened.session.save_step(shown.row.id, shown.segmentation, brush(shown, 9, 9), "push", by_model=True)
    assert opened.saved().picture(shown.row.id).state == "edited"


def test_a_touch_up_keeps_a_picture_verified(opened: Desktop) -> None:
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    opened.session.verify(shown.row.id)
    opened.session.save_step(shown.row.id, shown.segmentation, brush(shown, 0, 0), "push")
    assert opened.state("img1.png") == opened.saved().picture(shown.row.id).state == "verified"
    opened.session.unverify(shown.row.id)
    assert opened.saved().picture(shown.row.id).state == "edited"


def test_a_full_disk_loses_nothing(opened: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = FullDisk(monkeypatch)
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    for number in range(3):
        opened.session.save_step(shown.row.id, shown.segmentation, brush(shown, 9 * number, 0), "push")
    failed = opened.heard.wait(lambda r: isinstance(r, SaveState) and r.status == "failed")
    assert "full" in failed.error.text()
    opened.value(opened.session.go_to(opened.id("img2.png")))
    back = opened.value(opened.session.go_to(shown.row.id))  # although nothing of it is on the disk
    assert same(back.segmentation, shown.segmentation)
    assert len(back.history.done) == 3
    back.history.undo(back.segmentation)
    assert (back.segmentation.ids > 0).sum() == 2 * 25
    assert isinstance(opened.end(opened.session.close_project()), Failed)
    assert opened.session.project is not None
    disk.full = False
    opened.session.save_now()
    project = opened.saved()
    assert opened.session.save_state.status == "saved"
    assert same(project.load_map(shown.row.id, "annotation"), shown.segmentation)
    assert len(project.load_history(shown.row.id).done) == 3


def test_a_batch_stops_with_a_sentence_when_the_disk_is_full(opened: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **values: object) -> None:
        raise SegDeskError("The disk is full: {name} could not be written.", name="p")

    with monkeypatch.context() as patch:
        patch.setattr(Project, "save_prediction", refuse)
        end = opened.end(opened.session.run_all())
        assert isinstance(end, Failed)
        assert "full" in end.error.text()
    opened.session.save_now()
    assert opened.saved().labelled("annotation")  # what was answered before is written as soon as it can be


def test_costs_add_up(opened: Desktop) -> None:
    picture_id = opened.id("img1.png")
    opened.session.add_cost(picture_id, 2.5, 10)
    opened.session.add_cost(picture_id, 1.5, 5)
    row = opened.saved().picture(picture_id)
    assert (row.seconds, row.pixels_changed) == (4.0, 15)
    assert opened.session.row(picture_id) == row


def test_closing_saves_what_waits(folder: Path) -> None:
    desktop = Desktop()
    desktop.open(folder)
    shown = desktop.value(desktop.session.go_to(desktop.id("img1.png")))
    for number in range(20):
        desktop.session.save_step(shown.row.id, shown.segmentation, brush(shown, number, number), "push")
    assert desktop.session.close()
    with Project.open(folder / "photos.segdesk") as project:
        assert same(project.load_map(shown.row.id, "annotation"), shown.segmentation)
        assert len(project.load_history(shown.row.id).done) == 20


def test_a_step_must_be_of_a_known_kind(opened: Desktop) -> None:
    shown = opened.value(opened.session.go_to(opened.id("img1.png")))
    edit = brush(shown, 0, 0)
    with pytest.raises(ValueError):
        opened.session.save_step(shown.row.id, shown.segmentation, edit, "guess")


def test_many_pictures_in_a_row_show_the_last(opened: Desktop) -> None:
    jobs = [opened.session.go_to(opened.id(f"img{n}.png")) for n in (1, 2, 3, 4)]
    ends = [opened.end(j) for j in jobs]
    assert isinstance(ends[-1], Done)
    assert ends[-1].value.row.path == "img4.png"
    assert opened.session.current_id == opened.id("img4.png")


# -- steps that wait -------------------------------------------------------------------------------------------------


@st.composite
def walks(draw: st.DrawFn) -> tuple[tuple[int, int], list[tuple[str, int, int, int]]]:
    size = draw(st.tuples(st.integers(1, 3 * TILE), st.integers(1, 3 * TILE)))
    move = st.tuples(st.sampled_from(["push", "push", "undo", "redo"]), st.integers(0, 190), st.integers(0, 190))
    return size, [(k, x, y, n) for n, (k, x, y) in enumerate(draw(st.lists(move, max_size=12)))]


@settings(deadline=None, max_examples=60)
@given(walks(), st.integers(0, 12))
def test_replaying_the_waiting_steps_gives_the_map_and_its_history(
    walk: tuple[tuple[int, int], list[tuple[str, int, int, int]]], on_disk: int
) -> None:
    size, moves = walk
    live, history = Segmentation.empty(*size), History()
    stored, stored_history = live.copy(), History()
    steps: list[Step] = []
    for kind, x, y, number in moves:
        edit = _move(live, history, kind, x, y, number)
        if edit is None:
            continue
        steps.append(Step(Patch.of(live, edit), edit, kind))
        if len(steps) == on_disk:  # up to here all has been written
            stored = live.copy()
            stored_history = History(done=Steps(history.done), undone=Steps(history.undone))
            steps.clear()
            on_disk = -1
    result = replay(stored, stored_history, steps)
    assert same(result, live)
    assert stored_history.done == history.done
    assert stored_history.undone == history.undone


def _move(live: Segmentation, history: History, kind: str, x: int, y: int, number: int) -> Edit | None:
    if kind == "undo":
        return history.undo(live)
    if kind == "redo":
        return history.redo(live)
    stroke = Stroke(live, "brush")
    stroke.set_segment(number + 1, Segment(1 + number % 3))
    stroke.write(x, y, np.ones((20, 30), bool), number + 1)
    edit = stroke.commit()
    if edit is not None:
        history.push(edit)
    return edit
