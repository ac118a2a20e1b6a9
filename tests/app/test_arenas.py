"""The allocator can be told how many arenas there are; what that saves only a benchmark sees (`bench_memory`)."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
def test_threads_share_two_arenas() -> None:
    """glibc's own account lists an arena for each that is in use."""
    program = """
import ctypes, os, threading
from segdesk.app.arenas import share_arenas
assert share_arenas()
gate = threading.Barrier(9)
def work():
    kept = [os.urandom(2000) for _ in range(200)]
    gate.wait()
    gate.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]
gate.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
out = libc.fopen(b"/dev/stdout", b"w")
libc.malloc_info(0, ctypes.c_void_p(out))
libc.fclose(ctypes.c_void_p(out))
gate.wait()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 1 <= done.stdout.count("<heap nr=") <= 2


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator")
@pytest.mark.parametrize("size", [50_000_000, 20_000])  # outside of the heaps, within them
def test_what_is_held_is_counted(size: int) -> None:
    program = f"""
from segdesk.app.arenas import held
before = held()[0]
kept = [bytearray({size}) for _ in range({100_000_000 // size})]
grown = held()[0] - before
kept.clear()
print(grown, held()[0] - before)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    grown, left = map(int, done.stdout.split())
    assert 100_000_000 <= grown < 104_000_000
    assert left < 2_000_000
