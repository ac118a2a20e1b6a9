"""What the window's process and the engine process say to each other in teach mode: frozen values, no torch here.

Nothing is kept in the engine but what makes it quicker: the samples travel back, so that an engine that was started
again can learn at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SampleRequest:
    """What do these pixels look like?

    `image`: (H, W, 3) uint8 RGB. `rows`, `columns`: (N,) int32 of the pixels; none = forget what was kept of the last
    picture. `key`: the picture's name, for messages.
    """

    key: str
    image: np.ndarray | None
    rows: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True, eq=False)
class Samples:
    """(N, F) float16, in the order that was asked for."""

    values: np.ndarray


@dataclass(frozen=True, eq=False)
class LearnRequest:
    """Learn to tell `classes` classes apart: `values` (N, F) float16 of `Samples`, `labels` (N,) of 0..`classes` - 1,
    each at least once. The same request gives the same classifier."""

    values: np.ndarray
    labels: np.ndarray
    classes: int
    seed: int = 0


@dataclass(frozen=True)
class Learned:
    """`data`: the weights file of the classifier, for a card whose net has the type "taught"."""

    data: bytes
    seconds: float = 0.0


TeachRequest = SampleRequest | LearnRequest
TeachAnswer = Samples | Learned
TYPE = "taught"
"""The [net] type of such a card."""
