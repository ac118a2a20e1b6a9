"""Makes a loaded net faster on the processor without changing what it answers (beyond rounding)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


def quickened(net: nn.Module, device: torch.device) -> nn.Module:
    """The net, changed in place, for inference only.

    A batch norm that directly follows a convolution in an `nn.Sequential` becomes part of the convolution's weights:
    with its running statistics it is one more linear step. On the processor the weights are laid out channels last,
    which suits the depth-wise convolutions of small nets; `tests/benchmarks/bench_engine.py` has the figures.
    """
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential):
            _fold(module)
    return net.to(memory_format=torch.channels_last) if device.type == "cpu" else net  # pyright: ignore[reportCallIssue]


def _fold(chain: nn.Sequential) -> None:
    for first, second in pairwise(list(chain._modules)):
        convolution, norm = chain._modules[first], chain._modules[second]
        if type(convolution) is nn.Conv2d and type(norm) is nn.BatchNorm2d and norm.track_running_stats:
            chain._modules[first] = fuse_conv_bn_eval(convolution, norm)
            chain._modules[second] = nn.Identity()
