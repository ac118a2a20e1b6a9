"""Labelled pictures of a project, copied for a training: the run then stands on its own, whatever becomes of the
project meanwhile."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.domain.classes import VOID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.holdout import held_out
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.training.messages import CROWD, SET, TrainItem
from segdesk.io import atomic
from segdesk.io.project import PictureRow

SURVEY_SIDE = 256  # maps are counted at this size
HOLDOUT = "holdout"
MOST_CLASSES = 250


@dataclass(frozen=True)
class Survey:
    """What there is to train on. `paths`: labelled pictures; `verified`: those that a person has verified; `shares`: of
    all their pixels, by class id (0 = none), about; `pictures`: how many show a class; `judging`: the hold-out."""

    paths: tuple[str, ...]
    verified: frozenset[str]
    shares: Mapping[int, float]
    pictures: Mapping[int, int]
    judging: frozenset[str]


def rows_for(opened: OpenProject, layer: str, *, only_verified: bool) -> list[PictureRow]:
    """The pictures that have labels in a layer."""
    labelled = opened.project.labelled(layer)
    return [r for r in opened.roster.rows if r.id in labelled and (r.state == "verified" or not only_verified)]


def known_sides(opened: OpenProject) -> dict[str, bool]:
    """The hold-out of earlier trainings: which pictures judged (True) and which were learned from."""
    stored = opened.project.get_meta(HOLDOUT, {})
    return {str(k): bool(v) for k, v in stored.items()} if isinstance(stored, dict) else {}


def survey(desk: Desk, layer: str, *, only_verified: bool, share: float, seed: int, ctx: Context) -> Survey:
    """Look what there is; reads all maps, small."""
    opened = desk.opened()
    desk.saver.flush(ctx.cancelled)
    rows = rows_for(opened, layer, only_verified=only_verified)
    counts, pictures = np.zeros(65_536, np.int64), np.zeros(65_536, np.int64)
    for number, row in enumerate(rows, 1):
        ctx.check()
        found = opened.project.load_reduced(row.id, layer, SURVEY_SIDE)
        if found is not None:
            table = class_table(found.segments)
            seen = np.bincount(table[found.ids].ravel(), minlength=65_536)
            counts += seen
            pictures += seen > 0
        ctx.progress(number, len(rows), row.path)
    total = max(1, int(counts.sum()))
    ids = np.flatnonzero(counts).tolist()
    paths = tuple(r.path for r in rows)
    return Survey(
        paths,
        frozenset(r.path for r in rows if r.state == "verified"),
        {i: int(counts[i]) / total for i in ids},
        {i: int(pictures[i]) for i in ids},
        held_out(paths, share=share, seed=seed, known=known_sides(opened)),
    )


def class_table(segments: Mapping[int, object]) -> np.ndarray:
    """(65536,) uint16: the class id of each segment id, 0 of none."""
    table = np.zeros(65_536, np.uint16)
    for number, segment in segments.items():
        table[number] = getattr(segment, "class_id", VOID)
    return table


@dataclass(frozen=True, eq=False)
class Wanted:
    """What to copy. `channels`: the net's channel of each class id that is trained; `rest`: of all else.

    Where objects are learned, `things` are the class ids that have them, and `rest_unknown` says that pixels of none of
    the classes may show some; None = only classes are learned.
    """

    rows: Sequence[PictureRow]
    layer: str
    channels: Mapping[int, int]
    rest: int
    judging: frozenset[str]
    things: frozenset[int] | None = None
    rest_unknown: bool = False


def copied(
    desk: Desk, opened: OpenProject, wanted: Wanted, folder: Path, ctx: Context
) -> Generator[None, None, tuple[list[TrainItem], list[tuple[str, SegDeskError]]]]:
    """Copy pictures and labels into the run's folder; returns the items, and what had to be left out and why. Raises
    `SegDeskError` where the disk refuses."""
    table = np.full(65_536, wanted.rest, np.uint8)
    for class_id, channel in wanted.channels.items():
        table[class_id] = channel
    items: list[TrainItem] = []
    left_out: list[tuple[str, SegDeskError]] = []
    shown = False
    for number, row in enumerate(wanted.rows, 1):
        stem = f"{len(items):06}"
        try:
            picture, found = _pair(desk, opened, row, wanted.layer)
        except SegDeskError as error:
            left_out.append((row.path, error))
        else:
            _write(folder / SET / f"{stem}.png", picture[..., ::-1])
            _write(folder / SET / f"{stem}.labels.png", table[class_table(found.segments)[found.ids]])
            if wanted.things is not None:
                ids = object_ids(found, wanted)
                shown = shown or bool(((ids > 0) & (ids < CROWD)).any())
                _write(folder / SET / f"{stem}.objects.png", ids)
            items.append(TrainItem(row.path, stem, row.path in wanted.judging))
        ctx.progress(number, len(wanted.rows), row.path)
        yield
    if wanted.things is not None and items and not shown:
        raise SegDeskError(
            "The labels show no object of the classes that are learned.",
            "Outline objects, each by itself, or choose a model that tells classes apart only.",
        )
    return items, left_out


def object_ids(found: Segmentation, wanted: Wanted) -> np.ndarray:
    """(H, W) uint16: 1..n the objects of a map, 0 = none, `CROWD` = not known: crowds, and what is of none of the
    classes where that is not known."""
    assert wanted.things is not None
    table = np.zeros(65_536, np.uint16)
    if wanted.rest_unknown:
        table[[VOID, *(key for key, s in found.segments.items() if s.class_id not in wanted.channels)]] = CROWD
    number = 0
    for key, segment in found.segments.items():
        if segment.class_id in wanted.things:
            number += not segment.crowd
            table[key] = CROWD if segment.crowd else number
    return table[found.ids]


def _pair(desk: Desk, opened: OpenProject, row: PictureRow, layer: str) -> tuple[np.ndarray, Segmentation]:
    picture = desk.prefetch.get(opened.path_of(row.id))
    found = opened.project.load_map(row.id, layer)
    if found is None or found.size != picture.shape[:2]:
        raise SegDeskError(
            "The labels of {name} are not of the picture's size.", "Leave this picture out.", name=row.path
        )
    return picture, found


def _write(path: Path, pixels: np.ndarray) -> None:
    done, data = cv2.imencode(".png", np.ascontiguousarray(pixels), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    assert done
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise atomic.explain_os_error(error, path) from error
