"""Reads point clouds (.ply, ascii and binary; .npy) and writes them coloured by class (.ply).

Only what has no reader among our dependencies is read by hand: PLY's header and its scalar properties."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import explain_os_error, replacing

SUFFIXES = (".ply", ".npy")
MAX_POINTS = 50_000_000
HEADER_LINES = 1000
LINE_BYTES = 4096

_NAMES = {"char": "i1", "uchar": "u1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4"}
_NAMES |= {"float": "f4", "double": "f8", "int8": "i1", "uint8": "u1", "int16": "i2", "uint16": "u2"}
_NAMES |= {"int32": "i4", "uint32": "u4", "float32": "f4", "float64": "f8"}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": "="}
_COLOR_NAMES = (("red", "green", "blue"), ("diffuse_red", "diffuse_green", "diffuse_blue"), ("r", "g", "b"))


@dataclass(frozen=True, eq=False)
class PointCloud:
    """`xyz` (N, 3) float32 or float64, finite, N >= 1; `colors` (N, 3) uint8, or None."""

    xyz: np.ndarray
    colors: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.xyz)


def read_points(path: Path) -> PointCloud:
    """The cloud of a .ply or .npy file. Raises `SegDeskError` for anything that is not one, whole and finite."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise SegDeskError("{name} is not a point cloud.", "Choose a .ply or .npy file.", name=path.name)
    try:
        cloud = _read_ply(path) if suffix == ".ply" else _read_npy(path)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except SegDeskError:
        raise
    except Exception as error:  # NumPy's readers fail in many ways on what is damaged
        raise SegDeskError(
            "The point cloud {name} cannot be read: {reason}.",
            "It may be damaged or cut off; write it anew from the program that made it.",
            name=path.name,
            reason=str(error).rstrip(".") or type(error).__name__,
        ) from error
    _check(cloud, path)
    return cloud


def _check(cloud: PointCloud, path: Path) -> None:
    if not len(cloud):
        raise SegDeskError("The point cloud {name} has no points.", name=path.name)
    wrong = int((~np.isfinite(cloud.xyz).all(1)).sum())
    if wrong:
        raise SegDeskError(
            "The point cloud {name} has {count} points without a place (not a number, or infinite).",
            "Remove these points, and try again.",
            name=path.name,
            count=wrong,
        )


def _limited(count: int) -> int:
    if not 0 <= count <= MAX_POINTS:
        raise ValueError(f"it says that it has {count} points; up to {MAX_POINTS} are read")
    return count


# -- PLY ---------------------------------------------------------------------------------------------------------------


@dataclass
class _Element:
    """One table of a PLY file: its rows and its columns (name, numpy type); `lists`: a column has no fixed length."""

    name: str
    count: int
    columns: list[tuple[str, str]]
    lists: bool = False


def _read_ply(path: Path) -> PointCloud:
    with path.open("rb") as stream:
        order, elements = _header(stream)
        for element in elements:
            if element.name != "vertex":
                _skip(stream, element, order)
                continue
            if element.lists:
                raise ValueError("its points have lists")
            read = _ascii_rows if order == "=" else _binary_rows
            return _of_columns(read(stream, element, order))
    raise ValueError("it has no points (no element called vertex)")


def _header(stream: BinaryIO) -> tuple[str, list[_Element]]:
    """The byte order ("=" stands for text) and the elements; leaves the stream behind the header."""
    if _line(stream) != ["ply"]:
        raise ValueError("it does not begin with ply")
    order, elements = "", []
    for _ in range(HEADER_LINES):
        match _line(stream):
            case ["end_header"]:
                if not order:
                    raise ValueError("it does not say its format")
                return order, elements
            case ["format", name, _] if name in _ORDERS:
                order = _ORDERS[name]
            case ["element", name, count]:
                elements.append(_Element(name, _limited(int(count)), []))
            case ["property", "list", *_] if elements:
                elements[-1].lists = True
            case ["property", kind, name] if elements and kind in _NAMES:
                elements[-1].columns.append((name, _NAMES[kind]))
            case [] | ["comment" | "obj_info", *_]:
                pass
            case words:
                raise ValueError(f"its header has a line that is not known: {' '.join(words)[:80]}")
    raise ValueError("its header has no end")


def _line(stream: BinaryIO) -> list[str]:
    line = stream.readline(LINE_BYTES)
    if not line.endswith(b"\n"):
        raise ValueError("its header has no end")
    return line.decode("ascii", errors="replace").split()


def _skip(stream: BinaryIO, element: _Element, order: str) -> None:
    """Go past a table that is not wanted."""
    if order == "=":
        for _ in range(element.count):
            if not stream.readline():
                raise ValueError("it ends too early")
    elif element.lists and element.count:
        raise ValueError(f"lists ({element.name}) stand before its points")
    else:
        stream.seek(element.count * _dtype(element, order).itemsize, os.SEEK_CUR)


def _dtype(element: _Element, order: str) -> np.dtype:
    return np.dtype([(name, order + kind) for name, kind in element.columns])


def _binary_rows(stream: BinaryIO, element: _Element, order: str) -> dict[str, np.ndarray]:
    dtype = _dtype(element, order)
    wanted = element.count * dtype.itemsize
    if os.fstat(stream.fileno()).st_size - stream.tell() < wanted:
        raise ValueError("it ends too early")
    rows = np.frombuffer(stream.read(wanted), dtype)
    return {name: rows[name] for name in dtype.names or ()}


def _ascii_rows(stream: BinaryIO, element: _Element, order: str) -> dict[str, np.ndarray]:
    if not element.count:
        return {name: np.zeros(0, kind) for name, kind in element.columns}
    rows = np.loadtxt(stream, np.float64, comments=None, max_rows=element.count, ndmin=2)
    if rows.shape != (element.count, len(element.columns)):
        raise ValueError("it ends too early, or a line has too few numbers")
    return {name: rows[:, i].astype(kind) for i, (name, kind) in enumerate(element.columns)}


def _of_columns(columns: dict[str, np.ndarray]) -> PointCloud:
    if not {"x", "y", "z"} <= columns.keys():
        raise ValueError("its points lack x, y or z")
    xyz = _places(np.stack([columns[axis] for axis in "xyz"], 1))
    for names in _COLOR_NAMES:
        if set(names) <= columns.keys():
            return PointCloud(xyz, _colors(np.stack([columns[name] for name in names], 1)))
    return PointCloud(xyz)


# -- NPY ---------------------------------------------------------------------------------------------------------------


def _read_npy(path: Path) -> PointCloud:
    rows = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] < 3 or rows.dtype.kind not in "iuf":
        raise ValueError("it is not a table of numbers with three or more columns")
    _limited(len(rows))
    colors = _colors(np.array(rows[:, 3:6])) if rows.shape[1] >= 6 else None
    return PointCloud(_places(np.array(rows[:, :3])), colors)


def _places(xyz: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(xyz, np.float32 if xyz.dtype.kind == "f" and xyz.dtype.itemsize <= 4 else np.float64)


def _colors(values: np.ndarray) -> np.ndarray:
    """(N, 3) uint8 of bytes, of 16-bit numbers, or of fractions: numbers of which none is over 1."""
    if values.dtype == np.uint8:
        return np.ascontiguousarray(values)
    if values.dtype == np.uint16 and values.size and values.max() > 255:
        return (values / 257).round().astype(np.uint8)
    real = np.nan_to_num(values.astype(np.float64))
    if values.dtype.kind == "f" and real.size and real.max() <= 1:
        real = real * 255
    return real.round().clip(0, 255).astype(np.uint8)


# -- writing -----------------------------------------------------------------------------------------------------------


def write_points(path: Path, cloud: PointCloud, labels: np.ndarray, classes: ClassSet) -> None:
    """Write a binary .ply: the places as they are, `red green blue` of the class, and the property `class` (ushort).

    `labels` (N,) uint16 class ids; comments in the header name them. Complete or not there. Raises `SegDeskError`.
    """
    if len(labels) != len(cloud):
        raise ValueError("labels and points differ in number")
    number = "<f8" if cloud.xyz.dtype == np.float64 else "<f4"
    dtype = np.dtype([(a, number) for a in "xyz"] + [(c, "u1") for c in _COLOR_NAMES[0]] + [("class", "<u2")])
    rows = np.empty(len(cloud), dtype)
    colors = classes.color_table()[labels]
    for i, axis in enumerate("xyz"):
        rows[axis] = cloud.xyz[:, i]
    for i, name in enumerate(_COLOR_NAMES[0]):
        rows[name] = colors[:, i]
    rows["class"] = labels
    header = "\n".join([*_head_lines(len(cloud), "double" if number == "<f8" else "float", classes), ""])
    with replacing(path) as part, part.open("wb") as stream:
        stream.write(header.encode("ascii", errors="replace"))
        rows.tofile(stream) if sys.byteorder == "little" else stream.write(rows.tobytes())


def _head_lines(count: int, number: str, classes: ClassSet) -> Sequence[str]:
    return [
        "ply",
        "format binary_little_endian 1.0",
        *(f"comment class {info.id} {' '.join(info.name.split())}" for info in classes),
        f"element vertex {count}",
        *(f"property {number} {axis}" for axis in "xyz"),
        *(f"property uchar {name}" for name in _COLOR_NAMES[0]),
        "property ushort class",
        "end_header",
    ]
