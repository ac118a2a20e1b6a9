"""Runs a net for point clouds: equal points are one, large clouds are cut into pieces, and the order of the points
changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines.device import choose
from segdesk.engines.loading import load_net

MOST = 20_000  # points of a piece: about 1 GB of attention
Progress = Callable[[int, int], None]


def segment_points(
    card: ModelCard,
    weights: str | None,
    xyz: np.ndarray,
    colors: np.ndarray | None,
    *,
    device: str = "auto",
    progress: Progress = lambda done, total: None,
) -> np.ndarray:
    """The class id (uint16) of each point. `xyz` (N, 3), finite; `colors` (N, 3) uint8 or None.

    The card's net options may hold `grid`, the edge of a cell within which one point speaks for all (in the cloud's
    unit; 0 = every point for itself), and `most`, the points of a piece. `progress(done, total)` counts the points that
    the net sees. Raises `SegDeskError` where the card is not for points, or wants colours that the cloud lacks.
    """
    if card.task != "points":
        raise SegDeskError("The model {model} is for pictures, not for point clouds.", model=card.name.en)
    where = choose(device)
    net: Any = load_net(card, weights, where)
    if net.colours and colors is None:
        raise SegDeskError(
            "The model {model} needs colours, and this point cloud has none.",
            "Choose a cloud with red, green and blue, or another model.",
            model=card.name.en,
        )
    options = card.net.options
    tint = colors if net.colours else None
    first, inverse = representatives(xyz, tint, float(str(options.get("grid", 0.0))))
    places = xyz[first]
    labels = np.zeros(len(first), np.uint16)
    ids = np.asarray(card.channel_ids, np.uint16)
    done = 0
    for piece in pieces(places, int(str(options.get("most", 0))) or MOST):
        points = torch.from_numpy((places[piece] - places[piece].min(0)).astype(np.float32)).to(where)
        shades = None if tint is None else torch.from_numpy(tint[first[piece]] / np.float32(255)).to(where)
        with torch.inference_mode():
            labels[piece] = ids[net(points, shades).argmax(1).cpu().numpy()]
        done += len(piece)
        progress(done, len(first))
    return labels[inverse]


def representatives(xyz: np.ndarray, colors: np.ndarray | None, grid: float) -> tuple[np.ndarray, np.ndarray]:
    """The points that the net sees, and for each point the one that speaks for it.

    Returns `first`, indices (M,) into the cloud in an order that depends on the values alone, and `inverse` (N,), so
    that point i is represented by `first[inverse[i]]`. Without a grid only equal points are one.
    """
    rows = xyz.astype(np.float64)
    rows = rows if colors is None else np.concatenate([rows, colors], 1)
    order = np.lexsort(rows.T[::-1])
    cells = np.floor((xyz[order] - xyz.min(0)) / grid) if grid > 0 else rows[order]
    _, index, inverse = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    back = np.empty(len(order), np.int64)
    back[order] = inverse.reshape(-1)
    return order[index], back


def pieces(xyz: np.ndarray, most: int) -> list[np.ndarray]:
    """Indices of pieces of at most `most` points: cut at the median of the longest side until all are small enough."""
    waiting, ready = [np.arange(len(xyz))], []
    while waiting:
        piece = waiting.pop()
        if len(piece) <= most:
            ready.append(piece)
            continue
        axis = int(np.ptp(xyz[piece], axis=0).argmax())
        order = np.argsort(xyz[piece, axis], kind="stable")
        half = len(piece) // 2
        waiting += [np.sort(piece[order[half:]]), np.sort(piece[order[:half]])]
    return ready
