"""What a session reports beside the reports of its jobs. Frozen values; arrays in them are read-only by agreement."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from segdesk.app.models import RunPlan
from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import History
from segdesk.domain.options import RunOptions
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import PictureRow

SaveStatus = Literal["saved", "saving", "failed"]


@dataclass(frozen=True)
class ProjectOpened:
    """A project is open; also the Done value of `Session.open`. `start`: the picture to show first, None if there is
    none yet (pictures may still be coming: `PicturesChanged`). `note`: an English text marked with `N_`, or ""."""

    path: Path
    folder: Path
    classes: ClassSet
    count: int
    start: int | None
    note: str = ""


@dataclass(frozen=True)
class ProjectDamaged:
    """The project file is damaged: it could not be opened, or (`is_open`) that was found while it is open. `problems`
    in English, for the log."""

    path: Path
    problems: tuple[str, ...] = ()
    is_open: bool = True


@dataclass(frozen=True)
class PicturesChanged:
    """`Session.pictures` is a new list (files were found or are gone). `scanning`: more may come."""

    count: int
    scanning: bool


@dataclass(frozen=True)
class PictureChanged:
    """One row of `Session.pictures` has a new value at `index`."""

    row: PictureRow
    index: int


@dataclass(frozen=True)
class ClassesChanged:
    """The project's classes are other ones, for instance because a model's classes joined them."""

    classes: ClassSet


@dataclass(frozen=True)
class Preview:
    """A reduced picture, shown until the full one is there. `pixels` (h, w, 3) uint8 RGB; `full_size` (H, W)."""

    row: PictureRow
    pixels: np.ndarray
    full_size: tuple[int, int]


@dataclass(frozen=True)
class Opened:
    """The Done value of `Session.go_to`: all that a `Document` needs.

    Of a large picture it is also reported before that, with `pixels` None: one can paint while they are still read.

    `pixels` (H, W, 3) uint8 RGB, read-only; `segmentation` and `history` belong to the receiver; `prediction` is the
    model's last answer in the project's class ids, or None. `doubts`: where the model was unsure
    of that answer.
    """

    row: PictureRow
    pixels: np.ndarray | None
    segmentation: Segmentation
    history: History
    prediction: PackedMap | None = None
    doubts: Doubts | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Answered:
    """A model's answer for one picture, in the project's class ids; Done value of `run_here` and `decide_again`.

    Hand it to `Session.settle` on the caller's thread, which says whether it is to be applied to the open document.
    `again`: it comes from new options on the same answer, so it replaces the result shown before.
    `from_batch`: it came as an own report out of `run_all`, because the picture is the open one.
    `doubts`: where the model was unsure. `instances`, `plan`: the raw objects and the run, kept for storing.
    """

    picture_id: int
    card_id: str
    segmentation: PackedMap
    doubt: float
    options: RunOptions
    seconds: float = 0.0
    device: str = ""
    notes: tuple[str, ...] = ()
    again: bool = False
    from_batch: bool = False
    doubts: Doubts | None = field(default=None, repr=False)
    instances: tuple[Instance, ...] = field(default=(), repr=False)
    plan: RunPlan | None = field(default=None, repr=False)


@dataclass(frozen=True)
class ThumbReady:
    """A thumbnail that `Session.review` was asked for. `pixels` (h, w, 3) uint8 RGB with the labels over the picture,
    or None where the picture cannot be read."""

    picture_id: int
    pixels: np.ndarray | None


@dataclass(frozen=True)
class SaveState:
    """Whether all work is on disk. `failed`: it is kept in memory and tried again; `error` says why."""

    status: SaveStatus
    waiting: int = 0
    error: SegDeskError | None = None


@dataclass(frozen=True)
class BatchBegun:
    """A run over many pictures has chosen them: `ids` in the order in which they come; `already` and `verified` are
    left alone."""

    job_id: int
    ids: tuple[int, ...]
    already: tuple[int, ...] = ()
    verified: tuple[int, ...] = ()


@dataclass(frozen=True)
class BatchStep:
    """A picture of a run has come further. "kept": answered, but a person's labels stay what they are.

    `seconds` that the engine took for it (without loading the model), `pixels` of it and `device`, where it was
    answered; `error`: why it failed."""

    job_id: int
    picture_id: int
    outcome: Literal["running", "done", "kept", "failed"]
    seconds: float = 0.0
    pixels: int = 0
    device: str = ""
    error: SegDeskError | None = None


@dataclass(frozen=True)
class BatchResult:
    """The Done value of `run_all`. `failed`: (path, error) of pictures that could not be done.

    `answered` got labels; of those, `kept` had been edited by hand, so only their prediction layer was replaced.
    `already`: done by the same model and options before. `verified`: left alone. `megapixels`: of the answered ones.
    """

    answered: int = 0
    kept: int = 0
    already: int = 0
    verified: int = 0
    failed: tuple[tuple[str, SegDeskError], ...] = ()
    seconds: float = 0.0
    device: str = ""
    notes: tuple[str, ...] = field(default=())
    megapixels: float = 0.0
