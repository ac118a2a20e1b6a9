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
    with suppress(OSError, AttributeError):
        return held()[1] > least and ctypes.CDLL(None).malloc_trim(0) == 1
    return False


def held() -> tuple[int, int]:
    """Bytes that this process has asked for and uses, and bytes that the allocator keeps free beside them; (0, 0) where
    the allocator is another one."""
    if not sys.platform.startswith("linux"):
        return 0, 0
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallinfo2.restype = _Held
        told = libc.mallinfo2()
        return told.uordblks + told.hblkhd, told.fordblks
    return 0, 0


class _Held(ctypes.Structure):
    """What glibc tells of its memory: malloc.h, struct mallinfo2. Of the heaps `uordblks` bytes are used and `fordblks`
    free; `hblkhd` bytes lie outside."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]
