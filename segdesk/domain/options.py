"""What a person may set for a run: the decision, the dense CRF and the other refinements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from segdesk.domain.decide import DecideOptions
from segdesk.domain.stack import Stack
from segdesk.domain.text import N_


@dataclass(frozen=True)
class CrfOptions:
    """Parameters of the dense CRF, named as by Kraehenbuehl and Koltun (2011), equation 3.

    Appearance kernel: weight `w1`, `sigma_alpha` pixels, `sigma_beta` in 0..255 colour units.
    Smoothness kernel: weight `w2`, `sigma_gamma` pixels. `iterations` of mean field.
    `quality`: "exact" = on all pixels; "fast" = on all pixels near borders, on every fourth of every fourth row
    elsewhere. `off`: ids of classes that keep their probabilities; the others share the rest among them.

    Measured on street scenes (CamVid, labels blurred and noised, or of cells of 16 pixels, as scores) with "fast": a
    `sigma_alpha` of 20 gains 0.7 to 1.9 points of mIoU over the default at 480 x 360 and at 1280 x 720; wider colour
    widths and more iterations lose. The default is wider: objects and photographs were not measured.
    """

    w1: float = 4.0
    sigma_alpha: float = 49.0
    sigma_beta: float = 4.0
    w2: float = 3.0
    sigma_gamma: float = 3.0
    iterations: int = 5
    quality: str = "exact"
    off: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.quality not in ("exact", "fast"):
            raise ValueError("quality must be exact or fast")
        object.__setattr__(self, "off", tuple(self.off))  # a list where it was stored


# Settings that were published, and ours, by title. DeepLab's: Chen et al. 2016, found by search on VOC for each net.
CRF_PRESETS: Mapping[str, CrfOptions] = {
    N_("SegDesk's"): CrfOptions(),
    N_("DeepLab v2, VGG-16"): CrfOptions(4.0, 65.0, 3.0, 2.0, 2.0, 10),
    N_("DeepLab v2, ResNet-101"): CrfOptions(4.0, 67.0, 3.0, 3.0, 1.0, 10),
    N_("Strong, for wide reach"): CrfOptions(10.0, 80.0, 13.0, 3.0, 3.0, 5),
}


@dataclass(frozen=True)
class Averaging:
    """Several forward passes instead of one, for models that answer with scores; their probabilities are averaged.

    `scales`: the picture is asked for at each of these sizes, 1.0 = its own. `mirror`: also mirrored left to right.
    `samples`: of a model that can draw several segmentations (a Probabilistic U-Net), how many; 0 = its mean answer.
    """

    scales: tuple[float, ...] = (1.0,)
    mirror: bool = False
    samples: int = 0

    def __post_init__(self) -> None:
        if not self.scales or not all(0.1 <= s <= 4.0 for s in self.scales) or not 0 <= self.samples <= 64:
            raise ValueError("scales must be between 0.1 and 4, samples between 0 and 64")

    @property
    def passes(self) -> int:
        """How many times the model looks at the picture (a scale of 2 counts as one, though it costs four times)."""
        return len(self.scales) * (1 + self.mirror) * max(1, self.samples)


@dataclass(frozen=True)
class RunOptions:
    """Everything that turns a model's raw answer into labels; `crf` None = off. Stored with each run.

    `flip`: the mirrored picture is asked for as well (a second forward pass); where the two answers differ is doubtful.
    `average`: test-time augmentation. `stack`: the other refinements that are on.
    """

    decide: DecideOptions = field(default_factory=DecideOptions)
    crf: CrfOptions | None = None
    flip: bool = False
    average: Averaging = Averaging()
    stack: Stack = field(default_factory=Stack)
