"""Decides from the queries of MaskFormer and its kin: classes of pixels, objects that may overlap, and the panoptic
map. Nothing here needs a forward pass, so that thresholds can move over a stored prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.prediction import Prediction, Queries
from segdesk.domain.segmentation import Segment, Segmentation

CHUNK = 1 << 21  # values that are interpolated at once, at most, to bound memory
BAND = 1 << 20  # pixels that are decided at once
LEAST_SCORE = 0.01  # objects below it are noise: with hundreds of queries most are


def semantic_scores(queries: Queries) -> np.ndarray:
    """(K, h, w) float32 over the masks' cells: each query's mask (0..1) weighed by its vote for each class, summed
    (Cheng et al., Per-Pixel Classification is Not All You Need, section 3.4). Not bound to sum to 1."""
    count, height, width = queries.masks.shape
    votes = np.ascontiguousarray(queries.classes[:, :-1].T, np.float32)
    return (votes @ _sigmoid(queries.masks).reshape(count, -1)).reshape(-1, height, width)


@dataclass(frozen=True)
class Object:
    """A query as an object: `query` its number, `channel` its class, `score` the vote times the mean of its mask."""

    query: int
    channel: int
    score: float


def objects(queries: Queries, channels: Iterable[int]) -> list[Object]:
    """The objects of a picture, best first, as Mask2Former scores them: the Q strongest votes of all queries for all
    classes, each times the mean of the query's mask where that is over one half. A query may stand for two classes.
    `channels`: the classes that count objects; votes for others take part, but are left out.
    """
    wanted = set(channels)
    count, width = queries.classes.shape[0], queries.classes.shape[1] - 1
    votes = queries.classes[:, :-1].ravel()
    strongest = np.argsort(-votes, kind="stable")[:count]
    quality = _quality(queries)
    found = [
        Object(int(at) // width, int(at) % width, float(votes[at] * quality[at // width]))
        for at in strongest
        if int(at) % width in wanted
    ]
    return sorted((o for o in found if o.score >= LEAST_SCORE), key=lambda o: -o.score)


def _quality(queries: Queries) -> np.ndarray:
    """(Q,) the mean probability of each mask where it is over one half, over the picture; 0 for an empty one."""
    rows, cols = (max(1, int(side + 0.5)) for side in queries.extent)
    logits = queries.masks[:, :rows, :cols].astype(np.float32)
    inside = logits > 0
    total = np.where(inside, _sigmoid(logits), 0).sum(axis=(1, 2))
    return total / (inside.sum(axis=(1, 2)) + 1e-6)


@dataclass(frozen=True)
class Cuts:
    """What decides a panoptic map of queries: the least score of a query, the least share of its mask that is left to
    it, the probability from which a pixel belongs to a mask, the least of mask times score at a pixel, and the least
    pixels of a thing."""

    confidence: float = 0.5
    overlap: float = 0.8
    mask: float = 0.5
    pixel: float = 0.0
    min_area: int = 0


def panoptic(prediction: Prediction, cuts: Cuts = Cuts()) -> Segmentation:
    """One segment a pixel, or void. Each pixel goes to the query with the largest product of score and mask; a query
    that keeps less than `cuts.overlap` of its mask is left out, with its pixels; stuff of a class is one segment.
    """
    queries = prediction.queries
    assert queries is not None
    scores = queries.classes.max(axis=1)
    ids = np.append(np.asarray(prediction.score_ids, np.intp), VOID)[queries.classes.argmax(axis=1)]
    kept = np.flatnonzero((ids != VOID) & (scores >= cuts.confidence))[: MAX_ID - len(prediction.classes)]
    if not kept.size:
        return Segmentation.empty(*prediction.size)
    scores, ids = scores[kept].astype(np.float32), ids[kept]
    contest = _Contest(queries, kept, scores, prediction.size, cuts)
    winner, won = contest.decided()
    area = np.bincount(winner.ravel(), minlength=kept.size + 1)[1:]
    whole = contest.areas()
    stays = (area > 0) & (won >= cuts.overlap * whole)
    stays &= (area >= cuts.min_area) | ~np.isin(ids, list(prediction.classes.things))
    return _painted(winner, stays, scores, ids, prediction.classes)


def _painted(
    winner: np.ndarray, stays: np.ndarray, scores: np.ndarray, ids: np.ndarray, classes: ClassSet
) -> Segmentation:
    """The map of segments from (H, W) numbers of queries from 1 on (0 = none)."""
    stuff = {int(i) for i in ids[stays]} - set(classes.things)
    free = (key for key in range(1, MAX_ID + 1) if key not in stuff)
    number = np.zeros(stays.size + 1, np.uint16)
    segments: dict[int, Segment] = {}
    for index in np.flatnonzero(stays):
        class_id = int(ids[index])
        key = class_id if class_id in stuff else next(free)
        number[index + 1] = key
        best = max(float(scores[index]), segments[key].score) if key in segments else float(scores[index])
        segments[key] = Segment(class_id, round(best, 4))
    return Segmentation(number[winner], segments)


class _Contest:
    """Which of some queries wins at each pixel of a picture of `size`.

    Between four cells of the masks the logits are interpolated, so that each query's value is bound by its corners.
    Where one query's lower bound is above the upper bounds of all others it has won the cell's pixels; only the other
    cells are computed pixel by pixel.
    """

    def __init__(
        self, queries: Queries, kept: np.ndarray, scores: np.ndarray, size: tuple[int, int], cuts: Cuts
    ) -> None:
        self.masks = queries.masks[kept].astype(np.float32)
        self.scores = scores
        self.size = size
        self.level = _logit(cuts.mask)
        self.levels = np.maximum(self.level, _logit(cuts.pixel / np.maximum(scores, 1e-6))).astype(np.float32)
        height, width = queries.masks.shape[1:]
        self.rows = _taps(size[0], queries.extent[0], height)
        self.cols = _taps(size[1], queries.extent[1], width)

    def decided(self) -> tuple[np.ndarray, np.ndarray]:
        """(H, W) uint16 number of the query that has the pixel, from 1 on, 0 = none; and (n,) how many pixels each has
        won, also those that its own mask does not reach."""
        first, settled, full = self._cells()
        winner = np.empty(self.size, np.uint16)
        won = np.zeros(self.scores.size, np.intp)
        step = max(1, BAND // max(1, self.size[1]))
        for top in range(0, self.size[0], step):
            rows = slice(top, min(top + step, self.size[0]))
            cell = self.rows[0][rows, None], self.cols[0][None]
            best = first[cell]
            has = full[cell]
            y, x = np.nonzero(~settled[cell])
            self._resolve(best, has, (y, x), top)
            won += np.bincount(best.ravel(), minlength=won.size)
            winner[rows] = np.where(has, best + 1, 0)
        return winner, won

    def _cells(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(h, w) of the cells from each mask value to the next: the likeliest winner, whether it has won all pixels of
        the cell alike, and whether its mask reaches them."""
        shape = self.masks.shape[1:]
        first = np.zeros(shape, np.intp)
        least, most, second = (np.full(shape, -1.0, np.float32) for _ in range(3))
        top = np.zeros(shape, np.intp)
        reach = np.zeros(shape, np.int8)
        for index, (mask, score) in enumerate(zip(self.masks, self.scores, strict=True)):
            corners = _corners(mask)
            low, high = corners.min(axis=0), corners.max(axis=0)
            lower, upper = score * _sigmoid(low), score * _sigmoid(high)
            level = self.levels[index]
            better = lower > least
            first[better], least[better] = index, lower[better]
            reach[better] = np.where(low >= level, 1, np.where(high < level, -1, 0))[better]
            np.maximum(second, np.minimum(most, upper), out=second)
            top[upper > most] = index
            np.maximum(most, upper, out=most)
        others = np.where(top == first, second, most)
        return first, (least > others + 1e-6) & (reach != 0), reach > 0

    def _resolve(self, best: np.ndarray, has: np.ndarray, at: tuple[np.ndarray, np.ndarray], top: int) -> None:
        """Write into the band from row `top` on who wins at the pixels `at`, and whether its mask reaches them."""
        step = max(1, CHUNK // self.scores.size)
        for begin in range(0, at[0].size, step):
            y, x = at[0][begin : begin + step], at[1][begin : begin + step]
            logits = self._sampled(slice(None), y + top, x)
            winner = (_sigmoid(logits) * self.scores[:, None]).argmax(axis=0)
            best[y, x] = winner
            has[y, x] = logits[winner, np.arange(winner.size)] >= self.levels[winner]

    def areas(self) -> np.ndarray:
        """(n,) pixels of the picture that each query's mask covers."""
        cells = self.masks.shape[1:]
        high = np.bincount(self.rows[0], minlength=cells[0])
        wide = np.bincount(self.cols[0], minlength=cells[1])
        order = [np.argsort(taps[0], kind="stable") for taps in (self.rows, self.cols)]
        starts = [np.cumsum(n) - n for n in (high, wide)]
        result = np.zeros(self.scores.size, np.intp)
        for index, mask in enumerate(self.masks):
            corners = _corners(mask)
            inside = corners.min(axis=0) >= self.level
            mixed = ~inside & (corners.max(axis=0) >= self.level)
            result[index] = int(high @ inside.astype(np.intp) @ wide)
            for y, x in _pixels(mixed, (high, wide), starts, order):
                result[index] += int((self._sampled(index, y, x) >= self.level).sum())
        return result

    def _sampled(self, which: int | slice, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The logits at output pixels: (P,) of one query or (n, P) of all."""
        masks = self.masks[which]
        a, b, fy = (t[y] for t in self.rows)
        c, d, fx = (t[x] for t in self.cols)
        top = masks[..., a, c] + (masks[..., a, d] - masks[..., a, c]) * fx
        low = masks[..., b, c] + (masks[..., b, d] - masks[..., b, c]) * fx
        return top + (low - top) * fy


def _pixels(
    cells: np.ndarray, counts: Sequence[np.ndarray], starts: Sequence[np.ndarray], order: Sequence[np.ndarray]
) -> Iterable[tuple[np.ndarray, np.ndarray]]:
    """The pixels (y, x) of the marked cells, in pieces. `counts`, `starts`: along each side, how many pixels a cell has
    and where they begin in `order`."""
    rows, cols = np.nonzero(cells)
    size = counts[0][rows] * counts[1][cols]
    rows, cols, size = rows[size > 0], cols[size > 0], size[size > 0]
    ends = np.cumsum(size)
    begin = 0
    while begin < size.size:
        end = max(begin + 1, int(np.searchsorted(ends, (ends[begin - 1] if begin else 0) + CHUNK, "right")))
        r, c, n = rows[begin:end], cols[begin:end], size[begin:end]
        of = np.repeat(np.arange(r.size), n)
        within = np.arange(of.size) - np.repeat(np.cumsum(n) - n, n)
        wide = counts[1][c][of]
        yield order[0][starts[0][r][of] + within // wide], order[1][starts[1][c][of] + within % wide]
        begin = end


def _taps(full: int, extent: float, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of `full` pixels the cells before and after its centre, and the weight of the second."""
    position = np.clip((np.arange(full) + 0.5) * (extent / full) - 0.5, 0, cells - 1)
    low = np.floor(position).astype(np.intp)
    return low, np.minimum(low + 1, cells - 1), (position - low).astype(np.float32)


def _corners(values: np.ndarray) -> np.ndarray:
    """(4, h, w): the value of each cell and of its neighbours to the right and below, clamped at the border."""
    grown = np.pad(values, ((0, 1), (0, 1)), mode="edge")
    return np.stack([grown[:-1, :-1], grown[:-1, 1:], grown[1:, :-1], grown[1:, 1:]])


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    """float32 0..1, without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * logits.astype(np.float32)))


def _logit(probability: float | np.ndarray) -> np.ndarray:
    """The logit of a probability; -inf of 0 and below, +inf of 1 and above."""
    p = np.asarray(probability, np.float64)
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return np.where(p <= 0, -np.inf, np.where(p >= 1, np.inf, np.log(inside / (1 - inside)))).astype(np.float32)
