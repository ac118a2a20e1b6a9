"""The queue of runs over many pictures: what waits, what runs, what came of it, and how each picture of a run fares.
No threads and no files: the window drives it, `Queueing` keeps it in the project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Literal

import numpy as np

from segdesk.app.desk import Desk
from segdesk.app.jobs import Context
from segdesk.app.refinements import stored
from segdesk.app.reports import BatchBegun, BatchResult, BatchStep
from segdesk.app.workers import Workers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging, RunOptions
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow

META = "batch_queue"  # under this key of the project
KEPT_ORDERS = 50  # that have ended; the oldest are forgotten
KEPT_REASONS = 1_000  # of pictures that failed, for the next start; the rows themselves keep all

OrderState = Literal["waiting", "running", "paused", "done", "stopped", "failed", "interrupted"]
ENDED = ("done", "stopped", "failed")
Which = Literal["all", "new", "failed", "chosen"]
WHICH: Mapping[Which, str] = {
    "all": N_("all pictures"),
    "new": N_("pictures without labels"),
    "failed": N_("pictures that failed"),
    "chosen": N_("chosen pictures"),
}


@dataclass(frozen=True)
class Order:
    """One run over many pictures, wanted or past. `card_name`: for a card that is gone since. `options`: JSON, see
    `options_record`. `ids`: of "chosen". `again`: also pictures that it has answered before with these options.

    `done` of `total`: so far; `before`: done before the program was ended in the middle of it. `answered`, `kept`,
    `already`, `verified`, `failed`, `seconds`, `megapixels`, `used`: see `BatchResult`; `error`: (sentence, hint) in
    English of a run that ended as a whole. `reached`: of `again`, the first picture that was not done yet.
    """

    number: int
    card_id: str
    card_name: str
    options: Mapping[str, object] = field(default_factory=dict)
    device: str = "auto"
    which: Which = "all"
    ids: tuple[int, ...] = ()
    again: bool = False
    state: OrderState = "waiting"
    done: int = 0
    total: int = 0
    before: int = 0
    answered: int = 0
    kept: int = 0
    already: int = 0
    verified: int = 0
    failed: tuple[tuple[int, str], ...] = ()
    seconds: float = 0.0
    megapixels: float = 0.0
    used: str = ""
    error: tuple[str, str] = ("", "")
    reached: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it by itself."""
        return self.state in ENDED

    @property
    def unfinished(self) -> bool:
        """Whether an earlier session did not come to its end."""
        return self.state == "interrupted"

    @property
    def run_options(self) -> RunOptions:
        """Its options."""
        return options_of(self.options)

    def among(self, rows: Sequence[PictureRow]) -> frozenset[int] | None:
        """The pictures it is limited to, for `Session.run_all`; None = not limited ("failed" is a word of its own
        there)."""
        if self.again and self.reached:  # it was ended in the middle: what it has done, it does not do again
            at = next((n for n, row in enumerate(rows) if row.id == self.reached), 0)
            rows = rows[at:]
        if self.which == "chosen":
            return frozenset(self.ids) & {row.id for row in rows}
        if self.which == "new":
            return frozenset(row.id for row in rows if row.state == "new")
        return frozenset(row.id for row in rows) if self.again and self.reached else None


def options_record(options: RunOptions) -> dict[str, object]:
    """Options as JSON values; `options_of` reads them."""
    return {
        "decide": asdict(options.decide),
        "crf": asdict(options.crf) if options.crf else None,
        "flip": options.flip,
        "average": asdict(options.average),
        "stack": options.stack.record(),
    }


def options_of(record: Mapping[str, object]) -> RunOptions:
    """The options of `options_record`; what cannot be read is as by default."""
    average = record.get("average")
    try:
        options = stored(record)
        if isinstance(average, Mapping):
            scales = tuple(float(s) for s in average.get("scales", (1.0,)))
            wanted = Averaging(scales, bool(average.get("mirror")), int(average.get("samples", 0)))
            options = replace(options, average=wanted)
    except (TypeError, ValueError):
        return RunOptions()
    return options


class BatchQueue:
    """Orders: those that have ended, oldest first, then the one under way, then those that wait. One thread."""

    def __init__(self, orders: Iterable[Order] = ()) -> None:
        self.orders: list[Order] = list(orders)

    @property
    def current(self) -> Order | None:
        """The one under way."""
        return next((o for o in self.orders if o.state in ("running", "paused")), None)

    @property
    def waiting(self) -> list[Order]:
        """Those that wait, the next first."""
        return [o for o in self.orders if o.state == "waiting"]

    @property
    def interrupted(self) -> list[Order]:
        """Those that an earlier session did not come to the end of."""
        return [o for o in self.orders if o.state == "interrupted"]

    def find(self, number: int) -> Order | None:
        """The order with this number."""
        return next((o for o in self.orders if o.number == number), None)

    def add(self, order: Order) -> Order:
        """Append an order that waits; returns it with a number of its own."""
        added = replace(order, number=1 + max((o.number for o in self.orders), default=0), state="waiting")
        self.orders.append(added)
        return added

    def change(self, number: int, **values: object) -> Order | None:
        """Replace fields of an order; None if it is gone."""
        for at, order in enumerate(self.orders):
            if order.number == number:
                self.orders[at] = replace(order, **values)  # type: ignore[arg-type]
                return self.orders[at]
        return None

    def begin_next(self) -> Order | None:
        """Make the first that waits the current one; None if there is one already, or none waits."""
        if self.current is not None or not self.waiting:
            return None
        order = self.waiting[0]
        self.orders.remove(order)
        ended = sum(o.ended for o in self.orders)
        begun = replace(order, state="running", done=0, total=0)
        self.orders.insert(ended, begun)
        return begun

    def end(self, number: int, state: OrderState, **values: object) -> Order | None:
        """An order has come to an end: "done", "stopped" or "failed"."""
        order = self.change(number, state=state, **values)
        if order is not None:
            self.orders.remove(order)
            ended = [o for o in self.orders if o.ended]
            rest = [o for o in self.orders if not o.ended]
            self.orders = [*ended, order][-KEPT_ORDERS:] + rest
        return order

    def remove(self, number: int) -> bool:
        """Drop an order that is not under way."""
        before = len(self.orders)
        self.orders = [o for o in self.orders if o.number != number or o.state in ("running", "paused")]
        return len(self.orders) < before

    def clear_ended(self) -> None:
        """Forget what has ended."""
        self.orders = [o for o in self.orders if not o.ended]

    def move(self, number: int, by: int) -> bool:
        """Let a waiting order come earlier (-1) or later (1) among those that wait."""
        places = [at for at, o in enumerate(self.orders) if o.state == "waiting"]
        here = next((n for n, at in enumerate(places) if self.orders[at].number == number), None)
        if here is None or not 0 <= here + by < len(places):
            return False
        a, b = places[here], places[here + by]
        self.orders[a], self.orders[b] = self.orders[b], self.orders[a]
        return True

    def go_on(self) -> list[Order]:
        """Let what an earlier session did not finish wait again, before all others; returns it."""
        again = [
            replace(o, state="waiting", before=o.before + o.done, done=0, total=0) for o in self.orders if o.unfinished
        ]
        rest = [o for o in self.orders if not o.unfinished]
        ended = sum(o.ended for o in rest)
        self.orders = rest[:ended] + again + rest[ended:]
        return again

    def forget_interrupted(self) -> None:
        """Drop what an earlier session did not finish; what was reached of it stays in the list as stopped."""
        for order in self.interrupted:
            if order.done or order.before:
                self.end(order.number, "stopped")
            else:
                self.remove(order.number)

    # -- as the project keeps it ---------------------------------------------------------------------------------------

    def record(self) -> list[dict[str, object]]:
        """As JSON values."""
        names = [f.name for f in fields(Order)]  # not `asdict`, which copies 100,000 ids one by one
        return [{**{n: getattr(o, n) for n in names}, "failed": o.failed[:KEPT_REASONS]} for o in self.orders]

    @classmethod
    def from_record(cls, record: object) -> BatchQueue:
        """What `record` gave, in a later session: what had not ended is interrupted. What cannot be read is left
        out."""
        found = (_order(entry) for entry in record) if isinstance(record, list) else ()
        return cls(o for o in found if o is not None)


def _order(entry: object) -> Order | None:
    known = {f.name for f in fields(Order)}
    if not isinstance(entry, dict) or not {"number", "card_id", "card_name", "state"} <= entry.keys():
        return None
    try:
        values = {k: v for k, v in entry.items() if k in known}
        values["ids"] = tuple(int(i) for i in entry.get("ids", ()))
        values["failed"] = tuple((int(i), str(why)) for i, why in entry.get("failed", ()))
        sentence, hint = entry.get("error", ("", ""))
        order = Order(**{**values, "error": (str(sentence), str(hint))})
    except (TypeError, ValueError):
        return None
    return order if order.ended else replace(order, state="interrupted")


# -- the pictures of one run ---------------------------------------------------------------------------------------

OUTCOMES = ("waiting", "running", "done", "kept", "failed", "already", "verified")
_CODES = {outcome: code for code, outcome in enumerate(OUTCOMES)}
SKIPPED = ("already", "verified")


class Ledger:
    """How each picture of a run fares; made for 100,000 of them: a step costs the same however many there are.

    Attributes:
        ids: the pictures, first those that the run takes, in their order, then those that it leaves alone;
        reasons: why pictures failed, by id; megapixels: of what was answered; spent: seconds of the engine for it.
    """

    def __init__(self, begun: BatchBegun) -> None:
        self.ids: tuple[int, ...] = (*begun.ids, *begun.already, *begun.verified)
        self.total = len(begun.ids)
        self._index = dict(zip(self.ids, range(len(self.ids)), strict=True))
        kinds = np.array([_CODES["waiting"], _CODES["already"], _CODES["verified"]], np.uint8)
        self._codes = np.repeat(kinds, [len(begun.ids), len(begun.already), len(begun.verified)])
        self._counts = np.bincount(self._codes, minlength=len(OUTCOMES))
        self.reasons: dict[int, SegDeskError] = {}
        self.megapixels = self.spent = 0.0

    def take(self, step: BatchStep) -> int | None:
        """Note a step; returns the place of its picture in `ids`."""
        at = self._index.get(step.picture_id)
        if at is None:
            return None
        code = _CODES[step.outcome]
        self._counts[self._codes[at]] -= 1
        self._counts[code] += 1
        self._codes[at] = code
        self.megapixels += step.pixels / 1e6
        self.spent += step.seconds
        if step.error is not None:
            self.reasons[step.picture_id] = step.error
        return at

    def outcome(self, at: int) -> str:
        """How the picture at a place fares: a word of `OUTCOMES`."""
        return OUTCOMES[self._codes[at]]

    def count(self, *outcomes: str) -> int:
        """How many pictures have one of these outcomes; of none named, all."""
        return sum(int(self._counts[_CODES[o]]) for o in outcomes) if outcomes else len(self.ids)

    def places(self, *outcomes: str) -> np.ndarray:
        """(n,) int64: the places of those pictures, in order. A tenth of a millisecond for 100,000."""
        if not outcomes:
            return np.arange(len(self.ids))
        wanted = np.zeros(len(OUTCOMES), bool)
        wanted[[_CODES[o] for o in outcomes]] = True
        return np.flatnonzero(wanted[self._codes])

    def stop(self) -> None:
        """The run has ended: what was under way waits again."""
        running = self.places("running")
        self._codes[running] = _CODES["waiting"]
        self._counts[_CODES["waiting"]] += running.size
        self._counts[_CODES["running"]] -= running.size

    def reached(self) -> int:
        """The first picture that has not ended yet, 0 if all have."""
        left = self.places("waiting", "running")
        return self.ids[int(left[0])] if left.size else 0


def summary(result: BatchResult) -> dict[str, object]:
    """A result's figures as fields of an `Order`; `failed` comes from the ledger, which knows ids."""
    return {
        "answered": result.answered,
        "kept": result.kept,
        "already": result.already,
        "verified": result.verified,
        "seconds": result.seconds,
        "used": result.device,
    }


class Queueing:
    """Part of `Session`: the queue in the project file."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        self._desk = desk
        self._workers = workers

    def read(self) -> int:
        """The queue as it was left. Done value: `BatchQueue`."""
        opened = self._desk.opened()

        def run(ctx: Context) -> BatchQueue:
            return BatchQueue.from_record(opened.project.get_meta(META, []))

        return self._workers.submit("lists", N_("Reading the queue"), run, key="batch queue")

    def keep(self, queue: BatchQueue) -> None:
        """Write the queue soon; nothing happens without a project that can be written to."""
        opened, record = self._desk.open, queue.record()
        if opened is not None and not opened.project.read_only:
            opened.saver.put(lambda: opened.project.set_meta(META, record), key="batch queue")
