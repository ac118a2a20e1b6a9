"""Compare a layer of labels with another, one picture at a time, and keep the poorest for showing."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, product
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.metrics.bootstrap import ratio
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.panoptic import Panoptic, quality
from segdesk.domain.metrics.report import PictureScore, Report, Specimen, panoptic_rule, pixel_rule
from segdesk.domain.metrics.segment_pairs import RULES, SegmentPairs
from segdesk.domain.metrics.suite import Suite
from segdesk.domain.segmentation import Segmentation

THUMB_SIDE = 420  # longest side of a specimen's maps, in pixels
BEST = 6  # specimens of the highest scores


@dataclass(frozen=True)
class EvalItem:
    """One picture to judge. Class ids of both maps are those of the evaluated class set; ids that it lacks are void.

    `name`: as shown in the report. `picture`: the picture's file, read only for the report's thumbnails.
    """

    name: str
    prediction: Segmentation
    reference: Segmentation
    picture: Path | None = None


class Evaluation:
    """A running evaluation: `add` pictures one by one (a batch job may yield between them), then take `report`.

    Memory does not grow with the pictures' maps: per picture only its scores are kept, and in a full evaluation some 40
    bytes of each object. Any one thread at a time.
    `full`: with the further measures of `Findings` and the best pictures, which take several times as long; a quick one
    has the confusion matrix and PQ.

    Void: whether the references label stuff is known only at the end, so every measure is kept in each convention,
    and the report leads with the fitting one. If no reference has a stuff segment, they are instance labels: what they
    leave void is background, on which a prediction is a false alarm. Otherwise void is unlabelled and judged by nobody.
    """

    def __init__(
        self,
        classes: ClassSet,
        *,
        layer: str = "prediction",
        against: str = "reference",
        about: Mapping[str, str] | None = None,
        worst: int = 12,
        full: bool = False,
    ) -> None:
        self._classes, self._layer, self._against, self._about = classes, layer, against, dict(about or {})
        self._confusion, self._panoptic = Confusion(classes), Panoptic(classes)
        self._suite = Suite(classes) if full else None
        self._scores: dict[bool, list[PictureScore]] = {False: [], True: []}
        self._failed: list[tuple[str, SegDeskError]] = []
        leads = list(product(("miou", "pq"), (False, True)))
        self._worst = {key: _Extremes(worst, sign=-1) for key in leads}
        self._best = {key: _Extremes(BEST if full else 0, sign=1) for key in leads}
        self._things = self._stuff_in_reference = False

    def add(self, item: EvalItem) -> None:
        """Judge one picture. One that cannot be judged (maps of different sizes) is noted in the report's `failed`
        with a `SegDeskError` that names it, and the evaluation goes on."""
        try:
            overlaps = Overlaps.of(item.prediction, item.reference, name=item.name)
        except SegDeskError as error:
            # Without its traceback, whose frames would keep the maps of this picture alive.
            self._failed.append((item.name, error.with_traceback(None)))
            return
        pairs = SegmentPairs.of(overlaps, self._classes)
        confusion, panoptic = Confusion.of(overlaps, self._classes), Panoptic.of(pairs, self._classes)
        self._confusion.merge(confusion)
        self._panoptic.merge(panoptic)
        if self._suite is not None:
            self._suite.add(
                item.prediction,
                item.reference,
                name=item.name,
                overlaps=overlaps,
                pairs=pairs,
                confusion=confusion,
                panoptic=panoptic,
            )
        self._note_kinds(overlaps)
        for instance_only, scores in self._scores.items():
            score = _picture_score(item, confusion, panoptic, instance_only=instance_only)
            scores.append(score)
            for kept in (self._worst, self._best):
                kept["miou", instance_only].offer(score.miou, item)
                kept["pq", instance_only].offer(score.pq, item)

    def report(self) -> Report:
        """What was found. Raises `SegDeskError` if no picture could be judged."""
        instance_only = bool(self._classes) and not self._stuff_in_reference
        scores = self._scores[instance_only]
        if not scores:
            raise SegDeskError(
                "There is nothing to compare: no picture has both layers, {layer} and {against}, in the same size.",
                "Import reference labels, or run a model first.",
                layer=self._layer,
                against=self._against,
            )
        ranked_by, suite = "pq" if self._things else "miou", self._suite
        return Report(
            classes=self._classes,
            confusion=self._confusion,
            panoptic=self._panoptic,
            pictures=tuple(scores),
            worst=self._worst[ranked_by, instance_only].specimens(),
            best=self._best[ranked_by, instance_only].specimens(),
            failed=tuple(self._failed),
            layer=self._layer,
            against=self._against,
            ranked_by=ranked_by,
            instance_only=instance_only,
            about=self._about,
            findings=suite.findings(pixel_rule(instance_only), panoptic_rule(instance_only)) if suite else None,
        )

    def _note_kinds(self, overlaps: Overlaps) -> None:
        """Note what kinds of classes occur."""
        reference = set(overlaps.reference_classes.tolist())
        either = reference.union(overlaps.prediction_classes.tolist())
        present = ClassSet(c for c in self._classes if c.id in either)
        self._things |= bool(present.things)
        self._stuff_in_reference |= any(c.id in reference and not c.is_thing for c in present)


class _Extremes:
    """Keeps the items of the highest (`sign` 1) or lowest (-1) scores, reduced to thumbnails. Of the lowest, perfect
    ones are not worth a look."""

    def __init__(self, room: int, *, sign: int) -> None:
        self._room, self._sign, self._heap, self._order = room, sign, [], count()

    def offer(self, score: float | None, item: EvalItem) -> None:
        if score is None or self._room <= 0 or (self._sign < 0 and score >= 1.0):
            return
        merit = self._sign * score
        if len(self._heap) == self._room and merit <= self._heap[0][0]:
            return
        # The least of the kept ones is at the top; the count keeps earlier pictures on a tie.
        heapq.heappush(self._heap, (merit, -next(self._order), _specimen(item)))
        if len(self._heap) > self._room:
            heapq.heappop(self._heap)

    def specimens(self) -> tuple[Specimen, ...]:
        """The most extreme first."""
        return tuple(entry[2] for entry in sorted(self._heap, key=lambda e: e[:2], reverse=True))


def _specimen(item: EvalItem) -> Specimen:
    step = max(1, -(-max(item.reference.size) // THUMB_SIDE))
    picture = None if item.picture is None else str(item.picture)
    return Specimen(item.name, _reduced(item.prediction, step), _reduced(item.reference, step), picture)


def _reduced(segmentation: Segmentation, step: int) -> Segmentation:
    """Every `step`-th pixel, with a table of just the ids that are left."""
    ids = segmentation.ids[step // 2 :: step, step // 2 :: step].copy()
    present = set(np.unique(ids).tolist())
    return Segmentation(ids, {k: s for k, s in segmentation.segments.items() if k in present})


def _picture_score(item: EvalItem, confusion: Confusion, panoptic: Panoptic, *, instance_only: bool) -> PictureScore:
    table = confusion.table(pixel_rule(instance_only))
    at = RULES.index(panoptic_rule(instance_only))
    tp, fp, fn = panoptic.counts[at].T
    right, judged = int(table[:, 0].sum()), int(table[:, [0, 2]].sum())
    return PictureScore(
        name=item.name,
        pixels=int(confusion.counts.sum()),
        labelled=int(confusion.counts[1:].sum()),
        accuracy=right / judged if judged else None,
        miou=_known_mean(ratio(table[1:, 0], table[1:].sum(axis=1))),
        pq=_known_mean(quality(tp, fp, fn, panoptic.iou_sums[at])),
        tp=int(tp.sum()),
        fp=int(fp.sum()),
        fn=int(fn.sum()),
    )


def _known_mean(values: np.ndarray) -> float | None:
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def evaluate(
    items: Iterable[EvalItem],
    classes: ClassSet,
    *,
    layer: str = "prediction",
    against: str = "reference",
    about: Mapping[str, str] | None = None,
    worst: int = 12,
    total: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Judge all items in full, streaming. `progress(done, total)` follows each picture (`total` as given, 0 = unknown).

    Raises `Cancelled` between pictures, and `SegDeskError` if no picture could be judged.
    """
    evaluation = Evaluation(classes, layer=layer, against=against, about=about, worst=worst, full=True)
    for done, item in enumerate(items, start=1):
        if cancelled():
            raise Cancelled
        evaluation.add(item)
        progress(done, total)
    return evaluation.report()
