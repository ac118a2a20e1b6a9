"""A patch holds exactly what a step touched, and stays as it was."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.domain.edit import Stroke, tile_slices, tiles_in
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segment, Segmentation


def test_a_patch_holds_whole_tiles_and_nothing_else():
    map_ = Segmentation(np.ones((600, 700), np.uint16), {1: Segment(1)})
    stroke = Stroke(map_, "brush")
    stroke.write(300, 10, np.ones((2, 2), bool), 2)
    stroke.set_segment(2, Segment(2))
    edit = stroke.commit()
    assert edit is not None
    patch = Patch.of(map_, edit)
    assert patch.size == (600, 700)
    assert patch.keys == {(0, 1)}
    patch.keep(tiles_in((0, 0, 700, 600), map_.size))
    assert patch.settled
    map_.ids[:] = 9
    map_.segments.clear()
    assert (patch.tile((0, 4))[10:12, 44:46] == 2).all()
    assert patch.segments == {1: Segment(1), 2: Segment(2)}
    with pytest.raises(KeyError):
        patch.tile((0, 0))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 600), st.integers(1, 600), st.integers(0, 599), st.integers(0, 599))
def test_each_tile_of_the_edit_can_be_read(height: int, width: int, x: int, y: int):
    map_ = Segmentation(np.random.default_rng(x).integers(0, 9, (height, width)).astype(np.uint16), {})
    stroke = Stroke(map_, "brush")
    stroke.write(x % width - 20, y % height - 20, np.ones((130, 150), bool), 10)
    edit = stroke.commit()
    assert edit is not None
    patch = Patch.of(map_, edit)
    for key in edit.tiles:
        assert np.array_equal(patch.tile(key), map_.ids[tile_slices(key, map_.size)])
