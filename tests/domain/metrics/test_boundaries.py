"""Boundary IoU and F against the published definitions, mask by mask, with OpenCV's erosion and dilation."""

from __future__ import annotations

from math import ceil

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.metrics.boundaries import DISC, RULES, Boundaries, band, outlines
from segdesk.domain.segmentation import Segmentation
from tests.domain.metrics.oracles import CLASSES, FOREIGN


@st.composite
def _maps(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """(prediction, reference) class maps of blocks, with a little noise, up to 150 pixels wide."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    height, width = draw(st.integers(1, 150)), draw(st.integers(1, 150))
    block, top = draw(st.sampled_from([1, 5, 17, 40])), draw(st.integers(0, 4))
    small = rng.integers(0, top + 1, (height // block + 1, width // block + 1))
    reference = small.repeat(block, axis=0).repeat(block, axis=1)[:height, :width]
    moved = np.roll(reference, rng.integers(0, 4, 2), axis=(0, 1))
    noise = rng.random(reference.shape) < draw(st.sampled_from([0.0, 0.002]))
    return np.where(noise, rng.integers(0, 5, reference.shape), moved), reference


def _eroded_boundary(mask: np.ndarray) -> np.ndarray:
    """Cheng et al.: the mask less its erosion, d times by 3 x 3 pixels, with zeros around the picture."""
    height, width = mask.shape
    times = max(1, int(round(0.02 * np.sqrt(height**2 + width**2))))  # noqa: RUF046
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    eroded = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=times)[1 : height + 1, 1 : width + 1]
    return mask & (eroded == 0)


def _boundary_map(mask: np.ndarray) -> np.ndarray:
    """A pixel differs from its right, lower or diagonal neighbour; the last row and column look along themselves."""
    edge = np.zeros(mask.shape, bool)
    for y, x in np.ndindex(*mask.shape):
        right, below = min(x + 1, mask.shape[1] - 1), min(y + 1, mask.shape[0] - 1)
        edge[y, x] = len({bool(mask[y, x]), bool(mask[y, right]), bool(mask[below, x]), bool(mask[below, right])}) > 1
    return edge


def _f_measure(found: np.ndarray, wanted: np.ndarray) -> float:
    radius = ceil(DISC * float(np.linalg.norm(found.shape)))
    ys, xs = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disc = (ys**2 + xs**2 <= radius**2).astype(np.uint8)
    edges = _boundary_map(found), _boundary_map(wanted)
    near = [cv2.dilate(e.astype(np.uint8), disc) > 0 for e in edges]
    sizes = [int(e.sum()) for e in edges]
    if not all(sizes):
        return float(not any(sizes))
    precision, recall = (edges[0] & near[1]).sum() / sizes[0], (edges[1] & near[0]).sum() / sizes[1]
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


@settings(max_examples=80, deadline=None)
@given(_maps())
def test_band_of_each_label_is_the_eroded_boundary(maps: tuple[np.ndarray, np.ndarray]) -> None:
    for labels in maps:
        found = band(labels)
        for label in np.unique(labels):
            mask = labels == label
            assert np.array_equal(found & mask, _eroded_boundary(mask))


@settings(max_examples=40, deadline=None)
@given(_maps())
def test_boundary_iou_equals_the_published_definition(maps: tuple[np.ndarray, np.ndarray]) -> None:
    prediction, reference = maps
    one = Boundaries.of(Segmentation.from_class_map(prediction), Segmentation.from_class_map(reference), CLASSES)
    for rule in RULES:
        kept = reference > 0 if rule == "void_ignored" else np.ones(reference.shape, bool)
        for row in one.result(rule).classes:
            bands = [_eroded_boundary(m == row.class_id) & kept for m in maps]
            assert (row.intersection, row.union) == ((bands[0] & bands[1]).sum(), (bands[0] | bands[1]).sum())


@settings(max_examples=25, deadline=None)
@given(_maps())
def test_boundary_f_equals_the_published_definition(maps: tuple[np.ndarray, np.ndarray]) -> None:
    prediction, reference = (m[:60, :90] for m in maps)
    one = Boundaries.of(Segmentation.from_class_map(prediction), Segmentation.from_class_map(reference), CLASSES)
    for rule in RULES:
        judged = np.where(reference == 0, 0, prediction) if rule == "void_ignored" else prediction
        for row in one.result(rule).classes:
            masks = judged == row.class_id, reference == row.class_id
            assert row.pictures == int(any(m.any() for m in masks))
            if row.pictures:
                assert row.f == pytest.approx(_f_measure(*masks), abs=1e-12)


def test_tolerance_reaches_over_rows_but_not_around_the_border() -> None:
    """A pixel at the right end of a row has no neighbour at the left end of the next."""
    reference, prediction = np.zeros((40, 60), np.int64), np.zeros((40, 60), np.int64)
    reference[10, 59], prediction[11, 0] = 1, 1
    assert (
        Boundaries.of(Segmentation.from_class_map(prediction), Segmentation.from_class_map(reference), CLASSES)
        .result("void_counted")
        .classes[0]
        .f
        == 0.0
    )


def test_outlines_lie_half_a_pixel_up_and_left() -> None:
    labels = np.array([[0, 0, 0, 0], [0, 2, 2, 0], [0, 0, 0, 0]])
    area = labels.size
    assert (outlines(labels) - 2 * area).tolist() == [0, 1, 2, 4, 5, 6]


def test_pictures_add_up_and_absent_classes_are_in_no_mean() -> None:
    left = Segmentation.from_class_map(np.kron([[1, 2]], np.ones((30, 30), int)))
    right = Segmentation.from_class_map(np.kron([[2, 2]], np.ones((30, 30), int)))
    total = Boundaries(CLASSES)
    for pair in ((left, left), (right, left)):
        total.merge(Boundaries.of(*pair, CLASSES))
    rows = total.result().classes
    assert [r.pictures for r in rows] == [2, 2, 0, 0]
    assert (rows[0].iou, rows[0].f) == (0.5, 0.5)
    assert (rows[3].iou, rows[3].f) == (None, None)
    assert total.result().mean_f == pytest.approx((rows[0].f + (rows[1].f or 0)) / 2)
    with pytest.raises(ValueError, match="different class sets"):
        total.merge(Boundaries(CLASSES.without(1)))


def test_void_only_foreign_classes_and_no_pixels() -> None:
    void, foreign = Segmentation.empty(5, 7), Segmentation.from_class_map(np.full((5, 7), FOREIGN))
    for pair in ((void, void), (foreign, void), (Segmentation.empty(0, 4), Segmentation.empty(0, 4))):
        for rule in RULES:
            result = Boundaries.of(*pair, CLASSES).result(rule)
            assert (result.mean_iou, result.mean_f) == (None, None)
