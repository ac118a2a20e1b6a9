"""Figures of the project file: 100,000 pictures, a stroke at 24 and 100 megapixels, whole maps.

Run by hand: `python tests/benchmarks/bench_project.py`. Times are given beside that of compressing 16 MB with zlib on
the same machine at the same time, so that they can be compared between machines.
"""

from __future__ import annotations

import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from segdesk.domain.edit import Stroke
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project


def seconds(work: Callable[[], object], *, repeat: int = 3) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def yardstick() -> float:
    """Seconds of a fixed piece of work."""
    data = np.random.default_rng(0).integers(0, 16, 1 << 24, np.uint8).tobytes()
    return seconds(lambda: zlib.compress(data, 1))


def many_pictures(folder: Path, show: Callable[[str, float], None]) -> None:
    """Adding, opening, listing and counting 100,000 pictures."""
    path = folder / "many.segdesk"
    names = [f"folder {n // 1000}/picture {n}.jpg" for n in range(100_000)]
    with Project.create(path, folder) as project:
        show("add 100,000 pictures", seconds(lambda: project.add_pictures(names), repeat=1))
    show("open it", seconds(lambda: Project.open(path).close()))
    with Project.open(path) as project:
        show("list all", seconds(project.pictures))
        rows = project.pictures()
        show("sort by doubt", seconds(lambda: sorted(rows, key=lambda r: r.doubt)))
        show("counts of states", seconds(project.counts))
        show("set a state", seconds(lambda: project.set_state(50_000, "verified")))


def strokes(folder: Path, show: Callable[[str, float], None], *, height: int, width: int) -> None:
    """Whole maps and single strokes at one size."""
    megapixels = height * width // 1_000_000
    ids = np.kron(
        np.random.default_rng(1).integers(0, 200, (height // 50, width // 50), np.uint16), np.ones((50, 50), np.uint16)
    )
    here = Segmentation(ids, {k: Segment(1) for k in range(1, 200)})
    with Project.create(folder / f"{megapixels}.segdesk", folder) as project:
        project.add_pictures(["a.jpg"])
        show(f"save a map of {megapixels} MP", seconds(lambda: project.save_map(1, "reference", here), repeat=1))
        project.save_map(1, "annotation", here)
        show(f"load it, {megapixels} MP", seconds(lambda: project.load_map(1, "annotation")))
        taken = []
        rng = np.random.default_rng(2)
        for _ in range(200):
            stroke = Stroke(here, "brush")
            y, x = int(rng.integers(0, height - 120)), int(rng.integers(0, width - 120))
            stroke.write(x, y, np.ones((120, 120), bool), int(rng.integers(1, 200)))
            edit = stroke.commit()
            if edit is not None:
                start = time.perf_counter()
                project.save_step(1, here, edit, "push")
                taken.append(time.perf_counter() - start)
        show(f"save a stroke at {megapixels} MP, median", float(np.median(taken)))
        show(f"save a stroke at {megapixels} MP, p99", float(np.percentile(taken, 99)))
        show(f"load the history of {len(taken)} strokes", seconds(lambda: project.load_history(1)))


def main() -> None:
    """Print the figures."""
    unit = yardstick()
    print(f"{'':44}{'ms':>10}{'ratio to zlib of 16 MB':>26}")

    def show(name: str, value: float) -> None:
        print(f"{name:44}{value * 1e3:10.2f}{value / unit:26.4f}")

    with tempfile.TemporaryDirectory() as folder:
        many_pictures(Path(folder), show)
        strokes(Path(folder), show, height=4000, width=6000)
        strokes(Path(folder), show, height=10_000, width=10_000)


if __name__ == "__main__":
    main()
