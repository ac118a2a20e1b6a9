"""What a person may set for a run: the decision and the dense CRF."""

from __future__ import annotations

from dataclasses import dataclass, field

from segdesk.domain.decide import DecideOptions


@dataclass(frozen=True)
class CrfOptions:
    """Parameters of the dense CRF, named as by Kraehenbuehl and Koltun (2011), equation 3.

    Appearance kernel: weight `w1`, `sigma_alpha` pixels, `sigma_beta` in 0..255 colour units.
    Smoothness kernel: weight `w2`, `sigma_gamma` pixels. `iterations` of mean field.
    """

    w1: float = 4.0
    sigma_alpha: float = 49.0
    sigma_beta: float = 4.0
    w2: float = 3.0
    sigma_gamma: float = 3.0
    iterations: int = 5


@dataclass(frozen=True)
class RunOptions:
    """Everything that turns a model's raw answer into labels; `crf` None = off. Stored with each run.

    `flip`: the mirrored picture is asked for as well (a second forward pass); where the two answers differ is doubtful.
    """

    decide: DecideOptions = field(default_factory=DecideOptions)
    crf: CrfOptions | None = None
    flip: bool = False
