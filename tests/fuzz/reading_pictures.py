"""The readers of pictures: each suffix, label pictures, the georeference of TIFFs, kept thumbnails."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, PngImagePlugin

from segdesk.domain.errors import SegDeskError
from segdesk.io import export_files, geo_tags, images, label_pngs, thumbnails
from tests.fuzz.mutate import Files
from tests.fuzz.readers import Reader

SIZE = (24, 30)  # (H, W)
LIMIT = 1 << 21  # pixels, in place of `images.MAX_PIXELS`: a picture of the real limit takes seconds and a gigabyte


def scene() -> np.ndarray:
    """(H, W, 3) uint8: areas and noise."""
    pixels = np.random.default_rng(0).integers(0, 90, (*SIZE, 3), np.uint8)
    pixels[5:15, 6:20] = (200, 120, 40)
    return pixels


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "words"
    return exif


def png_seeds(_: Path) -> list[Files]:
    """Colour, grey, palette, alpha, 16 bits, interlaced by hand, with text and EXIF."""
    picture, text = Image.fromarray(scene()), PngImagePlugin.PngInfo()
    text.add_text("a", "b" * 50, zip=True)
    text.add_itxt("c", "d")
    deep = Image.fromarray(scene()[..., 0].astype(np.uint16) * 200)
    made = [
        *(_saved(picture.convert(mode), "PNG") for mode in ("RGB", "L", "P", "RGBA", "LA", "1")),
        _saved(deep, "PNG"),
        _saved(picture, "PNG", pnginfo=text, exif=_turned()),
        _saved(picture.convert("P"), "PNG", transparency=3, bits=4),
        _saved(picture, "PNG", save_all=True, append_images=[picture]),
    ]
    return [{"a.png": data} for data in made]


def jpeg_seeds(_: Path) -> list[Files]:
    """Colour, grey, CMYK, progressive, turned, with two pictures."""
    picture = Image.fromarray(scene())
    made = [
        *(_saved(picture.convert(mode), "JPEG") for mode in ("RGB", "L", "CMYK")),
        _saved(picture, "JPEG", progressive=True, subsampling=0),
        _saved(picture, "JPEG", exif=_turned(), icc_profile=b"x" * 200, comment=b"c"),
        _saved(picture, "MPO", save_all=True, append_images=[picture]),
    ]
    return [{"a.jpg": data} for data in made]


def tiff_seeds(folder: Path) -> list[Files]:
    """Stripes, tiles, pages, packings, 16 bits, float, palettes, big files' layout, a georeference."""
    picture, pixels = Image.fromarray(scene()), scene()
    made = [_saved(picture, "TIFF", compression=c) for c in ("raw", "tiff_lzw", "tiff_deflate", "jpeg", "packbits")]
    made += [_saved(picture.convert(mode), "TIFF") for mode in ("L", "P", "1", "CMYK", "F", "RGBA")]
    arrays = (pixels.astype(np.uint16) * 200, pixels[..., 0].astype(np.float32), np.stack([pixels, pixels]))
    for n, values in enumerate(arrays):
        tifffile.imwrite(folder / f"{n}.tif", values, photometric="rgb" if values.shape[-1] == 3 else None)
        made.append((folder / f"{n}.tif").read_bytes())
    tifffile.imwrite(folder / "tiled.tif", pixels, tile=(16, 16), bigtiff=True)
    return [{"a.tif": data} for data in [*made, (folder / "tiled.tif").read_bytes(), geotiff(folder)]]


def geotiff(folder: Path) -> bytes:
    """A TIFF with all tags of a georeference."""
    tags = [
        (geo_tags.SCALE, 12, 3, (0.5, 0.5, 0.0), True),
        (geo_tags.TIE, 12, 6, (0.0, 0.0, 0.0, 440_000.0, 5_500_000.0, 0.0), True),
        (geo_tags.KEYS, 3, 8, (1, 1, 0, 1, 1025, 0, 1, 2), True),
        (geo_tags.DOUBLES, 12, 2, (1.0, 2.0), True),
        (geo_tags.TEXT, 2, 0, "WGS 84|", True),
        (geo_tags.NODATA, 2, 0, "255", True),
    ]
    tifffile.imwrite(folder / "geo.tif", scene()[..., 0], extratags=tags)
    return (folder / "geo.tif").read_bytes()


def bmp_seeds(_: Path) -> list[Files]:
    """1, 8, 24 and 32 bits."""
    picture = Image.fromarray(scene())
    return [{"a.bmp": _saved(picture.convert(mode), "BMP")} for mode in ("RGB", "L", "P", "1", "RGBA")]


def webp_seeds(_: Path) -> list[Files]:
    """Lossy, lossless, alpha, moving, turned."""
    picture = Image.fromarray(scene())
    made = [
        _saved(picture, "WEBP"),
        _saved(picture, "WEBP", lossless=True, exif=_turned()),
        _saved(picture.convert("RGBA"), "WEBP"),
        _saved(picture, "WEBP", save_all=True, append_images=[picture.rotate(90)]),
    ]
    return [{"a.webp": data} for data in made]


@contextmanager
def _limited() -> Iterator[None]:
    """The limit of pixels lowered."""
    before, images.MAX_PIXELS = images.MAX_PIXELS, LIMIT
    try:
        yield
    finally:
        images.MAX_PIXELS = before


@_limited()
def read_picture(folder: Path) -> None:
    """All that the program asks of a picture; nothing is allowed to end the rest."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        asked: tuple[Callable[[Path], object], ...] = (
            images.probe,
            images.nature,
            _whole,
            partial(_whole, max_side=10),
            lambda p: images.read_at_least(p, lambda height, width: (8, 8)),
            _raw,
            geo_tags.Georeference.of,
            lambda p: export_files.copy_upright(p, folder.parent / "cache" / "copy.png", kind="PNG"),
        )
        faults = []
        for ask in asked:
            try:
                ask(path)
            except SegDeskError as error:
                faults.append(error)
        if faults:
            raise faults[-1]


def _whole(path: Path, max_side: int | None = None) -> None:
    pixels = images.read(path, max_side=max_side)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3, pixels.shape
    assert pixels.shape[2] == 3, pixels.shape
    assert pixels.shape[0] * pixels.shape[1] <= images.MAX_PIXELS
    assert max_side is None or max(pixels.shape[:2]) <= max_side
    assert pixels.flags.c_contiguous


def _raw(path: Path) -> None:
    assert images.read_raw(path).ndim in (2, 3)


def read_label(folder: Path) -> None:
    """A label picture as importers read it: as numbers and as panoptic colours, for a picture of a known size."""
    error: SegDeskError | None = None
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        for load in (label_pngs.load_index, label_pngs.load_panoptic):
            try:
                found = load(path, SIZE)
            except SegDeskError as fault:
                error = fault
                continue
            assert found.shape == SIZE, found.shape
            assert found.dtype.kind in "ui", found.dtype
    if error is not None:
        raise error


def label_seeds(folder: Path) -> list[Files]:
    """Palette, 16 bits, panoptic colours."""
    index = np.random.default_rng(1).integers(0, 9, SIZE)
    label_pngs.save_index(folder / "a.png", index.astype(np.uint8), [(0, 0, 0), (9, 9, 9)])
    label_pngs.save_index(folder / "b.png", index.astype(np.uint16) * 300)
    label_pngs.save_panoptic(folder / "c.png", index * 70_000)
    made = [{"a.png": (folder / f"{n}.png").read_bytes()} for n in "abc"]
    tifffile.imwrite(folder / "d.tif", index.astype(np.uint16))
    return [*made, {"a.tif": (folder / "d.tif").read_bytes()}]


def thumbnail_seeds(_: Path) -> list[Files]:
    """A picture, and beside it the thumbnail that was kept."""
    picture = Image.fromarray(scene())
    kept = _saved(picture, "JPEG")
    return [{"a.png": _saved(picture, "PNG"), "kept.jpg": kept}, {"a.jpg": kept, "kept.jpg": kept}]


@_limited()
def read_thumbnail(folder: Path) -> None:
    """The thumbnail of a picture where the kept one is damaged."""
    path = next((p for p in sorted(folder.glob("a.*")) if p.is_file()), folder / "a.png")
    cache = folder.parent / "cache"
    place = cache / thumbnails._name(path, 20)
    if (folder / "kept.jpg").is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes((folder / "kept.jpg").read_bytes())
    found = thumbnails.thumbnail(path, side=20, folder=cache)
    assert found.dtype == np.uint8
    assert found.ndim == 3
    assert max(found.shape) <= 64, found.shape


READERS = [
    Reader("picture png", png_seeds, read_picture),
    Reader("picture jpeg", jpeg_seeds, read_picture),
    Reader("picture tiff", tiff_seeds, read_picture),
    Reader("picture bmp", bmp_seeds, read_picture),
    Reader("picture webp", webp_seeds, read_picture),
    Reader("label picture", label_seeds, read_label),
    Reader("georeference", lambda folder: [{"a.tif": geotiff(folder)}], read_picture),
    Reader("thumbnail", thumbnail_seeds, read_thumbnail),
]
