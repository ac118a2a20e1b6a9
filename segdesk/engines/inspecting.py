"""Looks into a file that a person wants to add as a model: which net fits its weights, which classes it names."""

from __future__ import annotations

from collections.abc import Callable

from segdesk.engines.messages import Inspected, InspectRequest


def inspect(request: InspectRequest, cancelled: Callable[[], bool] = lambda: False) -> Inspected:
    """What the file or folder holds. Nothing in it is run, except a program that the person allowed.

    Raises `SegDeskError` where it cannot be read or no architecture fits, `Cancelled`.
    """
    raise NotImplementedError
