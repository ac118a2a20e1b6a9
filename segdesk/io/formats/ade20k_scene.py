"""ADE20K scene parsing: one PNG of class numbers for every picture, with the benchmark's 150 classes.

Writes `images/` and `annotations/` (each with `training`, `validation`, `testing` where the set is divided) and
`objectInfo150.txt`. Numbers 1 to 150 are the classes, 0 is everything else.
"""

from __future__ import annotations

from pathlib import Path

from segdesk.domain.classes import ClassSet
from segdesk.domain.text import N_
from segdesk.io.class_map_folders import ClassMaps
from segdesk.io.class_presets import numbered_preset
from segdesk.io.formats.base import (
    Cancel,
    ExportResult,
    ExportSource,
    FormatInfo,
    ImportResult,
    ImportSink,
    Keeps,
    Report,
)

_CLASSES: ClassSet = numbered_preset("ade150")

INFO = FormatInfo(
    id="ade20k_scene",
    title=N_("ADE20K scene parsing"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A PNG of class numbers for every picture, with the 150 classes of the scene parsing benchmark only."),
    keeps=Keeps.CLASSES,
    classes=_CLASSES,
)

SPLITS = {"": "", "train": "training", "val": "validation", "test": "testing"}
_LIST = "Idx\tName\n" + "".join(f"{c.id}\t{c.name}\n" for c in _CLASSES)
_MAPS = ClassMaps(INFO, "annotations", SPLITS, shift=0, void=0, lists={"objectInfo150.txt": _LIST})


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    return _MAPS.write(source, folder, progress=progress, cancelled=cancelled)


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of maps; see `segdesk.io.formats.base`."""
    return _MAPS.read(path, sink, progress=progress, cancelled=cancelled)
