"""Reads a checkpoint without running anything that is in it: the tensors by parameter name, and what the file says of
itself. `unpickle` and `containers` do the reading."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from segdesk.domain.errors import SegDeskError
from segdesk.engines import containers
from segdesk.engines.rebuild import Array, Thing

# Where checkpoints keep their parameters, the likeliest first.
_STATE_KEYS = (
    "state_dict",
    "model_state",
    "model_state_dict",
    "model",
    "net",
    "network",
    "module",
    "generator",
    "params",
    "weights",
    "ema_state_dict",
    "state_dict_ema",
    "model_ema",
    "params_ema",
    "ema",
    "student",
    "teacher",
)
# What training wraps around a net: copies on several cards, compilation, a trainer's class, averaged weights.
PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "net.",
    "network.",
    "student.",
    "ema_model.",
    "ema.",
    "averaged_model.",
    "teacher.",
    "segmentor.",
    "seg_model.",
    "generator.",
)
State = dict[str, torch.Tensor]
log = logging.getLogger("segdesk.engine")


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file's parameters by name, and `content`: all that was in it, as plain values and `Thing`s."""

    state: State
    content: containers.Content


def read_state(path: Path) -> State:
    """The tensors of a checkpoint by parameter name, on the CPU. Nothing in the file is run.

    Finds the state under the usual keys or in a whole pickled module, and strips a common `module.` prefix. Raises
    `SegDeskError` where the file cannot be read or holds no tensors.
    """
    state = read_checkpoint(path).state
    return next(_stripped(state, "module."), state)


def read_checkpoint(path: Path) -> Checkpoint:
    """As `read_state`, with the file's other contents, and with its names as they are."""
    content = _content(path)
    state = find_state(content.value)
    if not state:
        raise SegDeskError(
            "The file {file} holds no weights.",
            "Choose the checkpoint of the model (.pth, .pt), not its log or its settings.",
            file=path.name,
        )
    return Checkpoint(state, content)


def _content(path: Path) -> containers.Content:
    try:
        return containers.read(path)
    except OSError as error:
        raise SegDeskError(
            "The weights file {file} cannot be opened: {reason}.",
            "Check that it exists and that you may read it.",
            file=path.name,
            reason=error.strerror or str(error),
        ) from error
    except Exception as error:  # a damaged file may fail in any reader below, in zlib as in numpy
        log.info("%s: %r", path.name, error)
        raise SegDeskError(
            "The file {file} is not a checkpoint, or it is damaged.",
            "Download it again or choose another file.",
            file=path.name,
        ) from error


def find_state(value: object, depth: int = 4) -> State:
    """The parameters in what a checkpoint holds: a plain dict of tensors, one under a usual key, or a module's."""
    if isinstance(value, Thing):
        inner = (find_state(part, depth - 1) for part in (value.items, value.state) if part and depth > 0)
        return module_state(value) or next(filter(None, inner), {})
    if not isinstance(value, Mapping):
        return {}
    found = ((str(key), tensor(item)) for key, item in value.items())
    tensors = {key: item for key, item in found if item is not None}
    inner = _deeper(value, depth) if depth else {}
    return inner if len(inner) > len(tensors) else tensors  # beside the state there may be a few single tensors


def _deeper(value: Mapping[object, object], depth: int) -> State:
    for key in _STATE_KEYS:
        found = find_state(value.get(key), depth - 1)
        if found:
            return found
    others = (v for k, v in value.items() if isinstance(v, (Mapping, Thing)) and "optim" not in str(k))
    return max((find_state(v, depth - 1) for v in others), key=len, default={})  # under a name of the person's own


def module_state(thing: Thing) -> State:
    """The state dict of a pickled module, eager or scripted, from what stands for it and its children."""
    found: State = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Thing]] = [("", thing)]
    while waiting:
        prefix, module = waiting.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        for name, value in _members(module):
            item = tensor(value)
            if item is not None:
                found[prefix + name] = item
            elif isinstance(value, Thing):
                waiting.append((f"{prefix}{name}.", value))
    return found


def _members(module: Thing) -> Iterator[tuple[str, object]]:
    """Parameters, buffers and children of an eager module; all attributes of a scripted one."""
    groups = [module.state.get(key) for key in ("_parameters", "_buffers", "_modules")]
    if any(isinstance(group, Mapping) for group in groups):
        for group in groups:
            if isinstance(group, Mapping):
                yield from ((str(key), value) for key, value in group.items())
    elif module.name is not None and module.name.module.startswith("__torch__"):
        yield from module.state.items()


def tensor(value: object) -> torch.Tensor | None:
    """A tensor or an array of numbers as a tensor; None for anything else."""
    if isinstance(value, Array):
        value = value.value
    if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
        native = value.astype(value.dtype.newbyteorder("="), order="C", copy=not value.flags.writeable)
        return torch.from_numpy(native if native.dtype.kind != "u" or native.itemsize == 1 else native.astype(np.int64))
    return value if isinstance(value, torch.Tensor) else None


def spellings(state: State) -> Iterator[State]:
    """The state, then with its wrappings taken off one after another: the prefixes that all names share, and of a
    training program's several nets (with losses and averages beside the model) each one alone."""
    waiting, seen = [state], set[frozenset[str]]()
    while waiting:
        found = waiting.pop(0)
        names = frozenset(found)
        if names in seen:
            continue
        seen.add(names)
        yield found
        for prefix in PREFIXES:
            waiting.extend(_stripped(found, prefix, share=0.2))


def _stripped(state: State, prefix: str, share: float = 1.0) -> Iterator[State]:
    """The part of the state under a prefix, without it, if it is at least this share of the names."""
    part = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    if part and len(part) >= share * len(state):
        yield part
