"""The containers that weights come in: torch's zip and its older file, TorchScript, plain pickles of arrays, .npz,
safetensors, and Hugging Face folders. Tensors lie on the mapped file wherever they can, so that they cost no memory."""

from __future__ import annotations

import json
import math
import mmap
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch

from segdesk.engines import unpickle
from segdesk.engines.rebuild import StorageKind, placed

ZIP_MAGIC = b"PK\x03\x04"
MAX_UNPACKED = 64 << 20  # bytes that a compressed entry may grow to: checkpoints store their tensors as they are
MAX_HEADER = 100 << 20
INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")
WHOLE = ("model.safetensors", "pytorch_model.safetensors", "open_clip_model.safetensors", "pytorch_model.bin")
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_SAFETENSORS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True, eq=False)
class Content:
    """The value in a file and what it came in.

    `kind`: "torch", "torchscript", "arrays", "safetensors". `config`: the settings beside it (a folder's config.json).
    """

    value: object
    kind: str
    config: Mapping[str, object] = field(default_factory=dict)


def read(path: Path) -> Content:
    """What the file, or the folder, holds. Nothing of it is run.

    Raises OSError where it cannot be opened, and ValueError, `pickle.UnpicklingError`, `zipfile.BadZipFile`, EOFError
    or RuntimeError where it is damaged, of another kind or asks for more than it holds.
    """
    if path.is_dir():
        return Content(read(weights_file(path)).value, "safetensors", settings(path / "config.json"))
    if path.name.endswith(".index.json"):
        return Content(_shards(path), "safetensors")
    with path.open("rb") as stream:
        magic = stream.read(8)
        if magic[:4] == ZIP_MAGIC:
            return _zip(path)
        if len(magic) == 8 and _is_safetensors(magic, stream):
            return Content(_safetensors(path), "safetensors")
        stream.seek(0)
        return _pickle(stream)


def weights_file(folder: Path) -> Path:
    """The file of a Hugging Face folder that holds its weights, or that lists the files which do. Raises
    FileNotFoundError."""
    for name in (*WHOLE[:3], *INDEXES, *WHOLE[3:]):
        if (folder / name).is_file():
            return folder / name
    others = sorted(folder.glob("*.safetensors"))
    if len(others) == 1:
        return others[0]
    raise FileNotFoundError(2, "it has no model.safetensors and no pytorch_model.bin", str(folder))


def shard_names(index: Path) -> list[str]:
    """The files that an index names, each a plain name beside it. Raises ValueError."""
    table = _json(index).get("weight_map")
    if not isinstance(table, dict) or not table:
        raise ValueError("an index without weights")
    names = sorted({str(name) for name in table.values()})
    if any(Path(name).name != name or name.endswith(".index.json") for name in names):
        raise ValueError("an index that points out of its folder")
    return names


def _shards(index: Path) -> dict[object, object]:
    whole: dict[object, object] = {}
    for name in shard_names(index):
        part = read(index.parent / name).value
        if not isinstance(part, dict):
            raise ValueError("a part without weights")
        whole.update(part)
    return whole


def settings(path: Path) -> Mapping[str, object]:
    """The table of a JSON file; empty if it is not there. Raises ValueError."""
    return _json(path) if path.is_file() else {}


def _json(path: Path) -> dict[str, object]:
    if path.stat().st_size > MAX_HEADER:
        raise ValueError("a description that is too long")
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except RecursionError as error:
        raise ValueError("a description that is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("a description without names")
    return value


# -- mapped memory -------------------------------------------------------------------------------------------------


def _mapped(path: Path) -> mmap.mmap:
    """The file's bytes; what is written to them stays in this process."""
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)


def _on(memory: mmap.mmap, start: int, size: int, dtype: torch.dtype) -> torch.Tensor:
    """A flat tensor on `size` bytes from `start`; a copy where they are not aligned."""
    if start < 0 or size < 0 or start + size > len(memory) or size % dtype.itemsize:
        raise ValueError("a tensor that reaches beyond the file")
    if not size:
        return torch.empty(0, dtype=dtype)
    if start % dtype.itemsize:
        return torch.frombuffer(bytearray(memory[start : start + size]), dtype=dtype)
    return torch.frombuffer(memory, dtype=dtype, count=size // dtype.itemsize, offset=start)


# -- safetensors ---------------------------------------------------------------------------------------------------


def _is_safetensors(magic: bytes, stream: BinaryIO) -> bool:
    length = int.from_bytes(magic, "little")
    return 2 <= length <= MAX_HEADER and stream.read(1) == b"{"


def _safetensors(path: Path) -> dict[object, object]:
    """https://github.com/huggingface/safetensors: 8 bytes length, a JSON header, then the bytes of all tensors."""
    memory = _mapped(path)
    length = int.from_bytes(memory[:8], "little")
    if 8 + length > len(memory):
        raise ValueError("the header is cut off")
    try:
        header = json.loads(memory[8 : 8 + length])
    except RecursionError as error:
        raise ValueError("a header that is nested too deeply") from error
    header.pop("__metadata__", None)
    return {name: _entry(memory, 8 + length, entry) for name, entry in header.items()}


def _entry(memory: mmap.mmap, base: int, entry: Mapping[str, object]) -> torch.Tensor:
    dtype, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if dtype not in _SAFETENSORS or not isinstance(shape, list) or not isinstance(offsets, list):
        raise ValueError(f"a tensor of the unknown type {dtype}")
    start, end = offsets
    flat = _on(memory, base + start, end - start, _SAFETENSORS[str(dtype)])
    if not all(type(n) is int and n >= 0 for n in shape) or math.prod(shape) != flat.numel():
        raise ValueError("a tensor whose shape is not that of its bytes")
    strides = [math.prod(shape[at + 1 :]) for at in range(len(shape))]
    return placed(flat, tuple(shape), tuple(strides))


# -- zip files: torch, TorchScript, numpy --------------------------------------------------------------------------


def _zip(path: Path) -> Content:
    with zipfile.ZipFile(path) as archive:
        entries = {info.filename: info for info in archive.infolist()}
        root = next((name for name in entries if name == "data.pkl" or name.endswith("/data.pkl")), None)
        if root is not None:
            return _torch_zip(path, archive, root.removesuffix("data.pkl"))
        if any(name.endswith(".npy") for name in entries):
            return Content(_npz(archive), "arrays")
    raise ValueError("an archive without weights")


def _torch_zip(path: Path, archive: zipfile.ZipFile, folder: str) -> Content:
    order = archive.read(_small(archive, f"{folder}byteorder")) if f"{folder}byteorder" in archive.namelist() else b""
    if order.strip() == b"big":
        raise ValueError("numbers of a big-endian machine")
    memory = _mapped(path)
    cache: dict[tuple[str, torch.dtype], torch.Tensor] = {}

    def storage(pid: tuple[object, ...]) -> torch.Tensor:
        kind = pid[1]
        assert isinstance(kind, StorageKind)
        key = str(pid[2]), kind.dtype
        if key not in cache:
            cache[key] = _stored(memory, archive.getinfo(f"{folder}data/{key[0]}"), kind.dtype)
        return cache[key]

    with archive.open(_small(archive, f"{folder}data.pkl")) as stream:
        value = unpickle.load(stream, storage)  # type: ignore[arg-type]  # ZipExtFile is a binary stream
    script = f"{folder}constants.pkl" in archive.namelist()
    return Content(value, "torchscript" if script else "torch")


def _small(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """An entry that may be read into memory as a whole."""
    info = archive.getinfo(name)
    if info.file_size > MAX_UNPACKED and info.compress_type != zipfile.ZIP_STORED:
        raise ValueError("a compressed entry that grows too large")
    return info


def _stored(memory: mmap.mmap, info: zipfile.ZipInfo, dtype: torch.dtype) -> torch.Tensor:
    """An entry's bytes in the mapped file. Its own header there repeats the name's length and that of extra fields."""
    if info.compress_type != zipfile.ZIP_STORED:  # never so in a checkpoint; could be a bomb
        raise ValueError("a compressed storage")
    head = memory[info.header_offset : info.header_offset + 30]
    if head[:4] != ZIP_MAGIC:
        raise ValueError("a damaged archive")
    start = info.header_offset + 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    return _on(memory, start, info.file_size // dtype.itemsize * dtype.itemsize, dtype)


def _npz(archive: zipfile.ZipFile) -> dict[object, object]:
    found: dict[object, object] = {}
    for info in archive.infolist():
        if info.filename.endswith(".npy"):
            if info.file_size > max(MAX_UNPACKED, 50 * info.compress_size):
                raise ValueError("a compressed entry that grows too large")
            with archive.open(info) as stream:
                found[info.filename.removesuffix(".npy")] = _npy(stream, info.file_size)  # type: ignore[arg-type]
    return found


def _npy(stream: BinaryIO, size: int) -> np.ndarray:
    """An array of plain numbers; the shape that its header claims must be that of its bytes."""
    version = np.lib.format.read_magic(stream)
    reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, fortran, dtype = reader(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize > size:
        raise ValueError("an array that does not hold numbers")
    flat = np.frombuffer(stream.read(math.prod(shape) * dtype.itemsize), dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


# -- files of one pickle or several --------------------------------------------------------------------------------


def _pickle(stream: BinaryIO) -> Content:
    """torch's format before 1.6: magic number, version, system, the value, the storages' keys, then their bytes. Or a
    plain pickle of arrays."""
    storages: dict[str, torch.Tensor] = {}
    file_bytes = os.fstat(stream.fileno()).st_size
    used = 0

    def storage(pid: tuple[object, ...]) -> torch.Tensor:
        nonlocal used
        kind, key, size = pid[1], str(pid[2]), pid[4]
        assert isinstance(kind, StorageKind)
        if key not in storages:
            if type(size) is not int or size < 0 or used + size * kind.dtype.itemsize > file_bytes:
                raise ValueError("a storage of a bad size")
            used += size * kind.dtype.itemsize
            storages[key] = torch.empty(size, dtype=kind.dtype)
        if len(pid) > 5 and isinstance(pid[5], tuple):
            _, start, count = pid[5]
            return storages[key][start : start + count]
        return storages[key]

    first = unpickle.load(stream, storage)
    if first != _LEGACY_MAGIC:
        return Content(first, "arrays")
    unpickle.load(stream)
    unpickle.load(stream)
    value, keys = unpickle.load(stream, storage), unpickle.load(stream)
    if not isinstance(keys, list):
        raise ValueError("no list of storages")
    for key in keys:
        _fill(stream, storages[str(key)])
    return Content(value, "torch")


def _fill(stream: BinaryIO, target: torch.Tensor) -> None:
    count = int.from_bytes(stream.read(8), "little")
    raw = target.view(torch.uint8).numpy() if target.numel() else np.empty(0, np.uint8)
    if count != target.numel() or stream.readinto(memoryview(raw)) != raw.size:  # type: ignore[attr-defined]
        raise EOFError("the file ends before its weights do")
