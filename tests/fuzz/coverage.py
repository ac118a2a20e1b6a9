"""Inputs led by coverage (atheris, which is libFuzzer for Python): what reaches new lines is broken further."""

from __future__ import annotations

import inspect
import os
import random
import sys
import tempfile
import time
from pathlib import Path

import atheris  # pyright: ignore[reportMissingImports]  # optional: scripts/fuzz.py looks for it first

from tests.fuzz.mutate import Link, mutated
from tests.fuzz.oracle import Arena, Judge
from tests.fuzz.readers import Reader
from tests.fuzz.worker import seeds_of


def lead(reader: Reader, inputs: int, seed: int, minutes: float, out: Path) -> int:
    """Run one reader; ends the process (that is libFuzzer's way). The fuzzer's bytes are the largest file of a seed, or
    where they begin with eight marks the seed of a broken input; what was found goes to `out`."""
    seeds = seeds_of(reader)
    folder = Path(tempfile.mkdtemp(prefix="segdesk-fuzz-"))
    arena, corpus = Arena(folder / "arena"), folder / "corpus"
    corpus.mkdir()
    out.mkdir(parents=True, exist_ok=True)
    for number, files in enumerate(seeds):
        name = _main_file(files)
        (corpus / f"seed{number}").write_bytes(bytes([number]) + _bytes(files[name]))
    os.environ.update({"TMPDIR": str(arena.temporary), "XDG_CACHE_HOME": str(arena.cache)})
    tempfile.tempdir = str(arena.temporary)
    judge, seen = Judge(arena), set[tuple[str, str]]()

    def one(data: bytes) -> None:
        files = dict(seeds[data[0] % len(seeds)] if data else seeds[0])
        if len(data) < 12 and data:  # too short to be a file: a number of the structured mutations
            files = mutated(files, seeds, random.Random(data))  # type: ignore[assignment]
        else:
            files[_main_file(files)] = data[1:]
        found, _ = judge.judge(
            files, reader.read, writes=reader.writes, network=reader.network, most_bytes=reader.most_bytes
        )
        for finding in found:
            if (finding.kind, finding.where) not in seen:
                seen.add((finding.kind, finding.where))
                (out / f"{reader.name.replace(' ', '-')}-atheris-{len(seen)}").write_bytes(data)
                print(f"FOUND {finding}", flush=True)

    _instrument()
    options = [
        f"-runs={inputs}",
        f"-seed={seed or 1}",
        "-max_len=65536",
        "-rss_limit_mb=2500",
        "-timeout=60",
        str(corpus),
    ]
    if minutes:
        options.insert(0, f"-max_total_time={int(minutes * 60)}")
    began = time.monotonic()
    atheris.Setup([sys.argv[0], *options], one)
    print(f"{reader.name}: {inputs} inputs led by coverage", flush=True)
    atheris.Fuzz()
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if seen else 0


def _instrument() -> None:
    """Count coverage in the functions of the program that are loaded, and in no library."""
    for module in [m for name, m in sys.modules.items() if name.startswith("segdesk.")]:
        for value in list(vars(module).values()):
            if inspect.isfunction(value) and value.__module__ == module.__name__:
                atheris.instrument_func(value)  # pyright: ignore[reportAttributeAccessIssue]  # its types lack it


def _main_file(files) -> str:  # type: ignore[no-untyped-def]
    return max(files, key=lambda name: len(_bytes(files[name])))


def _bytes(content: object) -> bytes:
    assert not isinstance(content, Link)
    return content if isinstance(content, bytes) else b""
