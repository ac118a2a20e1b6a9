"""Pascal VOC's XML files: one a picture, with a box for every object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Box, Rle
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.text import N_
from segdesk.io import label_pngs, xml_files
from segdesk.io.export_files import boxes
from segdesk.io.formats.base import Cancel, ImportResult, ImportSink, Note, Problem, Report
from segdesk.io.objects_in import ObjectsIn
from segdesk.io.scanning import natural_key


def xml_of(name: str, labels: Segmentation, classes: ClassSet) -> str:
    """The XML of a picture called `name`: the boxes of its countable segments, whose corners count pixels from 1.

    A crowd is "difficult"; an object at the border of the picture is "truncated".
    """
    height, width = labels.size
    rows = [
        f"<annotation>\n<folder>JPEGImages</folder>\n<filename>{escape(name)}</filename>\n"
        f"<source><database>SegDesk</database></source>\n"
        f"<size><width>{width}</width><height>{height}</height><depth>3</depth></size>\n<segmented>1</segmented>\n"
    ]
    for _, segment, box in boxes(labels):
        info = classes.get(segment.class_id)
        if info is not None and info.is_thing:
            rows.append(_object(escape(info.name), box, labels.size, crowd=segment.crowd))
    return "".join([*rows, "</annotation>\n"])


def _object(name: str, box: Box, size: tuple[int, int], *, crowd: bool) -> str:
    x0, y0, x1, y1 = box
    truncated = int(x0 == 0 or y0 == 0 or x1 == size[1] or y1 == size[0])
    return (
        f"<object><name>{name}</name><pose>Unspecified</pose><truncated>{truncated}</truncated>"
        f"<difficult>{int(crowd)}</difficult><bndbox><xmin>{x0 + 1}</xmin><ymin>{y0 + 1}</ymin>"
        f"<xmax>{x1}</xmax><ymax>{y1}</ymax></bndbox></object>\n"
    )


def read_boxes(folder: Path, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
    """Take in a folder of XML files as filled boxes, for data sets that have nothing finer."""
    files = sorted(folder.glob("*.xml"), key=lambda f: natural_key(f.name))
    reader = _Boxes(ObjectsIn(sink))
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        reader.take(file)
        progress(done, len(files))
    text = N_("The boxes of {count} pictures were filled; their objects have no outlines.")
    return reader.objects.result(Note(text, {"count": reader.objects.pictures}))


@dataclass
class _Boxes:
    """Numbers and complaints of what has been read so far."""

    objects: ObjectsIn

    def take(self, file: Path) -> None:
        try:
            root = xml_files.parsed(file)
        except SegDeskError as error:
            self.objects.problems.append(Problem(file.stem, error))
            return
        name = (root.findtext("filename") or "").strip() or file.stem
        stated = root.findtext("size/height"), root.findtext("size/width")

        def shapes(size: tuple[int, int]) -> list[tuple[Segment, Rle]]:
            if all(v is not None and v.strip().isdecimal() and len(v) < 9 and int(v) > 0 for v in stated):
                label_pngs.require_size(name, (int(stated[0] or 0), int(stated[1] or 0)), size)
            return list(self.objects.each(name, root.iter("object"), self._reader(size)))

        self.objects.take(name, shapes)

    def _reader(self, size: tuple[int, int]) -> Callable[[object], tuple[Segment, Rle] | None]:
        def read(row: object) -> tuple[Segment, Rle] | None:
            assert isinstance(row, ElementTree.Element)
            ends = [float(row.findtext(f"bndbox/{key}") or "nan") for key in ("xmin", "ymin", "xmax", "ymax")]
            if not np.isfinite(ends).all():
                raise ValueError(N_("it has no box"))
            low = np.clip(np.round(ends[:2]).astype(int) - 1, 0, (size[1], size[0]))
            high = np.clip(np.round(ends[2:]).astype(int), 0, (size[1], size[0]))
            if (high <= low).any():
                raise ValueError(N_("it lies outside of the picture"))
            crop = np.ones((high[1] - low[1], high[0] - low[0]), bool)
            class_id = self.objects.class_of(row.findtext("name"))
            return Segment(class_id), rle.encode_at(crop, int(low[0]), int(low[1]), size)

        return read
