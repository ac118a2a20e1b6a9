"""The rules of the two lanes as a state machine: whatever is asked for in whatever order, a job ends exactly once."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from segdesk.app.jobs import Job, next_job_id
from segdesk.app.schedule import Schedule, Task


class Lanes(RuleBasedStateMachine):
    """Plays the worker's loop by hand. `left`: steps that a batch still has to do."""

    tasks = Bundle("tasks")

    def __init__(self) -> None:
        super().__init__()
        self.schedule = Schedule()
        self.left: dict[int, int] = {}
        self.open: list[Task] = []
        self.ended: list[int] = []

    @rule(
        target=tasks,
        lane=st.sampled_from(["interactive", "batch"]),
        key=st.sampled_from(["", "a", "b"]),
        n=st.integers(0, 3),
    )
    def submit(self, lane: str, key: str, n: int) -> Task:
        task = Task(next_job_id(), Job("job", lambda ctx: None, key=key, lane=lane))  # type: ignore[arg-type]
        older = [t for t in self.open if t.job.key == key and t.job.lane == "interactive"]
        self.schedule.add(task)
        self.left[task.id] = n
        self.open.append(task)
        if key and lane == "interactive":
            assert all(t.cancelled.is_set() for t in older)
        assert not task.cancelled.is_set()
        return task

    @rule(task=tasks)
    def cancel(self, task: Task) -> None:
        task.cancelled.set()

    @rule(task=tasks)
    def pause(self, task: Task) -> None:
        task.paused = True

    @rule(task=tasks)
    def resume(self, task: Task) -> None:
        task.paused = task.held = False

    @rule()
    def work(self) -> None:
        choice = self.schedule.pick()
        waiting = [t for t in self.open if t.job.lane == "interactive"]
        if choice is None:
            assert not waiting
            assert all(t.paused and t.held for t in self.open)
            return
        action, task = choice
        assert task in self.open
        if action == "stop":
            assert task.cancelled.is_set()
            self.end(task)
        elif action == "hold":
            assert task.paused
            assert not task.held
            task.held = True
        elif action == "run":
            assert task is waiting[0]
            self.end(task)
        else:
            assert not waiting
            assert not task.paused
            self.left[task.id] -= 1
            if self.left[task.id] < 0:
                self.end(task)

    def end(self, task: Task) -> None:
        self.schedule.remove(task)
        self.open.remove(task)
        self.ended.append(task.id)

    @invariant()
    def nothing_is_lost_or_ends_twice(self) -> None:
        assert len(self.schedule) == len(self.open)
        assert sorted([*self.ended, *(t.id for t in self.open)]) == sorted(self.left)

    def teardown(self) -> None:
        self.schedule.cancel_all()
        while self.open:
            choice = self.schedule.pick()
            assert choice is not None
            assert choice[0] == "stop"
            self.end(choice[1])
        assert self.schedule.pick() is None


Lanes.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLanes = Lanes.TestCase
