"""The order in which pictures are looked through: the session's list sorted and filtered, and steps in it."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from segdesk.domain.text import N_
from segdesk.io.project import PictureRow

ORDERS = {
    "name": N_("Name"),
    "doubt": N_("Doubt"),
    "state": N_("State"),
    "objects": N_("Objects"),
    "size": N_("Picture size"),
}
FILTERS = {
    "": N_("All"),
    "open": N_("Not verified"),
    "new": N_("New"),
    "predicted": N_("Predicted"),
    "edited": N_("Edited"),
    "verified": N_("Verified"),
    "skipped": N_("Skipped"),
    "failed": N_("Failed"),
}
OPEN_STATES = ("new", "predicted", "edited")
_STATE_ORDER = {state: n for n, state in enumerate(("predicted", "edited", "new", "failed", "skipped", "verified"))}


@dataclass(frozen=True)
class Wanted:
    """What to show and in which order. `text`: part of a name. `having`: pictures in which a class of that name occurs;
    they fit as well. `objects`: number of objects by picture, for that order; the most first, as for doubt and size.
    """

    order: str = "name"
    state: str = ""
    text: str = ""
    having: Collection[int] = frozenset()
    objects: Mapping[int, int] = field(default_factory=dict)

    def changed(self, **values: object) -> Wanted:
        """A copy with other values."""
        return replace(self, **values)  # type: ignore[arg-type]


def arrange(rows: Sequence[PictureRow], wanted: Wanted) -> list[int] | None:
    """Positions in `rows` (which are in natural order of their names); None = all of them, as they are."""
    if wanted.order == "name" and not wanted.state and not wanted.text:
        return None
    positions = _fitting(rows, wanted)
    keys = _keys(rows, wanted)
    if keys is not None:
        positions.sort(key=keys.__getitem__)  # stable: equal ones stay in the order of their names
    return positions


def _fitting(rows: Sequence[PictureRow], wanted: Wanted) -> list[int]:
    states = OPEN_STATES if wanted.state == "open" else (wanted.state,)
    found = [n for n, row in enumerate(rows) if not wanted.state or row.state in states]
    text = wanted.text.casefold().strip()
    if text:
        found = [n for n in found if text in rows[n].path.casefold() or rows[n].id in wanted.having]
    return found


def _keys(rows: Sequence[PictureRow], wanted: Wanted) -> list[float] | None:
    if wanted.order == "doubt":
        return [-row.doubt for row in rows]
    if wanted.order == "state":
        return [_STATE_ORDER.get(row.state, len(_STATE_ORDER)) for row in rows]
    if wanted.order == "objects":
        return [-wanted.objects.get(row.id, 0) for row in rows]
    if wanted.order == "size":
        return [-row.width * row.height for row in rows]
    return None


def step(
    shown: Sequence[int] | None,
    rows: Sequence[PictureRow],
    at: int | None,
    by: int,
    wanted: Callable[[PictureRow], bool] = lambda row: True,
) -> int | None:
    """The position in `rows` of the next (`by` 1) or previous (-1) picture that is wanted, None at the end.

    `shown`: what `arrange` gave. `at`: the position where one is, None = before the first (after the last). If it is
    not shown, the step begins at its place in the order of names.
    """
    order = range(len(rows)) if shown is None else shown
    place = _place(shown, order, at, by)
    place += by
    while 0 <= place < len(order):
        if order[place] < len(rows) and wanted(rows[order[place]]):
            return order[place]
        place += by
    return None


def _place(shown: Sequence[int] | None, order: Sequence[int], at: int | None, by: int) -> int:
    if at is None:
        return -1 if by > 0 else len(order)
    if shown is None:
        return at
    try:
        return shown.index(at)
    except ValueError:  # filtered out by now, for instance because it was verified
        place = bisect(shown, at) if all(a < b for a, b in pairwise(shown)) else 0
        return place - 1 if by > 0 else place
