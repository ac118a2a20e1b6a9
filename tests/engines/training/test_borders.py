"""U-Net's weights against equation 2, pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from segdesk.engines.training.borders import border_weighted, gap_weights
from segdesk.engines.training.messages import CROWD, IGNORED

NEIGHBOURS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def oracle(masks: list[np.ndarray], size: tuple[int, int]) -> np.ndarray:
    """Equation 2 as it stands, without a class's part."""
    borders = []
    for mask in masks:
        spots = []
        for y, x in zip(*np.nonzero(mask), strict=True):
            beside = [(y + a, x + b) for a, b in NEIGHBOURS if 0 <= y + a < size[0] and 0 <= x + b < size[1]]
            if any(not mask[spot] for spot in beside):
                spots.append((y, x))
        if spots:
            borders.append(spots)
    found = np.zeros(size)
    for y, x in np.ndindex(size):
        far = sorted(min(np.hypot(y - a, x - b) for a, b in spots) for spots in borders)
        if len(far) > 1:
            found[y, x] = 10.0 * np.exp(-((far[0] + far[1]) ** 2) / (2 * 5.0**2))
    return found


def test_the_gap_between_two_squares():
    labels = np.zeros((9, 20), np.uint8)
    labels[2:7, 2:8] = labels[2:7, 11:17] = 1
    found = gap_weights(labels)
    # In the gap the way from one border to the other is 4 pixels: 1 and 3, or 2 and 2.
    assert found[4, 8:11] == pytest.approx(10 * np.exp(-16 / 50))
    assert found[4, 8] > found[4, 5] > found[4, 2]
    one = np.where(np.arange(20) < 10, labels, 0)
    assert not gap_weights(one.astype(np.uint8)).any()


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), size=st.tuples(st.integers(2, 14), st.integers(2, 14)), given_objects=st.booleans())
def test_equation_2(seed: int, size: tuple[int, int], given_objects: bool):
    rng = np.random.default_rng(seed)
    objects = np.zeros(size, np.uint16)
    for number in range(1, 5):
        y, x = rng.integers(0, size[0]), rng.integers(0, size[1])
        objects[y : y + rng.integers(1, 5), x : x + rng.integers(1, 5)] = number
    objects[0, 0] = CROWD
    if given_objects:
        masks = [objects == n for n in np.unique(objects) if n not in (0, CROWD)]
        found = gap_weights(np.zeros(size, np.uint8), objects)
    else:  # equal numbers that touch are one object, as far as they hang together
        labels = np.where(objects == CROWD, IGNORED, objects % 3).astype(np.uint8)
        masks = [part for k in (1, 2) for part in parts(labels == k)]
        found = gap_weights(labels)
    assert found == pytest.approx(oracle(masks, size), rel=1e-4, abs=1e-5)


def parts(mask: np.ndarray) -> list[np.ndarray]:
    """Parts that hang together by sides or corners, by flooding."""
    left, found = {(int(y), int(x)) for y, x in zip(*np.nonzero(mask), strict=True)}, []
    while left:
        part, todo = np.zeros_like(mask), [left.pop()]
        while todo:
            y, x = todo.pop()
            part[y, x] = True
            for near in [(y + a, x + b) for a in (-1, 0, 1) for b in (-1, 0, 1)]:
                if near in left:
                    left.remove(near)
                    todo.append(near)
        found.append(part)
    return found


def test_far_objects_are_none_of_each_others_business():
    labels = np.zeros((4, 90), np.uint8)
    labels[:, :2] = labels[:, 88:] = 1
    assert gap_weights(labels).max() < 1e-6
    assert not gap_weights(np.ones((5, 5), np.uint8)).any()


def test_the_loss_is_its_plain_formula():
    rng = np.random.default_rng(1)
    labels = np.zeros((2, 12, 14), np.int64)
    labels[:, 3:8, 2:6], labels[:, 3:8, 8:12], labels[0, 0] = 1, 2, IGNORED
    logits = rng.normal(0, 1, (2, 3, 12, 14)).astype(np.float32)
    classes = np.array([0.5, 1.0, 2.0], np.float32)
    total = weight_sum = 0.0
    for n in range(2):
        gaps = oracle([labels[n] == 1, labels[n] == 2], (12, 14))
        for y, x in np.ndindex(12, 14):
            if labels[n, y, x] != IGNORED:
                values = logits[n, :, y, x].astype(float)
                weight = classes[labels[n, y, x]] + gaps[y, x]
                total += weight * (np.log(np.exp(values).sum()) - values[labels[n, y, x]])
                weight_sum += weight
    found = border_weighted(torch.from_numpy(logits), torch.from_numpy(labels), weights=torch.from_numpy(classes))
    assert float(found) == pytest.approx(total / weight_sum, rel=1e-5)
