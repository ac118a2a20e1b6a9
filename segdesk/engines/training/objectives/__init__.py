"""Losses of nets that find objects: a file each, with `loss(net, x, truth)`, which gives a scalar for pictures `x`
(N, 3, h, w) and a `Truth` that has ids.

A net says which one it trains with by an attribute `objective`, the file's name; a net without it is served by its kind
of answer (`BY_OUTPUT`). A net that has a method `training_loss(x, truth)` brings its own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from segdesk.engines.training.objects import Truth

Objective = Callable[[nn.Module, torch.Tensor, Truth], torch.Tensor]

BY_OUTPUT = {"centres": "centres", "cells": "cells"}


def objective_of(net: Any) -> Objective | None:
    """The loss that a net of objects trains with; None where nobody has written one. `net` may be its class, too."""
    if hasattr(net, "training_loss"):
        return lambda made, x, truth: made.training_loss(x, truth)  # pyright: ignore[reportCallIssue]
    name = getattr(net, "objective", "") or BY_OUTPUT.get(getattr(net, "output", ""), "")
    return importlib.import_module(f"{__name__}.{name}").loss if name else None
