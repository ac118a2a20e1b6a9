"""A change of the class list in all labels of a project: what becomes of the maps, and what undo brings back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.class_book import ClassBook
from segdesk.app.classing import ClassCounts
from segdesk.app.document import Document
from segdesk.app.jobs import Failed, Stopped
from segdesk.domain.classes import VOID, ClassInfo, ClassSet
from segdesk.domain.edit import swap
from segdesk.domain.history import History
from segdesk.domain.matching import Match
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.recasting import Recast, recast_edit
from segdesk.domain.rle import encode
from segdesk.domain.segmentation import Segmentation
from tests.traffic import BUS, CAR, CLASSES, ROAD, SKY, banded


def labels(seed: int = 0) -> Segmentation:
    """Six segments: two cars, a bus, road, sky, a bus again."""
    return banded((48, 64), (CAR, CAR, BUS, ROAD, SKY, BUS), seed)


@st.composite
def changes(draw: st.DrawFn) -> Recast:
    gone = draw(st.sets(st.sampled_from([CAR, BUS, ROAD, SKY]), min_size=1, max_size=3))
    left = sorted({CAR, BUS, ROAD, SKY} - gone)
    become = {i: draw(st.sampled_from([VOID, *left])) for i in gone}
    return Recast(ClassSet(c for c in CLASSES if c.id in left), become)


@given(changes(), st.integers(0, 2**32 - 1))
def test_every_pixel_gets_the_class_that_its_class_becomes(change: Recast, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = Segmentation(rng.integers(0, 7, (20, 300)).astype(np.uint16), labels().segments)
    after = change.labels(PackedMap.of(before)).unpacked()
    after.check(change.classes)
    slow = np.array([change.become.get(int(c), int(c)) for c in before.class_map().ravel()]).reshape(20, 300)
    assert np.array_equal(after.class_map(), slow)
    touched = set(change.become.values()) - {VOID}
    for info in change.classes:
        if info.id in touched and not info.is_thing:
            assert sum(s.class_id == info.id for s in after.segments.values()) <= 1
    objects = [k for k, s in before.segments.items() if (to := change.of(s.class_id)) and CLASSES.get(to).is_thing]
    assert all(np.array_equal(after.ids == k, before.ids == k) for k in objects)  # no object has been joined or cut
    edit = recast_edit(PackedMap.of(before), PackedMap.of(after), "merge")
    assert edit is not None
    swap(after, edit)
    assert np.array_equal(after.ids, before.ids)
    assert after.segments == before.segments


@pytest.fixture
def filled(opened):
    """Four pictures: the first two have annotations, the first a prediction, the second a reference too."""
    opened.session.set_classes(CLASSES)
    project = opened.saved()
    for number in (1, 2):
        project.save_map(opened.id(f"img{number}.png"), "annotation", labels(number))
    run = project.add_run("net", "Net", {}, "cpu")
    masks = [Instance(c, 0.9, encode(labels(3).ids == k)) for k, c in ((1, CAR), (3, BUS), (5, SKY))]
    project.save_prediction(opened.id("img1.png"), run, labels(3), masks, 0.0, to_annotation=False)
    project.save_map(opened.id("img2.png"), "reference", labels(4))
    opened.session.lock_segments(opened.id("img1.png"), frozenset({4, 5}))
    opened.saved()
    return opened


def test_a_merge_goes_through_all_layers_and_leaves_the_rest(filled) -> None:
    filled.session.lock_classes(frozenset({CAR, ROAD}))
    before = {n: filled.saved().load_map(filled.id(f"img{n}.png"), "annotation") for n in (1, 2)}
    done = filled.value(
        filled.session.classing.apply(Recast(CLASSES.without(SKY).without(BUS), {BUS: CAR, SKY: ROAD}), of=CLASSES)
    )
    assert (len(done.pictures), done.segments, done.others) == (2, 6, 2)
    project = filled.saved()
    assert [c.name for c in project.classes] == ["car", "road"]
    assert filled.session.classes == project.classes
    for number, layer, seed in ((1, "annotation", 1), (2, "annotation", 2), (1, "prediction", 3), (2, "reference", 4)):
        now = project.load_map(filled.id(f"img{number}.png"), layer)
        then = labels(seed)
        table = np.array([0, CAR, CAR, ROAD, ROAD])
        assert np.array_equal(now.class_map(), table[then.class_map()])
        assert {k: s.class_id for k, s in now.segments.items()} == {1: CAR, 2: CAR, 3: CAR, 4: ROAD, 6: CAR}
        assert np.array_equal(now.ids == 3, then.ids == 3)
    objects = project.load_instances(filled.id("img1.png"))
    assert [(i.class_id, i.mask.area) for i in objects] == [(CAR, 216), (CAR, 216), (ROAD, 216)]
    assert filled.session.locked_classes == {CAR, ROAD}
    assert filled.session.locked_segments(filled.id("img1.png")) == {4}  # 5 has grown into it
    assert before[1].segments[5].class_id == SKY


def test_undo_brings_the_labels_and_the_class_back_and_its_number_is_not_given_away(filled) -> None:
    picture = filled.id("img1.png")
    filled.value(filled.session.classing.apply(Recast(CLASSES.without(SKY), {SKY: ROAD}), of=CLASSES))
    assert filled.session.classes.next_id() == 5
    found = filled.value(filled.session.go_to(picture))
    assert found.history.done[-1].name == "merge classes"
    document = Document(found.row, found.pixels, found.segmentation, found.history, filled.session.classes)
    document.on_edit.append(lambda edit, kind: filled.session.save_step(picture, document.snapshot(edit), edit, kind))
    document.undo()
    assert np.array_equal(document.segmentation.ids, labels(1).ids)
    assert document.segmentation.segments == labels(1).segments
    assert [c.name for c in filled.session.classes] == ["car", "bus", "road", "sky"]
    assert [c.name for c in filled.saved().classes] == ["car", "bus", "road", "sky"]
    document.redo()
    assert SKY not in {s.class_id for s in document.segmentation.segments.values()}


def test_the_number_stays_reserved_in_a_later_session(filled) -> None:
    filled.value(filled.session.classing.apply(Recast(CLASSES.without(SKY), {SKY: VOID}), of=CLASSES))
    path = filled.session.project.path
    filled.value(filled.session.close_project())
    filled.open(path)
    assert filled.session.classes.next_id() == 5
    joined, ids = filled.session.classes.merged(ClassSet([ClassInfo(SKY, "sea", (1, 2, 3))]))
    assert ids[SKY] == 5
    assert joined.named("sea").id == 5


def test_labels_of_a_removed_class_become_void(filled) -> None:
    filled.value(filled.session.classing.apply(Recast(CLASSES.without(CAR), {CAR: VOID}), of=CLASSES))
    now = filled.saved().load_map(filled.id("img2.png"), "annotation")
    assert not np.isin(now.ids, (1, 2)).any()
    assert set(now.segments) == {3, 4, 5, 6}


def test_a_cancelled_change_leaves_everything_as_it_was(filled) -> None:
    """Cancelled from the inside, at the second map: what was written before is taken back."""
    project = filled.saved()

    def stop(done: int, total: int) -> None:
        if done:
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        project.recast(Recast(CLASSES.without(SKY), {SKY: ROAD}), stop)
    assert project.classes == CLASSES
    assert project._stored_classes() == CLASSES
    assert project.load_map(filled.id("img1.png"), "annotation").segments == labels().segments
    assert not project.load_history(filled.id("img1.png")).done
    job = filled.session.classing.apply(Recast(CLASSES.without(SKY), {SKY: ROAD}), of=CLASSES)
    filled.session.cancel(job)
    end = filled.end(job)
    assert isinstance(end, Stopped)
    assert filled.session.classes in (CLASSES, CLASSES.without(SKY))


def test_classes_that_have_joined_meanwhile_are_not_lost(filled) -> None:
    more = CLASSES.with_class(ClassInfo(9, "late", (1, 1, 1)))
    filled.session.set_classes(more)
    end = filled.end(filled.session.classing.apply(Recast(CLASSES.without(SKY), {SKY: ROAD}), of=CLASSES))
    assert isinstance(end, Failed)
    assert filled.session.classes == more


def test_a_damaged_picture_is_named_and_nothing_changes(filled) -> None:
    project = filled.saved()
    with project._database.writing() as db:
        db.execute("UPDATE tiles SET data = x'0102'")
    end = filled.end(filled.session.classing.apply(Recast(CLASSES.without(SKY), {SKY: ROAD}), of=CLASSES))
    assert isinstance(end, Failed)
    assert end.error.values["name"] == "img1.png"
    assert filled.session.classes == CLASSES


def test_counts(filled) -> None:
    counts = filled.value(filled.session.classing.count())
    assert counts.complete
    area = labels().areas()
    assert counts.by_class[CAR].pictures == 2
    assert counts.by_class[CAR].segments == 4
    assert counts.by_class[CAR].pixels == 2 * (area[1] + area[2])
    assert counts.by_class[SKY].pixels == 2 * area[5]
    first = next(r for r in filled.heard.all if isinstance(r, ClassCounts))
    assert first.by_class[CAR].segments == 4  # at once, before the pixels
    assert first.by_class[CAR].pixels is None


def test_keys_are_kept(filled) -> None:
    filled.session.classing.set_keys({CAR: "C", SKY: "0"})
    path = filled.session.project.path
    filled.value(filled.session.close_project())
    assert filled.session.classing.keys == {}
    filled.open(path)
    assert filled.session.classing.keys == {CAR: "C", SKY: "0"}


def test_models_follow_a_merge_and_come_back_after_a_removal() -> None:
    kept: list[tuple] = []
    book = ClassBook(
        CLASSES, {"net": {"auto": CAR, "coach": BUS}}, lambda *v: kept.append(v), {"net": {"x": Match(BUS)}}
    )
    book.recast(Recast(CLASSES.without(BUS), {BUS: CAR}))
    model = ClassSet.from_names(["auto", "coach", "x"])
    assert book.adopt("net", model) == {0: 0, 1: CAR, 2: CAR, 3: CAR}
    book.recast(Recast(CLASSES.without(BUS).without(CAR), {CAR: VOID}))
    ids = book.adopt("net", model)
    assert [book.classes.get(ids[i]).name for i in (1, 2, 3)] == ["auto", "coach", "x"]
    assert {ids[1], ids[2], ids[3]}.isdisjoint({CAR, BUS, VOID})


def test_a_class_that_comes_back_finds_its_name_taken() -> None:
    book = ClassBook(CLASSES, {}, lambda *v: None)
    book.recast(Recast(CLASSES.without(SKY), {SKY: ROAD}))
    book.set(book.classes.with_class(replace(CLASSES.get(ROAD), name="Sky")))
    book.revive([SKY, ROAD, 99])
    assert book.classes.get(SKY).name == "sky 2"
    assert SKY not in book.classes.reserved
    assert History().budget > 0
