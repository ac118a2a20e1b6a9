"""Order, filter and steps of the review queue, against plain Python."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.queue import FILTERS, ORDERS, Wanted, arrange, step
from segdesk.io.project import STATES, PictureRow


def row(number: int, state: str = "new", doubt: float = 0.0, size: int = 10, path: str = "") -> PictureRow:
    return PictureRow(number, path or f"p{number}.jpg", size, size, state, doubt, 0.0, 0, "")


rows_of = st.lists(
    st.tuples(st.sampled_from(STATES), st.sampled_from([0.0, 0.25, 0.5, 0.75]), st.integers(1, 4)), max_size=30
).map(lambda found: [row(n, state, doubt, size) for n, (state, doubt, size) in enumerate(found)])


def test_every_state_has_a_filter():
    assert set(FILTERS) == {"", "open", *STATES}


@given(rows_of, st.sampled_from(sorted(ORDERS)), st.sampled_from(sorted(FILTERS)))
def test_arranged_positions_are_the_fitting_ones_in_order(rows: list[PictureRow], order: str, state: str):
    objects = {r.id: r.id % 3 for r in rows}
    shown = arrange(rows, Wanted(order, state, objects=objects))
    positions = list(range(len(rows))) if shown is None else shown
    fits = {"": STATES, "open": ("new", "predicted", "edited")}.get(state, (state,))
    assert sorted(positions) == [n for n, r in enumerate(rows) if r.state in fits]
    keys = {
        "name": lambda n: n,
        "doubt": lambda n: (-rows[n].doubt, n),
        "objects": lambda n: (-(n % 3), n),
        "size": lambda n: (-rows[n].width, n),
    }
    if order in keys:
        assert positions == sorted(positions, key=keys[order])
    else:
        states = [rows[n].state for n in positions]
        assert all(states.index(s) + states.count(s) - 1 == len(states) - 1 - states[::-1].index(s) for s in states)


def test_names_and_classes_are_searched():
    rows = [row(1, path="street/Car.jpg"), row(2, path="b.jpg"), row(3, path="c.jpg")]
    assert arrange(rows, Wanted(text=" CAR ")) == [0]
    assert arrange(rows, Wanted(text="car", having=frozenset({3}))) == [0, 2]
    assert arrange(rows, Wanted(text="x")) == []


@given(rows_of, st.sampled_from(["name", "doubt"]), st.sampled_from(["", "open"]))
def test_steps_visit_each_shown_picture_once(rows: list[PictureRow], order: str, state: str):
    shown = arrange(rows, Wanted(order, state))
    expected = list(range(len(rows))) if shown is None else shown
    for by, wanted in ((1, expected), (-1, expected[::-1])):
        at, seen = None, []
        while (at := step(shown, rows, at, by)) is not None:
            seen.append(at)
        assert seen == wanted


def test_a_step_from_a_picture_that_is_filtered_out_goes_on_at_its_place():
    rows = [row(n, "verified" if n == 2 else "new") for n in range(5)]
    shown = arrange(rows, Wanted(state="open"))
    assert shown == [0, 1, 3, 4]
    assert step(shown, rows, 2, 1) == 3
    assert step(shown, rows, 2, -1) == 1
    assert step(shown, rows, 4, 1) is None


def test_only_wanted_pictures_are_stepped_to():
    rows = [row(0), row(1, "verified"), row(2)]
    assert step(None, rows, 0, 1, lambda r: r.state != "verified") == 2
    assert step(None, rows, None, -1, lambda r: r.state == "verified") == 1
