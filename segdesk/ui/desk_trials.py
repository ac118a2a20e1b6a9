"""`Trials`: models that are tried on the open picture before one is chosen: previews, two side by side, speed."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from segdesk.app.model_speed import Speed
from segdesk.app.trying import Pair, Trial
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

KEEP = 60  # previews, a megabyte each


class Trials(QObject):
    """Part of `Runs`.

    Attributes:
        busy: the card that is being previewed or measured, "" for none.
    Signals:
        previewed(str): a card has a preview of the open picture; failed(str, SegDeskError): it has none, and why;
        compared(Pair); compare_failed(SegDeskError); changed(): what is under way, or a speed
    """

    previewed = Signal(str)
    failed = Signal(str, object)
    compared = Signal(object)
    compare_failed = Signal(object)
    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._previews: OrderedDict[tuple[int, str], tuple[Trial, QImage]] = OrderedDict()
        self._waiting: deque[str] = deque()
        self._job = self._pair_job = 0
        self.busy = ""
        self._read = False
        desk.loading.connect(lambda _: self._other_picture())
        desk.job_ended.connect(self._job_ended)
        desk.project_closed.connect(self._other_project)
        desk.project_opened.connect(lambda _: self._other_project())

    def read_speeds(self) -> None:
        """Have the speeds of earlier sessions read, once."""
        if not self._read:
            self._read = True
            job = self._desk.session.trying.read_speeds()
            self._desk.track(job, N_("Reading speeds"), then=lambda _: self.changed.emit(), shown=False)

    def device(self) -> str:
        """The id of the device on which models run now, "" as long as the engine starts."""
        chosen, found = self._desk.session.device, self._desk.runs.devices
        return chosen if chosen != "auto" else found[0].id if found else ""

    def speed(self, card_id: str) -> Speed | None:
        """How fast a model is here."""
        return self._desk.session.trying.speeds.of(card_id, self.device())

    def speeds(self) -> dict[str, float]:
        """Seconds a megapixel, by card."""
        return {card: s.seconds for card, s in self._desk.session.trying.speeds.on(self.device()).items()}

    # -- previews -----------------------------------------------------------------------------------------------------

    def can_try(self) -> bool:
        """Whether there is a picture to try a model on."""
        return self._desk.labels.document is not None

    def trial(self, card_id: str) -> Trial | None:
        """What a model saw in the open picture."""
        found = self._found(card_id)
        return None if found is None else found[0]

    def image(self, card_id: str) -> QImage | None:
        """Its preview."""
        found = self._found(card_id)
        return None if found is None else found[1]

    def _found(self, card_id: str) -> tuple[Trial, QImage] | None:
        row = self._desk.current
        return None if row is None else self._previews.get((row.id, card_id))

    def preview(self, card_ids: Iterable[str]) -> None:
        """Preview these models, one after the other, instead of what was wanted before and has not begun."""
        self._waiting = deque(i for i in card_ids if self._found(i) is None and i != self.busy)
        if not self._job:
            self._next()

    def measure(self, card_id: str) -> None:
        """Measure how fast a model is here."""
        self._waiting.clear()
        if not self._job:
            self._follow(card_id, measure=True)
            self.changed.emit()

    def _next(self) -> None:
        self._job, self.busy = 0, ""
        while self._waiting and not self._job and self.can_try():
            self._follow(self._waiting.popleft(), measure=False)
        self.changed.emit()

    def _follow(self, card_id: str, *, measure: bool) -> None:
        trying, name = self._desk.session.trying, N_("Previewing the model")
        try:
            job = trying.measure(card_id) if measure else trying.preview(card_id)
        except SegDeskError as error:
            self.failed.emit(card_id, error)
            return
        self.busy, self._job = card_id, job
        name = N_("Measuring the model") if measure else name
        self._desk.track(job, name, then=self._came, failed=lambda error: self._refused(card_id, error), shown=measure)

    def _came(self, value: object) -> None:
        if isinstance(value, Trial):
            self._previews[value.picture_id, value.card_id] = value, as_image(value.view)
            while len(self._previews) > KEEP:
                self._previews.popitem(last=False)
            self.previewed.emit(value.card_id)
        self._next()

    def _refused(self, card_id: str, error: SegDeskError) -> None:
        self.failed.emit(card_id, error)
        self._next()

    def _other_picture(self) -> None:
        self._waiting.clear()
        self.changed.emit()

    def _other_project(self) -> None:
        """What was under way has been stopped."""
        self._previews.clear()
        self._waiting.clear()
        self._job, self._pair_job, self.busy = 0, 0, ""
        self.changed.emit()

    def _job_ended(self, job_id: int) -> None:
        """A job is over; what it gave comes after this. If nothing does, it was stopped."""
        if job_id in (self._job, self._pair_job):
            QTimer.singleShot(0, self, lambda: self._settle(job_id))

    def _settle(self, job_id: int) -> None:
        if job_id == self._job:
            self._next()
        elif job_id == self._pair_job:
            self._pair_over()

    # -- two models ---------------------------------------------------------------------------------------------------

    @property
    def comparing(self) -> bool:
        """Whether two models are being compared."""
        return self._pair_job != 0

    def compare(self, first: str, second: str) -> None:
        """Run two models on a copy of the open picture."""
        try:
            self._pair_job = self._desk.session.trying.compare(first, second)
        except SegDeskError as error:
            self.compare_failed.emit(error)
            return
        self._desk.track(self._pair_job, N_("Comparing two models"), then=self._paired, failed=self._unpaired)
        self.changed.emit()

    def _paired(self, value: object) -> None:
        self._pair_over()
        if isinstance(value, Pair):
            self.compared.emit(value)

    def _unpaired(self, error: SegDeskError) -> None:
        self._pair_over()
        self.compare_failed.emit(error)

    def _pair_over(self) -> None:
        self._pair_job = 0
        self.changed.emit()


def as_image(pixels: np.ndarray) -> QImage:
    """An image of its own of (h, w, 3) uint8 RGB pixels."""
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
