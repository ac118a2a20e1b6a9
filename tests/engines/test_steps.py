"""The steps on label maps against slow versions that are plainly right."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.engines import steps
from segdesk.engines.steps import close, fill_holes, keep_largest, open, smooth
from segdesk.engines.steps._regions import Regions
from segdesk.engines.steps._shapes import disc
from segdesk.engines.steps.base import Where
from tests.domain.maps import flood, label_arrays

LABELS = [m for m in steps.found()[0] if m.INFO.part == "labels"]
TASK = st.sampled_from(["semantic", "instance", "panoptic"])


def where(task: str) -> Where:
    """In a panoptic map 3 and 4 are objects."""
    things = np.zeros(65536, bool)
    things[{"semantic": slice(0, 0), "instance": slice(1, None), "panoptic": slice(3, None)}[task]] = True
    return Where(task, things)


def neighbours(mask: np.ndarray) -> np.ndarray:
    """The pixels beside (over sides) a region, without it."""
    return cv2.dilate(mask.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))).astype(bool) & ~mask


@given(label_arrays(), TASK)
def test_no_step_writes_to_its_input_or_makes_up_ids(ids: np.ndarray, task: str):
    for module in LABELS:
        before = ids.copy()
        after = module.apply(ids, where(task), module.INFO.values())
        assert np.array_equal(ids, before)
        assert (after.dtype, after.shape) == (np.uint16, ids.shape)
        assert set(np.unique(after)) <= {0, *np.unique(before)}


@given(label_arrays(), TASK)
def test_objects_are_never_overwritten_by_fill_and_close(ids: np.ndarray, task: str):
    for module in (fill_holes, close):
        before = where(task).things[ids]
        after = module.apply(ids, where(task), module.INFO.values())
        assert (after == ids)[before].all()


@given(label_arrays(16))
def test_regions_are_those_of_a_flood(ids: np.ndarray):
    regions, truth = Regions(ids), flood(ids)
    numbers = np.repeat(regions.number, regions.stop - regions.start).reshape(ids.shape)
    assert regions.count == truth.max() + 1
    assert len(set(zip(numbers.ravel().tolist(), truth.ravel().tolist(), strict=True))) == regions.count
    for n in range(regions.count):
        mask = numbers == n
        assert regions.area[n] == mask.sum()
        assert regions.label[n] == ids[mask][0]
        assert regions.at_border[n] == (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
    own, other, shared = regions.borders(np.ones(regions.count, bool))
    sides = np.zeros((regions.count, regions.count), int)
    for a, b in ((numbers[:, 1:], numbers[:, :-1]), (numbers[1:], numbers[:-1])):
        np.add.at(sides, (a.ravel(), b.ravel()), 1)
        np.add.at(sides, (b.ravel(), a.ravel()), 1)
    np.fill_diagonal(sides, 0)
    found = np.zeros_like(sides)
    found[own, other] = shared
    assert np.array_equal(found, sides)


@given(label_arrays(14, 3), st.sampled_from([0, 1, 2, 5]))
def test_a_hole_is_filled_with_what_is_all_around_it(ids: np.ndarray, limit: int):
    after = fill_holes.apply(ids, where("semantic"), {"area": limit, "behind": 1})
    wanted, parts = ids.copy(), flood(ids)
    for n in range(parts.max() + 1):
        mask = parts == n
        inside = not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())
        ring = set(ids[neighbours(mask)].tolist())
        if ids[mask][0] == 0 and inside and len(ring) == 1 and (not limit or mask.sum() <= limit):
            wanted[mask] = ring.pop()
    assert np.array_equal(after, wanted)


def test_holes_of_objects_may_show_stuff():
    ids = np.full((9, 9), 3, np.uint16)
    ids[2:5, 2:5] = 1
    ids[3, 3] = 0
    assert (fill_holes.apply(ids, where("panoptic"), {"area": 0, "behind": 1}) == 3).all()
    only_void = fill_holes.apply(ids, where("panoptic"), {"area": 0, "behind": 0})
    assert only_void[3, 3] == 1
    assert only_void[2, 2] == 1
    ids[2, 2] = 4  # another object in the hole
    assert fill_holes.apply(ids, where("panoptic"), {"area": 0, "behind": 1})[4, 4] == 1


@given(label_arrays(14, 3))
def test_of_each_class_one_part_stays(ids: np.ndarray):
    after = keep_largest.apply(ids, where("semantic"), {"share": 1.0, "stuff": 0})
    parts = flood(ids)
    area = np.bincount(parts.ravel())
    for label in np.unique(ids[ids > 0]):
        own = np.unique(parts[ids == label])
        largest = own[area[own].argmax()]
        assert (after[parts == largest] == label).all()
        assert np.unique(flood(after)[after == label]).size == 1


@given(label_arrays(14, 4), st.sampled_from([0.3, 1.0]))
def test_parts_of_objects_never_go_to_other_objects(ids: np.ndarray, share: float):
    context = where("panoptic")
    after = keep_largest.apply(ids, context, {"share": share, "stuff": 0})
    changed = after != ids
    assert context.things[ids[changed]].all()
    assert not context.things[after[changed]].any()
    parts = flood(ids)
    area = np.bincount(parts.ravel())
    for label in np.unique(ids[context.things[ids]]):
        own = np.unique(parts[ids == label])
        stays = area[own] >= share * area[own].max() if share < 1 else np.arange(own.size) == area[own].argmax()
        assert np.array_equal(np.unique(parts[(after == label)]), own[stays])


def covered(own: np.ndarray, radius: int) -> np.ndarray:
    """The pixels of a mask that lie in a disc within it; what is outside the map does not count."""
    around = disc(radius).astype(bool)
    height, width = own.shape
    result = np.zeros_like(own)
    for y, x in np.ndindex(*own.shape):
        rows = np.arange(max(0, y - radius), min(height, y + radius + 1))
        columns = np.arange(max(0, x - radius), min(width, x + radius + 1))
        inside = around[np.ix_(rows - y + radius, columns - x + radius)]
        if own[np.ix_(rows, columns)][inside].all():
            result[np.ix_(rows, columns)] |= inside
    return result


@given(label_arrays(14, 2), st.integers(1, 2), TASK)
def test_opening_keeps_what_a_disc_covers(ids: np.ndarray, radius: int, task: str):
    context = where(task)
    after = open.apply(ids, context, {"radius": radius})
    stays = ids == 0
    for label in np.unique(ids):
        stays |= (ids == label) & covered(ids == label, radius)
    assert (after == ids)[stays].all()
    changed = after != ids
    assert not (context.things[after] & changed).any()
    sources = stays & ~context.things[ids]
    if sources.any():
        far = cv2.distanceTransform((~sources).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
        near = ~stays & (far <= 4 * radius)
        assert set(after[near].tolist()) <= set(ids[sources].tolist())


@given(label_arrays(14, 3), st.integers(1, 2))
def test_closing_takes_the_void_that_no_disc_fits_into(ids: np.ndarray, radius: int):
    after = close.apply(ids, where("semantic"), {"radius": radius})
    kernel = disc(radius)
    shut = {
        int(label): cv2.erode(cv2.dilate((ids == label).astype(np.uint8), kernel), kernel).astype(bool)
        for label in np.unique(ids[ids > 0])
    }
    wanted = ids.copy()
    for label in sorted(shut, reverse=True):  # the lower id goes last and wins
        wanted[shut[label] & (ids == 0)] = label
    assert np.array_equal(after, wanted)


def test_objects_close_over_stuff_and_before_it():
    ids = np.full((11, 11), 1, np.uint16)
    ids[3:8, 2:9] = 3
    ids[3:8, 5] = 1
    assert close.apply(ids, where("panoptic"), {"radius": 1})[5, 5] == 3
    assert close.apply(ids, where("semantic"), {"radius": 1})[5, 5] == 1
    ids[3:8, 6:9] = 4
    assert close.apply(ids, where("panoptic"), {"radius": 1})[5, 5] == 1  # two objects are not joined


def blobs(seed: int, size: tuple[int, int]) -> np.ndarray:
    rng = np.random.default_rng(seed)
    field = cv2.resize(rng.normal(size=(9, 11)).astype(np.float32), size[::-1], interpolation=cv2.INTER_CUBIC)
    field += 0.1 * rng.normal(size=size).astype(np.float32)
    return np.clip(field * 2 + 2, 0, 4).astype(np.uint16)


@pytest.mark.parametrize("width", [3, 9])
def test_smoothing_in_tiles_is_smoothing_the_whole(width: int):
    ids = blobs(1, (300, 530))
    after = smooth.apply(ids, where("semantic"), {"width": width})
    sigma = width / 1.35
    side = 2 * int(np.ceil(3 * sigma)) + 1
    weights = np.stack(
        [
            cv2.GaussianBlur((ids == k).astype(np.float64), (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
            for k in range(5)
        ]
    )
    clear = np.sort(weights, axis=0)
    sure = clear[-1] - clear[-2] > 1e-4
    assert np.array_equal(after[sure], weights.argmax(axis=0)[sure])
    assert (after != ids).any()


def test_opening_and_closing_in_tiles_know_no_seams():
    ids = blobs(2, (300, 530))
    for module in (open, close):
        whole = module.apply(ids, where("semantic"), {"radius": 3})
        part = module.apply(ids[20:, 30:].copy(), where("semantic"), {"radius": 3})
        inner = np.s_[40:, 40:]
        assert np.array_equal(whole[20:, 30:][inner], part[inner])
        assert (whole != ids).any()


def test_a_strip_goes_and_a_border_stays():
    ids = np.ones((40, 40), np.uint16)
    ids[:, 20:] = 2
    ids[10:12, :20] = 2
    for module, value in ((open, {"radius": 2}), (smooth, {"width": 5})):
        after = module.apply(ids, where("semantic"), value)
        assert (after[10:12, 2:15] == 1).all()
        assert (after[20:, 20:] == 2).all()
        assert (after[20:, :20] == 1).all()
