"""The process that runs readers on broken inputs: `python -m tests.fuzz.worker --folder DIR --seed S NAME:FROM:TO...`.

One line of JSON for each finding and at the end of each reader. The number of the input at hand lies in `DIR/at`, so
that the parent knows which one has killed the process (a crash in C, a hang, memory); inputs are the same for the same
seed and number, in any process.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.mutate import Files, mutated
from tests.fuzz.oracle import Arena, Judge
from tests.fuzz.readers import Reader, readers

HANG_SECONDS = 60
RUN = 25  # inputs of one seed after the other: files that they share need not be written anew
REPORT = sys.stdout
MORE_BYTES = 4 << 30  # of address space, above that of the process when it begins


def input_of(reader: Reader, seeds: Sequence[Files], seed: int, number: int) -> Files:
    """The input of a number; the first ones are the seeds themselves."""
    if number < len(seeds):
        return seeds[number]
    rng = random.Random(f"{reader.name} {seed} {number}")
    return mutated(seeds[number // RUN % len(seeds)], seeds, rng)


def seeds_of(reader: Reader) -> Sequence[Files]:
    """The reader's valid inputs, made anew."""
    with tempfile.TemporaryDirectory() as folder:
        return reader.seeds(Path(folder))


def limit_memory() -> None:
    """A larger request for memory fails instead of taking the machine with it; where the system can (not Windows)."""
    try:
        import resource
    except ImportError:
        return
    with open("/proc/self/statm", encoding="ascii") if os.path.exists("/proc/self/statm") else open(os.devnull) as file:
        used = int((file.read().split() or ["0"])[0]) * 4096
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + MORE_BYTES, hard))


def main(arguments: Sequence[str] | None = None) -> int:
    """See above."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("jobs", nargs="+", help="NAME:FROM:TO")
    options = parser.parse_args(arguments)
    folder = Path(options.folder)
    arena = Arena(folder / "arena")
    os.environ.update(
        {"TMPDIR": str(arena.temporary), "XDG_CONFIG_HOME": str(arena.cache), "XDG_CACHE_HOME": str(arena.cache)}
    )
    known = readers(
        torch=None if any(readers(torch=False).get(j.split(":")[0]) is None for j in options.jobs) else False
    )
    jobs = [(known[name], int(first), int(last)) for name, first, last in (job.split(":") for job in options.jobs)]
    seeds = {reader.name: seeds_of(reader) for reader, _, _ in jobs}
    tempfile.tempdir = str(arena.temporary)
    os.chdir(arena.cache)
    limit_memory()
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGALRM, chain=True)  # what follows in the chain is the end of the process
    judge = Judge(arena)
    at = os.open(folder / "at", os.O_WRONLY | os.O_CREAT)
    for reader, first, last in jobs:
        run(judge, reader, seeds[reader.name], (options.seed, first, last), at)
    return 0


def run(judge: Judge, reader: Reader, seeds: Sequence[Files], which: tuple[int, int, int], at: int) -> None:
    """All inputs of one reader."""
    seed, first, last = which
    began, slowest, most = time.monotonic(), 0.0, 0
    for number in range(first, last):
        files = input_of(reader, seeds, seed, number)
        os.pwrite(at, f"{reader.name}:{number}".ljust(80).encode(), 0)
        _alarm(HANG_SECONDS)
        found, cost = judge.judge(
            files, reader.read, writes=reader.writes, network=reader.network, most_bytes=reader.most_bytes
        )
        _alarm(0)
        slowest, most = max(slowest, cost.seconds), max(most, cost.bytes)
        for finding in found:
            _say(reader=reader.name, number=number, kind=finding.kind, where=finding.where, words=finding.words)
    _say(reader=reader.name, done=last - first, seconds=time.monotonic() - began, slowest=slowest, most=most)


def _alarm(seconds: float) -> None:
    """Die with a dump of the stack after so long, also in the midst of C; 0: not any more."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
    else:
        faulthandler.dump_traceback_later(seconds or 1e6, exit=True)


def _say(**words: object) -> None:
    REPORT.write(json.dumps(words, ensure_ascii=True) + "\n")
    REPORT.flush()


if __name__ == "__main__":
    REPORT = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # what libraries print is no report
    sys.exit(main())
