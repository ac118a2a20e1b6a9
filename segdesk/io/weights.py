"""Weights files: where a card's file is, download with resume and hash check, and adoption of a file from disk."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import urllib.error
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from segdesk.domain.card import ModelCard, WeightsSpec
from segdesk.domain.errors import SegDeskError
from segdesk.io import folders as hub_folders
from segdesk.io.fetching import BLOCK, Progress, Short, fetch, unwritable
from segdesk.paths import user_cache_dir

SIZE_TOLERANCE = 0.01  # publishers give rounded sizes; the hash decides


@dataclass(frozen=True)
class WeightsStatus:
    """Where a card's weights are.

    `kind`: "shipped" (came with the card), "here" (in a model folder or the cache), "download" (has an address),
    "missing" (a person must locate the file), "untrained" (nobody has published any: train it, or locate a file of
    one's own), "not_needed". `path`: the file, or None. `bytes`: its size, or what the card says of it; 0 = unknown.
    """

    kind: str
    path: Path | None = None
    bytes: int = 0


def weights_cache() -> Path:
    """Where downloads go: the last folder that `status` looks in."""
    return user_cache_dir() / "weights"


def status(card: ModelCard, folders: Sequence[Path] = ()) -> WeightsStatus:
    """Where the weights are: beside the card, in `folders` in their order, in the cache. Looks at names and, where
    the card knows it, the size; the hash is checked once, when a file comes in (`download`, `adopt`) or by `verify`."""
    spec = card.weights
    if spec is None:
        return WeightsStatus("not_needed")
    beside = Path(card.origin).parent if card.origin else None
    for folder in (beside, *folders, weights_cache()):
        if folder is None:
            continue
        path = folder / spec.file
        if _fits(path, spec):
            size = hub_folders.size(path) if spec.files else path.stat().st_size
            return WeightsStatus("shipped" if folder == beside else "here", path, size)
    return _absent(card)


def _absent(card: ModelCard) -> WeightsStatus:
    """The state of a card whose file is nowhere."""
    spec = card.weights
    if spec is None:
        return WeightsStatus("not_needed")
    if spec.urls:
        return WeightsStatus("download", None, spec.bytes)
    return WeightsStatus(
        "untrained" if card.trainable and not (spec.sha256 or spec.page) else "missing", None, spec.bytes
    )


def statuses(cards: Sequence[ModelCard], folders: Sequence[Path] = ()) -> dict[str, WeightsStatus]:
    """`status` of many cards by id. Each folder is looked through once, which is quick for hundreds of cards."""
    beside = {Path(card.origin).parent for card in cards if card.origin}
    somewhere = set[str]().union(*map(_names, {*beside, *folders, weights_cache()}))
    return {card.id: _absent(card) if _file(card) not in somewhere else status(card, folders) for card in cards}


def _names(folder: Path) -> set[str]:
    try:
        return set(os.listdir(folder))
    except OSError:
        return set()


def _file(card: ModelCard) -> str:
    return card.weights.file if card.weights else ""


def _fits(path: Path, spec: WeightsSpec) -> bool:
    if spec.files:
        return hub_folders.whole(path, spec.files)
    try:
        size = path.stat().st_size
    except OSError:
        return False
    return path.is_file() and size > 0 and abs(size - (spec.bytes or size)) <= SIZE_TOLERANCE * size


def verify(path: Path, card: ModelCard) -> None:
    """Raise `SegDeskError` unless the file has the hash that the card gives. A card without a hash admits any file."""
    spec = _spec(card)
    try:
        with path.open("rb") as stream:
            kind = _md5 if spec.md5 and not spec.sha256 else hashlib.sha256
            found = hashlib.file_digest(stream, kind).hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not found.startswith(spec.sha256 or spec.md5):
        raise _wrong_hash(path.name, card)


def _md5() -> hashlib._Hash:
    """It tells a whole file from a broken one; whether something harmful is in it is asked when it is read."""
    return hashlib.md5(usedforsecurity=False)


def adopt(card: ModelCard, file: Path, folder: Path) -> Path:
    """Copy a file that the person located into the model folder, under the card's name, once its hash is right."""
    if _spec(card).files:
        return hub_folders.adopt(card, file, folder)
    verify(file, card)
    target = folder / _spec(card).file
    if target.exists() and target.samefile(file):
        return target
    folder.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as sink, file.open("rb") as source:
            shutil.copyfileobj(source, sink, BLOCK)
        os.replace(name, target)
    except OSError as error:
        Path(name).unlink(missing_ok=True)
        raise unwritable(folder, error) from error
    return target


def download(
    card: ModelCard,
    folder: Path,
    *,
    progress: Progress = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Path:
    """Fetch the card's weights into `folder`; returns the file. Blocks: call it from a worker thread.

    Of a card with `files` the file is a folder. The addresses are tried in order. What arrived stays as `NAME.part`
    when the line breaks or the person cancels, and the next call goes on from there. The file gets its name only after
    the hash was right. `progress(done, total)` in bytes, total 0 = unknown. Proxies are taken from the environment.
    Raises `SegDeskError`, `Cancelled`.
    """
    spec = _spec(card)
    if spec.files:
        try:
            return hub_folders.download(card, folder, progress=progress, cancelled=cancelled)
        except (urllib.error.URLError, TimeoutError, ConnectionError, Short) as error:
            raise _unreachable(card, error) from error
    target = folder / spec.file
    part = folder / f"{spec.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    failure: Exception | None = None
    for url in spec.urls:
        try:
            fetch(url, part, spec.bytes, progress, cancelled)
            _accept(part, target, card)
            return target
        except (urllib.error.URLError, TimeoutError, ConnectionError, Short) as error:
            failure = error
    raise _unreachable(card, failure)


def _accept(part: Path, target: Path, card: ModelCard) -> None:
    """Give the finished part its name; a part with a wrong hash is useless and goes away."""
    try:
        verify(part, card)
    except SegDeskError:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise _wrong_hash(target.name, card) from None
    try:
        os.replace(part, target)
    except OSError as error:
        raise unwritable(target.parent, error) from error


def _spec(card: ModelCard) -> WeightsSpec:
    if card.weights is None:
        raise SegDeskError("The model {model} needs no weights file.", model=card.name.en)
    return card.weights


def _wrong_hash(name: str, card: ModelCard) -> SegDeskError:
    return SegDeskError(
        "The file {file} is not the weights file of {model}: its checksum differs.",
        "Download it again, or choose the file with the checksum {sha256}.",
        file=name,
        model=card.name.en,
        sha256=_spec(card).sha256 or _spec(card).md5,
    )


def _unreachable(card: ModelCard, failure: Exception | None) -> SegDeskError:
    spec = _spec(card)
    if failure is None:
        return SegDeskError(
            "The weights of {model} have no address to download from.",
            "Get the file {file} and choose it with “Locate file”.",
            model=card.name.en,
            file=spec.file,
        )
    if isinstance(failure, urllib.error.HTTPError):
        return SegDeskError(
            "The server does not give out the weights of {model} (answer {code}).",
            "Try again later, or get the file {file} elsewhere and choose it with “Locate file”.",
            model=card.name.en,
            code=failure.code,
            file=spec.file,
        )
    return SegDeskError(
        "The weights of {model} could not be downloaded: no connection to the server.",
        "Check the network, or copy the file {file} into a model folder. What has arrived is kept.",
        model=card.name.en,
        file=spec.file,
    )


def _unreadable(path: Path, error: OSError) -> SegDeskError:
    return SegDeskError(
        "The file {file} cannot be read: {reason}.",
        "Check that it exists and that you may open it.",
        file=path.name,
        reason=error.strerror or str(error),
    )
