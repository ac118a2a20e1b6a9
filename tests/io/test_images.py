"""Real and bad pictures: decoding equals Pillow, every failure is one clear sentence, sources are never written to."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import images, scanning


def picture(height: int = 48, width: int = 70, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 1.5)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def by_pillow(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def refusal(path: Path) -> str:
    with pytest.raises(SegDeskError) as caught:
        images.read(path)
    assert path.name in str(caught.value)
    assert "{" not in str(caught.value) + caught.value.hint_text()
    return str(caught.value)


MODES = {
    ".png": ("RGB", "L", "1", "P", "RGBA", "LA"),
    ".bmp": ("RGB", "L", "1", "P", "RGBA"),
    ".tif": ("RGB", "L", "1", "P", "RGBA", "LA", "CMYK", "YCbCr"),
    ".jpg": ("RGB", "L", "1", "CMYK", "YCbCr"),
}


@pytest.mark.parametrize(("suffix", "mode"), [(suffix, mode) for suffix, modes in MODES.items() for mode in modes])
def test_full_decode_equals_pillow(tmp_path: Path, suffix: str, mode: str) -> None:
    path = saved(tmp_path / f"p{suffix}", Image.fromarray(picture()).convert(mode))
    result = images.read(path)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert np.array_equal(result, by_pillow(path))
    assert images.probe(path) == (70, 48)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_equals_pillow(tmp_path: Path, subsampling: int, progressive: bool) -> None:
    path = saved(
        tmp_path / "p.jpg", Image.fromarray(picture(131, 97)), subsampling=subsampling, progressive=progressive
    )
    assert np.array_equal(images.read(path), by_pillow(path))


def test_webp_equals_pillow(tmp_path: Path) -> None:
    path = saved(tmp_path / "p.webp", Image.fromarray(picture()), lossless=True)
    assert np.array_equal(images.read(path), picture())


def test_cmyk_jpeg(tmp_path: Path) -> None:
    path = saved(tmp_path / "p.jpg", Image.fromarray(picture(200, 300)).convert("CMYK"), quality=95)
    assert np.array_equal(images.read(path), by_pillow(path))
    assert images.read(path, max_side=50).shape == (33, 50, 3)


def test_palette_png_with_transparency_keeps_its_colours(tmp_path: Path) -> None:
    image = Image.fromarray(picture()).quantize(16)
    path = saved(tmp_path / "p.png", image, transparency=bytes(range(16)))
    assert np.array_equal(images.read(path), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
def test_exif_orientation_equals_pillow(tmp_path: Path, orientation: int, suffix: str) -> None:
    image = Image.fromarray(picture())
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / f"p{suffix}", image, exif=exif)
    wanted = by_pillow(path)
    assert np.array_equal(images.read(path), wanted)
    assert images.probe(path) == (wanted.shape[1], wanted.shape[0])
    assert (wanted.shape[0] == 70) == (orientation >= 5)
    assert images.read(path, max_side=35).shape[:2] == ((35, 24) if orientation >= 5 else (24, 35))


def test_orientation_behind_the_pixels_of_a_png(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain = io.BytesIO()
    Image.fromarray(picture()).save(plain, "PNG")
    data = plain.getvalue()
    body = b"eXIf" + exif.tobytes().removeprefix(b"Exif\0\0")
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    path = tmp_path / "late.png"
    path.write_bytes(data[:-12] + chunk + data[-12:])
    assert images.probe(path) == (48, 70)
    assert np.array_equal(images.read(path), by_pillow(path))


def test_grey_16_bit_is_scaled_by_its_own_range(tmp_path: Path) -> None:
    values = np.linspace(1000, 5000, 48 * 70).reshape(48, 70).astype(np.uint16)
    for suffix in (".tif", ".png"):
        path = saved(tmp_path / f"p{suffix}", Image.fromarray(values))
        result = images.read(path)
        wanted = (values.astype(float) - 1000) / 4000 * 255
        assert np.abs(result - wanted[..., None]).max() <= 0.501
        assert result.min() == 0
        assert result.max() == 255


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_colour_of_16_bits_is_scaled_by_its_own_range(tmp_path: Path, suffix: str) -> None:
    values = picture().astype(np.uint16) * 16  # twelve bits
    path = tmp_path / f"deep{suffix}"
    path.write_bytes(cv2.imencode(suffix, values[..., ::-1])[1].tobytes())
    low, high = int(values.min()), int(values.max())
    wanted = np.floor((values.astype(np.float32) - low) * np.float32(255.0 / (high - low)) + 0.5)
    assert np.array_equal(images.read(path), wanted.astype(np.uint8))


@pytest.mark.parametrize("size", [(160, 120), (16, 16), (1600, 16), (160, 2160)])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_eight_bit_colours_are_not_stretched_whatever_the_size(
    tmp_path: Path, size: tuple[int, int], suffix: str
) -> None:
    path = saved(tmp_path / f"p{suffix}", Image.new("RGB", size, (40, 200, 40)))
    assert np.unique(images.read(path).reshape(-1, 3), axis=0).tolist() == [[40, 200, 40]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_16_bit_colour_tiff(tmp_path: Path, orientation: int) -> None:
    values = picture().astype(np.uint16) * 16
    tifffile.imwrite(tmp_path / "plain.tif", values, photometric="rgb")
    path = tmp_path / "turned.tif"
    tag = (274, "H", 1, orientation, True)
    tifffile.imwrite(path, values, photometric="rgb", extratags=[tag])
    result = images.read(path)
    assert np.array_equal(result, images.turned(images.read(tmp_path / "plain.tif"), orientation))
    assert images.probe(path) == (result.shape[1], result.shape[0])


def test_float_tiff_with_holes(tmp_path: Path) -> None:
    values = np.linspace(-3, 3, 48 * 70, dtype=np.float32).reshape(48, 70)
    values[5, 5], values[6, 6] = np.nan, np.inf
    tifffile.imwrite(tmp_path / "f.tif", values)
    result = images.read(tmp_path / "f.tif")
    assert result[5, 5].tolist() == [0, 0, 0]
    assert (result[0, 0, 0], result[-1, -1, 0]) == (0, 255)


def test_flat_16_bit_picture_does_not_divide_by_zero(tmp_path: Path) -> None:
    path = saved(tmp_path / "flat.tif", Image.fromarray(np.full((9, 9), 700, np.uint16)))
    assert not images.read(path).any()


def test_first_page_of_a_tiff(tmp_path: Path) -> None:
    pages = [Image.fromarray(picture(seed=i)) for i in range(3)]
    path = saved(tmp_path / "pages.tif", pages[0], save_all=True, append_images=pages[1:])
    assert np.array_equal(images.read(path), picture(seed=0))


def test_chinese_name(tmp_path: Path) -> None:
    path = saved(tmp_path / "细胞 图像.jpg", Image.fromarray(picture()))
    assert images.read(path).shape == (48, 70, 3)
    assert list(scanning.scan(tmp_path)) == ["细胞 图像.jpg"]


@pytest.mark.parametrize("max_side", [1, 7, 100, 333, 1000, 5000])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_reduced_decode_has_the_right_size_and_content(tmp_path: Path, max_side: int, suffix: str) -> None:
    full = cv2.GaussianBlur(picture(801, 1203), (0, 0), 30)
    path = saved(tmp_path / f"big{suffix}", Image.fromarray(full))
    small = images.read(path, max_side=max_side)
    side = min(max_side, 1203)
    assert small.shape == (max(1, round(801 * side / 1203)), side, 3)
    wanted = cv2.resize(full, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    assert np.abs(small.astype(int) - wanted).mean() < 3


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".bmp", ".webp"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_cut_off_pictures_are_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    whole = saved(tmp_path / f"whole{suffix}", Image.fromarray(picture(300, 400)))
    data = whole.read_bytes()
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * kept)])
    assert "damaged" in refusal(path)
    with pytest.raises(SegDeskError):
        images.read(path, max_side=64)


def test_damaged_jpeg_data_is_refused(tmp_path: Path) -> None:
    data = bytearray(saved(tmp_path / "whole.jpg", Image.fromarray(picture(300, 400))).read_bytes())
    data[len(data) // 2 : len(data) // 2 + 60] = b"\xff\xd9" * 30
    path = tmp_path / "damaged.jpg"
    path.write_bytes(data)
    assert "damaged" in refusal(path)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".bmp", ".webp"])
def test_random_damage_is_an_error_or_a_picture(tmp_path: Path, suffix: str) -> None:
    data = saved(tmp_path / f"whole{suffix}", Image.fromarray(picture())).read_bytes()
    rng = np.random.default_rng(7)
    path = tmp_path / f"damaged{suffix}"
    for _ in range(60):
        damaged = bytearray(data)
        for at in rng.integers(0, min(len(data), 200), 3):
            damaged[at] = int(rng.integers(0, 256))
        path.write_bytes(damaged)
        try:
            result = images.read(path)
        except SegDeskError:
            continue
        assert result.ndim == 3


def test_text_named_png(tmp_path: Path) -> None:
    path = tmp_path / "notes.png"
    path.write_text("this is not a picture")
    assert "not a picture" in refusal(path)
    with pytest.raises(SegDeskError, match="not a picture"):
        images.probe(path)


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "nothing.jpg"
    path.touch()
    assert "empty" in refusal(path)


def test_missing_file_and_folder_as_a_file(tmp_path: Path) -> None:
    assert "not there" in refusal(tmp_path / "gone.jpg")
    (tmp_path / "folder.png").mkdir()
    refusal(tmp_path / "folder.png")


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path / "locked.png", Image.fromarray(picture()))
    if os.geteuid() == 0:  # root may read everything: let the system call refuse

        def refuse(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    else:
        path.chmod(0)
    assert "permission" in refusal(path)


def test_huge_header_is_refused_without_decoding(tmp_path: Path) -> None:
    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    path = tmp_path / "huge.png"
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    packed = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + packed)
    assert "50000 x 50000" in refusal(path)
    with pytest.raises(SegDeskError, match="too large"):
        images.probe(path)


def test_a_gigapixel_tiff_is_refused_by_its_header(tmp_path: Path) -> None:
    """A real tiled TIFF of 40,000 x 25,000 pixels whose tiles are a hole on the disk: nothing of them is read."""
    path, side, across, down = tmp_path / "slide.tif", 1024, 40, 25
    entries = [(256, 3, 1, 40_000), (257, 3, 1, 25_000), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(277, 3, 1, 1), (322, 3, 1, side), (323, 3, 1, side)]
    first = 8 + 2 + 12 * (len(entries) + 2) + 4
    count = across * down
    entries += [(324, 4, count, first), (325, 4, count, first + 4 * count)]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    offsets = [first + 8 * count + n * side * side for n in range(count)]
    with path.open("wb") as file:
        file.write(struct.pack("<2sHIH", b"II", 42, 8, len(entries)) + packed + struct.pack("<I", 0))
        file.write(struct.pack(f"<{count}I", *offsets) + struct.pack(f"<{count}I", *([side * side] * count)))
        file.truncate(offsets[-1] + side * side)
    with tifffile.TiffFile(path) as tiff:
        assert tiff.pages.first.is_tiled
        assert tiff.pages.first.shape == (25_000, 40_000)
    tracemalloc.start()
    for look in (images.probe, images.read, lambda p: images.read(p, max_side=1_500)):
        with pytest.raises(SegDeskError) as caught:
            look(path)
        assert str(caught.value) == "slide.tif is too large to open: 40000 x 25000 pixels."
        assert caught.value.hint_text() == "Cut it into pieces of at most 268 megapixels."
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_the_source_is_never_written_to(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "p.jpg", Image.fromarray(picture()), exif=exif)
    before = path.read_bytes(), path.stat().st_mtime_ns
    images.probe(path)
    images.read(path)
    images.read(path, max_side=20)
    list(scanning.scan(tmp_path))
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert os.listdir(tmp_path) == ["p.jpg"]


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_scan_is_natural_and_skips_what_is_not_a_picture(tmp_path: Path) -> None:
    touch(tmp_path, "img10.jpg", "img2.JPG", "IMG1.png", "a/9.tif", "a/10.tiff", "a.bmp", "notes.txt", "p.segdesk")
    touch(tmp_path, ".hidden/x.jpg", ".x.jpg", "out/.segdesk-export", "out/images/1.jpg", "img002.webp")
    found = list(scanning.scan(tmp_path))
    assert found == ["a/9.tif", "a/10.tiff", "a.bmp", "IMG1.png", "img2.JPG", "img002.webp", "img10.jpg"]
    assert found == sorted(found, key=scanning.natural_key)


def test_scan_follows_links_but_not_in_circles(tmp_path: Path) -> None:
    touch(tmp_path, "pictures/1.jpg", "elsewhere/2.jpg")
    (tmp_path / "pictures" / "up").symlink_to(tmp_path / "pictures", target_is_directory=True)
    (tmp_path / "pictures" / "more").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "pictures" / "broken.jpg").symlink_to(tmp_path / "nowhere.jpg")
    assert list(scanning.scan(tmp_path / "pictures")) == ["1.jpg", "broken.jpg", "more/2.jpg"]


def test_scan_of_a_folder_without_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "1.jpg", "locked/2.jpg", "z/3.jpg")
    real = os.scandir

    def scandir(path: str | Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problems: list[SegDeskError] = []
    assert list(scanning.scan(tmp_path, on_problem=problems.append)) == ["1.jpg", "z/3.jpg"]
    assert ["permission" in str(p) and "locked" in str(p) for p in problems] == [True]
    with pytest.raises(SegDeskError, match="permission"):
        list(scanning.scan(tmp_path / "locked"))


def test_scan_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(SegDeskError, match="does not exist"):
        list(scanning.scan(tmp_path / "gone"))
    touch(tmp_path, "file.jpg")
    with pytest.raises(SegDeskError, match="does not exist"):
        list(scanning.scan(tmp_path / "file.jpg"))
    with pytest.raises(Cancelled):
        list(scanning.scan(tmp_path, lambda: True))


@pytest.mark.skipif(os.name == "nt", reason="such names exist on POSIX systems only")
def test_a_name_that_is_not_text_is_reported(tmp_path: Path) -> None:
    touch(tmp_path, "1.jpg")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.jpg")).touch()
    problems: list[SegDeskError] = []
    assert list(scanning.scan(tmp_path, on_problem=problems.append)) == ["1.jpg"]
    assert len(problems) == 1
    assert str(problems[0]).isprintable()


def test_a_gigapixel_tiff_is_refused_before_it_is_read(tmp_path: Path):
    path = tmp_path / "slide.tif"
    height, width = 32_000, 32_768
    stored = tifffile.memmap(path, shape=(height, width), dtype=np.uint8)  # takes no room on the disk
    stored[0, 0] = 255
    del stored
    assert path.stat().st_size > 1_000_000_000
    for attempt in (lambda: images.probe(path), lambda: images.read(path), lambda: images.read_raw(path)):
        tracemalloc.start()
        with pytest.raises(SegDeskError) as caught:
            attempt()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 50_000_000
        assert "32768 x 32000" in caught.value.text()
        assert "pieces" in caught.value.hint_text()
