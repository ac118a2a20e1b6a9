"""Objects from the small masks of a net: each is traced at the picture's own resolution, as runs of pixels, without
ever making it a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Rle, from_runs

THRESHOLD = 0.5


@dataclass(frozen=True)
class Axis:
    """Where the pixels of one side of a picture look up a small mask.

    Pixel i of `begin` <= i < `end` samples it at `scale` * i + `shift`, in cells (0 = centre of the first), clamped to
    the mask's first and last centre. Other pixels are outside.
    """

    scale: float
    shift: float
    begin: int
    end: int

    @staticmethod
    def over(pixels: int, cells: float) -> Axis:
        """A side of `pixels` over which `cells` cells (or a part of the mask's) are spread evenly."""
        scale = cells / pixels
        return Axis(scale, scale / 2 - 0.5, 0, pixels)

    def pixels(self, first: int, last: int, cells: int) -> np.ndarray:
        """The pixels (n,) that sample between the cells `first` and `last` of `cells`; those clamped to them too."""
        low = self.begin if first == 0 else np.ceil((first - self.shift) / self.scale)
        high = self.end - 1 if last == cells - 1 else np.floor((last - self.shift) / self.scale)
        return np.arange(max(self.begin, int(low)), min(self.end - 1, int(high)) + 1)


def instances(
    found: Mapping[str, torch.Tensor],
    size: tuple[int, int],
    input_size: tuple[int, int],
    net_size: tuple[int, int],
    *,
    channel_ids: Sequence[int],
) -> tuple[Instance, ...]:
    """The objects of one picture of `size` (H, W), best first; they may overlap.

    `found`: "labels" (n,), "scores" (n,), "masks" (n, h', w') probabilities over the net's whole input of `net_size`,
    whose upper left `input_size` is the resized picture and the rest padding; "threshold" (0.5 if absent), above which
    a pixel belongs to the object. `channel_ids`: class id by label; objects of background are left out.
    """
    threshold = float(found.get("threshold", THRESHOLD))
    masks = found["masks"].float().cpu().numpy()
    rows, cols = (Axis.over(size[side], masks.shape[1 + side] * input_size[side] / net_size[side]) for side in (0, 1))
    return tuple(
        Instance(class_id, score, mask)
        for index, class_id, score in ranked(found, channel_ids)
        if (mask := traced(masks[index], threshold, rows, cols, size=size)) is not None
    )


def ranked(found: Mapping[str, torch.Tensor], channel_ids: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """(index, class id, score) of the objects that are not background, best first."""
    labels, scores = found["labels"].cpu().numpy(), found["scores"].float().cpu().numpy()
    for index in np.argsort(-scores, kind="stable"):
        label = int(labels[index])
        class_id = channel_ids[label] if 0 <= label < len(channel_ids) else 0
        if class_id:
            yield int(index), class_id, float(scores[index])


def traced(values: np.ndarray, threshold: float, rows: Axis, cols: Axis, *, size: tuple[int, int]) -> Rle | None:
    """The pixels of a picture of `size` (H, W) where the (h, w) float values, sampled bilinear as the axes say, are
    above the threshold; None if there are none.

    Along a column the samples rise and fall linearly between two cells, so that the first and the last pixel of a run
    follow from where they cross the threshold: the cost is the object's cells times its columns, not its pixels.
    """
    inside = values > threshold
    if not inside.any():
        return None
    top, bottom = _spread(np.flatnonzero(inside.any(axis=1)), values.shape[0])
    left, right = _spread(np.flatnonzero(inside.any(axis=0)), values.shape[1])
    xs = cols.pixels(left, right, values.shape[1])
    profile = _across(values[top : bottom + 1, left : right + 1], cols.scale * xs + cols.shift - left) - threshold
    first, last, column = _runs(profile, rows, top)
    if not first.size:
        return None
    start = xs[column] * size[0]
    return from_runs(start + first, start + last, size)


def _spread(used: np.ndarray, cells: int) -> tuple[int, int]:
    """The first and the last of the used cells, in order, and one more on each side where there is one."""
    return max(0, int(used[0]) - 1), min(cells - 1, int(used[-1]) + 1)


def _across(values: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """(n, h) float32: the (h, w) values sampled at n positions along their rows, clamped."""
    positions = positions.clip(0, values.shape[1] - 1)
    low = positions.astype(np.intp)
    high = np.minimum(low + 1, values.shape[1] - 1)
    part = (positions - low).astype(np.float32)[:, None]
    columns = np.ascontiguousarray(values.T, np.float32)
    begin = columns[low]
    return begin + (columns[high] - begin) * part


def _runs(profile: np.ndarray, rows: Axis, top: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """First pixel, the pixel after the last one, and the column of each run where (n, h) profiles are positive; cell 0
    of a profile is the mask's cell `top`."""
    count, height = profile.shape
    positive = np.zeros((count, height + 2), np.int8)
    positive[:, 1:-1] = profile > 0
    step = np.diff(positive, axis=1)  # step k lies between the cells k - 1 and k
    column, rise = np.nonzero(step > 0)
    _, fall = np.nonzero(step < 0)
    first = np.where(rise == 0, rows.begin, np.floor(_crossing(profile, column, rise, rows, top)) + 1)
    last = np.where(fall == height, rows.end, np.ceil(_crossing(profile, column, fall, rows, top)))
    first, last = (edge.clip(rows.begin, rows.end).astype(np.int64) for edge in (first, last))
    kept = first < last
    return first[kept], last[kept], column[kept]


def _crossing(profile: np.ndarray, column: np.ndarray, step: np.ndarray, rows: Axis, top: int) -> np.ndarray:
    """The position in pixels where a profile is zero between the cells step - 1 and step."""
    height = profile.shape[1]
    before, after = (profile[column, row.clip(0, height - 1)].astype(np.float64) for row in (step - 1, step))
    rise = after - before
    part = np.divide(-before, rise, out=np.zeros_like(before), where=rise != 0)
    return (step - 1 + part + top - rows.shift) / rows.scale
