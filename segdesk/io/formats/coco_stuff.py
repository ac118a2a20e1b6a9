"""COCO-Stuff: one PNG of class numbers for every picture, with the 182 classes of COCO-Stuff.

Writes `images/`, `stuffthingmaps/` (each with `train2017`, `val2017`, `test2017` where the set is divided) and
`labels.txt`. A pixel's number is the class's number in `labels.txt` minus 1; 255 is unlabelled.
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

_CLASSES: ClassSet = numbered_preset("cocostuff182")

INFO = FormatInfo(
    id="coco_stuff",
    title=N_("COCO-Stuff"),
    extensions=(),
    can_write=True,
    can_read=True,
    note=N_("A PNG of class numbers for every picture, with the 171 classes of COCO-Stuff only."),
    keeps=Keeps.CLASSES,
    classes=_CLASSES,
)

_LABELS = "0: unlabeled\n" + "".join(f"{c.id}: {c.name}\n" for c in _CLASSES)
_SPLITS = {"": "", "train": "train2017", "val": "val2017", "test": "test2017"}
_MAPS = ClassMaps(INFO, "stuffthingmaps", _SPLITS, shift=-1, void=255, lists={"labels.txt": _LABELS})


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    return _MAPS.write(source, folder, progress=progress, cancelled=cancelled)


def read(path: Path, sink: ImportSink, *, layer: str, progress: Report, cancelled: Cancel) -> ImportResult:
    """Read a folder of maps; see `segdesk.io.formats.base`."""
    return _MAPS.read(path, sink, progress=progress, cancelled=cancelled)
