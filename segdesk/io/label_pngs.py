"""Label maps as PNG files: palette or 16-bit index maps, COCO's panoptic colours, and the VOC colour map."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.classes import MAX_ID
from segdesk.domain.errors import SegDeskError
from segdesk.domain.numbering import numbered
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import images

Color = tuple[int, int, int]
_VOID_COLOR = (224, 224, 192)  # as the borders in VOC's own maps


def voc_color(index: int) -> Color:
    """Entry of the VOC colour map: the index's bits, three at a time, become the high bits of R, G and B."""
    red = green = blue = 0
    for shift in range(7, -1, -1):
        red |= (index & 1) << shift
        green |= (index >> 1 & 1) << shift
        blue |= (index >> 2 & 1) << shift
        index >>= 3
    return red, green, blue


def save_index(path: Path, index: np.ndarray, palette: Sequence[Color] = ()) -> None:
    """Write an (H, W) map: uint8 as palette (or grey, without a palette), uint16 as 16-bit grey. May raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(index)
    if index.dtype == np.uint8 and palette:
        full = [*palette[:255], *[(0, 0, 0)] * (255 - len(palette)), _VOID_COLOR]
        picture.putpalette([value for color in full for value in color])
    picture.save(path, "PNG")


def check_size(path: Path, size: tuple[int, int]) -> None:
    """Raise `SegDeskError` if the label file's header states another size than the picture's (H, W): nothing is
    decoded, so a small file that unpacks to gigabytes does no harm. A file that is no picture is left to the reader."""
    try:
        with Image.open(path) as picture:
            width, height = picture.size
    except (OSError, ValueError, SyntaxError):
        return
    require_size(path.name, (height, width), size)


def require_size(name: str, found: tuple[int, int], size: tuple[int, int]) -> None:
    """Raise `SegDeskError` if labels of (H, W) `found` are for a picture of another `size`."""
    if found != size:
        raise SegDeskError(
            "The labels of {name} are {label_width} x {label_height} pixels, the picture is {width} x {height}.",
            "Labels are never resized; check that they belong to this picture.",
            name=name,
            label_width=found[1],
            label_height=found[0],
            width=size[1],
            height=size[0],
        )


def load_index(path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read an index map as (H, W) integers: palette, grey of 1 to 16 bits, or grey stored as three equal channels.

    `size`: the picture's (H, W), checked before anything is decoded. EXIF is not looked at: a label file has none that
    means anything. Raises `SegDeskError`.
    """
    if size is not None:
        check_size(path, size)
    pixels = images.read_raw(path)
    if pixels.ndim == 3 and all(
        np.array_equal(pixels[..., 0], pixels[..., n]) for n in range(1, min(3, pixels.shape[2]))
    ):
        pixels = pixels[..., 0]
    if pixels.ndim != 2 or not (np.issubdtype(pixels.dtype, np.integer) or pixels.dtype == bool):
        raise SegDeskError(
            "{name} is a colour picture, not a map of class numbers.",
            "Save labels as palette or grey PNG.",
            name=path.name,
        )
    return pixels.astype(np.uint8) if pixels.dtype == bool else pixels


def save_panoptic(path: Path, ids: np.ndarray) -> None:
    """Write (H, W) ids below 2**24 as RGB: id = R + 256 G + 65536 B. May raise OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = np.stack([ids & 255, ids >> 8 & 255, ids >> 16 & 255], axis=-1).astype(np.uint8)
    Image.fromarray(channels).save(path, "PNG")


def load_panoptic(path: Path, size: tuple[int, int] | None = None) -> np.ndarray:
    """Read (H, W) uint32 ids from an RGB PNG; `size` as in `load_index`. Raises `SegDeskError`."""
    if size is not None:
        check_size(path, size)
    pixels = images.read_raw(path)
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype != np.uint8 or path.suffix.lower() != ".png":
        raise SegDeskError(
            "{name} is not a panoptic PNG.", "Segment numbers are stored as RGB in a PNG file.", name=path.name
        )
    wide = pixels.astype(np.uint32)
    return wide[..., 0] | wide[..., 1] << 8 | wide[..., 2] << 16


def compose(class_map: np.ndarray, objects: np.ndarray | None) -> Segmentation:
    """One map from (H, W) class ids (0 = void) and object numbers (0 = none).

    Each pair of a class and an object number that occurs is a segment of its own; pixels of a class without an object
    are one segment for each class. Raises `SegDeskError` where there are too many.
    """
    if objects is None:
        return Segmentation.from_class_map(class_map)
    pairs = class_map.astype(np.int64) << 32 | np.where(class_map > 0, objects, 0).astype(np.int64)
    found, number = numbered(pairs)
    if np.count_nonzero(found) > MAX_ID:
        raise SegDeskError(
            "A label map has {count} objects; a map can hold {limit}.",
            "Cut the picture into pieces.",
            count=int(np.count_nonzero(found)),
            limit=MAX_ID,
        )
    has_void = bool(found.size) and found[0] == 0
    ids = number + (0 if has_void else 1)
    keys = range(int(not has_void), found.size + int(not has_void))
    segments = {key: Segment(int(pair >> 32)) for key, pair in zip(keys, found, strict=True) if pair}
    return Segmentation(ids.astype(np.uint16), segments)
