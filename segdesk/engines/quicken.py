"""Makes a loaded net faster on the processor without changing what it answers (beyond rounding)."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

# What oneDNN computes together with a convolution: its name for each activation, and that one's numbers.
_ACTIVATIONS: dict[type[nn.Module], tuple[str, tuple[float, ...]]] = {
    nn.ReLU: ("relu", ()),
    nn.ReLU6: ("hardtanh", (0.0, 6.0)),
    nn.Hardswish: ("hardswish", ()),
    nn.SiLU: ("swish", ()),
}


def quickened(net: nn.Module, device: torch.device) -> nn.Module:
    """The net, changed in place, for inference only.

    A batch norm that directly follows a convolution in an `nn.Sequential` becomes part of the convolution's weights:
    with its running statistics it is one more linear step. On the processor the weights are laid out channels last,
    which suits the depth-wise convolutions of small nets, and 1x1 and grouped convolutions become `DirectConv`;
    `tests/benchmarks/bench_engine.py` has the figures.
    """
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential):
            _fold(module)
    if device.type != "cpu":
        return net
    if _has_direct():
        for module in list(net.modules()):
            _direct(module)
    return net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]


class DirectConv(nn.Conv2d):
    """A convolution on the processor by oneDNN, whatever torch would choose, with the activation that follows it.

    With one thread torch computes 1x1 convolutions by another way, which takes twice as long; and an activation of its
    own reads and writes the whole map once more. Dense larger kernels gain nothing.
    """

    after: nn.Module | None

    @classmethod
    def of(cls, conv: nn.Conv2d) -> DirectConv:
        """The same convolution, sharing its weights."""
        assert not isinstance(conv.padding, str)
        made = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,  # type: ignore[arg-type]  # a tuple of two
            stride=conv.stride,  # type: ignore[arg-type]
            padding=conv.padding,  # type: ignore[arg-type]
            dilation=conv.dilation,  # type: ignore[arg-type]
            groups=conv.groups,
            bias=conv.bias is not None,
            device="meta",
        )
        made.weight, made.bias, made.after = conv.weight, conv.bias, None
        return made.eval()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, C, h, w) to (N, D, h', w')."""
        if input.dim() != 4 or input.numel() == 0:  # no objects were found that it could look at
            return super().forward(input) if self.after is None else self.after(super().forward(input))
        name, numbers = ("none", ()) if self.after is None else _ACTIVATIONS[type(self.after)]
        return torch.ops.mkldnn._convolution_pointwise(
            input.contiguous(memory_format=torch.channels_last),
            self.weight,
            self.bias,
            list(self.padding),
            list(self.stride),
            list(self.dilation),
            self.groups,
            name,
            list(numbers),
            "",
        )


def _has_direct() -> bool:
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def _fold(chain: nn.Sequential) -> None:
    for first, second in pairwise(list(chain._modules)):
        convolution, norm = chain._modules[first], chain._modules[second]
        if type(convolution) is nn.Conv2d and type(norm) is nn.BatchNorm2d and norm.track_running_stats:
            chain._modules[first] = fuse_conv_bn_eval(convolution, norm)
            chain._modules[second] = nn.Identity()


def _direct(parent: nn.Module) -> None:
    """Exchange the convolutions among the children; in a plain chain they take their activation in."""
    for name, child in list(parent._modules.items()):
        if type(child) is nn.Conv2d and _suits(child):
            parent._modules[name] = DirectConv.of(child)
    if type(parent).forward is nn.Sequential.forward:  # a forward of its own may call its parts in another order
        names = [name for name, child in parent._modules.items() if not isinstance(child, nn.Identity)]
        for first, second in pairwise(names):
            convolution, after = parent._modules[first], parent._modules[second]
            if isinstance(convolution, DirectConv) and after is not None and type(after) in _ACTIVATIONS:
                convolution.after = after
                parent._modules[second] = nn.Identity()


def _suits(conv: nn.Conv2d) -> bool:
    light = conv.kernel_size == (1, 1) or conv.groups > 1
    return light and conv.padding_mode == "zeros" and not isinstance(conv.padding, str) and _is_plain(conv.weight)


def _is_plain(weight: torch.Tensor) -> bool:
    return weight.dtype == torch.float32 and weight.device.type == "cpu"
