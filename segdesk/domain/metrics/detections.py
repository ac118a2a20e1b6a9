"""`Objects`: the countable objects of a picture, as masks or boxes, that average precision compares in pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from segdesk.domain.metrics.matching import Candidates
from segdesk.domain.metrics.shapes import MaskRuns, box_ious, chunks, mask_ious
from segdesk.domain.rle import Rle

Shapes = tuple[Rle, ...] | np.ndarray
CHUNK = 1 << 19  # pairs that are compared at once: bounds the memory


@dataclass(frozen=True, eq=False)
class Objects:
    """n objects of one picture; they may overlap. Make them with `of_masks` or `of_boxes`.

    `classes` (n,) int64 class ids. `shapes`: n masks of the picture's size, or (n, 4) float64 boxes (x, y, width,
    height), in pixels. `scores` (n,) float64, of detections (references have ones). `crowd` (n,) bool, of references:
    a region of many objects, which is neither found nor missed (COCO's `iscrowd`). `areas` (n,) float64 pixels, by
    which an object is small, medium or large: COCO's files state it for references, else it is the shape's own.
    """

    classes: np.ndarray
    shapes: Shapes
    scores: np.ndarray
    crowd: np.ndarray
    areas: np.ndarray

    def __len__(self) -> int:
        return self.classes.size

    @classmethod
    def of_masks(
        cls,
        masks: Sequence[Rle],
        classes: Sequence[int] | np.ndarray,
        *,
        scores: Sequence[float] | np.ndarray | None = None,
        crowd: Sequence[bool] | np.ndarray | None = None,
        areas: Sequence[float] | np.ndarray | None = None,
    ) -> Objects:
        """Objects by their run-length masks."""
        own = np.array([mask.area for mask in masks], np.float64)
        return _objects(tuple(masks), own, classes, scores, crowd, areas)

    @classmethod
    def of_boxes(
        cls,
        boxes: Sequence[Sequence[float]] | np.ndarray,
        classes: Sequence[int] | np.ndarray,
        *,
        scores: Sequence[float] | np.ndarray | None = None,
        crowd: Sequence[bool] | np.ndarray | None = None,
        areas: Sequence[float] | np.ndarray | None = None,
    ) -> Objects:
        """Objects by their boxes (n, 4): x, y, width, height."""
        shapes = np.asarray(boxes, np.float64).reshape(-1, 4)
        return _objects(shapes, shapes[:, 2] * shapes[:, 3], classes, scores, crowd, areas)

    def chosen(self, at: np.ndarray, classes: np.ndarray) -> Objects:
        """The objects at these positions, with other class numbers."""
        shapes = self.shapes
        shapes = shapes[at] if isinstance(shapes, np.ndarray) else tuple(shapes[k] for k in at.tolist())
        return Objects(classes, shapes, self.scores[at], self.crowd[at], self.areas[at])

    @classmethod
    def joined(cls, parts: Sequence[Objects]) -> Objects:
        """The objects of several pictures; all are masks or all are boxes (those of an empty part are either)."""
        filled = [p.shapes for p in parts if len(p)]
        masks = [s for s in filled if isinstance(s, tuple)]
        if masks and len(masks) < len(filled):
            raise ValueError("masks cannot be compared with boxes")
        boxes = [s for s in filled if isinstance(s, np.ndarray)]
        return cls(
            np.concatenate([p.classes for p in parts]),
            np.concatenate(boxes) if boxes else tuple(m for part in masks for m in part),
            np.concatenate([p.scores for p in parts]),
            np.concatenate([p.crowd for p in parts]),
            np.concatenate([p.areas for p in parts]),
        )


def candidates(
    references: Objects, detections: Objects, *, cells: tuple[np.ndarray, np.ndarray], lowest: float
) -> Candidates:
    """The pairs of one cell (a number for each reference, and for each detection) whose IoU is at least `lowest`."""
    found = [Candidates(*(np.zeros(0, t) for t in (np.intp, np.intp, float)))]
    if isinstance(references.shapes, np.ndarray) and isinstance(detections.shapes, np.ndarray):
        boxes = references.shapes, detections.shapes
        for ref, det in _pairs(*cells):
            iou = box_ious(*boxes, pairs=(ref, det), crowd=references.crowd[ref])
            found.append(Candidates(ref, det, iou).at_least(lowest))
    elif isinstance(references.shapes, tuple) and isinstance(detections.shapes, tuple):
        runs = MaskRuns.of(references.shapes), MaskRuns.of(detections.shapes)
        for ref, det in _pairs(*cells):
            iou = mask_ious(*runs, pairs=(ref, det), crowd=references.crowd[ref], lowest=lowest)
            found.append(Candidates(ref, det, iou).at_least(lowest))
    elif len(references) and len(detections):
        raise ValueError("masks cannot be compared with boxes")
    return Candidates.joined(found)


def _pairs(ref_cells: np.ndarray, det_cells: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """All (reference, detection) of equal cells, in chunks of about `CHUNK`."""
    order = np.argsort(ref_cells, kind="stable")
    ordered = ref_cells[order]
    first = np.searchsorted(ordered, det_cells, side="left")
    count = np.searchsorted(ordered, det_cells, side="right") - first
    for low, high in chunks(count, CHUNK):
        size = count[low:high]
        det = np.repeat(np.arange(low, high), size)
        within = np.arange(det.size) - np.repeat(np.cumsum(size) - size, size)
        yield order[np.repeat(first[low:high], size) + within], det


def _objects(
    shapes: Shapes,
    own_areas: np.ndarray,
    classes: Sequence[int] | np.ndarray,
    scores: Sequence[float] | np.ndarray | None,
    crowd: Sequence[bool] | np.ndarray | None,
    areas: Sequence[float] | np.ndarray | None,
) -> Objects:
    count = len(shapes)
    found = Objects(
        np.asarray(classes, np.int64),
        shapes,
        np.ones(count) if scores is None else np.asarray(scores, np.float64),
        np.zeros(count, bool) if crowd is None else np.asarray(crowd, bool),
        own_areas if areas is None else np.asarray(areas, np.float64),
    )
    for values in (found.classes, found.scores, found.crowd, found.areas):
        if values.shape != (count,):
            raise ValueError(f"{count} shapes need {count} classes, scores, crowd marks and areas")
    return found
