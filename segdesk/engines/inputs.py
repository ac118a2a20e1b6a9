"""From a picture to the net's input: resize, order of channels, normalisation, padding."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import SegDeskError


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


def prepare(image: np.ndarray, spec: InputSpec) -> Prepared:
    """Resize an (H, W, 3) uint8 RGB picture to what `spec.fit` asks for. Raises `SegDeskError` for anything else."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise SegDeskError("A model takes pictures of 8-bit RGB with at least one pixel.")
    height, width = image.shape[:2]
    h, w = fitted(height, width, spec.fit)
    return Prepared(image if (h, w) == (height, width) else resized(image, h, w), (height, width))


def fitted(height: int, width: int, fit: str) -> tuple[int, int]:
    """(h, w) of the input for a picture of (height, width).

    "short:N" makes the shorter side N, up or down, "short:N/M" too, but the longer one at most M (rounded, as
    OpenMMLab does); "long:N" makes a longer side N, only down. The other side keeps the proportion, cut down to whole
    pixels as torchvision does. "square:N" squeezes. "native" and "slide:N/S" change nothing; a slide may
    follow a resize: "short:512 slide:512/341".
    """
    kind, _, number = fit.split(" ")[0].partition(":")
    if kind in ("native", "slide"):
        return height, width
    if "/" in number:
        short, long = (int(n) for n in number.split("/"))
        scale = min(short / min(height, width), long / max(height, width))
        return max(1, int(height * scale + 0.5)), max(1, int(width * scale + 0.5))
    side = int(number)
    if kind == "square":
        return side, side
    if kind == "short":
        return (side, max(1, side * width // height)) if height <= width else (max(1, side * height // width), side)
    if max(height, width) <= side:
        return height, width
    return (max(1, side * height // width), side) if width >= height else (side, max(1, side * width // height))


def slide_of(fit: str) -> tuple[int, int] | None:
    """(window, stride) in pixels of the input where `fit` asks for sliding windows."""
    kind, _, numbers = fit.split(" ")[-1].partition(":")
    if kind != "slide":
        return None
    window, _, stride = numbers.partition("/")
    return int(window), int(stride)


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """The picture at another size: pixel averages going down, bilinear going up."""
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


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
    x = torch.from_numpy(np.ascontiguousarray(pixels)).to(device).permute(2, 0, 1)[None].float()
    if spec.order == "bgr":
        x = x.flip(1)
    mean = torch.tensor(spec.mean, device=device).view(1, 3, 1, 1)
    std = torch.tensor(spec.std, device=device).view(1, 3, 1, 1)
    x = x.sub_(mean).div_(std) if x.is_contiguous() and spec.order == "rgb" else (x - mean) / std
    return x if reflected else F.pad(x, (0, pad_x, 0, pad_y))
