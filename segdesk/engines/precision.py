"""Half precision on a graphics card, where it is safe: each net shows on the first picture that its answer stays."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

AGREEMENT = 0.999  # of the places of the answer must keep their best class
TENSOR_CORES = (7, 0)  # older cards compute halves no faster

log = logging.getLogger("segdesk.engine")


class Mixed(nn.Module):
    """A net that answers with "scores", in half precision (automatic mixed precision, channels last) as long as that
    does not change what it says.

    The first input is computed both ways: unless `AGREEMENT` of all places have the same best class, the net stays in
    full precision, as it does from the first answer on that is not finite. Answers are float32. On another device
    than `device` (when a card has no memory left) it computes in full precision, too.
    """

    def __init__(self, net: nn.Module, device: torch.device, dtype: torch.dtype = torch.float16) -> None:
        super().__init__()
        self.net = net
        self._where = device.type
        self._dtype = dtype
        self.trusted: bool | None = None  # None: not yet tried

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 3, h, w) float32 to what the net's scores are, float32."""
        if self.trusted is False or x.device.type != self._where:
            return _scores(self.net(x))
        with torch.autocast(self._where, self._dtype):
            halves = _scores(self.net(x.contiguous(memory_format=torch.channels_last))).float()
        if self.trusted is None:
            whole = _scores(self.net(x)).float()
            self.trusted = bool(torch.isfinite(halves).all()) and agreement(whole, halves) >= AGREEMENT
            log.info("half precision is %s", "used" if self.trusted else "left out: it would change the answer")
            return halves if self.trusted else whole
        if not bool(torch.isfinite(halves).all()):
            self.trusted = False
            return _scores(self.net(x))
        return halves

    def __getattr__(self, name: str) -> Any:
        """What the net says of itself (`align_corners`, `output`...)."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattr__("net"), name)


def agreement(whole: torch.Tensor, halves: torch.Tensor) -> float:
    """The share of the places of two (N, K, h, w) logits that have the same best class; of a single channel, the same
    sign."""
    if whole.shape[1] == 1:
        return float(((whole > 0) == (halves > 0)).float().mean())
    return float((whole.argmax(1) == halves.argmax(1)).float().mean())


def suited(
    net: nn.Module,
    device: torch.device,
    capability: Callable[[torch.device], tuple[int, int]] | None = None,
) -> nn.Module:
    """The net in half precision where the device has tensor cores and the net answers with scores; else itself."""
    plain = getattr(net, "output", "scores") == "scores" and not getattr(net, "finished", False)
    if device.type != "cuda" or not plain or (capability or _capability)(device) < TENSOR_CORES:
        return net
    return Mixed(net.to(memory_format=torch.channels_last), device)  # pyright: ignore[reportCallIssue]


def _capability(device: torch.device) -> tuple[int, int]:
    return torch.cuda.get_device_capability(device) if torch.cuda.is_available() else (0, 0)


def _scores(answer: torch.Tensor | dict[str, torch.Tensor]) -> torch.Tensor:
    return answer["out"] if isinstance(answer, dict) else answer
