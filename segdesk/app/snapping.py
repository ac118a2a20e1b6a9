"""Snapping: borders of labels go to the edges of the picture, in an area or where a person has painted, as one undo
step. The CRF runs in the engine process, block by block."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from segdesk.app import held
from segdesk.app.laying import Writer, change
from segdesk.app.region import Region
from segdesk.app.rules import Snapping
from segdesk.domain.edit import TILE, Edit, Rect, Tick, TileKey, clip, tile_slices, unpack_tile
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.text import N_
from segdesk.engines.messages import SNAP_CRF, SnapRequest

if TYPE_CHECKING:
    from segdesk.app.document import Document

NAME = N_("Snap to edges")
BLOCK = 12 * TILE  # side of what is worked on at once: its surroundings come to it
Areas = Callable[[Writer], Iterable[Region]]


class Snapper(Protocol):
    """Who moves borders: the engine process."""

    def snap(self, request: SnapRequest, cancelled: Callable[[], bool]) -> np.ndarray:
        """See `EngineProcess.snap`."""
        ...


def snap(doc: Document, areas: Areas, how: Snapping) -> None:
    """Move the borders of labels inside areas to the picture's edges, in the background, as one undo step. The rules of
    painting and the locks hold, and no object loses more than half of its pixels to the others.

    `areas(writer)` gives bool masks inside the map; called in a thread, it must use nothing of the document. Raises
    SegDeskError at once where the picture is still being read, and in the end where there is no border in the areas or
    none that moves. UI thread.
    """
    pixels, snapper = doc.pixels, doc.hand.snapper
    if snapper is None:
        raise SegDeskError("Nothing here can move labels to edges.", "Start the program again.")

    def write(writer: Writer) -> None:
        moved = False
        for x, y, new in held.windows(lambda tick: _work_out(writer, pixels, areas, snapper, how, tick), writer.tick):
            moved = True
            writer.relabel(x, y, new)
        if not moved:
            raise SegDeskError(
                "No border moves here.",
                "The labels lie at the edges already; else make the certainty lower or the reach larger.",
            )

    doc.discard_preview()
    doc.after(lambda: change(doc, NAME, write))


def snap_region(doc: Document, region: Region, how: Snapping) -> None:
    """`snap` inside one region."""
    snap(doc, lambda _: [region], how)


def snap_strokes(doc: Document, how: Snapping) -> None:
    """`snap` around the pixels that the person has changed since the model's answer, or since labels were snapped last.
    Raises SegDeskError where there are none."""
    steps = strokes(doc)
    if not steps:
        raise _nothing_painted()
    answer = doc.prediction

    def areas(writer: Writer) -> Iterator[Region]:
        found = list(changed(writer.ids, steps, answer))
        if not found:
            raise _nothing_painted()
        yield from around(found, math.ceil(how.reach), (writer.ids.shape[0], writer.ids.shape[1]))

    snap(doc, areas, how)


def strokes(doc: Document) -> list[Edit]:
    """The person's steps since the model's answer or the last snap, the newest first."""
    steps = []
    for edit in doc.changes.timeline.since_answer():
        if edit.name == NAME:
            break
        steps.append(edit)
    return steps


def changed(ids: np.ndarray, steps: Sequence[Edit], answer: PackedMap | None) -> Iterator[Region]:
    """The pixels of a map that differ from what they were before `steps` (the newest first), tile by tile; those that
    are as in the model's `answer` are left out."""
    size = ids.shape[0], ids.shape[1]
    before: dict[TileKey, bytes] = {}
    for edit in steps:
        before.update(edit.tiles)
    for key, data in before.items():
        rows, columns = tile_slices(key, size)
        now = ids[rows, columns]
        mask = now != unpack_tile(data, now.shape)
        if answer is not None and mask.any():
            mask &= now != answer.read((columns.start, rows.start, columns.stop, rows.stop))
        if mask.any():
            yield Region(columns.start, rows.start, mask)


def around(found: Sequence[Region], reach: int, size: tuple[int, int]) -> Iterator[Region]:
    """Everything within `reach` pixels of regions that are tiles of the map, in blocks."""
    by_key = {(r.y // TILE, r.x // TILE): r for r in found}
    grid = np.zeros((math.ceil(size[0] / TILE), math.ceil(size[1] / TILE)), np.uint8)
    grid[tuple(np.array(list(by_key)).T)] = 1
    wide = math.ceil(reach / TILE)
    grid = cv2.dilate(grid, np.ones((2 * wide + 1, 2 * wide + 1), np.uint8))
    count, _, boxes, _ = cv2.connectedComponentsWithStats(grid, connectivity=8)
    ball = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    for left, top, width, height, _ in boxes[1:count].tolist():
        whole = left * TILE, top * TILE, (left + width) * TILE, (top + height) * TILE
        for x0, y0, x1, y1 in blocks(clip(whole, size)):
            wider = clip((x0 - reach, y0 - reach, x1 + reach, y1 + reach), size)
            near = cv2.dilate(_gathered(by_key, wider), ball)
            mask = near[y0 - wider[1] : y1 - wider[1], x0 - wider[0] : x1 - wider[0]] > 0
            if mask.any():
                yield Region(x0, y0, mask)


def _gathered(tiles: dict[TileKey, Region], rect: Rect) -> np.ndarray:
    """(h, w) uint8 of 0 and 1: the part of tiles inside a rectangle."""
    x0, y0, x1, y1 = rect
    out = np.zeros((y1 - y0, x1 - x0), np.uint8)
    for row in range(y0 // TILE, (y1 - 1) // TILE + 1):
        for column in range(x0 // TILE, (x1 - 1) // TILE + 1):
            tile = tiles.get((row, column))
            if tile is not None:
                a, b, c, d = tile.rect
                left, top, right, bottom = max(a, x0), max(b, y0), min(c, x1), min(d, y1)
                part = tile.mask[top - b : bottom - b, left - a : right - a]
                out[top - y0 : bottom - y0, left - x0 : right - x0] = part
    return out


def blocks(rect: Rect) -> Iterator[Rect]:
    """A rectangle in parts of at most `BLOCK` by `BLOCK`."""
    for y in range(rect[1], rect[3], BLOCK):
        for x in range(rect[0], rect[2], BLOCK):
            yield x, y, min(x + BLOCK, rect[2]), min(y + BLOCK, rect[3])


def _work_out(
    writer: Writer, pixels: np.ndarray, areas: Areas, snapper: Snapper, how: Snapping, tick: Tick
) -> Iterator[tuple[int, int, np.ndarray]]:
    """(x, y, new labels) of the blocks where a border moves."""
    cores = [(region, core) for region in areas(writer) for core in blocks(region.rect)]
    closed = ~writer.open_table()
    margin = math.ceil(max(SNAP_CRF.sigma_alpha, 2 * how.reach))
    size = writer.ids.shape[0], writer.ids.shape[1]
    borders = False
    for n, (region, core) in enumerate(cores):

        def cancelled(n: int = n) -> bool:
            try:
                tick(n, len(cores))
            except Cancelled:
                return True
            return False

        tick(n, len(cores))
        x0, y0, x1, y1 = window = _grown(core, margin, size)
        ids = writer.ids[y0:y1, x0:x1]
        if ids.size == 0 or (ids == ids.flat[0]).all():
            continue
        borders = True
        held_ids = tuple(np.unique(ids[closed[ids]]).tolist())
        mask = _within(region, core, window)
        request = SnapRequest(ids.copy(), pixels[y0:y1, x0:x1], mask, held_ids, how.certainty, how.reach)
        new = snapper.snap(request, cancelled)
        if (new != ids).any():
            yield x0, y0, new
    if not borders:
        raise SegDeskError(
            "There is no border of labels in this area.", "Paint over a border that is to follow the picture's edges."
        )


def _grown(rect: Rect, margin: int, size: tuple[int, int]) -> Rect:
    return clip((rect[0] - margin, rect[1] - margin, rect[2] + margin, rect[3] + margin), size)


def _within(region: Region, core: Rect, window: Rect) -> np.ndarray:
    """(h, w) bool: the region's pixels of a core, in its window."""
    mask = np.zeros((window[3] - window[1], window[2] - window[0]), bool)
    x0, y0, x1, y1 = core
    part = region.mask[y0 - region.y : y1 - region.y, x0 - region.x : x1 - region.x]
    mask[y0 - window[1] : y1 - window[1], x0 - window[0] : x1 - window[0]] = part
    return mask


def _nothing_painted() -> SegDeskError:
    return SegDeskError(
        "You have painted nothing here since the model's answer or the last snap.",
        "Paint first; or drag the tool Snap over borders, or choose Snap to edges in the menu Labels.",
    )
