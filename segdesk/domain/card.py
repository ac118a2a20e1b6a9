"""`ModelCard`: what is known of a model without building it. Read from `models/*.toml` by `segdesk.io.cards`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions

PICTURE_TASKS = ("semantic", "instance", "panoptic")
"""What a model can do to a folder of pictures."""
TASKS = (*PICTURE_TASKS, "points", "prompt")
"""points: of clouds, not of pictures; prompt: answers clicks or words, and has no classes of its own"""


@dataclass(frozen=True)
class Text:
    """A text of a card in the program's languages; English is always there."""

    en: str
    zh: str = ""

    def get(self, language: str) -> str:
        """The text for a language code such as "zh_CN"; English where it is missing."""
        return self.zh if language.startswith("zh") and self.zh else self.en


@dataclass(frozen=True)
class NetSpec:
    """What to build. `type` names a file of `segdesk/nets` (whose `build(options, num_classes)` makes the module), or
    one of the engine's own: "regions" (no net at all), "merge" (a semantic and an instance card together) and "taught"
    (a pixel classifier that was learned from strokes; its weights are an npz file)."""

    type: str
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class InputSpec:
    """How a picture becomes the net's input.

    `mean`, `std`: on 0..255, in the channel order of `order` ("rgb" or "bgr").
    `fit`: "native" (padded to `multiple`), "short:N" (shorter side resized to N), "short:N/M" (the same, but the longer
    side at most M), "long:N" (longer side at most N), "square:N" (N x N, whatever the proportion), "slide:N/S" (through
    overlapping windows of N x N pixels every S pixels, their logits averaged; may follow a resize after a space).
    `pad`: what the padding to `multiple` holds: "reflect" (the picture, mirrored) or "zero" (after normalisation).
    """

    mean: tuple[float, float, float] = (123.675, 116.28, 103.53)
    std: tuple[float, float, float] = (58.395, 57.12, 57.375)
    order: str = "rgb"
    fit: str = "native"
    multiple: int = 1
    pad: str = "reflect"


@dataclass(frozen=True)
class WeightsSpec:
    """Where the weights come from. `urls` are tried in order; `file` is a path beside the card for shipped weights
    and the name to look for in the model folders; `sha256` is whole or a prefix of at least 8 hex digits;
    `md5`, of at least 6, where its makers tell no other.

    `page`: where a person gets the file who cannot have it by a click. `layout` says how the file names its parameters;
    after it, `rename` replaces patterns in their names in order, and what matches a pattern of `drop` is left out
    (regular expressions).

    `files`: of layout "hf" (a folder as Hugging Face keeps it), the files under each address; `file` is then the
    folder's name. Such folders may have no hash: their files come over TLS and are looked into before they are used.
    """

    file: str
    urls: tuple[str, ...] = ()
    sha256: str = ""
    bytes: int = 0
    layout: str = "plain"
    rename: tuple[tuple[str, str], ...] = ()
    drop: tuple[str, ...] = ()
    page: str = ""
    files: tuple[str, ...] = ()
    md5: str = ""


@dataclass(frozen=True)
class Licence:
    """Licences of the code, the weights and the data they were trained on; `commercial`: "yes", "no" or "check"."""

    code: str = ""
    weights: str = ""
    data: str = ""
    commercial: str = "check"


@dataclass(frozen=True)
class Score:
    """A published or measured score, with its data set, the way it was taken and its source."""

    data: str
    metric: str
    value: float
    how: str = ""
    source: str = ""


@dataclass(frozen=True)
class ModelCard:
    """Everything the menu, the engine and a report need to know of a model.

    `system`: the published method that it is one of ("PSPNet"), `data`: the data set that it was trained on, both for
    the menu's groups. `parameters`: how many the net has, `gflops`: 10^9 multiplications and additions for a picture
    of 512 x 512; 0 = unknown. `trainable`: the net can be trained here; without weights it must be, or a file located.
    `classes` are the model's; the net's channel k answers for `channel_ids[k]` (0 = background).
    `samples`: of a model that can draw several segmentations, how many are usual; 0 = it gives one answer.
    `parts`: the card ids of a "merge" model. `origin`: the card file's path, "" if it has none.
    """

    id: str
    name: Text
    task: str
    group: str
    about: Text
    net: NetSpec
    classes: ClassSet
    channel_ids: tuple[int, ...] = ()
    input: InputSpec = InputSpec()
    decide: DecideOptions = field(default_factory=DecideOptions)
    weights: WeightsSpec | None = None
    licence: Licence = Licence()
    scores: tuple[Score, ...] = ()
    paper: str = ""
    parts: tuple[str, ...] = ()
    trainable: bool = False
    samples: int = 0
    origin: str = ""
    system: str = ""
    data: str = ""
    parameters: int = 0
    gflops: float = 0.0
