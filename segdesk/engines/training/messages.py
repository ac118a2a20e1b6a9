"""What the window's process and a training process say to each other: frozen values, no torch here.

A run has a folder: `set/STEM.png` and `set/STEM.labels.png` for each picture, `state.pt` to go on from, `best.pth` the
weights that scored best so far. Labels are 8-bit: the net's channel at each pixel, 255 where nothing is known. Where
objects are learned there is `set/STEM.objects.png` too, 16-bit: 0 = no object, `CROWD` = not told apart or not known,
any other number = an object, whose class its labels say.

A *position* numbers the classes of a run from 1; 0 is what belongs to none.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError

IGNORED = 255
CROWD = 65_535
SET, STATE, BEST = "set", "state.pt", "best.pth"
LOSSES = ("ce", "ce_dice", "focal", "ohem", "border", "l1")
ADVERSARIES = ("none", "labels", "patches")
OPTIMISERS = ("adamw", "sgd")
SCHEDULES = ("poly", "cosine")
AUGMENTATIONS = ("photo", "microscopy", "none")
STARTS = ("card", "encoder", "scratch")
FIGURES = (("PQ", "pq"), ("SQ", "sq"), ("RQ", "rq"), ("AP", "ap"), ("AP50", "ap50"), ("AP75", "ap75"), ("mIoU", "miou"))


@dataclass(frozen=True)
class TrainOptions:
    """The recipe. Equal recipes on equal data with an equal seed give equal weights on the processor, bit for bit, as
    long as `minutes` does not end the run.

    `epochs`, `minutes`: whichever is over first ends it; 0 = no limit (not both). `rate` 0 = usual for the optimiser;
    the encoder learns at `encoder_rate` times it unless the net starts from scratch. `warm_up`: share of the run.
    `batch`, `crop` (pixels of a side) 0 = chosen for the data and the device. `freeze_norm` None = where batches are
    too small for batch norm to learn from. `ema`: decay of the averaged weights, 0 = none. `clip`: largest norm of the
    gradient. `patience`: epochs without a better score after which it ends; 0 = never. `threads` 0 = the machine's.
    `epoch_crops`: an epoch has at least so many, however few the pictures.

    `teacher`: over 0, the starting model's averaged answer is learned too: fully where no label is known, and so much
    where the label says the same. `slow`: parameters whose names begin so learn at the encoder's rate as well.
    `frozen`: those that do not learn at all.
    `adversary`: a second net learns to tell answers from labels, and the first to mislead it, which counts
    `adversary_weight` beside the loss; "labels" sees label maps alone, "patches" the picture too, piece by piece.
    """

    loss: str = "ce"
    class_weights: bool = False
    optimiser: str = "adamw"
    rate: float = 0.0
    encoder_rate: float = 0.1
    decay: float = 0.01
    schedule: str = "poly"
    warm_up: float = 0.05
    epochs: int = 30
    minutes: float = 0.0
    batch: int = 0
    crop: int = 0
    augmentation: str = "photo"
    freeze_encoder: bool = False
    freeze_norm: bool | None = None
    ema: float = 0.99
    clip: float = 5.0
    patience: int = 0
    mixed: bool = True
    seed: int = 1
    threads: int = 0
    device: str = "auto"
    epoch_crops: int = 64
    teacher: float = 0.0
    slow: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    adversary: str = "none"
    adversary_weight: float = 0.01


@dataclass(frozen=True)
class TrainItem:
    """A picture of a run. `name`: its path in the project; `stem`: of its files; `held_out`: judges, never learned."""

    name: str
    stem: str
    held_out: bool = False


@dataclass(frozen=True)
class TrainStart:
    """What a run starts from. `mode`: one of `STARTS`. `positions`: for each channel of the card's net the position in
    the run that it means, 0 = none; () = it cannot be judged on the run's classes."""

    card: ModelCard
    weights: str | None = None
    mode: str = "card"
    positions: tuple[int, ...] = ()


@dataclass(frozen=True)
class TrainRequest:
    """Train, or go on where the folder's `state.pt` is. `card`: of the net to come, with the run's classes."""

    folder: str
    card: ModelCard
    items: tuple[TrainItem, ...]
    start: TrainStart
    options: TrainOptions = field(default_factory=TrainOptions)


@dataclass(frozen=True)
class TrainCommand:
    """To the training process: "pause", "go" or "stop"."""

    word: str


@dataclass(frozen=True)
class Judged:
    """A model's figures on the hold-out, 0..1, None where nothing could tell. `ious`: by position, from 1.

    `metric`: the figure that decides, "mIoU", "PQ" (panoptic) or "AP" (instance); `values`: the same by position. `pq`,
    `sq`, `rq`: panoptic quality of what is decided; `ap`, `ap50`, `ap75`: of the masks, COCO's convention.
    """

    miou: float | None
    ious: tuple[float | None, ...]
    accuracy: float | None
    pictures: int
    metric: str = "mIoU"
    values: tuple[float | None, ...] = ()
    pq: float | None = None
    sq: float | None = None
    rq: float | None = None
    ap: float | None = None
    ap50: float | None = None
    ap75: float | None = None

    @property
    def score(self) -> float | None:
        """The figure that decides."""
        return {"PQ": self.pq, "AP": self.ap}.get(self.metric, self.miou)

    @property
    def further(self) -> tuple[tuple[str, str], ...]:
        """(name, field) of the other figures that were taken."""
        return tuple((n, f) for n, f in FIGURES if n != self.metric and getattr(self, f) is not None)

    @property
    def by_class(self) -> tuple[float | None, ...]:
        """The figure that decides, by position."""
        return self.values or self.ious


@dataclass(frozen=True, eq=False)
class Sample:
    """A held-out picture made small: (h, w, 3) uint8 RGB; truth and answer (h, w) uint8 positions, 255 = unknown.
    `truth_ids`, `answer_ids`: (h, w) uint16 segments, where objects are learned."""

    name: str
    picture: np.ndarray
    truth: np.ndarray
    answer: np.ndarray
    truth_ids: np.ndarray | None = None
    answer_ids: np.ndarray | None = None


@dataclass(frozen=True)
class TrainBegun:
    """It is ready. `old`: the starting model on the hold-out, if it can be judged. `notes`: sentences in English,
    marked for translation, on what was chosen for the person."""

    device: str
    epoch: int
    epochs: int
    steps_per_epoch: int
    batch: int
    crop: int
    old: Judged | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainProgress:
    """A few times a second. `fraction` 0..1 of the run; `loss`: smoothed; `eta_seconds` None = not known yet."""

    step: int
    epoch: int
    fraction: float
    loss: float
    rate: float
    eta_seconds: float | None = None
    paused: bool = False


@dataclass(frozen=True, eq=False)
class EpochEnd:
    """An epoch is over: the mean of its loss, its figures on the hold-out, whether they are the best so far."""

    epoch: int
    loss: float
    judged: Judged
    best: bool
    seconds: float
    sample: Sample | None = None


@dataclass(frozen=True, eq=False)
class TrainResult:
    """The run is over. `reason`: "done", "time", "early", "stopped" or "failed" (then `error` says why).

    `weights`: the file of the best epoch; `new` its figures. `curve`: (epoch, loss, deciding figure or None).
    """

    reason: str
    weights: str
    new: Judged
    old: Judged | None
    best_epoch: int
    curve: tuple[tuple[int, float, float | None], ...]
    seconds: float
    error: SegDeskError | None = None
