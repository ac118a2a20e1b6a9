"""Which class wins at each pixel of a picture whose scores are kept at a lower resolution: bilinear upsampling of all
channels and arg-max, at the cost of the borders between classes."""

from __future__ import annotations

import numpy as np

from segdesk.domain.classes import VOID
from segdesk.domain.prediction import Prediction

CHUNK = 1 << 21  # scores of cells that are looked at together, at most, to bound memory
ROUNDING = 1e-6  # more than what float32 interpolation can be off, for scores up to 1

Taps = tuple[np.ndarray, np.ndarray, np.ndarray]


def best_class(prediction: Prediction, pixel_confidence: float = 0.0) -> np.ndarray:
    """(H, W) uint16: the most probable class of each pixel; background and doubtful pixels are void.

    Equal to bilinear upsampling of all channels followed by arg-max (the lower channel wins a tie). Pixels are taken by
    cells, those between the same four scores. Inside a cell whose corners have the same winner no interpolation can
    change it, so only the other cells are computed, and of the channels only those that can win there.
    """
    scores = prediction.scores
    assert scores is not None
    height, width = prediction.size
    h, w = scores.shape[1:]
    rows, cols = taps(height, h), taps(width, w)
    winner = winners(scores).astype(np.uint16)
    corners = _corners(winner)
    wanted = (corners[1:] != corners[0]).any(axis=0)
    if pixel_confidence > 0:
        top = np.take_along_axis(scores, winner[None].astype(np.intp), 0)[0].astype(np.float32)
        wanted |= _corners(top).min(axis=0) < pixel_confidence + ROUNDING
    channel = np.take(winner[:, cols[0]], rows[0], axis=0)
    _resolve(channel, scores, (rows, cols), np.nonzero(wanted), pixel_confidence)
    return np.append(np.asarray(prediction.score_ids, np.uint16), np.uint16(VOID))[channel]


def winners(scores: np.ndarray) -> np.ndarray:
    """(h, w) int: the channel of (K, h, w) scores with the highest one, the lower of a tie."""
    if scores.dtype == np.float16:
        bits = np.ascontiguousarray(scores).view(np.uint16)
        if bits.size and bits.max() < 1 << 15:  # without signs the bits have the numbers' order, and are faster
            return bits.argmax(axis=0)
    return scores.argmax(axis=0)


def taps(full: int, small: int) -> Taps:
    """For each output index the two source indices and the weight of the second (half-pixel centres, clamped)."""
    position = np.clip((np.arange(full) + 0.5) * (small / full) - 0.5, 0, small - 1)
    low = np.floor(position).astype(np.intp)
    high = np.minimum(low + 1, small - 1)
    return low, high, (position - low).astype(np.float32)


def sampled(
    scores: np.ndarray, channel: np.ndarray, rows: Taps, cols: Taps, at: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """(n,) float32: the (K, h, w) scores of channels (n,), interpolated at the n output pixels `at` = (y, x)."""
    a, b, fy = (t[at[0]] for t in rows)
    c, d, fx = (t[at[1]] for t in cols)
    top = _lerp(scores[channel, a, c].astype(np.float32), scores[channel, a, d].astype(np.float32), fx)
    low = _lerp(scores[channel, b, c].astype(np.float32), scores[channel, b, d].astype(np.float32), fx)
    return _lerp(top, low, fy)


def _corners(values: np.ndarray) -> np.ndarray:
    """(4, h, w): the value of each cell's corners: its own, right, below, below right; clamped at the border."""
    padded = np.pad(values, ((0, 1), (0, 1)), mode="edge")
    return np.stack([padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]])


def _resolve(
    channel: np.ndarray,
    scores: np.ndarray,
    axes: tuple[Taps, Taps],
    cells: tuple[np.ndarray, ...],
    pixel_confidence: float,
) -> None:
    """Write the winning channel into the pixels of the cells (i, j); K, one too many, where its score is too low."""
    first, number = zip(*(_spans(axis, side) for axis, side in zip(axes, scores.shape[1:], strict=True)), strict=True)
    shape = number[0][cells[0]] * (channel.shape[1] + 1) + number[1][cells[1]]
    chunk = max(1, CHUNK // (4 * scores.shape[0]))
    for kind in np.unique(shape):  # cells of 4 x 4 pixels, of 4 x 6 at the border, ...
        spans = [np.arange(n) for n in divmod(int(kind), channel.shape[1] + 1)]
        if not min(len(span) for span in spans):
            continue  # of a picture smaller than its scores, cells without a pixel
        alike = np.flatnonzero(shape == kind)
        for begin in range(0, alike.size, chunk):
            i, j = (cell[alike[begin : begin + chunk]] for cell in cells)
            y, x = first[0][i][:, None] + spans[0], first[1][j][:, None] + spans[1]
            best, value = _best(scores, (i, j), axes[0][2][y], axes[1][2][x])
            if pixel_confidence > 0:
                best[value < pixel_confidence] = scores.shape[0]
            channel[y[:, :, None], x[:, None, :]] = best


def _spans(axis: Taps, side: int) -> tuple[np.ndarray, np.ndarray]:
    """(first output index, how many) of each source index."""
    bounds = np.searchsorted(axis[0], np.arange(side + 1))
    return bounds[:-1], np.diff(bounds)


def _best(
    scores: np.ndarray, cell: tuple[np.ndarray, np.ndarray], fy: np.ndarray, fx: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(m, ny, nx) winning channel and its score, for m cells of ny x nx pixels with the weights (m, ny) and (m, nx)."""
    i, j = cell
    below, right = np.minimum(i + 1, scores.shape[1] - 1), np.minimum(j + 1, scores.shape[2] - 1)
    at = ((i, j), (i, right), (below, j), (below, right))
    corners = [scores[:, y, x].astype(np.float32) for y, x in at]
    lowest, highest = _extremes(corners)
    bar = lowest.max(axis=0)  # some channel has at least this everywhere in the cell
    able = highest >= bar - ROUNDING * np.maximum(1.0, np.abs(bar))
    value = np.full((i.size, fy.shape[1], fx.shape[1]), -np.inf, np.float32)
    best = np.zeros(value.shape, np.uint16)
    for k in range(scores.shape[0]):  # upwards, so that the lower channel wins a tie
        cells = np.flatnonzero(able[k])
        if cells.size:
            a, b, c, d = (corner[k, cells, None] for corner in corners)
            top, low = _lerp(a, b, fx[cells]), _lerp(c, d, fx[cells])
            found = _lerp(top[:, None], low[:, None], fy[cells][:, :, None])
            now, holder = value[cells], best[cells]
            better = found > now
            np.copyto(now, found, where=better)
            np.copyto(holder, np.uint16(k), where=better)
            value[cells], best[cells] = now, holder
    return best, value


def _extremes(corners: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    a, b, c, d = corners
    lowest = np.minimum(np.minimum(a, b), np.minimum(c, d))
    return lowest, np.maximum(np.maximum(a, b), np.maximum(c, d))


def _lerp(a: np.ndarray, b: np.ndarray, t: np.ndarray) -> np.ndarray:
    return a + (b - a) * t
