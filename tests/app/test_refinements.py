"""The stack as rows over the options of a run: on, off, stored and read back."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.models import RunPlan
from segdesk.app.refinements import (
    FOLLOWS_EDGES,
    NO_MODEL,
    NO_SCORES,
    changed,
    described,
    prefixes,
    reason,
    reset,
    rows,
    stored,
    usual,
    values,
)
from segdesk.domain.card import ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.stack import Param, Stack


def card(task: str = "semantic", net: str = "some_net") -> ModelCard:
    return ModelCard("c", Text("C"), task, "", Text(""), NetSpec(net), ClassSet([]))


def everything(task: str) -> RunOptions:
    """All steps on, with their usual values."""
    options = RunOptions()
    for info in rows():
        options = changed(options, info, task, info.values(), crf=CrfOptions(w1=5.0))
    return options


@pytest.mark.parametrize("task", ["semantic", "instance", "panoptic"])
def test_each_row_goes_on_and_off_and_touches_no_other(task: str):
    on = everything(task)
    for info in rows():
        off = changed(on, info, task, None)
        assert values(off, info, task) is None
        for other in rows():
            assert other is info or values(off, other, task) == values(on, other, task) is not None
        assert changed(off, info, task, values(on, info, task), crf=on.crf) == on


def test_the_cut_is_that_of_pixels_or_of_objects():
    least = {"least": 0.7}
    info = next(i for i in rows() if i.id == "confidence")
    assert changed(RunOptions(), info, "semantic", least).decide == DecideOptions(pixel_confidence=0.7)
    assert changed(RunOptions(), info, "panoptic", least).decide == DecideOptions(confidence=0.7)


def test_why_a_step_does_nothing_is_said():
    by_id = {info.id: info for info in rows()}
    assert reason(by_id["open"], None) == NO_MODEL
    assert reason(by_id["guided"], card("instance")) == NO_SCORES
    assert reason(by_id["guided"], card("instance", "regions")) == FOLLOWS_EDGES
    assert reason(by_id["crf"], card("semantic", "regions")) == FOLLOWS_EDGES
    assert not reason(by_id["guided"], card())
    assert all(not reason(by_id[i], card("instance")) for i in ("open", "close", "smooth", "confidence", "min_area"))


def test_reset_is_what_the_card_says():
    mine = replace(card("instance"), decide=DecideOptions(confidence=0.3, overlap=0.8, min_area=9))
    after = reset(replace(everything("instance"), flip=True), mine)
    assert after.flip
    assert (after.crf, after.stack) == (None, Stack())
    assert (after.decide.confidence, after.decide.min_area) == (0.3, 9)
    assert usual(None) == RunOptions()


def test_one_step_more_at_a_time():
    found = prefixes(everything("semantic"), card())
    assert [None if info is None else info.id for info, _ in found] == [None, *(info.id for info in rows())]
    assert found[0][1] == RunOptions(DecideOptions(confidence=0.5))
    assert found[-1][1] == everything("semantic")
    for (_, before), (info, after) in pairwise(found):
        assert info is not None
        assert values(before, info, "semantic") is None
        assert changed(after, info, "semantic", None) == before


def test_steps_that_do_nothing_are_not_judged_and_objects_keep_their_cut():
    found = prefixes(everything("instance"), card("instance"))
    ids = [info.id for info, _ in found if info is not None]
    assert "guided" not in ids
    assert "confidence" not in ids
    assert all(options.decide.confidence == 0.5 for _, options in found)


def plan(options: RunOptions) -> RunPlan:
    return RunPlan(card(), options, "cpu", {}, {})


def test_a_run_of_before_the_stack_is_equal_to_one_without():
    record = plan(RunOptions(crf=CrfOptions())).record()
    assert set(record) == {"decide", "crf", "weights"}
    assert stored({}) == RunOptions()
    assert stored({"decide": {"confidence": 0.4}, "crf": {"w1": 2.0}}) == RunOptions(
        DecideOptions(confidence=0.4), CrfOptions(w1=2.0)
    )


@given(st.lists(st.sampled_from([info.id for info in rows()]), unique=True), st.booleans())
def test_what_is_stored_is_read_back(on: list[str], flip: bool):
    options = RunOptions(flip=flip)
    for info in rows():
        if info.id in on:
            options = changed(options, info, "semantic", info.values(), crf=CrfOptions(w1=5.0, off=(3, 7)))
    record = json.loads(json.dumps(plan(options).record()))
    assert stored(record) == options
    assert len(described(options, "semantic")) == len(on)


def test_steps_that_do_nothing_are_not_stored():
    options = RunOptions(stack=Stack().changed("guided", {"reach": 9}).changed("open", {"radius": 1}))
    record = replace(plan(options), card=card("instance")).record()
    assert record["stack"] == {"open": {"radius": 1}}
    assert plan(options).record()["stack"] == {"guided": {"reach": 9}, "open": {"radius": 1}}


def test_a_damaged_record_is_no_error():
    assert Stack.from_record([1, 2]) == Stack.from_record(None) == Stack()
    assert Stack.from_record({"open": 3, "close": {"radius": "x", "more": 1}}) == Stack((("close", (("more", 1.0),)),))


def test_what_is_on_is_told_in_words():
    options = changed(RunOptions(DecideOptions(confidence=0)), rows()[-1], "semantic", {"width": 7})
    assert described(options, "semantic") == ["Smooth borders (width 7)"]
    assert described(replace(options, crf=CrfOptions()), "semantic")[0].startswith("CRF refinement (w1 4, ")


@given(st.floats(-100, 100), st.sampled_from([0.01, 0.5, 1, 10]))
def test_a_value_is_kept_within_its_limits_on_whole_steps(value: float, step: float):
    param = Param("p", "P", "", 10, 0, 50, step)
    found = param.accepted(value)
    assert 0 <= found <= 50
    assert found == pytest.approx(round(found / step) * step)
    assert abs(found - min(50, max(0, value))) <= step / 2 + 1e-9
