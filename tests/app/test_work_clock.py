"""The clock of work against a plain sum over the inputs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from segdesk.app.work_clock import PAUSE, WorkClock


@given(st.lists(st.floats(0, 200), max_size=20), st.sets(st.integers(0, 20)))
def test_breaks_count_as_the_pause_at_most_and_no_second_twice(gaps: list[float], takes: set[int]):
    now = [1000.0]
    clock = WorkClock(lambda: now[0])
    taken = 0.0
    for number, gap in enumerate(gaps):
        now[0] += gap
        clock.tick()
        if number in takes:
            taken += clock.take()
    taken += clock.take()
    assert abs(taken - sum(min(g, PAUSE) for g in gaps)) < 1e-6
    assert clock.take() == 0.0


def test_what_was_before_the_start_does_not_count():
    now = [0.0]
    clock = WorkClock(lambda: now[0])
    now[0] = 20.0
    clock.tick()
    clock.start()
    now[0] = 25.0
    clock.tick()
    assert clock.take() == 5.0
