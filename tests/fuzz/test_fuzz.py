"""A small fuzzing of every reader on each change (`scripts/fuzz.py` does ten thousand inputs each), and whether its
judge sees what it is there for."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.errors import SegDeskError
from tests.fuzz.campaign import campaign
from tests.fuzz.mutate import Link, mutated
from tests.fuzz.oracle import Arena, Judge
from tests.fuzz.readers import Reader, readers

SEED = 9
INPUTS, TORCH_INPUTS = 30, 15


def found_by(chosen: list[Reader], inputs: int) -> list[str]:
    tallies = campaign(chosen, inputs, SEED)
    assert all(tally.inputs == inputs for tally in tallies), [(t.reader, t.inputs) for t in tallies]
    return [line for tally in tallies for line in tally.lines()]


def test_no_reader_of_the_window_is_knocked_over() -> None:
    assert found_by(list(readers(torch=False).values()), INPUTS) == []


def test_no_reader_of_the_engine_is_knocked_over() -> None:
    pytest.importorskip("onnx")
    assert found_by(list(readers(torch=True).values()), TORCH_INPUTS) == []


def test_every_import_format_is_among_the_readers() -> None:
    from tests.io.formats.exchange import MODULES

    known = readers(torch=False)
    assert {f"import {m.INFO.id}" for m in MODULES if m.INFO.can_read} <= known.keys()


@given(st.binary(max_size=300), st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_broken_input_is_the_same_for_the_same_seed(data: bytes, random: object) -> None:
    from random import Random

    files = {"a.json": data, "b.png": data[::-1], "c.txt": b"one 1\ntwo 2\n"}
    number = random.randrange(1 << 30)  # type: ignore[attr-defined]
    assert mutated(files, [files], Random(number)) == mutated(files, [files], Random(number))


# -- the judge -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """One for all: its hook stays in the process, silent while nothing is judged."""
    return Judge(Arena(tmp_path_factory.mktemp("arena")))


def kinds(judge: Judge, read: Callable[[Path], object], **more: object) -> set[str]:
    found, _ = judge.judge({"a.txt": b"x", "in/b.txt": b"y"}, read, **more)  # type: ignore[arg-type]
    return {finding.kind for finding in found}


def _raise(error: BaseException) -> object:
    raise error


def _connect(folder: Path) -> None:
    with socket.socket() as line:
        line.connect_ex(("127.0.0.1", 9))


def test_a_good_reader_passes(judge: Judge) -> None:
    assert kinds(judge, lambda folder: (folder / "a.txt").read_bytes()) == set()
    assert kinds(judge, lambda folder: _raise(SegDeskError("{name} is damaged.", name="x\n\ud800" * 900))) == set()
    assert kinds(judge, lambda folder: (folder.parent / "cache" / "a").write_bytes(b"x")) == set()
    assert kinds(judge, lambda folder: (folder / "a.txt").write_bytes(b"z"), writes=True) == set()
    assert kinds(judge, _connect, network=True) == set()


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "another exception": (lambda folder: _raise(LookupError("x")), "LookupError"),
    "depth": (lambda folder: _raise(RecursionError("x")), "RecursionError"),
    "a wrong value": (lambda folder: _raise(AssertionError("x")), "wrong value"),
    "a sentence of two lines": (lambda folder: _raise(SegDeskError("One\ntwo.")), "sentence"),
    "writes into its input": (lambda folder: (folder / "a.txt").write_bytes(b"other"), "write"),
    "writes beside it": (lambda folder: (folder.parent / "outside" / "new").write_bytes(b"x"), "files changed"),
    "removes": (lambda folder: (folder / "in" / "b.txt").unlink(), "write"),
    "leaves temporary files": (lambda folder: (folder.parent / "temporary" / "x").write_bytes(b"x"), "files changed"),
    "follows a path": (lambda folder: (folder / ".." / "outside" / "keep.txt").read_text(), "path outside"),
    "starts a program": (lambda folder: os.system("true"), "code run"),
    "calls": (_connect, "network"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_reader_is_seen(judge: Judge, name: str) -> None:
    read, kind = BAD[name]
    assert kind in kinds(judge, read)
    (judge.arena.outside / "new").unlink(missing_ok=True)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only Linux tells the most memory of a process")
def test_a_memory_bomb_is_seen(judge: Judge) -> None:
    assert kinds(judge, lambda folder: len(b"x" * (96 << 20)), most_bytes=48 << 20) == {"memory"}


def test_a_name_of_a_pickle_is_not_looked_up(judge: Judge) -> None:
    import pickle

    assert "code run" in kinds(judge, lambda folder: pickle.loads(b"cos\ngetpid\n."))


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_lie_as_they_were_given(judge: Judge) -> None:
    found, _ = judge.judge({"a.txt": Link("../outside/keep.txt")}, lambda folder: (folder / "a.txt").read_text())
    assert found == []
