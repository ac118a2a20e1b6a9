"""`Comparing`: comparisons that the window shows: of two layers, the places behind a cell of the confusion matrix, and
the figures of the open picture while it is corrected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segdesk.app.desk import Desk
from segdesk.app.document import Document
from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.app.jobs import Context
from segdesk.app.transfer import Against, Comparison, Evaluated, check_layer, compare, evaluate
from segdesk.app.workers import Workers
from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import Rect
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.report import Report
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.report import OUTPUTS, write_report

PLACES = 40  # of a cell in a picture, the largest


@dataclass(frozen=True)
class Cell:
    """A cell of the confusion matrix by class ids, 0 for void."""

    reference: int
    prediction: int


@dataclass(frozen=True)
class CellPlaces:
    """Where a picture has pixels of a cell: boxes (x0, y0, x1, y1) around connected places, the largest first, with
    their pixels; `total`: all its pixels of the cell, also of places beyond the listed."""

    picture_id: int
    boxes: tuple[Rect, ...] = ()
    pixels: tuple[int, ...] = ()
    total: int = 0


@dataclass(frozen=True)
class LiveFigures:
    """How the open picture's labels agree with `against` now. The figures are those of `PictureScore`, 0..1 or None
    where there is nothing to judge. `wrong`: pixels of another class, void of the other labels left out unless they
    are instance labels; `judged`: so many pixels. `missing`: there is nothing to compare with."""

    picture_id: int
    against: str
    miou: float | None = None
    accuracy: float | None = None
    pq: float | None = None
    wrong: int = 0
    judged: int = 0
    missing: bool = False


class Comparing:
    """Part of `Session`; called from the same thread. A verb returns the number of a job."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        self._desk, self._workers = desk, workers
        self._kept: tuple[int, Segmentation | None] | None = None  # reference of a picture; worker's thread only

    def compare(self, wanted: Comparison) -> int:
        """Compare two layers in full; nothing is written. Done value: `Report`."""

        def run(ctx: Context) -> Generator[None, None, Report]:
            return compare(self._desk, wanted, ctx)

        return self._workers.submit("files", N_("Comparing"), run)

    def evaluate(
        self, wanted: Comparison, folder: Path, *, language: str = "en", outputs: Collection[str] = OUTPUTS
    ) -> int:
        """Compare two layers and write the report. Done value: `Evaluated` (page and figures)."""

        def run(ctx: Context) -> Generator[None, None, Evaluated]:
            return evaluate(self._desk, wanted, folder, ctx, language=language, outputs=outputs)

        return self._workers.submit("files", N_("Comparing"), run)

    def write(self, report: Report, folder: Path, *, language: str = "en") -> int:
        """Write a report that is there. Done value: `Evaluated`."""

        def run(ctx: Context) -> Evaluated:
            page = write_report(report, folder, language=language, progress=ctx.progress, cancelled=ctx.cancelled)
            return Evaluated(page, report)

        return self._workers.submit("files", N_("Writing the report"), run)

    def places(self, wanted: Comparison, cell: Cell, picture: str) -> int:
        """Where a picture, by its path in the project, has pixels of a cell as the labels are now. Done value:
        `CellPlaces`; the latest wish takes the place of earlier ones. Raises `SegDeskError` for an unknown picture."""
        opened = self._desk.opened()
        row = next((r for r in opened.roster.rows if r.path == picture), None)
        if row is None:
            raise SegDeskError("{name} is not in the project any more.", "Compare again.", name=picture)

        def run(ctx: Context) -> CellPlaces:
            self._desk.saver.flush(ctx.cancelled)
            with closing(Against(opened, wanted)) as against:
                reference = against.labels(row)
            labels = opened.project.load_map(row.id, wanted.layer)
            if reference is None or labels is None or labels.size != reference.size:
                return CellPlaces(row.id)
            return places_of(labels, reference, cell, row.id)

        return self._workers.submit("lists", N_("Looking for the places"), run, key="places of a cell")

    def live(self, document: Document, against: str = "reference") -> int:
        """The figures of the open document against its reference, or "prediction", as the labels are now. Done value:
        `LiveFigures`; the latest wish takes the place of earlier ones.

        The map is read without a copy while the person may go on painting: each stroke ends with another call, whose
        figures are of a map that stands still.
        """
        check_layer(against)
        opened, picture, classes = self._desk.opened(), document.row, document.classes
        labels = Segmentation(document.segmentation.ids, dict(document.segmentation.segments))
        prediction = document.prediction

        def run(ctx: Context) -> LiveFigures:
            other = self._reference(opened.project.load_map, picture.id) if against == "reference" else None
            if against == "prediction" and prediction is not None:
                other = PackedMap.of(prediction).unpacked()
            if other is None or other.size != labels.size:
                return LiveFigures(picture.id, against, missing=True)
            return figures(labels, other, classes, picture_id=picture.id, against=against)

        return self._workers.submit("lists", N_("Comparing"), run, key="live figures")

    def forget(self) -> None:
        """The reference of the open picture may be another one now."""
        self._kept = None

    def _reference(self, load: Callable[[int, str], Segmentation | None], picture_id: int) -> Segmentation | None:
        kept = self._kept
        if kept is None or kept[0] != picture_id:
            kept = self._kept = picture_id, load(picture_id, "reference")
        return kept[1]


def figures(
    labels: Segmentation, other: Segmentation, classes: ClassSet, *, picture_id: int, against: str
) -> LiveFigures:
    """The quick figures of one picture; both maps of one size."""
    evaluation = Evaluation(classes, layer="annotation", against=against, worst=0)
    evaluation.add(EvalItem(str(picture_id), labels, other))
    report = evaluation.report()
    result, score = report.pixel_result, report.pictures[0]
    wrong = result.total - result.right
    return LiveFigures(picture_id, against, score.miou, score.accuracy, score.pq, wrong, result.total)


def places_of(labels: Segmentation, reference: Segmentation, cell: Cell, picture_id: int) -> CellPlaces:
    """The connected places (8 neighbours) where `reference` has one class of the cell and `labels` the other."""
    mask = (reference.class_map() == cell.reference) & (labels.class_map() == cell.prediction)
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    order = sorted(range(1, count), key=lambda k: -int(stats[k, cv2.CC_STAT_AREA]))[:PLACES]
    boxes = []
    for x, y, width, height in stats[order, :4].tolist():
        boxes.append((x, y, x + width, y + height))
    pixels = tuple(int(stats[k, cv2.CC_STAT_AREA]) for k in order)
    return CellPlaces(picture_id, tuple(boxes), pixels, int(mask.sum()))
