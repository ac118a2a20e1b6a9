"""Writes a `Report` into a folder: report.html for people, report.json and CSV tables for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from segdesk import __version__
from segdesk.domain.errors import Cancelled
from segdesk.domain.metrics.report import Report
from segdesk.io.atomic import new_folder
from segdesk.io.report.findings_tables import findings_csv
from segdesk.io.report.page import render_page, specimens
from segdesk.io.report.tables import as_json, confusion_csv, per_class_csv, per_picture_csv
from segdesk.io.report.texts import Texts
from segdesk.io.report.thumbs import Panels, render

PAGE = "report.html"


def write_report(
    report: Report,
    folder: Path,
    *,
    language: str = "en",
    overlays: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Write report.html, report.json, per_class.csv, per_picture.csv and confusion.csv, and of a full report
    intervals.csv, boundaries.csv, confused_pictures.csv, average_precision.csv and objects.csv; returns the path of
    the page.

    `language`: "en" or "zh_CN"; files for programs are the same in both. `overlays`: with thumbnails of the worst
    pictures, which reads those pictures. CSV files are UTF-8 with a byte order mark, so that spreadsheets read Chinese
    names. `folder` appears only when it is complete; an earlier report there is replaced, a folder with other files in
    it is refused. Raises `SegDeskError` (no permission, full disk, folder in use) and `Cancelled`. Any thread.
    """
    now = datetime.now().astimezone()
    with new_folder(Path(folder), "report") as part:
        panels = _panels(report, progress=progress, cancelled=cancelled) if overlays else []
        page = render_page(
            report, Texts(language), panels=panels, version=__version__, date=now.strftime("%Y-%m-%d %H:%M %z")
        )
        (part / PAGE).write_text(page, encoding="utf-8", newline="\n")
        values = as_json(report, version=__version__, created=now.isoformat(timespec="seconds"))
        text = json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False)
        (part / "report.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        tables = {
            "per_class": per_class_csv(report),
            "per_picture": per_picture_csv(report),
            "confusion": confusion_csv(report),
            **findings_csv(report),
        }
        for name, table in tables.items():
            (part / f"{name}.csv").write_text(table, encoding="utf-8-sig", newline="")
    return Path(folder) / PAGE


def _panels(report: Report, *, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> list[Panels]:
    panels = []
    worst, best = specimens(report)
    shown = (*worst, *best)
    for done, specimen in enumerate(shown, start=1):
        if cancelled():
            raise Cancelled
        panels.append(render(specimen, report.classes, judge_void=report.instance_only))
        progress(done, len(shown))
    return panels
