"""What each refinement changes: a model's answers are decided with one step more at a time, and each is compared with
labels that are known to be right."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from segdesk.app.answering import picture_key, translate
from segdesk.app.desk import Desk, OpenProject
from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.app.jobs import Context
from segdesk.app.models import RunPlan
from segdesk.app.refinements import prefixes
from segdesk.app.workers import Workers
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.stack import StepInfo
from segdesk.domain.text import N_
from segdesk.engines.messages import Answer

AGAINST = ("reference", "annotation")
ANY = "any"


@dataclass(frozen=True)
class StepScore:
    """The figures after a step, 0..1, None where there is nothing to judge. `step` None: the model's answer alone.
    `changed`: the share of all pixels that the step gave another class."""

    step: StepInfo | None
    miou: float | None
    pq: float | None
    changed: float = 0.0


@dataclass(frozen=True)
class StepsJudged:
    """What the steps did: `scores` in their order, over `pictures` pictures. `leading`: "pq" for a model that tells
    objects apart, else "miou". `failed`: (path, reason) of pictures that are in no figure."""

    model: str
    scores: tuple[StepScore, ...]
    pictures: int
    against: str
    leading: str
    failed: tuple[tuple[str, SegDeskError], ...] = ()


def gains(judged: StepsJudged, figure: str) -> list[float | None]:
    """What each step added to a figure, "miou" or "pq"; None for the first row and where there is nothing to judge."""
    found: list[float | None] = [getattr(score, figure) for score in judged.scores]
    return [None, *(None if a is None or b is None else b - a for a, b in pairwise(found))]


class Judging:
    """Part of a session."""

    def __init__(
        self, desk: Desk, workers: Workers, plan_maker: Callable[[RunOptions | None], Callable[[], RunPlan]]
    ) -> None:
        self._desk, self._workers, self._plan_maker = desk, workers, plan_maker

    def steps(
        self, *, against: str = "reference", among: Collection[int] | None = None, limit: int | None = None
    ) -> int:
        """Judge each step of the options that are set, on all pictures with labels in the layer `against`
        ("annotation": of those that are verified; "any": the reference where there is one, else these), or on those of
        the ids `among`, at most `limit`. Nothing is stored.
        Done value: `StepsJudged`; Failed if there is nothing to compare with."""
        opened, make_plan = self._desk.opened(), self._plan_maker(None)

        def run(ctx: Context) -> Generator[None, None, StepsJudged]:
            plan = make_plan()
            self._desk.saver.flush(ctx.cancelled)
            for layer in AGAINST if against == ANY else (against,):
                ids = _judged_on(opened, layer, among)[:limit]
                if ids:
                    return (yield from _Steps(self._desk, opened, plan, layer).steps(ids, ctx))
            raise SegDeskError(
                "There is nothing to compare the refinements with: no picture has labels that are known to be right.",
                "Import reference labels, or verify pictures and compare with these.",
            )

        return self._workers.submit("engine", N_("Judging the refinements"), run, lane="batch")


def _judged_on(opened: OpenProject, against: str, among: Collection[int] | None) -> list[int]:
    """The pictures that can be judged."""
    if against not in AGAINST:
        raise SegDeskError("Steps are judged against {known}.", "Choose one of them.", known=" or ".join(AGAINST))
    labelled = opened.project.labelled(against)
    rows = [r for r in opened.roster.rows if r.id in labelled and (among is None or r.id in among)]
    if against == "annotation":
        rows = [r for r in rows if r.state == "verified"]
    return [r.id for r in rows]


class _Steps:
    """One judging of all steps; an `Evaluation` each."""

    def __init__(self, desk: Desk, opened: OpenProject, plan: RunPlan, against: str) -> None:
        self._desk, self._opened, self._against = desk, opened, against
        self._todo = prefixes(plan.options, plan.card)
        self._plans = [replace(plan, options=replace(options, flip=False)) for _, options in self._todo]
        self._evaluations: list[Evaluation] = []
        self._changed = np.zeros(len(self._todo))
        self._pixels = 0
        self._failed: list[tuple[str, SegDeskError]] = []

    def steps(self, ids: list[int], ctx: Context) -> Generator[None, None, StepsJudged]:
        """Judge picture by picture; yields after each. One that cannot be read or run is noted."""
        ctx.progress(0, len(ids))
        for done, picture_id in enumerate(ids, start=1):
            row = self._opened.roster.row(picture_id)
            name = row.path if row else str(picture_id)
            try:
                self._add(picture_id, name, ctx)
            except SegDeskError as error:
                self._failed.append((name, error.with_traceback(None)))
            ctx.progress(done, len(ids), name)
            yield
        if not self._evaluations and self._failed:
            raise self._failed[0][1]
        return self._result()

    def _add(self, picture_id: int, name: str, ctx: Context) -> None:
        reference = self._opened.project.load_map(picture_id, self._against)
        pixels = self._desk.prefetch.get(self._opened.path_of(picture_id))
        if reference is None or reference.size != pixels.shape[:2]:
            raise SegDeskError("The labels of {name} have another size than the picture.", name=name)
        before: np.ndarray | None = None
        for n, plan in enumerate(self._plans):
            found = self._labels(plan, picture_id, pixels, n, ctx)
            if not self._evaluations:  # now the model's classes are the project's
                classes, layers = self._opened.book.classes, ("prediction", self._against)
                self._evaluations = [
                    Evaluation(classes, layer=layers[0], against=layers[1], worst=0) for _ in self._plans
                ]
            self._evaluations[n].add(EvalItem(name, found, reference))
            class_map = found.class_map()
            self._changed[n] += 0 if before is None else np.count_nonzero(class_map != before)
            before = class_map
        self._pixels += reference.ids.size

    def _labels(self, plan: RunPlan, picture_id: int, pixels: np.ndarray, number: int, ctx: Context) -> Segmentation:
        """The answer with the first `number` steps, in the project's classes; only the first needs a forward pass."""
        key = picture_key(self._opened, picture_id)
        reply = self._desk.engine.answer(plan.request(key, None if number else pixels), ctx.cancelled)
        if not isinstance(reply, Answer):
            reply = self._desk.engine.answer(plan.request(key, pixels), ctx.cancelled)
        if not isinstance(reply, Answer):
            raise Cancelled
        return translate(self._opened, picture_id, plan, reply).segmentation.unpacked()

    def _result(self) -> StepsJudged:
        scores = []
        for (step, _), evaluation, changed in zip(self._todo, self._evaluations, self._changed, strict=True):
            figures = evaluation.report().headline
            scores.append(StepScore(step, figures["miou"], figures["pq"], float(changed) / max(1, self._pixels)))
        judged = len(self._evaluations[0].report().pictures) if self._evaluations else 0
        plan = self._plans[0]
        leading = "miou" if plan.card.task == "semantic" else "pq"
        return StepsJudged(plan.card.name.en, tuple(scores), judged, self._against, leading, tuple(self._failed))
