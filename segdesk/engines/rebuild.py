"""What a few names of a pickle make: tensors, arrays, dictionaries. Every other name makes a `Thing`, which only keeps
what it was given."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch

KEYS = (str, int, float, bytes, bool, type(None))  # hashing a nest of tuples may take for ever


@dataclass(frozen=True)
class Name:
    """What a pickle calls a class or a function."""

    module: str
    name: str


@dataclass(eq=False)
class Thing:
    """Stands for any object of a class that is not a plain value: what it was made from and what it was filled with.

    `items`: set by key; `entries`: appended; `state`: its attributes.
    """

    name: Name | None = None
    arguments: tuple[object, ...] = ()
    state: dict[str, object] = field(default_factory=dict)
    items: dict[object, object] = field(default_factory=dict)
    entries: list[object] = field(default_factory=list)


@dataclass(eq=False)
class Array:
    """A numpy array or scalar type under construction; `value` once it is whole."""

    value: np.ndarray | None = None


@dataclass(frozen=True)
class StorageKind:
    """The class of a pickled storage, by the dtype that its name tells."""

    dtype: torch.dtype


_STORAGES = {
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


def named(module: str, name: str) -> object:
    """What a name stands for while it is a name: a kind of storage, a dtype, or itself."""
    if module in ("torch", "torch.storage", "torch.cuda") and name in _STORAGES:
        return StorageKind(_STORAGES[name])
    if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
        return getattr(torch, name)
    return Name(module, name)


def made(function: object, arguments: object) -> object:
    """What a call would make: a value for the names that stand for plain ones, a `Thing` for every other."""
    given = arguments if isinstance(arguments, tuple) else ()
    if isinstance(function, Name):
        maker = _MAKERS.get((function.module, function.name))
        return Thing(function, given) if maker is None else maker(given)
    return Thing(None, given)


def _tensor(given: tuple[object, ...]) -> torch.Tensor:
    """A tensor on a storage's memory. Sizes that reach beyond it raise, they never read foreign memory."""
    storage, offset, size, stride, *more = given
    if not isinstance(storage, torch.Tensor) or not isinstance(offset, int):
        raise pickle.UnpicklingError("a tensor without a storage")
    sizes, strides = _numbers(size), _numbers(stride)
    dtype = next((m for m in more if isinstance(m, torch.dtype)), storage.dtype)
    if dtype != storage.dtype:
        storage = storage.view(dtype)
    if offset < 0 or len(sizes) != len(strides):
        raise pickle.UnpicklingError("a tensor with a bad shape")
    count = int(np.prod(sizes, dtype=object)) if sizes else 1
    last = offset + sum((n - 1) * s for n, s in zip(sizes, strides, strict=True))
    if count > storage.numel() or (count and last >= storage.numel()):  # also a few bytes spread out to terabytes
        raise pickle.UnpicklingError("a tensor that is larger than its storage")
    return placed(storage, sizes, strides, offset)


def placed(flat: torch.Tensor, sizes: tuple[int, ...], strides: tuple[int, ...], offset: int = 0) -> torch.Tensor:
    """A tensor on the memory of a flat one, whose bounds the caller has checked. Not a view: that would keep the whole
    file in memory after the tensor's values were replaced."""
    return torch.empty(0, dtype=flat.dtype).set_(flat.untyped_storage(), flat.storage_offset() + offset, sizes, strides)


def _numbers(value: object) -> tuple[int, ...]:
    if not isinstance(value, (tuple, list)) or not all(type(n) is int and n >= 0 for n in value):
        raise pickle.UnpicklingError("a tensor with a bad shape")
    return tuple(value)


def _first(given: tuple[object, ...]) -> object:
    return given[0]


def _of_type(given: tuple[object, ...]) -> object:
    return made(given[0], given[2])


def _pairs(given: tuple[object, ...]) -> dict[object, object]:
    """A dictionary class: from nothing, from pairs, or (a default dictionary) from the default's name."""
    result: dict[object, object] = {}
    rows = given[0] if given and isinstance(given[0], list) else []
    for row in rows:
        if isinstance(row, (tuple, list)) and len(row) == 2 and isinstance(row[0], KEYS):
            result[row[0]] = row[1]
    return result


def _sequence(given: tuple[object, ...]) -> list[object]:
    return list(given[0]) if given and isinstance(given[0], (list, tuple)) else []


def _encoded(given: tuple[object, ...]) -> bytes:
    """How old pickles write bytes."""
    text = given[0] if given else ""
    if not isinstance(text, str) or (len(given) > 1 and given[1] != "latin1"):
        raise pickle.UnpicklingError("bytes in an unusual encoding")
    return text.encode("latin1")


class Dtype:
    """A numpy dtype by its code ("f4") and byte order; `value` is None for anything but plain numbers."""

    def __init__(self, code: object) -> None:
        number = isinstance(code, str) and 1 < len(code) <= 4 and code[:1] in "fiub" and code[1:].isdigit()
        self.value: np.dtype | None = np.dtype(code) if number and isinstance(code, str) else None


def _dtype(given: tuple[object, ...]) -> Dtype:
    return Dtype(given[0])


def _array(given: tuple[object, ...]) -> Array:
    return Array()


def _scalar(given: tuple[object, ...]) -> object:
    kind, raw = given[0], given[1] if len(given) > 1 else None
    value = _from_bytes(raw, kind, (), "C")
    return value.item() if value is not None else Thing()


def _from_buffer(given: tuple[object, ...]) -> Array:
    raw, kind, shape, order = given
    return Array(_from_bytes(raw, kind, shape, str(order)))


def built(target: Array | Dtype, state: object) -> np.ndarray | np.dtype | None:
    """The state of an array is (version, shape, dtype, is_fortran, raw bytes), of a dtype (version, order, ...)."""
    if not isinstance(state, tuple):
        raise pickle.UnpicklingError("an array with a bad state")
    if isinstance(target, Dtype):
        order = state[1] if len(state) > 1 and state[1] in ("<", ">") else "="
        return None if target.value is None else target.value.newbyteorder(str(order))  # type: ignore[arg-type]
    if len(state) != 5:
        raise pickle.UnpicklingError("an array with a bad state")
    return _from_bytes(state[4], state[2], state[1], "F" if state[3] else "C")


def _from_bytes(raw: object, kind: object, shape: object, order: str) -> np.ndarray | None:
    if not isinstance(kind, Dtype) or kind.value is None or not isinstance(raw, (bytes, bytearray, str)):
        return None
    data = raw.encode("latin1") if isinstance(raw, str) else raw
    return np.frombuffer(data, kind.value).reshape(_numbers(shape), order="F" if order == "F" else "C")


_MAKERS: Mapping[tuple[str, str], Callable[[tuple[object, ...]], object]] = {
    ("collections", "OrderedDict"): _pairs,
    ("collections", "defaultdict"): _pairs,
    ("builtins", "dict"): _pairs,
    ("__builtin__", "dict"): _pairs,
    ("builtins", "list"): _sequence,
    ("__builtin__", "list"): _sequence,
    ("builtins", "set"): _sequence,
    ("__builtin__", "set"): _sequence,
    ("torch", "Size"): lambda given: tuple(_sequence(given)),
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_tensor_v3"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch._utils", "_rebuild_parameter_with_state"): _first,
    ("torch._tensor", "_rebuild_from_type_v2"): _of_type,
    ("numpy.core.multiarray", "_reconstruct"): _array,
    ("numpy._core.multiarray", "_reconstruct"): _array,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _from_buffer,
    ("numpy._core.numeric", "_frombuffer"): _from_buffer,
    ("numpy", "dtype"): _dtype,
    ("_codecs", "encode"): _encoded,
}
