"""Refinements on the command line: the dense CRF and the stack of `segdesk run`, and `segdesk steps`, which judges
what each of them changes."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from segdesk.app.judging import AGAINST, StepsJudged, gains
from segdesk.app.refinements import changed, confidence_field, reason, rows, values
from segdesk.app.session import Session
from segdesk.cli_output import Output, table
from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CRF_PRESETS, CrfOptions, RunOptions
from segdesk.domain.stack import CONFIDENCE, OWN_FIELDS, StepInfo

STEPS_HELP = "judge what each refinement changes, against reference labels; nothing is stored"
PRESETS = dict(zip(("segdesk", "deeplab-vgg16", "deeplab-resnet101", "strong"), CRF_PRESETS.values(), strict=True))
CRF_NUMBERS = {
    "w1": (float, "W", "weight of the appearance kernel"),
    "sigma_alpha": (float, "PX", "its reach, in pixels"),
    "sigma_beta": (float, "C", "how alike colours must be, of 255"),
    "w2": (float, "W", "weight of the smoothness kernel"),
    "sigma_gamma": (float, "PX", "its reach, in pixels"),
    "iterations": (int, "N", "rounds of mean field"),
}
Step = tuple[StepInfo, dict[str, float]]


def refinement_arguments(command: argparse.ArgumentParser) -> None:
    """The dense CRF and the stack of refinements. Each option of the CRF switches it on."""
    group = command.add_argument_group("dense CRF")
    group.add_argument("--crf", action="store_true", help="move borders to the edges of the picture")
    text = "exact, or fast: several times faster, almost the same answer (default: exact)"
    group.add_argument("--crf-quality", choices=("exact", "fast"), help=text)
    group.add_argument("--crf-preset", choices=tuple(PRESETS), help="published settings to begin with")
    usual = CrfOptions()
    for field, (kind, unit, text) in CRF_NUMBERS.items():
        shown = f"{text} (default: {getattr(usual, field):g})"
        group.add_argument(f"--crf-{field.replace('_', '-')}", metavar=unit, type=_positive(kind), help=shown)
    text = "leave this class as the model answers; may be given several times"
    group.add_argument("--crf-off", metavar="CLASS", action="append", help=text)
    group = command.add_argument_group("other refinements")
    text = "switch a step on, such as open or open:radius=3; may be given several times; see below"
    group.add_argument("--step", metavar="NAME[:VALUE=N,...]", type=_step, action="append", help=text)
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.epilog = _steps_text()


def _stack_rows() -> list[StepInfo]:
    """The steps that are named by `--step`."""
    return [info for info in rows() if info not in OWN_FIELDS]


def _steps_text() -> str:
    """The steps and their values, for the help."""
    lines = ["steps, in the order in which they run, whatever order they are named in:"]
    for info in rows():
        option = {"crf": "--crf", "confidence": "--confidence", "min_area": "--min-area"}.get(info.id, info.id)
        lines.append(f"  {option:14} {info.tip}")
        for param in info.params if info.part in ("scores", "labels") else ():
            unit = f" {param.unit}" if param.unit else ""
            limits = f"{param.low:g} to {param.high:g}{unit}, default {param.default:g}"
            lines.append(f"  {'':14}   {param.id}: {param.tip} ({limits})")
    return "\n".join(lines)


def _step(text: str) -> Step:
    """A step and its values from NAME or NAME:VALUE=N,..."""
    name, _, values = text.partition(":")
    info = next((i for i in _stack_rows() if i.id == name.strip().replace("-", "_")), None)
    if info is None:
        raise argparse.ArgumentTypeError(f"there is no step {name}; there are {', '.join(i.id for i in _stack_rows())}")
    params = {p.id: p for p in info.params}
    given = {}
    for part in filter(None, values.split(",")):
        key, _, number = part.partition("=")
        param = params.get(key.strip())
        if param is None:
            raise argparse.ArgumentTypeError(f"the step {info.id} has no value {key}; it has {', '.join(params)}")
        try:
            value = float(number)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{part} is not a value and a number") from error
        if not param.low <= value <= param.high:
            raise argparse.ArgumentTypeError(f"{param.id} must lie between {param.low:g} and {param.high:g}")
        given[param.id] = value
    return info, info.values(given)


def _positive(kind: type[int] | type[float]) -> Callable[[str], float]:
    def number(text: str) -> float:
        value = kind(text)
        if not value >= 0:
            raise argparse.ArgumentTypeError(f"{text} is not a positive number")
        return value

    return number


def refined(options: RunOptions, card: ModelCard, arguments: argparse.Namespace) -> RunOptions:
    """The options with what the arguments say of the decision, the CRF and the stack. Raises `SegDeskError` for a step
    that does nothing for this model, and for an unknown class."""
    decide = options.decide
    for field in ("confidence", "min_area", "overlap", "stuff_area"):
        if (value := getattr(arguments, field)) is not None:
            own = confidence_field(card.task) if field == "confidence" else field
            decide = replace(decide, **{own: value})
    options = replace(options, decide=decide, crf=_crf(card, arguments))
    for info, given in arguments.step or ():
        options = changed(options, info, card.task, given)
        if why := reason(info, card):
            raise SegDeskError(
                "The step {step} cannot be used with {model}: {why}", step=info.id, model=card.name.en, why=why
            )
    return options


def _crf(card: ModelCard, arguments: argparse.Namespace) -> CrfOptions | None:
    """The CRF as the arguments want it, None where they say nothing of it."""
    given = {field: value for field in CRF_NUMBERS if (value := getattr(arguments, f"crf_{field}")) is not None}
    if arguments.crf_quality is not None:
        given["quality"] = arguments.crf_quality
    if arguments.crf_off:
        given["off"] = tuple(_class_id(card, name) for name in arguments.crf_off)
    if not (arguments.crf or arguments.crf_preset or given):
        return None
    return replace(PRESETS[arguments.crf_preset or "segdesk"], **given)


def _class_id(card: ModelCard, name: str) -> int:
    for info in card.classes:
        if info.name.casefold() == name.strip().casefold():
            return info.id
    raise SegDeskError(
        "The model {model} has no class called {name}.",
        "Its classes are: {known}.",
        model=card.name.en,
        name=name,
        known=", ".join(info.name for info in card.classes),
    )


def steps_arguments(command: argparse.ArgumentParser) -> None:
    """Of `segdesk steps`, beside those that it shares with `run`."""
    text = "labels that are known to be right; annotation: of verified pictures (default: %(default)s)"
    command.add_argument("--against", choices=AGAINST, default="reference", help=text)


def judge(
    session: Session, arguments: argparse.Namespace, output: Output, do: Callable[[Session, int], Any]
) -> StepsJudged:
    """Judge the refinements that the arguments name on an open project, and print a line for each."""
    card = session.card(session.model_id)
    if card is None or not any(values(session.options, info, card.task) is not None for info in _judged(card)):
        raise SegDeskError("No refinement is named.", "Name some, for instance: --crf --step open --step fill_holes")
    found: StepsJudged = do(session, session.judging.steps(against=arguments.against, limit=arguments.limit))
    lines = [["step", "mIoU", "", "PQ", "", "changed"]]
    added = [gains(found, figure) for figure in ("miou", "pq")]
    for n, score in enumerate(found.scores):
        name = found.model if score.step is None else f"+ {score.step.title}"
        figures = [_percent(score.miou), _change(added[0][n]), _percent(score.pq), _change(added[1][n])]
        lines.append([name, *figures, "" if score.step is None else f"{score.changed * 100:.2f} %"])
    for line in table(lines):
        output.line(line)
    output.line(f"{found.pictures} pictures, against {found.against}")
    for name, error in found.failed:
        output.note(f"left out: {name}: {error.text()}")
    return found


def _judged(card: ModelCard) -> list[StepInfo]:
    """The steps that can be judged: of a model of objects not the cut, without which it has no answer."""
    return [info for info in rows() if info is not CONFIDENCE or card.task == "semantic"]


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value * 100:.2f}"


def _change(value: float | None) -> str:
    return "" if value is None else f"{value * 100:+.2f}"
