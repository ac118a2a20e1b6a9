"""The class list while it is changed, and its undo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.class_draft import Draft, Drafting, calm_colours, free_colour, safe_colours
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.errors import SegDeskError

NAMES = ["car", "bus", "road", "sky", "tree"]
START = Draft(ClassSet.from_names(NAMES, things=["car", "bus"]), keys={1: "C", 2: "B"})

steps = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.sets(st.integers(1, 7), max_size=3), st.integers(1, 7)),
        st.tuples(st.just("remove"), st.sets(st.integers(1, 7), max_size=2), st.just(0)),
        st.tuples(st.just("add"), st.just(frozenset()), st.integers(0, 9)),
        st.tuples(st.just("move"), st.sets(st.integers(1, 7), max_size=3), st.integers(-2, 9)),
    ),
    max_size=8,
)


def step(draft: Draft, kind: str, ids: set[int], number: int) -> Draft:
    if kind == "merge":
        return draft.merged(ids, number) if draft.classes.get(number) else draft
    if kind == "remove":
        return draft.removed(ids)
    if kind == "move":
        return draft.moved(ids, number)
    name = f"new {number}"
    return draft if draft.classes.named(name) else draft.added(name)[0]


@given(steps)
def test_each_class_of_the_project_stays_or_becomes_one_that_stays(taken) -> None:
    history, drafts, owner = Drafting(START), [START], {c.id: c.id for c in START.classes}
    for kind, ids, number in taken:
        draft = step(history.draft, kind, ids, number)
        gone = {c.id for c in history.draft.classes} - {c.id for c in draft.classes}
        owner = {i: (number if kind == "merge" else VOID) if to in gone else to for i, to in owner.items()}
        if history.take(kind, draft):
            drafts.append(draft)
    now = history.draft
    for info in START.classes:  # the slow answer, followed step by step
        assert now.change.of(info.id) == owner[info.id]
        assert now.change.of(info.id) == VOID or now.classes.get(now.change.of(info.id)) is not None
    fresh = {c.id for c in now.classes} - {c.id for c in START.classes}
    assert fresh.isdisjoint(now.become)
    for before in reversed(drafts[:-1]):
        history.undo()
        assert history.draft == before
    assert not history.changed
    for after in drafts[1:]:
        history.redo()
        assert history.draft == after


@given(st.permutations(range(1, 6)), st.sets(st.integers(1, 5), min_size=1), st.integers(-1, 6))
def test_a_move_keeps_both_orders(order, picked, to) -> None:
    draft = Draft(ClassSet(START.classes.get(i) for i in order)).moved(picked, to)
    ids = [c.id for c in draft.classes]
    assert [i for i in ids if i in picked] == [i for i in order if i in picked]
    assert [i for i in ids if i not in picked] == [i for i in order if i not in picked]
    at = max(0, min(to, 5 - len(picked)))
    assert set(ids[at : at + len(picked)]) == picked


def test_names() -> None:
    assert START.renamed(1, "  auto\n").classes.get(1).name == "auto"
    assert START.renamed(1, "CAR").classes.get(1).name == "CAR"
    for name in ("Bus", "", " \t", "x" * 201):
        with pytest.raises(SegDeskError):
            START.renamed(1, name)
    with pytest.raises(SegDeskError):
        START.added("Road")


def test_keys_are_of_one_class_and_go_with_it() -> None:
    assert START.with_key(3, "C").keys == {3: "C", 2: "B"}
    assert START.with_key(2, "").keys == {1: "C"}
    assert START.merged({1}, 2).keys == {2: "B"}


def test_a_list_that_joins_sets_colours_and_kinds_and_adds_what_is_missing() -> None:
    other = ClassSet.from_names(["Sky", "sea"], [(1, 2, 3), (4, 5, 6)], things=["Sky"])
    now = START.joined(other).classes
    assert [c.name for c in now] == [*NAMES, "sea"]
    assert now.named("sky").color == (1, 2, 3)
    assert now.named("sky").is_thing


def test_colours_differ() -> None:
    assert len(set(safe_colours(21))) == 21
    assert all(0 <= v <= 255 for color in safe_colours(50) for v in color)
    assert len(set(calm_colours(40))) == 40
    assert free_colour(START.classes) not in {c.color for c in START.classes}
    assert [c.color for c in START.with_colours(safe_colours(5)).classes] == safe_colours(5)


def test_steps_and_sorting() -> None:
    assert [c.name for c in START.stepped({3}, -1).classes] == ["car", "road", "bus", "sky", "tree"]
    assert [c.name for c in START.stepped({1, 2}, 1).classes] == ["road", "car", "bus", "sky", "tree"]
    assert START.stepped({1}, -1).classes == START.classes
    assert [c.name for c in START.sorted_by_name().classes] == ["bus", "car", "road", "sky", "tree"]
    assert [c.is_thing for c in START.of_kind({3, 1}, is_thing=True).classes] == [True, True, True, False, False]
