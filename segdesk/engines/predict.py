"""One picture (or several of one size) through one net: whole, and where memory runs out in tiles, then on the
processor. Returns raw predictions; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.text import N_
from segdesk.engines import cells, dense, detections, masks
from segdesk.engines.averaging import averaged
from segdesk.engines.device import free_memory, is_out_of_memory
from segdesk.engines.inputs import Prepared, slide_of, tensor
from segdesk.engines.regions import regions

SCORE_STEP = 4  # semantic probabilities are kept at a quarter of the input's resolution

NOTE_TILES = N_("Memory ran out: the picture was computed in tiles.")
NOTE_PROCESSOR = N_("Memory of the graphics card ran out: the picture was computed on the processor.")

NOTE_ONE_LOOK = N_("The answers of this model cannot be averaged: it looked once.")
ONCE = Averaging()

Cancel = Callable[[], bool]


@dataclass(frozen=True)
class Loaded:
    """A net that is ready on its device; `net` is None for "regions"."""

    card: ModelCard
    net: nn.Module | None
    device: torch.device

    @property
    def output(self) -> str:
        """What the net answers: "scores", "detections", "instances", "cells", or "regions" without a net."""
        return "regions" if self.net is None else str(getattr(self.net, "output", "scores"))


@dataclass(frozen=True)
class Raw:
    """A raw prediction, the device that made it and what was done otherwise than asked."""

    prediction: Prediction
    device: str
    notes: tuple[str, ...] = ()
    spread: np.ndarray | None = None  # see Averaged


def predict(loaded: Loaded, pictures: Sequence[Prepared], cancelled: Cancel, average: Averaging = ONCE) -> list[Raw]:
    """The raw predictions of pictures whose `input_size` is the same; `average`: several looks instead of one.

    Out of memory: half the pictures at a time, then one in ever smaller tiles, then the processor. Raises
    `SegDeskError` when even that fails, and `Cancelled`.
    """
    try:
        tile = dense.first_tile(*pictures[0].input_size, loaded.device)
        return _answer(loaded, pictures, tile, cancelled, average)
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    free_memory(loaded.device)  # outside the handler: the traceback would keep the tensors alive
    if len(pictures) > 1:
        half = len(pictures) // 2
        first, rest = pictures[:half], pictures[half:]
        return predict(loaded, first, cancelled, average) + predict(loaded, rest, cancelled, average)
    return [_with_less(loaded, pictures[0], cancelled, average)]


def _with_less(loaded: Loaded, picture: Prepared, cancelled: Cancel, average: Averaging) -> Raw:
    """One picture that does not fit: smaller and smaller tiles, then the processor."""
    size = picture.input_size
    tile = dense.first_tile(*size, loaded.device)
    while loaded.output in ("scores", "cells") and (tile := dense.smaller_tile(tile, *size)):
        raw = _attempt(loaded, picture, tile, cancelled, average)
        if raw is not None:
            return replace(raw, notes=(*raw.notes, NOTE_TILES))
    if loaded.device.type != "cpu" and loaded.net is not None:
        loaded.net.to("cpu")
        try:
            on_processor = Loaded(loaded.card, loaded.net, torch.device("cpu"))
            raw = _attempt(on_processor, picture, None, cancelled, average)
        finally:
            loaded.net.to(loaded.device)
        if raw is not None:
            return replace(raw, notes=(*raw.notes, NOTE_PROCESSOR))
    raise SegDeskError(
        "There is not enough memory to run {model} on this picture of {width} x {height} pixels.",
        "Close other programs or choose a smaller model.",
        model=loaded.card.name.en,
        width=picture.size[1],
        height=picture.size[0],
    )


def _attempt(loaded: Loaded, picture: Prepared, tile: int | None, cancelled: Cancel, average: Averaging) -> Raw | None:
    try:
        return _answer(loaded, [picture], tile, cancelled, average)[0]
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    free_memory(loaded.device)
    return None


def _answer(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    kinds = {"detections": _detections, "instances": _instances, "cells": _cells, "regions": _regions}
    if loaded.output == "scores":
        return _scores(loaded, pictures, tile, cancelled, average)
    if loaded.output not in kinds:
        raise SegDeskError(
            "The net of {model} answers with {output}, which the program does not know.",
            "Known are: {known}.",
            model=loaded.card.name.en,
            output=loaded.output,
            known=", ".join(("scores", *kinds)),
        )
    answers = kinds[loaded.output](loaded, pictures, tile, cancelled)
    notes = (NOTE_ONE_LOOK,) if average != ONCE else ()
    return [Raw(prediction, str(loaded.device), notes) for prediction in answers]


def _scores(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    assert loaded.net is not None
    grid = dense.grid_of(*pictures[0].input_size, SCORE_STEP)

    def look(net: nn.Module, pixels: list[np.ndarray]) -> Sequence[np.ndarray]:
        return _maps(replace(loaded, net=net), pixels, tile, cancelled, grid=grid, finish=dense.softmax)

    card, found = loaded.card, averaged(loaded.net, [p.pixels for p in pictures], average, look)
    return [
        Raw(
            Prediction("semantic", picture.size, card.classes, dense.halved(each.scores), card.channel_ids),
            str(loaded.device),
            spread=each.spread,
        )
        for picture, each in zip(pictures, found, strict=True)
    ]


def _cells(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    grid = dense.grid_of(*pictures[0].input_size, 1)
    maps = _maps(loaded, [p.pixels for p in pictures], tile, cancelled, grid=grid, finish=dense.identity)
    class_id = next(i for i in (*loaded.card.channel_ids, loaded.card.classes[0].id) if i)
    table = loaded.card.net.options.get("cells")
    options = dict(table) if isinstance(table, Mapping) else {}
    return [
        _objects(
            loaded.card,
            picture,
            tuple(Instance(class_id, score, mask) for score, mask in cells.instances(output, picture.size, **options)),  # type: ignore[arg-type]  # the card's options are numbers
        )
        for picture, output in zip(pictures, maps, strict=True)
    ]


def _detections(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    assert loaded.net is not None
    card = loaded.card
    with torch.inference_mode():
        found = loaded.net(torch.cat([tensor(p.pixels, card.input, loaded.device) for p in pictures]))
    return [
        _objects(card, picture, detections.instances(each, picture.size, picture.input_size, card.channel_ids))
        for picture, each in zip(pictures, found, strict=True)
    ]


def _instances(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    assert loaded.net is not None
    card = loaded.card
    with torch.inference_mode():
        x = torch.cat([tensor(p.pixels, card.input, loaded.device) for p in pictures])
        found = loaded.net(x)
    net_size = (x.shape[2], x.shape[3])
    return [
        _objects(
            card,
            picture,
            masks.instances(each, picture.size, picture.input_size, net_size, channel_ids=card.channel_ids),
        )
        for picture, each in zip(pictures, found, strict=True)
    ]


def _regions(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    options = {k: v for k, v in loaded.card.net.options.items() if k in ("count", "contrast")}
    class_id = loaded.card.classes[0].id
    return [
        _objects(loaded.card, p, regions(p.pixels, class_id=class_id, cancelled=cancelled, **options))  # type: ignore[arg-type]  # the card's options are numbers
        for p in pictures
    ]


def _objects(card: ModelCard, picture: Prepared, found: tuple[Instance, ...]) -> Prediction:
    return Prediction("instance", picture.size, card.classes, instances=found)


def _maps(
    loaded: Loaded,
    pixels: list[np.ndarray],
    tile: int | None,
    cancelled: Cancel,
    *,
    grid: dense.Grid,
    finish: dense.Finish,
) -> Sequence[np.ndarray]:
    assert loaded.net is not None
    net, spec, device = loaded.net, loaded.card.input, loaded.device
    if slide := slide_of(spec.fit):
        return [
            dense.slid_map(net, p, spec, device, grid=grid, finish=finish, slide=slide, cancelled=cancelled)
            for p in pixels
        ]
    if tile is None:
        return list(dense.whole_maps(net, pixels, spec, device, grid=grid, finish=finish))
    return [
        dense.tiled_map(net, p, spec, device, grid=grid, finish=finish, tile=tile, cancelled=cancelled) for p in pixels
    ]
