"""Models that bring their own program: ONNX files, run by onnxruntime, and TorchScript, run by torch. Both answer with
logits (N, K, h, w); an input of a fixed size is resized to.

A TorchScript file is a program: it runs in torch's own interpreter, without Python, but torch has operations that
write and map files there, and call other machines. A program that names one of them, or a library beside torch, is
refused; any other may still ask for much memory and time. It is loaded in the engine process only, and only after a
person has agreed."""

from __future__ import annotations

import ast
import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.classes import plain_name
from segdesk.domain.errors import SegDeskError
from segdesk.engines.messages import onnx_available
from segdesk.offline import stay_offline

TYPES = ("onnx", "torchscript")
PROBE = 96  # pixels: the picture that a program is tried on
FLOATS = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}
# Operations on files and machines; `ops.` and `classes.` lead to libraries beside torch.
_FORBIDDEN = re.compile(
    r"\b(?:save|from_file|from_file_out|load_tensor|rpc_\w+)\b|\bgetattr\s*\(\s*(?:torch|ops)\b"
    r"|\bops\s*\.\s*(?!(?:aten|prim|torchvision|quantized)\b)\w+|\btorch\s*\.\s*classes\b"
)
_PLAIN_DATA = re.compile(r"(?:.*/)?(?:data|constants)/\d+|.*\.debug_pkl")
_MAX_PROGRAM = 64 << 20
_NAMES = ("classes", "names", "labels", "CLASSES")


class Foreign(nn.Module):
    """A program that answers with scores. `size`: (h, w) of its input where that is fixed, else None.

    What it answers with beside the scores is left out; an answer in probabilities is turned back into logits.
    """

    output = "scores"

    def __init__(self, size: tuple[int, int] | None, options: Mapping[str, object]) -> None:
        super().__init__()
        self.size = size
        self.which = options.get("output", 0)
        self.probabilities = bool(options.get("probabilities"))
        self.align_corners = bool(options.get("align_corners"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w), normalised, to logits (N, K, h', w'), each picture on its own."""
        if self.size is not None and tuple(x.shape[2:]) != self.size:
            x = F.interpolate(x, size=self.size, mode="bilinear", antialias=True)
        logits = torch.cat([self.answer(x[i : i + 1]) for i in range(len(x))])
        return torch.log(logits.clamp_min(1e-6)) if self.probabilities else logits

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """(1, 3, h, w) to (1, K, h', w')."""
        raise NotImplementedError


class OnnxNet(Foreign):
    """An ONNX file, on the processor."""

    def __init__(self, path: Path, options: Mapping[str, object], threads: int = 0) -> None:
        session = onnx_session(path, threads)
        super().__init__(_fixed(session.get_inputs()[0].shape), options)
        self.session = session
        self.input = session.get_inputs()[0]

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """As `Foreign.answer`."""
        data = np.ascontiguousarray(x.cpu().numpy().astype(FLOATS.get(self.input.type, np.float32)))
        name = self.which if isinstance(self.which, str) else self.session.get_outputs()[int(str(self.which))].name
        found = np.asarray(self.session.run([name], {self.input.name: data})[0])
        return scores(torch.from_numpy(found.astype(np.float32, copy=False)))


class ScriptNet(Foreign):
    """A TorchScript file."""

    def __init__(self, path: Path, options: Mapping[str, object], device: torch.device) -> None:
        size = options.get("size")
        super().__init__(tuple(size) if isinstance(size, (list, tuple)) and len(size) == 2 else None, options)
        check_script(path)
        self.script = torch.jit.load(str(path), map_location=device).eval()

    def answer(self, x: torch.Tensor) -> torch.Tensor:
        """As `Foreign.answer`."""
        return scores(self.script(x))


def load(card: ModelCard, path: Path, device: torch.device) -> nn.Module:
    """The program of a card, ready to run. Raises `SegDeskError` where the file or onnxruntime is not there."""
    if not path.is_file():
        raise unreadable(path, "it is not there")
    try:
        if card.net.type == "onnx":
            return OnnxNet(path, card.net.options).eval()
        return ScriptNet(path, card.net.options, device).eval()
    except (RuntimeError, ValueError, OSError) as error:
        raise unreadable(path, first_line(error)) from error


def onnx_session(path: Path, threads: int = 0):  # type: ignore[no-untyped-def]  # onnxruntime is optional
    """An onnxruntime session on the processor. Raises `SegDeskError`."""
    if not onnx_available():
        raise SegDeskError(
            "ONNX models need the package onnxruntime, which is not installed.",
            'Install it with: pip install "segdesk[onnx]"',
        )
    stay_offline()
    import onnxruntime  # pyright: ignore[reportMissingImports]  # optional

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or torch.get_num_threads()
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common class but Exception
        raise unreadable(path, first_line(error)) from error


def scores(answer: object) -> torch.Tensor:
    """The (N, K, h, w) tensor in what a program answers: itself, under "out" or "logits", or the first of a list."""
    if isinstance(answer, Mapping):
        answer = answer.get("out", answer.get("logits", next(iter(answer.values()), None)))
    if isinstance(answer, (list, tuple)) and answer:
        return scores(answer[0])
    if isinstance(answer, torch.Tensor) and answer.ndim == 4 and answer.is_floating_point():
        return answer
    raise ValueError("it does not answer with a map of scores for each class")


def probe(net: Foreign) -> tuple[int, bool]:
    """(channels, whether they are probabilities) of the answer to a small picture of noise. Raises ValueError."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand((1, 3, *(net.size or (PROBE, PROBE))), generator=generator)
    with torch.inference_mode():
        answer = net(x)
    total = answer.sum(1)
    sure = answer.shape[1] > 1 and bool((answer >= 0).all()) and bool(torch.allclose(total, torch.ones(()), atol=1e-3))
    return answer.shape[1], sure


def onnx_names(net: OnnxNet) -> tuple[str, ...]:
    """Names of classes in the metadata of an ONNX file: a list or a table by number, as JSON or as Python writes it."""
    try:
        table = net.session.get_modelmeta().custom_metadata_map
    except UnicodeDecodeError:  # the names are a help, not a need
        return ()
    return next((found for key in _NAMES if (found := _listed(table.get(key, "")))), ())


def _listed(text: str) -> tuple[str, ...]:
    if not text or len(text) > 1 << 20:
        return ()
    for reader in (json.loads, ast.literal_eval):  # neither runs anything
        try:
            value = reader(text)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(value, dict):
            value = [
                value[key]
                for key in sorted(
                    value, key=lambda key: int(str(key)) if str(key).isdecimal() and len(str(key)) < 9 else 0
                )
            ]
        return tuple(plain_name(name) for name in value) if isinstance(value, list) else ()
    return tuple(plain_name(part) for part in text.split(",")) if "," in text else ()


def _fixed(shape: object) -> tuple[int, int] | None:
    """(h, w) of an input (N, 3, h, w) that takes no other size. Raises ValueError for other inputs."""
    if not isinstance(shape, list) or len(shape) != 4 or (isinstance(shape[1], int) and shape[1] != 3):
        raise ValueError("it does not take pictures of three channels")
    height, width = shape[2:]
    return (height, width) if isinstance(height, int) and isinstance(width, int) else None


def check_script(path: Path) -> None:
    """Raise `SegDeskError` if a TorchScript file names an operation on files or other machines. Every entry but the
    tensors is searched, whatever it is called."""
    try:
        _check_entries(path)
    except SegDeskError:
        raise
    except Exception as error:  # zipfile and zlib have many ways to fail
        raise unreadable(path, first_line(error)) from error


def _check_entries(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if _PLAIN_DATA.fullmatch(info.filename):
                continue
            if info.file_size > _MAX_PROGRAM:
                raise ValueError("its program is too long")
            found = _FORBIDDEN.search(archive.read(info).decode("latin-1")) if info.filename.endswith(".py") else None
            if found is not None:
                raise SegDeskError(
                    "The program in {file} asks for {operation}, which reaches beyond the picture: it is not run.",
                    "Use a file from a source that you trust, or export the model as ONNX.",
                    file=path.name,
                    operation=found[0],
                )


def is_exported(path: Path) -> bool:
    """Whether the file holds a torch.export program."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(
                name.endswith(("archive_format", "serialized_exported_program.json")) for name in archive.namelist()
            )
    except Exception:  # what is no whole archive is none of these; its reader says what is wrong
        return False


def first_line(error: BaseException) -> str:
    """An error's cause in one line: torch puts a traceback of the program before it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    traced = any(line.startswith("Traceback") for line in lines)
    return (lines[-1] if traced else lines[0])[:200]


def unreadable(path: Path, reason: str) -> SegDeskError:
    """The error for a program that cannot serve as a model."""
    return SegDeskError(
        "The file {file} cannot be used as a model: {reason}.",
        "Export it again, with pictures of three channels as its input and a map of class scores as its answer.",
        file=path.name,
        reason=reason.rstrip("."),
    )
