"""Split, knife, merge, relabel and the model's answer in an area."""

from __future__ import annotations

from collections import deque
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from segdesk.app import splitting
from segdesk.app.document import Document
from segdesk.app.region import Region
from segdesk.app.tools import answer, knife, merge, relabel, split
from segdesk.app.tools.base import Modifiers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CELL, ROAD, SKY, check, halves, make
from tests.app.tools.driving import CTRL, SHIFT, Later, click, disc, drag, labelled

LEFT, RIGHT = (50.0, 60.0), (100.0, 60.0)


def touching() -> Segmentation:
    """Two discs that overlap as one cell (7), and a third (8) that touches nothing."""
    ids = np.zeros((120, 200), np.uint16)
    ids[disc(120, 200, *LEFT, 30) | disc(120, 200, *RIGHT, 30)] = 7
    ids[disc(120, 200, 170, 60, 20)] = 8
    return labelled(ids, {7: CELL, 8: CELL})


def document(segmentation: Segmentation) -> Document:
    doc = make(segmentation=segmentation)
    doc.active_class = CELL
    return doc


def halves_of(doc: Document, start: Segmentation, key: int) -> tuple[np.ndarray, np.ndarray]:
    """The two parts of what was one object; checks that nothing else has changed and no pixel is lost."""
    was, ids = start.ids == key, doc.segmentation.ids
    parts = np.unique(ids[was]).tolist()
    assert len(parts) == 2
    assert key in parts
    assert np.array_equal(ids[~was], start.ids[~was])
    assert all(not (start.ids == p).any() for p in parts if p != key)
    assert len({doc.segmentation.segments[p].class_id for p in parts}) == 1
    check(doc)
    return ids == parts[0], ids == parts[1]


# ---- split


def test_a_click_splits_where_the_object_is_narrow():
    doc = document(touching())
    click(split.Tool(), doc, *LEFT)
    parts = halves_of(doc, touching(), 7)
    rows, columns = np.nonzero(touching().ids == 7)
    nearer_left = columns + 0.5 < 75
    left = next(p for p in parts if p[60, 50])
    assert (left[rows, columns] == nearer_left).mean() > 0.97
    assert len(doc.history.done) == 1
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, touching().ids)


def test_a_drag_says_which_two():
    doc = document(touching())
    drag(split.Tool(), doc, (50, 45), (50, 80))
    top, bottom = sorted(halves_of(doc, touching(), 7), key=lambda p: not p[45, 50])
    assert top[45, 50]
    assert bottom[80, 50]


def test_seeds_in_one_hump_share_it_half_way():
    ids = np.zeros((120, 200), np.uint16)
    ids[20:80, 30:150] = 7
    doc = document(labelled(ids, {7: CELL}))
    drag(split.Tool(), doc, (60.5, 50.5), (120.5, 50.5))
    left, right = sorted(halves_of(doc, labelled(ids, {7: CELL}), 7), key=lambda p: not p[50, 60])
    assert abs(int(left.sum()) - int(right.sum())) < 0.05 * left.sum()
    assert left[:, :91].sum() == left.sum()


def test_seeds_are_collected_until_enter():
    doc = document(touching())
    tool = split.Tool()
    for x in (40, 60, 100):
        click(tool, doc, x, 60, SHIFT)
    assert tool.sketches(doc)[0].role == "plus"
    click(tool, doc, 110, 60, SHIFT)
    assert tool.key(doc, "Backspace")
    assert not doc.can_undo
    assert tool.key(doc, "Return")
    ids = doc.segmentation.ids
    assert len({int(ids[60, x]) for x in (40, 60, 100)}) == 3
    assert np.array_equal(ids > 0, touching().ids > 0)
    assert not tool.key(doc, "Return")
    check(doc)


def test_what_cannot_be_split_is_said():
    doc = document(touching())
    with pytest.raises(SegDeskError, match="No notch"):
        click(split.Tool(), doc, 170, 60)
    with pytest.raises(SegDeskError, match="one object"):
        drag(split.Tool(), doc, LEFT, (170, 60))
    click(split.Tool(), doc, 5, 5)
    doc = document(halves())
    with pytest.raises(SegDeskError, match="countable"):
        click(split.Tool(), doc, 5, 5)
    doc.hand.locked_classes = {CAR}
    with pytest.raises(SegDeskError, match="locked"):
        click(split.Tool(), doc, 40, 60)


def test_a_split_in_the_background_starts_again_if_the_map_changed():
    doc = document(touching())
    later = Later(doc)
    click(split.Tool(), doc, *LEFT)
    doc.begin("other")
    doc.paint(0, 0, np.ones((120, 27), bool), 0)
    doc.commit()
    start = doc.segmentation.copy()
    later.run()
    later.run()
    halves_of(doc, start, 7)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1 << 30), st.integers(2, 6))
def test_parts_between_seeds_are_connected_and_hold_their_seed(seed: int, count: int):
    random = np.random.default_rng(seed)
    mask = np.zeros((40, 50), bool)
    for _ in range(6):
        mask |= disc(40, 50, *random.uniform((5, 5), (45, 35)), random.uniform(4, 12))
    mask = flood(mask, *np.argwhere(mask)[0])
    places = [(int(x), int(y)) for y, x in random.permutation(np.argwhere(mask))[:count]]
    labels = splitting.between_seeds(mask, places)
    assert np.array_equal(labels > 0, mask)
    for number, (x, y) in enumerate(places, 1):
        assert labels[y, x] == number
        assert np.array_equal(flood(labels == number, y, x), labels == number)


def flood(mask: np.ndarray, row: int, column: int, cut=lambda a, b: False) -> np.ndarray:
    """What hangs together with a pixel over sides that are not cut, one pixel after the other."""
    found = np.zeros(mask.shape, bool)
    queue = deque([(int(row), int(column))])
    found[row, column] = True
    while queue:
        y, x = queue.popleft()
        for b in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
            inside = 0 <= b[0] < mask.shape[0] and 0 <= b[1] < mask.shape[1]
            if inside and mask[b] and not found[b] and not cut((y, x), b):
                found[b] = True
                queue.append(b)
    return found


# ---- knife


def test_the_knife_cuts_in_two_along_the_line():
    doc = document(touching())
    drag(knife.Tool(), doc, (75, 10), (75, 40), (75, 110))
    left, right = sorted(halves_of(doc, touching(), 7), key=lambda p: not p[60, 50])
    columns = np.mgrid[:120, :200][1]
    assert np.array_equal(left, (touching().ids == 7) & (columns < 75))
    assert np.array_equal(right, (touching().ids == 7) & (columns >= 75))
    assert len(doc.history.done) == 1


def test_the_knife_cuts_all_it_crosses_or_only_the_selected_one():
    doc = document(touching())
    drag(knife.Tool(), doc, (5, 60.3), (195, 60.3))
    assert len(doc.segmentation.segments) == 4
    check(doc)
    doc.undo()
    doc.active_segment = 8
    drag(knife.Tool(), doc, (5, 60.3), (195, 60.3))
    halves_of(doc, touching(), 8)


def test_a_line_that_ends_inside_cuts_nothing_and_escape_drops_it():
    doc = document(touching())
    drag(knife.Tool(), doc, (75, 10), (75, 60))
    drag(knife.Tool(), doc, (190, 5), (195, 110))
    tool = knife.Tool()
    tool.press(doc, 75, 10)
    tool.move(doc, 75, 110)
    assert tool.sketches(doc)
    tool.cancel(doc)
    tool.release(doc, 75, 110)
    assert not doc.can_undo


def test_the_knife_says_what_it_cannot_cut():
    doc = document(halves())
    with pytest.raises(SegDeskError, match="countable"):
        drag(knife.Tool(), doc, (1, 1), (15, 100))
    doc.hand.locked_segments = {(doc.row.id, 10)}
    doc.active_segment = 10
    with pytest.raises(SegDeskError, match="locked"):
        drag(knife.Tool(), doc, (40, 30), (40, 90))
    doc.active_segment = None
    drag(knife.Tool(), doc, (1, 60), (158, 60))
    assert np.array_equal(doc.segmentation.ids == 10, halves().ids == 10)
    assert len(doc.segmentation.segments) == 5


def severs(start, end):
    """Whether the line passes between two pixel centres (row, column), in exact fractions; a centre on the line counts
    as on its right side."""
    (ax, ay), (bx, by) = (tuple(map(Fraction, p)) for p in (start, end))
    dx, dy = bx - ax, by - ay

    def place(pixel):
        x, y = Fraction(2 * pixel[1] + 1, 2), Fraction(2 * pixel[0] + 1, 2)
        return (x - ax) * dy - (y - ay) * dx, (x - ax) * dx + (y - ay) * dy

    def cut(a, b):
        (h0, t0), (h1, t1) = place(a), place(b)
        if (h0 > 0) == (h1 > 0):
            return False
        return 0 <= t0 + (t1 - t0) * h0 / (h0 - h1) <= dx * dx + dy * dy

    return cut


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 1 << 30), st.tuples(*[st.integers(-8, 120).map(lambda n: n / 4)] * 4))
@example(427, (19.0, 16.75, 27.0, 0.0))
def test_a_cut_parts_exactly_what_the_line_severs(seed: int, line: tuple[float, float, float, float]):
    random = np.random.default_rng(seed)
    mask = np.zeros((26, 28), bool)
    for _ in range(4):
        mask |= disc(26, 28, *random.uniform((3, 3), (25, 23)), random.uniform(2, 8))
    mask &= random.random(mask.shape) < 0.97
    first = np.argwhere(mask)[0]
    mask = flood(mask, *first)
    start, end = line[:2], line[2:]
    labels = splitting.along_line(Region(0, 0, mask), start, end)
    cut = severs(start, end)
    pieces, left = [], mask.copy()
    while left.any():
        piece = flood(mask, *np.argwhere(left)[0], cut=cut)
        pieces.append(piece)
        left &= ~piece
    assert np.array_equal(labels > 0, mask)
    assert all(len(np.unique(labels[piece])) == 1 for piece in pieces)
    parts = len(np.unique(labels[mask]))
    assert parts <= 2
    if len(pieces) == 1 or start == end:
        assert parts == 1
    if len(pieces) == 2:
        assert parts == 2
        assert (labels == 1).sum() >= (labels == 2).sum()


# ---- merge


def test_clicks_join_objects_to_the_first():
    doc = document(touching())
    tool = merge.Tool()
    click(tool, doc, *LEFT)
    assert doc.active_segment == 7
    assert not doc.can_undo
    click(tool, doc, 170, 60)
    assert np.array_equal(doc.segmentation.ids, np.where(touching().ids > 0, 7, 0))
    assert list(doc.segmentation.segments) == [7]
    check(doc)
    doc.undo()
    assert np.array_equal(doc.segmentation.ids, touching().ids)
    assert doc.segmentation.segments == touching().segments


def test_a_drag_joins_what_it_goes_over():
    doc = document(halves())
    drag(merge.Tool(), doc, (40, 60), (120, 60))
    assert np.array_equal(doc.segmentation.ids, np.where(halves().ids == 11, 10, halves().ids))
    check(doc)


def test_stuff_is_not_joined_and_locked_objects_are_refused():
    doc = document(halves())
    tool = merge.Tool()
    click(tool, doc, 5, 5)
    click(tool, doc, 5, 100)
    assert not doc.can_undo
    assert doc.active_segment is None
    doc.hand.locked_segments = {(doc.row.id, 11)}
    click(tool, doc, 40, 60)
    with pytest.raises(SegDeskError, match="locked"):
        click(tool, doc, 120, 60)
    check(doc)


# ---- relabel


def test_relabel_gives_the_active_class_or_void():
    doc = document(halves())
    click(relabel.Tool(), doc, 40, 60)
    assert doc.segmentation.segments[10].class_id == CELL
    click(relabel.Tool(), doc, 120, 60, CTRL)
    assert 11 not in doc.segmentation.segments
    click(relabel.Tool(), doc, 120, 60)
    doc.active_class = ROAD
    click(relabel.Tool(), doc, 40, 60)
    assert doc.segment_at(40, 60) == ROAD
    assert len(doc.history.done) == 3
    doc.hand.locked_classes = {SKY}
    with pytest.raises(SegDeskError, match="locked"):
        click(relabel.Tool(), doc, 5, 5)
    doc.active_class = SKY
    with pytest.raises(SegDeskError, match="locked"):
        click(relabel.Tool(), doc, 5, 100)
    check(doc)


# ---- the model's answer


def test_the_answer_comes_back_inside_the_box_alone():
    doc = make(segmentation=Segmentation.empty(120, 160), prediction=halves())
    drag(answer.Tool(), doc, (20, 20), (60, 100))
    want = np.zeros((120, 160), np.uint16)
    want[20:100, 20:60] = halves().ids[20:100, 20:60]
    assert np.array_equal(doc.segmentation.ids, want)
    assert doc.segmentation.segments == {k: halves().segments[k] for k in (SKY, ROAD, 10)}
    check(doc)


def test_an_object_of_the_answer_stays_one_with_its_rest_and_an_id_in_use_is_not_taken():
    start = halves()
    start.ids[50:70, 30:40] = SKY  # the person took a part of car 10 away
    start.ids[100:110, 100:110] = 12
    start.segments[12] = Segment(CELL)
    reply = halves()
    reply.ids[5:15, 5:15] = 12  # a car of the answer with the same id as the person's cell
    reply.segments[12] = Segment(CAR)
    doc = make(segmentation=start, prediction=reply)
    drag(answer.Tool(), doc, (0, 0), (160, 80))
    ids = doc.segmentation.ids
    assert np.array_equal(ids == 10, halves().ids == 10)
    assert (ids[100:110, 100:110] == 12).all()
    fresh = int(ids[10, 10])
    assert fresh not in halves().segments
    assert fresh != 12
    assert doc.segmentation.segments[fresh] == Segment(CAR)
    check(doc)


def test_a_lasso_takes_the_waiting_answer_which_goes_on_waiting():
    doc = make(segmentation=Segmentation.empty(120, 160))
    doc.show_preview(halves(), "answer")
    tool = answer.Tool()
    tool.set_option(doc, "shape", "lasso")
    drag(tool, doc, (10, 10), (150, 10), (80, 110))
    assert 10 in doc.segmentation.segments
    assert doc.segment_at(2, 2) == 0
    assert doc.preview is not None
    check(doc)


def test_without_an_answer_the_tool_says_so():
    with pytest.raises(SegDeskError, match="no answer"):
        drag(answer.Tool(), make(), (20, 20), (60, 100), modifiers=Modifiers())
