"""Every reader of the program under one name: its valid seeds, and a function that reads a folder of input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tests.fuzz.mutate import Files


@dataclass(frozen=True)
class Reader:
    """`seeds(folder)`: valid inputs, made in an empty folder. `read(folder)`: reads the input that lies there and
    asserts what must hold of the value. `writes`: it may change its own input (a project, damaged settings).
    `network`: it may call this machine.
    `torch`: it is one of the engine process. `most_bytes`: memory that one input may take.
    """

    name: str
    seeds: Callable[[Path], Sequence[Files]]
    read: Callable[[Path], object]
    writes: bool = False
    network: bool = False
    torch: bool = False
    most_bytes: int = 400 << 20


MODULES = ("reading_pictures", "reading_labels", "reading_tables", "reading_network", "reading_cluster")
TORCH_MODULES = ("reading_weights",)


def readers(*, torch: bool | None = None) -> dict[str, Reader]:
    """All of them by name; `torch`: only those of the engine process, or only the others."""
    wanted = {None: MODULES + TORCH_MODULES, True: TORCH_MODULES, False: MODULES}[torch]
    found: list[Reader] = []
    for name in wanted:
        found += import_module(f"tests.fuzz.{name}").READERS
    return {reader.name: reader for reader in found}


def files_of(folder: Path) -> dict[str, bytes]:
    """The files below a folder as an input."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
