"""The driver's side of a run on Ray: starts workers, hands out parts, gives what fails to another worker, replaces
workers that die. Ray is loaded when a run begins, and counts nothing and tells nobody.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from segdesk import __version__
from segdesk.app.cluster_source import Picture
from segdesk.app.cluster_store import require
from segdesk.app.cluster_worker import ClusterWorker, Order, PartDone, Ready, torch_version
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.messages import usable_cores

START_SECONDS = 30.0  # for so long pictures that failed wait for a worker of the first ones that is still starting
POLL_SECONDS = 0.2  # between two looks at the cancel token
KNOCK_SECONDS = 10.0  # for the cluster's port to open
STOP_SECONDS = 5.0  # for workers that have nothing to do
MOST_DEATHS = 16  # of workers, with no part finished in between: it is not the pictures
STORE_BYTES = 80 << 20  # of Ray's shared memory on this machine; only weights travel through it

NOTE_TORCH = N_("Worker {host} has torch {there}, this machine {here}: the last bits of answers may differ.")


@dataclass(frozen=True)
class Crew:
    """How many workers there shall be; 0 = as the cluster has nodes (or graphics cards). `address`: of a Ray cluster,
    "auto" = the one of this machine, "" = workers on this machine alone. `cores`: of each, 0 = their share."""

    address: str = ""
    workers: int = 0
    cores: int = 0


@dataclass(frozen=True)
class Task:
    """Pictures of a part. `tries`: how often they have failed; `deaths`: of workers on them; `avoid`: workers that
    these pictures failed on."""

    pictures: tuple[Picture, ...]
    tries: int = 0
    deaths: int = 0
    avoid: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """What a run gives piece by piece. `part`: the name of a part with answers, or "". `failed`: pictures that are
    given up, with the reason and whether it was the picture that could not be read."""

    part: str
    failed: tuple[tuple[Picture, SegDeskError, bool], ...] = ()


@dataclass(eq=False)
class _Member:
    """A worker; `ready` once it has started; `replaces`: one that died; `pid`: of its process, on `host`."""

    number: int
    actor: Any
    replaces: bool
    host: str = ""
    pid: int = 0
    ready: bool = False


@dataclass(eq=False)
class Driver:
    """One run. `name_part()` gives a name that no part has had; `tries`: of a picture, in all; `deaths`: so many
    workers may die of a part before it is divided; `worker`: the class of the workers.

    Use it in one thread, inside `connected`: `start`, then `outcomes`, and `close` whatever happened."""

    crew: Crew
    order: Order
    name_part: Callable[[], str]
    tries: int = 3
    cancelled: Callable[[], bool] = lambda: False
    notes: dict[str, None] = field(default_factory=dict)
    deaths: int = 4
    worker: type = ClusterWorker
    workers: int = 0
    _ray: Any = None
    _waiting: list[Task] = field(default_factory=list)
    _running: dict[Any, tuple[_Member, Task | None]] = field(default_factory=dict)
    _idle: list[_Member] = field(default_factory=list)
    _numbers: int = 0
    _began: float = 0.0
    _deaths: int = 0
    _resources: dict[str, float] = field(default_factory=dict)
    _sent: dict[str, Any] = field(default_factory=dict)

    def start(self) -> None:
        """Ask for the workers. Raises `SegDeskError` outside `connected`."""
        import ray

        if not ray.is_initialized():
            raise SegDeskError("There is no connection to a Ray cluster.", "Run with --ray.")
        self._ray = ray
        count, self._resources = shares(ray, self.crew, self.order.plan.device)
        self.workers = count
        self.order = replace(self.order, cores=int(self._resources["num_cpus"]))
        self._began = time.monotonic()
        for _ in range(count):
            self._hire(replaces=False)

    def close(self) -> None:
        """End the workers. Parts that are written stay."""
        if self._ray is None:
            return
        stopping = [member.actor.stop.remote() for member in self._idle]
        if stopping:
            self._ray.wait(stopping, num_returns=len(stopping), timeout=STOP_SECONDS)
        for member in [*self._idle, *(m for m, _ in self._running.values())]:
            self._ray.kill(member.actor)
        self._running.clear()
        self._idle.clear()

    @property
    def members(self) -> list[tuple[str, int]]:
        """(host, process id) of the workers that have started."""
        found = [*self._idle, *(m for m, _ in self._running.values())]
        return [(m.host, m.pid) for m in found if m.ready]

    def outcomes(self, pictures: Iterable[Sequence[Picture]]) -> Generator[Outcome, None, None]:
        """Segment pictures, given part by part; yields in the order in which parts are done. Raises `SegDeskError` if
        the run as a whole cannot go on, and `Cancelled`."""
        source = iter(pictures)
        more = True
        while True:
            more = self._hand_out(source) and more
            if not more and not self._waiting and all(task is None for _, task in self._running.values()):
                return
            if self.cancelled():
                raise Cancelled
            done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=POLL_SECONDS)
            for reference in done:
                yield from self._collect(reference)

    # -- workers -------------------------------------------------------------------------------------------------

    def _hire(self, *, replaces: bool) -> None:
        self._numbers += 1
        made = self._ray.remote(self.worker).options(
            **self._resources, max_restarts=0, scheduling_strategy="SPREAD", name=None
        )
        member = _Member(self._numbers, made.remote(self.order), replaces)
        self._running[member.actor.prepare.remote()] = (member, None)

    def _hand_out(self, source: Iterator[Sequence[Picture]]) -> bool:
        """Give every idle worker a part: one that waits, if it may have it, else a new one. False: there are no more
        new ones."""
        more = True
        for member in list(self._idle):
            task = next((t for t in self._waiting if self._may(member, t)), None)
            if task is not None:
                self._waiting.remove(task)
            elif more and (chunk := next(source, None)) is not None:
                task = Task(tuple(chunk))
            else:
                more = False
                continue
            self._idle.remove(member)
            self._running[member.actor.part.remote(self.name_part(), task.pictures)] = (member, task)
        return more

    def _may(self, member: _Member, task: Task) -> bool:
        """Pictures that failed go to another worker, as far as there is one (or will be soon)."""
        early = time.monotonic() - self._began < START_SECONDS
        members = [*self._idle, *(m for m, _ in self._running.values())]
        others = [m for m in members if m.ready or (early and not m.replaces)]
        return member.number not in task.avoid or all(m.number in task.avoid for m in others)

    def _collect(self, reference: Any) -> Generator[Outcome, None, None]:
        member, task = self._running.pop(reference)
        try:
            value = self._ray.get(reference)
            if isinstance(value, Ready):
                self._greet(member, value)
        except self._ray.exceptions.RayError as error:
            yield from self._died(member, task, error)
            return
        if isinstance(value, PartDone) and task is not None:
            self._deaths = 0
            self._idle.append(member)
            yield self._taken(member, task, value)
        elif isinstance(value, SegDeskError):
            self._refused(member, task, value)

    def _taken(self, member: _Member, task: Task, done: PartDone) -> Outcome:
        """A part is there; what failed in it is tried elsewhere, or given up."""
        tries = task.tries + 1
        if done.failed and tries < self.tries:
            again = tuple(picture for picture, _, _ in done.failed)
            self._waiting.append(Task(again, tries, avoid=task.avoid | {member.number}))
            return Outcome(done.name)
        return Outcome(done.name, done.failed)

    def _refused(self, member: _Member, task: Task | None, error: SegDeskError) -> None:
        """A worker could not start, or not write its part (a full disk): others may."""
        if task is None or task.tries + 1 >= self.tries:
            raise error
        self._idle.append(member)
        self._waiting.append(replace(task, tries=task.tries + 1, avoid=task.avoid | {member.number}))

    def _died(self, member: _Member, task: Task | None, error: Exception) -> Generator[Outcome, None, None]:
        """A worker or its node is gone. Its part is done again elsewhere; one that kills its workers is divided, until
        the picture to blame is alone and given up."""
        self._ray.kill(member.actor)  # one that is only out of reach must not go on
        self._deaths += 1
        if self._deaths >= MOST_DEATHS or (task is None and self._deaths >= self.tries and not self._started()):
            raise SegDeskError(
                "The workers end again and again: {reason}",
                "See their logs on the cluster; SegDesk with the same version must be installed on every node.",
                reason=_reason(error),
            ) from error
        self._hire(replaces=True)
        if task is None:
            return
        deaths, half = task.deaths + 1, len(task.pictures) // 2
        if deaths < self.deaths:
            self._waiting.insert(0, replace(task, deaths=deaths))
        elif half:
            parts = task.pictures[:half], task.pictures[half:]
            self._waiting[:0] = [replace(task, pictures=part, deaths=self.deaths - 1) for part in parts]
        else:
            reason = SegDeskError("The worker died while it worked on this picture.", "Look at the picture alone.")
            yield Outcome("", ((task.pictures[0], reason, False),))

    def _started(self) -> bool:
        return bool(self._idle) or any(m.ready for m, _ in self._running.values())

    def _greet(self, member: _Member, ready: Ready) -> None:
        """A worker is there: the same SegDesk, and the weights where it has none."""
        if ready.segdesk != __version__:
            raise SegDeskError(
                "The worker on {host} has SegDesk {there}, this machine {here}.",
                "Install the same version everywhere.",
                host=ready.host,
                there=ready.segdesk,
                here=__version__,
            )
        if ready.torch != torch_version():
            note = SegDeskError(NOTE_TORCH, host=ready.host, there=ready.torch, here=torch_version())
            self.notes[note.text()] = None
        member.ready, member.host, member.pid = True, ready.host, ready.pid
        for card_id in ready.missing:
            kept = self._ray.get(member.actor.take_weights.remote(card_id, self._weights(card_id)))
            if isinstance(kept, SegDeskError):
                raise kept
        self._idle.append(member)

    def _weights(self, card_id: str) -> Any:
        """A reference to the weights in the cluster's memory, put there once."""
        path = Path(self.order.plan.weights[card_id])
        if not path.is_file():
            raise SegDeskError(
                "The weights in the folder {folder} are not on every worker.",
                "Put them where all nodes find them under this path.",
                folder=str(path),
            )
        if card_id not in self._sent:
            self._sent[card_id] = self._ray.put(path.read_bytes())
        return self._sent[card_id]


# -- the cluster -------------------------------------------------------------------------------------------------------


@contextmanager
def connected(crew: Crew) -> Iterator[None]:
    """A connection to the cluster at the address, or to one of this machine alone that ends with the block; that which
    is there already is used and left. Call it in the main thread: what it asks of SIGTERM stays as it was. Raises
    `SegDeskError` where Ray is missing or the cluster cannot be reached."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when ray is imported
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    require("ray")
    import ray

    if ray.is_initialized():
        yield
        return
    logging.getLogger("ray").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        try:
            _knock(crew.address)
            with _kept_signals(), chdir(empty):  # the workers import from where it was begun: not from a picture folder
                ray.init(**_init_arguments(crew))
        except Exception as error:  # what Ray raises is not settled: ConnectionError, RuntimeError and its own
            raise SegDeskError(
                "There is no Ray cluster at {address}: {reason}.",
                "Start one with: ray start --head, or leave the address away to work on this machine.",
                address=crew.address or "this machine",
                reason=_reason(error).rstrip("."),
            ) from error
        try:
            yield
        finally:
            ray.shutdown()


def _init_arguments(crew: Crew) -> dict[str, Any]:
    quiet: dict[str, Any] = {"log_to_driver": False, "configure_logging": False}
    if crew.address:
        return {"address": crew.address, **quiet}
    cores = max(crew.workers * crew.cores, usable_cores())
    return {
        "address": "local",
        "num_cpus": cores,
        "include_dashboard": False,
        "object_store_memory": STORE_BYTES,
        **quiet,
    }


def _knock(address: str) -> None:
    """Raise OSError at once where nobody listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if host:
        socket.create_connection((host.strip("[]"), int(port)), KNOCK_SECONDS).close()


@contextmanager
def _kept_signals() -> Iterator[None]:
    """Ray takes SIGTERM for itself, with a stack trace on the screen."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def shares(ray: Any, crew: Crew, device: str) -> tuple[int, dict[str, float]]:
    """(workers, what each one gets): a worker a graphics card where the cluster has some and the run may use them,
    else one a node with all of its cores; or as many as are wanted, with their share of the cores."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    cores = [int(node.get("CPU", 0)) for node in nodes if node.get("CPU", 0) >= 1] or [1]
    cards = sum(int(node.get("GPU", 0)) for node in nodes) if device != "cpu" else 0
    count = crew.workers or cards or len(cores)
    share = crew.cores or max(1, min(min(cores), sum(cores) // count))
    resources: dict[str, float] = {"num_cpus": share}
    if cards:
        resources["num_gpus"] = 1 if count <= cards else cards / count
    return count, resources


def _reason(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
