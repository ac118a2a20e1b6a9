import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions, best_class, decide
from segdesk.domain.prediction import Instance, Prediction, doubt

CLASSES = ClassSet([ClassInfo(i, f"class {i}", (i, i, i), is_thing=i > 2) for i in range(1, 5)])


def upsampled(scores: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear upsampling of all channels, one pixel at a time."""
    k, h, w = scores.shape
    out = np.zeros((k, *size), np.float32)
    for y, x in np.ndindex(*size):
        sy = np.float64(min(max((y + 0.5) * (h / size[0]) - 0.5, 0), h - 1))
        sx = np.float64(min(max((x + 0.5) * (w / size[1]) - 0.5, 0), w - 1))
        a, c = int(sy), int(sx)
        b, d = min(a + 1, h - 1), min(c + 1, w - 1)
        fy, fx = np.float32(sy - a), np.float32(sx - c)
        s = scores.astype(np.float32)
        top = s[:, a, c] + (s[:, a, d] - s[:, a, c]) * fx
        low = s[:, b, c] + (s[:, b, d] - s[:, b, c]) * fx
        out[:, y, x] = top + (low - top) * fy
    return out


score_maps = st.tuples(st.integers(1, 6), st.integers(1, 6)).flatmap(
    lambda s: hnp.arrays(np.float16, (3, *s), elements=st.floats(0, 1, width=16))
)


@given(score_maps, st.integers(1, 15), st.integers(1, 15), st.sampled_from([0.0, 0.3, 0.7]))
def test_the_map_equals_upsampling_then_arg_max(scores, height, width, least):
    prediction = Prediction("semantic", (height, width), CLASSES, scores, (0, 1, 2))
    full = upsampled(scores, (height, width))
    expected = full.argmax(axis=0)
    ours = best_class(prediction, least)
    top = np.sort(full, axis=0)
    clear = (top[-1] - top[-2] > 1e-6) & (np.abs(top[-1] - least) > 1e-6)
    expected = np.where(top[-1] < least, 0, expected)
    assert np.array_equal(ours[clear], expected[clear])


def box_instance(class_id, score, x0, y0, x1, y1, size=(10, 10)):
    mask = np.zeros(size, bool)
    mask[y0:y1, x0:x1] = True
    return Instance(class_id, score, rle.encode(mask))


def test_better_scores_win_overlaps():
    low, high = box_instance(3, 0.6, 0, 0, 6, 4), box_instance(4, 0.9, 4, 0, 9, 4)
    result = decide(Prediction("instance", (10, 10), CLASSES, instances=(low, high)))
    assert result.class_map()[0].tolist() == [3, 3, 3, 3, 4, 4, 4, 4, 4, 0]
    result.check(CLASSES)


def test_objects_under_the_confidence_or_mostly_covered_are_left_out():
    sure, doubtful = box_instance(3, 0.9, 0, 0, 5, 5), box_instance(4, 0.4, 5, 5, 9, 9)
    covered = box_instance(4, 0.8, 0, 0, 5, 7)
    prediction = Prediction("instance", (10, 10), CLASSES, instances=(sure, covered, doubtful))
    assert {s.class_id for s in decide(prediction).segments.values()} == {3}
    both = decide(prediction, DecideOptions(confidence=0.3, overlap=0.2))
    assert sorted(s.class_id for s in both.segments.values()) == [3, 4, 4]
    assert both.areas()[0] == 100 - 25 - 10 - 16


def test_small_objects_are_left_out():
    prediction = Prediction("instance", (10, 10), CLASSES, instances=(box_instance(3, 0.9, 0, 0, 2, 2),))
    assert decide(prediction, DecideOptions(min_area=5)).segments == {}
    assert decide(prediction, DecideOptions(min_area=4)).areas()[1] == 4


@given(score_maps, st.lists(st.tuples(*[st.integers(0, 9)] * 4, st.floats(0, 1)), max_size=5))
def test_a_panoptic_map_is_things_over_stuff_without_loose_thing_pixels(scores, boxes):
    objects = tuple(
        box_instance(3 + i % 2, b[4], min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]) + 1, max(b[1], b[3]) + 1)
        for i, b in enumerate(boxes)
    )
    prediction = Prediction("panoptic", (10, 10), CLASSES, scores, (1, 2, 3), objects)
    result = decide(prediction, DecideOptions(overlap=0.0))
    result.check(CLASSES)
    kept = [o for o in objects if o.score >= 0.5]
    covered = np.zeros((10, 10), bool)
    for instance in kept:
        covered |= rle.decode(instance.mask)
    classes = result.class_map()
    assert np.array_equal(classes >= 3, covered)
    stuff = best_class(prediction)
    assert np.array_equal(classes[~covered], np.where(stuff >= 3, 0, stuff)[~covered])


def test_scores_need_one_class_a_channel():
    with pytest.raises(ValueError, match="channel"):
        Prediction("semantic", (2, 2), CLASSES, np.zeros((3, 1, 1), np.float16), (1,))


def test_doubt_is_zero_for_sure_and_one_for_undecided_answers():
    sure = np.array([1.0, 0.0], np.float16).reshape(2, 1, 1)
    even = np.array([0.5, 0.5], np.float16).reshape(2, 1, 1)
    assert doubt(Prediction("semantic", (4, 4), CLASSES, sure, (1, 2))) == 0
    assert doubt(Prediction("semantic", (4, 4), CLASSES, even, (1, 2))) == 1
    assert doubt(Prediction("instance", (10, 10), CLASSES, instances=(box_instance(3, 0.75, 0, 0, 2, 2),))) == 0.5
