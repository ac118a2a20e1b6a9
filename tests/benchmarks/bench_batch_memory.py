"""Memory of a batch over many small pictures: resident bytes of the session's process and of the engine's at 1,000
pictures and at the end: `python tests/benchmarks/bench_batch_memory.py [PICTURES] [MODEL]`.

The pictures are links to a few files of 64 x 48 pixels, so that thousands of them take minutes; what would grow with
their number (rows, reports, kept answers, the store's queue, the database's cache) grows with these as well.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from segdesk.app.jobs import Done, Progress
from segdesk.app.load import resident_bytes
from segdesk.app.session import Session
from segdesk.app.settings import Settings

MODEL = "deeplabv3plus-mobilenetv2-everyday"
EARLY = 1000
KINDS = 10


def fill(folder: Path, count: int) -> None:
    """`count` links to a few pictures of noise."""
    folder.mkdir()
    files = []
    for kind in range(KINDS):
        files.append(folder.parent / f"{kind}.png")
        noise = np.random.default_rng(kind).integers(0, 256, (6, 8, 3), np.uint8)
        cv2.imwrite(str(files[-1]), cv2.resize(noise, (64, 48)))
    for number in range(count):
        (folder / f"p{number:06}.png").symlink_to(files[number % KINDS])


class Watch:
    """Hears the reports of the session and notes the memory every 500 pictures."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.bytes: dict[int, tuple[int, int]] = {}  # pictures done -> (both processes, this one)

    def __call__(self, report: object) -> None:
        if self.session is not None and isinstance(report, Progress) and report.done and report.done % 500 == 0:
            pid = self.session._desk.engine.pid
            own = (resident_bytes(os.getpid()) or 0) // 2
            self.bytes[report.done] = resident_bytes(pid) or 0, own
            speed = f", {report.pace.pictures:.0f} pictures/s" if report.pace else ""
            print(f"{report.done}: {self.bytes[report.done][0] >> 20} MB, of it here {own >> 20} MB{speed}", flush=True)


def main(count: str = "10000", model: str = MODEL) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        fill(folder, int(count))
        watch = Watch()
        watch.session = session = Session(Settings(), watch)
        session.choose_model(model)
        session.set_device("cpu")
        assert isinstance(session.wait(session.open(folder), 600), Done)
        begin = time.perf_counter()
        end = session.wait(session.run_all(), 7200)
        assert isinstance(end, Done), end
        assert (end.value.answered, end.value.failed) == (int(count), ())
        session.close()
    last = max(watch.bytes)
    early, late = watch.bytes[min(EARLY, last)][0], watch.bytes[last][0]
    print(f"{count} pictures with {model} in {time.perf_counter() - begin:.0f} s")
    print(f"memory at {last} pictures over that at {min(EARLY, last)}: {late / early:.3f} ({late - early >> 20:+} MB)")


if __name__ == "__main__":
    main(*sys.argv[1:])
