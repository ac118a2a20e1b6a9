"""`Trying`: models on a reduced copy of the open picture, only to be looked at: one, two side by side with how far they
agree, or for the time it takes. Nothing of it reaches the project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from segdesk.app.class_book import join
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.model_speed import Speed, Speeds
from segdesk.app.models import Models
from segdesk.app.review import overlaid
from segdesk.app.workers import Workers
from segdesk.domain.agreement import Agreement, agreement
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.engines.messages import Answer

PREVIEW_PIXELS = 400_000
COMPARED_PIXELS = 2_000_000
MEASURED_PIXELS = 1_000_000
OPACITY = 0.55
DIFFERS, DIFFERS_FROM_VOID = (213, 62, 0), (146, 64, 160)  # vermilion and purple: told apart also by the colour-blind
MEASURED_RUNS = 3  # after one that is not counted: a net's first picture takes longer


@dataclass(frozen=True, eq=False)
class Trial:
    """What a model sees in a picture. `image` (h, w, 3) uint8 RGB, the reduced copy; `labels` (h, w) uint16 ids of
    `classes`: the project's as they would be after a run, which they are not; `view` (h, w, 3) uint8: both together.
    `seconds`: without loading the model."""

    card_id: str
    picture_id: int
    image: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    view: np.ndarray = field(repr=False)
    classes: ClassSet
    seconds: float
    device: str
    notes: tuple[str, ...] = ()

    @property
    def megapixels(self) -> float:
        """Of the copy that the model saw."""
        return self.labels.size / 1e6


@dataclass(frozen=True, eq=False)
class Pair:
    """Two models on one picture; their class ids are the same. `differences` (h, w, 3) uint8 RGB: the picture in grey,
    with colour where they disagree."""

    first: Trial
    second: Trial
    agreement: Agreement
    differences: np.ndarray = field(repr=False)


class Trying:
    """Part of `Session`; called from the same thread. A verb returns the number of a job of the engine's interactive
    lane, in which the latest of a kind wins."""

    def __init__(self, desk: Desk, workers: Workers, models: Models, device: Callable[[], str]) -> None:
        self._desk, self._workers, self._models, self._device = desk, workers, models, device
        self.speeds = Speeds()

    def read_speeds(self) -> int:
        """Read the speeds of earlier sessions into `speeds`. Done value: the same object."""
        return self._workers.submit("models", N_("Reading speeds"), lambda _: self.speeds.load())

    def note_speed(self, card_id: str, device: str, *, pixels: float, seconds: float) -> None:
        """Keep how long a run took; written in the background."""
        self.speeds.note(card_id, device, pixels=pixels, seconds=seconds)
        self._workers.submit("models", N_("Keeping speeds"), lambda _: self.speeds.save(), key="speeds")

    def preview(self, card_id: str) -> int:
        """A model on a small copy of the open picture. Done value: `Trial`."""
        opened, picture_id, device = self._wanted()

        def run(ctx: Context) -> Trial:
            image = self._image(opened, picture_id, PREVIEW_PIXELS)
            return self._try(opened, picture_id, card_id, image, device, ctx)

        return self._workers.submit("engine", N_("Previewing the model"), run, key="preview")

    def compare(self, first: str, second: str) -> int:
        """Two models on one copy of the open picture. Done value: `Pair`."""
        opened, picture_id, device = self._wanted()

        def run(ctx: Context) -> Pair:
            image = self._image(opened, picture_id, COMPARED_PIXELS)
            ctx.progress(0, 2)
            one = self._try(opened, picture_id, first, image, device, ctx)
            ctx.progress(1, 2)
            other = self._try(opened, picture_id, second, image, device, ctx, one.classes)
            return Pair(one, other, agreement(one.labels, other.labels), differences(image, one.labels, other.labels))

        return self._workers.submit("engine", N_("Comparing two models"), run, key="compare models")

    def measure(self, card_id: str) -> int:
        """Measure a model on a copy of the open picture. Done value: `Speed`, which `speeds` has too."""
        opened, picture_id, device = self._wanted()

        def run(ctx: Context) -> Speed | None:
            image = self._image(opened, picture_id, MEASURED_PIXELS)
            used = device
            for number in range(MEASURED_RUNS + 1):
                ctx.progress(number, MEASURED_RUNS + 1)
                done = self._try(opened, picture_id, card_id, image, device, ctx)
                used = done.device
                if number:
                    self.speeds.note(card_id, used, pixels=done.labels.size, seconds=done.seconds)
            self.speeds.save()
            return self.speeds.of(card_id, used)

        return self._workers.submit("engine", N_("Measuring the model"), run, key="measure")

    def _wanted(self) -> tuple[OpenProject, int, str]:
        opened = self._desk.opened()
        if self._desk.current_id is None:
            raise SegDeskError("No picture is open.", "Choose a picture from the list first.")
        return opened, self._desk.current_id, self._device()

    def _image(self, opened: OpenProject, picture_id: int, most: int) -> np.ndarray:
        pixels = self._desk.prefetch.get(opened.path_of(picture_id))
        return reduced(pixels, most)

    def _try(
        self,
        opened: OpenProject,
        picture_id: int,
        card_id: str,
        image: np.ndarray,
        device: str,
        ctx: Context,
        classes: ClassSet | None = None,
    ) -> Trial:
        card = self._models.get(card_id)
        plan = self._models.plan(card_id, RunOptions(decide=card.decide), device)
        key = f"{opened.path_of(picture_id)}|{image.shape[1]}"  # not the picture's own: its answer stays remembered
        reply = self._desk.engine.answer(plan.request(key, image), ctx.cancelled)
        if not isinstance(reply, Answer):
            raise SegDeskError("The model gave no answer for this picture.", "Try again.")
        ctx.check()
        found = reply.segmentation
        plain = found.unpacked() if isinstance(found, PackedMap) else found
        joined, ids = as_in_project(opened, card_id, reply.classes, classes)
        labels = _renamed(plain.class_map(), ids)
        seconds = sum(reply.seconds.values()) - reply.seconds.get("load", 0.0)
        view = overlaid(image, Segmentation.from_class_map(labels), joined, OPACITY)
        return Trial(card_id, picture_id, image, labels, view, joined, seconds, reply.device, tuple(reply.notes))


def differences(image: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8 RGB: the picture in pale grey, where two maps differ in a warm colour, darker where void is one
    of the two."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    pale = np.repeat((128 + grey // 2)[:, :, None], 3, axis=2)
    tinted = cv2.addWeighted(pale, 0.35, np.full_like(pale, DIFFERS), 0.65, 0.0)
    partly = cv2.addWeighted(pale, 0.35, np.full_like(pale, DIFFERS_FROM_VOID), 0.65, 0.0)
    void = (first == VOID) | (second == VOID)
    return np.where((first == second)[:, :, None], pale, np.where(void[:, :, None], partly, tinted))


def reduced(pixels: np.ndarray, most: int) -> np.ndarray:
    """(h, w, 3) uint8: the picture with at most about `most` pixels; itself if it has no more."""
    height, width = pixels.shape[:2]
    scale = (most / (height * width)) ** 0.5
    if scale >= 1:
        return pixels
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def as_in_project(
    opened: OpenProject, card_id: str, model: ClassSet, classes: ClassSet | None = None
) -> tuple[ClassSet, dict[int, int]]:
    """The project's classes (or others) as they would be with those of a model, and what the model's ids become, by the
    person's choices and by name. The project stays as it is."""
    book = opened.book
    known = {row.model.name: row.to for row in book.rows(card_id, model) if row.to is not None}
    return join(book.classes if classes is None else classes, model, known)


def _renamed(class_map: np.ndarray, ids: Mapping[int, int]) -> np.ndarray:
    table = np.zeros(int(class_map.max(initial=0)) + 1, np.uint16)
    for old, new in ids.items():
        if old < table.size:
            table[old] = new
    return table[class_map]
