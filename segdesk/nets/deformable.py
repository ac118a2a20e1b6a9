"""Deformable convolution, plain (Dai et al., arXiv:1703.06211) and modulated (Zhu et al., arXiv:1811.11168,
equation 1), with the parameter names of OpenMMLab's."""

from __future__ import annotations

import torch
from torch import nn
from torchvision.ops import deform_conv2d


class DeformableConv(nn.Conv2d):
    """A convolution whose taps look elsewhere: `conv_offset` says where for every tap and pixel and, if it is
    `modulated`, how much the tap counts."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = True,
        modulated: bool = True,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding, dilation, groups, bias)
        self.ways = 2 * kernel * kernel  # down and right for each tap
        self.modulated = modulated
        count = self.ways + kernel * kernel if modulated else self.ways
        self.conv_offset = nn.Conv2d(inputs, count, kernel, stride, padding, dilation)
        nn.init.zeros_(self.conv_offset.weight)
        nn.init.zeros_(self.conv_offset.bias)  # pyright: ignore[reportArgumentType]

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(N, inputs, h, w) to (N, outputs, h', w')."""
        said = self.conv_offset(input)
        return deform_conv2d(
            input,
            said[:, : self.ways],
            self.weight,
            self.bias,
            stride=(self.stride[0], self.stride[1]),
            padding=(int(self.padding[0]), int(self.padding[1])),
            dilation=(self.dilation[0], self.dilation[1]),
            mask=said[:, self.ways :].sigmoid() if self.modulated else None,
        )
