"""Many inputs for many readers: starts the worker, goes on behind the inputs that kill it, gathers what was found."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT
from tests.fuzz.mutate import Files, Link
from tests.fuzz.oracle import Finding
from tests.fuzz.readers import Reader
from tests.fuzz.worker import input_of, seeds_of

MOST_DEATHS = 30  # of the worker in one reader: then its inputs are not worth the time


@dataclass
class Tally:
    """One row of the table: `findings` by kind and place, each with the numbers of the inputs that show it."""

    reader: str
    inputs: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    most: int = 0
    findings: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    words: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, finding: Finding, number: int) -> None:
        """Note a finding."""
        key = finding.kind, finding.where
        self.findings.setdefault(key, []).append(number)
        self.words.setdefault(key, finding.words)

    def lines(self) -> Iterator[str]:
        """Each kind of finding in a line."""
        for (kind, where), numbers in sorted(self.findings.items()):
            words = f"{self.words[kind, where]} (inputs {numbers[:5]}, {len(numbers)} in all)"
            yield f"{self.reader}: {kind} at {where or '-'}: {words}"


def campaign(
    readers: Sequence[Reader],
    inputs: int,
    seed: int,
    *,
    minutes: float = 0.0,
    told: Callable[[Tally], None] = lambda tally: None,
) -> list[Tally]:
    """`inputs` for each of the readers, in one process as long as none kills it. `minutes` 0: no limit. `told` is
    called for each reader that is through."""
    tallies = {reader.name: Tally(reader.name) for reader in readers}
    left = {reader.name: (0, inputs) for reader in readers}
    deaths: dict[str, int] = {}
    until = time.monotonic() + minutes * 60 if minutes else None
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None) as folder:
        while left and (until is None or time.monotonic() < until):
            dead = _worked(Path(folder), left, seed, tallies, until, told)
            if dead is None:
                continue
            name, number, finding = dead
            if name not in left:  # before the first input, or behind the last one
                raise RuntimeError(finding.words)
            tallies[name].add(finding, number)
            tallies[name].inputs += number + 1 - left[name][0]
            deaths[name] = deaths.get(name, 0) + 1
            left[name] = number + 1, inputs
            if number + 1 >= inputs or deaths[name] > MOST_DEATHS:
                told(tallies[name])
                del left[name]
    return list(tallies.values())


def _worked(
    folder: Path,
    left: dict[str, tuple[int, int]],
    seed: int,
    tallies: dict[str, Tally],
    until: float | None,
    told: Callable[[Tally], None],
) -> tuple[str, int, Finding] | None:
    """One worker until its end; the input that killed it, None if all is done or time is up."""
    jobs = [f"{name}:{first}:{last}" for name, (first, last) in left.items()]
    (folder / "at").write_text("", encoding="ascii")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONFAULTHANDLER": "1"}
    with (folder / "log").open("w+", encoding="utf-8", errors="replace") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.worker", "--folder", str(folder), "--seed", str(seed), *jobs],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
            cwd=ROOT,
        )
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                _heard(json.loads(line), left, tallies, told)
                if until is not None and time.monotonic() > until:
                    process.kill()
        code = process.wait()
        log.seek(0)
        words = log.read()
    if code == 0 or (until is not None and time.monotonic() > until):
        return None
    name, _, number = (folder / "at").read_text(encoding="ascii").strip().rpartition(":")
    kind = "hang" if code == -signal.SIGALRM else f"killed ({code})"
    return name, int(number or 0), Finding(kind, _place(words), words[-1500:])


def _heard(
    message: dict[str, object],
    left: dict[str, tuple[int, int]],
    tallies: dict[str, Tally],
    told: Callable[[Tally], None],
) -> None:
    name = str(message["reader"])
    tally = tallies[name]
    if "done" not in message:
        finding = Finding(str(message["kind"]), str(message["where"]), str(message["words"]))
        tally.add(finding, int(str(message["number"])))
        return
    tally.inputs += int(str(message["done"]))
    tally.seconds += float(str(message["seconds"]))
    tally.slowest = max(tally.slowest, float(str(message["slowest"])))
    tally.most = max(tally.most, int(str(message["most"])))
    left.pop(name, None)
    told(tally)


def _place(words: str) -> str:
    """The innermost line of the program in a dump of `faulthandler`."""
    found = re.search(r'File ".*/segdesk/([^"]+)", line (\d+) in (\w+)', words)
    return f"{found[1]}:{found[2]} {found[3]}" if found else ""


def save_input(reader: Reader, seed: int, number: int, folder: Path) -> Path:
    """The files of an input into a folder of their own, to be looked at; names that lead out of it are left out."""
    place = folder / f"{reader.name.replace(' ', '-')}-{seed}-{number}"
    files: Files = input_of(reader, seeds_of(reader), seed, number)
    for name, data in files.items():
        target = place / name
        if not os.path.normpath(target).startswith(str(place)):
            continue
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(data, Link):
                target.symlink_to(data.target)
            else:
                target.write_bytes(data)
        except (OSError, ValueError):
            continue
    return place
