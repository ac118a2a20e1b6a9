"""How a model's classes join a project's, and the list of pictures in memory."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.class_book import ClassBook, join
from segdesk.app.roster import Roster
from segdesk.domain.classes import VOID, ClassInfo, ClassSet
from segdesk.domain.matching import Match
from segdesk.io.project import PictureRow

NAMES = st.lists(st.sampled_from(["car", "Car", "road", "sky", "tree", "cell"]), max_size=5, unique_by=str.casefold)


def classes(names: list[str], first: int = 1) -> ClassSet:
    return ClassSet(ClassInfo(first + i, name, (i, i, i)) for i, name in enumerate(names))


@given(NAMES, NAMES, st.integers(1, 4))
def test_every_class_of_the_model_finds_its_name(mine: list[str], models: list[str], first: int) -> None:
    project, model = classes(mine), classes(models, first)
    merged, ids = join(project, model, {})
    assert ids[VOID] == VOID
    assert list(merged)[: len(project)] == list(project)
    for info in model:
        assert merged.get(ids[info.id]).name.casefold() == info.name.casefold()
    assert join(merged, model, {c.name: ids[c.id] for c in model}) == (merged, ids)  # a second time changes nothing


def test_what_was_renamed_is_remembered() -> None:
    seen: list[ClassSet] = []
    book = ClassBook(ClassSet(), {}, lambda c, memory, choices: seen.append(c))
    model = classes(["cell", "ground"])
    ids = book.adopt("model", model)
    book.set(book.classes.with_class(replace(book.classes.get(ids[1]), name="nucleus")))
    assert book.adopt("model", model) == ids
    assert [c.name for c in book.classes] == ["nucleus", "ground"]
    assert len(seen) == 2  # adopting for the second time had nothing to tell
    other = book.adopt("another model", model)
    assert book.classes.get(other[1]).name == "cell"  # another model's cell was never renamed


def test_a_deleted_class_is_not_confused_with_a_new_one_of_its_id() -> None:
    book = ClassBook(ClassSet(), {}, lambda c, memory, choices: None)
    ids = book.adopt("model", classes(["cell"]))
    book.set(ClassSet())
    book.set(ClassSet([ClassInfo(ids[1], "sky", (0, 0, 255))]))
    again = book.adopt("model", classes(["cell"]))
    assert book.classes.get(again[1]).name == "cell"
    assert book.classes.get(ids[1]).name == "sky"


def test_the_memory_of_an_earlier_session_counts() -> None:
    project = ClassSet([ClassInfo(4, "nucleus", (1, 1, 1))])
    book = ClassBook(project, {"model": {"cell": 4}}, lambda c, memory, choices: None)
    assert book.adopt("model", classes(["cell"])) == {VOID: VOID, 1: 4}
    assert book.classes == project


def test_a_card_whose_classes_were_reordered_still_fits() -> None:
    book = ClassBook(ClassSet(), {}, lambda c, memory, choices: None)
    first = book.adopt("model", classes(["cell", "ground"]))
    second = book.adopt("model", classes(["ground", "cell"]))
    assert (second[1], second[2]) == (first[2], first[1])


def test_labels_from_files_go_by_name_alone() -> None:
    book = ClassBook(ClassSet(), {}, lambda c, memory, choices: None)
    book.adopt("", classes(["cell"]))
    ids = book.adopt("", classes(["ground"]))
    assert book.classes.get(ids[1]).name == "ground"
    book.set(ClassSet([replace(c, name="renamed") if c.name == "cell" else c for c in book.classes]))
    ids = book.adopt("", classes(["cell"]))
    assert book.classes.get(ids[1]).name == "cell"


def row(number: int, **values: object) -> PictureRow:
    return replace(PictureRow(number, f"{number}.png", 0, 0, "new", 0.0, 0.0, 0, ""), **values)


def test_a_row_is_changed_in_place() -> None:
    roster = Roster()
    roster.load([row(3), row(1), row(2)])
    rows = roster.rows
    assert roster.change(1, state="verified") == (row(1, state="verified"), 1)
    assert rows[1].state == "verified"
    assert roster.change(1, state="verified") is None
    assert roster.change(99, state="verified") is None
    assert roster.counts() == {"new": 2, "verified": 1}


def test_new_names_do_not_undo_what_is_not_saved_yet() -> None:
    roster = Roster()
    roster.load([row(1), row(2)])
    roster.change(1, state="verified")
    roster.load([row(5), row(1), row(2)])  # read from the disk, where the change has not arrived
    assert [(r.id, r.state) for r in roster.rows] == [(5, "new"), (1, "verified"), (2, "new")]
    assert roster.index_of(2) == 2
    roster.reload([row(1, state="edited")])
    assert roster.rows == [row(1, state="edited")]
    assert roster.row(5) is None


def test_neighbours_are_the_next_first() -> None:
    roster = Roster()
    roster.load([row(n) for n in range(6)])
    assert [r.id for r in roster.around(2)] == [3, 4, 1]
    assert [r.id for r in roster.around(5)] == [4]
    assert roster.around(77) == []


def test_chosen_matches_come_before_names_and_memory() -> None:
    project, model = classes(["vehicle", "sky", "road"]), classes(["car", "bus", "sky", "road", "tree"])
    book = ClassBook(project, {}, lambda c, memory, choices: None)
    book.adopt("model", model)
    book.match("model", {"car": Match(1), "bus": Match(1, whole=True), "sky": Match(VOID)})
    ids = book.adopt("model", model)
    assert (ids[1], ids[2], ids[3], ids[4]) == (1, 1, VOID, 3)
    assert book.whole("model", model) == {2}
    assert book.adopt("other", model)[3] == 2  # another model's classes still go by name
    rows = {row.model.name: row for row in book.rows("model", model)}
    assert rows["sky"].to == VOID
    assert rows["sky"].chosen
    assert not rows["road"].chosen
    book.match("model", {})
    assert book.adopt("model", model)[3] == 2
    assert book.record("model") == {}


def test_choices_are_given_to_be_saved_and_come_back() -> None:
    kept: list[object] = []
    book = ClassBook(classes(["vehicle"]), {}, lambda *values: kept.append(values))
    model = classes(["car", "sky"])
    book.match_names("model", model, {"CAR": "Vehicle", "sky": Match(VOID)})
    saved, memory, choices = kept[-1]  # type: ignore[misc]
    again = ClassBook(saved, memory, lambda *values: None, choices)
    assert again.adopt("model", model) == {VOID: VOID, 1: 1, 2: VOID}
    assert again.record("model") == book.record("model") != {}
    with pytest.raises(KeyError):
        book.match_names("model", model, {"moon": "sky"})


def test_a_choice_for_a_class_that_is_deleted_is_forgotten() -> None:
    book = ClassBook(classes(["vehicle"]), {}, lambda *values: None)
    book.match("model", {"car": Match(1), "sky": Match(VOID)})
    book.set(ClassSet())
    rows = {row.model.name: row.to for row in book.rows("model", classes(["car", "sky"]))}
    assert rows == {"car": None, "sky": VOID}


def test_a_name_that_the_project_lacks_becomes_a_class_with_the_models_colour() -> None:
    book = ClassBook(classes(["vehicle"]), {}, lambda *values: None)
    model = ClassSet([ClassInfo(1, "car", (9, 8, 7), is_thing=True)])
    book.match_names("model", model, {"car": "automobile"})
    made = book.classes.named("automobile")
    assert made is not None
    assert (made.color, made.is_thing, made.id) == ((9, 8, 7), True, 2)
