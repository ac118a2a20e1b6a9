"""Hypothesis strategies for pairs of label maps, and slow measures written straight from their definitions."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segment, Segmentation

CLASSES = ClassSet.from_names(["sky", "road", "car", "person"], things=["car", "person"])
FOREIGN = 9  # a class that the set lacks

Pair = tuple[Segmentation, Segmentation]
Pixels = frozenset[tuple[int, int]]


@st.composite
def map_pairs(draw: st.DrawFn, max_side: int = 8, top: int = 5) -> Pair:
    """(prediction, reference) of one size; every third pixel or so of the prediction copies the reference, so that
    there are matches."""
    shape = (draw(st.integers(1, max_side)), draw(st.integers(1, max_side)))
    ids = hnp.arrays(np.uint16, shape, elements=st.integers(0, top))
    reference = Segmentation(draw(ids), draw(_tables(top, crowds=True)))
    table = reference.segments if draw(st.booleans()) else draw(_tables(top, crowds=False))
    wanted = draw(ids)
    copy = draw(hnp.arrays(np.uint8, shape, elements=st.integers(0, 4))) > 1
    predicted = np.where(copy, reference.ids, wanted).astype(np.uint16)
    return Segmentation(predicted, dict(table)), reference


def _tables(top: int, *, crowds: bool) -> st.SearchStrategy[dict[int, Segment]]:
    segment = st.builds(
        Segment,
        class_id=st.sampled_from([1, 2, 3, 3, 4, FOREIGN]),
        crowd=st.sampled_from([False, False, False, True]) if crowds else st.just(False),
    )
    return st.fixed_dictionaries(dict.fromkeys(range(1, top + 1), segment))


def class_at(segmentation: Segmentation, y: int, x: int) -> int:
    """The class of a pixel, 0 for void and foreign classes."""
    segment = segmentation.segments.get(int(segmentation.ids[y, x]))
    return segment.class_id if segment is not None and CLASSES.get(segment.class_id) else 0


def count_pixels(pair: Pair, *, ignore_void: bool) -> dict[int, tuple[int, int, int]]:
    """(TP, FP, FN) of each class, pixel by pixel."""
    prediction, reference = pair
    found: dict[int, list[int]] = {c.id: [0, 0, 0] for c in CLASSES}
    for y, x in np.ndindex(*reference.ids.shape):
        was, said = class_at(reference, y, x), class_at(prediction, y, x)
        if was == 0 and ignore_void:
            continue
        if was and was == said:
            found[was][0] += 1
            continue
        if said:
            found[said][1] += 1
        if was:
            found[was][2] += 1
    return {k: (v[0], v[1], v[2]) for k, v in found.items()}


def segment_sets(segmentation: Segmentation) -> list[tuple[int, bool, Pixels]]:
    """(class, crowd, its pixels) of every segment; the non-crowd segments of a stuff class are one."""
    sets: dict[object, set[tuple[int, int]]] = defaultdict(set)
    for y, x in np.ndindex(*segmentation.ids.shape):
        class_id, key = class_at(segmentation, y, x), int(segmentation.ids[y, x])
        if not class_id:
            continue
        crowd = segmentation.segments[key].crowd
        alone = crowd or class_id in CLASSES.things
        sets[class_id, crowd, key if alone else None].add((y, x))
    return [(c, crowd, frozenset(pixels)) for (c, crowd, _), pixels in sets.items()]  # type: ignore[misc]


def match_segments(pair: Pair, rule: str, threshold: float = 0.5) -> dict[int, tuple[int, int, int, float]]:
    """(TP, FP, FN, sum of IoU) of each class, by sets of pixels."""
    prediction, reference = pair
    void = frozenset((y, x) for y, x in np.ndindex(*reference.ids.shape) if class_at(reference, y, x) == 0)
    truths = segment_sets(reference)
    answers = [(c, pixels) for c, _, pixels in segment_sets(_without_crowds(prediction))]
    result = {c.id: [0, 0, 0, 0.0] for c in CLASSES}
    matched: set[int] = set()
    for class_id, crowd, truth in truths:
        if crowd:
            continue
        hit = _best(class_id, truth, answers, void if rule == "void_ignored" else frozenset(), threshold)
        if hit is None:
            result[class_id][2] += 1
        else:
            matched.add(hit[0])
            result[class_id][0] += 1
            result[class_id][3] += hit[1]
    for at, (class_id, pixels) in enumerate(answers):
        if at not in matched and len(pixels & _excuse(reference, class_id, rule, void)) / len(pixels) <= 0.5:
            result[class_id][1] += 1
    return {k: (int(v[0]), int(v[1]), int(v[2]), v[3]) for k, v in result.items()}


def _excuse(reference: Segmentation, class_id: int, rule: str, void: Pixels) -> Pixels:
    """The pixels on which a segment of this class may be without being a false alarm."""
    own, other = [], []
    for key, segment in reference.segments.items():
        pixels = frozenset(zip(*(axis.tolist() for axis in np.nonzero(reference.ids == key)), strict=True))
        if segment.crowd and CLASSES.get(segment.class_id) and pixels:
            (own if segment.class_id == class_id else other).append(pixels)
    if rule == "void_ignored":
        return frozenset().union(void, *own[-1:])
    return frozenset().union(*own) if rule == "void_background" else frozenset().union(void, *own, *other)


def _best(
    class_id: int, truth: Pixels, answers: list[tuple[int, Pixels]], left_out: Pixels, threshold: float
) -> tuple[int, float] | None:
    hits = []
    for at, (other, pixels) in enumerate(answers):
        union = truth | (pixels - left_out)
        iou = len(truth & pixels) / len(union)
        if other == class_id and iou > threshold:
            hits.append((at, iou))
    assert len(hits) <= 1, "an IoU over one half is unique"
    return hits[0] if hits else None


def _without_crowds(segmentation: Segmentation) -> Segmentation:
    """A prediction has no crowds: the mark means nothing there."""
    return Segmentation(segmentation.ids, {k: Segment(s.class_id) for k, s in segmentation.segments.items()})
