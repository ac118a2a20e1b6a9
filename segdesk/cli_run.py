"""Options of `segdesk run` beyond the usual ones: several looks at a picture, words, what a model's classes become."""

from __future__ import annotations

import argparse

from segdesk.domain.options import Averaging


def looks_arguments(command: argparse.ArgumentParser) -> None:
    """Test-time augmentation and samples."""
    command.add_argument(
        "--scales",
        metavar="S,S,...",
        type=_scales,
        default=(1.0,),
        help="average the answers at these sizes of the picture, such as 0.75,1,1.25 (semantic models)",
    )
    command.add_argument("--mirror", action="store_true", help="average with the answer for the mirrored picture")
    text = "draw so many answers of a model that can (Probabilistic U-Net); where they differ is doubtful"
    command.add_argument("--samples", metavar="N", type=_samples, default=0, help=text)


def text_argument(command: argparse.ArgumentParser) -> None:
    """Words for a model that understands them."""
    text = "what to look for, for a model of words (clipseg): each phrase becomes a class"
    command.add_argument("--text", metavar="WORD, WORD...", help=text)


def model_id(arguments: argparse.Namespace) -> str:
    """The model that the arguments ask for, with its words."""
    return arguments.model if arguments.text is None else f"{arguments.model}:{arguments.text}"


def matching_arguments(command: argparse.ArgumentParser) -> None:
    """What the model's classes become."""
    command.add_argument(
        "--map",
        metavar="A=B",
        action="append",
        help="the model's class A becomes the project's class B; A= leaves it out; may be given several times, and is"
        " kept in the project",
    )
    command.add_argument("--ignore-rest", action="store_true", help="leave out all classes that no --map names")


def averaging(arguments: argparse.Namespace) -> Averaging:
    """The looks that the arguments ask for."""
    return Averaging(arguments.scales, arguments.mirror, arguments.samples)


def _scales(text: str) -> tuple[float, ...]:
    try:
        return Averaging(tuple(float(part) for part in text.split(","))).scales
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a list of sizes from 0.1 to 4") from error


def _samples(text: str) -> int:
    try:
        return Averaging(samples=int(text)).samples
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 0 to 64") from error
