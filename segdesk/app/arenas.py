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


def give_back() -> bool:
    """Give what was freed in between back to the system; True if there was anything. It takes some milliseconds, in
    which it does not hold the interpreter, but threads that ask for memory may wait."""
    if not sys.platform.startswith("linux"):
        return False
    with suppress(OSError, AttributeError):
        return ctypes.CDLL(None).malloc_trim(0) == 1
    return False
