"""The colours that classes get by themselves can be told apart, also by people who are colour-blind.

Simulation: Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
IEEE TVCG 15(6), 2009, table of matrices at severity 1.0, for linear RGB. Distance: CIEDE2000.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from segdesk.domain.classes import FIRST_COLORS, ClassSet, spread_color

SEEN_BY = {
    "everybody": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def lab_as_seen(colors: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """(n, 3) CIE Lab of (n, 3) sRGB 0..255 as it looks through a deficiency."""
    srgb = colors / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(linear @ matrix.T, 0.0, 1.0)
    return rgb2lab(np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055))


def least_distance(colors: np.ndarray, matrix: np.ndarray) -> float:
    lab = lab_as_seen(colors, matrix)
    return min(float(deltaE_ciede2000(lab[a], lab[b])) for a, b in combinations(range(len(lab)), 2))


@pytest.mark.parametrize("matrix", SEEN_BY.values(), ids=SEEN_BY)
def test_the_first_twelve_can_be_told_apart(matrix: np.ndarray):
    assert np.allclose(matrix.sum(1), 1.0, atol=1e-5), "white and grey stay white and grey"
    colors = np.array([spread_color(i) for i in range(12)], float)
    assert least_distance(colors, matrix) >= 10
    assert least_distance(colors[:4], matrix) >= 28


def test_more_so_with_full_colour_vision():
    assert least_distance(np.array(FIRST_COLORS, float), SEEN_BY["everybody"]) >= 17


def test_they_are_calm():
    lab = lab_as_seen(np.array(FIRST_COLORS, float), SEEN_BY["everybody"])
    assert np.hypot(lab[:, 1], lab[:, 2]).max() < 65
    assert lab[:, 0].min() > 30, "none is lost on a dark picture"
    assert lab[:, 0].max() < 88, "nor on a light one"


def test_later_ones_differ_from_their_neighbours():
    colors = np.array([spread_color(i) for i in range(60)], float)
    lab = lab_as_seen(colors, SEEN_BY["everybody"])
    assert min(deltaE_ciede2000(lab[:-1], lab[1:])) >= 10


def test_classes_without_colours_get_them():
    assert [c.color for c in ClassSet.from_names(["a", "b", "c"])] == list(FIRST_COLORS[:3])
