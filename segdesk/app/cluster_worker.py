"""One worker of a cluster run: reads pictures, has them answered by an engine process of its own and writes parts.

The class knows nothing of Ray; `cluster_driver` makes an actor of it. All its methods give errors as values: what is
raised over there would come back as a traceback.
"""

from __future__ import annotations

import os
import socket
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from segdesk import __version__
from segdesk.app import cluster_source
from segdesk.app.cluster_parts import Row, encode
from segdesk.app.cluster_source import Picture
from segdesk.app.cluster_store import Place
from segdesk.app.engine_process import EngineProcess
from segdesk.app.models import Models, RunPlan
from segdesk.app.prefetch import read_ahead
from segdesk.app.reading import Reading, reader
from segdesk.app.worker import readable
from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines.messages import MOST_LANES, Answer, PredictRequest
from segdesk.io import weights

MEMORY_LANES = 16  # more pictures side by side want more memory than a usual node has for each core
THREADS_VARIABLE = "OMP_NUM_THREADS"  # Ray sets it for its workers; the bits of large pictures depend on it


@dataclass(frozen=True, eq=False)
class Order:
    """What all workers of a run are told. `lane_threads`: threads of a picture's forward pass, equal everywhere, so
    that the bits are; `omp_threads`: the driver's `OMP_NUM_THREADS`, "" where it has none. `cores`: a worker's share.
    `model_folders`: looked through for weights, besides the worker's own."""

    plan: RunPlan
    out: str
    parts: str
    lane_threads: int
    omp_threads: str
    cores: int
    model_folders: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ready:
    """A worker that has started. `segdesk`, `torch`: versions; `missing`: ids of cards whose weights are not there:
    send them with `take_weights`."""

    host: str
    pid: int
    segdesk: str
    torch: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class PartDone:
    """A part that is written. `failed`: pictures without an answer, with the reason."""

    name: str
    answered: int
    failed: tuple[tuple[Picture, SegDeskError, bool], ...]
    seconds: float
    nbytes: int


class ClusterWorker:
    """See the module. One call at a time."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._paths: dict[str, str] = {}
        if order.omp_threads:
            os.environ[THREADS_VARIABLE] = order.omp_threads
        else:
            os.environ.pop(THREADS_VARIABLE, None)
        lanes = max(min(MOST_LANES, order.cores), min(MEMORY_LANES, order.cores // order.lane_threads))
        self._ahead = lanes + 1
        self._engine = EngineProcess(lanes=lanes, lane_threads=order.lane_threads)

    def prepare(self) -> Ready | SegDeskError:
        """Start the engine and look for the weights."""
        try:
            self._engine.start()
            return Ready(socket.gethostname(), os.getpid(), __version__, torch_version(), self._missing())
        except Exception as error:
            return readable(error)

    def _missing(self) -> tuple[str, ...]:
        """Finds the weights where the driver has them (a shared folder), else in this machine's own folders. A file of
        that name that is another one counts as none: the driver then sends its own."""
        models = Models([Path(f) for f in self._order.model_folders])
        for card in self._cards():
            places = Path(self._order.plan.weights[card.id]), weights.status(card, models.folders).path
            found = next((path for path in places if path is not None and _is_of(path, card)), None)
            if found is not None:
                self._paths[card.id] = str(found)
        return tuple(card.id for card in self._cards() if card.id not in self._paths)

    def _cards(self) -> list[ModelCard]:
        plan = self._order.plan
        return [card for card in (plan.card, *plan.parts.values()) if card.id in plan.weights]

    def take_weights(self, card_id: str, data: bytes) -> str | SegDeskError:
        """Keep a weights file that the driver sent in this machine's cache, if its hash is right; returns its path."""
        card = next(c for c in self._cards() if c.id == card_id)
        try:
            with tempfile.TemporaryDirectory(prefix="segdesk-sent-") as sent:
                file = Path(sent) / Path(self._order.plan.weights[card_id]).name
                file.write_bytes(data)
                self._paths[card_id] = str(weights.adopt(card, file, weights.weights_cache()))
            return self._paths[card_id]
        except Exception as error:
            return readable(error)

    def part(self, name: str, pictures: Sequence[Picture]) -> PartDone | SegDeskError:
        """Segment pictures and write the part; what it gives is in the part, too. An error: nothing was written."""
        begin = time.monotonic()
        try:
            rows = self._rows(pictures)
            data = encode(rows, self._order.parts)
            Place(self._order.out).write(name, data)
        except Exception as error:
            return readable(error)
        by_name = {picture.name: picture for picture in pictures}
        failed = tuple((by_name[r.name], r.error, r.unreadable) for r in rows if r.error is not None)
        return PartDone(name, len(rows) - len(failed), failed, time.monotonic() - begin, len(data))

    def _rows(self, pictures: Sequence[Picture]) -> list[Row]:
        """What becomes of each picture, in order."""
        replies: dict[str, object] = {}
        plan = replace(self._order.plan, weights=self._paths)
        with (
            closing(self._requests(plan, pictures, replies)) as requests,
            closing(self._replies(requests)) as answers,
        ):
            for name, reply in answers:
                replies[name] = reply
        return [_row(picture, replies[picture.name]) for picture in pictures]

    def _requests(
        self, plan: RunPlan, pictures: Sequence[Picture], replies: dict[str, object]
    ) -> Generator[PredictRequest, None, None]:
        """Requests with decoded pictures; for those that cannot be read the reply is known at once."""
        where = {picture.name: picture.where for picture in pictures}
        items: Iterator[tuple[str, Path]] = ((name, Path(name)) for name in where)
        read_file = reader(plan)

        def read(name: Path) -> Reading:
            return cluster_source.read(where[name.as_posix()], read_file)

        with closing(read_ahead(items, read=read)) as readings:
            for name, found in readings:
                if isinstance(found, SegDeskError):
                    replies[name] = _Unreadable(found)
                else:
                    yield found.request(plan, name)

    def _replies(self, requests: Iterator[PredictRequest]) -> Generator[tuple[str, object], None, None]:
        yield from self._engine.answer_many(requests, ahead=self._ahead)

    def stop(self) -> None:
        """End the engine."""
        self._engine.stop()


def _is_of(path: Path, card: ModelCard) -> bool:
    """Whether a card's weights are there, by their hash. A folder is taken as it is."""
    if not path.is_file():
        return path.exists()
    try:
        weights.verify(path, card)
    except SegDeskError:
        return False
    return True


@dataclass(frozen=True)
class _Unreadable:
    error: SegDeskError


def _row(picture: Picture, reply: object) -> Row:
    if isinstance(reply, Answer):
        return Row(picture.name, picture.where, reply)
    if isinstance(reply, _Unreadable):
        return Row(picture.name, picture.where, None, reply.error, unreadable=True)
    error = reply if isinstance(reply, SegDeskError) else SegDeskError("The model gave no answer.", "Try again.")
    return Row(picture.name, picture.where, None, error)


def torch_version() -> str:
    """The version of torch here, without loading it."""
    with suppress(PackageNotFoundError):
        return version("torch")
    return ""
