"""Comparison of two layers of labels of the open project, or of one with a layer of another project; and its report."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from segdesk.app.desk import Desk, OpenProject
from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.app.jobs import Context
from segdesk.app.refinements import described, stored
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.metrics.effort import EffortTally
from segdesk.domain.metrics.report import Report
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import LAYERS, PictureRow, Project, RunInfo
from segdesk.io.report import OUTPUTS, write_report


@dataclass(frozen=True, eq=False)
class Evaluated:
    """What an evaluation gives back: the page that was written (the folder, if no page was wanted), and the figures."""

    page: Path
    report: Report


@dataclass(frozen=True)
class Comparison:
    """Which labels are compared: `layer` of the open project with `against`, of it or of the project file `other`
    (the same pictures, by their paths, run by another model or worked on by another person)."""

    layer: str = "annotation"
    against: str = "reference"
    other: Path | None = None


class Against:
    """The labels to compare with. Close it: it may have another project open. One thread."""

    def __init__(self, opened: OpenProject, wanted: Comparison) -> None:
        """Raises `SegDeskError` for a layer or a project that is not there."""
        check_layer(wanted.layer)
        check_layer(wanted.against)
        self._opened, self._layer = opened, wanted.against
        self._other: Project | None = None
        self._rows: dict[str, PictureRow] = {}
        self._classes: dict[int, int] = {}
        self.left_out: tuple[str, ...] = ()  # classes of the other project that this one lacks
        if wanted.other is not None:
            self._other = Project.open(wanted.other)
            self._rows = {row.path: row for row in self._other.pictures()}
            ours = {c.name.casefold(): c.id for c in opened.book.classes}
            theirs = tuple(self._other.classes)
            self._classes = {c.id: ours.get(c.name.casefold(), VOID) for c in theirs}
            self.left_out = tuple(c.name for c in theirs if self._classes[c.id] == VOID)

    def close(self) -> None:
        """Let go of the other project."""
        if self._other is not None:
            self._other.close()

    def labels(self, row: PictureRow) -> Segmentation | None:
        """Those of a picture, in this project's class ids; None where there are none."""
        if self._other is None:
            return self._opened.project.load_map(row.id, self._layer)
        theirs = self._rows.get(row.path)
        found = None if theirs is None else self._other.load_packed(theirs.id, self._layer)
        return None if found is None else found.remapped(self._classes).unpacked()

    def origin(self, row: PictureRow) -> RunInfo | None:
        """Which run of a model a picture's labels come from, if any."""
        if self._other is None:
            return self._opened.project.label_source(row.id, self._layer)
        theirs = self._rows.get(row.path)
        return None if theirs is None else self._other.label_source(theirs.id, self._layer)


def compare(desk: Desk, wanted: Comparison, ctx: Context) -> Generator[None, None, Report]:
    """Compare two layers picture by picture. Raises `SegDeskError` where no picture has both."""
    opened = desk.opened()
    desk.saver.flush(ctx.cancelled)
    with closing(Against(opened, wanted)) as against:
        about = {"Project": opened.project.path.stem}
        name = wanted.against if wanted.other is None else f"{wanted.against} ({wanted.other.stem})"
        evaluation = Evaluation(opened.book.classes, layer=wanted.layer, against=name, about=about, full=True)
        tally = EffortTally(opened.book.classes)
        rows, found, origins = opened.roster.rows, False, _Origins()
        for number, row in enumerate(rows, start=1):
            reference = against.labels(row)
            labels = opened.project.load_map(row.id, wanted.layer) if reference is not None else None
            if reference is not None and labels is not None:
                found = True
                evaluation.add(EvalItem(row.path, labels, reference, opened.path_of(row.id)))
                origins.add(opened.project.label_source(row.id, wanted.layer), against.origin(row))
            _add_effort(tally, opened, row)
            ctx.progress(number, len(rows), row.path)
            yield
        if not found:
            raise SegDeskError(
                "No picture has labels in both layers, {layer} and {against}.",
                "Import the reference labels first, or run a model.",
                layer=wanted.layer,
                against=name,
            )
        facts = origins.facts()
        if against.left_out:
            facts["Classes left out"] = ", ".join(against.left_out)
    report = evaluation.report()
    return replace(report, effort=tally.result(), about={**report.about, **facts})


def evaluate(
    desk: Desk,
    wanted: Comparison,
    folder: Path,
    ctx: Context,
    *,
    language: str = "en",
    outputs: Collection[str] = OUTPUTS,
) -> Generator[None, None, Evaluated]:
    """Compare two layers picture by picture and write the report into `folder`; see `write_report`."""
    report = yield from compare(desk, wanted, ctx)
    page = write_report(report, folder, language=language, outputs=outputs, cancelled=ctx.cancelled)
    return Evaluated(page, report)


class _Origins:
    """Which models the compared labels came from, and which refinements were on."""

    def __init__(self) -> None:
        self._models: dict[str, None] = {}
        self._steps: dict[str, None] = {}
        self._others: dict[str, None] = {}

    def add(self, run: RunInfo | None, other: RunInfo | None) -> None:
        if run is not None:
            self._models[run.card_name] = None
            self._steps[", ".join(described(stored(run.options), "semantic")) or "-"] = None
        if other is not None:
            self._others[other.card_name] = None

    def facts(self) -> dict[str, str]:
        """For the report; nothing where no model was run."""
        facts = {"Model": "; ".join(self._models), "Refinements": "; ".join(self._steps)}
        facts["Compared with"] = "; ".join(self._others)
        return {key: value for key, value in facts.items() if value}


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
