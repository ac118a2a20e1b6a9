"""Runs a net that answers with a map, over a whole picture or in overlapping tiles, and samples the map where it is
wanted. Padding, the net's stride and its corner convention end here."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import Cancelled
from segdesk.engines.inputs import tensor

MIN_TILE = 256
FIRST_TILE = 1024
MAX_PIXELS = {"cpu": 4_000_000, "cuda": 24_000_000}

Finish = Callable[[torch.Tensor], torch.Tensor]
Grid = tuple[int, int]  # (rows, columns) of the map that is wanted


def softmax(logits: torch.Tensor) -> torch.Tensor:
    """Probabilities over the channels of (N, K, h, w); of a single channel, its own against "not"."""
    if logits.shape[1] == 1:
        positive = torch.sigmoid(logits)
        return torch.cat([1 - positive, positive], 1)
    return torch.softmax(logits, 1)


def halved(scores: np.ndarray) -> np.ndarray:
    """float32 to float16, by torch: numpy takes a hundred times as long."""
    return torch.from_numpy(np.ascontiguousarray(scores)).half().numpy()


def bounded(sums: torch.Tensor) -> torch.Tensor:
    """Sums of votes (N, K, h, w) brought down to probabilities where they are over 1 in all."""
    return sums / sums.sum(1, keepdim=True).clamp_min(1.0)


def identity(logits: torch.Tensor) -> torch.Tensor:
    """The net's own values."""
    return logits


def whole_maps(
    net: nn.Module,
    pictures: list[np.ndarray],
    spec: InputSpec,
    device: torch.device,
    *,
    grid: Grid,
    finish: Finish,
) -> np.ndarray:
    """(N, K, *grid) float32 for N pictures (h, w, 3) uint8 of one size, in one pass.

    The map covers the picture exactly: its pixel (i, j) samples the net's answer at the centre of its share.
    """
    height, width = pictures[0].shape[:2]
    x = torch.cat([tensor(p, spec, device) for p in pictures])
    rows, cols = _centres(height, grid[0]), _centres(width, grid[1])
    with torch.inference_mode():
        answer = finish(sampled(_forward(net, x), rows, cols, (x.shape[2], x.shape[3]), _aligned(net)))
        return answer.float().cpu().numpy()


def tiled_map(
    net: nn.Module,
    picture: np.ndarray,
    spec: InputSpec,
    device: torch.device,
    *,
    grid: Grid,
    finish: Finish,
    tile: int,
    cancelled: Callable[[], bool],
) -> np.ndarray:
    """As `whole_maps` for one picture, (K, *grid), from tiles of at most `tile` x `tile` pixels that overlap by at
    least an eighth. Where they do, one fades into the other (`_fade`), so that no seam is seen, though a tile is wrong
    near the edges at which it was cut. The token is asked before each tile."""
    sides = tuple(_spans(side, tile) for side in picture.shape[:2])
    return _pieced(net, picture, spec, device, grid=grid, finish=finish, sides=sides, weigh=_fade, cancelled=cancelled)


def slid_map(
    net: nn.Module,
    picture: np.ndarray,
    spec: InputSpec,
    device: torch.device,
    *,
    grid: Grid,
    finish: Finish,
    slide: tuple[int, int],
    cancelled: Callable[[], bool],
) -> np.ndarray:
    """As `tiled_map`, in the windows of `slide` = (window, stride): their logits are averaged before `finish`, as the
    published scores of such models were taken."""
    sides = tuple(_windows(side, *slide) for side in picture.shape[:2])
    logits = _pieced(
        net,
        picture,
        spec,
        device,
        grid=grid,
        finish=identity,
        sides=sides,
        weigh=lambda n, before, after: np.ones(n, np.float32),
        cancelled=cancelled,
        reach=0.5,  # windows may lie side by side
    )
    return finish(torch.from_numpy(logits)[None])[0].numpy()


def _pieced(
    net: nn.Module,
    picture: np.ndarray,
    spec: InputSpec,
    device: torch.device,
    *,
    grid: Grid,
    finish: Finish,
    sides: tuple[list[slice], ...],
    weigh: Callable[[int, float, float], np.ndarray],
    cancelled: Callable[[], bool],
    reach: float = 0.0,
) -> np.ndarray:
    """The weighted mean of what the net says of each piece; `weigh(n, before, after)` are the weights of n cells across
    a piece, of which it shares the parts `before` and `after` (0..1) with its neighbours. A piece answers for cells up
    to `reach` pixels beyond the centres of its outermost pixels."""
    height, width = picture.shape[:2]
    rows, cols = _centres(height, grid[0]), _centres(width, grid[1])
    total = np.zeros(grid, np.float32)
    result: np.ndarray | None = None
    for (across, *shared_y), (along, *shared_x) in product(*map(_shared, sides)):
        if cancelled():
            raise Cancelled
        part, top, left = picture[across, along], across.start, along.start
        y, x = _inside(rows, top, part.shape[0], height, reach), _inside(cols, left, part.shape[1], width, reach)
        data = tensor(part, spec, device)
        with torch.inference_mode():
            size = (data.shape[2], data.shape[3])
            local = sampled(_forward(net, data), rows[y] - top, cols[x] - left, size, _aligned(net))
            values = finish(local)[0].float().cpu().numpy()
        if result is None:
            result = np.zeros((values.shape[0], *grid), np.float32)
        weight = np.outer(weigh(y.stop - y.start, *shared_y), weigh(x.stop - x.start, *shared_x))
        result[:, y, x] += values * weight
        total[y, x] += weight
    assert result is not None
    result /= total
    return result


def grid_of(height: int, width: int, step: int) -> Grid:
    """The size of the map that has a cell for each `step` x `step` pixels of a picture."""
    return -(-height // step), -(-width // step)


def first_tile(height: int, width: int, device: torch.device) -> int | None:
    """The tile to begin with: None (the whole picture) up to what the device commonly bears."""
    limit = MAX_PIXELS.get(device.type, MAX_PIXELS["cpu"])
    return None if height * width <= limit else min(FIRST_TILE, int(limit**0.5) // 64 * 64)


def smaller_tile(tile: int | None, height: int, width: int) -> int | None:
    """The next tile to try after memory ran out; None if it cannot get smaller."""
    smaller = (tile or max(height, width)) // 2
    return max(MIN_TILE, smaller // 64 * 64) if smaller >= MIN_TILE // 2 and tile != MIN_TILE else None


def _forward(net: nn.Module, x: torch.Tensor) -> torch.Tensor:
    answer = net(x)
    return answer["out"] if isinstance(answer, dict) else answer


def _aligned(net: nn.Module) -> bool:
    return bool(getattr(net, "align_corners", False))


def _centres(size: int, count: int) -> np.ndarray:
    """Positions in input pixels of the centres of `count` equal shares."""
    return (np.arange(count) + 0.5) * (size / count) - 0.5


def sampled(
    logits: torch.Tensor, rows: np.ndarray, cols: np.ndarray, size: tuple[float, float], aligned: bool
) -> torch.Tensor:
    """The (N, K, h, w) answer to an input of `size`, at the given input rows and columns, bilinear, clamped."""
    h, w = logits.shape[2:]
    if (h, w) == size == (rows.size, cols.size):
        return logits
    y = _unit(rows, size[0], h, aligned)
    x = _unit(cols, size[1], w, aligned)
    grid = torch.empty((1, rows.size, cols.size, 2), device=logits.device, dtype=logits.dtype)
    grid[0, :, :, 0] = torch.as_tensor(x, device=logits.device, dtype=logits.dtype)
    grid[0, :, :, 1] = torch.as_tensor(y, device=logits.device, dtype=logits.dtype)[:, None]
    grid = grid.expand(logits.shape[0], -1, -1, -1)
    return F.grid_sample(logits, grid, mode="bilinear", padding_mode="border", align_corners=True)


def _unit(position: np.ndarray, full: float, small: int, aligned: bool) -> np.ndarray:
    """Input positions as grid_sample's -1..1 over the centres of the answer's first and last pixel."""
    if small == 1:
        return np.zeros_like(position)
    if aligned:
        return position * (2.0 / max(1, full - 1)) - 1.0
    index = (position + 0.5) * (small / full) - 0.5
    return index * (2.0 / (small - 1)) - 1.0


def _spans(size: int, tile: int) -> list[slice]:
    """The tiles along a side: as few as there can be of at most `tile` pixels, evenly spread, none larger than it
    must be, the last one flush with the end."""
    if size <= tile:
        return [slice(0, size)]
    overlap = max(64, tile // 8)
    count = -(-(size - overlap) // (tile - overlap))
    length = min(tile, -(-(size + (count - 1) * overlap) // (64 * count)) * 64)
    starts = (round(i * (size - length) / (count - 1)) for i in range(count))
    return [slice(start, start + length) for start in starts]


def _windows(size: int, window: int, stride: int) -> list[slice]:
    """Windows of `window` pixels every `stride`, the last one flush with the end; a smaller side is one window."""
    if size <= window:
        return [slice(0, size)]
    count = -(-(size - window) // stride) + 1
    starts = (min(i * stride, size - window) for i in range(count))
    return [slice(start, start + window) for start in starts]


def _inside(positions: np.ndarray, start: int, length: int, full: int, reach: float) -> slice:
    """The map's pixels that a tile can answer for: those between the centres of its outermost pixels and `reach`
    beyond them, and at the picture's own border the last half pixel too."""
    low = start - reach if start > 0 else -1
    high = start + length - 1 + reach if start + length < full else full
    first, last = np.searchsorted(positions, low, "left"), np.searchsorted(positions, high, "right")
    return slice(int(first), int(last))


def _shared(spans: list[slice]) -> list[tuple[slice, float, float]]:
    """Each piece of a side with the parts (0..1) that it shares with the piece before and the one after."""
    bounds = [(s, max(1, s.stop - s.start)) for s in spans]
    before = [0.0, *((a.stop - b.start) / n for a, (b, n) in zip(spans, bounds[1:], strict=False))]
    after = [*((a.stop - b.start) / n for (a, n), b in zip(bounds, spans[1:], strict=False)), 0.0]
    return [(s, max(0.0, b), max(0.0, a)) for s, b, a in zip(spans, before, after, strict=True)]


def _fade(count: int, before: float, after: float) -> np.ndarray:
    """(count,) float32 weights that rise as a squared sine over the part shared at the start and fall likewise over
    the one at the end; at the picture's own border they stay 1."""
    place = (np.arange(count) + 0.5) / count
    rise = np.clip(place / before, 0, 1) if before else np.ones(count)
    fall = np.clip((1 - place) / after, 0, 1) if after else np.ones(count)
    return (np.sin(rise * (np.pi / 2)) ** 2 * np.sin(fall * (np.pi / 2)) ** 2).astype(np.float32)
