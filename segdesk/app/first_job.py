"""The main job without a window: sample pictures are written, segmented, exported and scored against exact labels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdesk.app.reports import BatchResult
from segdesk.app.session import Session
from segdesk.domain.errors import SegDeskError
from segdesk.processes import window_command

NUCLEI_MODEL = "nuclei-unet"
OTHER_MODEL = "regions"
EXPORTS = (("coco_instances", "export-coco"), ("index_png", "export-index-png"))


@dataclass(frozen=True)
class FirstJob:
    """What came of it: the project, the exports, the report's page, and the figures as lines to print."""

    project: Path
    exports: tuple[Path, ...]
    page: Path
    figures: tuple[str, ...]
    failed: int


def first_job(session: Session, folder: Path, do: Callable[[int], Any], tell: Callable[[str], None]) -> FirstJob:
    """Do the main job in `folder`, which may hold an earlier one. Raises `SegDeskError`.

    `do(job)` waits for a job and returns its value; `tell` prints a line.
    """
    tell(f"Sample pictures in {folder}")
    project = do(session.samples(folder))
    do(session.open(project))
    failed = _segment(session, do, tell)
    exports = []
    for format_id, name in EXPORTS:
        result = do(session.export(format_id, folder / name))
        exports.append(result.folder)
        tell(f"Exported {result.pictures} pictures with {result.objects} objects as {format_id}")
    evaluated = do(session.evaluate("prediction", "reference", folder / "report"))
    return FirstJob(project, tuple(exports), evaluated.page, tuple(evaluated.report.headline_lines()), failed)


def _segment(session: Session, do: Callable[[int], Any], tell: Callable[[str], None]) -> int:
    """Micrographs (they have exact reference labels) by the nuclei model, all other pictures by the general one."""
    if session.project is None:
        raise SegDeskError("No project is open.", "Open a folder of pictures or a project first.")
    micrographs = session.project.labelled("reference")
    others = {row.id for row in session.pictures} - micrographs
    failed = 0
    nuclei = NUCLEI_MODEL if session.card(NUCLEI_MODEL) else OTHER_MODEL  # an installation may come without weights
    for model, ids in ((nuclei, micrographs), (OTHER_MODEL, others)):
        if not ids:
            continue
        session.choose_model(model)
        result: BatchResult = do(session.run_all(among=ids))
        tell(f"Segmented {result.answered + result.already} pictures with {model}")
        failed += len(result.failed)
    return failed


def summary(job: FirstJob) -> list[str]:
    """The lines to print at the end."""
    return [
        "",
        "Scores of the model's answers against the exact labels:",
        *(f"  {line}" for line in job.figures),
        f"Report:   {job.page}",
        *(f"Export:   {folder}" for folder in job.exports),
        f"Project:  {job.project}",
        "",
        "To see and correct the labels, open the window on a desktop:",
        f"  {' '.join(window_command())} {job.project}",
    ]
