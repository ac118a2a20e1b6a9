"""The line between the window's process and the engine process: pickled frames over the pipes, pictures and label maps
in blocks of shared memory that the window's side owns. No torch here."""

from __future__ import annotations

import itertools
import mmap
import os
import pickle
import struct
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker, shared_memory
from typing import BinaryIO

import numpy as np

from segdesk.domain.edit import Rect
from segdesk.domain.packed import Labels, PackedMap
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.messages import Answer, InspectRequest, PredictRequest, PromptRequest, SnapRequest
from segdesk.engines.teach.messages import TeachRequest

PIECE = 16 << 20  # bytes of a picture that are copied at a time
_LENGTH = struct.Struct("<Q")
_block_numbers = itertools.count(1)
_attaching = threading.Lock()  # several lanes attach at a time, and one function of the tracker is exchanged meanwhile


@dataclass(frozen=True, eq=False)
class Ask:
    """To the engine: segment. The picture lies in the block `block` with the shape `shape`; None = decide again.

    The label map comes back in the same block if it fits. `urgent` requests go before the others.
    """

    number: int
    request: PredictRequest
    block: str | None = None
    shape: tuple[int, int, int] | None = None
    urgent: bool = True


@dataclass(frozen=True, eq=False)
class AskPrompt:
    """To the engine: answer clicks or words. The picture lies in the block `block` with the shape `shape`; None = it is
    hoped to be kept."""

    number: int
    request: PromptRequest
    block: str | None = None
    shape: tuple[int, int, int] | None = None


@dataclass(frozen=True, eq=False)
class AskTeach:
    """To the engine: sample a picture, which lies in the block `block` with the shape `shape`, or learn."""

    number: int
    request: TeachRequest
    block: str | None = None
    shape: tuple[int, int, int] | None = None


@dataclass(frozen=True)
class AskDevices:
    """To the engine: list your devices."""

    number: int


@dataclass(frozen=True)
class AskInspect:
    """To the engine: say what a file holds."""

    number: int
    request: InspectRequest


@dataclass(frozen=True, eq=False)
class AskSnap:
    """To the engine: move borders to edges. Windows are small enough to go through the pipe."""

    number: int
    request: SnapRequest


@dataclass(frozen=True)
class Forget:
    """To the engine: nobody waits for this number any more."""

    number: int


@dataclass(frozen=True)
class Began:
    """From the engine: this number is being worked on."""

    number: int


@dataclass(frozen=True)
class Step:
    """From the engine: how far a number is."""

    number: int
    done: int
    total: int


@dataclass(frozen=True, eq=False)
class Reply:
    """From the engine: the result of a number: an `Answer`, `PromptAnswer`, `NotKept`, `Inspected`, `TeachAnswer`,
    `SegDeskError`, list of devices, (h, w) labels, or `Cancelled`.

    `shape`: (H, W) of the label map where it lies in the request's block instead of the answer.
    """

    number: int
    value: object
    shape: tuple[int, int] | None = None


class Pipe:
    """Frames over a pair of byte streams. Any thread may send; one thread receives."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Write one frame. Raises OSError or ValueError where the other side is gone."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._sink.write(_LENGTH.pack(len(data)))
            self._sink.write(data)
            self._sink.flush()

    def receive(self) -> object | None:
        """The next message, or None when the other side is gone."""
        head = self._exactly(_LENGTH.size)
        data = self._exactly(_LENGTH.unpack(head)[0]) if head else None
        return pickle.loads(data) if data else None

    def close(self) -> None:
        """Close the sending stream: the other side reads the end."""
        with suppress(OSError):  # what was left unsent has no reader any more
            self._sink.close()

    def _exactly(self, count: int) -> bytes | None:
        try:
            data = self._source.read(count)
        except (OSError, ValueError):
            return None
        return data if data and len(data) == count else None


class Blocks:
    """The window's side: a few blocks of shared memory, used again and again. Any thread."""

    def __init__(self, spare: int = 4) -> None:
        self._spare = spare
        self._free: list[shared_memory.SharedMemory] = []
        self._used: dict[str, shared_memory.SharedMemory] = {}
        self._lock = threading.Lock()

    def put(self, image: np.ndarray, room: int = 0) -> str:
        """Copy an array into a block of at least `room` bytes; returns the block's name."""
        with self._lock:
            fitting = [b for b in self._free if b.size >= max(image.nbytes, room)]
            block = min(fitting, key=lambda b: b.size) if fitting else None
            if block is not None:
                self._free.remove(block)
        if block is None:
            block = _created(max(1, image.nbytes, room))
        with self._lock:
            self._used[block.name] = block
        inside = np.ndarray(image.shape, image.dtype, buffer=block.buf)
        rows = max(1, PIECE // max(1, image.nbytes // max(1, image.shape[0])))
        for top in range(0, image.shape[0], rows):
            inside[top : top + rows] = image[top : top + rows]
            _let_go(block)
        return block.name

    def take(self, name: str, answer: Labels, shape: tuple[int, int]) -> PackedMap:
        """The (H, W) uint16 map that the engine left in a block, packed; its table is that of `answer`."""
        with self._lock:
            block = self._used[name]
        inside = np.ndarray(shape, np.uint16, buffer=block.buf)

        def read(rect: Rect) -> np.ndarray:
            if rect[0] == 0:  # a row of tiles is done
                _let_go(block)
            return inside[rect[1] : rect[3], rect[0] : rect[2]].copy()

        made = PackedMap.of_ids(read, shape, answer.segments)
        _let_go(block)
        return made

    def give_back(self, name: str) -> None:
        """The block may be used for another picture. The larger ones are kept."""
        with self._lock:
            block = self._used.pop(name, None)
            if block is None:
                return
            self._free.append(block)
            self._free.sort(key=lambda b: -b.size)
            surplus, self._free = self._free[self._spare :], self._free[: self._spare]
        for old in surplus:
            _remove(old)

    def close(self) -> None:
        """Free all shared memory, used or not."""
        with self._lock:
            blocks = [*self._free, *self._used.values()]
            self._free, self._used = [], {}
        for block in blocks:
            _remove(block)


def _let_go(block: shared_memory.SharedMemory) -> None:
    """What lies in the block need not count as memory of this process; the engine reads it all the same. Where the
    system does not know how, nothing happens."""
    mapped = None if block.buf is None else block.buf.obj
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        with suppress(OSError, ValueError):
            mapped.madvise(mmap.MADV_DONTNEED)


def _created(size: int) -> shared_memory.SharedMemory:
    """A new block, under a name that tells whose it is. A name that a dead process left behind is passed over."""
    while True:
        with suppress(FileExistsError):
            name = f"segdesk_{os.getpid()}_{next(_block_numbers)}"
            return shared_memory.SharedMemory(name, create=True, size=size)


def _remove(block: shared_memory.SharedMemory) -> None:
    with suppress(FileNotFoundError):  # somebody cleaned the shared memory of this machine
        block.unlink()
    with suppress(BufferError):  # a thread still copies out of it: the memory goes when it is done
        block.close()


def read_block(name: str, shape: tuple[int, int, int]) -> np.ndarray:
    """The engine's side: a copy of the (H, W, 3) uint8 picture in a block."""
    block = _attach(name)
    try:
        return np.ndarray(shape, np.uint8, buffer=block.buf).copy()
    finally:
        block.close()


def write_block(name: str, ids: np.ndarray) -> bool:
    """The engine's side: put an (H, W) uint16 map into a block; False if it does not fit or the block is gone."""
    try:
        block = _attach(name)
    except FileNotFoundError:
        return False
    try:
        if ids.nbytes > block.size:
            return False
        np.copyto(np.ndarray(ids.shape, np.uint16, buffer=block.buf), ids)
        return True
    finally:
        block.close()


def _attach(name: str) -> shared_memory.SharedMemory:
    """Open a block of another process. Before Python 3.13 it would be registered as ours and be removed, with a
    warning, when this process ends."""
    if sys.version_info >= (3, 13):
        return shared_memory.SharedMemory(name, track=False)
    with _attaching:
        register = resource_tracker.register
        resource_tracker.register = lambda *_: None
        try:
            return shared_memory.SharedMemory(name)
        finally:
            resource_tracker.register = register


def without_map(answer: Answer) -> Answer:
    """The answer with an empty map and the table of its segments."""
    empty = Segmentation(np.zeros((0, 0), np.uint16), answer.segmentation.segments)
    return replace(answer, segmentation=empty)


def with_map(answer: Answer, labels: PackedMap) -> Answer:
    """The answer with its map put back."""
    return replace(answer, segmentation=labels)
