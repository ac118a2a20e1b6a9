"""The whole stack on a model's answer: refinements of the scores, the CRF, the decision, refinements of the labels, in
their fixed order. What an earlier step gave is kept, so that switching a later one does not do it again."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter

import numpy as np

from segdesk.domain.classes import MAX_ID
from segdesk.domain.decide import decide
from segdesk.domain.errors import Cancelled
from segdesk.domain.options import RunOptions
from segdesk.domain.prediction import Prediction
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.stack import CRF, Stack, StepInfo
from segdesk.domain.text import N_
from segdesk.engines import crf, steps
from segdesk.engines.crf import Kept
from segdesk.engines.refine import refined, whole
from segdesk.engines.steps.base import Where

NOTE_REGIONS = N_("Regions follow the edges of the picture already: the CRF was left out.")
NOTE_UNKNOWN = N_("A refinement of these options is not installed: it was left out.")
KEEP_VALUES = 1 << 28  # classes x pixels of scores up to which what each step gave is kept
KEEP_MAPS = 1 << 25  # pixels of a map up to which what each step gave is kept

Cancel = Callable[[], bool]
Key = tuple[object, ...]
Notes = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Stacked:
    """What comes of the stack: the prediction after the scores' steps, the labels, what is to be told, and the seconds
    that were spent by step (a step whose result was kept has none)."""

    prediction: Prediction
    segmentation: Segmentation
    notes: Notes = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Decided:
    """A decision and what was decided."""

    prediction: Prediction
    segmentation: Segmentation


class Stages:
    """The last result of each step on one prediction, and the CRF's kernels. Several threads may use it: a result is
    replaced as a whole, and used only for what it was computed from."""

    def __init__(self) -> None:
        self.lattices = Kept()
        self._results: dict[str, tuple[Key, object, Notes]] = {}

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        results = [value for _, value, _ in tuple(self._results.values())]
        found = [v.segmentation if isinstance(v, _Decided) else v for v in results]
        maps = {id(v.ids): v.ids.nbytes for v in found if isinstance(v, Segmentation)}
        scores = sum(v.nbytes for v in results if isinstance(v, Prediction))
        return self.lattices.nbytes + sum(maps.values()) + scores

    def find(self, step: str, key: Key) -> tuple[object, Notes] | None:
        """What the step gave for the same input and values."""
        known = self._results.get(step)
        return known[1:] if known is not None and known[0] == key else None

    def keep(self, step: str, key: Key, value: object, notes: Notes) -> None:
        """Remember what a step gave."""
        self._results[step] = (key, value, notes)


@dataclass
class _Run:
    """One pass through the stack."""

    stages: Stages
    cancelled: Cancel
    key: Key = ()
    notes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)

    def through(self, step: str, values: object, compute: Callable[[], tuple[object, Notes]], *, keep: bool) -> object:
        """The result of one step, kept or computed."""
        self.key = (*self.key, (step, values))
        found = self.stages.find(step, self.key)
        if found is None:
            if self.cancelled():
                raise Cancelled
            start = perf_counter()
            found = compute()
            self.seconds[step] = perf_counter() - start
            if keep:
                self.stages.keep(step, self.key, *found)
        self.notes.extend(found[1])
        return found[0]


def stacked(
    prediction: Prediction,
    image: np.ndarray,
    options: RunOptions,
    cancelled: Cancel = lambda: False,
    *,
    kept: Stages | None = None,
    regions: bool = False,
) -> Stacked:
    """Decide a prediction with all refinements that are on. `image` (H, W, 3) uint8 RGB of the prediction's size.

    `kept`: what an earlier run on the same prediction left; used and renewed. `regions`: the prediction follows edges
    already, so the CRF is left out. Raises `Cancelled` between steps (the CRF and guided upsampling stop within), and
    `SegDeskError` as the CRF does.
    """
    run = _Run(kept or Stages(), cancelled)
    after = _scores(run, prediction, image, options, regions=regions)
    more = bool(options.stack)  # else the map would only cost memory
    decided = run.through("decide", options.decide, lambda: (_decided(prediction, after, options), ()), keep=more)
    assert isinstance(decided, _Decided)
    found = _labels(run, decided.segmentation, decided.prediction, options.stack)
    known = {info.id for info in steps.order()}
    if any(step not in known for step, _ in options.stack.steps):
        run.notes.append(NOTE_UNKNOWN)
    return Stacked(decided.prediction, found, tuple(run.notes), run.seconds)


def _decided(before: Prediction, after: Prediction, options: RunOptions) -> _Decided:
    after = whole(before, after, options.decide)
    return _Decided(after, decide(after, options.decide))


def _scores(run: _Run, prediction: Prediction, image: np.ndarray, options: RunOptions, *, regions: bool) -> Prediction:
    """The steps before the decision."""
    source: object = prediction
    todo: list[tuple[StepInfo, object, Callable[[Prediction], tuple[object, Notes]]]] = []
    for module in steps.found()[0]:
        info, values = module.INFO, _values(options.stack, module.INFO, prediction.task)
        if info.part == "scores" and values is not None:
            todo.append((info, _hashable(values), _score_step(module.apply, image, values, run.cancelled)))
    if options.crf is not None and regions:
        run.notes.append(NOTE_REGIONS)
    elif options.crf is not None:
        chosen, least = options.crf, least_score(options.decide.confidence)
        values = (chosen, least if prediction.instances else None)
        todo.append(
            (
                CRF,
                values,
                lambda p: refined(p, image, chosen, run.cancelled, run.stages.lattices, least=least),
            )
        )
    small = len(prediction.score_ids) * prediction.size[0] * prediction.size[1] <= KEEP_VALUES
    for number, (info, values, compute) in enumerate(sorted(todo, key=lambda each: each[0].order), start=1):
        assert isinstance(source, Prediction)
        keep = small or number == len(todo)  # of large ones, which take gigabytes, the last alone
        source = run.through(info.id, values, lambda c=compute, s=source: c(s), keep=keep)
    assert isinstance(source, Prediction)
    return source


def _score_step(
    apply: Callable[..., tuple[Prediction, Notes]], image: np.ndarray, values: Mapping[str, float], cancelled: Cancel
) -> Callable[[Prediction], tuple[object, Notes]]:
    return lambda prediction: apply(prediction, image, values, cancelled)


def _labels(run: _Run, found: Segmentation, prediction: Prediction, stack: Stack) -> Segmentation:
    """The steps after the decision."""
    for module in steps.found()[0]:
        info, values = module.INFO, _values(stack, module.INFO, prediction.task)
        if info.part == "labels" and values is not None:
            source, keep = found, found.ids.size <= KEEP_MAPS
            where = Where(prediction.task, _things(source, prediction), run.cancelled)
            result = run.through(
                info.id,
                _hashable(values),
                lambda m=module, s=source, w=where, v=values: (_relabelled(s, m.apply(s.ids, w, v)), ()),
                keep=keep,
            )
            assert isinstance(result, Segmentation)
            found = result
    return found


def _values(stack: Stack, info: StepInfo, task: str) -> Mapping[str, float] | None:
    """The values of a step that is on and makes sense here; parameters that the stack does not name as usual."""
    given = stack.values(info.id)
    if given is None or task not in info.tasks:
        return None
    return {p.id: given.get(p.id, p.default) for p in info.params}


def _hashable(values: Mapping[str, float]) -> Key:
    return tuple(sorted(values.items()))


def _things(found: Segmentation, prediction: Prediction) -> np.ndarray:
    """(65536,) bool: the ids that are objects."""
    table = np.zeros(MAX_ID + 1, bool)
    if prediction.task == "instance":
        table[list(found.segments)] = True
    elif prediction.task == "panoptic":
        things = prediction.classes.things
        table[[key for key, segment in found.segments.items() if segment.class_id in things]] = True
    return table


def _relabelled(before: Segmentation, ids: np.ndarray) -> Segmentation:
    """The labels after a step; a segment that would be left without a pixel gets back those that it had."""
    if ids is before.ids:
        return before
    while True:
        after = Segmentation(ids, before.segments).pruned()
        gone = list(before.segments.keys() - after.segments.keys())
        if not gone:
            return after
        table = np.zeros(MAX_ID + 1, bool)
        table[gone] = True
        ids = np.where(table[before.ids], before.ids, ids)


def least_score(confidence: float) -> float:
    """The score from which an object counts for its neighbours in the CRF: at most one half, and low enough that every
    object that is shown does. In tenths, so that the CRF is not done again with each move of the slider."""
    return min(0.5, math.floor(confidence * 10) / 10)


def scaled(options: RunOptions, scale: float) -> RunOptions:
    """The options that do the same on a picture `scale` times as large."""
    infos = {info.id: info for info in steps.order()}
    stack = Stack()
    for step, _ in options.stack.steps:
        if step in infos:
            values = _values(options.stack, infos[step], infos[step].tasks[0])
            powers = {p.id: p.power for p in infos[step].params}
            stack = stack.changed(step, {k: v * scale ** powers[k] for k, v in (values or {}).items()})
    least, stuff = options.decide.min_area * scale**2, options.decide.stuff_area * scale**2
    return replace(
        options,
        stack=stack,
        crf=None if options.crf is None else crf.scaled(options.crf, scale),
        decide=replace(options.decide, min_area=round(least), stuff_area=round(stuff)),
    )
