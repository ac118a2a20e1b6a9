"""Damage to plain bytes, and the numbers, names and words that readers stumble over."""

from __future__ import annotations

import random

INTEGERS = (0, 1, -1, 2, 7, 127, 128, 255, 256, 32_767, 65_535, 65_536, 1 << 24, (1 << 31) - 1, 1 << 31, (1 << 32) - 1)
BIG = (1 << 53, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 10**30, -(10**30), -(1 << 31))
NAMES = (
    "../outside/secret.png",
    "..\\outside\\secret.png",
    "../../../../../../etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "//server/share/x.png",
    "a\0b.png",
    "x" * 300,
    "x" * 70_000,
    "a/" * 3000 + "b.png",
    "",
    " ",
    ".",
    "..",
    "con",
    "a\nb\rc.png",
    "\u202egnp.exe",
    "\ufeff",
    "é" * 200,
    "%s%n{0}{name}",
    "~/.bashrc",
    "$HOME",
    "-rf",
)


def damaged(data: bytes, rng: random.Random, other: bytes = b"") -> bytes:
    """The bytes with one piece changed, cut, doubled, moved or taken from another file."""
    if not data:
        return rng.randbytes(rng.randrange(1, 64))
    at = rng.randrange(len(data))
    length = rng.choice((1, 1, 2, 4, 8, 16, 64, max(1, len(data) // 4)))
    head, tail = data[:at], data[at + length :]
    start, number = rng.randrange(len(data)), number_bytes(rng)
    choices = (
        lambda: head + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :],
        lambda: head + rng.randbytes(length) + tail,
        lambda: head,
        lambda: head + tail,
        lambda: head + data[start : start + length] * rng.choice((1, 2, 8)) + data[at:],
        lambda: head + number + data[at + len(number) :],
        lambda: head + (other or data)[rng.randrange(len(other or data)) :],
        lambda: head + bytes([rng.choice((0, 255, 10, 32))]) * length + tail,
        lambda: _flipped(data, rng),
    )
    return rng.choice(choices)()


def _flipped(data: bytes, rng: random.Random) -> bytes:
    flips = bytearray(data)
    for _ in range(rng.choice((2, 5, 20))):
        flips[rng.randrange(len(flips))] = rng.randrange(256)
    return bytes(flips)


def number_bytes(rng: random.Random) -> bytes:
    """An extreme number of 1, 2, 4 or 8 bytes in either order."""
    size = rng.choice((1, 2, 4, 8))
    return (rng.choice(INTEGERS) % (1 << 8 * size)).to_bytes(size, rng.choice(("little", "big")))
