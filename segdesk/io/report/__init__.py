"""Writes a `Report` into a folder: report.html for people, report.json and CSV tables for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
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
OUTPUTS = ("html", "json", "csv")
BOTH = "both"  # languages: the page in English, and a second one in Chinese beside it


def write_report(
    report: Report,
    folder: Path,
    *,
    language: str = "en",
    overlays: bool = True,
    outputs: Collection[str] = OUTPUTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Write report.html, report.json, per_class.csv, per_picture.csv and confusion.csv, and of a full report
    intervals.csv, boundaries.csv, confused_pictures.csv, average_precision.csv and objects.csv; returns the path of
    the page.

    `language`: "en", "zh_CN", or "both" for report.html in English and report.zh_CN.html; files for programs are the
    same in all. `outputs`: which of "html", "json" and "csv" are written; without "html" the path is the folder's.
    `overlays`: with thumbnails of the worst and the best pictures, which reads those pictures. CSV files are UTF-8 with
    a byte order mark, so that spreadsheets read Chinese names. `folder` appears only when it is complete; an earlier
    report there is replaced, a folder with other files in it is refused.
    Raises `SegDeskError` (no permission, full disk, folder in use) and `Cancelled`. Any thread.
    """
    now = datetime.now().astimezone()
    with new_folder(Path(folder), "report") as part:
        if "html" in outputs:
            panels = _panels(report, progress=progress, cancelled=cancelled) if overlays else []
            for name, code in _pages(language).items():
                date = now.strftime("%Y-%m-%d %H:%M %z")
                page = render_page(report, Texts(code), panels=panels, version=__version__, date=date)
                (part / name).write_text(page, encoding="utf-8", newline="\n")
        if "json" in outputs:
            values = as_json(report, version=__version__, created=now.isoformat(timespec="seconds"))
            text = json.dumps(values, ensure_ascii=False, indent=1, allow_nan=False)
            (part / "report.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        if "csv" in outputs:
            _write_tables(report, part)
    return Path(folder) / PAGE if "html" in outputs else Path(folder)


def _pages(language: str) -> dict[str, str]:
    """File name: language."""
    return {PAGE: "en", "report.zh_CN.html": "zh_CN"} if language == BOTH else {PAGE: language}


def _write_tables(report: Report, folder: Path) -> None:
    tables = {
        "per_class": per_class_csv(report),
        "per_picture": per_picture_csv(report),
        "confusion": confusion_csv(report),
        **findings_csv(report),
    }
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(table, encoding="utf-8-sig", newline="")


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
