"""CVAT XML for images (version 1.1): one `annotations.xml` with run-length masks, which CVAT edits as they are.

Reads masks, polygons, boxes and ellipses; other shapes have no area. The XML is read piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from segdesk.domain.classes import ClassSet, Color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io import label_pngs, xml_files
from segdesk.io.atomic import explain_os_error, new_folder
from segdesk.io.export_files import PictureCopies, boxes, merged_stuff, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Note,
    Report,
    stream,
)
from segdesk.io.objects_in import Found, ObjectsIn, Size, by_edges, color_of, hex_of, placed, points_of

INFO = FormatInfo(
    id="cvat",
    title=N_("CVAT for images"),
    extensions=(".xml",),
    can_write=True,
    can_read=True,
    note=N_("One XML file with masks as run lengths; CVAT 2 and later import and edit them as they are."),
    entries="annotations.xml",
)
_AREAS = ("mask", "polygon", "box", "ellipse")
_OTHERS = ("polyline", "points", "cuboid", "skeleton")


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    with (
        new_folder(folder, INFO.id) as place,
        (place / "annotations.xml").open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n<version>1.1</version>\n<meta>\n<task>\n')
        file.writelines(_labels(source.classes))
        file.write("</task>\n</meta>\n")
        counts = np.zeros(4, int)  # pictures, objects, segments of unknown classes, crowds
        for item in stream(source, progress=progress, cancelled=cancelled):
            if copies.copy(item, place / "images" / item.path):
                lines, unknown = _image(item, source.classes, int(counts[0]))
                file.writelines(lines)
                crowds = sum(s.crowd for s in item.segmentation.segments.values())
                counts += (1, len(lines) - 2, unknown, crowds)
        file.write("</annotations>\n")
    notes = [Note(N_("Scores are not part of this format.")), *usual_notes(copies.encoded_anew, int(counts[2]))]
    if counts[3]:
        text = N_("{count} crowd regions are written as single objects.")
        notes.append(Note(text, {"count": int(counts[3])}))
    return ExportResult(folder, int(counts[0]), int(counts[1]), tuple(notes), tuple(copies.problems))


def _labels(classes: ClassSet) -> Iterator[str]:
    yield "<labels>\n"
    for info in classes:
        yield f"<label><name>{escape(info.name)}</name><color>{hex_of(info.color)}</color><type>any</type>"
        yield f"<attributes>{'' if info.is_thing else _STUFF}</attributes></label>\n"
    yield "</labels>\n"


_STUFF = (
    "<attribute><name>stuff</name><mutable>False</mutable><input_type>checkbox</input_type>"
    "<default_value>true</default_value><values>true</values></attribute>"
)


def _image(item: ExportItem, classes: ClassSet, number: int) -> tuple[list[str], int]:
    labels, unknown = merged_stuff(item.segmentation, classes)
    name = quoteattr(item.path)
    lines = [f'<image id="{number}" name={name} width="{item.width}" height="{item.height}">\n']
    for key, segment, (x0, y0, x1, y1) in boxes(labels):
        info = classes.get(segment.class_id)
        assert info is not None
        runs = ", ".join(map(str, _runs(labels.ids[y0:y1, x0:x1] == key)))
        lines.append(
            f'<mask label={quoteattr(info.name)} source="manual" occluded="0" rle="{runs}" left="{x0}" top="{y0}" '
            f'width="{x1 - x0}" height="{y1 - y0}" z_order="0"></mask>\n'
        )
    lines.append("</image>\n")
    return lines, unknown


def _runs(crop: np.ndarray) -> list[int]:
    """Lengths of runs of 0, 1, 0 ... row by row, the first one of zeros."""
    flat = crop.ravel()
    bounds = np.concatenate(([0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]))
    runs = np.diff(bounds).tolist()
    return [0, *runs] if flat[0] else runs


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read an `annotations.xml`; see `segdesk.io.formats.base`."""
    objects = ObjectsIn(sink)
    colors: dict[str, tuple[Color | None, bool]] = {}
    done, total = 0, _count(path)
    progress(0, total)
    for element in _elements(path):
        if element.tag == "label":
            colors[element.findtext("name", "")] = color_of(element.findtext("color")), not _is_stuff(element)
        else:
            if cancelled():
                raise Cancelled
            _take(objects, element, colors)
            done += 1
            progress(done, total)
        element.clear()
    return objects.result()


def _count(path: Path) -> int:
    """How many pictures the file tells of."""
    try:
        with path.open("rb") as file:
            return sum(line.count(b"<image ") for line in file)
    except OSError as error:
        raise explain_os_error(error, path) from error


def _elements(path: Path) -> Iterator[ElementTree.Element]:
    """The labels and images, one after the other, each forgotten when the next is asked for. A file with a document
    type is refused: CVAT writes none, and its entities can grow without bounds."""
    damaged = SegDeskError("{name} is not a CVAT file for images.", "Export it from CVAT again.", name=path.name)
    try:
        with path.open("rb") as file:
            xml_files.require_plain(file, path.name)
            root = None
            for event, element in ElementTree.iterparse(file, ("start", "end")):
                if root is None:
                    root = element
                    if root.tag != "annotations":
                        raise damaged
                if event == "end" and element.tag in ("label", "image"):
                    yield element
                    if element.tag == "image":
                        root.clear()
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ElementTree.ParseError, LookupError, ValueError) as error:  # the latter: an encoding that is none
        raise damaged from error


def _is_stuff(label: ElementTree.Element) -> bool:
    return any(name.text == "stuff" for name in label.iterfind("attributes/attribute/name"))


def _take(objects: ObjectsIn, image: ElementTree.Element, known: Mapping[str, tuple[Color | None, bool]]) -> None:
    name = image.get("name", "")
    objects.skipped += sum(1 for shape in image if shape.tag in _OTHERS)

    def shapes(size: Size) -> Iterator[Found]:
        stated = image.get("height", ""), image.get("width", "")
        if all(v.isdecimal() and len(v) < 9 for v in stated):
            label_pngs.require_size(name, (int(stated[0]), int(stated[1])), size)
        rows = [(shape.tag, shape.attrib) for shape in image if shape.tag in _AREAS]
        rows.sort(key=lambda row: _order(row[1]))
        yield from objects.each(name, rows, _Shapes(objects, size, known).read)

    if len(image):
        objects.take(name, shapes)


def _order(given: Mapping[str, str]) -> int:
    """How far in front a shape lies; 0 where that is no number."""
    text = given.get("z_order", "")
    sign = -1 if text.startswith("-") else 1
    digits = text.removeprefix("-")
    return sign * int(digits) if digits.isdecimal() and len(digits) < 9 else 0


@dataclass(frozen=True)
class _Shapes:
    """Shapes of one picture. CVAT's coordinates run along the edges of pixels."""

    objects: ObjectsIn
    size: Size
    known: Mapping[str, tuple[Color | None, bool]]

    def read(self, row: object) -> Found:
        assert isinstance(row, tuple)
        tag, given = row
        name = given.get("label", "")
        color, is_thing = self.known.get(name, (None, True))
        mask = {"mask": self._mask, "polygon": self._polygon, "box": self._box, "ellipse": self._ellipse}[tag](given)
        return Segment(self.objects.class_of(name, color=color, is_thing=is_thing)), mask

    def _mask(self, given: Mapping[str, str]) -> Rle:
        width, height = int(given["width"]), int(given["height"])
        runs = np.array([int(v) for v in given["rle"].split(",")], np.int64)
        if not (0 < width <= self.size[1] and 0 < height <= self.size[0]) or runs.min() < 0:
            raise ValueError("its mask is larger than the picture")
        if int(runs.sum()) != width * height:
            raise ValueError("the run lengths do not add up to its box")
        crop = np.repeat(np.arange(runs.size) % 2 == 1, runs).reshape(height, width)
        return placed(crop, int(given["left"]), int(given["top"]), self.size)

    def _polygon(self, given: Mapping[str, str]) -> Rle:
        points = [[float(v) for v in pair.split(",")] for pair in given["points"].split(";")]
        return by_edges([points_of(points)], self.size)

    def _box(self, given: Mapping[str, str]) -> Rle:
        x0, y0, x1, y1 = (float(given[key]) for key in ("xtl", "ytl", "xbr", "ybr"))
        return by_edges([points_of([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])], self.size)

    def _ellipse(self, given: Mapping[str, str]) -> Rle:
        x, y, rx, ry = (float(given[key]) for key in ("cx", "cy", "rx", "ry"))
        turn = np.linspace(0, 2 * np.pi, 360, endpoint=False)
        angle = np.deg2rad(float(given.get("rotation", 0)))
        u, v = rx * np.cos(turn), ry * np.sin(turn)
        points = np.stack([x + u * np.cos(angle) - v * np.sin(angle), y + u * np.sin(angle) + v * np.cos(angle)], 1)
        return by_edges([points_of(points.tolist())], self.size)
