"""Reads a pickle without its power: a small machine that steps through the opcodes and builds plain values, tensors and
arrays. No class and no function is ever looked up, called or given attributes: every name stays a name."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import torch

MAX_OPCODES = 20_000_000
_KEYS = (str, int, float, bytes, bool, type(None))  # hashing a nest of tuples may take for ever

Storage = Callable[[tuple[object, ...]], torch.Tensor]


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


class _Mark:
    """The machine's mark on its stack."""


def load(stream: BinaryIO, storage: Storage | None = None) -> object:
    """The value of the pickle that `stream` stands at; the stream is left right behind it.

    `storage(pid)` gives the flat tensor of a torch storage's persistent id; None: there are none. Raises
    `pickle.UnpicklingError` and ValueError where the pickle is damaged.
    """
    return _Machine(storage).run(stream)


class _Machine:
    def __init__(self, storage: Storage | None) -> None:
        self._storage = storage
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}

    def run(self, stream: BinaryIO) -> object:
        try:
            for count, (opcode, argument, _) in enumerate(_opcodes(stream)):
                if count > MAX_OPCODES:
                    raise pickle.UnpicklingError("the pickle has no end")
                if opcode.name == "STOP":
                    return self._stack.pop()
                self._step(opcode.name, argument)
        except (IndexError, KeyError, TypeError, AttributeError) as error:
            raise pickle.UnpicklingError(f"a damaged pickle: {error}") from error
        raise pickle.UnpicklingError("the pickle has no end")

    def _step(self, name: str, argument: object) -> None:
        if name in _CONSTANTS:
            self._stack.append(argument)
        elif name in _VALUES:
            self._stack.append(_VALUES[name]())
        elif name in _IGNORED:
            pass
        else:
            getattr(self, f"_{name.lower()}")(argument)  # a method of this class for each opcode; others raise

    # -- stack and memo ------------------------------------------------------------------------------------------

    def _marked(self) -> list[object]:
        """What lies above the topmost mark; both leave the stack."""
        at = len(self._stack) - 1
        while not isinstance(self._stack[at], _Mark):
            at -= 1
            if at < 0:
                raise IndexError("no mark")
        found = self._stack[at + 1 :]
        del self._stack[at:]
        return found

    def _mark(self, _: object) -> None:
        self._stack.append(_Mark())

    def _pop(self, _: object) -> None:
        self._stack.pop()

    def _pop_mark(self, _: object) -> None:
        self._marked()

    def _dup(self, _: object) -> None:
        self._stack.append(self._stack[-1])

    def _put(self, key: object) -> None:
        self._memo[int(str(key))] = self._stack[-1]

    _binput = _long_binput = _put

    def _memoize(self, _: object) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _get(self, key: object) -> None:
        self._stack.append(self._memo[int(str(key))])

    _binget = _long_binget = _get

    # -- plain values --------------------------------------------------------------------------------------------

    def _tuple(self, _: object) -> None:
        self._stack.append(tuple(self._marked()))

    def _tuple1(self, _: object, count: int = 1) -> None:
        values = tuple(self._stack[-count:])
        if len(values) != count:
            raise IndexError("an empty stack")
        self._stack[-count:] = [values]

    def _tuple2(self, _: object) -> None:
        self._tuple1(_, 2)

    def _tuple3(self, _: object) -> None:
        self._tuple1(_, 3)

    def _list(self, _: object) -> None:
        self._stack.append(self._marked())

    _frozenset = _list

    def _dict(self, _: object) -> None:
        flat = self._marked()
        self._stack.append({})
        self._fill(flat)

    def _append(self, _: object) -> None:
        self._extend([self._stack.pop()])

    def _appends(self, _: object) -> None:
        self._extend(self._marked())

    _additems = _appends

    def _extend(self, values: list[object]) -> None:
        target = self._stack[-1]
        entries = target.entries if isinstance(target, Thing) else target
        if isinstance(entries, list):
            entries.extend(values)

    def _setitem(self, _: object) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._fill([key, value])

    def _setitems(self, _: object) -> None:
        self._fill(self._marked())

    def _fill(self, flat: list[object]) -> None:
        target = self._stack[-1]
        items = target.items if isinstance(target, Thing) else target
        if isinstance(items, dict):
            items.update((k, v) for k, v in zip(flat[::2], flat[1::2], strict=True) if isinstance(k, _KEYS))

    # -- names and objects ---------------------------------------------------------------------------------------

    def _global(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(_named(module, name))

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(_named(str(module), str(name)))

    def _ext1(self, _: object) -> None:
        self._stack.append(Thing())  # a name of a registry that only its writer knows

    _ext2 = _ext4 = _ext1

    def _reduce(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._stack.append(_made(function, arguments))

    def _newobj(self, _: object) -> None:
        self._reduce(_)

    def _newobj_ex(self, _: object) -> None:
        self._stack.pop()  # keywords
        self._reduce(_)

    def _obj(self, _: object) -> None:
        found = self._marked()
        self._stack.append(_made(found[0], tuple(found[1:])))

    def _inst(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(_made(_named(module, name), tuple(self._marked())))

    def _build(self, _: object) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, Thing):
            parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
            for part in parts:
                if isinstance(part, dict):
                    target.state.update((str(k), v) for k, v in part.items())
        elif isinstance(target, (Array, _Dtype)):
            target.value = _built(target, state)  # type: ignore[assignment]  # each gets its own kind

    def _binpersid(self, _: object) -> None:
        pid = self._stack.pop()
        self._stack.append(self._persistent(pid))

    def _persistent(self, pid: object) -> object:
        if not isinstance(pid, tuple) or len(pid) < 2:
            return Thing()
        if pid[0] == "module":  # (the word, class, its file, its source)
            return pid[1]
        if pid[0] not in ("storage", b"storage") or len(pid) < 5 or self._storage is None:
            return Thing()
        if not isinstance(pid[1], StorageKind):
            raise pickle.UnpicklingError("a storage of an unknown kind")
        return self._storage(pid)


def _opcodes(stream: BinaryIO) -> Iterator[tuple[pickletools.OpcodeInfo, object, int | None]]:
    return pickletools.genops(_Bounded(stream))  # type: ignore[arg-type]  # it has what genops uses


class _Bounded:
    """A stream that is never asked for more than it holds: a length in the file costs no memory."""

    def __init__(self, stream: BinaryIO) -> None:
        at = stream.tell()
        self._left = stream.seek(0, io.SEEK_END) - at
        stream.seek(at)
        self._stream = stream
        self.tell = stream.tell

    def read(self, count: int) -> bytes:
        if count > self._left:
            raise pickle.UnpicklingError("the pickle ends before its values do")
        self._left -= count
        return self._stream.read(count)

    def readline(self) -> bytes:
        line = self._stream.readline()
        self._left -= len(line)
        return line


# Opcodes that push their own argument: all kinds of numbers, texts and bytes.
_CONSTANTS = frozenset(
    op.name
    for op in pickletools.opcodes
    if op.arg is not None and not op.stack_before and len(op.stack_after) == 1 and op.stack_after[0].name != "any"
)
_VALUES: Mapping[str, Callable[[], object]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_SET": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
    "PERSID": Thing,
}
_IGNORED = frozenset(("PROTO", "FRAME"))


# -- what a few names make -----------------------------------------------------------------------------------------

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


def _named(module: str, name: str) -> object:
    if module in ("torch", "torch.storage", "torch.cuda") and name in _STORAGES:
        return StorageKind(_STORAGES[name])
    if module == "torch" and isinstance(getattr(torch, name, None), torch.dtype):
        return getattr(torch, name)
    return Name(module, name)


def _made(function: object, arguments: object) -> object:
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
    return _made(given[0], given[2])


def _pairs(given: tuple[object, ...]) -> dict[object, object]:
    """A dictionary class: from nothing, from pairs, or (a default dictionary) from the default's name."""
    result: dict[object, object] = {}
    rows = given[0] if given and isinstance(given[0], list) else []
    for row in rows:
        if isinstance(row, (tuple, list)) and len(row) == 2 and isinstance(row[0], _KEYS):
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


class _Dtype:
    """A numpy dtype by its code ("f4") and byte order; `value` is None for anything but plain numbers."""

    def __init__(self, code: object) -> None:
        number = isinstance(code, str) and 1 < len(code) <= 4 and code[:1] in "fiub" and code[1:].isdigit()
        self.value: np.dtype | None = np.dtype(code) if number and isinstance(code, str) else None


def _dtype(given: tuple[object, ...]) -> _Dtype:
    return _Dtype(given[0])


def _array(given: tuple[object, ...]) -> Array:
    return Array()


def _scalar(given: tuple[object, ...]) -> object:
    kind, raw = given[0], given[1] if len(given) > 1 else None
    value = _from_bytes(raw, kind, (), "C")
    return value.item() if value is not None else Thing()


def _from_buffer(given: tuple[object, ...]) -> Array:
    raw, kind, shape, order = given
    return Array(_from_bytes(raw, kind, shape, str(order)))


def _built(target: Array | _Dtype, state: object) -> np.ndarray | np.dtype | None:
    """The state of an array is (version, shape, dtype, is_fortran, raw bytes), of a dtype (version, order, ...)."""
    if not isinstance(state, tuple):
        raise pickle.UnpicklingError("an array with a bad state")
    if isinstance(target, _Dtype):
        order = state[1] if len(state) > 1 and state[1] in ("<", ">") else "="
        return None if target.value is None else target.value.newbyteorder(str(order))  # type: ignore[arg-type]
    if len(state) != 5:
        raise pickle.UnpicklingError("an array with a bad state")
    return _from_bytes(state[4], state[2], state[1], "F" if state[3] else "C")


def _from_bytes(raw: object, kind: object, shape: object, order: str) -> np.ndarray | None:
    if not isinstance(kind, _Dtype) or kind.value is None or not isinstance(raw, (bytes, bytearray, str)):
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
