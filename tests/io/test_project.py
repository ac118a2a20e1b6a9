"""What a project keeps: pictures, classes, maps, journal, runs; equal to the map in memory after any walk of edits."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.edit import Edit, Stroke, replace_all
from segdesk.domain.history import History
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import STATES, Project, default_project_path

CLASSES = ClassSet([ClassInfo(3, "nucleus", (200, 30, 40), True), ClassInfo(1, "天空", (0, 0, 255))])


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with Project.create(tmp_path / "p.segdesk", tmp_path, CLASSES) as made:
        made.add_pictures(["a.jpg", "b.jpg"])
        yield made


def reopened(project: Project) -> Project:
    project.close()
    return Project.open(project.path)


def random_map(height: int, width: int, *, seed: int = 0, segments: int = 9) -> Segmentation:
    ids = np.random.default_rng(seed).integers(0, segments + 1, (height, width)).astype(np.uint16)
    return Segmentation(ids, {k: Segment(1 + k % 3, 0.25 * (k % 5), k % 2 == 0) for k in range(1, segments + 1)})


def brush(target: Segmentation, x: int, y: int, *, size: int = 40, key: int = 1) -> Edit:
    stroke = Stroke(target, "brush")
    stroke.set_segment(key, Segment(1 + key % 3, by_human=True))
    stroke.write(x, y, np.ones((size, size), bool), key)
    edit = stroke.commit()
    assert edit is not None
    return edit


def assert_equal(found: Segmentation | None, wanted: Segmentation) -> None:
    assert found is not None
    assert np.array_equal(found.ids, wanted.ids)
    assert found.ids.dtype == np.uint16
    assert found.segments == wanted.segments


def assert_histories_equal(found: History, wanted: History) -> None:
    assert found.done == wanted.done
    assert found.undone == wanted.undone


def test_classes_keep_order_colours_and_kinds(project: Project) -> None:
    assert project.classes == CLASSES
    more = CLASSES.with_class(ClassInfo(2, "road", (9, 9, 9)))
    project.set_classes(more)
    with reopened(project) as again:
        assert again.classes == more


def test_pictures_are_listed_in_natural_order(project: Project) -> None:
    assert project.add_pictures(["c10.png", "c9.png", "a.jpg", "sub/图 1.jpg"]) == 3
    assert project.add_pictures(["c10.png"]) == 0
    rows = project.pictures()
    assert [r.path for r in rows] == ["a.jpg", "b.jpg", "c9.png", "c10.png", "sub/图 1.jpg"]
    assert {r.state for r in rows} == {"new"}
    assert project.find("c9.png") == rows[2]
    assert project.find("none.png") is None
    assert project.picture(rows[4].id) == rows[4]
    assert project.picture_path(rows[4].id) == project.folder / "sub" / "图 1.jpg"


def test_states_sizes_and_costs(project: Project) -> None:
    for state in STATES:
        project.set_state(1, state, "why" if state == "failed" else None)
        assert (project.picture(1).state, project.picture(1).error) == (state, "why" if state == "failed" else "")
    project.set_size(1, 640, 480)
    project.add_cost(1, 1.5, 100)
    project.add_cost(1, 2.0, 20)
    row = project.picture(1)
    assert (row.width, row.height, row.seconds, row.pixels_changed) == (640, 480, 3.5, 120)
    assert project.counts() == {"new": 1, "predicted": 0, "edited": 0, "verified": 0, "skipped": 0, "failed": 1}
    for refused in (lambda: project.set_state(1, "done"), lambda: project.load_map(1, "mine")):
        with pytest.raises(ValueError, match="no such"):
            refused()
    for unknown in (lambda: project.picture(99), lambda: project.set_size(99, 1, 1)):
        with pytest.raises(KeyError):
            unknown()


def test_meta(project: Project) -> None:
    assert project.get_meta("zoom") is None
    assert project.get_meta("zoom", 3) == 3
    project.set_meta("zoom", {"a": [1, 2.5, None, "中"]})
    with reopened(project) as again:
        assert again.get_meta("zoom") == {"a": [1, 2.5, None, "中"]}


@pytest.mark.parametrize("size", [(1, 1), (256, 256), (257, 255), (700, 513), (64, 2000)])
def test_maps_of_all_sizes_come_back(project: Project, size: tuple[int, int]) -> None:
    wanted = random_map(*size, seed=size[0])
    for layer in ("annotation", "prediction", "reference"):
        assert project.load_map(1, layer) is None
        project.save_map(1, layer, wanted)
    assert project.layers(1) == {"annotation", "prediction", "reference"}
    assert project.labelled("reference") == {1}
    assert (project.picture(1).height, project.picture(1).width) == size
    with reopened(project) as again:
        for layer in ("annotation", "prediction", "reference"):
            assert_equal(again.load_map(1, layer), wanted)


def test_map_with_every_id(project: Project) -> None:
    ids = np.arange(65_536, dtype=np.uint16).reshape(256, 256)
    wanted = Segmentation(ids, {k: Segment(1 + k % 7) for k in range(1, 65_536)})
    project.save_map(1, "annotation", wanted)
    assert_equal(project.load_map(1, "annotation"), wanted)


def test_void_map_and_segments_that_occur_nowhere(project: Project) -> None:
    wanted = Segmentation(np.zeros((300, 300), np.uint16), {5: Segment(3, 0.5, crowd=True)})
    project.save_map(2, "annotation", wanted)
    assert_equal(project.load_map(2, "annotation"), wanted)


def test_a_loaded_map_is_independent(project: Project) -> None:
    project.save_map(1, "annotation", random_map(100, 100))
    first = project.load_map(1, "annotation")
    assert first is not None
    first.ids[:] = 0
    assert_equal(project.load_map(1, "annotation"), random_map(100, 100))


def test_a_step_reads_only_its_own_tiles(project: Project) -> None:
    here = random_map(600, 900)
    project.save_map(1, "annotation", here)
    edit = brush(here, 300, 20)
    sparse = Segmentation(np.full((600, 900), 7777, np.uint16), here.segments)
    sparse.ids[:256, 256:512] = here.ids[:256, 256:512]
    project.save_step(1, sparse, edit, "push")
    assert_equal(project.load_map(1, "annotation"), here)


def test_a_step_on_a_picture_without_labels_starts_from_void(project: Project) -> None:
    here = Segmentation.empty(500, 500)
    edit = brush(here, 100, 300)
    project.save_step(1, here, edit, "push")
    assert_equal(project.load_map(1, "annotation"), here)
    assert project.picture(1).state == "edited"


def test_an_eraser_that_leaves_a_tile_void(project: Project) -> None:
    here, history = Segmentation.empty(500, 500), History()
    history.push(brush(here, 10, 10))
    project.save_step(1, here, history.done[-1], "push")
    edit = history.undo(here)
    assert edit is not None
    project.save_step(1, here, edit, "undo")
    assert_equal(project.load_map(1, "annotation"), Segmentation.empty(500, 500))


@pytest.mark.parametrize(
    ("before", "after"),
    [("new", "edited"), ("predicted", "edited"), ("failed", "edited"), ("verified", "verified"), ("edited", "edited")],
)
def test_a_step_makes_a_picture_edited(project: Project, before: str, after: str) -> None:
    here = Segmentation.empty(50, 50)
    project.set_state(1, before)
    project.save_step(1, here, brush(here, 1, 1), "push")
    assert project.picture(1).state == after


def test_a_step_of_another_size_is_refused_and_does_not_stick(project: Project) -> None:
    project.save_map(1, "annotation", Segmentation.empty(50, 50))
    here = Segmentation.empty(60, 60)
    with pytest.raises(ValueError, match="map of"):
        project.save_step(1, here, brush(here, 1, 1), "push")
    good = Segmentation.empty(50, 50)
    project.save_step(1, good, brush(good, 1, 1), "push")
    assert_equal(project.load_map(1, "annotation"), good)
    assert len(project.load_history(1).done) == 1


walk_steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("brush"), st.integers(-20, 310), st.integers(-20, 310), st.integers(1, 90), st.integers(1, 6)
        ),
        st.tuples(st.just("delete"), st.integers(1, 6)),
        st.tuples(st.just("replace"), st.integers(0, 5)),
        st.just(("undo",)),
        st.just(("redo",)),
        st.just(("reopen",)),
    ),
    min_size=1,
    max_size=25,
)


def apply_step(step: tuple, here: Segmentation, history: History) -> tuple[Edit | None, str]:
    """Do one step of a walk in memory; returns what `save_step` gets."""
    if step[0] in ("undo", "redo"):
        return getattr(history, step[0])(here), step[0]
    edit = None
    if step[0] == "replace":
        edit = replace_all(here, random_map(*here.size, seed=step[1], segments=6), "apply")
    else:
        stroke = Stroke(here, step[0])
        if step[0] == "delete":
            stroke.touch((0, 0, here.size[1], here.size[0]))
            here.ids[here.ids == step[1]] = 0
            stroke.set_segment(step[1], None)
        else:
            stroke.set_segment(step[4], Segment(step[4], 0.5))
            stroke.write(step[1], step[2], np.ones((step[3], step[3]), bool), step[4])
        edit = stroke.commit()
    if edit is not None:
        history.push(edit)
    return edit, "push"


@settings(max_examples=40, deadline=None)
@given(steps=walk_steps, budget=st.sampled_from([2_000, 20_000, 1 << 30]))
def test_any_walk_of_edits_is_the_same_after_reopening(steps: list[tuple], budget: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project.create(Path(folder) / "walk.segdesk", Path(folder))
        project.add_pictures(["other.jpg", "x.jpg"])
        project.journal_budget = budget
        here, history = Segmentation.empty(300, 290), History(budget)
        for step in steps:
            if step[0] == "reopen":
                project = reopened(project)
                project.journal_budget = budget
                assert_histories_equal(project.load_history(2, 1 << 30), history)
                continue
            edit, kind = apply_step(step, here, history)
            if edit is not None:
                project.save_step(2, here, edit, kind)
        project = reopened(project)
        found = project.load_map(2, "annotation")
        if found is None:
            found = Segmentation.empty(300, 290)
        assert_equal(found, here)
        stored = project.load_history(2, 1 << 30)
        assert_histories_equal(stored, history)
        while history.undo(here):
            stored.undo(found)
            assert_equal(found, here)
        while history.redo(here):
            stored.redo(found)
            assert_equal(found, here)
        project.close()


def test_history_survives_with_undo_and_redo_and_loads_within_its_budget(project: Project) -> None:
    here, history = Segmentation.empty(400, 400), History()
    states = [here.copy()]
    for n in range(6):
        history.push(brush(here, 50 * n, 60, key=n + 1))
        project.save_step(1, here, history.done[-1], "push")
        states.append(here.copy())
    for _ in range(2):
        edit = history.undo(here)
        assert edit is not None
        project.save_step(1, here, edit, "undo")
    with reopened(project) as again:
        stored, found = again.load_history(1), again.load_map(1, "annotation")
        assert found is not None
        assert (len(stored.done), len(stored.undone)) == (4, 2)
        stored.redo(found)
        assert_equal(found, states[5])
        for n in range(4, -1, -1):
            stored.undo(found)
            assert_equal(found, states[n])
        assert len(again.load_history(1, 1).done) == 1
        assert again.load_history(1, 1).done == [history.done[-1]]


def test_undo_of_one_picture_leaves_the_other_alone(project: Project) -> None:
    maps = {1: Segmentation.empty(80, 80), 2: Segmentation.empty(90, 90)}
    histories = {1: History(), 2: History()}
    for n in range(4):
        for key, here in maps.items():
            histories[key].push(brush(here, 5 * n, 5, key=n + 1))
            project.save_step(key, here, histories[key].done[-1], "push")
    edit = histories[1].undo(maps[1])
    assert edit is not None
    project.save_step(1, maps[1], edit, "undo")
    assert_histories_equal(project.load_history(1), histories[1])
    assert_histories_equal(project.load_history(2), histories[2])


def test_a_replaced_annotation_can_be_undone(project: Project) -> None:
    first, second = random_map(300, 280, seed=1), random_map(300, 280, seed=2)
    project.save_map(1, "annotation", first)
    assert not project.load_history(1).done
    project.save_map(1, "annotation", second)
    run = project.add_run("card", "Card", {}, "cpu")
    third = random_map(300, 280, seed=3)
    project.save_prediction(1, run, third, (), 0.5, to_annotation=True)
    found, history = project.load_map(1, "annotation"), project.load_history(1)
    assert_equal(found, third)
    assert found is not None
    for wanted in (second, first):
        assert history.undo(found)
        assert_equal(found, wanted)
    project.save_map(1, "annotation", random_map(10, 10))
    assert project.load_history(1) == History()


def test_predictions_instances_and_runs(project: Project) -> None:
    masks = [np.zeros((60, 70), bool) for _ in range(3)]
    masks[0][5:50, 5:60], masks[1][20:60, 20:70] = True, True
    objects = tuple(Instance(3, 0.9 - 0.1 * n, rle.encode(mask)) for n, mask in enumerate(masks))
    run = project.add_run("nuclei-unet", "Nuclei", {"confidence": 0.5, "crf": None}, "cpu")
    labels = random_map(60, 70)
    project.save_prediction(1, run, labels, objects, 0.25, to_annotation=False)
    assert_equal(project.load_map(1, "prediction"), labels)
    assert project.load_map(1, "annotation") is None
    assert project.load_instances(1) == objects
    assert project.load_instances(2) == ()
    source = project.label_source(1)
    assert source is not None
    assert (source.card_id, source.card_name, source.device) == ("nuclei-unet", "Nuclei", "cpu")
    assert source.options == {"confidence": 0.5, "crf": None}
    assert source.started.endswith("+00:00")
    assert project.label_source(1, "annotation") is None
    assert (project.picture(1).state, project.picture(1).doubt) == ("predicted", 0.25)
    assert project.find_run("nuclei-unet", {"crf": None, "confidence": 0.5}) == run
    assert project.find_run("nuclei-unet", {"crf": None, "confidence": 0.5}, "cuda") is None
    assert project.find_run("nuclei-unet", {"crf": None}) is None
    assert project.pictures_of_run(run) == {1}


@pytest.mark.parametrize("state", ["edited", "verified", "skipped"])
def test_a_prediction_for_looking_at_leaves_the_state(project: Project, state: str) -> None:
    project.set_state(1, state)
    run = project.add_run("card", "Card", {}, "cpu")
    project.save_prediction(1, run, random_map(5, 5), (), float("nan"), to_annotation=False)
    assert (project.picture(1).state, project.picture(1).doubt) == (state, 1.0)


def test_threads_share_a_project(project: Project) -> None:
    project.add_pictures([f"t{n}.jpg" for n in range(8)])
    errors: list[BaseException] = []

    def work(picture_id: int) -> None:
        try:
            here = Segmentation.empty(300, 300)
            for n in range(10):
                project.save_step(picture_id, here, brush(here, 20 * n, 20 * picture_id, key=n + 1), "push")
                assert_equal(project.load_map(picture_id, "annotation"), here)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(row.id,)) for row in project.pictures()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert all(len(project.load_history(row.id).done) == 10 for row in project.pictures())


def test_the_folder_is_found_when_both_move(tmp_path: Path) -> None:
    old = tmp_path / "old"
    (old / "pictures").mkdir(parents=True)
    Project.create(old / "p.segdesk", old / "pictures").close()
    old.rename(tmp_path / "new")
    with Project.open(tmp_path / "new" / "p.segdesk") as moved:
        assert moved.folder == tmp_path / "new" / "pictures"
        moved.set_folder(tmp_path)
    (tmp_path / "alone").mkdir()
    (tmp_path / "new" / "p.segdesk").rename(tmp_path / "alone" / "p.segdesk")
    with Project.open(tmp_path / "alone" / "p.segdesk") as alone:
        assert alone.folder == tmp_path


def test_a_closed_project_is_one_file(project: Project, tmp_path: Path) -> None:
    project.save_map(1, "annotation", random_map(300, 300))
    project.close()
    project.close()
    assert os.listdir(tmp_path) == ["p.segdesk"]


def test_default_path_is_in_the_folder_or_with_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "my 图片"
    folder.mkdir()
    assert default_project_path(folder) == folder / "my 图片.segdesk"
    assert os.listdir(folder) == []

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    elsewhere = default_project_path(folder)
    assert folder not in elsewhere.parents
    assert elsewhere.name.startswith("my 图片-")
    assert elsewhere == default_project_path(folder)
    assert elsewhere != default_project_path(tmp_path)
    Project.create(elsewhere, folder).close()
