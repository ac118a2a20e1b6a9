"""Decoding ahead: the cache around the open picture and the look-ahead of a batch, with a reader that can be held."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.app.prefetch import Prefetch, read_ahead
from segdesk.domain.errors import Cancelled, SegDeskError
from tests.app.reports import TIMEOUT

SIDE = 10
BYTES = SIDE * SIDE * 3


class Reader:
    """Decodes a file named after a number to a picture of that grey, counting; holds files that it is told to hold."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.held: dict[str, threading.Event] = {}
        self.entered = threading.Semaphore(0)

    def __call__(self, path: Path) -> np.ndarray:
        self.read.append(path.name)
        self.entered.release()
        if path.name in self.held:
            assert self.held[path.name].wait(TIMEOUT)
        if path.name == "broken":
            raise SegDeskError("{name} is cut off.", name=path.name)
        return np.full((SIDE, SIDE, 3), int(path.name), np.uint8)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def cache(reader: Reader) -> Iterator[Prefetch]:
    cache = Prefetch(3 * BYTES, threads=1, read=reader)
    yield cache
    for event in reader.held.values():
        event.set()
    cache.close()


def paths(folder: Path, *names: object) -> list[Path]:
    for name in names:
        (folder / str(name)).touch()
    return [folder / str(n) for n in names]


def test_a_picture_is_decoded_once_and_cannot_be_written_to(cache: Prefetch, reader: Reader, tmp_path: Path) -> None:
    (path,) = paths(tmp_path, 1)
    assert cache.ready(path) is None
    pixels = cache.get(path)
    assert cache.get(path) is pixels
    assert cache.ready(path) is pixels
    assert reader.read == ["1"]
    with pytest.raises(ValueError):
        pixels[0, 0] = 0


def test_the_least_recently_used_goes_first(cache: Prefetch, tmp_path: Path) -> None:
    one, two, three, four = paths(tmp_path, 1, 2, 3, 4)
    for path in (one, two, three):
        cache.get(path)
    cache.get(one)
    cache.get(four)
    assert cache.ready(two) is None
    assert cache.ready(one) is not None
    assert cache.nbytes == 3 * BYTES


def test_a_picture_beyond_the_budget_is_given_but_not_kept(reader: Reader, tmp_path: Path) -> None:
    cache = Prefetch(BYTES - 1, read=reader)
    (path,) = paths(tmp_path, 1)
    assert cache.get(path).shape == (SIDE, SIDE, 3)
    assert cache.ready(path) is None
    cache.close()


def test_only_pictures_of_which_some_fit_are_worth_reading_ahead(cache: Prefetch) -> None:
    assert cache.worth(3 * BYTES // 4)
    assert not cache.worth(BYTES)


def test_a_changed_file_is_decoded_again(cache: Prefetch, reader: Reader, tmp_path: Path) -> None:
    (path,) = paths(tmp_path, 1)
    cache.get(path)
    path.write_bytes(b"another picture")
    cache.get(path)
    assert reader.read == ["1", "1"]


def test_wanted_pictures_come_in_the_background(cache: Prefetch, reader: Reader, tmp_path: Path) -> None:
    wanted = paths(tmp_path, 1, 2)
    cache.want(wanted)
    for _ in wanted:
        assert reader.entered.acquire(timeout=TIMEOUT)
    assert [cache.get(p)[0, 0, 0] for p in wanted] == [1, 2]
    assert reader.read == ["1", "2"]


def test_what_is_not_wanted_any_more_is_not_begun(cache: Prefetch, reader: Reader, tmp_path: Path) -> None:
    one, two, three = paths(tmp_path, 1, 2, 3)
    reader.held["1"] = threading.Event()
    cache.want([one, two])
    assert reader.entered.acquire(timeout=TIMEOUT)
    cache.want([three])
    reader.held["1"].set()
    assert cache.get(three)[0, 0, 0] == 3
    assert "2" not in reader.read


def test_a_picture_that_waits_for_a_thread_is_decoded_by_who_needs_it(
    cache: Prefetch, reader: Reader, tmp_path: Path
) -> None:
    one, two = paths(tmp_path, 1, 2)
    reader.held["1"] = threading.Event()
    cache.want([one, two])
    assert reader.entered.acquire(timeout=TIMEOUT)
    assert cache.get(two)[0, 0, 0] == 2  # although the only thread is busy with the other
    reader.held["1"].set()
    assert cache.get(one)[0, 0, 0] == 1
    assert sorted(reader.read) == ["1", "2"]


def test_an_error_is_raised_each_time_and_not_kept(cache: Prefetch, reader: Reader, tmp_path: Path) -> None:
    (path,) = paths(tmp_path, "broken")
    cache.want([path])
    for _ in range(2):
        with pytest.raises(SegDeskError, match="cut off"):
            cache.get(path)
    assert cache.nbytes == 0


def test_a_batch_gets_pictures_and_errors_in_order(reader: Reader) -> None:
    items = [(n, Path(str(n))) for n in (1, 2, "broken", 4)]
    found = list(read_ahead(items, read=reader, threads=2, ahead=3))
    assert [key for key, _ in found] == [1, 2, "broken", 4]
    assert isinstance(found[2][1], SegDeskError)
    assert isinstance(found[3][1], np.ndarray)


def test_a_batch_does_not_run_far_ahead(reader: Reader) -> None:
    pulled: list[int] = []

    def items() -> Iterator[tuple[int, Path]]:
        for number in range(100):
            pulled.append(number)
            yield number, Path(str(number))

    stream = read_ahead(items(), read=reader, ahead=4)
    next(stream)
    assert len(pulled) == 4
    next(stream)
    assert len(pulled) == 5
    stream.close()


def test_large_pictures_are_not_read_ahead(reader: Reader) -> None:
    pulled: list[int] = []

    def items() -> Iterator[tuple[int, Path]]:
        for number in range(100):
            pulled.append(number)
            yield number, Path(str(number))

    stream = read_ahead(items(), read=reader, ahead=2, budget_bytes=BYTES)
    for _ in range(10):
        next(stream)
    assert len(pulled) == 10  # two before the first size was known, none beyond the one given afterwards
    stream.close()


def test_a_cancelled_batch_stops_reading(reader: Reader) -> None:
    stop = threading.Event()
    stream = read_ahead([(n, Path(str(n))) for n in range(9)], read=reader, cancelled=stop.is_set)
    next(stream)
    stop.set()
    with pytest.raises(Cancelled):
        next(stream)
