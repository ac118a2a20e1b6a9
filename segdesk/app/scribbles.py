"""Scribbles: what a person paints in teach mode. A document to paint on, and the memory of those of all pictures."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from segdesk.app.document import Document
from segdesk.app.rules import Hand
from segdesk.domain.classes import MAX_ID, VOID, ClassInfo, ClassSet
from segdesk.domain.edit import TileKey
from segdesk.domain.history import History
from segdesk.domain.packed import PackedMap, tile_rect
from segdesk.domain.patch import Patch
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow, Project

BACKGROUND = MAX_ID
"""The class, of scribbles only, of what shall have no label."""
BACKGROUND_NAME = N_("No label")
BACKGROUND_COLOR = (128, 128, 128)


def scribble_classes(classes: ClassSet) -> ClassSet:
    """The project's classes and the background. None is countable: all strokes of a class are one."""
    free = classes.named(BACKGROUND_NAME) is None
    ground = ClassInfo(BACKGROUND, BACKGROUND_NAME if free else "\0", BACKGROUND_COLOR)
    return ClassSet((*(replace(c, is_thing=False) for c in classes if c.id != BACKGROUND), ground))


class ScribbleDocument(Document):
    """The scribbles of the open picture. All tools work on it as on labels, with an undo of its own; `below` is the
    document with the labels, to which a model's answer goes that comes meanwhile.

    `under`: what the taught model says of the picture, drawn beneath the strokes, or None; `shows_strokes`: whether
    these are drawn. `on_state` is called when either changes.
    """

    def __init__(
        self, row: PictureRow, pixels: np.ndarray | None, scribbles: Segmentation, history: History, below: Document
    ) -> None:
        hand = Hand(below.hand.active_class, below.hand.other_class, below.hand.brush_size)
        super().__init__(row, pixels, scribbles, history, scribble_classes(below.classes), hand=hand)
        self.below = below
        self.under: PackedMap | None = None
        self.shows_strokes = True

    def set_classes(self, classes: ClassSet) -> None:
        """The project's class set changed."""
        super().set_classes(scribble_classes(classes))

    def take_pixels(self, pixels: np.ndarray) -> None:
        """The picture has been read, for both documents."""
        if not self.below.has_pixels:
            self.below.take_pixels(pixels)
        super().take_pixels(pixels)

    def apply_result(self, segmentation: object, name: str) -> None:
        """An answer is for the labels, never for the strokes."""
        self.below.apply_result(segmentation, name)  # type: ignore[arg-type]

    def show_under(self, answer: PackedMap | None) -> None:
        """Draw this beneath the strokes."""
        self.under = self.prediction = answer
        self.tell(self.on_state)

    def show_strokes(self, on: bool) -> None:
        """Draw the strokes or not."""
        self.shows_strokes = on
        self.tell(self.on_state)

    def painted(self) -> dict[int, int]:
        """Class id -> pixels, of the classes that have strokes here (so far, until `areas_ready`)."""
        counts: dict[int, int] = {}
        for key, segment in self.segmentation.segments.items():
            counts[segment.class_id] = counts.get(segment.class_id, 0) + self.area(key)
        return {class_id: count for class_id, count in counts.items() if count}


@dataclass(eq=False)
class _Own:
    """The scribbles of a picture. `dirty`: tiles that are not on the disk yet."""

    size: tuple[int, int]
    tiles: dict[TileKey, bytes] = field(default_factory=dict)
    segments: dict[int, Segment] = field(default_factory=dict)
    dirty: set[TileKey] = field(default_factory=set)


class Scribbles:
    """The scribbles of all pictures of an open project; few and small, as they are. Any thread, except `histories`
    (picture id -> undo steps, for as long as the project is open), which belong to the window's."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.RLock()
        self._own: dict[int, _Own] | None = None
        self._waiting: list[tuple[int, Patch]] = []
        self.histories: dict[int, History] = {}

    def take(self, picture_id: int, after: Patch) -> None:
        """A stroke was painted or taken back; `after`: what it touched, as `Document.snapshot` gives it. Costs
        nothing."""
        with self._lock:
            self._waiting.append((picture_id, after))

    def map(self, picture_id: int) -> PackedMap | None:
        """The scribbles of a picture, None if it has none. Not for the window's thread."""
        with self._lock:
            own = self._settled().get(picture_id)
            return None if own is None or not own.tiles else PackedMap(own.size, dict(own.tiles), own.segments)

    def pictures(self) -> list[int]:
        """Ids of the pictures that have some. Not for the window's thread."""
        with self._lock:
            return sorted(key for key, own in self._settled().items() if own.tiles)

    def write(self, picture_id: int) -> None:
        """Store what is not on the disk yet. Raises `SegDeskError`; it may be called again then."""
        with self._lock:
            own = self._settled().get(picture_id)
            if own is None or not own.dirty:
                return
            dirty, tiles = set(own.dirty), {key: own.tiles.get(key, b"") for key in own.dirty}
            size, segments = own.size, dict(own.segments)
        self._project.save_scribbles(picture_id, size, tiles, segments)
        with self._lock:
            own.dirty -= {key for key in dirty if own.tiles.get(key, b"") == tiles[key]}

    def clear(self, picture_ids: Iterable[int]) -> None:
        """Forget those of some pictures, here; the project is not touched."""
        with self._lock:
            held = self._settled()
            for picture_id in picture_ids:
                held.pop(picture_id, None)

    def _settled(self) -> dict[int, _Own]:
        """What there is, with the strokes that came last."""
        if self._own is None:
            stored = self._project.load_scribbles()
            self._own = {key: _Own(m.size, dict(m.tiles), dict(m.segments)) for key, m in stored.items()}
        waiting, self._waiting = self._waiting, []
        for picture_id, after in waiting:
            own = self._own.get(picture_id)
            if own is None or own.size != after.size:
                own = self._own[picture_id] = _Own(after.size)
            for key, data in after.packed().items():
                own.dirty.add(key)
                if data:
                    own.tiles[key] = data
                else:
                    own.tiles.pop(key, None)
            own.segments = dict(after.segments)
        return self._own


def marked(source: PackedMap, known: Callable[[int], bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, columns, class ids) of all marked pixels whose class is `known`, row by row of tiles."""
    table = source.class_table()
    rows, columns, classes = [np.zeros(0, np.int32)], [np.zeros(0, np.int32)], [np.zeros(0, np.uint16)]
    for key in sorted(source.tiles):
        x0, y0, _, _ = tile_rect(key, source.size)
        found = table[source.tile(key)]
        unknown = [c for c in np.unique(found).tolist() if c != VOID and not known(c)]
        y, x = np.nonzero((found != VOID) & ~np.isin(found, unknown))
        rows.append((y + y0).astype(np.int32))
        columns.append((x + x0).astype(np.int32))
        classes.append(found[y, x])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(classes)
