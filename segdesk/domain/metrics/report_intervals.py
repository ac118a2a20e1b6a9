"""The intervals of a report: the counts of each picture go into resamples, and the figures are taken of those."""

from __future__ import annotations

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics import boundaries as outlines
from segdesk.domain.metrics.bootstrap import Interval, Resamples, interval, mean_known, ratio
from segdesk.domain.metrics.boundaries import Boundaries
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.objects import ObjectTally
from segdesk.domain.metrics.overlaps import VOID_COUNTED, VOID_IGNORED, VoidRule
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.metrics.segment_pairs import RULES

PIXEL_RULES: tuple[VoidRule, ...] = (VOID_IGNORED, VOID_COUNTED)


class ReportIntervals:
    """Takes each picture's own accumulators in; memory grows with the classes that occur, not with the pictures."""

    def __init__(self, classes: ClassSet, *, seed: int = 0) -> None:
        self._kinds = len(classes) + 1
        self._pixels, self._segments = Resamples(3 * len(PIXEL_RULES), seed=seed), Resamples(4 * len(RULES), seed=seed)
        self._outlines = Resamples(4 * len(outlines.RULES), seed=seed)
        self._pictures = Resamples(4 * len(RULES), seed=seed)  # figures that are means over pictures

    @property
    def pictures(self) -> int:
        """How many pictures were taken in."""
        return self._pixels.pictures

    def add(self, confusion: Confusion, panoptic: Panoptic, objects: ObjectTally, boundaries: Boundaries) -> None:
        """Take one picture in."""
        self._pixels.add(np.concatenate([confusion.table(rule) for rule in PIXEL_RULES], axis=1))
        segments = np.concatenate([panoptic.counts, panoptic.iou_sums[:, :, None]], axis=2)
        self._segments.add(np.moveaxis(segments, 0, 1).reshape(self._kinds, -1))
        bands = np.concatenate([boundaries.counts, boundaries.scores], axis=2)
        self._outlines.add(np.moveaxis(bands, 0, 1).reshape(self._kinds - 1, -1))
        mpq = panoptic.picture_sums, np.full(len(RULES), panoptic.pictures)
        dsb = objects.picture_sums.mean(axis=1), objects.pictures
        self._pictures.add(np.stack([*mpq, *dsb], axis=1).reshape(1, -1))

    def result(self, pixel_rule: VoidRule, panoptic_rule: VoidRule) -> dict[str, Interval]:
        """By figure, in these conventions: "miou", "mean_dice", "pixel_accuracy", "pq", "sq", "rq", "mpq", "dsb",
        "boundary_iou", "boundary_f". Without those that have none."""
        samples = self.samples(pixel_rule, panoptic_rule)
        found = {name: interval(drawn, self.pictures) for name, drawn in samples.items()}
        return {name: span for name, span in found.items() if span is not None}

    def class_iou(self, rule: VoidRule) -> dict[int, Interval]:
        """The interval of each class's IoU by the class's place in the set (0 ...); without those that have none."""
        at = 3 * PIXEL_RULES.index(rule)
        spans = {}
        for kind, row in zip(self._pixels.kinds, self._pixels.sums[:, at : at + 3], strict=True):
            span = interval(ratio(row[0], row.sum(axis=0)), self.pictures)
            if kind > 0 and span is not None:
                spans[kind - 1] = span
        return spans

    def samples(self, pixel_rule: VoidRule, panoptic_rule: VoidRule) -> dict[str, np.ndarray]:
        """The same figures in each draw, (draws,) float64, NaN where there is none."""
        values = {**self._of_pixels(pixel_rule), **self._of_segments(panoptic_rule)}
        every = self._pictures.sums.reshape(-1, len(RULES), 4, self._pictures.draws)
        for row in every[:, RULES.index(panoptic_rule)]:
            values |= {"mpq": ratio(row[0], row[1]), "dsb": ratio(row[2], row[3])}
        return {**values, **self._of_outlines(pixel_rule)}

    def _of_pixels(self, rule: VoidRule) -> dict[str, np.ndarray]:
        at = 3 * PIXEL_RULES.index(rule)
        tp, fp, fn = np.moveaxis(self._pixels.sums[:, at : at + 3], 1, 0)
        named = np.array(self._pixels.kinds, np.intp) > 0  # row 0 is void: judged, but no class
        return {
            "miou": mean_known(ratio(tp, tp + fp + fn)[named]),
            "mean_dice": mean_known(ratio(2 * tp, 2 * tp + fp + fn)[named]),
            "pixel_accuracy": ratio(tp.sum(axis=0), (tp + fn).sum(axis=0)),
        }

    def _of_segments(self, rule: VoidRule) -> dict[str, np.ndarray]:
        at = 4 * RULES.index(rule)
        tp, fp, fn, iou_sums = np.moveaxis(self._segments.sums[:, at : at + 4], 1, 0)
        weight = tp + 0.5 * fp + 0.5 * fn
        sq = np.where((weight > 0) & (tp == 0), 0.0, ratio(iou_sums, tp))
        return {
            "pq": mean_known(ratio(iou_sums, weight)),
            "sq": mean_known(sq),
            "rq": mean_known(ratio(tp, weight)),
        }

    def _of_outlines(self, rule: VoidRule) -> dict[str, np.ndarray]:
        at = 4 * outlines.RULES.index(rule)
        shared, union, f_sum, pictures = np.moveaxis(self._outlines.sums[:, at : at + 4], 1, 0)
        return {
            "boundary_iou": mean_known(ratio(shared, union)),
            "boundary_f": mean_known(ratio(f_sum, pictures)),
        }
