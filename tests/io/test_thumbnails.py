"""Thumbnails: size, content, the cache on the disk and what spoils it."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.domain.errors import SegDeskError
from segdesk.io import thumbnails


def write(path: Path, color: tuple[int, int, int], size: tuple[int, int] = (600, 900)) -> None:
    cv2.imwrite(str(path), np.full((*size, 3), color[::-1], np.uint8))


def test_made_kept_and_made_anew_when_the_picture_changes(tmp_path: Path):
    path, cache = tmp_path / "图.png", tmp_path / "cache"
    path_ascii = tmp_path / "a.png"
    write(path_ascii, (200, 30, 40))
    os.replace(path_ascii, path)
    first = thumbnails.thumbnail(path, side=96, folder=cache)
    assert first.shape == (64, 96, 3)
    assert np.abs(first.astype(int) - (200, 30, 40)).max() <= 3
    (kept,) = cache.glob("*/*.jpg")
    cv2.imwrite(str(kept), np.full((64, 96, 3), 7, np.uint8))  # proof that the second one comes from the disk
    again = thumbnails.thumbnail(path, side=96, folder=cache)
    assert np.abs(again.astype(int) - 7).max() <= 2
    write(path_ascii, (10, 220, 40))
    os.replace(path_ascii, path)
    changed = thumbnails.thumbnail(path, side=96, folder=cache)
    assert np.abs(changed.astype(int) - (10, 220, 40)).max() <= 3


def test_damaged_and_unwritable_caches_are_done_without(tmp_path: Path):
    path, cache = tmp_path / "a.png", tmp_path / "cache"
    write(path, (90, 90, 90))
    thumbnails.thumbnail(path, folder=cache)
    (kept,) = cache.glob("*/*.jpg")
    for data in (b"", b"no picture"):
        kept.write_bytes(data)
        assert thumbnails.thumbnail(path, folder=cache).shape == (128, 192, 3)
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    assert thumbnails.thumbnail(path, folder=blocked).shape == (128, 192, 3)


def test_a_picture_that_cannot_be_read_raises(tmp_path: Path):
    with pytest.raises(SegDeskError):
        thumbnails.thumbnail(tmp_path / "gone.png", folder=tmp_path / "cache")


def test_trimming_removes_the_oldest(tmp_path: Path):
    folder = tmp_path / "ab"
    folder.mkdir()
    for age in range(5):
        file = folder / f"{age}.jpg"
        file.write_bytes(b"x" * 100)
        os.utime(file, (1000 - age, 1000 - age))
    thumbnails.trim(tmp_path, 250)
    assert sorted(f.name for f in folder.iterdir()) == ["0.jpg", "1.jpg"]
