"""Reads a pickle without its power: a small machine that steps through the opcodes and builds plain values, tensors and
arrays. No class and no function is ever looked up, called or given attributes: every name stays a name."""

from __future__ import annotations

import io
import pickle
import pickletools
from collections.abc import Callable, Iterator, Mapping
from typing import BinaryIO

import torch

from segdesk.engines.rebuild import KEYS, Array, Dtype, StorageKind, Thing, built, made, named

MAX_OPCODES = 20_000_000


Storage = Callable[[tuple[object, ...]], torch.Tensor]


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
            items.update((k, v) for k, v in zip(flat[::2], flat[1::2], strict=True) if isinstance(k, KEYS))

    # -- names and objects ---------------------------------------------------------------------------------------

    def _global(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(named(module, name))

    def _stack_global(self, _: object) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._stack.append(named(str(module), str(name)))

    def _ext1(self, _: object) -> None:
        self._stack.append(Thing())  # a name of a registry that only its writer knows

    _ext2 = _ext4 = _ext1

    def _reduce(self, _: object) -> None:
        arguments, function = self._stack.pop(), self._stack.pop()
        self._stack.append(made(function, arguments))

    def _newobj(self, _: object) -> None:
        self._reduce(_)

    def _newobj_ex(self, _: object) -> None:
        self._stack.pop()  # keywords
        self._reduce(_)

    def _obj(self, _: object) -> None:
        found = self._marked()
        self._stack.append(made(found[0], tuple(found[1:])))

    def _inst(self, argument: object) -> None:
        module, _, name = str(argument).partition(" ")
        self._stack.append(made(named(module, name), tuple(self._marked())))

    def _build(self, _: object) -> None:
        state, target = self._stack.pop(), self._stack[-1]
        if isinstance(target, Thing):
            parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
            for part in parts:
                if isinstance(part, dict):
                    target.state.update((str(k), v) for k, v in part.items())
        elif isinstance(target, (Array, Dtype)):
            target.value = built(target, state)  # type: ignore[assignment]  # each gets its own kind

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
