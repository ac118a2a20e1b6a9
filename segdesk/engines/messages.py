"""What the window's process and the engine process say to each other: frozen values, no torch here."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from segdesk.domain.card import InputSpec, ModelCard
from segdesk.domain.classes import ClassSet, Color
from segdesk.domain.doubt import Doubts
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segmentation

SNAP_CRF = CrfOptions(w1=8.0, sigma_alpha=20.0, sigma_beta=7.0, w2=3.0, sigma_gamma=2.0, quality="fast")


@dataclass(frozen=True)
class Glance:
    """A part of a picture that is to be answered at once, at the resolution of a screen. `rect`: (x0, y0, x1, y1) in
    pixels of the picture, inside it and not empty; `size`: (h, w) of the labels that are wanted of it."""

    rect: tuple[int, int, int, int]
    size: tuple[int, int]


@dataclass(frozen=True, eq=False)
class PredictRequest:
    """Segment one picture, or decide it again.

    `key`: the picture's name, for the memory of recent predictions and for the caller.
    `image`: (H, W, 3) uint8 RGB; None = decide again from the kept prediction of (key, card.id) with other `options`,
    answered with `NotKept` if it is gone.
    `weights`: card id -> path of its weights file, for the card and its parts; a card that needs none is left out.
    `parts`: card id -> card, for a "merge" card.
    `device`: an id from `devices()`, or "auto".
    `glance`: only this much, quickly, from what is kept; the answer's map has the glance's size and no doubts.
    `full_size`: (H, W) of the picture where `image` is a copy that was reduced to what the card's input asks for; the
    answer has the full size. For options without refinements only; such an answer is not kept.
    """

    key: str
    card: ModelCard
    image: np.ndarray | None
    weights: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, ModelCard] = field(default_factory=dict)
    options: RunOptions = field(default_factory=RunOptions)
    device: str = "auto"
    glance: Glance | None = None
    full_size: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """The labels of one picture.

    `segmentation` (packed where it came from another process) and `instances` carry ids of `classes`, the model's.
    `instances` are the raw objects, which may overlap, best first. `doubt` 0..1, and `doubts` where it lies.
    `seconds` by stage: "load", "prepare", "forward", "refine", "decide", "steps".
    `device`: the id of the device that ran it. `notes`: sentences in English, marked for translation, on what was
    done otherwise than asked (tiles, processor instead of the graphics card, refinement at reduced size).
    `device_bytes`: of a graphics card, how much of its memory is taken, by whomever; 0 = not known.
    """

    key: str
    card_id: str
    segmentation: Segmentation | PackedMap
    classes: ClassSet
    instances: tuple[Instance, ...] = ()
    doubt: float = 0.0
    seconds: Mapping[str, float] = field(default_factory=dict)
    device: str = "cpu"
    notes: tuple[str, ...] = ()
    doubts: Doubts | None = None
    device_bytes: int = 0


@dataclass(frozen=True)
class NotKept:
    """There is no kept prediction of (key, card_id): ask again with the picture."""

    key: str
    card_id: str


@dataclass(frozen=True, eq=False)
class PromptRequest:
    """Which object do these clicks, this box or these words point at?

    `key`: the picture's name for the memory of encoded pictures. `image`: (H, W, 3) uint8 RGB; None = answer from what
    is kept of (key, card.id), answered with `NotKept` if it is gone. `plus`, `minus`: points (x, y) on the object and
    beside it, in image coordinates (pixel centres at +0.5); `box`: (x0, y0, x1, y1). `text`: what to look for, for a
    model that understands words. With none of these the picture is only encoded, and there are no candidates.
    `weights`, `parts`, `device`: as in `PredictRequest`.
    """

    key: str
    card: ModelCard
    image: np.ndarray | None
    plus: tuple[tuple[float, float], ...] = ()
    minus: tuple[tuple[float, float], ...] = ()
    box: tuple[float, float, float, float] | None = None
    text: str = ""
    weights: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, ModelCard] = field(default_factory=dict)
    device: str = "auto"

    @property
    def asks(self) -> bool:
        """Whether it points at anything."""
        return bool(self.plus or self.minus or self.text) or self.box is not None


@dataclass(frozen=True, eq=False)
class Proposed:
    """One answer to a prompt: the mask of an object, or those of several that were all asked for; they have the
    picture's size and are not empty. `score` 0..1: how sure the model is."""

    masks: tuple[Rle, ...]
    score: float


@dataclass(frozen=True, eq=False)
class PromptAnswer:
    """The candidates, the likeliest first; none if the model sees nothing there. `encoded`: whether the picture had to
    be encoded for this. `seconds` by stage: "load", "encode", "answer"; `device`: the id of the one that ran it."""

    key: str
    card_id: str
    candidates: tuple[Proposed, ...] = ()
    encoded: bool = False
    seconds: Mapping[str, float] = field(default_factory=dict)
    device: str = "cpu"


@dataclass(frozen=True, eq=False)
class SnapRequest:
    """Move the borders of labels to the edges of the picture, inside a region.

    `ids`: (h, w) uint16 segment ids, 0 = void, which is a label like the others; `image`: (h, w, 3) uint8 RGB; what
    lies around the region says what the labels look like. `region`: (h, w) bool, the pixels that may change. `held`:
    ids that neither lose nor get a pixel. `reach`: how far a border may move, in pixels; `certainty`: how sure a label
    is right at its border, 0..1; at 1 nothing moves.
    """

    ids: np.ndarray
    image: np.ndarray
    region: np.ndarray
    held: tuple[int, ...] = ()
    certainty: float = 0.4
    reach: float = 8.0
    options: CrfOptions = field(default_factory=lambda: SNAP_CRF)


@dataclass(frozen=True)
class DeviceInfo:
    """A place to compute. `id`: "cpu", "cuda:0", "mps". `memory_bytes`: of the device, 0 = unknown."""

    id: str
    name: str
    memory_bytes: int = 0


@dataclass(frozen=True)
class InspectRequest:
    """What is in this checkpoint, ONNX or TorchScript file, or Hugging Face folder?

    `run_program`: the person agreed that a TorchScript program may be loaded and run once on a small picture.
    `arch`: only this architecture, "TYPE" or "TYPE/VARIANT" of the fingerprint table.
    """

    path: str
    run_program: bool = False
    arch: str = ""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A net whose parameters a file fits. `variant`: the name of its option set. `layout`: how the file names them.

    `strides`: output strides that it can be built with, the usual first; `aligns`: whether it has the option
    `align_corners`. Neither can be seen from the parameters.
    """

    type: str
    variant: str
    title: str
    options: Mapping[str, object]
    layout: str = "plain"
    strides: tuple[int, ...] = ()
    aligns: bool = False


@dataclass(frozen=True, eq=False)
class Inspected:
    """What a file holds.

    `kind`: "weights", "onnx", "torchscript", "folder" (of the transformers library). `file`: what to copy (the file
    itself, the one in the folder, or the folder).
    `candidates`: nets that fit, the likeliest first; empty only for a program that waits for the person's consent
    (`needs_consent`). `names`, `colors`: the classes as the file tells them, by channel; may be empty.
    `told`: what the file's metadata decided: "classes", "input", "stride", "align_corners".
    `parameters`: their number. `notes`: sentences in English, marked for translation. `background`: channel 0 is no
    class. `decide`: what a card's [decide] is to say.
    """

    path: str
    kind: str
    file: str
    candidates: tuple[Candidate, ...]
    num_classes: int
    task: str = "semantic"
    names: tuple[str, ...] = ()
    colors: tuple[Color, ...] = ()
    input: InputSpec = field(default_factory=InputSpec)
    stride: int = 0
    align_corners: bool = False
    told: frozenset[str] = frozenset()
    parameters: int = 0
    bytes: int = 0
    needs_consent: bool = False
    notes: tuple[str, ...] = ()
    background: bool = False
    decide: Mapping[str, float] = field(default_factory=dict)


@cache  # the window asks at each change of what can be done, and each look goes to the disk
def _installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def crf_available() -> bool:
    """Whether the dense CRF can run here. Looks for the package without importing it."""
    return _installed("numba")


def onnx_available() -> bool:
    """Whether ONNX files can run here. Looks for the package without importing it."""
    return _installed("onnxruntime")


def transformers_available() -> bool:
    """Whether models of the transformers library can run here. Looks for the packages without importing them."""
    return all(_installed(name) for name in ("transformers", "safetensors"))


MOST_LANES = 4  # pictures side by side on a processor: beyond that the memory, not the cores, is what they wait for


def usable_cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def lane_threads() -> int:
    """Threads of one picture's forward pass in a batch on this machine's processor. The last bits of an answer depend
    on them: a machine that is to give the same bits must take the same number."""
    return max(1, usable_cores() // min(MOST_LANES, usable_cores()))
