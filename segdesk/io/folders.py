"""Weights that are a folder, as Hugging Face keeps them: settings in JSON and the parameters beside them. Fetched file
by file; each gets its name only after a look into it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import urllib.error
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from segdesk.domain.card import ModelCard, WeightsSpec
from segdesk.domain.errors import SegDeskError
from segdesk.io.fetching import Progress, Short, fetch, unwritable

MAX_HEADER = 100 << 20  # bytes of a safetensors header


def whole(path: Path, files: Sequence[str]) -> bool:
    """Whether the folder has all files. A name "a|b" stands for either."""
    return all(_there(path, name) is not None for name in files)


def size(path: Path) -> int:
    """Bytes of the folder's files."""
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file())


def _there(folder: Path, name: str) -> Path | None:
    for choice in name.split("|"):
        try:
            if (folder / choice).stat().st_size > 0:
                return folder / choice
        except OSError:
            continue
    return None


def adopt(card: ModelCard, source: Path, folder: Path) -> Path:
    """Copy a folder that the person located (or the folder of the file that was located) into the model folder, under
    the card's name. Raises `SegDeskError` where a file is missing or damaged."""
    spec = _spec(card)
    source = source if source.is_dir() else source.parent
    found = [_there(source, name) for name in spec.files]
    for name, path in zip(spec.files, found, strict=True):
        if path is None:
            raise _lacks(card, source, name)
        check(path)
    target = folder / spec.file
    if target.exists() and target.samefile(source):
        return target
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=f".{target.name}.") as beside:
            for path in found:
                assert path is not None
                shutil.copy2(path, beside)
            target.mkdir(exist_ok=True)
            for path in Path(beside).iterdir():
                os.replace(path, target / path.name)
    except OSError as error:
        raise unwritable(folder, error) from error
    return target


def download(card: ModelCard, folder: Path, *, progress: Progress, cancelled: Callable[[], bool]) -> Path:
    """Fetch the card's files into `folder/NAME`; returns that folder. What is there already is not fetched again, and
    what arrived of a file stays as its `.part`. Blocks. Raises `SegDeskError`, `Cancelled`, and as `fetch` does."""
    spec = _spec(card)
    target = folder / spec.file
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    before = 0
    for name in spec.files:
        start = before

        def part(done: int, total: int, start: int = start) -> None:
            progress(start + done, max(spec.bytes, start + total))

        path = _there(target, name) or _fetched(spec, name, target, part, cancelled)
        before += path.stat().st_size
    return target


def _fetched(spec: WeightsSpec, name: str, target: Path, progress: Progress, cancelled: Callable[[], bool]) -> Path:
    """One file, from the first address that has it, under the first of its names that is there."""
    failure: Exception = urllib.error.URLError("no address")
    for base in spec.urls:
        for choice in name.split("|"):
            part = target / f"{choice}.part"
            try:
                told = fetch(base + choice, part, 0, progress, cancelled)
            except (urllib.error.URLError, TimeoutError, ConnectionError, Short) as error:
                failure = error
                if isinstance(error, urllib.error.HTTPError) and error.code == 404:
                    continue  # it may be there under its other name
                break
            _accept(part, target / choice, told)
            return target / choice
    raise failure


def _accept(part: Path, target: Path, told: str) -> None:
    """Give a finished part its name; a damaged one is useless and goes away."""
    try:
        if told:
            with part.open("rb") as stream:
                found = hashlib.file_digest(stream, "sha256").hexdigest()
            if found != told:
                raise _damaged(target, "its checksum is not the one that the server tells")
        check(part, target.name)
        os.replace(part, target)
    except SegDeskError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    except OSError as error:
        raise unwritable(target.parent, error) from error


def check(path: Path, name: str = "") -> None:
    """Raise `SegDeskError` unless a .json file is JSON and a .safetensors file as long as its header says."""
    name = name or path.name
    try:
        if name.endswith(".json"):
            json.loads(path.read_text(encoding="utf-8"))
        elif name.endswith(".safetensors"):
            _check_tensors(path)
    except OSError as error:
        raise _damaged(path.with_name(name), error.strerror or str(error)) from error
    except Exception as error:  # whatever a damaged table has in the place of what is looked for
        raise _damaged(path.with_name(name), "it is not what its name says") from error


def _check_tensors(path: Path) -> None:
    """The header of a safetensors file: 8 bytes of length, JSON, then as many bytes as its tensors take."""
    bytes_in_all = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 2 <= length <= min(MAX_HEADER, bytes_in_all - 8):
            raise ValueError("the header is cut off")
        table = json.loads(stream.read(length))
    ends = [int(entry["data_offsets"][1]) for key, entry in table.items() if key != "__metadata__"]
    if 8 + length + max(ends, default=0) != bytes_in_all:
        raise ValueError("the tensors are cut off")


def _spec(card: ModelCard) -> WeightsSpec:
    assert card.weights is not None
    return card.weights


def _lacks(card: ModelCard, folder: Path, name: str) -> SegDeskError:
    return SegDeskError(
        "The folder {folder} is not the one of {model}: it has no {file}.",
        "Choose the folder that has all of: {files}.",
        folder=folder.name,
        model=card.name.en,
        file=name.replace("|", " / "),
        files=", ".join(_spec(card).files).replace("|", " / "),
    )


def _damaged(path: Path, reason: str) -> SegDeskError:
    return SegDeskError(
        "The file {file} is damaged: {reason}.",
        "Download it again.",
        file=path.name,
        reason=reason,
    )
