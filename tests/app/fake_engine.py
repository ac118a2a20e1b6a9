"""An engine of ten lines in the place of the engine process: bright pixels are of class "bright", by a threshold that
follows the option `confidence`. It remembers pictures, can be held, and fails where it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import encode
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.messages import Answer, DeviceInfo, NotKept, PredictRequest
from tests.app.reports import TIMEOUT

CLASSES = ClassSet.from_names(["dark", "bright"], things=["bright"])


class FakeEngine:
    """The surface of `EngineProcess`. `hold(name)` makes the answer for a file of that name wait for `let_go`."""

    pid = None

    def __init__(self) -> None:
        self.classes = CLASSES
        self.asked: list[tuple[str, bool]] = []  # (file name, with a picture)
        self.kept: dict[tuple[str, str], np.ndarray] = {}
        self.errors: dict[str, SegDeskError] = {}
        self.entered = threading.Semaphore(0)
        self.stopped = False
        self._held: dict[str, threading.Event] = {}

    def hold(self, name: str) -> None:
        self._held[name] = threading.Event()

    def let_go(self, name: str) -> None:
        self._held[name].set()

    def start(self) -> None:
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True
        for event in self._held.values():
            event.set()

    def devices(self) -> list[DeviceInfo]:
        return [DeviceInfo("cpu", "Abacus")]

    def answer(self, request: PredictRequest, cancelled: Callable[[], bool] = lambda: False) -> Answer | NotKept:
        name = request.key.replace("\\", "/").rpartition("/")[2]
        self.asked.append((name, request.image is not None))
        self.entered.release()
        if name in self._held:
            assert self._held[name].wait(TIMEOUT)
        if cancelled():
            raise Cancelled
        if name in self.errors:
            raise self.errors[name]
        key = (request.key, request.card.id)
        if request.image is not None:
            self.kept[key] = request.image
        elif key not in self.kept:
            return NotKept(*key)
        bright = self.kept[key].mean(axis=2) > 255 * request.options.decide.confidence
        if request.glance is not None:
            (x0, y0, x1, y1), (h, w) = request.glance.rect, request.glance.size
            bright = bright[y0:y1, x0:x1][np.ix_(np.arange(h) * (y1 - y0) // h, np.arange(w) * (x1 - x0) // w)]
        found = Segmentation.from_class_map(np.where(bright, 2, 1).astype(np.uint16), 0.9)
        objects = (Instance(2, 0.9, encode(bright)),)
        return Answer(
            request.key, request.card.id, found, self.classes, objects, 0.25, {"forward": 0.1}, "cpu", ("In the head.",)
        )

    def answer_many(
        self, requests: Iterable[PredictRequest], cancelled: Callable[[], bool] = lambda: False, *, ahead: int = 2
    ) -> Iterator[tuple[str, Answer | NotKept | SegDeskError]]:
        for request in requests:
            try:
                yield request.key, self.answer(request, cancelled)
            except SegDeskError as error:
                yield request.key, error
