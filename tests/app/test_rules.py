"""Locks, painting over one class only and protection, for strokes, areas and one-shot changes alike."""

from __future__ import annotations

import contextlib
import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.app.document import Document
from segdesk.app.rules import Rules, guard, is_locked
from segdesk.app.tools import brush, fill, lasso, rectangle, superpixel, wand
from segdesk.app.tools.base import BaseTool, Modifiers
from segdesk.domain.classes import MAX_ID
from segdesk.domain.errors import SegDeskError
from tests.app.documents import CAR, CELL, CLASSES, ROAD, SKY, check, halves, make
from tests.app.test_tool_contract import NAMES
from tests.app.tools.driving import CTRL, drag

PAINTERS = (brush, fill, lasso, rectangle, superpixel, wand)
PATH = ((20.0, 30.0), (150.0, 40.0), (120.0, 100.0), (10.0, 90.0))


def use(tool: BaseTool, doc: Document, modifiers: Modifiers) -> None:
    if "tolerance" in tool.values:
        tool.set_option(doc, "tolerance", 255)
    doc.brush_size = 60
    drag(tool, doc, *PATH, modifiers=modifiers)


@pytest.mark.parametrize("module", PAINTERS)
@pytest.mark.parametrize("modifiers", [Modifiers(), CTRL])
@pytest.mark.parametrize("only", [0, SKY, CAR])
def test_only_one_class_is_painted_over(module, modifiers: Modifiers, only: int):
    doc = make(segmentation=halves())
    doc.segmentation.ids[:50, :60] = 0
    before = doc.segmentation.copy()
    doc.active_class = CELL
    doc.hand.only_over = only
    use(module.Tool(), doc, modifiers)
    changed = doc.segmentation.ids != before.ids
    assert set(before.class_map()[changed].tolist()) <= {only}
    check(doc)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("modifiers", [Modifiers(), CTRL, Modifiers(shift=True)])
@pytest.mark.parametrize("active", [CAR, CELL, SKY])
def test_no_tool_changes_what_is_locked(name: str, modifiers: Modifiers, active: int):
    doc = make(segmentation=halves(), prediction=halves(120, 160))
    doc.active_class = active
    doc.hand.locked_classes = {SKY}
    doc.hand.locked_segments = {(doc.row.id, 10), (doc.row.id + 1, 11)}
    assert is_locked(doc, SKY)
    assert is_locked(doc, 10)
    assert not is_locked(doc, 11)
    tool = importlib.import_module(f"segdesk.app.tools.{name}").Tool()
    locked = np.isin(halves().ids, (SKY, 10))
    for start in ((5.0, 100.0), (120.0, 60.0), (40.0, 60.0), (5.0, 5.0)):
        with contextlib.suppress(SegDeskError):
            use(tool, doc, modifiers)
            drag(tool, doc, start, (80.0, 70.0), modifiers=modifiers)
            tool.key(doc, "Return")
        tool.cancel(doc)
    ids = doc.segmentation.ids
    assert np.array_equal(np.isin(ids, (SKY, 10)), locked)
    assert np.array_equal(ids[locked], halves().ids[locked])
    check(doc)


def test_painting_a_locked_class_is_refused_before_anything_changes():
    doc = make(segmentation=halves())
    doc.active_class = SKY
    doc.hand.locked_classes = {SKY}
    for module in PAINTERS:
        with pytest.raises(SegDeskError, match="locked"):
            use(module.Tool(), doc, Modifiers())
        assert not doc.painting
    doc.active_class = CELL
    doc.hand.locked_classes = {CELL}
    for module in PAINTERS:
        with pytest.raises(SegDeskError, match="locked"):
            use(module.Tool(), doc, Modifiers())
    assert not doc.can_undo
    check(doc)


@settings(max_examples=80, deadline=None)
@given(
    st.booleans(),
    st.sampled_from([None, 0, SKY, CAR]),
    st.sets(st.sampled_from([SKY, ROAD, CAR, CELL])),
    st.sets(st.sampled_from([SKY, ROAD, 10, 11])),
    st.sampled_from([0, SKY, CAR]),
    st.sampled_from([0, 10, 11]),
)
def test_the_rules_pixel_by_pixel(protect, only, classes, segments, kept_class, kept_segment):
    rules = Rules(
        protect=protect,
        only_over=only,
        locked_classes=frozenset(classes),
        locked_segments=frozenset(segments),
        things=frozenset({CAR, CELL}),
        kept_class=kept_class,
        kept_segment=kept_segment,
    )
    map_ = halves()
    class_of = map_.class_table()
    for new in (0, SKY, ROAD, 10, 11):
        table = rules.table(class_of, new)
        assert rules.free == (table is None)
        for old in (0, SKY, ROAD, 10, 11):
            want = only is None or int(class_of[old]) == only
            for key in (old, new):
                want &= key == 0 or not (key in segments or int(class_of[key]) in classes)
            if protect and new:
                stuff = int(class_of[new]) not in (CAR, CELL)
                want &= old in (0, new) or (stuff and class_of[old] == class_of[new])
            elif protect and kept_class:
                picked = kept_segment and class_of[kept_segment] == kept_class
                want &= old == kept_segment if picked else int(class_of[old]) == kept_class
            assert (table is None or bool(table[old])) == bool(want), (old, new)


def test_without_rules_there_is_no_guard():
    doc = make(segmentation=halves())
    assert guard(doc, 10) is None
    table = guard(doc, 10, protect=True)
    assert table is not None
    assert table.shape == (MAX_ID + 1,)
    assert Rules.locks(doc).free
    doc.hand.only_over = SKY
    doc.hand.protect = True
    assert Rules.locks(doc).free
    assert not Rules.of(doc).free
    assert CLASSES is doc.classes
