"""Unsupervised regions: they cover the picture, follow its edges, and any size works."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from segdesk.domain import rle
from segdesk.domain.errors import Cancelled
from segdesk.engines import regions as module
from segdesk.engines.regions import regions


def covered(found, size: tuple[int, int]) -> np.ndarray:  # type: ignore[no-untyped-def]
    total = np.zeros(size, int)
    for instance in found:
        total += rle.decode(instance.mask)
    return total


def test_plain_shapes_come_out_to_the_pixel():
    image = np.full((120, 160, 3), 60, np.uint8)
    image[20:60, 30:70] = (200, 40, 40)
    image[70:110, 90:150] = (40, 180, 60)
    found = regions(image, class_id=7)
    masks = [rle.decode(i.mask) for i in found]
    assert len(masks) == 3
    for color in ((60, 60, 60), (200, 40, 40), (40, 180, 60)):
        wanted = (image == color).all(axis=2)
        assert any((mask == wanted).mean() > 0.998 for mask in masks)
    assert {i.class_id for i in found} == {7}


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (7, 9), (33, 200)])
def test_every_pixel_once_at_any_size(size: tuple[int, int]):
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    assert (covered(regions(image), size) == 1).all()


def test_a_photograph_gives_tens_of_regions_best_first():
    image = data.chelsea()
    found = regions(image)
    assert 10 <= len(found) <= 60
    assert [i.score for i in found] == sorted((i.score for i in found), reverse=True)
    assert all(0 < i.score <= 1 for i in found)
    assert (covered(found, image.shape[:2]) == 1).all()


def test_a_large_picture_is_worked_on_reduced_and_comes_back_whole(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "WORK_PIXELS", 10_000)
    image = np.full((300, 400, 3), 60, np.uint8)
    image[100:200, 150:300] = 220
    found = regions(image)
    assert len(found) == 2
    assert (covered(found, (300, 400)) == 1).all()
    box = min((rle.bounding_box(i.mask) for i in found), key=lambda b: b[2] - b[0])
    assert np.abs(np.subtract(box, (150, 100, 300, 200))).max() <= 4


def test_fewer_are_had_by_asking():
    assert len(regions(data.chelsea(), count=8)) < len(regions(data.chelsea(), count=60))


def test_it_can_be_cancelled():
    with pytest.raises(Cancelled):
        regions(data.chelsea(), cancelled=lambda: True)
