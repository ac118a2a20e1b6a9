"""What the engine process does beside each other, and what it takes together."""

from __future__ import annotations

import threading

import pytest

from segdesk.engines.inbox import Inbox, Message
from segdesk.engines.lanes import Ends, Lanes
from segdesk.engines.messages import PredictRequest
from segdesk.engines.wire import Ask, AskDevices
from tests.engines.fakes import brightness_card

TIMEOUT = 20.0
CARD = brightness_card()


class Silence:
    """A pipe on which nothing ever comes."""

    def receive(self) -> object:
        threading.Event().wait()
        raise AssertionError("never")


def ask(number: int, width: int = 8, *, urgent: bool = False) -> Ask:
    return Ask(number, PredictRequest(str(number), CARD, None), None, (8, width, 3), urgent)


def same_shape(a: Ask, b: Ask) -> bool:
    return a.shape == b.shape


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(Silence())  # type: ignore[arg-type]


def numbers(messages: list[Ask]) -> list[int]:
    return [m.number for m in messages]


def drained(inbox: Inbox) -> list[int]:
    found: list[Message] = []
    while (message := inbox.next_if_there()) is not None:
        found.append(message)
    return [m.number for m in found]


def test_pictures_of_like_size_are_taken_together_past_others_which_keep_their_places(inbox: Inbox) -> None:
    for message in (ask(2, 9), ask(3), ask(4, 9), ask(5), ask(6)):
        inbox.put(message)
    assert numbers(inbox.alike(ask(1), same_shape, 3)) == [1, 3, 5]
    assert drained(inbox) == [2, 4, 6]


def test_what_is_urgent_ends_the_gathering(inbox: Inbox) -> None:
    for message in (ask(2), AskDevices(3), ask(4, urgent=True)):
        inbox.put(message)
    assert numbers(inbox.alike(ask(1), same_shape, 8)) == [1]
    assert drained(inbox) == [3, 4, 2]


def test_ends_run_beside_each_other_and_hold_back_who_brings_too_many() -> None:
    ends, gate, begun, done = Ends(2), threading.Event(), threading.Semaphore(0), []

    def work(number: int) -> None:
        begun.release()
        assert gate.wait(TIMEOUT)
        done.append(number)

    for number in (1, 2):
        ends.run(lambda n=number: work(n))
    assert begun.acquire(timeout=TIMEOUT)
    third = threading.Thread(target=ends.run, args=(lambda: work(3),))
    third.start()
    third.join(0.05)
    assert third.is_alive()  # two wait already
    gate.set()
    third.join(TIMEOUT)
    ends.settle()
    assert sorted(done) == [1, 2, 3]


def test_a_lane_is_free_again_after_its_work_failed() -> None:
    lanes = Lanes(1, 1)
    for _ in range(2):
        assert lanes.enter(lambda: False)
        lanes.run(lambda: 1 // 0)  # type: ignore[arg-type,return-value]
    assert lanes.enter(lambda: False)
    assert not lanes.enter(lambda: True)  # taken, and something else has come up
