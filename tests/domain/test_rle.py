import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco

from segdesk.domain import rle
from tests.domain.maps import label_arrays, masks


@given(masks())
def test_decode_gives_the_mask_back(mask):
    assert np.array_equal(rle.decode(rle.encode(mask)), mask)


@given(masks())
def test_runs_area_and_box_equal_coco(mask):
    ours = rle.encode(mask)
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    packed = coco.frPyObjects({"size": list(ours.size), "counts": ours.counts.tolist()}, *ours.size)
    assert packed["counts"] == theirs["counts"]
    assert ours.area == coco.area(theirs)
    x, y, w, h = coco.toBbox(theirs)
    if mask.any():
        assert rle.bounding_box(ours) == (x, y, x + w, y + h)
    else:
        assert rle.bounding_box(ours) == (0, 0, 0, 0)


@given(masks(10), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
def test_a_crop_is_encoded_as_the_whole_mask_is(crop, x, y, right, below):
    h, w = crop.shape
    whole = np.zeros((y + h + below, x + w + right), bool)
    whole[y : y + h, x : x + w] = crop
    assert rle.encode_at(crop, x, y, whole.shape) == rle.encode(whole)


@given(masks(), st.data())
def test_decode_box_is_a_cut_of_the_mask(mask, data):
    h, w = mask.shape
    x0, y0 = data.draw(st.integers(0, w)), data.draw(st.integers(0, h))
    x1, y1 = data.draw(st.integers(x0, w)), data.draw(st.integers(y0, h))
    assert np.array_equal(rle.decode_box(rle.encode(mask), (x0, y0, x1, y1)), mask[y0:y1, x0:x1])


def test_runs_that_do_not_fill_the_picture_are_refused():
    with pytest.raises(ValueError, match="add up"):
        rle.decode(rle.Rle((2, 2), np.array([3], np.uint32)))


def test_a_crop_beyond_the_picture_is_refused():
    with pytest.raises(ValueError, match="beyond"):
        rle.encode_at(np.ones((2, 2), bool), 1, 0, (2, 2))


@given(label_arrays(top=5))
def test_all_masks_of_a_map_at_once_are_those_of_each(labels):
    masks = rle.encode_labels(labels, 4)  # the fifth is not asked for
    assert masks == [rle.encode(labels == n) for n in range(1, 5)]
