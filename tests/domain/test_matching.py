"""A model's labels with the project's classes: against the plain rule, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.classes import VOID
from segdesk.domain.matching import matched, parse, void_of
from segdesk.domain.segmentation import Segment, Segmentation


@st.composite
def maps(draw: st.DrawFn) -> Segmentation:
    count = draw(st.integers(0, 6))
    segments = {n + 1: Segment(draw(st.integers(1, 4)), n / 10) for n in range(count)}
    cells = draw(st.lists(st.integers(0, count), min_size=20, max_size=20))
    return Segmentation(np.array(cells, np.uint16).reshape(4, 5), segments)


IDS = st.dictionaries(st.integers(1, 4), st.integers(0, 3))


@given(maps(), IDS, st.sets(st.integers(1, 4)))
def test_every_pixel_gets_its_class_and_only_whole_classes_grow_together(
    before: Segmentation, ids: dict[int, int], whole: set[int]
) -> None:
    kept, table = before.ids.copy(), dict(before.segments)
    after = matched(before, ids, whole=whole)
    after.check()
    expected = [[ids.get(table[int(i)].class_id, VOID) if i else VOID for i in row] for row in kept]
    assert after.class_map().tolist() == expected
    assert np.array_equal(before.ids, kept)  # the model's own map is left alone
    assert before.segments == table
    here = {int(i) for i in np.unique(kept) if i}
    for a in here:
        for b in here:
            one, other = table[a].class_id, table[b].class_id
            to = ids.get(one, VOID)
            if a != b and to != VOID and to == ids.get(other, VOID):
                joined = after.ids[kept == a][0] == after.ids[kept == b][0]
                assert joined == (one in whole and other in whole)


def test_the_best_score_stays() -> None:
    before = Segmentation(
        np.array([[1, 2, 3]], np.uint16), {1: Segment(1, 0.2), 2: Segment(2, 0.9), 3: Segment(3, 0.5)}
    )
    after = matched(before, {1: 5, 2: 5, 3: 5}, whole={1, 2})
    assert after.ids.tolist() == [[1, 1, 3]]
    assert after.segments[1].score == 0.9


def test_rules_are_read() -> None:
    assert parse(["car = vehicle", "sky="]) == {"car": "vehicle", "sky": ""}
    assert void_of("Ignore") == void_of("") == VOID
    assert void_of("car") is None
    with pytest.raises(ValueError, match="car"):
        parse(["car"])
