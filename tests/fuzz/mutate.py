"""Breaks valid input on purpose: a set of files in, a slightly wrong set of files out, the same for the same seed.

Each kind of file is taken apart and put together again (checksums and lengths made right, so that the damage reaches
what lies behind them), or damaged as plain bytes. Beside that files are renamed, removed, swapped and linked.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.fuzz import mutate_binary, mutate_text
from tests.fuzz.mutate_bytes import NAMES, damaged


@dataclass(frozen=True)
class Link:
    """A symbolic link in place of a file."""

    target: str


Content = bytes | Link
Files = Mapping[str, Content]  # relative POSIX path -> what lies there
Mutator = Callable[[bytes, random.Random], bytes]

BY_SUFFIX: dict[str, Mutator] = {
    ".json": mutate_text.json_bytes,
    ".geojson": mutate_text.json_bytes,
    ".xml": mutate_text.xml_bytes,
    ".toml": mutate_text.text_bytes,
    ".yaml": mutate_text.text_bytes,
    ".txt": mutate_text.text_bytes,
    ".csv": mutate_text.text_bytes,
    ".png": mutate_binary.png_bytes,
    ".tif": mutate_binary.tiff_bytes,
    ".npz": mutate_binary.zip_bytes,
    ".npy": mutate_binary.npy_bytes,
    ".http": mutate_text.http_bytes,
    ".ply": mutate_text.headed_bytes,
    ".safetensors": mutate_binary.safetensors_bytes,
    ".segdesk": mutate_binary.sqlite_bytes,
    ".pkl": mutate_binary.pickle_bytes,
}
MOST_BYTES = 4 << 20  # of one input; the bombs unpack to more


def mutated(files: Files, others: Sequence[Files], rng: random.Random) -> dict[str, Content]:
    """A broken copy of `files`; pieces may come from the `others`."""
    result = dict(files)
    for _ in range(1 + min(5, int(rng.expovariate(1.0)))):
        if rng.random() < 0.08:
            with suppress(ValueError):  # a name that no path can have
                _move(result, rng)
        else:
            _damage(result, others, rng)
    return {name: data for name, data in result.items() if isinstance(data, Link) or len(data) <= MOST_BYTES}


def _damage(files: dict[str, Content], others: Sequence[Files], rng: random.Random) -> None:
    names = [name for name, data in files.items() if isinstance(data, bytes)]
    if not names:
        return
    name = rng.choice(names)
    data = files[name]
    assert isinstance(data, bytes)
    clever = mutator_of(name, data)
    if clever is not None and rng.random() < 0.7:
        try:
            files[name] = clever(data, rng)
        except Exception:  # not whole any more after an earlier damage
            files[name] = damaged(data, rng)
    else:
        donor = rng.choice(others) if others else files
        pieces = [piece for piece in donor.values() if isinstance(piece, bytes)]
        files[name] = damaged(data, rng, rng.choice(pieces) if pieces else b"")


def mutator_of(name: str, data: bytes) -> Mutator | None:
    """What takes a file of this kind apart."""
    if data[:4] == b"PK\x03\x04":
        return mutate_binary.zip_bytes
    return BY_SUFFIX.get(PurePosixPath(name).suffix.lower())


def _move(files: dict[str, Content], rng: random.Random) -> None:
    """Rename, remove, swap, double or link a file."""
    if not files:
        return
    name, other = rng.choice(list(files)), rng.choice(list(files))
    match rng.randrange(6):
        case 0:
            files.pop(name)
        case 1:
            files[name], files[other] = files[other], files[name]
        case 2:
            suffix = PurePosixPath(name).suffix
            files[str(PurePosixPath(name).with_name(rng.choice(NAMES)[:60].replace("/", "_") + suffix))] = files.pop(
                name
            )
        case 3:
            files[name] = Link(rng.choice(["../outside/secret.png", "../outside", ".", "..", name, "nowhere"]))
        case 4:
            files[f"{name}/inside"] = files.pop(name)  # a folder of that name
        case _:
            files[str(PurePosixPath(name).with_name("copy of " + PurePosixPath(name).name))] = files[name]
