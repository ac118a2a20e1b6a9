"""The full set of measures: intervals against judging the drawn pictures anew, and the pictures of each confusion."""

from __future__ import annotations

import numpy as np
import pytest

from segdesk.domain.metrics.ap import APAccumulator
from segdesk.domain.metrics.bootstrap import weights
from segdesk.domain.metrics.boundaries import Boundaries
from segdesk.domain.metrics.cells import CellPictures
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.objects import ObjectTally
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED, Overlaps, VoidRule
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.metrics.report_intervals import ReportIntervals
from segdesk.domain.metrics.segment_pairs import SegmentPairs
from segdesk.domain.metrics.suite import LIMITS, Suite
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.metrics.oracles import CLASSES, FOREIGN, Pair

RULES: tuple[tuple[VoidRule, VoidRule], ...] = ((VOID_IGNORED, VOID_IGNORED), (VOID_COUNTED, VOID_BACKGROUND))


def _pair(seed: int) -> Pair:
    """Blocks of sky, road, cars and void, the prediction moved and partly renamed."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 7, (6, 8)).repeat(5, axis=0).repeat(5, axis=1).astype(np.uint16)
    kinds = (1, 2, 3, 3, 4, FOREIGN)
    table = {k: Segment(kinds[k - 1], score=float(rng.random())) for k in range(1, 7)}
    moved = np.where(rng.random(ids.shape) < 0.05, 2, np.roll(ids, rng.integers(0, 2, 2), axis=(0, 1)))
    return Segmentation(moved.astype(np.uint16), dict(table)), Segmentation(ids, dict(table))


def _parts(pair: Pair) -> tuple[Confusion, Panoptic, ObjectTally, Boundaries]:
    overlaps = Overlaps.of(*pair)
    pairs = SegmentPairs.of(overlaps, CLASSES)
    return (
        Confusion.of(overlaps, CLASSES),
        Panoptic.of(pairs, CLASSES),
        ObjectTally.of(pairs, CLASSES),
        Boundaries.of(*pair, CLASSES),
    )


def _figures(pairs: list[Pair], pixel_rule: VoidRule, panoptic_rule: VoidRule) -> dict[str, float | None]:
    totals = Confusion(CLASSES), Panoptic(CLASSES), ObjectTally(CLASSES), Boundaries(CLASSES)
    for pair in pairs:
        for total, part in zip(totals, _parts(pair), strict=True):
            total.merge(part)
    pixels, segments = totals[0].result(pixel_rule), totals[1].result(panoptic_rule)
    outlines = totals[3].result(pixel_rule)
    return {
        "miou": pixels.miou,
        "mean_dice": pixels.mean_dice,
        "pixel_accuracy": pixels.pixel_accuracy,
        "pq": segments.all.pq,
        "sq": segments.all.sq,
        "rq": segments.all.rq,
        "mpq": segments.mpq,
        "dsb": totals[2].result(panoptic_rule).dsb,
        "boundary_iou": outlines.mean_iou,
        "boundary_f": outlines.mean_f,
    }


@pytest.mark.parametrize(("pixel_rule", "panoptic_rule"), RULES)
def test_intervals_are_those_of_the_drawn_pictures(pixel_rule: VoidRule, panoptic_rule: VoidRule) -> None:
    pairs = [_pair(seed) for seed in range(6)]
    intervals = ReportIntervals(CLASSES)
    for pair in pairs:
        intervals.add(*_parts(pair))
    drawn: dict[str, list[float]] = {}
    often = np.stack([weights(n) for n in range(len(pairs))])[:, :60]
    for times in often.T:
        again = [pair for pair, n in zip(pairs, times, strict=True) for _ in range(n)]
        for name, value in _figures(again, pixel_rule, panoptic_rule).items():
            drawn.setdefault(name, []).append(np.nan if value is None else value)
    found = intervals.samples(pixel_rule, panoptic_rule)
    assert list(found) == list(drawn)
    for name, values in drawn.items():
        assert found[name][:60] == pytest.approx(np.array(values), abs=1e-12, nan_ok=True), name
    spans = intervals.result(pixel_rule, panoptic_rule)
    for name, value in _figures(pairs, pixel_rule, panoptic_rule).items():
        assert value is not None
        assert spans[name].low <= value <= spans[name].high
        assert spans[name].pictures == 6


def test_suite_gathers_everything() -> None:
    suite, precision = Suite(CLASSES), APAccumulator(sorted(CLASSES.things), limits=LIMITS)
    for seed in range(4):
        pair = _pair(seed)
        overlaps = Overlaps.of(*pair)
        confusion, panoptic, _, _ = _parts(pair)
        precision.add_maps(overlaps, pair[0].segments)
        pairs = SegmentPairs.of(overlaps, CLASSES)
        suite.add(*pair, name=f"{seed}", overlaps=overlaps, pairs=pairs, confusion=confusion, panoptic=panoptic)
    found = suite.findings(VOID_IGNORED, VOID_IGNORED)
    assert found.precision is not None
    assert found.precision.figures == precision.result().figures
    assert {"miou", "pq", "ap", "ap50", "boundary_iou", "dsb"} <= set(found.intervals)
    ap = found.precision.ap(limit=100)
    assert ap is not None
    assert found.intervals["ap"].low <= ap <= found.intervals["ap"].high


def test_one_picture_or_none_has_no_intervals() -> None:
    intervals = ReportIntervals(CLASSES)
    assert intervals.result(VOID_IGNORED, VOID_IGNORED) == {}
    intervals.add(*_parts(_pair(0)))
    assert intervals.result(VOID_IGNORED, VOID_IGNORED) == {}


def test_classes_without_things_have_no_average_precision() -> None:
    stuff = CLASSES.without(3).without(4)
    assert Suite(stuff).findings(VOID_IGNORED, VOID_IGNORED).precision is None


def test_cells_keep_the_pictures_with_most_pixels() -> None:
    cells = CellPictures(CLASSES, room=2)
    for name, pixels in (("a", 3), ("b", 9), ("c", 5), ("d", 5)):
        counts = np.zeros((5, 5), np.int64)
        counts[1, 2], counts[1, 1], counts[0, 4] = pixels, 100, name == "b"
        cells.add(name, counts)
    assert cells.pictures(1, 2) == [("b", 9), ("c", 5)]
    assert cells.pictures(0, 4) == [("b", 1)]
    assert cells.pictures(1, 1) == cells.pictures(2, 1) == []
