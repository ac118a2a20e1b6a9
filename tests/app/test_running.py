"""Running a model on one picture and on all, through the session, with a fake engine."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.batch import HOPELESS
from segdesk.app.jobs import Done, Failed, Progress, Stopped
from segdesk.app.reports import Answered, BatchResult, ClassesChanged
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.edit import Stroke
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment
from tests.app.conftest import HEIGHT, WIDTH, Desktop, picture
from tests.app.reports import TIMEOUT


def bright(number: int) -> np.ndarray:
    """(H, W) bool: where the fake model finds its object."""
    return picture(number).mean(axis=2) > 128


def paint(opened: Desktop, name: str) -> None:
    """A stroke by hand on a picture, saved."""
    shown = opened.value(opened.session.go_to(opened.id(name)))
    stroke = Stroke(shown.segmentation, "brush")
    stroke.set_segment(7, Segment(1, by_human=True))
    stroke.write(0, 0, np.ones((4, 4), bool), 7)
    edit = stroke.commit()
    assert edit is not None
    opened.session.save_step(shown.row.id, shown.segmentation, edit, "push")
    opened.saved()


# -- one picture -----------------------------------------------------------------------------------------------------


def test_an_answer_for_the_open_picture_is_the_documents_to_apply(opened: Desktop) -> None:
    picture_id = opened.id("img2.png")
    opened.value(opened.session.go_to(picture_id))
    answered = opened.value(opened.session.run_here())
    assert isinstance(answered, Answered)
    assert np.array_equal(answered.segmentation.unpacked().class_map() == 2, bright(2))
    assert answered.notes == ("In the head.",)
    assert opened.session.settle(answered)
    project = opened.saved()
    assert project.load_map(picture_id, "annotation") is None
    assert project.load_map(picture_id, "prediction").ids.any()
    assert project.load_instances(picture_id)[0].score == pytest.approx(0.9)
    assert project.picture(picture_id).doubt == 0.25
    source = project.label_source(picture_id)
    assert source.card_id == "regions"


def test_the_models_classes_join_the_projects_by_name(opened: Desktop) -> None:
    mine = ClassSet([ClassInfo(1, "sky", (0, 0, 255)), ClassInfo(5, "Bright", (9, 9, 9))])
    opened.session.set_classes(mine)
    picture_id = opened.id("img1.png")
    answered = opened.value(opened.session.run_here(picture_id))
    names = {c.name: c.id for c in opened.session.classes}
    assert names["sky"] == 1
    assert names["Bright"] == 5
    assert np.array_equal(answered.segmentation.unpacked().class_map() == 5, bright(1))
    assert np.array_equal(answered.segmentation.unpacked().class_map() == names["dark"], ~bright(1))
    project = opened.saved()
    assert project.classes == opened.session.classes
    assert {i.class_id for i in project.load_instances(picture_id)} == {5}
    assert any(isinstance(r, ClassesChanged) and len(r.classes) == 3 for r in opened.heard.all)


def test_a_renamed_class_is_still_the_models(opened: Desktop, folder: Path) -> None:
    opened.value(opened.session.run_here(opened.id("img1.png")))
    info = opened.session.classes.named("bright")
    opened.session.set_classes(opened.session.classes.with_class(replace(info, name="nucleus")))
    opened.open(folder)  # the memory outlives the session's open project
    answered = opened.value(opened.session.run_here(opened.id("img2.png")))
    assert sorted(c.name for c in opened.session.classes) == ["dark", "nucleus"]
    assert np.array_equal(answered.segmentation.unpacked().class_map() == info.id, bright(2))


def test_an_answer_that_comes_too_late_goes_into_the_project(opened: Desktop) -> None:
    first, second = opened.id("img1.png"), opened.id("img2.png")
    opened.engine.hold("img1.png")
    opened.value(opened.session.go_to(first))
    job = opened.session.run_here()
    assert opened.engine.entered.acquire(timeout=TIMEOUT)
    opened.value(opened.session.go_to(second))
    opened.engine.let_go("img1.png")
    answered = opened.value(job)
    assert not opened.session.settle(answered)
    assert np.array_equal(opened.saved().load_map(first, "annotation").class_map() == 2, bright(1))
    assert opened.state("img1.png") == "predicted"
    assert opened.saved().load_map(second, "annotation") is None


def test_an_answer_on_its_way_to_the_window_is_not_lost(opened: Desktop) -> None:
    first, second = opened.id("img1.png"), opened.id("img2.png")
    opened.value(opened.session.go_to(first))
    answered = opened.value(opened.session.run_here())
    opened.value(opened.session.go_to(second))  # before the window has seen the answer
    assert not opened.session.settle(answered)
    assert opened.saved().load_map(first, "annotation") is not None
    assert opened.state("img1.png") == "predicted"


def test_an_answer_never_replaces_hand_work(opened: Desktop) -> None:
    paint(opened, "img1.png")
    opened.value(opened.session.go_to(opened.id("img2.png")))
    answered = opened.value(opened.session.run_here(opened.id("img1.png")))
    assert not opened.session.settle(answered)
    project = opened.saved()
    assert project.load_map(opened.id("img1.png"), "annotation").areas().keys() == {0, 7}
    assert project.load_map(opened.id("img1.png"), "prediction") is not None
    assert opened.state("img1.png") == "edited"


def test_new_options_need_no_second_look_at_the_picture(opened: Desktop) -> None:
    opened.value(opened.session.go_to(opened.id("img1.png")))
    opened.value(opened.session.run_here())
    options = opened.session.options
    opened.session.set_options(replace(options, decide=replace(options.decide, confidence=0.9)))
    answered = opened.value(opened.session.decide_again())
    assert answered.again
    assert not (answered.segmentation.unpacked().class_map() == 2).any()
    assert opened.engine.asked == [("img1.png", True), ("img1.png", False)]


def test_a_forgotten_answer_is_made_again(opened: Desktop) -> None:
    opened.value(opened.session.go_to(opened.id("img1.png")))
    opened.value(opened.session.decide_again())
    assert opened.engine.asked == [("img1.png", False), ("img1.png", True)]


def test_of_many_slider_moves_the_last_counts(opened: Desktop) -> None:
    opened.value(opened.session.go_to(opened.id("img1.png")))
    opened.engine.hold("img1.png")
    jobs = [opened.session.decide_again() for _ in range(5)]
    opened.engine.let_go("img1.png")
    ends = [opened.end(j) for j in jobs]
    assert [type(e) for e in ends] == [Stopped] * 4 + [Done]


def test_nothing_chosen_or_open_is_said_at_once(desktop: Desktop, folder: Path) -> None:
    with pytest.raises(SegDeskError, match="No project"):
        desktop.session.run_here()
    desktop.open(folder)
    with pytest.raises(SegDeskError, match="No picture"):
        desktop.session.run_here()
    with pytest.raises(SegDeskError, match="no model"):
        desktop.session.choose_model("clairvoyant")


def test_missing_weights_are_a_clear_failure(opened: Desktop) -> None:
    missing = next(c for c in opened.session.cards if opened.session.weights_status(c.id).path is None and c.weights)
    opened.session.choose_model(missing.id)
    end = opened.end(opened.session.run_here(opened.id("img1.png")))
    assert isinstance(end, Failed)
    assert missing.weights.file in end.error.hint_text()


# -- all pictures ----------------------------------------------------------------------------------------------------


def test_all_pictures_are_segmented(opened: Desktop) -> None:
    job = opened.session.run_all()
    result = opened.value(job)
    assert (result.answered, result.failed, result.device) == (4, (), "cpu")
    assert opened.session.counts() == {"predicted": 4}
    project = opened.saved()
    for number in range(1, 5):
        row = project.find(f"img{number}.png")
        assert (row.state, row.width, row.height) == ("predicted", WIDTH, HEIGHT)
        assert row == opened.session.row(row.id)
        assert np.array_equal(project.load_map(row.id, "annotation").class_map() == 2, bright(number))
    last = opened.heard.progress(job)[-1]
    assert (last.done, last.total) == (4, 4)


def test_a_broken_picture_is_marked_and_the_rest_goes_on(opened: Desktop, folder: Path) -> None:
    (folder / "img2.png").write_bytes(b"not a picture at all")
    opened.engine.errors["img3.png"] = SegDeskError("The engine died.")
    result = opened.value(opened.session.run_all())
    assert [name for name, _ in result.failed] == ["img2.png", "img3.png"]
    assert result.answered == 2
    assert opened.session.counts() == {"predicted": 2, "failed": 2}
    assert opened.saved().find("img3.png").error == "The engine died."
    assert opened.session.why_failed(opened.id("img3.png")) is opened.engine.errors["img3.png"]


def test_a_run_goes_on_where_it_was_stopped(opened: Desktop) -> None:
    assert opened.value(opened.session.run_all(limit=2)).answered == 2
    result = opened.value(opened.session.run_all())
    assert (result.answered, result.already) == (2, 2)
    assert opened.value(opened.session.run_all(again=True)).answered == 4
    options = opened.session.options
    opened.session.set_options(replace(options, decide=replace(options.decide, min_area=9)))
    assert opened.value(opened.session.run_all()).answered == 4


def test_a_failed_picture_is_tried_again(opened: Desktop) -> None:
    opened.engine.errors["img3.png"] = SegDeskError("The engine died.")
    assert opened.value(opened.session.run_all()).answered == 3
    opened.engine.errors.clear()
    result = opened.value(opened.session.run_all())
    assert (result.answered, result.already) == (1, 3)
    assert opened.saved().find("img3.png").error == ""


def test_peoples_work_is_left_alone_and_counted(opened: Desktop) -> None:
    paint(opened, "img1.png")
    paint(opened, "img2.png")
    opened.session.verify(opened.id("img2.png"))
    opened.session.skip(opened.id("img3.png"))
    opened.value(opened.session.go_to(opened.id("img3.png")))
    result = opened.value(opened.session.run_all())
    assert (result.answered, result.kept, result.verified) == (2, 1, 1)
    project = opened.saved()
    for name in ("img1.png", "img2.png"):
        assert project.load_map(opened.id(name), "annotation").areas().keys() == {0, 7}
    assert project.load_map(opened.id("img1.png"), "prediction") is not None
    assert project.load_map(opened.id("img2.png"), "prediction") is None
    assert opened.session.counts() == {"edited": 1, "verified": 1, "skipped": 1, "predicted": 1}


def test_verified_pictures_may_be_judged_but_not_changed(opened: Desktop) -> None:
    paint(opened, "img2.png")
    opened.session.verify(opened.id("img2.png"))
    opened.value(opened.session.go_to(opened.id("img1.png")))
    assert opened.value(opened.session.run_all(skip_verified=False)).kept == 1
    project = opened.saved()
    assert project.load_map(opened.id("img2.png"), "annotation").areas().keys() == {0, 7}
    assert project.load_map(opened.id("img2.png"), "prediction") is not None
    assert opened.state("img2.png") == "verified"


def test_the_open_picture_gets_its_answer_through_the_document(opened: Desktop) -> None:
    picture_id = opened.id("img2.png")
    opened.value(opened.session.go_to(picture_id))
    opened.value(opened.session.run_all())
    (answered,) = [r for r in opened.heard.all if isinstance(r, Answered)]
    assert (answered.picture_id, answered.from_batch) == (picture_id, True)
    assert opened.saved().load_map(picture_id, "annotation") is None
    assert opened.session.settle(answered)


def test_what_a_person_does_meanwhile_wins(opened: Desktop) -> None:
    opened.engine.hold("img1.png")
    job = opened.session.run_all()
    assert opened.engine.entered.acquire(timeout=TIMEOUT)
    paint(opened, "img2.png")
    opened.session.verify(opened.id("img3.png"))
    opened.value(opened.session.go_to(opened.id("img4.png")))
    opened.engine.let_go("img1.png")
    assert opened.value(job).kept == 2
    project = opened.saved()
    assert project.load_map(opened.id("img2.png"), "annotation").areas().keys() == {0, 7}
    assert project.load_map(opened.id("img3.png"), "annotation") is None
    assert opened.state("img3.png") == "verified"


def test_a_run_can_be_paused_cut_into_and_resumed(opened: Desktop) -> None:
    opened.engine.hold("img1.png")
    job = opened.session.run_all()
    assert opened.engine.entered.acquire(timeout=TIMEOUT)
    opened.session.pause(job)
    opened.engine.let_go("img1.png")
    opened.heard.wait(lambda r: isinstance(r, Progress) and r.job_id == job and r.paused)
    opened.value(opened.session.run_here(opened.id("img4.png")))
    assert [name for name, _ in opened.engine.asked] == ["img1.png", "img4.png"]
    opened.session.resume(job)
    assert opened.value(job).answered == 4


def test_a_cancelled_run_keeps_what_it_has(opened: Desktop) -> None:
    opened.engine.hold("img2.png")
    job = opened.session.run_all()
    for _ in range(2):
        assert opened.engine.entered.acquire(timeout=TIMEOUT)
    opened.session.cancel(job)
    opened.engine.let_go("img2.png")
    assert isinstance(opened.end(job), Stopped)
    assert opened.saved().find("img1.png").state == "predicted"
    assert opened.value(opened.session.run_all()).already == 1


def test_a_model_that_cannot_run_at_all_ends_the_run(opened: Desktop, folder: Path) -> None:
    for number in range(5, HOPELESS + 9):
        cv2.imwrite(str(folder / f"img{number}.png"), picture(number))
    opened.open(folder)
    for row in opened.session.pictures:
        opened.engine.errors[row.path] = SegDeskError("The weights file is damaged.")
    end = opened.end(opened.session.run_all())
    assert isinstance(end, Failed)
    assert end.error.text() == "The weights file is damaged."
    assert opened.session.counts()["new"] > 0


def test_opening_another_folder_ends_the_run_first(opened: Desktop, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    cv2.imwrite(str(other / "a.png"), picture(1))
    opened.engine.hold("img1.png")
    job = opened.session.run_all()
    assert opened.engine.entered.acquire(timeout=TIMEOUT)
    opening = opened.session.open(other)
    opened.engine.let_go("img1.png")
    assert isinstance(opened.end(job), Stopped)
    assert opened.value(opening).count == 1


def test_some_pictures_only(opened: Desktop) -> None:
    chosen = {opened.id("img2.png"), opened.id("img4.png")}
    assert opened.value(opened.session.run_all(among=chosen)) == BatchResult(
        answered=2,
        seconds=pytest.approx(0, abs=TIMEOUT),
        device="cpu",
        notes=("In the head.",),
        megapixels=2 * HEIGHT * WIDTH / 1e6,
    )
    assert {r.path for r in opened.session.pictures if r.state == "predicted"} == {"img2.png", "img4.png"}


def test_devices_are_known_after_the_warm_up(opened: Desktop) -> None:
    assert opened.session.devices == []
    opened.value(opened.session.warm_up())
    assert [d.name for d in opened.session.devices] == ["Abacus"]


def test_closing_in_the_middle_of_a_run_ends_it(folder: Path) -> None:
    desktop = Desktop()
    desktop.open(folder)
    desktop.engine.hold("img3.png")
    job = desktop.session.run_all()
    for _ in range(3):
        assert desktop.engine.entered.acquire(timeout=TIMEOUT)
    assert desktop.session.close(TIMEOUT)
    assert desktop.engine.stopped
    assert isinstance(desktop.end(job), Stopped)
    assert not [t for t in threading.enumerate() if t.name.startswith("segdesk")]
