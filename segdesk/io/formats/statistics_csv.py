"""Statistics of objects as CSV: one row each with area, box, centroid, perimeter, eccentricity and mean intensity.

Definitions are those of scikit-image's `regionprops` (perimeter: line through the centres of border pixels, Benkrid and
Crookes 2000; eccentricity: of the ellipse with the same second moments). Lengths are pixels; the centroid is in image
coordinates, pixel centres at + 0.5.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.atomic import new_folder
from segdesk.io.export_files import boxes, merged_stuff, read_pixels, usual_notes
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

INFO = FormatInfo(
    id="statistics_csv",
    title=N_("Statistics (CSV)"),
    extensions=(),
    can_write=True,
    can_read=False,
    note=N_("One row for each object: area, box, centroid, perimeter, eccentricity, mean intensity."),
    keeps=Keeps.NOTHING,
    options=(
        Choice(
            "regions",
            N_("Rows for"),
            (
                ("objects", N_("objects, and classes that are not counted as a whole")),
                ("things", N_("objects alone")),
            ),
        ),
    ),
)
COLUMNS = (
    *("picture", "split", "object", "class", "countable", "score", "by_hand", "area_px", "area_share"),
    *("x0", "y0", "x1", "y1", "centroid_x", "centroid_y", "perimeter_px", "eccentricity"),
    *("mean_red", "mean_green", "mean_blue", "mean_grey"),
)
GREY = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def write(source: ExportSource, folder: Path, *, progress: Report, cancelled: Cancel) -> ExportResult:
    """Write `folder`; see `segdesk.io.formats.base`. Pictures are read for the intensities and never copied."""
    problems: list[Problem] = []
    things_only = source.choice(INFO, "regions") == "things"
    pictures = found = unknown = 0
    with (
        new_folder(folder, INFO.id) as place,
        (place / "objects.csv").open("w", encoding="utf-8-sig", newline="") as file,
    ):
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        for item in stream(source, progress=progress, cancelled=cancelled):
            pixels = read_pixels(item, problems)
            if pixels is None:
                continue
            labels, lost = merged_stuff(item.segmentation, source.classes)
            rows = list(_rows(item, labels, source.classes, pixels))
            rows = [row for row in rows if row["countable"] or not things_only]
            table.writerows(rows)
            pictures, found, unknown = pictures + 1, found + len(rows), unknown + lost
    return ExportResult(folder, pictures, found, tuple(usual_notes(0, unknown)), tuple(problems))


def _rows(item: ExportItem, labels: Segmentation, classes: ClassSet, pixels: np.ndarray) -> Iterator[dict[str, object]]:
    from skimage.measure import regionprops  # slow to import

    for number, (key, segment, (x0, y0, x1, y1)) in enumerate(boxes(labels), 1):
        info = classes.get(segment.class_id)
        assert info is not None
        mask = labels.ids[y0:y1, x0:x1] == key
        shape = regionprops(mask.view(np.uint8))[0]
        row, column = shape.centroid
        red, green, blue = mean = pixels[y0:y1, x0:x1][mask].mean(axis=0, dtype=np.float64)
        yield {
            "picture": item.path,
            "split": item.split,
            "object": number,
            "class": info.name,
            "countable": int(info.is_thing),
            "score": round(segment.score, 6),
            "by_hand": int(segment.by_human),
            "area_px": int(shape.area),
            "area_share": _short(shape.area / labels.ids.size),
            **dict(zip(("x0", "y0", "x1", "y1"), (x0, y0, x1, y1), strict=True)),
            "centroid_x": _short(x0 + column + 0.5),
            "centroid_y": _short(y0 + row + 0.5),
            "perimeter_px": _short(shape.perimeter),
            "eccentricity": _short(shape.eccentricity),
            "mean_red": _short(red),
            "mean_green": _short(green),
            "mean_blue": _short(blue),
            "mean_grey": _short(mean @ GREY),
        }


def _short(value: float) -> float:
    """Six significant places after the point are more than any of these means."""
    return round(float(value), 6)
