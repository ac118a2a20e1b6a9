"""`Objects`: the countable objects of one picture, as masks or boxes, that average precision compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segdesk.domain.rle import Rle

Shapes = tuple[Rle, ...] | np.ndarray


@dataclass(frozen=True, eq=False)
class Objects:
    """n objects of one picture; they may overlap. Make them with `of_masks`, `of_stack` or `of_boxes`.

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
