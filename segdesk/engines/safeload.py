"""Reads a checkpoint without running anything that is in it.

`torch.load(weights_only=True)` comes first. What it refuses (a whole pickled module, a training state with objects of
some library) is read by an unpickler of our own that rebuilds tensors and arrays and turns every other class or
function into an inert stub: a stub may be called, filled and nested, and does nothing.
"""

from __future__ import annotations

import collections
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from segdesk.domain.errors import SegDeskError

_STATE_KEYS = ("state_dict", "model_state", "model_state_dict", "model", "net", "ema", "module", "network")
_TENSOR_KINDS = ("torch", "torch.storage", "torch.cuda")
_ZIP_MAGIC = b"PK\x03\x04"
_DAMAGE = (OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError)

State = dict[str, torch.Tensor]


class Stub:
    """Stands in for any class or function of a checkpoint that is not a tensor rebuilder. Keeps the state that the
    pickle gives it, as plain attributes, and does nothing else."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        if isinstance(state, tuple) and len(state) == 2:
            state = state[0] or state[1]
        if isinstance(state, Mapping):
            self.__dict__.update({str(key): value for key, value in state.items()})

    def __setitem__(self, key: object, value: object) -> None:
        pass

    def append(self, item: object) -> None:
        """Swallow an item of a list-like class."""

    def extend(self, items: object) -> None:
        """Swallow the items of a list-like class."""


class _Storage:
    """A pickled storage, by the dtype that its class name tells."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


def read_state(path: Path) -> State:
    """The tensors of a checkpoint by parameter name, on the CPU. Nothing in the file is run.

    Finds the state under the usual keys or in a whole pickled module, and strips a common `module.` prefix. Raises
    `SegDeskError` where the file cannot be read or holds no tensors.
    """
    if path.suffix == ".safetensors":
        raise SegDeskError(
            "The file {file} is in the safetensors format, which this model cannot read.",
            "Choose the .pth file of the model.",
            file=path.name,
        )
    state = find_state(_load(path))
    if not state:
        raise SegDeskError(
            "The file {file} holds no weights.",
            "Choose the checkpoint of the model (.pth, .pt), not its log or its settings.",
            file=path.name,
        )
    return _without_prefix(state, "module.")


def _load(path: Path) -> object:
    try:
        with path.open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise SegDeskError(
            "The weights file {file} cannot be opened: {reason}.",
            "Check that it exists and that you may read it.",
            file=path.name,
            reason=error.strerror or str(error),
        ) from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=magic == _ZIP_MAGIC)
    except pickle.UnpicklingError:
        pass  # it holds more than tensors; or it is no checkpoint at all, which the next try finds out
    except _DAMAGE:
        pass
    try:
        return _load_stubbed(path, zipped=magic == _ZIP_MAGIC)
    except (pickle.UnpicklingError, zipfile.BadZipFile, RecursionError, MemoryError, *_DAMAGE) as error:
        raise SegDeskError(
            "The file {file} is not a checkpoint, or it is damaged.",
            "Download it again or choose another file.",
            file=path.name,
        ) from error


def find_state(value: object, depth: int = 3) -> State:
    """The parameters in what a checkpoint holds: a plain dict of tensors, one under a usual key, or a module's."""
    if isinstance(value, Stub):
        return module_state(value)
    if not isinstance(value, Mapping):
        return {}
    tensors = {str(k): _tensor(v) for k, v in value.items() if isinstance(v, (torch.Tensor, np.ndarray))}
    if tensors:
        return tensors
    if depth > 0:
        for key in _STATE_KEYS:
            found = find_state(value.get(key), depth - 1)
            if found:
                return found
    return {}


def module_state(stub: Stub, prefix: str = "", depth: int = 40) -> State:
    """The state dict of a pickled module, from the stubs that stand for it and its children."""
    found: State = {}
    if depth == 0:
        return found
    attributes = vars(stub)
    for group in ("_parameters", "_buffers"):
        for name, value in _items(attributes.get(group)):
            if isinstance(value, torch.Tensor):
                found[prefix + name] = value.detach()
    for name, child in _items(attributes.get("_modules")):
        if isinstance(child, Stub):
            found.update(module_state(child, f"{prefix}{name}.", depth - 1))
    return found


def _items(value: object) -> list[tuple[str, object]]:
    return [(str(k), v) for k, v in value.items()] if isinstance(value, Mapping) else []


def _tensor(value: torch.Tensor | np.ndarray) -> torch.Tensor:
    return value.detach() if isinstance(value, torch.Tensor) else torch.from_numpy(np.array(value))


def _without_prefix(state: State, prefix: str) -> State:
    if all(key.startswith(prefix) for key in state):
        return {key.removeprefix(prefix): value for key, value in state.items()}
    return state


# -- the unpickler -----------------------------------------------------------------------------------------------


def _rebuild_tensor(
    storage: object, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object
) -> torch.Tensor:
    """A tensor on a storage's memory. Sizes that reach beyond it raise, they never read foreign memory."""
    if not isinstance(storage, torch.Tensor):
        raise pickle.UnpicklingError("a tensor without a storage")
    if offset < 0 or any(n < 0 for n in (*size, *stride)) or len(size) != len(stride):
        raise pickle.UnpicklingError("a tensor with a bad shape")
    return storage.as_strided(tuple(size), tuple(stride), offset)  # checks the bounds itself


def _rebuild_parameter(data: object, *_: object) -> object:
    return data


def _rebuild_array(_kind: object, _shape: object, _code: object) -> _Array:
    return _Array()


class _Array:
    """Receives a numpy array's state: (version, shape, dtype, is_fortran, raw bytes)."""

    def __setstate__(self, state: tuple[object, tuple[int, ...], object, bool, bytes]) -> None:
        self.state = state

    def value(self) -> np.ndarray | None:
        """The array, or None if it is not of plain numbers."""
        _, shape, dtype, fortran, raw = self.state
        if not isinstance(dtype, _Dtype) or not isinstance(raw, bytes):
            return None
        flat = np.frombuffer(raw, dtype.value())
        return flat.reshape(shape, order="F" if fortran else "C")


class _Dtype:
    """Receives a numpy dtype by its code ("f4") and byte order; object dtypes are refused."""

    def __init__(self, code: str = "", *_: object) -> None:
        if not isinstance(code, str) or len(code) > 4 or code[:1] not in "fiub":
            raise pickle.UnpicklingError("an array that does not hold numbers")
        self.code = code
        self.order = "="

    def __setstate__(self, state: tuple[object, ...]) -> None:
        if len(state) > 1 and state[1] in ("<", ">", "|", "="):
            self.order = str(state[1])

    def value(self) -> np.dtype:
        """The numpy dtype."""
        return np.dtype(f"{self.order if self.order in '<>' else '='}{self.code}")


def _encoded(text: object, encoding: object = "latin1") -> bytes:
    """How old pickles write bytes."""
    if not isinstance(text, str) or encoding != "latin1":
        raise pickle.UnpicklingError("bytes in an unusual encoding")
    return text.encode("latin1")


_ADMITTED: Mapping[tuple[str, str], object] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor"): _rebuild_tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _rebuild_parameter,
    ("numpy.core.multiarray", "_reconstruct"): _rebuild_array,
    ("numpy._core.multiarray", "_reconstruct"): _rebuild_array,
    ("numpy", "dtype"): _Dtype,
    ("torch", "Size"): tuple,
    ("_codecs", "encode"): _encoded,
}


class _Unpickler(pickle.Unpickler):
    """Finds the few names above and storage types; every other name is a fresh stub class."""

    def __init__(self, stream: BinaryIO, storage: Callable[[tuple[object, ...]], torch.Tensor]) -> None:
        super().__init__(stream, encoding="latin1")
        self._storage = storage

    def find_class(self, module: str, name: str) -> object:
        known = _ADMITTED.get((module, name))
        if known is not None:
            return known
        if module in _TENSOR_KINDS and name.endswith("Storage"):
            return _Storage(_storage_dtype(name))
        return type("Stub", (Stub,), {})

    def persistent_load(self, pid: object) -> object:
        if isinstance(pid, tuple) and len(pid) > 1 and pid[0] == "module":  # (the word, class, its file, its source)
            return pid[1]
        if not isinstance(pid, tuple) or len(pid) < 5 or pid[0] not in ("storage", b"storage"):
            return Stub()
        if not isinstance(pid[1], _Storage):
            raise pickle.UnpicklingError("a storage of an unknown kind")
        return self._storage(pid)


def _storage_dtype(name: str) -> torch.dtype:
    kinds = {
        "FloatStorage": torch.float32,
        "DoubleStorage": torch.float64,
        "HalfStorage": torch.float16,
        "BFloat16Storage": torch.bfloat16,
        "LongStorage": torch.int64,
        "IntStorage": torch.int32,
        "ShortStorage": torch.int16,
        "CharStorage": torch.int8,
        "ByteStorage": torch.uint8,
        "UntypedStorage": torch.uint8,
        "BoolStorage": torch.bool,
    }
    if name not in kinds:
        raise pickle.UnpicklingError(f"an unknown storage, {name}")
    return kinds[name]


def _load_stubbed(path: Path, *, zipped: bool) -> object:
    if zipped:
        return _load_zip(path)
    with path.open("rb") as stream:
        return _load_legacy(stream)


def _load_zip(path: Path) -> object:
    with zipfile.ZipFile(path) as archive:
        name = next((n for n in archive.namelist() if n.endswith("data.pkl")), None)
        if name is None:
            raise ValueError("no data.pkl in the archive")
        folder = name.removesuffix("data.pkl")
        cache: dict[str, torch.Tensor] = {}

        def storage(pid: tuple[object, ...]) -> torch.Tensor:
            key = str(pid[2])
            if key not in cache:
                kind = pid[1]
                assert isinstance(kind, _Storage)
                entry = archive.getinfo(f"{folder}data/{key}")
                if entry.compress_type != zipfile.ZIP_STORED:  # never so in a checkpoint; could be a bomb
                    raise zipfile.BadZipFile("a compressed storage")
                cache[key] = _from_bytes(archive.read(entry), kind.dtype)
            return cache[key]

        with archive.open(name) as stream:
            return _Unpickler(stream, storage).load()  # type: ignore[arg-type]  # ZipExtFile is a binary stream


def _load_legacy(stream: BinaryIO) -> object:
    """The format before 1.6: magic number, version, system info, the object, the storages' keys, then their bytes; or
    a plain pickle of arrays."""
    storages: dict[str, torch.Tensor] = {}
    file_bytes = os.fstat(stream.fileno()).st_size

    def storage(pid: tuple[object, ...]) -> torch.Tensor:
        kind, key, size = pid[1], str(pid[2]), pid[4]
        assert isinstance(kind, _Storage)
        if not isinstance(size, int) or not 0 <= size * kind.dtype.itemsize <= file_bytes:
            raise pickle.UnpicklingError("a storage of a bad size")
        if len(pid) > 5 and pid[5] is not None:
            raise pickle.UnpicklingError("a view of a storage")
        if key not in storages:
            storages[key] = torch.empty(size, dtype=kind.dtype)
        return storages[key]

    first = _Unpickler(stream, storage).load()
    if first != 0x1950A86A20F9469CFC6C:
        return _arrays(first)
    _Unpickler(stream, storage).load()
    _Unpickler(stream, storage).load()
    value = _Unpickler(stream, storage).load()
    keys = _Unpickler(stream, storage).load()
    if not isinstance(keys, list):
        raise ValueError("no list of storages")
    for key in keys:
        _fill(stream, storages[str(key)])
    return value


def _fill(stream: BinaryIO, target: torch.Tensor) -> None:
    count = int.from_bytes(stream.read(8), "little")
    wanted = target.numel() * target.element_size()
    raw = stream.read(wanted)
    if count != target.numel() or len(raw) != wanted:
        raise EOFError("the file ends before its weights do")
    target.copy_(_from_bytes(raw, target.dtype))


def _from_bytes(raw: bytes, dtype: torch.dtype) -> torch.Tensor:
    if not raw:
        return torch.empty(0, dtype=dtype)
    return torch.frombuffer(bytearray(raw), dtype=dtype)


def _arrays(value: object, depth: int = 4) -> object:
    """Replace the array receivers of a plain pickle by arrays."""
    if isinstance(value, _Array):
        return value.value()
    if isinstance(value, dict) and depth:
        return {key: _arrays(item, depth - 1) for key, item in value.items()}
    return value
