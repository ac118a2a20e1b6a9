"""What a step of the stack of refinements gets. A step is a file `segdesk/engines/steps/NAME.py` with `INFO` (a
`StepInfo`) and a function `apply`; no torch, because the window reads `INFO` too.

Of the part "scores":  apply(prediction, image, values, cancelled) -> (Prediction, notes)
Of the part "labels":  apply(ids, where, values) -> (H, W) uint16

`values` has a number for each parameter of `INFO`. `image` is (H, W, 3) uint8 RGB, `notes` are marked by `N_`.
`ids` (H, W) uint16 must not be written to; the result may use no ids but those of the map and 0 (void). A segment that
a step would leave without a pixel gets back all that it had: no object is swallowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segdesk.domain.errors import Cancelled
from segdesk.domain.prediction import Prediction
from segdesk.domain.stack import StepInfo

Cancel = Callable[[], bool]
Numbers = Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Where:
    """What kind of map a step works on. `task`: "semantic", "instance" or "panoptic". `things`: (65536,) bool, the ids
    that are objects: all of an instance map, those of things in a panoptic one, none of a semantic one."""

    task: str
    things: np.ndarray
    cancelled: Cancel = lambda: False

    def check(self) -> None:
        """Raise `Cancelled` where nobody waits any more."""
        if self.cancelled():
            raise Cancelled


class ScoreStep(Protocol):
    """A module of the part "scores"."""

    INFO: StepInfo

    @staticmethod
    def apply(
        prediction: Prediction, image: np.ndarray, values: Numbers, cancelled: Cancel
    ) -> tuple[Prediction, tuple[str, ...]]:
        """The prediction after the step, and what is to be told."""
        ...


class LabelStep(Protocol):
    """A module of the part "labels"."""

    INFO: StepInfo

    @staticmethod
    def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
        """The ids after the step."""
        ...
