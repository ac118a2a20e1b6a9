"""`segdesk add`: a model from a file that a person has."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from segdesk.app.adding import Choice, card_of, card_table, first_choice
from segdesk.app.session import Session
from segdesk.cli_output import Output
from segdesk.domain.card import InputSpec
from segdesk.engines.messages import Inspected

Do = Callable[[Session, int], Any]  # waits for a job


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What `segdesk add` takes."""
    help_ = "a checkpoint (.pth .pt .ckpt .pkl .safetensors), an .onnx or TorchScript file, or a Hugging Face folder"
    command.add_argument("file", metavar="FILE", help=help_)
    command.add_argument("--name", help="what the model is to be called (default: the file's name)")
    command.add_argument("--arch", default="", help="only this architecture, TYPE or TYPE/VARIANT")
    help_ = "a class list (such as voc21) or names separated by commas (default: what the file tells)"
    command.add_argument("--classes", help=help_)
    command.add_argument("--output-stride", type=int, choices=(8, 16, 32), help="of a dilated encoder")
    command.add_argument("--align-corners", action="store_true", help="scores lie on the picture's corners")
    for name in ("mean", "std"):
        help_ = f"the {name} of pictures on 0..255, three numbers"
        command.add_argument(f"--{name}", type=float, nargs=3, metavar="N", help=help_)
    command.add_argument("--bgr", action="store_true", help="the model takes blue first, as caffe's do")
    command.add_argument("--fit", help='"native", "short:N", "long:N" or "slide:SIZE/STRIDE"')
    command.add_argument("--link", action="store_true", help="link to the weights where they are, do not copy them")
    command.add_argument("--yes", action="store_true", help="ask nothing; a TorchScript program may be run")


def add(session: Session, arguments: argparse.Namespace, output: Output, do: Do) -> int:
    """Run the command; returns the exit code."""
    path = Path(arguments.file)
    found: Inspected = do(session, session.adding.inspect(path, run_program=arguments.yes, arch=arguments.arch))
    if found.needs_consent:
        if not _agrees("It is a TorchScript program, whose weights fit no known architecture. Run it?"):
            card_table(found, first_choice(found), "x", "x")  # raises what there is to say
        found = do(session, session.adding.inspect(path, run_program=True, arch=arguments.arch))
    choice = _choice(found, arguments)
    _tell(found, choice, output)
    if not arguments.yes and sys.stdin.isatty() and not _agrees("Add it?"):
        return 2
    card_id = do(session, session.adding.save(found, choice))
    output.line(f"added: {card_id}")
    return 0


def _agrees(question: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"{question} [y/N] ").strip().casefold() in ("y", "yes")


def _choice(found: Inspected, arguments: argparse.Namespace) -> Choice:
    first = first_choice(found)
    spec = first.input
    spec = replace(
        spec,
        mean=tuple(arguments.mean or spec.mean),
        std=tuple(arguments.std or spec.std),
        order="bgr" if arguments.bgr else spec.order,
        fit=arguments.fit or spec.fit,
    )
    return replace(
        first,
        name=arguments.name or first.name,
        classes=first.classes if arguments.classes is None else arguments.classes,
        stride=arguments.output_stride or first.stride,
        align_corners=arguments.align_corners or first.align_corners,
        input=spec,
        copy=not arguments.link,
    )


def _tell(found: Inspected, choice: Choice, output: Output) -> None:
    net = found.candidates[choice.candidate]
    card = card_of(card_table(found, choice, "x", "x"))
    told = {True: "as the file says", False: "assumed"}
    names = ", ".join(info.name for info in card.classes)
    variant = f" ({net.type}/{net.variant})" if net.variant else ""
    output.line(f"network: {net.title}{variant}, {found.parameters / 1e6:.1f} million parameters")
    output.line(f"classes: {found.num_classes} ({choice.classes or told['classes' in found.told]}): {names[:200]}")
    spec: InputSpec = choice.input
    numbers = " ".join(f"{n:g}" for n in (*spec.mean, *spec.std))
    output.line(f"input: {spec.order}, mean and std {numbers}, {spec.fit} ({told['input' in found.told]})")
    if net.strides:
        stride = choice.stride or net.strides[0]
        output.line(f"output stride: {stride} ({told['stride' in found.told]}); others: {_others(net.strides, stride)}")
    for note in found.notes:
        output.note(note)


def _others(strides: tuple[int, ...], chosen: int) -> str:
    return ", ".join(str(s) for s in strides if s != chosen)
