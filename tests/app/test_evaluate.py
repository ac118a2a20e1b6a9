"""Evaluation of a stream of pictures: what leads, what is worst, what is left out."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from segdesk.app.evaluate import THUMB_SIDE, EvalItem, Evaluation, evaluate
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.metrics.overlaps import VOID_BACKGROUND, VOID_COUNTED, VOID_IGNORED
from segdesk.domain.segmentation import Segment, Segmentation

STREET = ClassSet.from_names(["sky", "road", "car"], things=["car"])
CELLS = ClassSet.from_names(["nucleus"], things=["nucleus"])


def _semantic(rows: list[list[int]]) -> Segmentation:
    return Segmentation.from_class_map(np.array(rows))


def _nuclei(rows: list[list[int]]) -> Segmentation:
    ids = np.array(rows, np.uint16)
    return Segmentation(ids, {int(i): Segment(1) for i in np.unique(ids) if i})


def _street(wrong: int, name: str = "") -> EvalItem:
    """A picture of 10 road pixels of which `wrong` are called sky."""
    return EvalItem(name or f"{wrong}.png", _semantic([[1] * wrong + [2] * (10 - wrong)]), _semantic([[2] * 10]))


def test_semantic_references_lead_with_void_ignored() -> None:
    items = [_street(2), EvalItem("v.png", _semantic([[2, 1]]), _semantic([[2, 0]]))]
    report = evaluate(items, STREET)
    assert not report.instance_only
    assert (report.pixel_rule, report.panoptic_rule, report.ranked_by) == (VOID_IGNORED, VOID_IGNORED, "miou")
    assert report.headline["pixel_accuracy"] == 9 / 11
    assert [(p.pixels, p.labelled) for p in report.pictures] == [(10, 10), (2, 1)]
    assert report.pictures[1].accuracy == 1.0


def test_instance_references_count_objects_on_the_background() -> None:
    report = evaluate([EvalItem("a.tif", _nuclei([[1, 1, 0, 2, 2, 0]]), _nuclei([[5, 5, 0, 0, 0, 0]]))], CELLS)
    assert report.instance_only
    assert (report.pixel_rule, report.panoptic_rule, report.ranked_by) == (VOID_COUNTED, VOID_BACKGROUND, "pq")
    assert report.headline["pq"] == 1 / 1.5
    assert report.headline["miou"] == 1 / 2
    assert (report.pictures[0].tp, report.pictures[0].fp, report.pictures[0].fn) == (1, 1, 0)
    assert report.panoptic.result(VOID_IGNORED).all.pq == 1.0


def test_one_stuff_segment_anywhere_makes_void_unlabelled() -> None:
    cars = Segmentation(np.array([[1, 0]], np.uint16), {1: Segment(3)})
    assert evaluate([EvalItem("cars", cars, cars)], STREET).instance_only
    assert not evaluate([EvalItem("cars", cars, cars), _street(0)], STREET).instance_only


def test_worst_come_first_and_perfect_ones_not_at_all() -> None:
    report = evaluate((_street(k) for k in (3, 0, 9, 5, 1, 7)), STREET, worst=3)
    assert [s.name for s in report.worst] == ["9.png", "7.png", "5.png"]
    everything = evaluate((_street(k) for k in (3, 0, 9)), STREET, worst=12)
    assert [s.name for s in everything.worst] == ["9.png", "3.png"]
    tie = evaluate([_street(5, "first"), _street(5, "second")], STREET, worst=1)
    assert [s.name for s in tie.worst] == ["first"]


def test_specimens_are_small_and_keep_their_segments() -> None:
    reference = Segmentation(np.full((1000, 2000), 1, np.uint16), {1: Segment(1), 2: Segment(2)})
    prediction = Segmentation(np.full((1000, 2000), 2, np.uint16), {1: Segment(1), 2: Segment(2)})
    specimen = evaluate([EvalItem("big", prediction, reference, Path("big.jpg"))], STREET).worst[0]
    assert specimen.prediction.size == specimen.reference.size == (200, 400)
    assert max(specimen.prediction.size) <= THUMB_SIDE
    assert (list(specimen.prediction.segments), list(specimen.reference.segments)) == ([2], [1])
    assert specimen.picture == "big.jpg"


def test_pictures_of_other_size_are_noted_and_the_rest_goes_on() -> None:
    odd = EvalItem("odd.png", _semantic([[1]]), _semantic([[1, 2]]))
    report = evaluate([_street(1), odd, _street(2)], STREET)
    assert [p.name for p in report.pictures] == ["1.png", "2.png"]
    assert [name for name, _ in report.failed] == ["odd.png"]
    assert "odd.png" in str(report.failed[0][1])
    assert report.failed[0][1].__traceback__ is None, "a traceback keeps the maps alive"
    with pytest.raises(SegDeskError, match="nothing to compare"):
        evaluate([odd], STREET)


def test_no_map_outlives_its_picture() -> None:
    """Neither a judged picture's map nor a failed one's is kept: memory does not grow with their number."""
    alive: list[weakref.ref[np.ndarray]] = []

    def stream() -> Iterator[EvalItem]:
        for k in range(6):
            item = EvalItem(f"{k}", _semantic([[1, 2]]), _semantic([[1, 1]] if k % 2 else [[1]]))
            alive.extend([weakref.ref(item.prediction.ids), weakref.ref(item.reference.ids)])
            yield item

    report = evaluate(stream(), STREET)
    assert (len(report.pictures), len(report.failed), len(report.worst)) == (3, 3, 3)
    assert not any(ref() is not None for ref in alive)


def test_streams_reports_progress_and_stops_when_told() -> None:
    taken: list[int] = []
    seen: list[tuple[int, int]] = []

    def stream() -> Iterator[EvalItem]:
        for k in range(10):
            taken.append(k)
            yield _street(k)

    with pytest.raises(Cancelled):
        evaluate(
            stream(), STREET, total=10, progress=lambda d, t: seen.append((d, t)), cancelled=lambda: len(seen) == 3
        )
    assert seen == [(1, 10), (2, 10), (3, 10)]
    assert taken == [0, 1, 2, 3]


def test_a_full_evaluation_has_further_figures_and_the_best_pictures() -> None:
    report = evaluate([_street(k) for k in (3, 0, 9, 5, 1, 7, 2, 4)], STREET)
    assert report.findings is not None
    assert report.findings.precision is not None
    assert [s.name for s in report.best] == ["0.png", "1.png", "2.png", "3.png", "4.png", "5.png"]
    assert report.findings.cells.pictures(2, 1)[:2] == [("9.png", 9), ("7.png", 7)]
    span = report.findings.intervals["miou"]
    assert span.low <= (report.headline["miou"] or 0) <= span.high
    assert list(report.headline) == ["miou", "pixel_accuracy", "pq", "sq", "rq", "boundary_iou", "dsb", "ap"]
    first, last = report.headline_lines()[0], report.headline_lines()[-1]
    assert first.startswith("mIoU ")
    assert "[" in first
    assert first.endswith("(void in the reference ignored; 8 pictures)")
    assert last == "AP              -  (COCO, IoU 0.50:0.95, at most 100 objects of a class in a picture; 8 pictures)"


def test_a_quick_evaluation_has_the_same_scores_and_no_further_figures() -> None:
    items = [_street(k) for k in (3, 0, 9)]
    full, quick = evaluate(items, STREET), Evaluation(STREET)
    for item in items:
        quick.add(item)
    report = quick.report()
    assert (report.findings, report.best) == (None, ())
    assert report.pictures == full.pictures
    assert [s.name for s in report.worst] == [s.name for s in full.worst]


def test_totals_do_not_depend_on_the_order() -> None:
    items = [_street(k) for k in range(10)]
    one, two = evaluate(items, STREET), evaluate(reversed(items), STREET)
    assert one.headline == pytest.approx(two.headline, abs=1e-12)
    assert np.array_equal(one.confusion.counts, two.confusion.counts)
