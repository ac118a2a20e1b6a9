"""A model over very many pictures on a Ray cluster: parts are computed by workers and taken into a project here.

What is in a part is never computed again: a run that was cut off, at whichever end, goes on from its parts.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

from segdesk import __version__
from segdesk.app.batch import Batch, Choice, Reply, make_batch
from segdesk.app.cluster_driver import Crew, Driver
from segdesk.app.cluster_parts import FORMATS, SUFFIXES, DamagedPart, decode
from segdesk.app.cluster_source import Listing, Picture
from segdesk.app.cluster_store import Place, joined
from segdesk.app.cluster_worker import THREADS_VARIABLE, Order
from segdesk.app.desk import Desk, take_project
from segdesk.app.jobs import Context
from segdesk.app.models import Models, RunPlan
from segdesk.app.reports import BatchResult, PicturesChanged, ProjectOpened
from segdesk.app.workers import Workers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.messages import lane_threads
from segdesk.io.project import Project

PART_SIZE = 64
NOTE_DAMAGED = N_("The part {name} of an earlier run is damaged: its pictures are computed again.")
_PART = re.compile(r"part-(\d+)-[0-9a-f]+\.(parquet|zip)")


@dataclass(frozen=True)
class ClusterOrder:
    """How a run on a cluster is done. `out`: folder or URL of the parts, each run in a folder of its own; `source`:
    what was asked for, which tells two runs apart; `parts`: one of `FORMATS`; `part_size`: pictures a part; `tries`:
    of a picture, on different workers; `threads`: of a picture's forward pass, 0 = those of this machine."""

    out: str
    source: str
    crew: Crew = field(default_factory=Crew)
    parts: str = FORMATS[0]
    part_size: int = PART_SIZE
    tries: int = 3
    threads: int = 0

    def at(self, out: str) -> ClusterOrder:
        """The same with its parts elsewhere."""
        return replace(self, out=out)


class Cluster:
    """The verbs of a session that use a cluster. Call them from the session's thread."""

    def __init__(self, desk: Desk, workers: Workers, models: Models, plan: Callable[[], Callable[[], RunPlan]]) -> None:
        self._desk, self._workers, self._models, self._plan = desk, workers, models, plan

    def open(self, found: Listing, project: Path) -> int:
        """Open (or make) the project of pictures that a list or a URL names. Done value: `ProjectOpened`. Nothing else
        may be open."""
        return self._workers.submit("loader", N_("Opening"), lambda ctx: open_listed(self._desk, found, project))

    def run_all(self, order: ClusterOrder, found: Listing | None = None, choice: Choice | None = None) -> int:
        """Run the chosen model on the pictures of the open project, with Progress and reports as `Session.run_all`.
        Done value: `BatchResult`."""
        opened, make_plan = self._desk.opened(), self._plan()
        where = {p.name: p.where for p in found.pictures} if found else {}
        folder = str(opened.project.folder)

        def run(ctx: Context) -> Generator[None, None, BatchResult]:
            plan = make_plan()
            self._desk.saver.flush(ctx.cancelled)
            wanted = choice or Choice()
            if found:
                wanted = replace(wanted, among=frozenset(row.id for row in opened.roster.rows if row.path in where))
            batch = make_batch(self._desk, opened, plan, wanted)
            source = _Source(order, batch, lambda name: where.get(name) or joined(folder, name), again=wanted.again)
            source.model_folders = tuple(map(str, self._models.folders))
            batch.source = source.answers
            return (yield from batch.steps(ctx))

        return self._workers.submit("engine", N_("Running on the cluster"), run, lane="batch")


def open_listed(desk: Desk, found: Listing, path: Path) -> ProjectOpened:
    """Open the project at `path`, or make it, with the pictures of a list in it. Its folder is that of the pictures,
    or, where they do not lie on this machine, one of the project's name in which they can be put later."""
    path = path.absolute()
    folder = found.folder or path.with_name(f"{path.stem}_pictures")
    path.parent.mkdir(parents=True, exist_ok=True)
    project = Project.open(path) if path.exists() else Project.create(path, folder)
    try:
        project.add_pictures(picture.name for picture in found.pictures)
        opened = take_project(project, desk.saver, desk.report)
        opened.roster.reload(project.pictures())
    except BaseException:
        project.close()
        raise
    desk.open, desk.current_id = opened, None
    rows = opened.roster.rows
    value = ProjectOpened(project.path, project.folder, opened.book.classes, len(rows), None)
    desk.report(value)
    desk.report(PicturesChanged(len(rows), scanning=False))
    return value


def run_id(order: ClusterOrder, plan: RunPlan) -> str:
    """The same for the same model, options, weights, source, threads and version: then parts fit together."""
    told = [order.source, order.parts, plan.card.id, plan.record(), plan.device, __version__, threads_of(order)]
    text = json.dumps(told, sort_keys=True, default=str)
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '-', plan.card.id)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def threads_of(order: ClusterOrder) -> int:
    """Threads of a picture's forward pass."""
    return order.threads or lane_threads()


@dataclass(eq=False)
class _Source:
    """Where a batch gets its answers: first from the parts that are there, then from the cluster."""

    order: ClusterOrder
    batch: Batch
    where: Callable[[str], str]
    again: bool = False
    model_folders: tuple[str, ...] = ()

    def answers(self, batch: Batch, ctx: Context) -> Generator[tuple[int, Reply], None, None]:
        """See `segdesk.app.batch.Source`."""
        run = run_id(self.order, batch.plan)
        place = Place(self.order.out).child(run)
        ids = {row.path: row.id for row in batch.rows}
        names = [name for name in place.names() if _PART.fullmatch(name)]
        if not self.again:
            for name in reversed(names):  # the newest first: they are of `again`
                try:
                    yield from self._taken(place, name, ids, ctx)
                except DamagedPart:
                    batch.notes[SegDeskError(NOTE_DAMAGED, name=name).text()] = None
        if not ids:
            return
        used = max((int(found[1]) for name in names if (found := _PART.fullmatch(name))), default=0)
        _note_run(place, self.order, batch.plan)
        with closing(self._driver(place, used, ctx)) as driver:
            driver.start()
            chunks = _chunks((Picture(name, self.where(name)) for name in list(ids)), self.order.part_size)
            for outcome in driver.outcomes(chunks):
                if outcome.part:
                    yield from self._taken(place, outcome.part, ids, ctx)
                for picture, error, unreadable in outcome.failed:
                    yield from self._given_up(ids.pop(picture.name, None), error, ctx, unreadable=unreadable)
            batch.notes.update(driver.notes)

    def _driver(self, place: Place, used: int, ctx: Context) -> Driver:
        numbers, token = count(used + 1), secrets.token_hex(3)
        suffix = SUFFIXES[self.order.parts]
        order = Order(
            self.batch.plan,
            place.where,
            self.order.parts,
            lane_threads=threads_of(self.order),
            omp_threads=str(self.order.threads or os.environ.get(THREADS_VARIABLE, "")),
            cores=1,
            model_folders=self.model_folders,
        )
        return Driver(
            self.order.crew,
            order,
            lambda: f"part-{next(numbers):06d}-{token}{suffix}",
            tries=self.order.tries,
            cancelled=ctx.cancelled,
        )

    def _taken(
        self, place: Place, name: str, ids: dict[str, int], ctx: Context
    ) -> Generator[tuple[int, Reply], None, None]:
        """The answers of a part to pictures that wait for one."""
        for row in decode(place.read(name), self.order.parts, name=f"{place.where}/{name}"):
            if row.answer is not None and row.name in ids and row.where == self.where(row.name):
                yield ids.pop(row.name), row.answer
            ctx.check()

    def _given_up(
        self, picture_id: int | None, error: SegDeskError, ctx: Context, *, unreadable: bool
    ) -> Generator[tuple[int, Reply], None, None]:
        if picture_id is None:
            return
        if unreadable:
            self.batch.unreadable(picture_id, error, ctx)
        else:
            yield picture_id, error


def _chunks(pictures: Iterator[Picture], size: int) -> Iterator[list[Picture]]:
    while chunk := list(islice(pictures, size)):
        yield chunk


def _note_run(place: Place, order: ClusterOrder, plan: RunPlan) -> None:
    """What the run is, for a person who finds its folder."""
    told = {
        "segdesk": __version__,
        "source": order.source,
        "parts": order.parts,
        "card": plan.card.id,
        "options": plan.record(),
        "threads": threads_of(order),
    }
    place.write("run.json", (json.dumps(told, indent=1, default=str, ensure_ascii=False) + "\n").encode())


def default_out(project: Path) -> str:
    """The folder of the parts beside a project."""
    return str(project.with_name(f"{project.stem}.parts"))
