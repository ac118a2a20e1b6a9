"""The stack of refinements as rows over `RunOptions`: which are on, with which values, where one makes no sense. The
CRF, the confidence cut and the minimum area are rows like the others, wherever their values are kept. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

from segdesk.domain.card import ModelCard
from segdesk.domain.decide import DecideOptions
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.stack import CONFIDENCE, CRF, MIN_AREA, Stack, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.messages import crf_available
from segdesk.engines.steps import found, order

NO_MODEL = N_("Choose a model first.")
NOT_INSTALLED = N_("Needs the package numba.")
FOLLOWS_EDGES = N_("Regions follow the edges of the picture already.")
NO_SCORES = N_("This model answers with objects, not with class probabilities.")
NOT_HERE = N_("Makes no sense for this kind of model.")


def rows() -> tuple[StepInfo, ...]:
    """All steps in their order."""
    return order()


def broken() -> tuple[SegDeskError, ...]:
    """Why files of steps cannot be used."""
    return found()[1]


def reason(info: StepInfo, card: ModelCard | None) -> str:
    """Why a step does nothing for a model, as an English text marked by `N_`; "" where it works."""
    if card is None:
        return NO_MODEL
    if info is CRF and not crf_available():
        return NOT_INSTALLED
    if info.part in ("scores", "crf") and card.net.type == "regions":
        return FOLLOWS_EDGES
    if card.task not in info.tasks:
        return NO_SCORES if info.part == "scores" else NOT_HERE
    return ""


def confidence_field(task: str) -> str:
    """The field of `DecideOptions` that the confidence cut sets: of pixels, or of objects."""
    return "pixel_confidence" if task == "semantic" else "confidence"


def values(options: RunOptions, info: StepInfo, task: str) -> Mapping[str, float] | None:
    """The values of a step, None where it is off. Of the CRF, whose values are `options.crf`, none are told."""
    if info is CRF:
        return None if options.crf is None else {}
    if info is CONFIDENCE:
        least = float(getattr(options.decide, confidence_field(task)))
        return {"least": least} if least > 0 else None
    if info is MIN_AREA:
        return {"pixels": options.decide.min_area} if options.decide.min_area > 0 else None
    return options.stack.values(info.id)


def changed(
    options: RunOptions, info: StepInfo, task: str, new: Mapping[str, float] | None, *, crf: CrfOptions | None = None
) -> RunOptions:
    """The options with other values for a step; None switches it off. `crf`: what the CRF is switched on with."""
    if info is CRF:
        return replace(options, crf=None if new is None else crf or CrfOptions())
    decide = options.decide
    if info is CONFIDENCE:
        least = 0.0 if new is None else new["least"]
        return replace(options, decide=replace(decide, **{confidence_field(task): least}))  # type: ignore[arg-type]
    if info is MIN_AREA:
        return replace(options, decide=replace(decide, min_area=0 if new is None else round(new["pixels"])))
    return replace(options, stack=options.stack.changed(info.id, new))


def usual(card: ModelCard | None) -> RunOptions:
    """What the stack is where nobody has touched it: the decision of the model's card and nothing else."""
    return RunOptions(DecideOptions() if card is None else card.decide)


def reset(options: RunOptions, card: ModelCard | None) -> RunOptions:
    """The options with the stack as usual."""
    plain, task = usual(card), "" if card is None else card.task
    options = replace(options, crf=None, stack=Stack())
    for info in (CONFIDENCE, MIN_AREA):
        options = changed(options, info, task, values(plain, info, task))
    return options


def prefixes(options: RunOptions, card: ModelCard) -> list[tuple[StepInfo | None, RunOptions]]:
    """The options without any step, and then with one more each in their order, as far as they are on and do something.

    The score from which an object counts is no step of these: without it a model of objects has no answer to judge.
    """
    steps = [info for info in rows() if not (info is CONFIDENCE and card.task != "semantic")]
    plain = options
    for info in steps:
        plain = changed(plain, info, card.task, None)
    result: list[tuple[StepInfo | None, RunOptions]] = [(None, plain)]
    for info in steps:
        on = values(options, info, card.task)
        if on is not None and not reason(info, card):
            plain = changed(plain, info, card.task, on, crf=options.crf)
            result.append((info, plain))
    return result


def stored(record: Mapping[str, object]) -> RunOptions:
    """The decision, the CRF and the stack that a run was made with, from what the project keeps of it
    (`RunPlan.record`). What is missing, because the run is older, is as it was then: off."""
    decide, crf = record.get("decide"), record.get("crf")
    known = set(DecideOptions.__dataclass_fields__)
    return RunOptions(
        DecideOptions(**{k: v for k, v in decide.items() if k in known})
        if isinstance(decide, Mapping)
        else DecideOptions(),
        _crf(crf) if isinstance(crf, Mapping) else None,
        flip=bool(record.get("flip")),
        stack=Stack.from_record(record.get("stack")),
    )


def _crf(record: Mapping[str, object]) -> CrfOptions:
    known = set(CrfOptions.__dataclass_fields__)
    return CrfOptions(**{k: v for k, v in record.items() if k in known})  # type: ignore[arg-type]


def effective(stack: Stack, card: ModelCard) -> Stack:
    """The stack without steps that do nothing with a model: what is to be stored of it."""
    idle = {info.id for info in rows() if reason(info, card)}
    return Stack(tuple(each for each in stack.steps if each[0] not in idle))


def described(options: RunOptions, task: str) -> list[str]:
    """The steps that are on, each an English line with its values, for a terminal and a report."""
    lines = []
    for info in rows():
        on = values(options, info, task)
        if on is None:
            continue
        shown: Mapping[str, object] = on if info is not CRF else _told(options.crf)
        figures = ", ".join(f"{k} {v:g}" if isinstance(v, (int, float)) else f"{k} {v}" for k, v in shown.items())
        lines.append(f"{info.title} ({figures})" if figures else info.title)
    return lines


def _told(crf: CrfOptions | None) -> Mapping[str, object]:
    return {k: v for k, v in asdict(crf or CrfOptions()).items() if v != ()}
