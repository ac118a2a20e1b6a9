"""What each tool and operation costs at 24 megapixels: on the UI thread a call, in the background a piece of work.

Run `python -m tests.benchmarks.bench_tools [MEGAPIXELS [NAME ...]]`. A step is one call of the tool by the canvas
(hover, press, move, release, a key) or one answer that lands. Each line gives p50 and p99 of the UI thread's own time
in milliseconds, p99 as a part of the 16 ms of a frame, the slowest step, and the median time of the work in the
background by the clock. The canvas' repaint is not in it (see `bench_canvas`).
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable

import numpy as np

from segdesk.app.document import Document
from segdesk.app.tools.base import BaseTool, Modifiers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import PictureRow
from tests.benchmarks.bench_canvas import CLASSES, scene

FRAME_MS = 16.0
ROUNDS = 25
# fmt: off
TOOLS = (
    "brush", "eraser", "fill", "pick", "polygon", "lasso", "rectangle", "wand", "superpixel", "scissors", "prompt",
    "grabcut", "split", "knife", "merge", "relabel", "answer",
)
OPERATIONS = (
    "fill_holes", "no_void", "grow", "shrink", "smooth", "keep_largest", "remove_islands", "delete", "merge_class",
    "copy_previous", "take_answer",
)
# fmt: on
Point = tuple[float, float]


class Clock:
    """Times the calls on the UI thread and the work in the background, one after the other."""

    def __init__(self, doc: Document) -> None:
        self.steps: list[float] = []
        self.work: list[float] = []
        self._waiting: list[tuple[Callable[[], object], Callable[[object], None]]] = []
        doc.background = lambda work, then: self._waiting.append((work, then))

    def step(self, call: Callable[..., object], *args: object) -> None:
        """One call, then all work that it caused."""
        self._timed(call, *args)
        while self._waiting:
            work, then = self._waiting.pop(0)
            start = time.perf_counter()
            answer = work()
            self.work.append(time.perf_counter() - start)
            self._timed(then, answer)

    def _timed(self, call: Callable[..., object], *args: object) -> None:
        start = time.thread_time()
        try:
            call(*args)
        except SegDeskError as error:
            print(f"    {error}")
        self.steps.append(time.thread_time() - start)

    def report(self, name: str) -> None:
        """One line."""
        ms = np.array(self.steps) * 1e3
        p50, p99 = np.percentile(ms, 50), np.percentile(ms, 99)
        behind = f"  background {np.median(self.work) * 1e3:7.0f} ms x{len(self.work)}" if self.work else ""
        print(f"  {name:16} {ms.size:5} steps  p50 {p50:6.2f}  p99 {p99:6.2f} ms  {p99 / FRAME_MS:5.2f} of a frame"
              f"  slowest {ms.max():6.2f}{behind}", flush=True)  # fmt: skip


def gesture(name: str, doc: Document, tool: BaseTool, clock: Clock, middle: Point, scale: float) -> None:
    """What a person does with a tool around a place, in a field of about 400 screen pixels."""
    held = Modifiers(scale=scale)
    x, y = middle
    reach = 150 * scale if name != "grabcut" else 400.0
    ring = [(x + reach * np.cos(a), y + reach * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 41)]

    def click(px: float, py: float) -> None:
        clock.step(tool.hover, doc, px, py, held)
        clock.step(tool.press, doc, px, py, held)
        clock.step(tool.release, doc, px, py, held)

    def drag(points: list[Point]) -> None:
        clock.step(tool.press, doc, *points[0], held)
        for point in points[1:]:
            clock.step(tool.move, doc, *point, held)
        clock.step(tool.release, doc, *points[-1], held)

    if name in ("polygon", "scissors"):
        for point in ring[:-1:5]:
            click(*point)
        clock.step(tool.key, doc, "Return")
    elif name == "prompt":
        click(x, y)
        click(x + reach / 4, y)
        clock.step(tool.key, doc, "Return")
    elif name in ("fill", "pick", "wand", "relabel", "split"):
        click(x, y)
    elif name in ("knife", "merge"):
        drag([(x - 2 * reach, y), (x, y + 1), (x + 2 * reach, y + 2)])
    elif name in ("rectangle", "grabcut", "answer"):
        drag([(x - reach, y - reach), (x, y), (x + reach, y + reach)])
    else:
        drag(ring)
    tool.cancel(doc)


def document(megapixels: float) -> Document:
    """A fresh document; areas are counted, as a moment after opening."""
    if megapixels not in SCENES:
        pixels, segmentation = scene(megapixels)
        things = segmentation.ids > 2  # they differ in colour from what is around them
        pixels = pixels // 4
        pixels[things] += np.array((190, 40, 0), np.uint8)
        SCENES[megapixels] = pixels, segmentation
    pixels, segmentation = SCENES[megapixels]
    row = PictureRow(1, "a.png", 0, 0, "new", 0.0, 0.0, 0, "")
    doc = Document(row, pixels, segmentation.copy(), History(), CLASSES, prediction=shifted(segmentation))
    doc.brush_size = 40
    doc.finish_counting()
    return doc


SCENES: dict[float, tuple[np.ndarray, Segmentation]] = {}


def shifted(segmentation: Segmentation) -> Segmentation:
    """Another answer: the same objects a little to the right."""
    return Segmentation(np.roll(segmentation.ids, 9, axis=1), dict(segmentation.segments))


def bench_tool(name: str, megapixels: float) -> None:
    """Use a tool in many places, at 100 % and zoomed out."""
    for scale in (1.0, 4.0):
        doc = document(megapixels)
        tool = importlib.import_module(f"segdesk.app.tools.{name}").Tool()
        clock, random = Clock(doc), np.random.default_rng(2)
        height, width = doc.segmentation.size
        for i in range(ROUNDS):
            doc.active_class = 1 + i % 4
            middle = float(random.uniform(800, width - 800)), float(random.uniform(800, height - 800))
            if name in ("split", "knife", "merge", "grabcut"):
                middle = on_an_object(doc, random)
                doc.active_segment = None
            gesture(name, doc, tool, clock, middle, scale)
        clock.report(f"{name} {100 / scale:.0f} %")


def on_an_object(doc: Document, random: np.random.Generator) -> Point:
    """A pixel of a thing."""
    while True:
        x, y = (float(random.uniform(0, n)) for n in doc.segmentation.size[::-1])
        if doc.segment_at(x, y) > 2:
            return x, y


def bench_operation(name: str, megapixels: float) -> None:
    """Run an operation on one object and on the whole picture."""
    module = importlib.import_module(f"segdesk.app.operations.{name}")
    scopes = ["active", "picture"] if any(o.id == "scope" for o in module.INFO.options) else [""]
    for scope in scopes:
        doc = document(megapixels)
        if name in ("no_void", "grow"):
            doc.changes.relabel(1, 0)
        clock = Clock(doc)
        doc.active_class, doc.active_segment = 4, 9
        options = {"scope": scope} if scope else {}
        more = {"previous": doc.prediction} if module.INFO.needs == ("previous",) else {}
        clock.step(lambda d=doc, o=options, m=more: module.run(d, **m, **o))
        clock.report(f"{name} {scope}")


def main() -> None:
    """Print figures for the size given, 24 megapixels by default, and for some names or all."""
    megapixels = float(sys.argv[1]) if len(sys.argv) > 1 else 24.0
    names = sys.argv[2:]
    print(f"{megapixels:g} megapixels")
    for name in TOOLS:
        if not names or name in names:
            bench_tool(name, megapixels)
    for name in OPERATIONS:
        if not names or name in names:
            bench_operation(name, megapixels)


if __name__ == "__main__":
    main()
