"""Models that answer clicks and boxes with an object, and the answer that needs no model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from segdesk.app import foreground
from segdesk.app.region import Region
from segdesk.app.shapes import Point
from segdesk.domain.edit import Rect


@dataclass(frozen=True)
class Prompts:
    """What a person pointed at. `plus` and `minus`: clicks (x, y) on the object and beside it, in image coordinates;
    `box`: (x0, y0, x1, y1) around it, in whole pixels; `reach`: pixels around the clicks that the person sees as near
    (it follows the zoom)."""

    plus: tuple[Point, ...] = ()
    minus: tuple[Point, ...] = ()
    box: Rect | None = None
    reach: float = 128.0

    @property
    def usable(self) -> bool:
        """Whether they point at anything."""
        return bool(self.plus) or self.box is not None


class Prompter(Protocol):
    """Answers prompts. `name` is shown to the person."""

    name: str

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> Region | None:
        """The object that the prompts point at, None if there is none. `prompts` are usable.

        `pixels` (H, W, 3) uint8 RGB, the same array object for every prompt in a picture, so that a model can keep
        what it worked out of the picture. Called in a background thread, one question after the other or at the same
        time; `cancelled()` is true when nobody waits for the answer any more, which may then be anything. Raises
        SegDeskError for what a person can act on.
        """
        ...


class ByColour:
    """The built-in answer: GrabCut on the surroundings of the clicks. Needs no weights."""

    name = "GrabCut"

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> Region | None:
        """See `Prompter`."""
        return foreground.by_prompts(
            pixels,
            plus=prompts.plus,
            minus=prompts.minus,
            box=prompts.box,
            reach=prompts.reach,
            cancelled=cancelled,
        )
