"""From a picture to the net's input: resize, order of channels, normalisation, padding."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines.sizing import fitted as fitted
from segdesk.engines.sizing import resized as resized


@dataclass(frozen=True)
class Prepared:
    """A picture as the net wants it.

    `pixels`: (h, w, 3) uint8 RGB, resized but neither normalised nor padded. `size`: (H, W) of the picture.
    """

    pixels: np.ndarray
    size: tuple[int, int]

    @property
    def input_size(self) -> tuple[int, int]:
        """(h, w) of the resized picture."""
        return self.pixels.shape[0], self.pixels.shape[1]


def prepare(image: np.ndarray, spec: InputSpec, full_size: tuple[int, int] | None = None) -> Prepared:
    """Resize an (H, W, 3) uint8 RGB picture to what `spec.fit` asks for. `full_size`: the picture's (H, W) where
    `image` is a reduced copy of it. Raises `SegDeskError` for anything else."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise SegDeskError("A model takes pictures of 8-bit RGB with at least one pixel.")
    height, width = full_size or image.shape[:2]
    h, w = fitted(height, width, spec.fit)
    return Prepared(image if (h, w) == image.shape[:2] else resized(image, h, w), (height, width))


def slide_of(fit: str) -> tuple[int, int] | None:
    """(window, stride) in pixels of the input where `fit` asks for sliding windows."""
    kind, _, numbers = fit.split(" ")[-1].partition(":")
    if kind != "slide":
        return None
    window, _, stride = numbers.partition("/")
    return int(window), int(stride)


def tensor(pixels: np.ndarray, spec: InputSpec, device: torch.device) -> torch.Tensor:
    """(1, 3, h', w') float32, normalised, on the device; padded at the right and bottom so that both sides are
    multiples of `spec.multiple`, as `spec.pad` says."""
    height, width = pixels.shape[:2]
    pad_y, pad_x = -height % spec.multiple, -width % spec.multiple
    reflected = (pad_y or pad_x) and spec.pad != "zero"
    if reflected:
        # A picture narrower than its padding cannot be reflected; its edge is repeated instead.
        mode = cv2.BORDER_REFLECT_101 if pad_y < height and pad_x < width else cv2.BORDER_REPLICATE
        pixels = cv2.copyMakeBorder(pixels, 0, pad_y, 0, pad_x, mode)
    data = torch.from_numpy(np.ascontiguousarray(pixels))
    if device.type == "cuda" and torch.cuda.is_available():
        data = data.pin_memory()  # so that it travels while the card still computes the picture before
    x = data.to(device, non_blocking=True).permute(2, 0, 1)[None].float()
    if spec.order == "bgr":
        x = x.flip(1)
    mean = torch.tensor(spec.mean, device=device).view(1, 3, 1, 1)
    std = torch.tensor(spec.std, device=device).view(1, 3, 1, 1)
    x = x.sub_(mean).div_(std) if x.is_contiguous() and spec.order == "rgb" else (x - mean) / std
    return x if reflected else F.pad(x, (0, pad_x, 0, pad_y))
