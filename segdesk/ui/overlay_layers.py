"""What may lie over the picture: the labels, the difference of two label maps, or the model's doubt. No widgets.

A layer is made anew when what it shows changes as a whole; it reads the label map when it draws, so that painting
needs no new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

import numpy as np

from segdesk.app.reduced import Reduced
from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.edit import Rect
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.ui import overlay
from segdesk.ui.canvas_view import View
from segdesk.ui.overlay import Tables
from segdesk.ui.sampling import blended

SAME, ADDED, REMOVED, RELABELLED = range(4)
DIFFERENCE_COLORS = {ADDED: (0, 190, 130), REMOVED: (235, 70, 50), RELABELLED: (250, 190, 30)}
LEAST_DIFFERENCE = 0.5  # opacity; a difference that is hardly seen is of no use
SAMPLES = 1 << 15  # pixels that are looked at to find out whether two maps number their objects alike
STILL_ALIKE = 1 / 3  # of the object pixels in both maps
HEAT_STOPS = ((0.0, (255, 220, 60), 0.0), (0.35, (255, 170, 40), 0.35), (0.7, (235, 60, 60), 0.65),
              (1.0, (190, 20, 130), 0.85))  # fmt: skip


class Layer(Protocol):
    """What the renderer needs of a layer."""

    @property
    def costly(self) -> bool:
        """Whether a full repaint of a large canvas takes long."""
        ...

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """(h, w) uint32 premultiplied ARGB of a device rectangle; `thick` device pixels of outline, 0 = none."""
        ...

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """The segment ids of the person's map that look different; None = anything may."""
        ...


@dataclass(frozen=True, eq=False)
class LabelLayer:
    """A label map, plain or packed, in the colours of a table. A plain one is the document's own, `copies` its reduced
    ones (None: it is drawn from itself at any zoom)."""

    source: np.ndarray | PackedMap
    tables: Tables
    copies: Reduced | None = None
    costly: bool = False

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`."""
        source, copies = self.source, self.copies
        if isinstance(source, PackedMap):
            return overlay.coloured(lambda r: overlay.sample_packed(source, view, r), self.tables, rect, thick)
        if copies is not None:
            return overlay.coloured(lambda r: overlay.sample_reduced(source, copies, view, r), self.tables, rect, thick)
        return overlay.render(source, self.tables, view, rect, thick)

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`."""
        own = isinstance(self.source, np.ndarray)
        if not own or not isinstance(other, LabelLayer) or other.source is not self.source:
            return None
        return self.tables.changed_from(other.tables)


class DifferenceLayer:
    """What a person changed against the model's answer, in three colours: pixels that were void in the answer, that
    are void now, that have another class or belong to another object.

    Objects are told apart by their ids, as long as the labels still come from this answer (`numbered_alike`); after a
    later run of a model they have other ids, and only classes are compared. Both maps are made smaller in the same way,
    so that they are alike where they are alike in full. `copies`: those of the person's map, else they are made here;
    while they are still on their way, nothing differs at a small zoom.
    """

    costly = True

    def __init__(
        self,
        now: Segmentation,
        answer: PackedMap,
        classes: ClassSet,
        opacity: float,
        copies: Reduced | None = None,
    ) -> None:
        self.ids, self._answer = now.ids, answer
        self._copies = copies or Reduced(now.ids)
        self._classes, self._answer_classes = now.class_table(), answer.class_table()
        self._thing = np.zeros(MAX_ID + 1, bool)
        self._thing[[c.id for c in classes if c.is_thing]] = True
        self._renamed = self._classes != self._answer_classes
        self._any_renamed = bool(self._renamed.any())
        self._by_object = numbered_alike(self.ids, self._answer, self._thing[self._classes])
        self._tables = _difference_tables(opacity)

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`."""
        return overlay.coloured(lambda part: self.codes(view, part), self._tables, rect, thick)

    def codes(self, view: View, rect: Rect) -> np.ndarray:
        """(h, w) uint16 of `SAME`, `ADDED`, `REMOVED`, `RELABELLED` for a device rectangle."""
        if view.zoom < 1.0 and not self._copies.ready:
            return np.zeros((rect[3] - rect[1], rect[2] - rect[0]), np.uint16)
        copy, stride = self._copies.level_for(view.zoom, coarser=True)
        if copy is None:
            now, answer = overlay.sample(self.ids, view, rect), overlay.sample_packed(self._answer, view, rect)
        else:
            now = overlay.sample_level(copy, self._answer.size, stride, view, rect)
            same, _ = overlay.level_for(self._answer, 1.0 / stride)
            answer = overlay.sample_level(same, self._answer.size, stride, view, rect)
        differs = now != answer
        if self._any_renamed:
            differs |= self._renamed[now]
        found = np.flatnonzero(differs)  # few, as a rule
        out = np.zeros(now.shape, np.uint16)
        if found.size:
            out.ravel()[found] = self._codes(now.ravel()[found], answer.ravel()[found])
        return out

    def _codes(self, now: np.ndarray, answer: np.ndarray) -> np.ndarray:
        classes, before = self._classes[now], self._answer_classes[answer]
        same = np.where(self._thing[classes], RELABELLED, SAME) if self._by_object else SAME
        other = np.where(before == VOID, ADDED, np.where(classes == VOID, REMOVED, RELABELLED))
        return np.where(classes == before, same, other).astype(np.uint16)

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`."""
        if not isinstance(other, DifferenceLayer) or other.ids is not self.ids or other._answer is not self._answer:
            return None
        if other._by_object != self._by_object or not np.array_equal(other._thing, self._thing):
            return None
        return np.flatnonzero(self._classes != other._classes)


class HeatLayer:
    """A coarse map of doubt, blended smoothly over a picture of `size` (H, W). `doubt` (h, w): uint8 of 0 (sure) to 255
    or floats of 0 to 1."""

    costly = True

    def __init__(self, doubt: np.ndarray, size: tuple[int, int]) -> None:
        most = 255.0 if doubt.dtype == np.uint8 else 1.0
        self._doubt = np.clip(np.nan_to_num(doubt.astype(np.float32) / most), 0.0, 1.0)
        self._size = size

    def render(self, view: View, rect: Rect, thick: int) -> np.ndarray:
        """See `Layer`. Picture position (y, x) shows the map at (y * h / H - 0.5, x * w / W - 0.5), clamped."""
        x, y = view.columns(rect[0], rect[2]), view.rows(rect[1], rect[3])
        h, w = self._doubt.shape
        smooth = blended(self._doubt, y * (h / self._size[0]) - 0.5, x * (w / self._size[1]) - 0.5)
        out = np.take(heat_colors(), np.rint(smooth * 255).astype(np.uint8))
        out[(y < 0) | (y >= self._size[0])] = 0
        out[:, (x < 0) | (x >= self._size[1])] = 0
        return out

    def changed_from(self, other: Layer | None) -> np.ndarray | None:
        """See `Layer`: no label has anything to do with it."""
        same = isinstance(other, HeatLayer) and np.array_equal(other._doubt, self._doubt) and other._size == self._size
        return np.zeros(0, np.intp) if same else None


def numbered_alike(ids: np.ndarray, other: PackedMap, thing: np.ndarray) -> bool:
    """Whether two maps still give objects the same ids, judged by a sample of the pixels that are objects (`thing`
    (65536,) bool by id) in both."""
    small, stride = other.smallest()
    step = max(1, int(np.ceil((small.size / SAMPLES) ** 0.5)))
    there = small[::step, ::step]
    here = ids[stride - 1 :: stride * step, stride - 1 :: stride * step][: there.shape[0], : there.shape[1]]
    both = thing[here] & thing[there]
    count = int(np.count_nonzero(both))
    return count == 0 or bool(np.count_nonzero(both & (here == there)) >= STILL_ALIKE * count)


@lru_cache(4)
def _difference_tables(opacity: float) -> Tables:
    fill, edge = np.zeros(MAX_ID + 1, np.uint32), np.zeros(MAX_ID + 1, np.uint32)
    keys = list(DIFFERENCE_COLORS)
    colors = np.array(list(DIFFERENCE_COLORS.values()), np.uint8)
    fill[keys] = overlay.argb(colors, max(LEAST_DIFFERENCE, opacity))
    edge[keys] = overlay.argb(colors, 1.0)
    return Tables(fill, edge, True)


@cache
def heat_colors() -> np.ndarray:
    """(256,) uint32 premultiplied ARGB by doubt 0..255: clear, yellow, red, magenta."""
    at = np.arange(256) / 255.0
    stops = [s[0] for s in HEAT_STOPS]
    rgb = np.stack([np.interp(at, stops, [s[1][i] for s in HEAT_STOPS]) for i in range(3)], axis=1)
    alpha = np.interp(at, stops, [s[2] for s in HEAT_STOPS])
    level = np.round(alpha * 255).astype(np.uint32)
    scaled = np.round(rgb * alpha[:, None]).astype(np.uint32)
    return (level << 24) | (scaled[:, 0] << 16) | (scaled[:, 1] << 8) | scaled[:, 2]
