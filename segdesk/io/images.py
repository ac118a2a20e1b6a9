"""Pictures: asking for their size, and decoding them. Never writes to one."""

from __future__ import annotations

import errno
import io
import math
import os
import struct
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import cv2
import numpy as np
import simplejpeg
from PIL import Image

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import explain_os_error

MAX_PIXELS = 1 << 28  # 16,384 x 16,384: 805 MB as RGB
LARGE_FILE = 1 << 26  # bytes
_FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "DIB", "WEBP")  # nothing that starts a foreign program (EPS)
_ORIENTATION = 0x0112

Image.MAX_IMAGE_PIXELS = None  # our own limit is checked before anything is decoded
warnings.filterwarnings("ignore", module=r"PIL\..*")  # remarks on odd metadata are of no use to a person


def probe(path: Path) -> tuple[int, int]:
    """(width, height) in pixels, upright (EXIF-turned), from the header alone. Raises `SegDeskError`."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            picture = _opened(file, path)
            late = picture.format == "PNG" and _png_has_late_text(file)
            orientation = _orientation(picture, whole=late)
            width, height = _stored_size(picture)
    except OSError as error:
        raise _file_error(error, path) from error
    return (height, width) if orientation >= 5 else (width, height)


def nature(path: Path) -> tuple[str, int]:
    """(format name such as "JPEG", EXIF orientation 1..8) from the header. Raises `SegDeskError`."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            picture = _opened(file, path)
            late = picture.format == "PNG" and _png_has_late_text(file)
            return str(picture.format), _orientation(picture, whole=late)
    except OSError as error:
        raise _file_error(error, path) from error


def read(path: Path, *, max_side: int | None = None) -> np.ndarray:
    """Decode a picture to (H, W, 3) uint8 RGB, upright (EXIF-turned), C-contiguous. Any thread.

    `max_side`: the longer side is reduced to at most this many pixels, inside the codec as far as it can.
    Alpha is dropped, not blended. 16-bit and float pictures are scaled by their own range (smallest value to 0, largest
    to 255, all channels alike). Of a TIFF with pages, the first. Raises `SegDeskError`: missing, no permission, empty,
    not a picture, cut off or damaged, more than `MAX_PIXELS`.
    """
    path = Path(path)
    data = _content(path)
    pixels = _decoded(path, _opened(io.BytesIO(data), path), data, max_side)
    return np.ascontiguousarray(_reduced(pixels, max_side))


def read_at_least(path: Path, wanted: Callable[[int, int], tuple[int, int]]) -> tuple[np.ndarray, tuple[int, int]]:
    """As `read`, for who looks at it at `wanted(H, W)` = (h, w) only: a JPEG of at least twice that size comes reduced,
    to no less than (h, w), as far as its codec does so by itself. Returns (pixels, (H, W) of the picture, upright)."""
    path = Path(path)
    data = _content(path)
    picture = _opened(io.BytesIO(data), path)
    if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
        lying = _orientation(picture, whole=True) >= 5
        height, width = picture.size if lying else picture.size[::-1]
        h, w = wanted(height, width)
        scale = max(h / height, w / width)
        max_side = math.ceil(scale * max(height, width)) + 1 if scale <= 0.5 else None
        return np.ascontiguousarray(_decoded(path, picture, data, max_side)), (height, width)
    pixels = np.ascontiguousarray(_decoded(path, picture, data, None))
    return pixels, (pixels.shape[0], pixels.shape[1])


def _decoded(path: Path, picture: Image.Image, data: bytes, max_side: int | None) -> np.ndarray:
    try:
        return _pixels(picture, data, max_side)
    except MemoryError:
        _too_large(path, *picture.size)
    except Exception as error:  # codecs raise whatever they like on damaged data
        raise _damaged(path) from error


def read_raw(path: Path) -> np.ndarray:
    """The stored values of a label picture: (H, W) indices or greys, or (H, W, C); not turned, scaled or converted.

    Raises `SegDeskError` as `read` does.
    """
    path = Path(path)
    picture = _opened(io.BytesIO(_content(path)), path)
    try:
        return np.array(picture)
    except MemoryError:
        _too_large(path, *picture.size)
    except Exception as error:  # as in `read`
        raise _damaged(path) from error


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The array as EXIF `orientation` 1..8 wants it shown; any other value leaves it as it is. A view."""
    turns: dict[int, Callable[[np.ndarray], np.ndarray]] = {
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.swapaxes(0, 1),
        6: lambda a: a[::-1].swapaxes(0, 1),
        7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
        8: lambda a: a[:, ::-1].swapaxes(0, 1),
    }
    return turns.get(orientation, lambda a: a)(pixels)


def _content(path: Path) -> bytes:
    """The whole file; of a large one the header first, so that gigabytes are not read only to be refused. Raises
    `SegDeskError`."""
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGE_FILE:
                _opened(file, path)
                file.seek(0)
            return file.read()
    except OSError as error:
        raise _file_error(error, path) from error
    except MemoryError:
        _too_large(path, 0, 0)


def _opened(file: BinaryIO, path: Path) -> Image.Image:
    """The picture's header. Raises `SegDeskError` if there is none or the picture is too large; may raise OSError."""
    if not file.read(1):
        raise SegDeskError("{name} is empty (0 bytes).", "Copy the picture again.", name=path.name)
    file.seek(0)
    try:
        picture = Image.open(file, formats=_FORMATS)
    except MemoryError:
        raise
    except Exception as error:  # a broken header may raise anything, struct.error and IndexError among it
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise SegDeskError(
            "{name} is not a picture, or its beginning is damaged.",
            "SegDesk reads JPEG, PNG, TIFF, BMP and WebP.",
            name=path.name,
        ) from error
    if picture.width * picture.height > MAX_PIXELS:
        _too_large(path, *picture.size)
    return picture


def _too_large(path: Path, width: int, height: int) -> NoReturn:
    raise SegDeskError(
        "{name} is too large to open: {width} x {height} pixels.",
        "Cut it into pieces of at most {limit} megapixels.",
        name=path.name,
        width=width,
        height=height,
        limit=MAX_PIXELS // 1_000_000,
    )


def _damaged(path: Path) -> SegDeskError:
    return SegDeskError(
        "{name} is cut off or damaged.", "Copy the picture again from where it came from.", name=path.name
    )


def _file_error(error: OSError, path: Path) -> SegDeskError:
    if error.errno == errno.ENOENT:
        return SegDeskError("The picture {name} is not there.", "It may have been moved or renamed.", name=path.name)
    if error.errno in (errno.EACCES, errno.EPERM):
        return SegDeskError("There is no permission to read {name}.", "Change the file's rights.", name=path.name)
    if error.errno == errno.EISDIR:
        return SegDeskError("{name} is a folder, not a picture.", name=path.name)
    return explain_os_error(error, path)


def _pixels(picture: Image.Image, data: bytes, max_side: int | None) -> np.ndarray:
    """(h, w, 3) uint8, upright; reduced where the codec can."""
    if picture.format in ("JPEG", "MPO") and picture.mode in ("RGB", "L"):
        return turned(_jpeg(picture, data, max_side), _orientation(picture, whole=True))
    if _has_deep_colour(picture):
        orientation = _orientation(picture, whole=True)  # before Pillow's `load`, which turns TIFFs itself
        picture.load()  # always by Pillow first: it refuses what is cut off
        return turned(_deep_colour(_unturned_tiff(data) if picture.format == "TIFF" else data), orientation)
    if picture.format == "JPEG" and max_side is not None:
        picture.draft(None, _at_least(picture.size, max_side))
    picture.load()
    if picture.mode.startswith(("I", "F")):
        pixels = np.repeat(_stretched(np.asarray(picture))[..., None], 3, axis=2)
    elif picture.mode == "P" and "transparency" in picture.info:
        pixels = np.asarray(picture.convert("RGBA").convert("RGB"))
    else:
        pixels = np.asarray(picture.convert("RGB"))
    return turned(pixels, _orientation(picture, whole=True))


def _deep_colour(data: bytes) -> np.ndarray:
    """Colours of 16 bits. Pillow keeps just their high byte, which leaves 12-bit pictures nearly black."""
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    colours = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    if colours is None:
        raise ValueError("no decoder for this depth")
    return _stretched(colours[..., ::-1])


def _unturned_tiff(data: bytes) -> bytes:
    """The file with its orientation set to 1: OpenCV turns some of the eight its own way, whatever its flags say."""
    import tifffile  # rarely needed, and slow to import

    with tifffile.TiffFile(io.BytesIO(data)) as tiff:
        tag = tiff.pages.first.tags.get(_ORIENTATION)
        if tag is None:
            return data
        changed = bytearray(data)
        struct.pack_into(f"{tiff.byteorder}H", changed, tag.valueoffset, 1)
        return bytes(changed)


def _jpeg(picture: Image.Image, data: bytes, max_side: int | None) -> np.ndarray:
    width, height = (0, 0) if max_side is None else _at_least(picture.size, max_side)
    try:
        return simplejpeg.decode_jpeg(data, "RGB", min_width=width, min_height=height)
    except ValueError as error:
        reason = str(error).lower()
        if any(word in reason for word in ("premature", "corrupt", "huffman", "could not", "unsupported")):
            raise
        # What is left are remarks (an odd Adobe marker, a wrong JFIF revision) on pictures that decode well.
        return simplejpeg.decode_jpeg(data, "RGB", min_width=width, min_height=height, strict=False)


def _at_least(size: tuple[int, int], max_side: int) -> tuple[int, int]:
    """The (width, height) that a reduced decode must not fall below."""
    scale = min(1.0, max_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _reduced(pixels: np.ndarray, max_side: int | None) -> np.ndarray:
    height, width = pixels.shape[:2]
    if max_side is None or max(height, width) <= max_side:
        return pixels
    return cv2.resize(pixels, _at_least((width, height), max_side), interpolation=cv2.INTER_AREA)


def _has_deep_colour(picture: Image.Image) -> bool:
    """Whether it has colours of 16 bits, which Pillow would cut to 8."""
    if picture.mode not in ("RGB", "RGBA", "RGBX"):
        return False
    if picture.format == "TIFF":
        bits = picture.tag_v2.get(258, (8,))  # type: ignore[attr-defined]  # BitsPerSample of TiffImageFile
        return max(bits) > 8
    return picture.format == "PNG" and any("16" in str(tile[3]) for tile in getattr(picture, "tile", []))


def _stretched(values: np.ndarray) -> np.ndarray:
    """Any numbers to uint8: the smallest finite one becomes 0, the largest 255; what is not a number 0."""
    values = values.astype(np.float32)
    finite = np.isfinite(values)
    if not finite.any():
        return np.zeros(values.shape, np.uint8)
    low, high = float(values[finite].min()), float(values[finite].max())
    scaled = (values - low) * (255.0 / ((high - low) or 1.0))
    return np.clip(np.nan_to_num(scaled, nan=0.0) + 0.5, 0, 255).astype(np.uint8)


def _orientation(picture: Image.Image, *, whole: bool) -> int:
    """EXIF orientation, 1 if there is none. `whole`: the picture may be decoded to find it (PNG only)."""
    try:
        exif = picture.getexif() if whole else Image.Image.getexif(picture)
        return int(exif.get(_ORIENTATION, 1))
    except Exception:  # damaged metadata does not make the picture worthless
        return 1


def _stored_size(picture: Image.Image) -> tuple[int, int]:
    """(width, height) before turning; Pillow gives that of a TIFF already turned, in newer versions."""
    if picture.format != "TIFF":
        return picture.size
    tags = picture.tag_v2  # type: ignore[attr-defined]  # of TiffImageFile
    return int(tags[256]), int(tags[257])


def _png_has_late_text(file: BinaryIO) -> bool:
    """Whether metadata that may hold an orientation lies behind the pixels; reads chunk heads only."""
    file.seek(8)
    behind = False
    while len(head := file.read(8)) == 8:
        length, kind = struct.unpack(">I4s", head)
        behind = behind or kind == b"IDAT"
        if behind and kind in (b"eXIf", b"iTXt", b"zTXt", b"tEXt"):
            return True
        file.seek(length + 4, os.SEEK_CUR)
    return False
