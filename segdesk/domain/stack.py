"""The stack of refinements: which steps are on, with which values. What a step does lies in `segdesk.engines.steps`, a
file each; the order is that of their `StepInfo.order`, whatever order they were switched on in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from segdesk.domain.text import N_

TASKS = ("semantic", "instance", "panoptic")
Part = Literal["scores", "crf", "decide", "labels"]


@dataclass(frozen=True)
class Param:
    """A number that a person may set. `title` and `tip` are marked by `N_`; it runs from `low` to `high` in steps of
    `step`; `unit` is "px" or "". A switch is a number from 0 to 1 in steps of 1. `power`: 1 for a length in pixels, 2
    for an area, 0 for what does not depend on the picture's size. `tasks`: for which kinds of answers it does anything.
    """

    id: str
    title: str
    tip: str
    default: float
    low: float
    high: float
    step: float = 1.0
    unit: str = ""
    power: int = 0
    tasks: tuple[str, ...] = TASKS

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off and nothing between."""
        return (self.low, self.high, self.step) == (0.0, 1.0, 1.0)

    def accepted(self, value: float) -> float:
        """The value within its limits, on a whole number of steps from `low`."""
        steps = round((min(self.high, max(self.low, float(value))) - self.low) / self.step)
        return round(self.low + steps * self.step, 6)


@dataclass(frozen=True)
class StepInfo:
    """What a step of the stack says of itself.

    `id`: the name of its file. `title`, `tip`: marked by `N_`. `order`: steps run by it, the lowest first. `part`:
    "scores" = on a model's answer before it is decided, "labels" = on the label map after it; "crf" and "decide" are
    those that `RunOptions` has fields of its own for. `tasks`: for which kinds of answers it makes sense.
    """

    id: str
    title: str
    tip: str
    order: int
    part: Part
    params: tuple[Param, ...] = ()
    tasks: tuple[str, ...] = TASKS

    def values(self, given: Mapping[str, float] | None = None) -> dict[str, float]:
        """A value for each parameter: the given one within its limits, else the default. Others are left out."""
        known = given or {}
        return {p.id: p.accepted(known.get(p.id, p.default)) for p in self.params}


Values = tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Stack:
    """The steps that are on: (id, its values), sorted by id, so that equal stacks are equal. Stored with each run.

    The CRF, the confidence cut and the minimum area are fields of `RunOptions`, not of this.
    """

    steps: tuple[tuple[str, Values], ...] = field(default=())

    def __bool__(self) -> bool:
        """Whether any step is on."""
        return bool(self.steps)

    def values(self, step: str) -> dict[str, float] | None:
        """The values of a step, or None where it is off."""
        return next((dict(values) for name, values in self.steps if name == step), None)

    def changed(self, step: str, values: Mapping[str, float] | None) -> Stack:
        """A stack with other values for a step; None switches it off."""
        others = tuple(each for each in self.steps if each[0] != step)
        if values is None:
            return Stack(others)
        return Stack(tuple(sorted((*others, (step, tuple(sorted((k, float(v)) for k, v in values.items())))))))

    def record(self) -> dict[str, dict[str, float]]:
        """As JSON values."""
        return {step: dict(values) for step, values in self.steps}

    @classmethod
    def from_record(cls, record: object) -> Stack:
        """What `record` gave; anything that does not look like it (an older run has none) is left out."""
        stack = cls()
        for step, values in record.items() if isinstance(record, Mapping) else ():
            if isinstance(step, str) and isinstance(values, Mapping):
                known = {str(k): float(v) for k, v in values.items() if isinstance(v, (int, float))}
                stack = stack.changed(step, known)
        return stack


CRF = StepInfo(
    "crf",
    N_("CRF refinement"),
    N_("Borders move to the edges of the picture (dense CRF). Of objects, each on its own."),
    20,
    "crf",
)
CONFIDENCE = StepInfo(
    "confidence",
    N_("Confidence cut"),
    N_("Pixels below this probability become void; of a model of objects, objects below this score are left out."),
    30,
    "decide",
    (Param("least", N_("Confidence"), N_("The least probability or score that stays."), 0.5, 0.0, 1.0, 0.01),),
)
MIN_AREA = StepInfo(
    "min_area",
    N_("Minimum area"),
    N_("Smaller objects are left out; smaller islands join their neighbour."),
    40,
    "decide",
    (Param("pixels", N_("Minimum area"), N_("The fewest pixels that stay."), 100, 0, 2000, 10, "px", 2),),
)
OWN_FIELDS = (CRF, CONFIDENCE, MIN_AREA)
