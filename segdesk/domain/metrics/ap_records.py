"""What average precision keeps of the judged objects: a few bytes each, in blocks of many pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from segdesk.domain.metrics.detections import Objects, candidates
from segdesk.domain.metrics.matching import Candidates, match

BLOCK_LOAD = 16_384  # pictures wait until they have about so many objects, and are then judged together
TOP = (1 << 16) - 1
MASKS, BOXES, KNOWN = "masks", "boxes", "known"


@dataclass(frozen=True, eq=False)
class Records:
    """n detections, those of each class in the order of the pictures and, within one, of score; m references.

    `picture` (n,) int32 and `kind` (n,) uint16: the picture's number and the class's position. `score` (n,) float64.
    `rank` (n,) uint16: how many detections of the class come before it in its picture. `hits`, `aside` (n,) uint64: a
    bit for each (threshold, area), whether it is matched to a reference that counts, and whether it is not judged.
    `ref_picture` (m,) int32, `ref_kind` (m,) uint16, `ref_areas` (m,) uint8: a bit for each area where it counts.
    """

    picture: np.ndarray
    kind: np.ndarray
    score: np.ndarray
    rank: np.ndarray
    hits: np.ndarray
    aside: np.ndarray
    ref_picture: np.ndarray
    ref_kind: np.ndarray
    ref_areas: np.ndarray
    thresholds: int
    areas: int

    def of_class(self, position: int) -> np.ndarray:
        """The detections of a class, best score first; of equal scores the earlier picture's."""
        rows = np.flatnonzero(self.kind == position)
        return rows[np.argsort(-self.score[rows], kind="stable")]

    def lanes(self, rows: np.ndarray, area: int) -> tuple[np.ndarray, np.ndarray]:
        """(T, r) bool: whether detections are right, and whether they are wrong, at each threshold in an area."""
        bits = (np.arange(self.thresholds) * self.areas + area).astype(np.uint64)[:, None]
        hit = (self.hits[rows] >> bits) & np.uint64(1) == 1
        aside = (self.aside[rows] >> bits) & np.uint64(1) == 1
        return hit, ~hit & ~aside

    @classmethod
    def none(cls, thresholds: int, areas: int) -> Records:
        """No records."""
        kinds = (np.int32, np.uint16, np.float64, np.uint16, np.uint64, np.uint64, np.int32, np.uint16, np.uint8)
        return cls(*(np.zeros(0, kind) for kind in kinds), thresholds=thresholds, areas=areas)

    @classmethod
    def joined(cls, parts: Sequence[Records]) -> Records:
        """All of them, one part after the other."""
        columns = [f.name for f in fields(cls)][:-2]
        return cls(
            *(np.concatenate([getattr(p, c) for p in parts]) for c in columns),
            thresholds=parts[0].thresholds,
            areas=parts[0].areas,
        )

    def later(self, pictures: int) -> Records:
        """The same with picture numbers raised."""
        shift = np.int32(pictures)
        return replace(self, picture=self.picture + shift, ref_picture=self.ref_picture + shift)

    def wanted(self, kinds: int) -> np.ndarray:
        """(K, A) int64: the references that count."""
        table = np.zeros((kinds, self.areas), np.int64)
        for a in range(self.areas):
            table[:, a] = np.bincount(self.ref_kind[(self.ref_areas >> a) & 1 == 1], minlength=kinds)
        return table


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A picture to be judged. `pairs`: its candidates where they are known already, else its shapes are compared."""

    references: Objects
    detections: Objects
    pairs: Candidates | None


class Judge:
    """Matches pictures and keeps their records; those that were added last wait to be matched together."""

    def __init__(
        self, classes: tuple[int, ...], areas: Sequence[tuple[float, float]], *, thresholds: np.ndarray, limit: int
    ) -> None:
        if len(set(classes)) != len(classes) or len(classes) > TOP or thresholds.size * len(areas) > 64:
            raise ValueError("classes must be distinct, and thresholds times areas at most 64")
        self._order = np.argsort(np.asarray(classes, np.int64))
        self._ids = np.asarray(classes, np.int64)[self._order]
        self._areas, self._thresholds, self._limit = np.array(areas), thresholds, min(limit, TOP)
        self._waiting: list[_Waiting] = []
        self._kind = MASKS
        self._load = self._pictures = 0
        self._blocks: list[Records] = []

    def add(self, references: Objects, detections: Objects, pairs: Candidates | None = None) -> None:
        """Take one picture in; objects of other classes are left out. `pairs`: known ones of one class and an IoU of
        at least the lowest threshold; all objects are then of judged classes."""
        if pairs is None:
            Objects.joined([references, detections])  # refuses masks beside boxes
        picture = _Waiting(self._judged(references), self._judged(detections), pairs)
        # Pictures of one kind wait together; one without objects goes with masks or boxes alike.
        kind = _kind(picture) or (MASKS if self._kind == KNOWN else self._kind)
        if kind != self._kind:
            self._flush()
        self._kind = kind
        self._waiting.append(picture)
        objects = len(references) + len(detections)
        self._load += 1 + objects + (len(references) * len(detections) >> 4 if pairs is None else pairs.iou.size)
        if self._load > BLOCK_LOAD:
            self._flush()

    def merge(self, other: Judge) -> None:
        """Put another one's pictures after these."""
        theirs = other.records()
        self._flush()
        self._blocks.append(theirs.later(self._pictures))
        self._pictures += other._pictures

    def records(self) -> Records:
        """Those of all pictures so far."""
        self._flush()
        self._blocks = [Records.joined([Records.none(self._thresholds.size, len(self._areas)), *self._blocks])]
        return self._blocks[0]

    @property
    def pictures(self) -> int:
        """How many were added."""
        return self._pictures + len(self._waiting)

    def _judged(self, objects: Objects) -> Objects:
        """The objects of the judged classes, their class ids replaced by positions."""
        at = np.searchsorted(self._ids, objects.classes)
        known = np.flatnonzero(np.append(self._ids, -1)[at] == objects.classes)
        return objects.chosen(known, self._order[at[known]])

    def _flush(self) -> None:
        if not self._waiting:
            return
        waiting, self._waiting, self._load = self._waiting, [], 0
        refs, dets = Objects.joined([w.references for w in waiting]), Objects.joined([w.detections for w in waiting])
        numbers = np.arange(len(waiting))
        ref_picture = np.repeat(numbers, [len(w.references) for w in waiting])
        det_picture = np.repeat(numbers, [len(w.detections) for w in waiting])
        kinds = self._ids.size
        order, rank = _ranked(det_picture * kinds + dets.classes, dets.scores, self._limit)
        dets, det_picture, total = dets.chosen(order, dets.classes[order]), det_picture[order], len(dets)
        cells = ref_picture * kinds + refs.classes, det_picture * kinds + dets.classes
        if self._kind != KNOWN:
            pairs = candidates(refs, dets, cells=cells, lowest=float(self._thresholds[0]))
        else:
            pairs = _known(waiting, order, total)
        low, high = self._areas[:, :1], self._areas[:, 1:]
        counts = (refs.areas >= low) & (refs.areas <= high) & ~refs.crowd
        matched, to_ignored = match(pairs, cells[1], crowd=refs.crowd, ignored=~counts, thresholds=self._thresholds)
        outside = ((dets.areas < low) | (dets.areas > high)).T[:, None, :]
        self._blocks.append(
            Records(
                (det_picture + self._pictures).astype(np.int32),
                dets.classes.astype(np.uint16),
                dets.scores,
                rank.astype(np.uint16),
                _bits(matched & ~to_ignored),
                _bits(to_ignored | (~matched & outside)),
                (ref_picture + self._pictures).astype(np.int32),
                refs.classes.astype(np.uint16),
                np.packbits(counts, axis=0, bitorder="little")[0] if len(refs) else np.zeros(0, np.uint8),
                self._thresholds.size,
                len(self._areas),
            )
        )
        self._pictures += len(waiting)


def _kind(picture: _Waiting) -> str:
    """What a picture's objects are; empty where it has none."""
    if picture.pairs is not None:
        return KNOWN
    for objects in (picture.references, picture.detections):
        if len(objects):
            return MASKS if isinstance(objects.shapes, tuple) else BOXES
    return ""


def _ranked(cells: np.ndarray, scores: np.ndarray, limit: int) -> tuple[np.ndarray, np.ndarray]:
    """The detections by cell and score, best first, at most `limit` a cell, and each one's rank in its cell."""
    order = np.lexsort((-scores, cells))
    first = np.flatnonzero(np.diff(cells[order], prepend=-1))
    rank = np.arange(order.size) - np.repeat(first, np.diff(first, append=order.size))
    kept = rank < limit
    return order[kept], rank[kept]


def _known(waiting: Sequence[_Waiting], order: np.ndarray, total: int) -> Candidates:
    """The known candidates of all pictures, numbered through, their detections as `order` has them."""
    parts, refs, dets = [], 0, 0
    for picture in waiting:
        if picture.pairs is not None:
            parts.append(Candidates(picture.pairs.ref + refs, picture.pairs.det + dets, picture.pairs.iou))
        refs, dets = refs + len(picture.references), dets + len(picture.detections)
    joined = Candidates.joined(parts)
    place = np.full(total, -1)
    place[order] = np.arange(order.size)
    moved = Candidates(joined.ref, place[joined.det], joined.iou)
    kept = moved.det >= 0
    return Candidates(moved.ref[kept], moved.det[kept], moved.iou[kept])


def _bits(flags: np.ndarray) -> np.ndarray:
    """(n, T, A) bool as (n,) uint64, bit t * A + a."""
    packed = np.zeros((flags.shape[0], 8), np.uint8)
    if flags.size:
        some = np.packbits(flags.reshape(flags.shape[0], -1), axis=1, bitorder="little")
        packed[:, : some.shape[1]] = some
    return packed.view("<u8")[:, 0].astype(np.uint64)
