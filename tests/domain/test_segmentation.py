import numpy as np
import pytest
from hypothesis import given

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from tests.domain.maps import label_arrays, segmentation


@given(label_arrays())
def test_a_class_map_comes_back(ids):
    result = Segmentation.from_class_map(ids)
    assert np.array_equal(result.class_map(), ids)
    assert sum(result.areas().values()) == ids.size
    result.check()


def test_check_names_what_is_wrong():
    with pytest.raises(ValueError, match="without a segment"):
        Segmentation(np.ones((2, 2), np.uint16)).check()
    with pytest.raises(ValueError, match="uint16"):
        Segmentation(np.ones((2, 2), np.int32)).check()
    with pytest.raises(ValueError, match="class set"):
        Segmentation(np.ones((2, 2), np.uint16), {1: Segment(9)}).check(ClassSet.from_names(["a"]))


@given(label_arrays())
def test_remapping_changes_classes_and_voids_the_rest(ids):
    result = segmentation(ids).remapped({1: 7, 2: 8, 3: 0})
    expected = np.choose(ids, [0, 7, 8, 0, 0])
    assert np.array_equal(result.class_map(), expected)
    result.check()


def test_a_full_table_is_refused_in_one_sentence():
    full = Segmentation(np.zeros((1, 1), np.uint16), {i: Segment(1) for i in range(1, 65_536)})
    with pytest.raises(SegDeskError, match="65535 segments"):
        full.new_id()
    del full.segments[1234]
    assert full.new_id() == 1234
