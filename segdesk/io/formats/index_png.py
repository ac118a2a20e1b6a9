"""Index PNG: a palette PNG of class numbers for every picture, 16-bit object numbers beside it, and a class list.

Writes `images/`, `masks/`, `instances/` (where there are countable classes) and `classes.json`. Reads this layout, and
any folder of index maps with a class list (`classes.json`, `classes.txt`, `labelmap.txt` ...) in it or above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PictureCopies
from segdesk.io.formats.base import (
    Cancel,
    Choice,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Report,
    stream,
)
from segdesk.io.index_folders import index_layout, read_layout
from segdesk.io.index_writing import IndexWriter

INFO = FormatInfo(
    id="index_png",
    title=N_("Index PNG"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A palette PNG of class numbers for every picture, object numbers beside it, and a class list."),
    options=(Choice("bits", N_("Class numbers"), (("8", N_("8 bits where they fit")), ("16", N_("16 bits")))),),
)


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    deep = source.choice(INFO, "bits") == "16"
    with new_folder(folder, INFO.id) as place:
        writer = IndexWriter(source, place, copies, _save, deep=deep)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    return ExportResult(folder, writer.pictures, writer.objects, tuple(writer.notes()), tuple(copies.problems))


def _save(path: Path, values: np.ndarray, item: ExportItem, colors: Sequence[tuple[int, int, int]]) -> None:
    label_pngs.save_index(path, values, colors)


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of index maps; see `segdesk.io.formats.base`."""
    return read_layout(index_layout(path), sink, progress=progress, cancelled=cancelled)
