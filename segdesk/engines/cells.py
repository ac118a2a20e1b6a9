"""Objects from the output of a "cells" net (`segdesk.nets.nuclei_unet`): a core for each cell, grown to its border."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from segdesk.domain.rle import Rle, encode_at

FOREGROUND, DEPTH, OFFSET_Y, OFFSET_X = range(4)


def instances(
    output: np.ndarray,
    size: tuple[int, int],
    *,
    foreground: float = 0.5,
    core: float = 0.4,
    min_area: int = 8,
) -> list[tuple[float, Rle]]:
    """The cells of one picture, best score first; they do not overlap.

    `output`: (4, h, w) float, what the net gives for the picture: logit of foreground, logit of the depth inside the
    cell, way to the cell's centre in rows and columns. It is resampled where (h, w) is not `size`.
    `size`: (H, W) of the picture and of the masks.
    `foreground`: pixels of at least this probability belong to a cell. `core`: pixels of at least this depth are the
    seeds; both as chosen for the shipped weights. `min_area`: smaller objects, in pixels of the picture, are left out.
    The score, 0..1, is high where the foreground is sure and the depth rises to a clear summit.
    """
    probability, depth = (_resized(sigmoid(output[k]), size) for k in (FOREGROUND, DEPTH))
    labels = label_map(probability, depth, foreground=foreground, core=core)
    return _objects(labels, probability, depth, min_area=min_area)


def label_map(probability: np.ndarray, depth: np.ndarray, *, foreground: float, core: float) -> np.ndarray:
    """(H, W) int32, cells 1..n and 0 = background, from the (H, W) float32 maps of foreground and depth."""
    inside = probability >= foreground
    smooth = cv2.GaussianBlur(depth, (0, 0), 0.7)
    seeds, count = _regions(inside & (smooth >= core))
    bodies, body_count = _regions(inside)
    # A body without a seed (a flat summit, a doubtful cell) is one cell: its score tells how doubtful.
    seeded = np.zeros(body_count, bool)
    seeded[bodies[seeds > 0]] = True
    lonely = inside & ~seeded[bodies]
    seeds[lonely] = bodies[lonely] + count
    return np.asarray(watershed(-smooth, seeds, mask=inside), np.int32)


def _objects(
    labels: np.ndarray, probability: np.ndarray, depth: np.ndarray, *, min_area: int
) -> list[tuple[float, Rle]]:
    """Score and encode each label, holes filled, best first."""
    size = (labels.shape[0], labels.shape[1])
    found: list[tuple[float, Rle]] = []
    for index, window in enumerate(ndimage.find_objects(labels), start=1):
        if window is None:
            continue
        mask = labels[window] == index
        if mask.sum() < max(1, min_area):
            continue
        score = float(probability[window][mask].mean() * depth[window][mask].max())
        # A hole is filled, but not where another cell lies in it.
        filled = np.asarray(ndimage.binary_fill_holes(mask), bool) & (mask | (labels[window] == 0))
        found.append((score, encode_at(filled, window[1].start, window[0].start, size)))
    found.sort(key=lambda item: -item[0])
    return found


def _regions(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """((H, W) int32 4-connected regions 1..n with 0 outside, n + 1)."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    return np.asarray(labels, np.int32), count


def _resized(plane: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The (h, w) plane at `size` (H, W), half-pixel centres."""
    if plane.shape == size:
        return plane
    return cv2.resize(plane, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """Probability of a logit, float32."""
    clipped = np.clip(logits, -30.0, 30.0).astype(np.float32)
    return np.asarray(1.0 / (1.0 + np.exp(-clipped)), np.float32)
