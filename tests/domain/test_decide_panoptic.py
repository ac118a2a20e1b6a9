"""The panoptic merge against a plain one, pixel by pixel and object by object."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.upsampling import best_class, sampled, taps, winners

CLASSES = ClassSet([ClassInfo(i, f"class {i}", (i, i, i), is_thing=i > 3) for i in range(1, 7)])
STUFF, THINGS = (1, 2, 3), (4, 5, 6)
SIDE = 12


def instance(class_id: int, score: float, mask: np.ndarray) -> Instance:
    return Instance(class_id, score, rle.encode(mask))


@st.composite
def predictions(draw: st.DrawFn) -> Prediction:
    """Scores of background, stuff and things, and up to six objects that overlap as they like."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    h, w = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    scores = rng.dirichlet(np.ones(7) * 0.5, (h, w)).transpose(2, 0, 1).astype(np.float16)
    objects = []
    for _ in range(draw(st.integers(0, 6))):
        mask = np.zeros((SIDE, SIDE), bool)
        y, x = np.sort(rng.integers(0, SIDE + 1, 2)), np.sort(rng.integers(0, SIDE + 1, 2))
        mask[y[0] : y[1], x[0] : x[1]] = rng.random((y[1] - y[0], x[1] - x[0])) < 0.9
        objects.append(instance(int(rng.choice(THINGS)), float(rng.random()), mask))
    objects.sort(key=lambda o: -o.score)
    return Prediction("panoptic", (SIDE, SIDE), CLASSES, scores, (0, 1, 2, 3, 4, 5, 6), tuple(objects))


options = st.builds(
    DecideOptions,
    confidence=st.sampled_from([0.0, 0.3, 0.7]),
    overlap=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
    min_area=st.sampled_from([0, 5]),
    stuff_area=st.sampled_from([0, 1, 10, 40, 200]),
)


def merged(prediction: Prediction, chosen: DecideOptions) -> list[tuple[int, frozenset[tuple[int, int]]]]:
    """(class, pixels) of every segment, as section 6 of the paper has it."""
    taken: set[tuple[int, int]] = set()
    result = []
    for found in prediction.instances:
        pixels = {(int(y), int(x)) for y, x in np.argwhere(rle.decode(found.mask))}
        free = pixels - taken
        enough = free and len(free) >= chosen.min_area and len(free) >= chosen.overlap * len(pixels)
        if found.score >= chosen.confidence and enough:
            taken |= free
            result.append((found.class_id, frozenset(free)))
    class_map = best_class(prediction)
    for class_id in STUFF:
        pixels = {(int(y), int(x)) for y, x in np.argwhere(class_map == class_id)} - taken
        if pixels and len(pixels) >= chosen.stuff_area:
            result.append((class_id, frozenset(pixels)))
    return result


def parts(result: Segmentation) -> list[tuple[int, frozenset[tuple[int, int]]]]:
    return [
        (segment.class_id, frozenset((int(y), int(x)) for y, x in np.argwhere(result.ids == key)))
        for key, segment in result.segments.items()
    ]


def in_order(found: list[tuple[int, frozenset[tuple[int, int]]]]) -> list[tuple[int, list[tuple[int, int]]]]:
    return sorted((class_id, sorted(pixels)) for class_id, pixels in found)


@given(predictions(), options.map(lambda o: o if o.min_area == 0 else DecideOptions(o.confidence, overlap=o.overlap)))
def test_the_merge_is_the_plain_one(prediction: Prediction, chosen: DecideOptions):
    assert in_order(parts(decide(prediction, chosen))) == in_order(merged(prediction, chosen))


@given(predictions(), options)
def test_every_pixel_is_in_one_segment_or_void(prediction: Prediction, chosen: DecideOptions):
    kept = prediction.instances
    result = decide(prediction, chosen)
    result.check(CLASSES)
    assert sum(result.areas().values()) == SIDE * SIDE
    assert set(result.areas()) - {0} == set(result.segments)
    stuff = [s.class_id for s in result.segments.values() if s.class_id in STUFF]
    assert len(stuff) == len(set(stuff))  # a segment a class
    objects = [set(pixels) for class_id, pixels in parts(result) if class_id in THINGS]
    masks = [{(int(y), int(x)) for y, x in np.argwhere(rle.decode(i.mask))} for i in kept]
    assert all(any(pixels <= mask for mask in masks) for pixels in objects)
    assert prediction.instances is kept  # what overlaps stays whole for the metrics of objects


@given(predictions(), st.integers(0, 150))
def test_small_stuff_becomes_void_and_nothing_else_changes(prediction: Prediction, least: int):
    before = decide(prediction, DecideOptions(confidence=0.0))
    after = decide(prediction, DecideOptions(confidence=0.0, stuff_area=least))
    areas = before.areas()
    small = [k for k, s in before.segments.items() if s.class_id in STUFF and areas[k] < least]
    assert np.array_equal(after.ids, np.where(np.isin(before.ids, small), 0, before.ids))
    assert after.segments == {k: s for k, s in before.segments.items() if k not in small}


def test_stuff_is_counted_after_the_objects_have_covered_it():
    scores = np.ones((1, 1, 1), np.float16)
    mask = np.ones((10, 10), bool)
    mask[:, 0] = False
    prediction = Prediction("panoptic", (10, 10), CLASSES, scores, (1,), (instance(4, 0.9, mask),))
    assert {s.class_id for s in decide(prediction, DecideOptions(stuff_area=10)).segments.values()} == {1, 4}
    assert {s.class_id for s in decide(prediction, DecideOptions(stuff_area=11)).segments.values()} == {4}


def test_a_semantic_map_keeps_its_small_classes():
    prediction = Prediction("semantic", (3, 3), CLASSES, np.ones((1, 1, 1), np.float16), (1,))
    assert decide(prediction, DecideOptions(stuff_area=100)).areas() == {1: 9}


@pytest.mark.parametrize(("share", "kept"), [(0.59, 2), (0.6, 2), (0.61, 1), (1.0, 1)])
def test_an_object_stays_where_enough_of_it_is_free(share: float, kept: int):
    low, high = np.zeros((10, 10), bool), np.zeros((10, 10), bool)
    low[0], high[:, :4] = True, True
    objects = (instance(4, 0.9, high), instance(5, 0.8, low))
    result = decide(Prediction("instance", (10, 10), CLASSES, instances=objects), DecideOptions(overlap=share))
    assert len(result.segments) == kept


def whole(prediction: Prediction) -> tuple[np.ndarray, np.ndarray]:
    """All channels at every pixel by the same interpolation, then arg-max."""
    assert prediction.scores is not None
    count, h, w = prediction.scores.shape
    height, width = prediction.size
    y, x = (a.ravel() for a in np.mgrid[0:height, 0:width])
    rows, cols = taps(height, h), taps(width, w)
    every = [sampled(prediction.scores, np.full(y.size, k), rows, cols, (y, x)) for k in range(count)]
    best = np.argmax(every, axis=0)
    return np.asarray(prediction.score_ids, np.uint16)[best].reshape(height, width), np.max(every, axis=0)


@given(
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.integers(1, 9),
    st.sampled_from(["noise", "ties", "sure", "tiny"]),
    st.sampled_from([0.0, 0.4, 1.0]),
)
def test_only_looking_at_what_can_differ_changes_nothing(seed, small, size, count, kind, least):
    rng = np.random.default_rng(seed)
    scores = rng.random((count, *small))
    if kind == "ties":
        scores = np.round(scores * 3) / 3
    elif kind == "sure":
        scores = np.exp(9 * scores) / np.exp(9 * scores).sum(axis=0)
    elif kind == "tiny":
        scores *= 1e-4
    ids = tuple(int(i) for i in rng.integers(0, 4, count))  # several channels of one class
    prediction = Prediction("semantic", size, CLASSES, scores.astype(np.float16), ids)
    expected, value = whole(prediction)
    expected[value.reshape(size) < least] = 0
    assert np.array_equal(best_class(prediction, least), expected)


@given(
    hnp.arrays(
        np.float16,
        st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(1, 4)),
        elements=st.floats(width=16, allow_nan=False),
    )
)
def test_winners_are_those_of_the_numbers(scores: np.ndarray):
    assert np.array_equal(winners(scores), scores.argmax(axis=0))
    assert np.array_equal(winners(np.abs(scores)), np.abs(scores).argmax(axis=0))
