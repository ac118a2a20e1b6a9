"""What a recipe means for a net: what is frozen, how large the crops are, the optimiser, a batch as tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.training.messages import TrainOptions, TrainRequest
from segdesk.engines.training.objects import Truth
from segdesk.engines.training.sampling import Batch
from segdesk.engines.training.start import ENCODER

RATES = {"adamw": 1e-3, "sgd": 1e-2}
BATCHES = {"cpu": 4, "cuda": 8}
CROPS = {"cpu": 320, "cuda": 512}
CROP_STEP = 32  # a crop's side is a multiple of it
NORM_BATCH = 4  # batch norm learns from at least so many pictures
QUICK_NORM = 0.1  # its momentum in a run of less than LONG_RUN steps: slower statistics would lag behind
LONG_RUN = 5_000
NOTE_NORM = N_("Batch norm keeps its statistics: the batches are too small to learn them.")
NOTE_BATCH = N_("With so few pictures at a time a network from scratch learns batch norm poorly.")


def freeze(
    net: nn.Module, options: TrainOptions, *, trained: bool, batch: int, steps: int
) -> tuple[list[nn.Module], tuple[str, ...]]:
    """Freeze what the recipe says. Returns the norms that must stay in evaluation mode, and what to tell about it.

    `trained`: the norms know pictures already; `steps`: of the run, 0 = unknown.
    """
    still = (*(ENCODER if options.freeze_encoder else ()), *options.frozen)
    for name, parameter in net.named_parameters():
        if name.startswith(still):
            parameter.requires_grad_(False)
    norms = [(n, m) for n, m in net.named_modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    small = batch < NORM_BATCH
    all_frozen = batch < 2 or (options.freeze_norm if options.freeze_norm is not None else small and trained)
    frozen: list[nn.Module] = []
    for name, module in norms:
        if all_frozen or name.startswith(still) or is_folded(module):
            frozen.append(module)
            module.requires_grad_(False)
        elif module.momentum is not None and steps < LONG_RUN:
            module.momentum = max(module.momentum, QUICK_NORM)
    if not norms or not small:
        return frozen, ()
    return frozen, (NOTE_NORM if all_frozen else NOTE_BATCH,)


def is_folded(norm: nn.Module) -> bool:
    """Whether a batch norm only adds its bias, since its statistics were folded into the weights before it: those of
    pictures, if it learned them, would change what the net answers. Its mean is 0 and its variance 1 as those of a new
    norm, but it has a bias."""
    mean, variance, bias = (getattr(norm, key, None) for key in ("running_mean", "running_var", "bias"))
    if not all(isinstance(value, torch.Tensor) for value in (mean, variance, bias)):
        return False
    assert mean is not None
    assert variance is not None
    assert bias is not None
    return not bool(mean.any()) and bool(((variance - 1.0).abs() < 1e-3).all()) and bool(bias.any())


def crop_side(sizes: Sequence[tuple[int, ...]], device: torch.device) -> int:
    """The usual crop of a device, no larger than the largest picture needs."""
    longest = max(max(size) for size in sizes)
    usual = CROPS.get(device.type, CROPS["cpu"])
    return max(CROP_STEP, min(usual, -(-longest // CROP_STEP) * CROP_STEP))


def optimiser_of(net: nn.Module, options: TrainOptions, *, scratch: bool) -> torch.optim.Optimizer:
    """AdamW or SGD over four groups: encoder or not, with weight decay (weights) or without (biases, norms)."""
    rate = options.rate or RATES[options.optimiser]
    slow = (*ENCODER, *options.slow)
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in net.named_parameters():
        if parameter.requires_grad:
            key = (name.startswith(slow) and not scratch, parameter.ndim > 1)
            groups.setdefault(key, []).append(parameter)
    rows = []
    for (encoder, decays), parameters in sorted(groups.items(), key=lambda entry: entry[0]):
        full = rate * (options.encoder_rate if encoder else 1.0)
        rows.append({"params": parameters, "lr": full, "full": full, "weight_decay": options.decay if decays else 0.0})
    if not rows:
        raise SegDeskError("Everything of the network is frozen: there is nothing to train.", "Freeze less of it.")
    if options.optimiser == "sgd":
        return torch.optim.SGD(rows, lr=rate, momentum=0.9, nesterov=True)
    return torch.optim.AdamW(rows, lr=rate)


def tensors(batch: Batch, request: TrainRequest, device: torch.device) -> tuple[torch.Tensor, Truth]:
    """A batch as the net wants it, (N, 3, h, w) float32 normalised, and what it should answer."""
    spec = request.card.input
    pixels = batch.pictures[..., ::-1] if spec.order == "bgr" else batch.pictures
    x = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(0, 3, 1, 2).float()
    mean = torch.tensor(spec.mean, device=device).view(1, 3, 1, 1)
    std = torch.tensor(spec.std, device=device).view(1, 3, 1, 1)
    labels, ids = (None if m is None else torch.from_numpy(m).to(device).long() for m in (batch.labels, batch.ids))
    assert labels is not None
    return ((x - mean) / std).contiguous(), Truth(labels, ids)
