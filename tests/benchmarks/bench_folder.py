"""How long until a folder of 10,000 pictures is listed, new and opened again, over a bare recursive directory walk of
the same folder: `python tests/benchmarks/bench_folder.py [FILES]`."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from segdesk.app.reports import PicturesChanged
from segdesk.app.session import Session
from segdesk.app.settings import Settings


class Clock:
    """Notes when names were first there and when all were."""

    def __init__(self) -> None:
        self.begin = 0.0
        self.first = 0.0

    def __call__(self, report: object) -> None:
        if isinstance(report, PicturesChanged) and not self.first:
            self.first = time.perf_counter() - self.begin


def opened(folder: Path, clock: Clock, session: Session) -> tuple[float, float]:
    """(seconds to the first names, seconds to all of them)."""
    clock.begin, clock.first = time.perf_counter(), 0.0
    session.wait(session.open(folder), 60)
    return clock.first, time.perf_counter() - clock.begin


def main(count: int = 10_000) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        for number in range(count):
            sub = folder / f"day {number // 1000}"
            sub.mkdir(parents=True, exist_ok=True)
            (sub / f"IMG_{number}.jpg").touch()
        begin = time.perf_counter()
        walked = sum(len(files) for _, _, files in os.walk(folder))
        walk = time.perf_counter() - begin
        clock = Clock()
        session = Session(Settings(), clock)
        for text in ("new", "again"):
            first, last = opened(folder, clock, session)
            assert len(session.pictures) == walked == count
            print(f"{text}: first names {first:.3f} s, all {count} {last:.3f} s, {last / walk:.0f} times a bare walk")
        session.close()


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
