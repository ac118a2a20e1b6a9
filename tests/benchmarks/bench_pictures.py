"""How long until a 24-megapixel JPEG can be seen: its first pixels, the whole picture, and its neighbour read ahead.

    python tests/benchmarks/bench_pictures.py

Drives a real `Session`, without a window, on three 24-megapixel JPEGs made here from a photograph of scikit-image.
Prints seconds and, since machines differ, the ratio to one bare decode of the same file by OpenCV in the same run.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import skimage.data

SIZE = (4000, 6000)
ROUNDS = 5


def make_folder(folder: Path) -> None:
    """Three different JPEGs of 24 megapixels, with the grain that a camera has."""
    rng = np.random.default_rng(1)
    base = cv2.resize(skimage.data.astronaut(), SIZE[::-1], interpolation=cv2.INTER_CUBIC)
    grain = rng.integers(-9, 10, (SIZE[0] // 2, SIZE[1] // 2, 1), np.int16).repeat(2, 0).repeat(2, 1)
    for number in range(3):
        picture = np.clip(np.roll(base, number * 700, axis=1) + grain, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"picture {number}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92])


class Clock:
    """Notes when which report came."""

    def __init__(self) -> None:
        self.begin = 0.0
        self.first: float | None = None
        self.lock = threading.Lock()

    def start(self) -> None:
        with self.lock:
            self.begin, self.first = time.perf_counter(), None

    def __call__(self, report: object) -> None:
        with self.lock:
            if type(report).__name__ == "Preview" and self.first is None:
                self.first = time.perf_counter() - self.begin


def one_round(folder: Path, clock: Clock) -> tuple[float, float, float]:
    """(first pixels, whole picture, neighbour that was read ahead) in seconds, for a session that starts cold."""
    from segdesk.app.jobs import Done
    from segdesk.app.session import Session
    from segdesk.app.settings import Settings

    session = Session(Settings(), clock)
    try:
        assert isinstance(session.wait(session.open(folder)), Done)
        ids = [row.id for row in session.pictures]
        clock.start()
        assert isinstance(session.wait(session.go_to(ids[0])), Done)
        whole = time.perf_counter() - clock.begin
        first = clock.first or whole
        deadline = time.monotonic() + 20
        neighbour = folder / "picture 1.jpg"
        while session._desk.prefetch.ready(neighbour) is None and time.monotonic() < deadline:
            time.sleep(0.01)
        clock.start()
        assert isinstance(session.wait(session.go_to(ids[1])), Done)
        return first, whole, time.perf_counter() - clock.begin
    finally:
        session.close()


def main() -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = str(Path(name) / "home")
        folder = Path(name) / "pictures"
        folder.mkdir()
        make_folder(folder)
        data = np.fromfile(folder / "picture 0.jpg", np.uint8)
        bare, rounds = [], []
        clock = Clock()
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            cv2.imdecode(data, cv2.IMREAD_COLOR)
            bare.append(time.perf_counter() - begin)
            rounds.append(one_round(folder, clock))
        decode = statistics.median(bare)
        print(f"24 MP JPEG ({data.size / 1e6:.1f} MB), median of {ROUNDS}; one OpenCV decode {decode:.3f} s")
        names = ("first pixels, cold", "whole picture, cold", "neighbour, read ahead")
        for label, values in zip(names, zip(*rounds, strict=True), strict=True):
            print(f"  {label:24} {statistics.median(values):.3f} s   {statistics.median(values) / decode:.2f} decodes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
