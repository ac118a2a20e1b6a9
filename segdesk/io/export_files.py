"""Pieces that several exporters share: upright copies of pictures, file names that differ, objects one by one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image

from segdesk.domain import rle
from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Box, Rle
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io import images, label_pngs
from segdesk.io.class_tables import WriteTable
from segdesk.io.formats.base import ExportItem, ExportSource, Note, Problem
from segdesk.io.picture_names import is_inside

JPEG_QUALITY = 95
PNG_EFFORT = 2  # of 9: a photograph is written in a third of the usual time and becomes 7 % larger


def copy_upright(source: Path, target: Path, *, kind: str = "", link: bool = False) -> bool:
    """Copy a picture so that every reader sees it upright. Returns True if it had to be encoded anew.

    The bytes are kept (with `link`: the same file, where the file system can) unless the picture is turned by EXIF or
    is not of the `kind` ("JPEG", "PNG", "" = any); then it becomes a JPEG of quality 95 without chroma subsampling, or
    a lossless picture where `target` does not end in ".jpg". Raises `SegDeskError`, OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    found, orientation = images.nature(source)
    if orientation == 1 and kind in ("", "JPEG" if found == "MPO" else found):
        _same_bytes(source, target, link=link)
        return False
    picture = Image.fromarray(images.read(source))
    if target.suffix.lower() in (".jpg", ".jpeg", ".jpe", ".jfif"):
        picture.save(target, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    elif target.suffix.lower() == ".webp":
        picture.save(target, "WEBP", lossless=True)
    else:
        picture.save(target, compress_level=PNG_EFFORT)  # kinds other than PNG do not look at it
    return True


def _same_bytes(source: Path, target: Path, *, link: bool) -> None:
    if link:
        try:
            os.link(source, target)
            return
        except OSError:  # another disk, or a file system without links
            pass
    shutil.copyfile(source, target)


@dataclass
class PictureCopies:
    """The copies of an export: how many had to be encoded anew, and the pictures that could not be read."""

    wanted: bool
    link: bool = False
    encoded_anew: int = 0
    problems: list[Problem] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, source: ExportSource) -> PictureCopies:
        """As the source asks for."""
        return cls(source.with_pictures, source.hard_links, left_out=source.left_out)

    def copy(self, item: ExportItem, target: Path, *, kind: str = "") -> bool:
        """Copy the item's picture where pictures are wanted, as a JPEG or PNG where `kind` says so. Returns False, and
        notes why, if it cannot be read: then the item is left out, and the rest goes on. May raise OSError for the
        target."""
        try:
            if not is_inside(item.path):
                raise SegDeskError("The file {name} lies outside of the folder and was not touched.", name=item.path)
            if not self.wanted:
                return True
            self.encoded_anew += copy_upright(item.picture_file, target, kind=kind, link=self.link)
        except SegDeskError as error:
            self.problems.append(Problem(item.path, error))
            self.left_out.add(item.path)
            return False
        return True


def read_pixels(item: ExportItem, problems: list[Problem]) -> np.ndarray | None:
    """(H, W, 3) uint8 RGB of the item's picture, upright; None, and a line in `problems`, if it cannot be read."""
    try:
        if not is_inside(item.path):
            raise SegDeskError("The file {name} lies outside of the folder and was not touched.", name=item.path)
        pixels = images.read(item.picture_file)
        label_pngs.require_size(item.path, item.segmentation.size, (pixels.shape[0], pixels.shape[1]))
    except SegDeskError as error:
        problems.append(Problem(item.path, error))
        return None
    return pixels


def merged_stuff(segmentation: Segmentation, classes: ClassSet) -> tuple[Segmentation, int]:
    """One segment for each stuff class that occurs, as the panoptic formats want it; things stay single objects.

    Segments of classes that are not in `classes` become void. Returns (the map, how many such segments there were).
    """
    target = np.zeros(MAX_ID + 1, np.uint16)
    kept: dict[int, Segment] = {}
    stuff: dict[int, int] = {}
    unknown = 0
    for key, segment in segmentation.segments.items():
        info = classes.get(segment.class_id)
        if info is None:
            unknown += 1
            continue
        goal = key if info.is_thing else stuff.setdefault(segment.class_id, key)
        kept.setdefault(goal, segment)
        target[key] = goal
    return Segmentation(target[segmentation.ids], kept), unknown


def boxes(segmentation: Segmentation) -> Iterator[tuple[int, Segment, Box]]:
    """(id, segment, (x0, y0, x1, y1) end exclusive) of every segment that occurs, in the order of ids."""
    from scipy import (
        ndimage,  # not at the top: the window lists the formats when it starts, and scipy is slow to import
    )

    for key, box in enumerate(ndimage.find_objects(segmentation.ids.astype(np.int32)), 1):
        if box is not None:
            yield key, segmentation.segments[key], (box[1].start, box[0].start, box[1].stop, box[0].stop)


def objects(segmentation: Segmentation) -> Iterator[tuple[Segment, Box, Rle]]:
    """(segment, box, mask) of every segment that occurs, in the order of ids, at the cost of their boxes."""
    for key, segment, (x0, y0, x1, y1) in boxes(segmentation):
        crop = segmentation.ids[y0:y1, x0:x1] == key
        yield segment, (x0, y0, x1, y1), rle.encode_at(crop, x0, y0, segmentation.size)


def relabelled(ids: np.ndarray, values: Mapping[int, int], dtype: type[np.unsignedinteger]) -> np.ndarray:
    """A map with each id replaced by its value; ids without one become 0."""
    table = np.zeros(MAX_ID + 1, dtype)
    for key, value in values.items():
        if key != VOID:
            table[key] = value
    return table[ids]


def index_pair(labels: Segmentation, table: WriteTable, classes: ClassSet) -> tuple[np.ndarray, np.ndarray | None]:
    """(H, W) class numbers, and object numbers of things from 1 (uint16; None where the project has no things)."""
    index = table.index_map(labels.class_map())
    if not classes.things:
        return index, None
    keys = (k for k, s in labels.segments.items() if s.class_id in classes.things)
    return index, relabelled(labels.ids, {k: n for n, k in enumerate(keys, 1)}, np.uint16)


def index_notes(table: WriteTable, crowds: int) -> list[Note]:
    """What the index formats do not hold."""
    notes = [Note(N_("Scores are not part of this format."))]
    if table.void == 0:
        notes.append(Note(N_("Pixels without a label are written as number 0, background.")))
    if len(table.names) > 255:
        text = N_("{count} classes do not fit 8 bits; the maps have 16 bits, void is 65535.")
        notes.append(Note(text, {"count": len(table.names)}))
    if crowds:
        notes.append(Note(N_("{count} crowd regions are written as single objects."), {"count": crowds}))
    return notes


def usual_notes(turned: int, unknown: int) -> list[Note]:
    """What most exporters may have to say: pictures that `copy_upright` encoded anew, segments without a class."""
    notes = []
    if turned:
        notes.append(Note(N_("{count} pictures were turned upright or encoded anew."), {"count": turned}))
    if unknown:
        text = N_("{count} segments have a class that is no longer in the class list and were left out.")
        notes.append(Note(text, {"count": unknown}))
    return notes


class JsonLists:
    """A JSON object whose lists grow side by side on the disk, so that a million entries need no memory.

    Used as a context manager: `add("images", row)` while it is open; the file is complete after the block.
    """

    def __init__(self, path: Path, head: Mapping[str, object], lists: tuple[str, ...]) -> None:
        self._path = path
        self._head = dict(head)
        self._names = lists
        self._files: dict[str, IO[str]] = {}
        self._filled: set[str] = set()

    def __enter__(self) -> JsonLists:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for name in self._names:
            self._files[name] = self._part(name).open("w+", encoding="utf-8")
        return self

    def add(self, name: str, row: Mapping[str, object]) -> None:
        """Append a row to one of the lists."""
        file = self._files[name]
        file.write(",\n" if name in self._filled else "\n")
        self._filled.add(name)
        json.dump(row, file, ensure_ascii=False, separators=(",", ":"))

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                self._join()
        finally:
            for name, file in self._files.items():
                file.close()
                self._part(name).unlink(missing_ok=True)

    def _join(self) -> None:
        with self._path.open("w", encoding="utf-8") as out:
            out.write("{")
            for key, value in self._head.items():
                out.write(f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=False)},\n")
            for n, (name, file) in enumerate(self._files.items()):
                out.write(f"{',' if n else ''}{json.dumps(name)}:[")
                file.seek(0)
                shutil.copyfileobj(file, out)
                out.write("]\n")
            out.write("}\n")

    def _part(self, name: str) -> Path:
        return self._path.with_name(f".{self._path.name}.{name}.part")
