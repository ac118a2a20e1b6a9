"""NumPy arrays: class numbers and object numbers of every picture as NPY, NPZ or text, and a class list.

Writes `images/`, `masks/`, `instances/` (where there are countable classes) and `classes.json`. Reads these, and any
folder of arrays with a class list in it or above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segdesk.domain.text import N_
from segdesk.io.array_files import SUFFIXES, load_array, save_array
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
    id="arrays",
    title=N_("NumPy arrays"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("Class numbers and object numbers of every picture as NPY, NPZ or text files, and a class list."),
    options=(
        Choice(
            "file",
            N_("Files"),
            (("npy", N_("NPY")), ("npz", N_("NPZ, compressed")), ("txt", N_("text, as np.savetxt writes it"))),
        ),
    ),
)


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    copies = PictureCopies.of(source)
    suffix = f".{source.choice(INFO, 'file')}"
    with new_folder(folder, INFO.id) as place:
        writer = IndexWriter(source, place, copies, _save, suffix=suffix)
        for item in stream(source, progress=progress, cancelled=cancelled):
            writer.add(item)
        writer.finish()
    return ExportResult(folder, writer.pictures, writer.objects, tuple(writer.notes()), tuple(copies.problems))


def _save(path: Path, values: np.ndarray, item: ExportItem, colors: Sequence[tuple[int, int, int]]) -> None:
    save_array(path, values)


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of arrays; see `segdesk.io.formats.base`."""
    layout = index_layout(path, load=load_array, suffixes=SUFFIXES)
    return read_layout(layout, sink, progress=progress, cancelled=cancelled)
