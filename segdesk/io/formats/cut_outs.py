"""Cut-outs: one RGBA PNG for each object, its box with a margin, clear outside of its mask; folders by class."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.rle import Box
from segdesk.domain.text import N_
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import PNG_EFFORT, boxes, merged_stuff, read_pixels, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    Choice,
    ExportItem,
    ExportResult,
    ExportSource,
    FormatInfo,
    Keeps,
    Problem,
    Report,
    stream,
)
from segdesk.io.picture_names import UniqueNames

INFO = FormatInfo(
    id="cut_outs",
    title=N_("Cut-outs"),
    extensions=(),
    can_write=True,
    can_read=False,
    note=N_("A PNG with a clear background for each object, in a folder for each class."),
    keeps=Keeps.NOTHING,
    options=(
        Choice("margin", N_("Margin"), (("0", N_("none")), ("8", N_("8 pixels")), ("32", N_("32 pixels")))),
        Choice(
            "background",
            N_("Background"),
            (("clear", N_("clear")), ("white", N_("white")), ("kept", N_("the picture itself"))),
        ),
        Choice("regions", N_("Cut out"), (("things", N_("objects")), ("all", N_("objects and other classes")))),
    ),
)
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    problems: list[Problem] = []
    names = UniqueNames()
    margin, background = int(source.choice(INFO, "margin")), source.choice(INFO, "background")
    wanted = source.classes.things if source.choice(INFO, "regions") == "things" else {c.id for c in source.classes}
    folders = _folders({c.id: c.name for c in source.classes})
    pictures = found = unknown = 0
    with new_folder(folder, INFO.id) as place:
        for item in stream(source, progress=progress, cancelled=cancelled):
            pixels, stem = read_pixels(item, problems), names.stem(item.path)
            if pixels is None:
                continue
            labels, lost = merged_stuff(item.segmentation, source.classes)
            for key, segment, box in boxes(labels):
                if segment.class_id in wanted:
                    found += 1
                    target = place / item.split / folders[segment.class_id] / f"{stem}_{key}.png"
                    target.parent.mkdir(parents=True, exist_ok=True)
                    cut = _cut(pixels, labels.ids, key, _grown(box, margin, item), background)
                    Image.fromarray(cut).save(target, compress_level=PNG_EFFORT)
            pictures, unknown = pictures + 1, unknown + lost
    return ExportResult(folder, pictures, found, tuple(usual_notes(0, unknown)), tuple(problems))


def _folders(names: dict[int, str]) -> dict[int, str]:
    """Class id -> a folder's name that every system takes, no two alike."""
    unique = UniqueNames()
    safe = {key: _UNSAFE.sub("_", name).strip(" .") for key, name in names.items()}
    return {key: unique.stem(f"{name}/x").removesuffix("__x") for key, name in safe.items()}


def _grown(box: Box, margin: int, item: ExportItem) -> Box:
    x0, y0, x1, y1 = box
    return max(0, x0 - margin), max(0, y0 - margin), min(item.width, x1 + margin), min(item.height, y1 + margin)


def _cut(pixels: np.ndarray, ids: np.ndarray, key: int, box: Box, background: str) -> np.ndarray:
    """(h, w, 4) uint8 RGBA of an object."""
    x0, y0, x1, y1 = box
    mask = ids[y0:y1, x0:x1] == key
    crop = np.dstack([pixels[y0:y1, x0:x1], np.full(mask.shape, 255, np.uint8)])
    if background == "clear":
        crop[~mask] = 0
    elif background == "white":
        crop[~mask] = 255
    return crop
