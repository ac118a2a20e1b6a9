"""Outlines are the mask again, by the rule of whoever draws them: even-odd, COCO's rasteriser, cv2.fillPoly."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

from segdesk.io.outlines import Outline, centre_outlines, edge_outlines, even_odd, joined, painted_outlines, signed_area

# pycocotools' own decoder warns under NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    height, width, scale = draw(st.integers(1, 40)), draw(st.integers(1, 40)), draw(st.integers(1, 7))
    rng = np.random.default_rng(draw(st.integers(0, 1 << 30)))
    coarse = rng.random((height // scale + 1, width // scale + 1)) < draw(st.sampled_from([0.2, 0.5, 0.8, 1.0]))
    mask = np.kron(coarse, np.ones((scale, scale), bool))[:height, :width]
    return mask ^ (rng.random(mask.shape) < draw(st.sampled_from([0.0, 0.03, 0.3])))


@given(masks())
def test_corner_outlines_are_exact_and_turn_at_every_point(mask: np.ndarray) -> None:
    outlines = edge_outlines(mask)
    total = np.zeros(mask.shape, int)
    for outline in outlines:
        total += even_odd(outline, mask.shape)
        assert signed_area(outline.outer) > 0
        assert all(signed_area(hole) < 0 for hole in outline.holes)
        for ring in (outline.outer, *outline.holes):
            step = np.roll(ring, -1, axis=0) - ring
            assert ((step == 0).sum(axis=1) == 1).all()
            assert ((step * np.roll(step, -1, axis=0)) == 0).all()
    assert np.array_equal(total, mask.astype(int))
    count = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[0] - 1 if mask.any() else 0
    assert len(outlines) == count


@given(masks())
def test_corner_outlines_without_holes_are_exact_for_coco(mask: np.ndarray) -> None:
    for outline in edge_outlines(mask):
        packed = coco_mask.frPyObjects([outline.outer.ravel().astype(float).tolist()], *mask.shape)
        drawn = coco_mask.decode(packed)[..., 0] > 0
        assert np.array_equal(drawn, even_odd(Outline(outline.outer), mask.shape))


@given(masks())
def test_centre_outlines_are_exact_for_fill_poly_and_cut_their_holes(mask: np.ndarray) -> None:
    total = np.zeros(mask.shape, int)
    for line in centre_outlines(mask):
        part = np.zeros(mask.shape, np.uint8)
        total += cv2.fillPoly(part, [line], 1)
    assert np.array_equal(total, mask.astype(int))


@given(masks(), masks())
def test_painted_outlines_give_the_map_again_with_opencv_and_with_pillow(first: np.ndarray, second: np.ndarray) -> None:
    height, width = min(first.shape[0], second.shape[0]), min(first.shape[1], second.shape[1])
    ids = first[:height, :width] + 2 * second[:height, :width]
    ours, theirs = np.zeros(ids.shape, np.int32), Image.new("I", (width, height))
    for value, points in painted_outlines(ids):
        cv2.fillPoly(ours, [points], value)
        corners = [(int(x), int(y)) for x, y in points]
        ImageDraw.Draw(theirs).polygon(corners + corners[-1:] * (3 - len(corners)), fill=value)
    assert np.array_equal(ours, ids)
    assert np.array_equal(np.asarray(theirs), ids)


@given(masks())
def test_joined_parts_are_one_line_that_covers_all_of_them(mask: np.ndarray) -> None:
    parts = centre_outlines(mask)
    if not parts:
        return
    line = joined(parts)
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [line], 1) > 0
    for part in parts:
        assert {tuple(p) for p in part.tolist()} <= {tuple(p) for p in line.tolist()}
    assert len(parts) > 1 or np.array_equal(drawn, mask)


def test_many_parts_are_joined_in_a_chain() -> None:
    mask = np.zeros((60, 60), bool)
    mask[::4, ::4] = True
    line = joined(centre_outlines(mask))
    drawn = cv2.fillPoly(np.zeros(mask.shape, np.uint8), [line], 1) > 0
    assert drawn[mask].all()
