"""Overlays: each picture with its labels in colour over it, to be shown to people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.classes import ClassSet, spread_color
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import JPEG_QUALITY, PNG_EFFORT, merged_stuff, read_pixels, usual_notes
from segdesk.io.formats.base import (
    Cancel,
    Choice,
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
    id="overlays",
    title=N_("Overlays"),
    extensions=(),
    can_write=True,
    can_read=False,
    note=N_("The pictures with their labels in colour over them, to be looked at."),
    keeps=Keeps.NOTHING,
    options=(
        Choice("color", N_("Colours"), (("class", N_("of classes")), ("object", N_("one for each object")))),
        Choice("opacity", N_("Opacity"), (("50", "50 %"), ("30", "30 %"), ("70", "70 %"), ("100", "100 %"))),
        Choice("outline", N_("Outlines"), (("yes", N_("drawn")), ("no", N_("not drawn")))),
        Choice("file", N_("Files"), (("jpg", N_("JPEG")), ("png", N_("PNG")))),
    ),
)


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`."""
    problems: list[Problem] = []
    names, pictures, found, unknown = UniqueNames(), 0, 0, 0
    kind = source.choice(INFO, "file")
    with new_folder(folder, INFO.id) as place:
        for item in stream(source, progress=progress, cancelled=cancelled):
            pixels, stem = read_pixels(item, problems), names.stem(item.path)
            if pixels is None:
                continue
            labels, lost = merged_stuff(item.segmentation, source.classes)
            drawn = drawn_over(
                pixels,
                labels,
                source.classes,
                opacity=int(source.choice(INFO, "opacity")) / 100,
                by_object=source.choice(INFO, "color") == "object",
                outline=source.choice(INFO, "outline") == "yes",
            )
            target = place / item.split / f"{stem}.{kind}"
            target.parent.mkdir(parents=True, exist_ok=True)
            _save(drawn, target)
            pictures, found, unknown = pictures + 1, found + len(labels.segments), unknown + lost
    return ExportResult(folder, pictures, found, tuple(usual_notes(0, unknown)), tuple(problems))


def _save(drawn: np.ndarray, target: Path) -> None:
    if target.suffix == ".jpg":
        Image.fromarray(drawn).save(target, quality=JPEG_QUALITY, subsampling=0)
    else:
        Image.fromarray(drawn).save(target, compress_level=PNG_EFFORT)


def drawn_over(
    pixels: np.ndarray, labels: Segmentation, classes: ClassSet, *, opacity: float, by_object: bool, outline: bool
) -> np.ndarray:
    """(H, W, 3) uint8 RGB of a picture with its labels over it. Void shows the picture; an outline is one pixel wide
    and lies inside its segment."""
    table = np.zeros((65_536, 3), np.float32)
    for key, segment in labels.segments.items():
        info = classes.get(segment.class_id)
        table[key] = spread_color(key) if by_object or info is None else info.color
    out = pixels.copy()
    rows = max(1, (1 << 22) // max(1, pixels.shape[1]))  # in bands, so that little memory is needed
    for top in range(0, pixels.shape[0], rows):
        ids = labels.ids[top : top + rows]
        band, seen = out[top : top + rows], ids > 0
        strength = np.full(ids.shape, np.float32(opacity))
        if outline:
            strength[_borders(labels.ids, top, top + rows)] = 1.0
        color, weight = table[ids[seen]], strength[seen][:, None]
        band[seen] = np.rint(band[seen] * (1 - weight) + color * weight).astype(np.uint8)
    return out


def _borders(ids: np.ndarray, top: int, bottom: int) -> np.ndarray:
    """(h, w) bool: pixels of rows top..bottom with another segment beside, above or below them."""
    around = np.pad(ids[max(0, top - 1) : bottom + 1], 1, mode="edge")
    first = 1 + min(1, top)
    height = min(bottom, ids.shape[0]) - top
    centre = around[first : first + height, 1:-1]
    edge = (centre != around[first : first + height, :-2]) | (centre != around[first : first + height, 2:])
    edge |= centre != around[first - 1 : first - 1 + height, 1:-1]
    return edge | (centre != around[first + 1 : first + 1 + height, 1:-1])
