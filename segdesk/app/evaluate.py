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
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.metrics.report import PictureScore, Report, Specimen, panoptic_rule, pixel_rule
from segdesk.domain.segmentation import Segmentation

THUMB_SIDE = 420  # longest side of a specimen's maps, in pixels


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

    Memory does not grow with the pictures' maps: per picture only its scores are kept. Any one thread at a time.

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
    ) -> None:
        self._classes, self._layer, self._against, self._about = classes, layer, against, dict(about or {})
        self._confusion, self._panoptic = Confusion(classes), Panoptic(classes)
        self._scores: dict[bool, list[PictureScore]] = {False: [], True: []}
        self._failed: list[tuple[str, SegDeskError]] = []
        self._worst = {key: _Lowest(worst) for key in product(("miou", "pq"), (False, True))}
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
        self._confusion.add(overlaps)
        self._panoptic.add(overlaps)
        present = self._note_kinds(overlaps)
        # The picture's own scores need only the classes that it has: much cheaper where the set is large.
        confusion, panoptic = Confusion(present), Panoptic(present)
        confusion.add(overlaps)
        panoptic.add(overlaps)
        for instance_only, scores in self._scores.items():
            score = _picture_score(item, confusion, panoptic, instance_only=instance_only)
            scores.append(score)
            self._worst["miou", instance_only].offer(score.miou, item)
            self._worst["pq", instance_only].offer(score.pq, item)

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
        ranked_by = "pq" if self._things else "miou"
        return Report(
            classes=self._classes,
            confusion=self._confusion,
            panoptic=self._panoptic,
            pictures=tuple(scores),
            worst=self._worst[ranked_by, instance_only].specimens(),
            failed=tuple(self._failed),
            layer=self._layer,
            against=self._against,
            ranked_by=ranked_by,
            instance_only=instance_only,
            about=self._about,
        )

    def _note_kinds(self, overlaps: Overlaps) -> ClassSet:
        """Note what kinds of classes occur; returns the classes of this picture."""
        reference = set(overlaps.reference_classes.tolist())
        either = reference.union(overlaps.prediction_classes.tolist())
        present = ClassSet(c for c in self._classes if c.id in either)
        self._things |= bool(present.things)
        self._stuff_in_reference |= any(c.id in reference and not c.is_thing for c in present)
        return present


class _Lowest:
    """Keeps the items of the lowest scores, reduced to thumbnails; perfect ones are not worth a look."""

    def __init__(self, room: int) -> None:
        self._room, self._heap, self._order = room, [], count()

    def offer(self, score: float | None, item: EvalItem) -> None:
        if score is None or score >= 1.0 or self._room <= 0:
            return
        if len(self._heap) == self._room and -score <= self._heap[0][0]:
            return
        # Negated, so that the best of the kept ones is at the top; the count keeps earlier pictures on a tie.
        heapq.heappush(self._heap, (-score, -next(self._order), _specimen(item)))
        if len(self._heap) > self._room:
            heapq.heappop(self._heap)

    def specimens(self) -> tuple[Specimen, ...]:
        """Worst first."""
        return tuple(entry[2] for entry in sorted(self._heap, key=lambda e: (-e[0], -e[1])))


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
    pixels = confusion.result(pixel_rule(instance_only))
    segments = panoptic.result(panoptic_rule(instance_only))
    return PictureScore(
        name=item.name,
        pixels=int(confusion.counts.sum()),
        labelled=int(confusion.counts[1:].sum()),
        accuracy=pixels.pixel_accuracy,
        miou=pixels.miou,
        pq=segments.all.pq,
        tp=sum(c.tp for c in segments.classes),
        fp=sum(c.fp for c in segments.classes),
        fn=sum(c.fn for c in segments.classes),
    )


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
    """Judge all items, streaming. `progress(done, total)` follows each picture (`total` as given, 0 = unknown).

    Raises `Cancelled` between pictures, and `SegDeskError` if no picture could be judged.
    """
    evaluation = Evaluation(classes, layer=layer, against=against, about=about, worst=worst)
    for done, item in enumerate(items, start=1):
        if cancelled():
            raise Cancelled
        evaluation.add(item)
        progress(done, total)
    return evaluation.report()
