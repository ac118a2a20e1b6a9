"""How the system's allocator keeps what is freed. glibc gives each thread an arena of its own, and what one has freed
no other can use: tens of megabytes after large changes, which many threads work on."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h


def share_arenas() -> bool:
    """Have all threads share two arenas; before they start. False where the allocator is another one."""
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError, AttributeError):
        return ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS) == 1
    return False


def give_back(least: int = 0) -> bool:
    """Give what was freed in between back to the system, if it is more than `least` bytes; True if there was anything.

    It takes some milliseconds, in which it does not hold the interpreter, but threads that ask for memory may wait.
    What is given back costs time again when it is next needed: it is not for every minute.
    """
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallinfo2.restype = _Held
        return libc.mallinfo2().free > least and libc.malloc_trim(0) == 1
    return False


class _Held(ctypes.Structure):
    """What glibc tells of its memory (malloc.h, struct mallinfo2); `free`: bytes that it keeps and nobody uses."""

    _fields_ = [
        *((f"other{n}", ctypes.c_size_t) for n in range(8)),
        ("free", ctypes.c_size_t),
        ("top", ctypes.c_size_t),
    ]
