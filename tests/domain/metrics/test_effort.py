"""How much of the final labels the model had right: against a plain count, and on cut and joined objects."""

from __future__ import annotations

import numpy as np
from hypothesis import given

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.effort import EffortTally, kept_pixels
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.maps import label_arrays, segmentation

STUFF = ClassSet.from_names(["a", "b", "c", "d"])
THINGS = ClassSet.from_names(["cell"], things=["cell"])


@given(label_arrays(), label_arrays())
def test_of_areas_the_equal_pixels_are_kept(one: np.ndarray, other: np.ndarray):
    height, width = min(one.shape[0], other.shape[0]), min(one.shape[1], other.shape[1])
    a, b = one[:height, :width], other[:height, :width]
    assert kept_pixels(segmentation(a), segmentation(b), STUFF) == int((a == b).sum())


def objects(*columns: int) -> Segmentation:
    """A map of ten rows whose columns belong to these objects."""
    ids = np.tile(np.array(columns, np.uint16), (10, 1))
    return Segmentation(ids, {int(k): Segment(1) for k in np.unique(ids) if k})


def test_numbers_of_objects_do_not_matter():
    assert kept_pixels(objects(0, 5, 5, 0, 9), objects(0, 1, 1, 0, 2), THINGS) == 50


def test_a_cut_object_keeps_its_larger_part():
    assert kept_pixels(objects(1, 1, 1, 2, 2), objects(7, 7, 7, 7, 7), THINGS) == 30
    assert kept_pixels(objects(1, 1, 2, 2, 0), objects(7, 7, 7, 7, 0), THINGS) == 20 + 10


def test_joined_objects_keep_the_larger_part():
    assert kept_pixels(objects(4, 4, 4, 4, 4), objects(1, 1, 1, 2, 2), THINGS) == 30


def test_sums_over_pictures():
    tally = EffortTally(THINGS)
    assert tally.result() is None
    tally.add(objects(1, 1, 0, 0), objects(1, 1, 1, 0), seconds=10.0, changed=12)
    tally.add(objects(1, 0), objects(1, 0), seconds=2.0, changed=0)
    tally.add(objects(1, 0), objects(1, 0), seconds=4.0, changed=5)
    tally.add(objects(1, 0), objects(1, 0, 0), seconds=400.0, changed=5)  # the picture has changed its size
    found = tally.result()
    assert found is not None
    assert (found.pictures, found.pixels, found.kept, found.changed) == (3, 80, 70, 17)
    assert (found.seconds, found.median_seconds) == (16.0, 4.0)
    assert found.model_share == 70 / 80
