"""The engine process and its proxy: answers, crashes, cancelling, shared memory. The process is the real one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from segdesk.app.engine_life import Ticket
from segdesk.app.engine_process import EngineProcess
from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.packed import PackedMap
from segdesk.engines.messages import Answer, NotKept, PredictRequest, crf_available

REGIONS = ModelCard(
    "regions", Text("Regions"), "instance", "", Text(""), NetSpec("regions"), ClassSet.from_names(["region"])
)
DEEPLAB = replace(
    REGIONS,
    id="deeplab",
    task="semantic",
    net=NetSpec("deeplabv3_mobilenetv2"),
    classes=ClassSet.from_names(["cat", "dog"]),
    channel_ids=(0, 1, 2),
)
EVERYTHING = RunOptions(DecideOptions(confidence=0.0, overlap=0.0))
needs_fifo = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are how these tests hold the engine")


@pytest.fixture(scope="module")
def shared_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    engine = EngineProcess(log=tmp_path_factory.mktemp("engine") / "engine.log", grace_seconds=0.1)
    engine.start()
    yield engine
    engine.stop()
    assert not engine.alive


def picture(seed: int = 0, height: int = 40, width: int = 60) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = (20 + seed, 200, 90)
    return image


def ask(key: str = "a", card: ModelCard = REGIONS, **changes: object) -> PredictRequest:
    return replace(PredictRequest(key, card, picture(), options=EVERYTHING), **changes)  # type: ignore[arg-type]


def held(fifo: Path) -> PredictRequest:
    """A request on which the engine hangs while it opens the weights, until somebody opens the other end."""
    os.mkfifo(fifo)
    card = replace(DEEPLAB, id=f"held-{fifo.name}", weights=WeightsSpec("x.pth"))
    return ask("held", card, weights={card.id: str(fifo)})


def wait_until_held(fifo: Path) -> None:
    """Returns when the engine has opened the pipe, and keeps it waiting for bytes."""
    os.open(fifo, os.O_WRONLY)


def blocks() -> list[str]:
    folder = Path("/dev/shm")
    return [p.name for p in folder.glob(f"segdesk_{os.getpid()}_*")] if folder.is_dir() else []


def test_a_picture_is_answered(shared_engine: EngineProcess):
    answer = shared_engine.answer(ask())
    assert isinstance(answer, Answer)
    assert answer.segmentation.size == (40, 60)
    assert len(answer.segmentation.segments) == 2
    assert isinstance(answer.segmentation, PackedMap)
    map_ = answer.segmentation.unpacked()
    left, right = map_.ids[0, 0], map_.ids[0, 59]
    assert left != right
    assert sorted(answer.seconds) == ["decide", "forward", "load", "prepare"]
    map_.check(answer.classes)


def test_a_net_runs_and_is_decided_again_from_memory(shared_engine: EngineProcess):
    first = shared_engine.answer(ask("b", DEEPLAB))
    unsure = RunOptions(DecideOptions(pixel_confidence=1.1))
    again = shared_engine.answer(ask("b", DEEPLAB, image=None, options=unsure))
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert again.segmentation.size == (40, 60)
    assert not again.segmentation.ids.any()
    assert "forward" not in again.seconds


def test_what_is_not_kept_is_said(shared_engine: EngineProcess):
    assert shared_engine.answer(ask("never seen", image=None)) == NotKept("never seen", "regions")


def test_devices_end_with_the_processor(shared_engine: EngineProcess):
    assert shared_engine.devices()[-1].id == "cpu"


def test_an_error_of_the_engine_arrives_as_it_was_raised(shared_engine: EngineProcess):
    with pytest.raises(SegDeskError) as caught:
        shared_engine.answer(ask(card=replace(DEEPLAB, id="odd", net=NetSpec("no_such_net"))))
    assert caught.value.message == "There is no architecture called {net}."
    assert "no_such_net" in caught.value.text()


def test_many_come_in_order_and_an_error_does_not_stop_them(shared_engine: EngineProcess):
    bad = replace(DEEPLAB, id="odd", net=NetSpec("no_such_net"))
    keys = [f"p{i}" for i in range(7)]
    requests = [ask(key, bad if key == "p3" else REGIONS, image=picture(i)) for i, key in enumerate(keys)]
    results = dict(shared_engine.answer_many(requests))
    assert list(results) == keys
    assert [key for key, value in results.items() if isinstance(value, SegDeskError)] == ["p3"]


def test_requests_are_taken_lazily(shared_engine: EngineProcess):
    taken: list[int] = []

    def source() -> Iterator[PredictRequest]:
        for index in range(10):
            taken.append(index)
            yield ask(str(index))

    results = shared_engine.answer_many(source(), ahead=2)
    next(results)
    assert taken == [0, 1, 2]
    results.close()


def test_another_question_may_come_between(shared_engine: EngineProcess):
    results = shared_engine.answer_many([ask(str(i)) for i in range(4)])
    assert next(results)[0] == "0"
    between = shared_engine.answer(ask("between", image=picture(9, 50, 50)))
    assert isinstance(between, Answer)
    assert between.segmentation.size == (50, 50)
    assert [key for key, _ in results] == ["1", "2", "3"]


@needs_fifo
def test_a_killed_engine_costs_its_picture_and_starts_again(shared_engine: EngineProcess, tmp_path: Path):
    # A large picture is computed by itself, so that there is no doubt whose fault it was.
    request = replace(held(tmp_path / "w"), image=picture(height=2_100, width=2_000))
    assert isinstance(shared_engine.answer(ask()), Answer)  # its model is there: it need not wait for another to load
    before = shared_engine.pid
    results = shared_engine.answer_many([ask("0"), request, ask("2"), ask("3")])
    assert isinstance(next(results)[1], Answer)
    wait_until_held(tmp_path / "w")
    os.kill(shared_engine.pid or 0, signal.SIGKILL)
    key, error = next(results)
    assert key == "held"
    assert isinstance(error, SegDeskError)
    assert "stopped" in error.text()
    assert [(key, type(value)) for key, value in results] == [("2", Answer), ("3", Answer)]
    assert shared_engine.pid != before


def test_pictures_side_by_side_come_back_in_order(shared_engine: EngineProcess):
    requests = [ask(str(n), image=picture(n, 40 + n, 60)) for n in range(12)]
    results = list(shared_engine.answer_many(requests))
    assert [key for key, _ in results] == [str(n) for n in range(12)]
    assert [answer.segmentation.size for _, answer in results] == [(40 + n, 60) for n in range(12)]


def test_an_urgent_question_is_answered_within_a_batch(shared_engine: EngineProcess):
    results = shared_engine.answer_many(ask(str(n)) for n in range(20))
    next(results)
    assert isinstance(shared_engine.answer(ask("urgent", DEEPLAB)), Answer)
    assert len(list(results)) == 19


@needs_fifo
def test_two_suspects_are_each_asked_alone(shared_engine: EngineProcess, tmp_path: Path):
    """Two pictures are under way when the engine dies; the guilty one kills it again, the other is answered."""
    request, over = held(tmp_path / "w"), threading.Event()

    def kill_at_each_attempt() -> None:
        while True:
            writer = os.open(tmp_path / "w", os.O_WRONLY)  # waits until the engine reads
            if over.is_set():
                os.close(writer)
                return
            victim = shared_engine.pid
            os.kill(victim or 0, signal.SIGKILL)
            while shared_engine.pid == victim:
                os.sched_yield()
            os.close(writer)

    killer = threading.Thread(target=kill_at_each_attempt)
    killer.start()
    results = dict(shared_engine.answer_many([request, *(ask(str(n)) for n in range(3))]))
    over.set()
    reader = os.open(tmp_path / "w", os.O_RDONLY)  # lets the thread go
    killer.join()
    os.close(reader)
    assert isinstance(results.pop("held"), SegDeskError)
    assert all(isinstance(answer, Answer) for answer in results.values())
    assert len(results) == 3


@needs_fifo
def test_a_single_answer_tells_of_the_crash(shared_engine: EngineProcess, tmp_path: Path):
    request = held(tmp_path / "w")
    killer = threading.Thread(target=lambda: (wait_until_held(tmp_path / "w"), os.kill(shared_engine.pid or 0, 9)))
    killer.start()
    with pytest.raises(SegDeskError, match="stopped"):
        shared_engine.answer(request)
    killer.join()
    assert isinstance(shared_engine.answer(ask()), Answer)


@needs_fifo
def test_cancel_returns_at_once_and_a_stubborn_engine_is_replaced(shared_engine: EngineProcess, tmp_path: Path):
    request = held(tmp_path / "w")
    flag = threading.Event()
    opener = threading.Thread(target=lambda: (wait_until_held(tmp_path / "w"), flag.set()))
    opener.start()
    with pytest.raises(Cancelled):
        shared_engine.answer(request, flag.is_set)
    opener.join()
    assert isinstance(shared_engine.answer(ask()), Answer)  # waits for the old process's end and the new one's start


@pytest.mark.skipif(not crf_available(), reason="numba is not installed")
def test_the_crf_runs_there(shared_engine: EngineProcess):
    answer = shared_engine.answer(ask("crf", DEEPLAB, options=RunOptions(crf=CrfOptions())))
    assert isinstance(answer, Answer)
    assert "refine" in answer.seconds


def test_no_shared_memory_is_left_and_no_process(tmp_path: Path):
    engine = EngineProcess(log=tmp_path / "log")
    mine = set(blocks())
    assert isinstance(engine.answer(ask(image=picture(0, 300, 300))), Answer)
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    engine.stop()
    assert set(blocks()) <= mine
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # not even a zombie
    with pytest.raises(Cancelled):
        engine.answer(ask())


@needs_fifo
def test_stop_from_another_thread_frees_who_waits(tmp_path: Path):
    engine = EngineProcess(log=tmp_path / "log")
    request = held(tmp_path / "w")
    stopper = threading.Thread(target=lambda: (wait_until_held(tmp_path / "w"), engine.stop()))
    stopper.start()
    with pytest.raises(Cancelled):
        engine.answer(request)
    stopper.join()
    assert not engine.alive


def test_an_engine_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    engine = EngineProcess(log=tmp_path / "log")
    with pytest.raises(SegDeskError, match="could not start"):
        engine.answer(ask())
    engine.start()
    running, late = engine._running, Ticket(99)
    assert running is not None
    running._reader.join()  # it has ended before the question comes
    running.ask(late, None)
    assert "could not start" in str(late.outcome)
    engine.stop()


def test_the_host_ends_with_the_window(tmp_path: Path):
    """A window that is killed leaves no engine behind."""
    code = (
        "import sys, pathlib; from segdesk.app.engine_process import EngineProcess;"
        f"e = EngineProcess(log=pathlib.Path({str(tmp_path / 'log')!r})); e.devices(); print(e.pid, flush=True);"
        "sys.stdin.read()"
    )
    window = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert window.stdout is not None
    assert window.stdin is not None
    pid = int(window.stdout.readline())
    window.kill()
    window.wait()
    window.stdout.close()
    window.stdin.close()
    deadline = threading.Event()
    while _lives(pid):  # the pipe's end reaches it at once; pytest's timeout bounds a failure
        deadline.wait(0.01)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_window_side_imports_no_torch():
    code = "import sys, segdesk.app.engine_process as m; assert 'torch' not in sys.modules; print('clean')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "clean"
