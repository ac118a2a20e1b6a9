"""GeoTIFF masks: class numbers and object numbers as TIFF, with the georeference of a picture that has one.

Writes `images/`, `masks/`, `instances/` (where there are countable classes) and `classes.json`. The value for void is
declared as the value without data. Reads this layout, and any folder of TIFF masks with a class list.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import tifffile

from segdesk.domain.text import N_
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PictureCopies
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
from segdesk.io.geo_tags import NODATA, Georeference
from segdesk.io.index_folders import index_layout, read_layout
from segdesk.io.index_writing import IndexWriter

INFO = FormatInfo(
    id="geotiff",
    title=N_("GeoTIFF masks"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("TIFF maps that lie where their pictures lie; without a georeference they are plain TIFF."),
)
STRIP = 1 << 20  # bytes, about


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies, placed = PictureCopies.of(source), set[str]()
    with new_folder(folder, INFO.id) as place:

        def save(path: Path, values: np.ndarray, item: ExportItem, colors: Sequence[tuple[int, int, int]]) -> None:
            geo = Georeference.of(item.picture_file)
            placed.update([item.path] if geo is not None else [])
            void = writer.table.void if path.parent.name == "masks" else 0
            _save(path, values, geo, void)

        writer = IndexWriter(source, place, copies, save, suffix=".tif")
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    notes = writer.notes()
    if writer.pictures > len(placed):
        text = N_("{count} pictures have no georeference; their masks are plain TIFF.")
        notes.append(Note(text, {"count": writer.pictures - len(placed)}))
    return ExportResult(folder, writer.pictures, writer.objects, tuple(notes), tuple(copies.problems))


def _save(path: Path, values: np.ndarray, geo: Georeference | None, void: int) -> None:
    nodata = (NODATA, 2, 0, str(void), True)
    rows = max(1, STRIP // max(1, values.shape[1] * values.itemsize))
    tags = (*(geo.tags if geo is not None else ()), nodata)
    tifffile.imwrite(
        path, values, photometric="minisblack", compression="zlib", rowsperstrip=rows, extratags=tags, metadata=None
    )


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of TIFF masks; see `segdesk.io.formats.base`."""
    return read_layout(index_layout(path), sink, progress=progress, cancelled=cancelled)
