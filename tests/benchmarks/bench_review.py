"""Figures of the review with 100,000 pictures: open, sort, filter, search by class, and the window's memory and frames
while it scrolls through thumbnails.

Run by hand: `python tests/benchmarks/bench_review.py`. Times stand beside the limits of the product; "ratio" is time to
limit, so that below 1 is kept.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
COUNT = 100_000
REAL = 400  # so many of the pictures exist; the thumbnails of the others are empty cells


def show(name: str, seconds: float, limit: float) -> None:
    """Print one line."""
    print(f"{name:58}{seconds * 1e3:10.1f} ms   limit {limit * 1e3:7.0f} ms   ratio {seconds / limit:6.2f}")


def best(work: Callable[[], object], repeat: int = 3) -> float:
    """The best of some runs, in seconds."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return min(taken)


def make(folder: Path) -> Path:
    """A project of 100,000 pictures, each with a doubt and five labelled segments."""
    from segdesk.domain.classes import ClassSet
    from segdesk.io.project import Project

    rng = np.random.default_rng(0)
    names = [f"{n // 1000:03d}/picture {n}.jpg" for n in range(COUNT)]
    for name in names[:REAL]:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        small = rng.integers(0, 256, (30, 40, 3), np.uint8)
        cv2.imwrite(str(path), cv2.resize(small, (1600, 1200), interpolation=cv2.INTER_CUBIC))
    path = folder / "many.segdesk"
    with Project.create(path, folder, ClassSet.from_names([f"class {n}" for n in range(20)], things=["class 3"])) as p:
        p.add_pictures(names)
        with p._database.writing() as db:
            ids = [i for (i,) in db.execute("SELECT id FROM pictures ORDER BY id")]
            doubts = rng.random(COUNT)
            states = rng.choice(["new", "predicted", "edited", "verified"], COUNT)
            db.executemany(
                "UPDATE pictures SET doubt = ?, state = ?, width = 1600, height = 1200 WHERE id = ?",
                zip(doubts.tolist(), states.tolist(), ids, strict=True),
            )
            db.executemany(
                "INSERT INTO maps (id, picture_id, layer, height, width) VALUES (?, ?, 'annotation', 1200, 1600)",
                ((i, i) for i in ids),
            )
            db.executemany(
                "INSERT INTO segments (map_id, id, class_id, score, by_human, crowd) VALUES (?, ?, ?, 1.0, 0, 0)",
                ((i, k, int(c)) for i in ids for k, c in enumerate(rng.integers(1, 21, 5), start=1)),
            )
    return path


def lists(path: Path) -> None:
    """The project and the queue, without a window."""
    from segdesk.app.queue import ORDERS, Wanted, arrange
    from segdesk.io.project import Project

    show("open the project file", best(lambda: Project.open(path).close()), 1.0)
    with Project.open(path) as project:
        show("read the list", best(project.pictures), 1.0)
        rows = project.pictures()
        objects = project.count_segments([4])
        for order in ORDERS:
            wanted = Wanted(order, "open" if order == "name" else "", objects=objects)
            show(
                f"sort by {order}" + (", only open ones" if order == "name" else ""),
                best(lambda w=wanted: arrange(rows, w)),
                0.2,
            )
        show("search by name", best(lambda: arrange(rows, Wanted(text="picture 99"))), 0.2)
        show("which pictures have a class", best(lambda: project.count_segments([7])), 0.5)


def window(path: Path) -> None:
    """The real window: open, sort, scroll through the thumbnails."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from segdesk.app.settings import Settings
    from segdesk.ui.main_window import MainWindow
    from segdesk.ui.start import make_application

    settings = Settings(language="en", theme="light", ui={"order": "doubt"})
    app = make_application(settings)
    main = MainWindow(settings)
    main.resize(1360, 850)
    main.show()
    app.processEvents()

    def until(check: Callable[[], bool]) -> float:
        start = time.perf_counter()
        while not check():
            app.processEvents()
            time.sleep(0.002)  # the other threads need the interpreter, as they get it from a waiting window
        return time.perf_counter() - start

    main.desk.open_path(path)
    model = main.files.model
    show("window: open, until the list is there, sorted", until(lambda: model.rowCount() == COUNT), 1.0)
    until(lambda: not main.desk.scanning)
    main.desk.queue.set_order("name")
    until(lambda: main.desk.queue.shown is None)
    main.desk.queue.set_order("doubt")
    show("window: sort by doubt", until(lambda: main.desk.queue.shown is not None), 0.2)
    main.desk.queue.set_order("name")
    until(lambda: main.desk.queue.shown is None)
    scroll(main, app.processEvents, until)
    main.close()
    until(lambda: main.closing.finished)


def scroll(main: MainWindow, events: Callable[[], object], until: Callable[[Callable[[], bool]], float]) -> None:
    """Scroll through all thumbnails in long steps, and slowly where the pictures exist."""
    main.files.as_grid.setChecked(True)
    grid = main.files.grid
    events()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    frames = []
    for value in np.linspace(0, grid.verticalScrollBar().maximum(), 400).tolist():
        grid.verticalScrollBar().setValue(int(value))
        start = time.perf_counter()
        grid.viewport().repaint()
        frames.append(time.perf_counter() - start)
        events()
    for value in range(0, 20_000, 50):  # where the pictures exist
        grid.verticalScrollBar().setValue(value)
        start = time.perf_counter()
        grid.viewport().repaint()
        frames.append(time.perf_counter() - start)
        events()
    show("grid: a frame while scrolling, median", float(np.median(frames)), 0.016)
    show("grid: a frame while scrolling, p99", float(np.percentile(frames, 99)), 0.016)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"grid: memory grown while scrolling {grown:.0f} MB")
    grid.verticalScrollBar().setValue(0)
    first = main.desk.session.pictures[0].id
    show("grid: the first screen of thumbnails is there", until(lambda: main.desk.thumbs.known(first)), 1.0)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_CONFIG_HOME"] = os.environ["XDG_DATA_HOME"] = f"{folder}/home"
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        path = make(pictures)
        lists(path)
        window(path)


if __name__ == "__main__":
    main()
