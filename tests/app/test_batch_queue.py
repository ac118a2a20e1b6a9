"""The queue of runs: order, ends, what a later session gets of it; and the ledger of a run's pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.batch_queue import OUTCOMES, BatchQueue, Ledger, Order, options_of, options_record
from segdesk.app.reports import BatchBegun, BatchStep
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging, CrfOptions, RunOptions
from segdesk.domain.stack import Stack
from tests.app.conftest import Desktop


def order(card: str, **values: object) -> Order:
    return replace(Order(0, card, card.upper()), **values)  # type: ignore[arg-type]


def cards(queue: BatchQueue, *states: str) -> list[str]:
    return [o.card_id for o in queue.orders if not states or o.state in states]


def filled() -> BatchQueue:
    queue = BatchQueue()
    for card in "abc":
        queue.add(order(card))
    return queue


def test_one_runs_and_the_others_wait_in_their_order():
    queue = filled()
    first = queue.begin_next()
    assert first is not None
    assert first.card_id == "a"
    assert first.state == "running"
    assert queue.begin_next() is None
    assert queue.move(3, -1)
    assert not queue.move(3, -1)
    assert not queue.move(first.number, 1)
    assert [o.card_id for o in queue.waiting] == ["c", "b"]
    queue.end(first.number, "done", answered=4)
    assert queue.find(first.number).answered == 4
    assert queue.begin_next().card_id == "c"
    assert cards(queue) == ["a", "c", "b"]


def test_what_runs_is_not_removed_and_what_ended_can_be_forgotten():
    queue = filled()
    first = queue.begin_next()
    assert not queue.remove(first.number)
    assert queue.remove(2)
    queue.end(first.number, "stopped")
    assert cards(queue, "stopped") == ["a"]
    queue.clear_ended()
    assert cards(queue) == ["c"]
    assert queue.add(order("d")).number == 4


def test_a_later_session_goes_on_with_what_was_not_finished():
    queue = filled()
    queue.begin_next()
    queue.end(1, "done", failed=((7, "It is broken."),))
    queue.begin_next()
    queue.change(2, done=312, total=5_000, state="paused", ids=(4, 5))
    later = BatchQueue.from_record(json.loads(json.dumps(queue.record())))
    assert [(o.card_id, o.state) for o in later.orders] == [("a", "done"), ("b", "interrupted"), ("c", "interrupted")]
    assert later.find(1).failed == ((7, "It is broken."),)
    assert (later.interrupted[0].done, later.interrupted[0].total, later.interrupted[0].ids) == (312, 5_000, (4, 5))
    later.add(order("d"))
    assert [o.card_id for o in later.go_on()] == ["b", "c"]
    assert [(o.card_id, o.before) for o in later.waiting] == [("b", 312), ("c", 0), ("d", 0)]


def test_what_is_not_gone_on_with_stays_as_a_stopped_run():
    queue = filled()
    queue.begin_next()
    queue.change(1, done=2, total=9)
    later = BatchQueue.from_record(queue.record())
    later.forget_interrupted()
    assert [(o.card_id, o.state) for o in later.orders] == [("a", "stopped")]


def test_what_cannot_be_read_of_a_queue_is_left_out():
    good = BatchQueue([order("a", number=1)]).record()
    assert BatchQueue.from_record(None).orders == []
    damaged = [3, {"number": 1}, {**good[0], "failed": "x y"}, {**good[0], "ids": [None]}, {**good[0], "later": 1}]
    assert cards(BatchQueue.from_record(damaged)) == ["a"]


def test_options_come_back_from_the_record():
    options = RunOptions(
        crf=CrfOptions(iterations=3), flip=True, average=Averaging((0.5, 1.0), mirror=True), stack=Stack()
    )
    assert options_of(json.loads(json.dumps(options_record(options)))) == options
    assert options_of({"decide": {"confidence": "high"}, "average": 3, "crf": None}).crf is None


def test_which_pictures_an_order_is_limited_to(opened: Desktop):
    rows = list(opened.session.pictures)
    ids = [row.id for row in rows]
    assert order("a").among(rows) is None
    assert order("a", which="failed").among(rows) is None
    assert order("a", which="chosen", ids=(ids[1], 999)).among(rows) == {ids[1]}
    assert order("a", again=True, reached=ids[2]).among(rows) == set(ids[2:])
    rows[0] = replace(rows[0], state="predicted")
    assert order("a", which="new").among(rows) == set(ids[1:])


def test_the_queue_is_kept_in_the_project(opened: Desktop, folder: Path):
    queue = filled()
    queue.begin_next()
    opened.session.queueing.keep(queue)
    opened.saved()
    opened.open(folder)
    later = opened.value(opened.session.queueing.read())
    assert cards(later, "interrupted") == ["a", "b", "c"]


STEPS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from(("running", "done", "kept", "failed"))), max_size=40)


@given(STEPS, st.integers(0, 10))
def test_the_ledger_counts_as_a_plain_list_does(steps: list[tuple[int, str]], chosen: int):
    begun = BatchBegun(1, tuple(range(1, chosen + 1)), (11,), (12,))
    ledger, plain = Ledger(begun), ["waiting"] * chosen + ["already", "verified"]
    ids = [*begun.ids, 11, 12]
    for picture_id, outcome in steps:
        at = ledger.take(BatchStep(1, picture_id, outcome, pixels=500_000))  # type: ignore[arg-type]
        assert at == (ids.index(picture_id) if picture_id in ids else None)
        if at is not None:
            plain[at] = outcome
    assert [ledger.outcome(at) for at in range(len(ids))] == plain
    assert {o: ledger.count(o) for o in OUTCOMES} == {o: plain.count(o) for o in OUTCOMES}
    assert ledger.places("done", "failed").tolist() == [n for n, o in enumerate(plain) if o in ("done", "failed")]
    open_ones = [ids[n] for n, o in enumerate(plain) if o in ("waiting", "running")]
    assert ledger.reached() == (open_ones[0] if open_ones else 0)
    ledger.stop()
    assert ledger.count("running") == 0
    assert ledger.count() == len(ids)


def test_a_run_tells_the_ledger_everything(opened: Desktop, folder: Path):
    (folder / "img2.png").write_bytes(b"not a picture at all")
    opened.engine.errors["img3.png"] = SegDeskError("The engine died.")
    opened.session.verify(opened.id("img4.png"))
    job = opened.session.run_all()
    opened.value(job)
    begun = next(r for r in opened.heard.all if isinstance(r, BatchBegun))
    ledger = Ledger(begun)
    for step in (r for r in opened.heard.all if isinstance(r, BatchStep) and r.job_id == job):
        ledger.take(step)
    fares = {ledger.ids[at]: ledger.outcome(at) for at in range(len(ledger.ids))}
    wanted = {"img1.png": "done", "img2.png": "failed", "img3.png": "failed", "img4.png": "verified"}
    assert fares == {opened.id(name): outcome for name, outcome in wanted.items()}
    assert ledger.reasons[opened.id("img3.png")].message == "The engine died."
    assert np.isclose(ledger.megapixels, 48 * 64 / 1e6)


def test_a_model_that_is_not_the_chosen_one_is_run(opened: Desktop):
    chosen = opened.session.model_id, opened.session.options
    options = replace(RunOptions(), decide=replace(RunOptions().decide, confidence=0.5))
    job = opened.session.run_all(card_id="regions", options=options, device="cpu", among=[opened.id("img1.png")])
    assert opened.value(job).answered == 1
    assert (opened.session.model_id, opened.session.options) == chosen
