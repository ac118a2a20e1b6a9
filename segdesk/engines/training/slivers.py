"""Which objects still count where a crop has cut them."""

from __future__ import annotations

import numpy as np

from segdesk.engines.training.messages import CROWD, IGNORED

LEAST_SHARE = 0.2  # of an object that the crop cuts; of less of it nobody could tell what it is
LEAST_PIXELS = 16


def without_slivers(
    labels: np.ndarray, ids: np.ndarray, areas: np.ndarray, zoom: float
) -> tuple[np.ndarray, np.ndarray]:
    """Labels and ids (h, w) of a crop without the objects of which hardly anything is left: their pixels are unknown.

    `areas` (65536,): pixels of each id in the whole picture; `zoom`: pixels of the crop for one of the picture's. An
    object counts if at least `LEAST_SHARE` of it and `LEAST_PIXELS` pixels are there; one that was small already in the
    picture needs to be whole only.
    """
    there = np.bincount(ids.ravel(), minlength=CROWD + 1)
    whole = np.maximum(areas * zoom, 1.0)
    poor = (there > 0) & ((there < LEAST_SHARE * whole) | (there < np.minimum(LEAST_PIXELS, 0.9 * whole)))
    poor[[0, CROWD]] = False
    if not poor.any():
        return labels, ids
    gone = poor[ids]
    return np.where(gone, np.uint8(IGNORED), labels), np.where(gone, np.uint16(CROWD), ids)


def zoom_of(x: np.ndarray, y: np.ndarray) -> float:
    """Pixels of a crop for one pixel of its picture, from the places (x, y) that its pixels show."""
    if min(x.shape) < 2:
        return 1.0
    across = np.array([x[0, -1] - x[0, 0], y[0, -1] - y[0, 0]], np.float64) / (x.shape[1] - 1)
    down = np.array([x[-1, 0] - x[0, 0], y[-1, 0] - y[0, 0]], np.float64) / (x.shape[0] - 1)
    area = abs(across[0] * down[1] - across[1] * down[0])
    return 1.0 / max(area, 1e-6)
