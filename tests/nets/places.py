"""The reference's logits at five places of a picture, on the deterministic weights of the shared folder: small
enough to stand in a test, and enough to notice another order of norm and ReLU or another way to enlarge."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

SIZE = (64, 96)
PLACES = ((0, 0, 0), (3, 20, 50), (7, 33, 11), (11, 63, 95), (18, 40, 70))  # channel, row, column
ROUNDED = 5e-5


class Reference(NamedTuple):
    """What the reference's net of 19 classes has and says."""

    parameters: int
    logits: tuple[float, ...]
    span: float


def assert_like_reference(shared: Path, net: nn.Module, wanted: Reference, *, size: tuple[int, int] = SIZE) -> None:
    """The logits at `PLACES`, resized to the picture's size, are the reference's within 1e-4 of their range."""
    spec = importlib.util.spec_from_file_location("deterministic", shared / "data/golden/nets/deterministic.py")
    assert spec is not None
    assert spec.loader is not None
    deterministic = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(deterministic)
    net.load_state_dict(deterministic.fill(net.state_dict()), assign=True)
    with torch.inference_mode():
        logits = net.eval()(deterministic.image(*size))
    logits = F.interpolate(logits, size=size, mode="bilinear", align_corners=getattr(net, "align_corners", False))[0]
    found = [logits[place].item() for place in PLACES]
    worst = max(abs(a - b) for a, b in zip(found, wanted.logits, strict=True))
    assert worst <= 1e-4 * wanted.span + ROUNDED
    assert abs((logits.max() - logits.min()).item() - wanted.span) < 1e-3 + 1e-3 * wanted.span


def parameters(net: nn.Module) -> int:
    """How many numbers training could change (and those that it must not)."""
    return sum(p.numel() for p in net.parameters())
