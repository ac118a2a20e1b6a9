"""Labels in and out of the open project: export, import, comparison of two layers."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from segdesk.app.desk import Desk, OpenProject
from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.app.jobs import Context
from segdesk.app.refinements import described, stored
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.effort import EffortTally
from segdesk.domain.metrics.report import Report
from segdesk.io.project import LAYERS, PictureRow, RunInfo
from segdesk.io.report import write_report


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What an evaluation gives back: the page that was written, and the figures."""

    page: Path
    report: Report


def evaluate(
    desk: Desk, layer: str, against: str, folder: Path, language: str, ctx: Context
) -> Generator[None, None, Evaluated]:
    """Compare two layers picture by picture and write the report into `folder`."""
    opened = desk.opened()
    check_layer(layer)
    check_layer(against)
    desk.saver.flush(ctx.cancelled)
    about = {"Project": opened.project.path.stem}
    evaluation = Evaluation(opened.book.classes, layer=layer, against=against, about=about, full=True)
    tally = EffortTally(opened.book.classes)
    rows, found, origins = opened.roster.rows, False, _Origins()
    for number, row in enumerate(rows, start=1):
        reference = opened.project.load_map(row.id, against)
        labels = opened.project.load_map(row.id, layer) if reference is not None else None
        if reference is not None and labels is not None:
            found = True
            evaluation.add(EvalItem(row.path, labels, reference, opened.path_of(row.id)))
            origins.add(opened.project.label_source(row.id, layer))
        _add_effort(tally, opened, row)
        ctx.progress(number, len(rows), row.path)
        yield
    if not found:
        raise SegDeskError(
            "No picture has labels in both layers, {layer} and {against}.",
            "Import the reference labels first, or run a model.",
            layer=layer,
            against=against,
        )
    report = evaluation.report()
    report = replace(report, effort=tally.result(), about={**report.about, **origins.facts()})
    return Evaluated(write_report(report, folder, language=language, cancelled=ctx.cancelled), report)


class _Origins:
    """Which models the judged labels came from, and which refinements were on."""

    def __init__(self) -> None:
        self._models: dict[str, None] = {}
        self._steps: dict[str, None] = {}

    def add(self, run: RunInfo | None) -> None:
        if run is not None:
            self._models[run.card_name] = None
            self._steps[", ".join(described(stored(run.options), "semantic")) or "-"] = None

    def facts(self) -> dict[str, str]:
        """For the report; nothing where no model was run."""
        if not self._models:
            return {}
        return {"Model": "; ".join(self._models), "Refinements": "; ".join(self._steps)}


def _add_effort(tally: EffortTally, opened: OpenProject, row: PictureRow) -> None:
    """Count a picture that a model answered for and a person worked on or verified."""
    if row.state not in ("edited", "verified"):
        return
    answer = opened.project.load_map(row.id, "prediction")
    final = opened.project.load_map(row.id, "annotation") if answer is not None else None
    if answer is not None and final is not None:
        tally.add(final, answer, seconds=row.seconds, changed=row.pixels_changed)


def check_layer(layer: str) -> None:
    """Raise `SegDeskError` unless `layer` is one of the three."""
    if layer not in LAYERS:
        raise SegDeskError(
            "There is no layer called {layer}.", "The layers are annotation, prediction and reference.", layer=layer
        )
