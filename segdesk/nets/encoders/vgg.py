"""VGG (Simonyan and Zisserman, arXiv:1409.1556, table 1) as a fully convolutional encoder with torchvision's names
`features.N`, so that its ImageNet weights load; the fully connected layers are left to the systems that use them."""

from __future__ import annotations

import torch
from torch import nn

# Convolutions of each of the five stages.
DEPTHS = {"vgg11": (1, 1, 2, 2, 2), "vgg13": (2, 2, 2, 2, 2), "vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
NAMES = tuple(f"{name}{norm}" for name in DEPTHS for norm in ("", "_bn"))


def he_initialised(net: nn.Module) -> None:
    """Weights for training a net without batch norm from scratch: the signal keeps its size from layer to layer (He et
    al., arXiv:1502.01852, equation 10)."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class VGG(nn.Module):
    """The stages; each map is taken after its pooling.

    `output_stride` 8 is DeepLab's (arXiv:1412.7062, section 3.1): the last two poolings have stride 1 and the fifth
    stage's convolutions rate 2; that needs `pool_kernel` 3, as there. `stages` leaves out the last stages, `last_pool`
    False the last pooling. No size is too small: poolings keep an odd last row and column.
    """

    def __init__(
        self,
        name: str,
        *,
        width: int = 64,
        output_stride: int = 32,
        pool_kernel: int = 2,
        stages: int = 5,
        last_pool: bool = True,
    ) -> None:
        super().__init__()
        if output_stride not in (8, 32) or pool_kernel not in (2, 3) or output_stride + pool_kernel == 10:
            raise ValueError("VGG has output_stride 32 with pool_kernel 2 or 3, and 8 with 3")
        self.channels = [width * n for n in (1, 2, 4, 8, 8)][:stages]
        self.strides: list[int] = []
        self.features = nn.Sequential()
        inputs, stride, self.ends = 3, 1, []
        for depth, outputs in zip(DEPTHS[name.removesuffix("_bn")], self.channels, strict=False):
            rate = 2 if output_stride == stride == 8 and len(self.strides) == 4 else 1
            for _ in range(depth):
                self.features.append(nn.Conv2d(inputs, outputs, 3, padding=rate, dilation=rate))
                if name.endswith("_bn"):
                    self.features.append(nn.BatchNorm2d(outputs))
                self.features.append(nn.ReLU(inplace=True))
                inputs = outputs
            if len(self.strides) < stages - 1 or last_pool:
                step = 1 if stride == output_stride else 2
                odd = pool_kernel % 2
                self.features.append(nn.MaxPool2d(pool_kernel, step, padding=odd, ceil_mode=not odd))
                stride *= step
            self.ends.append(len(self.features) - 1)
            self.strides.append(stride)
        he_initialised(self)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        """(N, 3, h, w), normalised, to each stage's map (N, channels, ceil(h / stride), ceil(w / stride))."""
        maps = []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.ends:
                maps.append(x)
        return maps


def make(name: str, **options: object) -> nn.Module:
    """One of `NAMES`; `options` as `VGG` explains them, `width` is the first stage's channels."""
    return VGG(name, **options)  # pyright: ignore[reportArgumentType]
