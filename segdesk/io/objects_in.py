"""Objects of a foreign file on their way into a project: classes by name, one label a pixel, what does not fit listed.

For formats that list objects picture by picture (COCO, labelme, CVAT, ...).
"""

from __future__ import annotations

import base64
import io
import re
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from segdesk.domain import rle
from segdesk.domain.classes import MAX_ID, ClassInfo, ClassSet, Color, plain_name, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io import coco, label_pngs
from segdesk.io.formats.base import ImportResult, ImportSink, Note, Problem

Size = tuple[int, int]
Found = tuple[Segment, Rle]
_HEX = re.compile(r"#?([0-9a-fA-F]{6})$")
MOST_POINTS = 1_000_000  # of one outline
OVERLAPS = N_(
    "{count} objects lie over others; the one with the higher score, else the smaller one, keeps the shared pixels."
)


def resolved(name: str, found: Sequence[Found], size: Size) -> tuple[Segmentation, int]:
    """One label a pixel: crowds at the bottom, then low scores, then large objects, so that a small one in front of a
    large one (a person on a sofa) keeps its pixels. Returns (the map, how many objects lie over others). Raises
    `SegDeskError`."""
    if len(found) > MAX_ID:
        raise SegDeskError(
            "{name} has {count} objects; a map can hold {limit}.",
            "Cut the picture into pieces.",
            name=name,
            count=len(found),
            limit=MAX_ID,
        )
    result, overlaps = Segmentation.empty(*size), 0
    for key, (segment, mask) in enumerate(sorted(found, key=lambda f: (not f[0].crowd, f[0].score, -f[1].area)), 1):
        x0, y0, x1, y1 = box = rle.bounding_box(mask)
        area = result.ids[y0:y1, x0:x1]
        crop = rle.decode_box(mask, box)
        overlaps += bool(np.any(area[crop]))
        area[crop] = key
        result.segments[key] = segment
    return result.pruned(), overlaps


@dataclass
class ObjectsIn:
    """Numbers and complaints of what has been read so far. Classes join the project when they are first met."""

    sink: ImportSink
    pictures: int = 0
    objects: int = 0
    overlaps: int = 0
    skipped: int = 0  # shapes that are no areas: points, lines, boxes
    taken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[str, int] = field(default_factory=dict)

    def class_of(self, name: object, *, color: Color | None = None, is_thing: bool = True) -> int:
        """The project's id of a class. Raises ValueError for a name that is none."""
        text = plain_name(name) if isinstance(name, str) else ""
        if not text:
            raise ValueError("it has no class")
        if text not in self._ids:
            info = ClassInfo(1, text, color or spread_color(len(self._ids)), is_thing)
            self._ids[text] = self.sink.class_ids(ClassSet([info]))[1]
        return self._ids[text]

    def take(self, name: str, shapes: Callable[[Size], Iterable[Found]]) -> None:
        """Put the objects of one picture into the project; `shapes(size)` gives them for its (H, W). What it raises of
        `SegDeskError` is listed, and the picture left out."""
        try:
            if name in self.taken:
                raise SegDeskError("{name} occurs more than once in the file; the first one was taken.", name=name)
            size = self.sink.size_of(name)
            labels, overlaps = resolved(name, list(shapes(size)), size)
            self.sink.put(name, labels)
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.taken.add(name)
        self.pictures += 1
        self.objects += len(labels.segments)
        self.overlaps += overlaps

    def each(self, name: str, rows: Iterable[object], read: Callable[[object], Found | None]) -> Iterable[Found]:
        """`read(row)` of each row; a ValueError or KeyError or TypeError lists that object alone, None leaves it out as
        a shape that is no area."""
        for number, row in enumerate(rows, 1):
            try:
                found = read(row)
            except (ValueError, KeyError, TypeError, OverflowError) as error:
                reason = str(error) if type(error) is ValueError else N_("its entry is damaged")
                problem = SegDeskError(
                    "Object {id} of {name} was left out: {reason}.", id=number, name=name, reason=reason
                )
                self.problems.append(Problem(name, problem))
                continue
            if found is None:
                self.skipped += 1
            elif found[1].area:
                yield found

    def result(self, *more: Note) -> ImportResult:
        """What an importer gives back."""
        notes = list(more)
        if self.overlaps:
            text = OVERLAPS
            notes.append(Note(text, {"count": self.overlaps}))
        if self.skipped:
            notes.append(
                Note(N_("{count} shapes have no area (points, lines) and were left out."), {"count": self.skipped})
            )
        return ImportResult(self.pictures, self.objects, tuple(self.problems), tuple(notes))


def hex_of(color: Color) -> str:
    """A colour as "#rrggbb"."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def color_of(given: object) -> Color | None:
    """A colour from "#rrggbb" or [r, g, b]; None for anything else."""
    if isinstance(given, list) and len(given) == 3 and all(type(v) is int and 0 <= v < 256 for v in given):
        return given[0], given[1], given[2]
    found = _HEX.match(given) if isinstance(given, str) else None
    if found is None:
        return None
    red, green, blue = bytes.fromhex(found[1])
    return red, green, blue


def points_of(value: object, least: int = 3) -> np.ndarray:
    """(n, 2) float x, y from [[x, y], ...]. Raises ValueError."""
    if not isinstance(value, list) or not least <= len(value) <= MOST_POINTS:
        raise ValueError("it has too few points")
    points = np.array(value, float)  # raises ValueError for rows of other lengths
    if points.ndim != 2 or points.shape[1] < 2 or not np.isfinite(points).all() or np.abs(points).max() > 1e7:
        raise ValueError("a point of it is not a number")
    return points[:, :2]


def by_edges(rings: Sequence[np.ndarray], size: Size) -> Rle:
    """The area inside the first ring and outside of the others, (n, 2) float x, y in pixel-edge coordinates, drawn by
    COCO's rule: exact where the corners are whole numbers. Raises ValueError."""
    outer, *holes = [coco.decode({"segmentation": [ring.ravel().tolist()]}, size).mask for ring in rings]
    if not holes or outer.area == 0:
        return outer
    x0, y0, _, _ = box = rle.bounding_box(outer)
    crop = rle.decode_box(outer, box)
    for hole in holes:
        crop &= ~rle.decode_box(hole, box)
    return rle.encode_at(crop, x0, y0, size)


def by_centres(draw: Callable[[ImageDraw.ImageDraw, int, int], None], points: np.ndarray, size: Size) -> Rle:
    """What `draw(canvas, x0, y0)` paints on a picture whose upper left pixel is (x0, y0), around (n, 2) points in
    pixel-centre coordinates, as labelme draws. Costs the box of the points."""
    low, high = np.floor(points.min(axis=0)).astype(int) - 2, np.ceil(points.max(axis=0)).astype(int) + 3
    x0, y0 = (int(v) for v in np.clip(low, 0, (size[1], size[0])))
    x1, y1 = (int(v) for v in np.clip(high, 0, (size[1], size[0])))
    if x1 <= x0 or y1 <= y0:
        raise ValueError("it lies outside of the picture")
    image = Image.new("L", (x1 - x0, y1 - y0))
    draw(ImageDraw.Draw(image), x0, y0)
    return rle.encode_at(np.asarray(image) > 0, x0, y0, size)


def small_png(text: object, size: Size) -> np.ndarray:
    """(h, w) bool of a picture in base64: its alpha channel where it has one, else what is not black. Nothing larger
    than the picture that it belongs to is decoded. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("it has no mask")
    return mask_of(base64.b64decode(text, validate=False), size)


def mask_of(data: bytes, size: Size) -> np.ndarray:
    """As `small_png`, of the bytes of a picture."""
    try:
        with Image.open(io.BytesIO(data), formats=("PNG", "BMP", "GIF", "TIFF", "WEBP")) as image:
            if image.width > size[1] or image.height > size[0]:
                raise ValueError("its mask is larger than the picture")
            pixels = np.asarray(image.convert("RGBA") if "transparency" in image.info else image)
    except (OSError, SyntaxError, Image.DecompressionBombError, struct.error) as error:
        raise ValueError("its mask is damaged") from error
    if pixels.ndim == 2:
        return np.not_equal(pixels, 0)
    return np.not_equal(pixels[..., -1], 0) if pixels.shape[2] in (2, 4) else np.asarray(pixels.any(axis=2))


def joined(masks: Sequence[Rle]) -> Rle:
    """The union of masks of one picture. Raises ValueError where there is none."""
    if not masks:
        raise ValueError("it has no mask")
    filled = [rle.bounding_box(mask) for mask in masks if mask.area]
    if len(masks) == 1 or not filled:
        return masks[0]
    x0, y0, x1, y1 = box = (*np.min(filled, axis=0)[:2].tolist(), *np.max(filled, axis=0)[2:].tolist())
    crop = np.zeros((y1 - y0, x1 - x0), bool)
    for mask in masks:
        crop |= rle.decode_box(mask, box)
    return rle.encode_at(crop, x0, y0, masks[0].size)


def placed(crop: np.ndarray, x: int, y: int, size: Size) -> Rle:
    """A mask given as a crop whose upper left pixel is (x, y); what reaches out of the picture is cut."""
    left, top = max(0, -x), max(0, -y)
    crop = crop[top : max(top, size[0] - y), left : max(left, size[1] - x)]
    if crop.size == 0:
        raise ValueError("it lies outside of the picture")
    return rle.encode_at(crop, max(0, x), max(0, y), size)


def require_stated(name: str, stated: tuple[object, object], size: Size) -> None:
    """Raise `SegDeskError` where a file states another (height, width) than the picture's."""
    found = tuple(v if isinstance(v, int) else 0 for v in stated)
    label_pngs.require_size(name, (found[0], found[1]), size)
