"""The store thread: order, coalescing, back-pressure, and what happens when the disk refuses."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from segdesk.app.reports import SaveState
from segdesk.app.saver import TRIES, Saver
from segdesk.domain.errors import Cancelled, SegDeskError
from tests.app.reports import TIMEOUT, Listener


class Disk:
    """Notes what was written; refuses while it is full."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.full = False
        self.tries = 0

    def write(self, text: str):  # a write as the saver takes it
        def run() -> None:
            self.tries += 1
            if self.full:
                raise SegDeskError("The disk is full: {name}.", name=text)
            self.written.append(text)

        return run


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def saver(listener: Listener) -> Iterator[Saver]:
    saver = Saver(listener, retry_seconds=None)
    yield saver
    saver.close(TIMEOUT)


def status(listener: Listener) -> list[str]:
    return [r.status for r in listener.all if isinstance(r, SaveState)]


def test_writes_are_done_in_order(saver: Saver, disk: Disk) -> None:
    for number in range(20):
        saver.put(disk.write(str(number)))
    saver.flush()
    assert disk.written == [str(n) for n in range(20)]
    assert saver.state == SaveState("saved")


def test_a_waiting_write_is_replaced_by_a_newer_one_with_its_key(saver: Saver, disk: Disk) -> None:
    with saver.hold():
        saver.put(disk.write("first"))  # may be running already, so it has no key of interest
        for number in range(5):
            saver.put(disk.write(f"a{number}"), key="a")
            saver.put(disk.write(f"b{number}"), key="b")
        saver.put(disk.write("other"))
    saver.flush()
    assert disk.written == ["first", "a4", "b4", "other"]


def test_what_the_disk_refuses_stays_and_is_written_later(saver: Saver, disk: Disk, listener: Listener) -> None:
    disk.full = True
    saver.put(disk.write("one"), owner=7, payload="one")
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "failed")
    saver.put(disk.write("two"), owner=7, payload="two")
    with pytest.raises(SegDeskError, match="full"):
        saver.flush()
    assert saver.state.status == "failed"
    assert saver.waiting(7) == ["one", "two"]
    disk.full = False
    saver.poke()
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "saved")
    assert disk.written == ["one", "two"]
    assert status(listener)[-1] == "saved"
    assert saver.waiting(7) == []


def test_the_state_is_told_once_per_change(saver: Saver, disk: Disk, listener: Listener) -> None:
    with saver.hold():
        for number in range(5):
            saver.put(disk.write(str(number)))
    saver.flush()
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "saved")
    assert status(listener) == ["saving", "saved"]


def test_it_tries_again_by_itself(listener: Listener, disk: Disk) -> None:
    saver = Saver(listener, retry_seconds=0.01)
    disk.full = True
    saver.put(disk.write("one"))
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "failed")
    disk.full = False
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "saved")
    assert disk.written == ["one"]
    assert saver.close(TIMEOUT)


def test_a_write_that_can_never_work_is_given_up_and_the_rest_goes_on(saver: Saver, disk: Disk) -> None:
    tries: list[int] = []
    lost: list[SegDeskError] = []

    def broken() -> None:
        tries.append(1)
        raise ValueError("a map of the wrong size")

    saver.put(broken, on_lost=lost.append)
    for number in range(TRIES):
        saver.put(disk.write(str(number)))
        saver.poke()
    while not disk.written:
        try:
            saver.flush()
        except SegDeskError:
            continue
    assert len(tries) == TRIES
    assert "ValueError" in lost[0].text()
    assert disk.written == ["0", "1", "2"]


def test_a_batch_waits_for_room(saver: Saver, disk: Disk) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow() -> None:
        entered.set()
        assert leave.wait(TIMEOUT)

    saver.put(slow)
    assert entered.wait(TIMEOUT)
    saver.put(disk.write("one"), room=2)
    asked = threading.Event()

    def give_up() -> bool:
        asked.set()
        return True

    with pytest.raises(Cancelled):
        saver.put(disk.write("two"), room=2, cancelled=give_up)
    assert asked.is_set()
    leave.set()
    saver.put(disk.write("three"), room=2)
    saver.flush()
    assert disk.written == ["one", "three"]


def test_a_batch_is_told_when_there_will_be_no_room(saver: Saver, disk: Disk, listener: Listener) -> None:
    disk.full = True
    saver.put(disk.write("one"))
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "failed")
    with pytest.raises(SegDeskError, match="full"):
        saver.put(disk.write("two"), room=1)


def test_nothing_is_written_while_it_is_held(saver: Saver, disk: Disk) -> None:
    with saver.hold():
        saver.put(disk.write("one"), owner=1, payload="step")
        assert saver.waiting(1) == ["step"]
        assert disk.written == []
    saver.flush()
    assert disk.written == ["one"]


def test_closing_writes_what_waits(listener: Listener, disk: Disk) -> None:
    saver = Saver(listener, retry_seconds=None)
    with saver.hold():
        for number in range(5):
            saver.put(disk.write(str(number)))
    assert saver.close(TIMEOUT)
    assert len(disk.written) == 5


def test_closing_says_when_work_could_not_be_saved(listener: Listener, disk: Disk) -> None:
    saver = Saver(listener, retry_seconds=None)
    disk.full = True
    saver.put(disk.write("one"))
    assert not saver.close(TIMEOUT)
    assert disk.tries >= 1


def test_a_listener_that_raises_does_not_stop_saving(disk: Disk) -> None:
    def on_state(state: SaveState) -> None:
        raise ValueError("a bad listener")

    saver = Saver(on_state, retry_seconds=None)
    saver.put(disk.write("one"))
    saver.flush()
    saver.put(disk.write("two"))
    assert saver.close(TIMEOUT)
    assert disk.written == ["one", "two"]


def test_a_poke_is_always_answered(saver: Saver, disk: Disk, listener: Listener) -> None:
    disk.full = True
    saver.put(disk.write("one"))
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "failed")
    for answers in (2, 3):
        saver.poke()  # whoever closes the window waits for what comes of it
        listener.wait(lambda _, answers=answers: status(listener).count("failed") == answers)
    disk.full = False
    saver.poke()
    listener.wait(lambda r: isinstance(r, SaveState) and r.status == "saved")
    assert disk.written == ["one"]
