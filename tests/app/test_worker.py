"""The worker: two lanes, cancel, pause, exactly one end a job. Threads are met at events, never by sleeping."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from segdesk.app.jobs import Context, Done, Failed, Job, Progress, Stopped
from segdesk.app.schedule import Rate
from segdesk.app.worker import Worker
from segdesk.domain.errors import SegDeskError
from tests.app.reports import TIMEOUT, Listener


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def worker(listener: Listener) -> Iterator[Worker]:
    worker = Worker(listener)
    yield worker
    assert worker.close(TIMEOUT)


class Gate:
    """A job that says when it is running and stays there until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.leave = threading.Event()

    def __call__(self, ctx: Context) -> str:
        self.entered.set()
        assert self.leave.wait(TIMEOUT)
        return "through"


class Steps:
    """A batch whose every step waits for a permit."""

    def __init__(self, count: int) -> None:
        self.count, self.taken = count, 0
        self.permits = threading.Semaphore(0)
        self.at_gate = threading.Semaphore(0)
        self.closed = threading.Event()

    def __call__(self, ctx: Context) -> Iterator[None]:
        try:
            for number in range(self.count):
                self.at_gate.release()
                assert self.permits.acquire(timeout=TIMEOUT)
                self.taken = number + 1
                ctx.progress(self.taken, self.count)
                yield
        finally:
            self.closed.set()
        return self.taken

    def reach(self) -> None:
        """Block until the batch stands at its next gate."""
        assert self.at_gate.acquire(timeout=TIMEOUT)


def test_a_job_is_done_with_its_value(worker: Worker, listener: Listener) -> None:
    job_id = worker.submit(Job("add", lambda ctx: 2 + 3))
    assert listener.end(job_id) == Done(job_id, "add", 5)


def test_an_error_for_a_person_is_passed_on(worker: Worker, listener: Listener) -> None:
    def run(ctx: Context) -> None:
        raise SegDeskError("No {thing}.", thing="luck")

    end = listener.end(worker.submit(Job("try", run)))
    assert isinstance(end, Failed)
    assert end.error.text() == "No luck."


def test_an_unforeseen_error_becomes_a_sentence_and_a_log_entry(
    worker: Worker, listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    def run(ctx: Context) -> None:
        raise ZeroDivisionError("of all things")

    with caplog.at_level(logging.ERROR, "segdesk"):
        end = listener.end(worker.submit(Job("try", run)))
    assert isinstance(end, Failed)
    assert "ZeroDivisionError" in end.error.text()
    assert "log" in end.error.hint_text()
    assert any(r.exc_info for r in caplog.records)


def test_even_the_end_of_the_interpreter_ends_a_job_as_failed(worker: Worker, listener: Listener) -> None:
    def run(ctx: Context) -> None:
        raise SystemExit(3)

    assert isinstance(listener.end(worker.submit(Job("leave", run))), Failed)
    assert isinstance(listener.end(worker.submit(Job("next", lambda ctx: None))), Done)


def test_interactive_jobs_run_between_two_steps_of_a_batch(worker: Worker, listener: Listener) -> None:
    steps = Steps(3)
    batch = worker.submit(Job("batch", steps, lane="batch"))
    steps.reach()
    quick = worker.submit(Job("quick", lambda ctx: steps.taken))
    steps.permits.release()
    end = listener.end(quick)
    assert isinstance(end, Done)
    assert end.value == 1  # after the step that was running, before the next
    steps.permits.release(2)
    assert listener.end(batch) == Done(batch, "batch", 3)


def test_of_jobs_with_one_key_the_latest_counts(worker: Worker, listener: Listener) -> None:
    gate = Gate()
    first = worker.submit(Job("show", gate, key="picture"))
    assert gate.entered.wait(TIMEOUT)
    second = worker.submit(Job("show", lambda ctx: "second", key="picture"))
    third = worker.submit(Job("show", lambda ctx: "third", key="picture"))
    other = worker.submit(Job("show", lambda ctx: "other", key="list"))
    gate.leave.set()
    assert isinstance(listener.end(first), Stopped)
    assert isinstance(listener.end(second), Stopped)
    assert listener.end(third) == Done(third, "show", "third")
    assert listener.end(other) == Done(other, "show", "other")


def test_a_cancelled_batch_stops_at_its_next_step_and_cleans_up(worker: Worker, listener: Listener) -> None:
    steps = Steps(100)
    batch = worker.submit(Job("batch", steps, lane="batch"))
    steps.reach()
    assert worker.cancel(batch)
    steps.permits.release()
    assert isinstance(listener.end(batch), Stopped)
    assert steps.closed.is_set()
    assert steps.taken == 1


def test_a_job_that_checks_its_token_stops_inside(worker: Worker, listener: Listener) -> None:
    entered, cancelled = threading.Event(), threading.Event()

    def run(ctx: Context) -> None:
        entered.set()
        assert cancelled.wait(TIMEOUT)
        assert ctx.cancelled()
        ctx.check()

    job_id = worker.submit(Job("long", run))
    assert entered.wait(TIMEOUT)
    worker.cancel(job_id)
    cancelled.set()
    assert isinstance(listener.end(job_id), Stopped)


def test_a_batch_that_finished_before_it_saw_the_cancel_is_done(worker: Worker, listener: Listener) -> None:
    gate = Gate()
    job_id = worker.submit(Job("export", gate, lane="batch"))
    assert gate.entered.wait(TIMEOUT)
    worker.cancel(job_id)
    gate.leave.set()
    assert listener.end(job_id) == Done(job_id, "export", "through")


def test_an_error_while_cleaning_up_is_not_swallowed(worker: Worker, listener: Listener) -> None:
    reached = threading.Event()

    def run(ctx: Context) -> Iterator[None]:
        try:
            reached.set()
            while True:
                yield
        finally:
            raise SegDeskError("The disk is full.")

    job_id = worker.submit(Job("batch", run, lane="batch"))
    assert reached.wait(TIMEOUT)
    worker.cancel(job_id)
    assert isinstance(listener.end(job_id), Failed)


def test_a_paused_batch_waits_while_others_run(worker: Worker, listener: Listener) -> None:
    steps = Steps(3)
    batch = worker.submit(Job("batch", steps, lane="batch"))
    steps.reach()
    assert worker.pause(batch)
    steps.permits.release(3)
    listener.wait(lambda r: isinstance(r, Progress) and r.job_id == batch and r.paused)
    second = worker.submit(Job("later batch", lambda ctx: "done", lane="batch"))
    quick = worker.submit(Job("quick", lambda ctx: "done"))
    assert isinstance(listener.end(quick), Done)
    assert isinstance(listener.end(second), Done)
    assert steps.taken == 1
    assert worker.resume(batch)
    assert listener.end(batch) == Done(batch, "batch", 3)
    assert sum(p.paused for p in listener.progress(batch)) == 1


def test_a_paused_batch_can_be_cancelled(worker: Worker, listener: Listener) -> None:
    steps = Steps(3)
    batch = worker.submit(Job("batch", steps, lane="batch"))
    steps.reach()
    worker.pause(batch)
    steps.permits.release()
    listener.wait(lambda r: isinstance(r, Progress) and r.paused)
    worker.cancel(batch)
    assert isinstance(listener.end(batch), Stopped)


def test_closing_ends_everything_with_one_report_each(listener: Listener) -> None:
    worker, gate, steps = Worker(listener), Gate(), Steps(5)
    ids = [worker.submit(Job("batch", steps, lane="batch"))]
    steps.reach()
    ids += [worker.submit(Job("a", gate)), worker.submit(Job("b", gate))]
    closer = threading.Thread(target=worker.close)
    closer.start()
    gate.leave.set()
    steps.permits.release(5)
    closer.join(TIMEOUT)
    assert not closer.is_alive()
    assert sorted(e.job_id for e in listener.ends()) == sorted(ids)
    with pytest.raises(RuntimeError):
        worker.submit(Job("late", gate))


def test_a_listener_that_raises_does_not_stop_the_thread(caplog: pytest.LogCaptureFixture) -> None:
    kept = Listener()

    def on_report(report: object) -> None:
        kept(report)
        raise ValueError("a bad listener")

    worker = Worker(on_report)
    first, second = worker.submit(Job("one", lambda ctx: 1)), worker.submit(Job("two", lambda ctx: 2))
    assert isinstance(kept.end(first), Done)
    assert isinstance(kept.end(second), Done)
    assert worker.close(TIMEOUT)


def test_wait_idle_tells_whether_work_is_left(worker: Worker, listener: Listener) -> None:
    gate = Gate()
    worker.submit(Job("gate", gate))
    assert gate.entered.wait(TIMEOUT)
    assert not worker.wait_idle(0)
    gate.leave.set()
    assert worker.wait_idle(TIMEOUT)


def test_unknown_jobs_are_refused_politely(worker: Worker) -> None:
    assert not worker.cancel(-1)
    assert not worker.pause(-1)
    assert not worker.resume(-1)


def test_progress_says_how_long_it_still_takes(listener: Listener) -> None:
    now = iter([0.0, 2.0, 4.0])
    worker = Worker(listener, clock=lambda: next(now))

    def run(ctx: Context) -> None:
        for done in range(3):
            ctx.progress(done, 10)

    job_id = worker.submit(Job("count", run))
    listener.end(job_id)
    assert [p.eta_seconds for p in listener.progress(job_id)] == [None, 18.0, 16.0]
    assert worker.close(TIMEOUT)


def test_the_rate_forgets_a_slow_beginning() -> None:
    rate = Rate(window_seconds=10)
    rate.add(0, 0)
    rate.add(100, 1)  # a model that had to be loaded first
    for second in range(1, 21):
        rate.add(100 + second, 1 + second)
    assert rate.seconds_left(31) == pytest.approx(10)
    rate.restart()
    assert rate.seconds_left(31) is None


def test_the_rate_knows_when_it_knows_nothing() -> None:
    rate = Rate()
    assert rate.seconds_left(5) is None
    rate.add(1, 3)
    rate.add(2, 3)
    assert rate.seconds_left(5) is None
