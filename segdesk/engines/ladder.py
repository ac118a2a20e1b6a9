"""What is done when memory runs out: half the pictures at a time, then one in ever smaller tiles, then the processor.
What did not fit is remembered, so that the next picture, and the next run, begin where this one ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch

from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging
from segdesk.domain.text import N_
from segdesk.engines import dense
from segdesk.engines.device import free_memory, is_out_of_memory
from segdesk.engines.inputs import Prepared
from segdesk.engines.limits import Limit, Limits
from segdesk.engines.predict import ONCE, Loaded, Raw, answered

NOTE_TILES = N_("Memory ran out: the picture was computed in tiles.")
NOTE_PROCESSOR = N_("Memory of the graphics card ran out: the picture was computed on the processor.")
TILED = ("scores", "cells", "centres")  # the outputs that can be computed in tiles

Cancel = Callable[[], bool]


def predict(
    loaded: Loaded,
    pictures: Sequence[Prepared],
    cancelled: Cancel,
    average: Averaging = ONCE,
    limits: Limits | None = None,
) -> list[Raw]:
    """The raw predictions of pictures whose `input_size` is the same; `average`: several looks instead of one.

    `limits`: what is known not to fit, and where more of it is noted. Raises `SegDeskError` when not even the processor
    has enough memory, and `Cancelled`.
    """
    return _Ladder(loaded, cancelled, average, limits or Limits()).climb(pictures)


class _Ladder:
    """The arguments that stay the same from rung to rung."""

    def __init__(self, loaded: Loaded, cancelled: Cancel, average: Averaging, limits: Limits) -> None:
        self._loaded = loaded
        self._cancelled = cancelled
        self._average = average
        self._limits = limits

    def climb(self, pictures: Sequence[Prepared]) -> list[Raw]:
        """Answer pictures of one input size."""
        size = pictures[0].input_size
        known = self._limits.find(self._loaded.card.id, self._loaded.device, size[0] * size[1])
        if known.processor or (known.tile and self._loaded.output in TILED):
            return [self._with_less(picture, known) for picture in pictures]
        together = known.together or len(pictures)
        if together < len(pictures):
            parts = [pictures[n : n + together] for n in range(0, len(pictures), together)]
            return [raw for part in parts for raw in self.climb(part)]
        tile = dense.first_tile(*size, self._loaded.device)
        raws = self._attempt(pictures, tile)
        if raws is not None:
            return raws
        if len(pictures) > 1:
            self._note(pictures[0], Limit(together=max(1, len(pictures) // 2)))
            return self.climb(pictures)
        return [self._with_less(pictures[0], Limit())]

    def _with_less(self, picture: Prepared, known: Limit) -> Raw:
        """One picture that does not fit as a whole: smaller and smaller tiles, then the processor."""
        size = picture.input_size
        tile = known.tile or dense.smaller_tile(dense.first_tile(*size, self._loaded.device), *size)
        while self._loaded.output in TILED and tile and not known.processor:
            raws = self._attempt([picture], tile)
            if raws is not None:
                self._note(picture, Limit(tile=tile))
                return replace(raws[0], notes=(*raws[0].notes, NOTE_TILES))
            tile = dense.smaller_tile(tile, *size)
        raw = self._on_processor(picture)
        if raw is None:
            raise _too_little(self._loaded, picture)
        self._note(picture, Limit(processor=True))
        return raw

    def _on_processor(self, picture: Prepared) -> Raw | None:
        loaded = self._loaded
        if loaded.device.type == "cpu" or loaded.net is None:
            return None
        loaded.net.to("cpu")
        try:
            moved = _Ladder(replace(loaded, device=torch.device("cpu")), self._cancelled, self._average, self._limits)
            raws = moved._attempt([picture], None)
        finally:
            loaded.net.to(loaded.device)
        return None if raws is None else replace(raws[0], notes=(*raws[0].notes, NOTE_PROCESSOR))

    def _attempt(self, pictures: Sequence[Prepared], tile: int | None) -> list[Raw] | None:
        """The answers, or None where memory runs out."""
        try:
            return answered(self._loaded, pictures, tile, self._cancelled, self._average)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
        free_memory(self._loaded.device)  # outside the handler: the traceback would keep the tensors alive
        return None

    def _note(self, picture: Prepared, limit: Limit) -> None:
        height, width = picture.input_size
        self._limits.note(self._loaded.card.id, self._loaded.device, height * width, limit)


def _too_little(loaded: Loaded, picture: Prepared) -> SegDeskError:
    return SegDeskError(
        "There is not enough memory to run {model} on this picture of {width} x {height} pixels.",
        "Close other programs or choose a smaller model.",
        model=loaded.card.name.en,
        width=picture.size[1],
        height=picture.size[0],
    )
