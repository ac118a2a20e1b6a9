"""What a program gives to `segdesk.api`, checked and as the rest wants it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segdesk.app.refinements import confidence_field
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import MAX_ID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions


def run_options(options: RunOptions, card: ModelCard, *, confidence: float | None, crf: bool) -> RunOptions:
    """The card's options with the given confidence and CRF. Raises `SegDeskError` for a confidence outside 0..1."""
    decide = options.decide
    if confidence is not None:
        if not 0 <= confidence <= 1:
            raise SegDeskError("A confidence is a number from 0 to 1, not {value}.", value=confidence)
        decide = replace(decide, **{confidence_field(card.task): float(confidence)})
    return replace(options, decide=decide, crf=CrfOptions() if crf else None)


def as_ids(values: np.ndarray) -> np.ndarray:
    """(H, W) uint16 of an array of any integer type. Raises `SegDeskError`."""
    array = np.asarray(values)
    if array.ndim != 2 or array.dtype.kind not in "iub" or array.size == 0:
        raise SegDeskError(
            "A label map is a two-dimensional array of whole numbers, not one of {shape} {dtype}.",
            "Rows first: (H, W).",
            shape=str(array.shape),
            dtype=str(array.dtype),
        )
    if array.min() < 0 or array.max() > MAX_ID:
        raise SegDeskError("The numbers of a label map run from 0 to {most}.", "0 is what has no label.", most=MAX_ID)
    return array.astype(np.uint16)
