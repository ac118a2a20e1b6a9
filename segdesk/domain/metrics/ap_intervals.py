"""Bootstrap intervals of average precision: the records of the detections, weighted by how often a draw has their
picture."""

from __future__ import annotations

import numpy as np

from segdesk.domain.metrics.ap import RECALLS, THRESHOLDS, APAccumulator
from segdesk.domain.metrics.ap_records import Records
from segdesk.domain.metrics.bootstrap import Interval, interval, mean_known, ratio, weights

DRAWS = 200  # each judges all detections anew at ten thresholds
CELLS = 1 << 21  # detections times draws at once: bounds the memory


def ap_intervals(
    total: APAccumulator, *, limit: int | None = None, draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval | None]:
    """Intervals of AP ("ap"), AP at an IoU of 0.5 ("ap50") and 0.75 ("ap75"), for all areas and at most `limit`
    detections of a class in a picture (None: the accumulator's largest limit)."""
    values, pictures = drawn_ap(total, limit=limit, draws=draws, seed=seed), total.pictures
    by_threshold = np.stack([mean_known(row) for row in values])
    at = {"ap50": int(np.isclose(THRESHOLDS, 0.5).argmax()), "ap75": int(np.isclose(THRESHOLDS, 0.75).argmax())}
    return {
        "ap": interval(by_threshold.mean(axis=0), pictures),
        **{name: interval(by_threshold[t], pictures) for name, t in at.items()},
    }


def drawn_ap(total: APAccumulator, *, limit: int | None = None, draws: int = DRAWS, seed: int = 0) -> np.ndarray:
    """(T, K, draws) float64: AP of each threshold and class in each draw, NaN where a class has no reference in it."""
    records, kinds = total.records, len(total.classes)
    drawn = np.zeros((total.pictures, draws), np.uint8)
    for picture in range(total.pictures):
        drawn[picture] = weights(picture, draws=draws, seed=seed)
    values = np.full((THRESHOLDS.size, kinds, draws), np.nan)
    for k in range(kinds):
        mine = (records.ref_kind == k) & (records.ref_areas & 1 == 1)
        if not mine.any():
            continue
        rows = records.of_class(k)
        rows = rows[records.rank[rows] < (total.limits[-1] if limit is None else limit)]
        step = max(1, CELLS // max(1, rows.size))
        for low in range(0, draws, step):
            part = drawn[:, low : low + step]
            wanted = part[records.ref_picture[mine]].sum(axis=0, dtype=np.float64)
            values[:, k, low : low + step] = _class_ap(records, rows, part[records.picture[rows]], wanted)
    return values


def _class_ap(records: Records, rows: np.ndarray, often: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """(T, b) AP of detections in order of score, each standing `often` (n, b) times, for `wanted` (b,) references."""
    hit, miss = records.lanes(rows, 0)
    values = np.empty((THRESHOLDS.size, wanted.size))
    for t in range(THRESHOLDS.size):
        # Only at right detections do precision rise and recall grow.
        right = hit[t][hit[t] | miss[t]]
        judged = often[hit[t] | miss[t]]
        tp = np.cumsum(judged[right], axis=0, dtype=np.float64)
        every = np.cumsum(judged, axis=0, dtype=np.float64)[right]
        precision = ratio(tp, every)
        best = np.fmax.accumulate(precision[::-1], axis=0)[::-1]
        passed = np.searchsorted(RECALLS, np.nan_to_num(ratio(tp, np.broadcast_to(wanted, tp.shape))), side="right")
        # The recalls that are reached first here have the best precision from here on.
        new = np.diff(np.where(tp > 0, passed, 0), axis=0, prepend=0)
        values[t] = np.where(new > 0, best * new, 0.0).sum(axis=0) / RECALLS.size
    values[:, wanted == 0] = np.nan
    return values
