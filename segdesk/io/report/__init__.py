"""Writes a `Report` into a folder: report.html for people, report.json and CSV tables for programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segdesk.domain.metrics.report import Report


def write_report(
    report: Report,
    folder: Path,
    *,
    language: str = "en",
    overlays: bool = True,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Write report.html, report.json, per_class.csv, per_picture.csv and confusion.csv; returns the page's path.

    `language`: "en" or "zh_CN"; files for programs are the same in both. `overlays`: with thumbnails of the worst
    pictures. An existing report in `folder` is replaced as a whole, once the new one is complete; other files there
    are kept. Raises `SegDeskError` (no permission, full disk) and `Cancelled`.
    """
    raise NotImplementedError
