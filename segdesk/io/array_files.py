"""Label maps as NumPy files (NPY, NPZ) and as text (`np.savetxt`): read with nothing executed and nothing unpacked
that is larger than the picture."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from segdesk.domain.errors import SegDeskError
from segdesk.io import label_pngs
from segdesk.io.atomic import explain_os_error

Size = tuple[int, int]
SUFFIXES = (".npy", ".npz", ".txt", ".csv")
_MAP_KEYS = ("map", "mask", "masks", "labels", "label", "classes", "semantic", "instances", "arr_0")
_BYTES_A_NUMBER = 40  # of text: np.savetxt writes 25
_HIGHEST = 0xFFFF_FFFF


def save_array(path: Path, values: np.ndarray) -> None:
    """Write an (H, W) map by the suffix of `path`. May raise OSError."""
    if path.suffix == ".npy":
        np.save(path, values, allow_pickle=False)
    elif path.suffix == ".npz":
        np.savez_compressed(path, map=values)
    else:
        np.savetxt(path, values, fmt="%d")


def load_array(path: Path, size: Size) -> np.ndarray:
    """Read an (H, W) map of non-negative integers for a picture of `size`. Objects (pickles) are refused, and the
    shape is checked before the values are read. Raises `SegDeskError`."""
    try:
        if path.suffix.lower() in (".txt", ".csv"):
            values = _from_text(path, size)
        elif path.suffix.lower() == ".npz":
            with zipfile.ZipFile(path) as archive, archive.open(_member(archive)) as file:
                values = _from_npy(path, file, size)
        else:
            with path.open("rb") as file:
                values = _from_npy(path, file, size)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except SegDeskError:
        raise
    except Exception as error:  # a damaged file may fail in zlib as in NumPy's reader of heads, each in its own way
        raise SegDeskError(
            "{name} is no array of numbers, or it is damaged.", "Save it again with NumPy.", name=path.name
        ) from error
    if values.dtype.kind == "f":
        whole = np.nan_to_num(values, nan=-1.0, posinf=-1.0, neginf=-1.0)
        values = np.where(whole == np.floor(whole), whole, -1).astype(np.int64)
    if values.size and (values.min() < 0 or values.max() > _HIGHEST):
        raise SegDeskError(
            "{name} has values that are no class or object numbers.", "They are whole numbers from 0.", name=path.name
        )
    return values.astype(np.uint8) if values.dtype == bool else values


def _member(archive: zipfile.ZipFile) -> str:
    """The array to read of an NPZ: one called like a map, or the only one."""
    names = [n for n in archive.namelist() if n.endswith(".npy")]
    return next((f"{k}.npy" for k in _MAP_KEYS if f"{k}.npy" in names), names[0] if len(names) == 1 else "")


def _from_npy(path: Path, file: IO[bytes], size: Size) -> np.ndarray:
    version = npy.read_magic(file)
    header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, by_columns, dtype = header(file)
    if dtype.kind not in "buif":
        raise ValueError("not numbers")
    known = tuple(n for n in shape if n != 1) if shape != size and len(shape) > 2 else shape
    if len(known) != 2:
        raise ValueError("not a map")
    label_pngs.require_size(path.name, (int(known[0]), int(known[1])), size)
    data = file.read(size[0] * size[1] * dtype.itemsize)
    values = np.frombuffer(data, dtype)
    return values.reshape(size, order="F" if by_columns else "C")  # a ValueError for too few


def _from_text(path: Path, size: Size) -> np.ndarray:
    if path.stat().st_size > (size[0] * size[1] + 1000) * _BYTES_A_NUMBER:
        raise ValueError("too large for the picture")
    with path.open(encoding="utf-8-sig") as file:
        first = file.readline(size[1] * _BYTES_A_NUMBER)
    delimiter = next((c for c in ",;\t" if c in first), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that a file is empty; its shape says it
        values = np.loadtxt(path, delimiter=delimiter, ndmin=2, encoding="utf-8-sig")
    label_pngs.require_size(path.name, (values.shape[0], values.shape[1]), size)
    return values
