"""Snapping without an engine process: the same function, called here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from segdesk.engines.messages import SnapRequest
from segdesk.engines.snap import snap


class Snapper:
    """The part of `EngineProcess` that snapping uses. `asked`: what it was asked."""

    def __init__(self) -> None:
        self.asked: list[SnapRequest] = []

    def snap(self, request: SnapRequest, cancelled: Callable[[], bool] = lambda: False) -> np.ndarray:
        self.asked.append(request)
        return snap(request, cancelled)
