"""`Reduced`: smaller copies of the map that a person paints in, so that drawing all of it costs what is on the screen.

They are made by a thread when the picture opens; they follow strokes rectangle by rectangle, when they are looked at,
and a larger change by a thread again. How a map is made smaller: `segdesk.domain.reducing`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import numpy as np

from segdesk.domain.edit import Rect, TileKey, clip
from segdesk.domain.errors import Cancelled
from segdesk.domain.packed import NARROWEST, SMALLEST_LEVEL
from segdesk.domain.reducing import AROUND, half_rect, half_size, halved

CELL = 64  # side of the squares of the map that are noted as changed
MOST_CELLS = 256  # a megapixel, 3 ms
MOST_RECTS = 6  # half a millisecond each; where more has changed, a thread brings the copies up to date
AT_ONCE = 1 << 20  # pixels; the copies of a map of no more are made at once
FINEST = 1 << 26  # pixels; of a larger map the copy at half the size is not kept (50 MB at 100 megapixels)
TILE = 128
BAND = 128  # rows of a copy that are made at once

Background = Callable[[Callable[[], object], Callable[[object], None]], None]


class Level:
    """One copy, (h, w) uint16 in tiles of `TILE`; a tile of one label takes no memory."""

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._tiles: dict[TileKey, np.ndarray] = {}

    def read(self, rect: Rect) -> np.ndarray:
        """(h, w) uint16 of a rectangle inside it."""
        x0, y0, x1, y1 = rect
        out = np.empty((y1 - y0, x1 - x0), np.uint16)
        for key, here, there in _pieces(rect):
            out[here] = self._tiles[key][there]
        return out

    def write(self, x: int, y: int, labels: np.ndarray) -> None:
        """Set the rectangle whose upper left pixel is (x, y); what has not been set yet, in whole tiles."""
        for key, here, there in _pieces((x, y, x + labels.shape[1], y + labels.shape[0])):
            part, tile = labels[here], self._tiles.get(key)
            if tile is None or tile.shape == part.shape:
                flat = (part == part[0, 0]).all()
                self._tiles[key] = np.broadcast_to(part[0, 0].copy(), part.shape) if flat else part.copy()
            elif tile.flags.writeable:
                tile[there] = part
            elif not (part == tile[0, 0]).all():
                self._tiles[key] = made = tile.copy()
                made[there] = part

    @property
    def nbytes(self) -> int:
        """Memory of its tiles."""
        return sum(tile.nbytes for tile in self._tiles.values() if tile.flags.writeable)


class Passing:
    """A copy that is not kept: it is worked out where it is read. `read`, `size`: of the map."""

    def __init__(self, read: Callable[[Rect], np.ndarray], size: tuple[int, int]) -> None:
        self.size = half_size(size)
        self._read, self._of = read, size

    def read(self, rect: Rect) -> np.ndarray:
        """(h, w) uint16 of a rectangle inside it."""
        return halved(self._read, self._of, rect)


def _pieces(rect: Rect) -> list[tuple[TileKey, tuple[slice, slice], tuple[slice, slice]]]:
    """The tiles under a rectangle: (key, where in the rectangle, where in the tile)."""
    x0, y0, x1, y1 = rect
    rows = [(r, *_overlap(r, y0, y1)) for r in range(y0 // TILE, -(-y1 // TILE))]
    columns = [(c, *_overlap(c, x0, x1)) for c in range(x0 // TILE, -(-x1 // TILE))]
    return [((r, c), (ys, xs), (ty, tx)) for r, ys, ty in rows for c, xs, tx in columns]


def _overlap(tile: int, first: int, last: int) -> tuple[slice, slice]:
    start, stop = max(first, tile * TILE), min(last, (tile + 1) * TILE)
    return slice(start - first, stop - first), slice(start - tile * TILE, stop - tile * TILE)


def _bands(rects: list[Rect]) -> Iterator[Rect]:
    """The same area in rectangles of at most 2 * `BAND` rows, so that little memory is needed at a time."""
    for x0, y0, x1, y1 in rects:
        for top in range(y0, y1, 2 * BAND):
            yield x0, top, x1, min(y1, top + 2 * BAND)


def stride_for(zoom: float) -> int:
    """The stride of the copy for so many device pixels a picture pixel: the least power of two whose pixels are no
    smaller than the screen's, so that none is left out."""
    stride = 1
    while stride * zoom < 1.0:
        stride *= 2
    return stride


def reach(zoom: float) -> int:
    """How far beside a changed pixel of the map its copy for this zoom may change, in pixels of the map."""
    return (2 * AROUND - 1) * (stride_for(zoom) - 1)


class Reduced:
    """The copies of one map of (H, W) uint16 that is changed in place. UI thread only.

    `background(work, then)` runs `work` in a thread and `then` on the UI thread, None: all is done at once. `on_ready`
    is called when a thread has made the copies. `close` lets a thread under way end.
    """

    def __init__(
        self, ids: np.ndarray, background: Background | None = None, on_ready: Callable[[], None] = lambda: None
    ) -> None:
        self._ids = ids
        self._size = ids.shape[0], ids.shape[1]
        self._background = background if ids.size > AT_ONCE else None
        self._on_ready = on_ready
        self._levels: list[Level | Passing] | None = None
        cells = -(-self._size[0] // CELL), -(-self._size[1] // CELL)
        self._dirty = np.zeros(cells, bool)
        self._since: np.ndarray | None = None  # what has changed since a thread began
        self._under = np.zeros(cells, bool)  # what the thread sees to
        self._closed = threading.Event()
        self._begin(None)

    @property
    def ready(self) -> bool:
        """Whether there are copies; after a large change they are made anew bit by bit."""
        return self._levels is not None

    @property
    def fresh(self) -> bool:
        """Whether the copies are those of the map as it is; else `level_for` sees to it, at once or by a thread."""
        return self.ready and self._since is None and not self._dirty.any()

    def mark(self, rect: Rect) -> None:
        """The map has changed inside (x0, y0, x1, y1)."""
        x0, y0, x1, y1 = clip(rect, self._size)
        where = slice(y0 // CELL, -(-y1 // CELL)), slice(x0 // CELL, -(-x1 // CELL))
        self._dirty[where] = True
        if self._since is not None:
            self._since[where] = True
        elif self._background is None:
            self._begin(None)

    def level_for(self, zoom: float, *, coarser: bool = False, follow: bool = True) -> tuple[Level | None, int]:
        """The copy for so many device pixels a picture pixel, and its stride; (None, 1): the map itself. `coarser`: the
        next smaller one instead of the map, where the one for this zoom is not kept. Not `follow`: what has changed
        since, see `behind`, may be missing from it."""
        if self._levels is None or zoom >= 1.0:
            return None, 1
        if follow or self._background is None:
            self._freshen(self._levels)
        wanted = stride_for(zoom)
        count = min(len(self._levels), wanted.bit_length() - 1)
        for number in range(count, min(len(self._levels), count + coarser) + 1) if count else ():
            level = self._levels[number - 1]
            if isinstance(level, Level):
                return level, 1 << number
        return None, 1

    def behind(self, rect: Rect) -> Rect | None:
        """The least rectangle of the map that covers what the copies may not show as it is, of a part (x0, y0, x1, y1)
        of the map; None: they show all of that part."""
        x0, y0, x1, y1 = clip(rect, self._size)
        top, left = y0 // CELL, x0 // CELL
        where = slice(top, -(-y1 // CELL)), slice(left, -(-x1 // CELL))
        dirty = self._dirty[where] | self._under[where]
        if self._since is not None:
            dirty |= self._since[where]
        rows, columns = np.flatnonzero(dirty.any(axis=1)), np.flatnonzero(dirty.any(axis=0))
        if rows.size == 0:
            return None
        cells = columns[0] + left, rows[0] + top, columns[-1] + left + 1, rows[-1] + top + 1
        return clip(tuple(int(v) * CELL for v in cells), self._size)  # type: ignore[arg-type]

    def catch_up(self) -> None:
        """Bring the copies up to date, by a thread where that takes long; `on_ready` is called then."""
        if self._levels is not None and self._since is None and self._dirty.any():
            self._begin(self._rects(int(np.count_nonzero(self._dirty)), self._dirty))

    def close(self) -> None:
        """The picture is left."""
        self._closed.set()

    # ---- inside

    def _begin(self, changed: list[Rect] | None) -> None:
        """Bring the copies up to date where the map has changed; None: make all of them."""
        under, self._dirty = self._dirty, np.zeros_like(self._dirty)
        if self._background is None:
            self._levels = self._made()
            return
        self._under = under
        self._since = np.zeros_like(self._dirty)
        self._background(lambda: self._work(changed), self._landed)

    def _work(self, changed: list[Rect] | None) -> object:
        try:
            if changed is None or self._levels is None:
                return self._made()
            self._follow(self._levels, changed)
            return self._levels
        except Cancelled:
            return None

    def _made(self) -> list[Level | Passing]:
        """Any thread. What the UI thread writes into the copies meanwhile it will write again (`_since`)."""
        levels = self._empty()
        read, size = self._read, self._size
        for level in levels:
            if isinstance(level, Level):
                self._fill(level, read, size)
            read, size = level.read, level.size
        return levels

    def _fill(self, level: Level, read: Callable[[Rect], np.ndarray], size: tuple[int, int]) -> None:
        for top in range(0, level.size[0], BAND):
            if self._closed.is_set():
                raise Cancelled
            rect = (0, top, level.size[1], min(level.size[0], top + BAND))
            level.write(0, top, halved(read, size, rect))

    def _empty(self) -> list[Level | Passing]:
        levels: list[Level | Passing] = []
        size = self._size
        while size[0] * size[1] > SMALLEST_LEVEL and min(size) >= NARROWEST:
            size = half_size(size)
            levels.append(Level(size))
        if levels and self._ids.size > FINEST:
            levels[0] = Passing(self._read, self._size)
        return levels

    def _landed(self, made: object) -> None:
        if not isinstance(made, list) or self._closed.is_set():
            return
        assert self._since is not None
        self._levels, self._dirty, self._since = made, self._since, None
        self._under = np.zeros_like(self._dirty)
        self._on_ready()

    def _freshen(self, levels: list[Level | Passing]) -> None:
        """Follow what has changed; if that would take long, let a thread do it, unless one is at it already."""
        count = int(np.count_nonzero(self._dirty))
        if count == 0 or (self._since is not None and count > MOST_CELLS):
            return
        changed = self._rects(count, self._dirty)
        if self._background is None or (count <= MOST_CELLS and len(changed) <= MOST_RECTS):
            self._follow(levels, changed)
            self._dirty[...] = False
        elif self._since is None:
            self._begin(changed)

    def _follow(self, levels: list[Level | Passing], changed: list[Rect]) -> None:
        for rect in _bands(changed):
            if self._closed.is_set():
                raise Cancelled
            read, size = self._read, self._size
            for level in levels:
                rect = half_rect(rect, size)
                if rect[2] > rect[0] and rect[3] > rect[1] and isinstance(level, Level):
                    level.write(rect[0], rect[1], halved(read, size, rect))
                read, size = level.read, level.size

    def _rects(self, count: int, dirty: np.ndarray) -> list[Rect]:
        """Rectangles of the map that cover its dirty cells."""
        rows, columns = np.nonzero(dirty)
        top, bottom, left, right = rows[0], rows[-1] + 1, columns.min(), columns.max() + 1
        if (bottom - top) * (right - left) <= 2 * count:
            spans = [(left, top, right, bottom)]
        else:
            ends = [(r, columns[rows == r]) for r in np.unique(rows)]
            spans = [(found[0], r, found[-1] + 1, r + 1) for r, found in ends]
        return [clip(tuple(int(v) * CELL for v in span), self._size) for span in spans]  # type: ignore[arg-type]

    def _read(self, rect: Rect) -> np.ndarray:
        x0, y0, x1, y1 = rect
        return self._ids[y0:y1, x0:x1]
