"""One picture (or several of one size) through one net. Returns raw predictions; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.text import N_
from segdesk.engines import cells, dense, detections, masks, panoptic_groups, queries
from segdesk.engines.averaging import averaged
from segdesk.engines.inputs import Prepared, slide_of, tensor
from segdesk.engines.regions import regions
from segdesk.engines.teach import classifier
from segdesk.engines.teach.answering import TaughtNet

SCORE_STEP = 4  # semantic probabilities are kept at a quarter of the input's resolution

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
        """What the net answers: "scores", "detections", "instances", "queries", "cells", "taught", or
        "regions" without a net."""
        return "regions" if self.net is None else str(getattr(self.net, "output", "scores"))


@dataclass(frozen=True)
class Raw:
    """A raw prediction, the device that made it and what was done otherwise than asked."""

    prediction: Prediction
    device: str
    notes: tuple[str, ...] = ()
    spread: np.ndarray | None = None  # see Averaged


def answered(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    """The raw predictions of pictures whose `input_size` is the same, in tiles of side `tile` where it is not None and
    the net's kind allows; `average`: several looks instead of one. Raises what torch raises when memory runs out, and
    `Cancelled`."""
    kinds = {
        "detections": _detections,
        "instances": _instances,
        "queries": _queries,
        "cells": _cells,
        "regions": _regions,
        "taught": _taught,
    }
    looks = {"scores": _scores, "centres": _centres, "panoptic": _panoptic}
    if loaded.output in looks:
        return looks[loaded.output](loaded, pictures, tile, cancelled, average)
    if loaded.output not in kinds:
        raise SegDeskError(
            "The net of {model} answers with {output}, which the program does not know.",
            "Known are: {known}.",
            model=loaded.card.name.en,
            output=loaded.output,
            known=", ".join((*looks, *kinds)),
        )
    answers = kinds[loaded.output](loaded, pictures, tile, cancelled)
    notes = (NOTE_ONE_LOOK,) if average != ONCE else ()
    return [Raw(prediction, str(loaded.device), notes) for prediction in answers]


def _scores(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    assert loaded.net is not None
    grid = dense.grid_of(*pictures[0].input_size, SCORE_STEP)
    finish = dense.bounded if getattr(loaded.net, "finished", False) else dense.softmax

    def look(net: nn.Module, pixels: list[np.ndarray]) -> Sequence[np.ndarray]:
        return _maps(replace(loaded, net=net), pixels, tile, cancelled, grid=grid, finish=finish)

    card, found = loaded.card, averaged(loaded.net, [p.pixels for p in pictures], average, look)
    return [
        Raw(
            Prediction("semantic", picture.size, card.classes, dense.halved(each.scores), card.channel_ids),
            str(loaded.device),
            spread=each.spread,
        )
        for picture, each in zip(pictures, found, strict=True)
    ]


class Stacked(nn.Module):
    """A net that answers with "centres" as one that answers with a map: logits, heat map, offsets (rows, columns)."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.align_corners = bool(getattr(net, "align_corners", False))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to (N, K + 3, h', w')."""
        answer = self.net(x)
        return torch.cat([answer["scores"], answer["centres"], answer["offsets"]], 1)


def _centres(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    """Classes, heat map and offsets in one pass, whole or in tiles; further looks are averaged for the classes only."""
    assert loaded.net is not None
    grid = dense.grid_of(*pictures[0].input_size, SCORE_STEP)
    stacked = replace(loaded, net=Stacked(loaded.net))

    def look(pixels: list[np.ndarray]) -> list[np.ndarray]:
        return list(_maps(stacked, pixels, tile, cancelled, grid=grid, finish=_only_classes))

    maps = look([p.pixels for p in pictures])
    scores = _looked_again(loaded, pictures, average, [m[:-3] for m in maps], lambda p: [m[:-3] for m in look(p)])
    table = loaded.card.net.options.get("groups")
    options = dict(table) if isinstance(table, Mapping) else {}
    raws = []
    for picture, each, semantic in zip(pictures, maps, scores, strict=True):
        whole = _panoptic_of(loaded, picture, semantic)
        found = panoptic_groups.instances(whole, each[-3], each[-2:], picture.input_size, **options)
        raws.append(Raw(replace(whole, instances=found), str(loaded.device)))
    return raws


def _only_classes(maps: torch.Tensor) -> torch.Tensor:
    """Probabilities of all but the last three channels, which stay as they are."""
    return torch.cat([dense.softmax(maps[:, :-3]), maps[:, -3:]], 1)


class Both(nn.Module):
    """A net that answers with "panoptic" as one that answers with a map; the `objects` of the last pass are kept, and
    the `size` (h, w) of its input."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.align_corners = bool(getattr(net, "align_corners", False))
        self.objects: list[Mapping[str, torch.Tensor]] = []
        self.size = (0, 0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) to logits (N, K, h', w')."""
        answer = self.net(x)
        self.objects, self.size = answer["objects"], (x.shape[2], x.shape[3])
        return answer["scores"]


def _panoptic(
    loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel, average: Averaging
) -> list[Raw]:
    """Whole pictures: an object cannot be found in tiles. Further looks are averaged for the classes only."""
    assert loaded.net is not None
    card, both = loaded.card, Both(loaded.net)
    grid = dense.grid_of(*pictures[0].input_size, SCORE_STEP)

    def look(pixels: list[np.ndarray]) -> list[np.ndarray]:
        return list(dense.whole_maps(both, pixels, card.input, loaded.device, grid=grid, finish=dense.softmax))

    first = look([p.pixels for p in pictures])
    objects, size = both.objects, both.size
    raws = []
    for picture, found, semantic in zip(
        pictures, objects, _looked_again(loaded, pictures, average, first, look), strict=True
    ):
        if "boxes" in found:
            things = detections.instances(found, picture.size, picture.input_size, card.channel_ids)
        else:
            things = masks.instances(found, picture.size, picture.input_size, size, channel_ids=card.channel_ids)
        whole = _panoptic_of(loaded, picture, semantic)
        raws.append(Raw(replace(whole, instances=things), str(loaded.device)))
    return raws


def _looked_again(
    loaded: Loaded,
    pictures: Sequence[Prepared],
    average: Averaging,
    first: list[np.ndarray],
    look: Callable[[list[np.ndarray]], list[np.ndarray]],
) -> list[np.ndarray]:
    """The mean probabilities of several looks; the first one, at the pictures as they are, is not taken twice."""
    assert loaded.net is not None
    if average == ONCE:
        return first
    originals = [p.pixels for p in pictures]

    def seen(_net: nn.Module, pixels: list[np.ndarray]) -> list[np.ndarray]:
        return first if all(a is b for a, b in zip(pixels, originals, strict=True)) else look(pixels)

    return [each.scores for each in averaged(loaded.net, originals, replace(average, samples=0), seen)]


def _panoptic_of(loaded: Loaded, picture: Prepared, scores: np.ndarray) -> Prediction:
    """A panoptic prediction without objects. A net whose scores are not of all classes says in `score_channels` which
    channel of the card each one is, -1 = none of them."""
    ids, card = loaded.card.channel_ids, loaded.card
    channels = getattr(loaded.net, "score_channels", range(len(ids)))
    score_ids = tuple(ids[c] if c >= 0 else VOID for c in channels)
    return Prediction("panoptic", picture.size, card.classes, dense.halved(scores), score_ids)


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


def _queries(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    assert loaded.net is not None
    card = loaded.card
    with torch.inference_mode():
        x = torch.cat([tensor(p.pixels, card.input, loaded.device) for p in pictures])
        found = loaded.net(x)
    net_size = (x.shape[2], x.shape[3])
    return [
        queries.prediction(each, card, picture.size, picture.input_size, net_size)
        for picture, each in zip(pictures, found, strict=True)
    ]


def _regions(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    options = {k: v for k, v in loaded.card.net.options.items() if k in ("count", "contrast")}
    class_id = loaded.card.classes[0].id
    return [
        _objects(loaded.card, p, regions(p.pixels, class_id=class_id, cancelled=cancelled, **options))  # type: ignore[arg-type]  # the card's options are numbers
        for p in pictures
    ]


def _taught(loaded: Loaded, pictures: Sequence[Prepared], tile: int | None, cancelled: Cancel) -> list[Prediction]:
    assert isinstance(loaded.net, TaughtNet)
    card, taught = loaded.card, loaded.net.taught
    return [
        Prediction("semantic", p.size, card.classes, classifier.scores(taught, p.pixels, cancelled), card.channel_ids)
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
