"""The loss of a semantic net in a run: that of the recipe, what the starting model says, and an adversary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from segdesk.engines.training import losses, teacher
from segdesk.engines.training.adversary import Adversary
from segdesk.engines.training.messages import TrainOptions
from segdesk.engines.training.objects import Truth


class SemanticLoss:
    """Called with a batch; `learn` follows after the net's step. What it has learned is in its `state`."""

    def __init__(self, options: TrainOptions, counts: np.ndarray, *, device: torch.device) -> None:
        """`counts`: pixels of each of the net's channels in what is learned from. Uses torch's random numbers."""
        self._share = options.teacher
        weights = None
        if options.class_weights or options.loss in losses.BALANCED:
            shares = torch.from_numpy(counts).float()
            weights = losses.class_weights(shares / shares.sum().clamp(min=1)).to(device)
        self._loss = losses.loss_of(options.loss, weights)
        self._adversary = None
        if options.adversary != "none":
            weight = options.adversary_weight
            self._adversary = Adversary(options.adversary, len(counts), device=device, weight=weight)

    def __call__(self, net: nn.Module, x: torch.Tensor, truth: Truth, taught: np.ndarray | None) -> torch.Tensor:
        """A scalar for pictures `x` (N, 3, h, w); `taught`: what the starting model says of them, if it teaches."""
        loss, more, first = self._loss, None, None
        if truth.ids is not None and loss.func is losses.border_weighted:
            loss = partial(loss, objects=truth.ids)
        if taught is not None:
            answers = torch.from_numpy(taught).to(x.device)
            more = partial(teacher.distilled, taught=answers, share=self._share)
        if self._adversary is not None:
            first = partial(self._adversary.loss, x=x)
        return losses.total_loss(net, x, truth.labels, loss, more, first)

    def learn(self, x: torch.Tensor, truth: Truth) -> None:
        """The adversary's step on the batch that the net has just learned from."""
        if self._adversary is not None:
            self._adversary.learn(truth.labels, x=x)

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {} if self._adversary is None else self._adversary.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        if self._adversary is not None:
            self._adversary.restore(state)
