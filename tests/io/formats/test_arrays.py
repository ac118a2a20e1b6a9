"""NumPy files of others: what is a map comes in, what is none is refused before it does harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.classes import ClassSet
from segdesk.io.formats import arrays
from segdesk.io.project import Project
from tests.io.formats.exchange import blocks, load, make_project, names_of

MAP = np.arange(600).reshape(20, 30) % 3


def project_of(folder: Path, *names: str) -> Project:
    return make_project(folder, {n: blocks(np.zeros((20, 30), int), {}) for n in names}, ClassSet())


def folder_of(folder: Path) -> Path:
    (folder / "masks").mkdir(parents=True)
    (folder / "classes.txt").write_text("background\ncell\ndirt\n")
    return folder


@pytest.mark.parametrize("dtype", ["u1", "<i8", ">i4", "f4", "?", ">u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dtypes_and_orders(tmp_path: Path, dtype: str, order: str) -> None:
    folder = folder_of(tmp_path / "x")
    values = np.asarray(MAP.astype(dtype), order=order)  # type: ignore[call-overload]
    np.save(folder / "masks" / "a.npy", values)
    np.savez(folder / "masks" / "b.npz", other=np.zeros(3), labels=values[None, :, :, None])
    np.savetxt(folder / "masks" / "c.txt", values)
    np.savetxt(folder / "masks" / "d.csv", values, fmt="%d", delimiter=",")
    with project_of(tmp_path, "a.jpg", "b.jpg", "c.jpg", "d.jpg") as project:
        assert load(project, arrays, folder).problems == ()
        wanted = np.array(["", "cell", "dirt"])[values.astype(int)]
        for row in project.pictures():
            found = project.load_map(row.id, "reference")
            assert found is not None
            assert np.array_equal(names_of(found, project.classes), wanted)


def huge_header(shape: str) -> bytes:
    text = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_what_is_no_map_is_listed_and_the_rest_comes_in(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "x")
    masks = folder / "masks"
    np.save(masks / "good.npy", MAP)
    np.save(masks / "pickle.npy", np.array([{1: 2}], object), allow_pickle=True)
    np.save(masks / "small.npy", MAP[:5])
    np.save(masks / "flat.npy", MAP.ravel())
    np.save(masks / "negative.npy", MAP - 1)
    np.save(masks / "half.npy", MAP + 0.5)
    np.save(masks / "nan.npy", np.where(MAP > 0, np.nan, 0))
    np.save(masks / "text.npy", MAP.astype(str))
    (masks / "cut.npy").write_bytes((masks / "good.npy").read_bytes()[:300])
    (masks / "none.npy").write_bytes(b"")
    (masks / "bomb.npy").write_bytes(huge_header("(10000000, 10000000)"))
    (masks / "evil.npy").write_bytes(huge_header("(2, __import__('os').getpid())"))
    (masks / "damaged.npz").write_bytes(b"PK\x03\x04 and nothing else")
    with zipfile.ZipFile(masks / "zipbomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("map.npy", huge_header("(60000, 60000)") + b"\0" * 5_000_000)
    with zipfile.ZipFile(masks / "many.npz", "w") as archive:
        for name in ("x.npy", "y.npy"):
            data = io.BytesIO()
            np.save(data, MAP)
            archive.writestr(name, data.getvalue())
    (masks / "words.txt").write_text("a b c\n")
    (masks / "empty.txt").write_text("")
    (masks / "ragged.txt").write_text("1 2\n1 2 3\n")
    (masks / "long.txt").write_text("1 " * 2_000_000)
    stems = sorted(f.stem for f in masks.iterdir())
    with project_of(tmp_path, *(f"{s}.jpg" for s in stems)) as project:
        result = load(project, arrays, folder)
        assert result.pictures == 1
        assert sorted(p.name for p in result.problems) == [s for s in stems if s != "good"]
