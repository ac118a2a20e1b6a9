"""A run's checkpoint: net, averaged net, optimiser, random numbers and where it stands. What is loaded goes on bit for
bit as if it had never stopped."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from segdesk.domain.errors import SegDeskError

VERSION = 1


def save(path: Path, content: Mapping[str, object]) -> None:
    """Write tensors and plain values to a file, complete or not at all. Raises `SegDeskError` where the disk refuses;
    the file that was there stays."""
    memory = io.BytesIO()
    torch.save(dict(content), memory)
    write(path, memory.getbuffer())


def write(path: Path, data: bytes | memoryview) -> None:
    """The same for bytes."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise _unwritable(path, error) from error


@contextmanager
def of_this_version() -> Iterator[None]:
    """Raises `SegDeskError` where a checkpoint's content is not what this program wrote for such a run."""
    try:
        yield
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise SegDeskError(
            "The checkpoint of this training is of another version of the program.", "Begin the training anew."
        ) from error


def load(path: Path) -> dict[str, Any]:
    """What `save` wrote, on the processor; nothing in the file is run. Raises `SegDeskError`."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch's reader fails in many ways on what is damaged
        raise SegDeskError(
            "The checkpoint {name} cannot be read.", "Begin the training anew.", name=path.name
        ) from error


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """Torch's random numbers of the processor and of the device."""
    found = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        found["cuda"] = torch.cuda.get_rng_state(device)
    return found


def set_random_state(state: Mapping[str, torch.Tensor], device: torch.device) -> None:
    """Go on with random numbers where `random_state` was taken."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)


def _unwritable(path: Path, error: OSError) -> SegDeskError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return SegDeskError(
            "The disk is full: the training cannot save where it is.",
            "Free some space and go on with it: the last checkpoint in {folder} is kept.",
            folder=str(path.parent),
        )
    return SegDeskError(
        "The training cannot save where it is: {reason}.",
        "The last checkpoint in {folder} is kept: go on with it once the folder can be written.",
        reason=error.strerror or type(error).__name__,
        folder=str(path.parent),
    )
