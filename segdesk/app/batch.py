"""A model over all pictures: decoding, the forward pass and saving overlap; a broken picture is a marked row."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from segdesk.app.answering import picture_key, replaceable, store, translate
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.load import Meter
from segdesk.app.models import RunPlan
from segdesk.app.prefetch import read_ahead
from segdesk.app.reading import reader
from segdesk.app.reports import BatchBegun, BatchResult, BatchStep
from segdesk.domain.errors import SegDeskError
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from segdesk.io.project import PictureRow

ROOM = 16  # answers that may wait for the store thread
HOPELESS = 5  # so many pictures in a row that fail in the engine alike, and none before them: it is not the pictures


Reply = Answer | NotKept | SegDeskError
Source = Callable[["Batch", Context], Generator[tuple[int, Reply], None, None]]
"""Gives (picture id, reply) for rows of a batch; it calls `Batch.unreadable` for those that cannot be read."""


@dataclass(eq=False)
class Batch:
    """One run over many pictures; `steps` is the generator that the worker drives."""

    desk: Desk
    opened: OpenProject
    plan: RunPlan
    rows: list[PictureRow]
    total: int = 0
    done: int = 0
    answered: int = 0
    kept: int = 0
    already: list[int] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)
    device: str = ""
    failed: list[tuple[str, SegDeskError]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    source: Source | None = None  # where the answers come from, if not from this machine's engine
    meter: Meter = field(init=False)
    _names: dict[str, int] = field(default_factory=dict)
    _refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.meter = Meter(lambda: self.desk.engine.pid)

    def steps(self, ctx: Context) -> Generator[None, None, BatchResult]:
        """Run; yields after each picture. Cancelling leaves all that was answered in the project."""
        begin = time.monotonic()
        self.total = len(self.rows)
        ctx.report(BatchBegun(ctx.job_id, tuple(r.id for r in self.rows), tuple(self.already), tuple(self.verified)))
        ctx.progress(0, self.total)
        yield
        with closing(self.source(self, ctx) if self.source else self._answers(ctx)) as answers:
            for picture_id, reply in answers:
                self._take(picture_id, reply, ctx)
                yield
        self.desk.saver.flush(ctx.cancelled)
        return BatchResult(
            self.answered,
            self.kept,
            len(self.already),
            len(self.verified),
            tuple(self.failed),
            time.monotonic() - begin,
            self.device,
            tuple(self.notes),
            self.meter.megapixels,
        )

    def _answers(self, ctx: Context) -> Generator[tuple[int, Reply], None, None]:
        with closing(self._requests(ctx)) as requests, closing(self._replies(requests, ctx)) as replies:
            for key, reply in replies:
                yield self._names.pop(key), reply

    def _replies(self, requests: Iterator[PredictRequest], ctx: Context) -> Generator[tuple[str, Reply], None, None]:
        """The engine's answers; a generator of our own, so that it can be closed."""
        yield from self.desk.engine.answer_many(requests, ctx.cancelled)

    def _requests(self, ctx: Context) -> Generator[PredictRequest, None, None]:
        """Requests with decoded pictures; those that cannot be read are marked and left out."""
        ids: Iterator[tuple[int, Path]] = ((row.id, self.opened.path_of(row.id)) for row in self.rows)
        with closing(read_ahead(ids, read=reader(self.plan), cancelled=ctx.cancelled)) as pictures:
            for picture_id, found in pictures:
                if isinstance(found, SegDeskError):
                    self.unreadable(picture_id, found, ctx)
                    continue
                key = picture_key(self.opened, picture_id)
                self._names[key] = picture_id
                ctx.report(BatchStep(ctx.job_id, picture_id, "running"))
                yield found.request(self.plan, key)

    def unreadable(self, picture_id: int, error: SegDeskError, ctx: Context) -> None:
        """A picture that cannot be read: its row is marked, and nothing is said against the model."""
        self._fail(picture_id, error, ctx)
        self._advance(picture_id, ctx)

    def _take(self, picture_id: int, reply: Reply, ctx: Context) -> None:
        if isinstance(reply, Answer):
            self._keep(picture_id, reply, ctx)
        elif isinstance(reply, SegDeskError):
            self._fail(picture_id, reply, ctx)
            self._refused.append(reply.message)
            if not self.answered and len(self._refused) >= HOPELESS and len(set(self._refused)) == 1:
                raise reply
        self._advance(picture_id, ctx)

    def _keep(self, picture_id: int, answer: Answer, ctx: Context) -> None:
        is_open = self.desk.current_id == picture_id
        answered = translate(self.opened, picture_id, self.plan, answer, from_batch=is_open)
        free = replaceable(self.opened, picture_id)
        store(self.opened, answered, to_annotation=free and not is_open, room=ROOM, cancelled=ctx.cancelled)
        if is_open:
            ctx.report(answered)
        self.answered += 1
        self.kept += not free
        self.device = answer.device
        self.notes.update(dict.fromkeys(answer.notes))
        height, width = answered.segmentation.size
        outcome: Literal["done", "kept"] = "done" if free else "kept"
        spent = sum(answer.seconds.values()) - answer.seconds.get("load", 0.0)
        self.meter.add(answer, height * width)
        ctx.report(BatchStep(ctx.job_id, picture_id, outcome, spent, height * width, answer.device))

    def _fail(self, picture_id: int, error: SegDeskError, ctx: Context) -> None:
        row = self.opened.roster.row(picture_id)
        self.failed.append((row.path if row else str(picture_id), error))
        self.opened.mark_failed(picture_id, error)
        ctx.report(BatchStep(ctx.job_id, picture_id, "failed", error=error))

    def _advance(self, picture_id: int, ctx: Context) -> None:
        self.done += 1
        row = self.opened.roster.row(picture_id)
        ctx.progress(self.done, self.total, row.path if row else "", self.meter.pace())


@dataclass(frozen=True)
class Choice:
    """Which pictures a run takes: not the skipped ones, not (unless asked) the verified ones, and not those that this
    model with these options has answered before (unless `again`). `limit`: at most so many; `among`: only of these;
    `failed`: only those that could not be done before."""

    skip_verified: bool = True
    again: bool = False
    limit: int | None = None
    among: frozenset[int] | None = None
    failed: bool = False


def make_batch(desk: Desk, opened: OpenProject, plan: RunPlan, choice: Choice) -> Batch:
    """Choose the pictures of a run."""
    batch = Batch(desk, opened, plan, [])
    rows = [r for r in opened.roster.rows if _wanted(r, choice)]
    before = set() if choice.again else _answered_before(opened, plan, rows)
    for row in rows:
        if row.state == "verified" and choice.skip_verified:
            batch.verified.append(row.id)
        elif row.id in before:
            batch.already.append(row.id)
        else:
            batch.rows.append(row)
    del batch.rows[len(batch.rows) if choice.limit is None else choice.limit :]
    return batch


def _wanted(row: PictureRow, choice: Choice) -> bool:
    """A picture that a person worked on keeps its state when a run fails on it; its error tells."""
    if row.state == "skipped" or (choice.among is not None and row.id not in choice.among):
        return False
    return not choice.failed or row.state == "failed" or bool(row.error)


def _answered_before(opened: OpenProject, plan: RunPlan, rows: list[PictureRow]) -> set[int]:
    """Pictures whose prediction layer came from this model with these options, on whatever device."""
    project, record = opened.project, replace(plan, matching=opened.book.record(plan.card.id)).record()
    runs = {project.find_run(plan.card.id, record), project.find_run(plan.card.id, record, "cpu")} - {None}
    done = set().union(*(project.pictures_of_run(run) for run in runs if run is not None))
    done &= project.labelled("annotation")
    return done.difference(row.id for row in rows if row.state in ("new", "failed"))
