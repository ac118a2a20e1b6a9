"""Looks into a file that a person wants to add as a model: which net fits its weights, which classes it names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.text import N_
from segdesk.engines import containers, foreign, transformers_folder, usual
from segdesk.engines.messages import Candidate, Inspected, InspectRequest
from segdesk.engines.metadata import Metadata, metadata
from segdesk.engines.recognise import recognise
from segdesk.engines.safeload import Checkpoint, read_checkpoint
from segdesk.engines.transformers_model import KINDS

PROBES = (foreign.PROBE, 224, 256, 320, 384, 512, 640, 1024)  # sides that programs of a fixed input are tried with

NOTE_OTHER_CLASSES = N_("The file names another number of classes than its weights have: its names were left out.")
NOTE_PROGRAM = N_("No architecture fits the weights: the program in the file is used.")

log = logging.getLogger("segdesk.engine")


def inspect(request: InspectRequest, cancelled: Callable[[], bool] = lambda: False) -> Inspected:
    """What the file or folder holds. Nothing in it is run, except a program that the person allowed.

    Raises `SegDeskError` where it cannot be read or no architecture fits, `Cancelled`.
    """
    path = Path(request.path)
    if path.suffix.casefold() == ".onnx":
        return _onnx(path)
    if path.is_dir() and (onnx := _only_onnx(path)) is not None:
        return replace(_onnx(onnx), path=request.path)
    if path.is_dir() and (folder := transformers_folder.inspected(path)) is not None:
        return folder
    checkpoint = _read(path)
    if cancelled():
        raise Cancelled
    try:
        return _weights(request, path, checkpoint)
    except SegDeskError as error:
        if checkpoint.content.kind == "torchscript" and not request.arch:
            log.info("%s", error)
            return _program(request, path, checkpoint)
        raise _of_library(checkpoint, path) or error from None


def _only_onnx(folder: Path) -> Path | None:
    """The ONNX file of a folder that has no other weights."""
    try:
        containers.weights_file(folder)
    except FileNotFoundError:
        found = sorted(folder.glob("*.onnx"))
        return found[0] if len(found) == 1 else None
    return None


def _read(path: Path) -> Checkpoint:
    if foreign.is_exported(path):
        raise SegDeskError(
            "The file {file} is a torch.export program, which SegDesk does not run.",
            "Export the model as ONNX instead (torch.onnx.export).",
            file=path.name,
        )
    return read_checkpoint(path)


def _weights(request: InspectRequest, path: Path, checkpoint: Checkpoint) -> Inspected:
    match = recognise(checkpoint.state, arch=request.arch, file=path.name)
    about = metadata(checkpoint.content, path)
    file = containers.weights_file(path) if path.is_dir() else path
    net_type = match.candidates[0].type
    result = Inspected(
        path=request.path,
        kind="weights",
        file=str(file),
        candidates=match.candidates,
        num_classes=match.num_classes,
        task=match.task,
        stride=about.stride,
        align_corners=bool(about.align_corners),
        parameters=match.parameters,
        bytes=file.stat().st_size,
        told=_told(about),
        background=usual.has_background(net_type),
        decide=usual.usual_decide(net_type),
    )
    spec = usual.usual_input(net_type, match.task)
    if about.input is not None:
        spec = usual.told_input(about.input, net_type, match.task)
    return _with_classes(replace(result, input=spec), about)


def _told(about: Metadata) -> frozenset[str]:
    facts = {"input": about.input, "stride": about.stride or None, "align_corners": about.align_corners}
    return frozenset(key for key, value in facts.items() if value is not None)


def _with_classes(result: Inspected, about: Metadata) -> Inspected:
    """Names and colours, if there are as many as the weights have classes."""
    if not about.names:
        return result
    names, shades = about.names, about.colors
    if result.background and len(names) == result.num_classes - 1:
        names, shades = ("background", *names), ((0, 0, 0), *shades)
    if len(names) != result.num_classes:
        return replace(result, notes=(*result.notes, NOTE_OTHER_CLASSES))
    shades = shades if len(shades) == len(names) else ()
    return replace(result, names=names, colors=shades, told=result.told | {"classes"})


def _onnx(path: Path) -> Inspected:
    try:
        net = foreign.OnnxNet(path, {})
        channels, probabilities = foreign.probe(net)
    except (ValueError, RuntimeError, IndexError) as error:
        raise foreign.unreadable(path, str(error).strip().split("\n")[0]) from error
    except Exception as error:  # onnxruntime's errors have no common class but Exception
        if isinstance(error, SegDeskError):
            raise
        raise foreign.unreadable(path, str(error).strip().split("\n")[0]) from error
    options: dict[str, object] = {"probabilities": True} if probabilities else {}
    result = _program_of(path, "onnx", "ONNX", options, channels)
    return _with_classes(result, Metadata(names=foreign.onnx_names(net)))


def _program(request: InspectRequest, path: Path, checkpoint: Checkpoint) -> Inspected:
    """A TorchScript program: only looked at before the person has agreed, then run once on noise."""
    about = metadata(checkpoint.content)
    foreign.check_script(path)
    if not request.run_program:
        result = _program_of(path, "torchscript", "TorchScript", {}, 1)
        return replace(result, candidates=(), num_classes=0, needs_consent=True)
    options, channels = _tried(path)
    result = _program_of(path, "torchscript", "TorchScript", options, channels)
    count = sum(value.numel() for value in checkpoint.state.values())
    return _with_classes(replace(result, parameters=count, notes=(NOTE_PROGRAM,)), about)


def _tried(path: Path) -> tuple[dict[str, object], int]:
    """The options that the program answers with, and its channels. Raises `SegDeskError`."""
    problem: Exception | None = None
    for side in PROBES:
        options: dict[str, object] = {} if side == foreign.PROBE else {"size": [side, side]}
        try:
            net = foreign.ScriptNet(path, options, torch.device("cpu"))
            channels, probabilities = foreign.probe(net)
        except (RuntimeError, ValueError, IndexError) as error:
            problem = problem or error
            continue
        return {**options, **({"probabilities": True} if probabilities else {})}, channels
    raise foreign.unreadable(path, foreign.first_line(problem or ValueError("it does not answer")))


def _program_of(path: Path, kind: str, title: str, options: dict[str, object], channels: int) -> Inspected:
    return Inspected(
        path=str(path),
        kind=kind,
        file=str(path),
        candidates=(Candidate(kind, "", title, options, aligns=True),),
        num_classes=channels,
        bytes=path.stat().st_size,
    )


def _of_library(checkpoint: Checkpoint, path: Path) -> SegDeskError | None:
    """What to say of a folder of a library whose nets are not ours."""
    config = checkpoint.content.config
    names = config.get("architectures")
    if config.get("_model_class"):  # segmentation_models_pytorch
        return SegDeskError(
            "{folder} holds {net} with the encoder {encoder} of segmentation_models_pytorch, which is no known"
            " architecture.",
            "Export the model as ONNX: that runs without a known architecture.",
            folder=path.name,
            net=config["_model_class"],
            encoder=config.get("encoder_name", "?"),
        )
    if isinstance(names, list) and names:
        return SegDeskError(
            "{folder} holds {net} of the transformers library, which is not among those that run here.",
            "Known are: {known}. Any other may be exported as ONNX.",
            folder=path.name,
            net=names[0],
            known=", ".join(KINDS),
        )
    return None
