"""Building blocks that many networks share. Their submodules have the names of OpenMMLab's, so that its files load."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import nn

Activation = Callable[[torch.Tensor], torch.Tensor]
relu: Activation = partial(F.relu, inplace=True)


class ConvBN(nn.Sequential):
    """Convolution `conv`, batch norm `bn`, activation.

    `padding` keeps the size unless said otherwise (with stride 1 and an odd kernel). `act` is a function without
    parameters, None, or a module with parameters (kept as `activate`). With `norm=False` there is no `bn`, and the
    convolution has a bias; `bias` overrules. It is a Sequential, so that the engine can fold `bn` into `conv`.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int | tuple[int, int] = 1,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | None = None,
        dilation: int = 1,
        groups: int = 1,
        bias: bool | None = None,
        norm: bool = True,
        act: Activation | None = relu,
        eps: float = 1e-5,
        momentum: float = 0.1,
    ) -> None:
        super().__init__()
        rows, columns = (kernel, kernel) if isinstance(kernel, int) else kernel
        self.conv = nn.Conv2d(
            inputs,
            outputs,
            (rows, columns),
            stride=stride,
            padding=(dilation * (rows // 2), dilation * (columns // 2)) if padding is None else padding,
            dilation=dilation,
            groups=groups,
            bias=not norm if bias is None else bias,
        )
        if norm:
            self.bn = nn.BatchNorm2d(outputs, eps=eps, momentum=momentum)
        self.norm = norm
        self.activate = act

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """(N, inputs, h, w) to (N, outputs, h', w')."""
        x = self.conv(x)
        if self.norm:
            x = self.bn(x)
        return x if self.activate is None else self.activate(x)


class SepConv(nn.Module):
    """Depthwise 3x3 convolution `depthwise_conv`, then 1x1 `pointwise_conv`, each with batch norm and activation."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        kernel: int = 3,
        stride: int = 1,
        dilation: int = 1,
        padding: int | None = None,
        act: Activation | None = relu,
        depthwise_act: Activation | None = relu,
    ) -> None:
        super().__init__()
        self.depthwise_conv = ConvBN(
            inputs,
            inputs,
            kernel=kernel,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=inputs,
            act=depthwise_act,
        )
        self.pointwise_conv = ConvBN(inputs, outputs, act=act)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h', w')."""
        return self.pointwise_conv(self.depthwise_conv(x))


class Scale(nn.Module):
    """A learned factor `scale`, a scalar that starts at `value`."""

    def __init__(self, value: float = 1.0) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(value))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` times the factor."""
        return x * self.scale


def resize(x: torch.Tensor, size: tuple[int, int] | torch.Size, *, align_corners: bool = False) -> torch.Tensor:
    """(N, C, h, w) sampled bilinear at `size` = (rows, columns)."""
    if tuple(x.shape[-2:]) == tuple(size):
        return x
    return F.interpolate(x, size=size, mode="bilinear", align_corners=align_corners)


def up(x: torch.Tensor, like: torch.Tensor, *, align_corners: bool = False) -> torch.Tensor:
    """`x` (N, C, h, w) sampled bilinear at the size of `like` (N, D, H, W)."""
    return resize(x, like.shape[-2:], align_corners=align_corners)


# Numbers of an attention matrix that are in memory at once: 2**24 of them are 64 MB.
ATTENTION_NUMBERS = 2**24


def attend(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, *, numbers: int = ATTENTION_NUMBERS
) -> torch.Tensor:
    """softmax(query' key) of each query over all keys, applied to the values: exact, with bounded memory.

    `query` (N, C, Q), `key` (N, C, K), `value` (N, D, K) to (N, D, Q). The queries are taken in blocks, so that at most
    `numbers` entries of the (N, Q, K) matrix of attention are there at a time; each of its rows is whole.
    """
    rows = max(1, numbers // max(1, key.shape[0] * key.shape[2]))
    keys, values = key, value.transpose(1, 2)
    blocks = [
        torch.softmax(block.transpose(1, 2) @ keys, dim=-1) @ values  # (N, q, K) @ (N, K, D)
        for block in query.split(rows, dim=2)
    ]
    return torch.cat(blocks, 1).transpose(1, 2)
