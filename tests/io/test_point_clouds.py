"""Point clouds in and out: the formats as they are written elsewhere, and files that are broken in every way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io import point_clouds
from segdesk.io.point_clouds import PointCloud, read_points, write_points

CLASSES = ClassSet.from_names(["wall", "garden gnome"], [(1, 2, 3), (200, 100, 50)])
ASCII = """ply
format ascii 1.0
comment by hand
element vertex 3
property float x
property float y
property float z
property uchar red
property uchar green
property uchar blue
element face 1
property list uchar int vertex_indices
end_header
0 0 0 255 0 0
1 2.5 -3e2 0 255 7
4 5 6 1 2 3
3 0 1 2
"""


def written(tmp_path: Path, data: str | bytes, name: str = "cloud.ply") -> Path:
    path = tmp_path / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def refused(path: Path, *words: str) -> None:
    with pytest.raises(SegDeskError) as caught:
        read_points(path)
    text = caught.value.text()
    assert path.name in text
    assert all(word in text for word in words), text


def test_ascii_with_faces_behind(tmp_path: Path):
    cloud = read_points(written(tmp_path, ASCII))
    assert cloud.xyz.dtype == np.float32
    np.testing.assert_array_equal(cloud.xyz, np.float32([[0, 0, 0], [1, 2.5, -300], [4, 5, 6]]))
    assert cloud.colors is not None
    assert cloud.colors.tolist() == [[255, 0, 0], [0, 255, 7], [1, 2, 3]]


def test_windows_line_ends_are_read(tmp_path: Path):
    assert len(read_points(written(tmp_path, ASCII.replace("\n", "\r\n")))) == 3


@pytest.mark.parametrize(("name", "order"), [("binary_little_endian", "<"), ("binary_big_endian", ">")])
def test_binary_with_a_table_before_and_other_columns(tmp_path: Path, name: str, order: str):
    head = f"""ply
format {name} 1.0
element camera 2
property double f
property short n
element vertex 4
property float nx
property double x
property double y
property double z
property ushort intensity
end_header
"""
    camera = np.zeros(2, [("f", order + "f8"), ("n", order + "i2")])
    vertex = np.zeros(
        4, [(c, order + k) for c, k in (("nx", "f4"), ("x", "f8"), ("y", "f8"), ("z", "f8"), ("i", "u2"))]
    )
    vertex["x"] = [1e6 + 0.125, 2, 3, 4]
    vertex["z"] = -1
    cloud = read_points(written(tmp_path, head.encode() + camera.tobytes() + vertex.tobytes()))
    assert cloud.colors is None
    assert cloud.xyz.dtype == np.float64
    assert cloud.xyz[0].tolist() == [1e6 + 0.125, 0, -1]


@pytest.mark.parametrize("columns", [3, 4, 6, 9])
def test_npy_of_three_or_more_columns(tmp_path: Path, columns: int):
    rows = np.random.default_rng(0).random((5, columns)).astype(np.float32)
    np.save(tmp_path / "cloud.npy", rows)
    cloud = read_points(tmp_path / "cloud.npy")
    np.testing.assert_array_equal(cloud.xyz, rows[:, :3])
    if columns < 6:
        assert cloud.colors is None
    else:
        np.testing.assert_array_equal(cloud.colors, (rows[:, 3:6] * 255).round().astype(np.uint8))


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        (np.float64([[0, 0.5, 1.0]]), [0, 128, 255]),
        (np.float64([[0, 128, 255]]), [0, 128, 255]),
        (np.uint16([[0, 257, 65535]]), [0, 1, 255]),
        (np.int64([[1, 0, 300]]), [1, 0, 255]),
        (np.uint8([[1, 0, 1]]), [1, 0, 1]),
    ],
)
def test_colours_of_any_kind_become_bytes(values: np.ndarray, wanted: list[int]):
    assert point_clouds._colors(values).tolist() == [wanted]


@given(st.integers(1, 40), st.booleans())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, count: int, fine: bool):
    rng = np.random.default_rng(count)
    kind = np.float64 if fine else np.float32
    cloud = PointCloud((rng.random((count, 3)) * 1e6).astype(kind))
    labels = rng.integers(0, 3, count).astype(np.uint16)
    path = tmp_path_factory.mktemp("out") / "out.ply"
    write_points(path, cloud, labels, CLASSES)
    again = read_points(path)
    assert again.xyz.dtype == kind
    np.testing.assert_array_equal(again.xyz, cloud.xyz)
    np.testing.assert_array_equal(again.colors, CLASSES.color_table()[labels])
    head, _, body = path.read_bytes().partition(b"end_header\n")
    assert b"comment class 2 garden gnome" in head
    size = 3 * (8 if fine else 4) + 3 + 2
    assert (
        np.frombuffer(body, np.uint8).reshape(count, size)[:, -2:].copy().view("<u2")[:, 0].tolist() == labels.tolist()
    )


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_points_without_a_place_are_refused_with_their_number(tmp_path: Path, value: float):
    rows = np.zeros((6, 3))
    rows[2, 1] = rows[4, 0] = value
    np.save(tmp_path / "cloud.npy", rows)
    refused(tmp_path / "cloud.npy", "2 points")
    refused(written(tmp_path, ASCII.replace("4 5 6", f"4 {value} 6")), "1 points")


def test_broken_ply_files_are_refused_with_a_sentence(tmp_path: Path):
    broken = {
        "begin": b"",
        "begin with ply": ASCII.replace("ply\n", "plo\n", 1).encode(),
        "no end": b"ply\nformat ascii 1.0\n",
        "its header has no end": b"ply\n" + b"x" * 10_000,
        "not known": ASCII.replace("property float z", "property quad z").encode(),
        "lack x, y or z": ASCII.replace("property float z", "property float w").encode(),
        "no points (": ASCII.replace("element vertex", "element corner").encode(),
        "up to": ASCII.replace("vertex 3", "vertex 99999999999").encode(),
        "has -3 points": ASCII.replace("vertex 3", "vertex -3").encode(),
        "cannot be read": ASCII.replace("vertex 3", "vertex three").encode(),
        "say its format": ASCII.replace("format ascii 1.0\n", "").encode(),
        "header has a line": ASCII.replace("ascii 1.0", "text 1.0").encode(),
        "have lists": ASCII.replace("property uchar red", "property list uchar int red").encode(),
    }
    for word, data in broken.items():
        refused(written(tmp_path, data), "" if word == "begin" else word)


def test_files_that_are_cut_off_are_refused(tmp_path: Path):
    lines = ASCII.splitlines(keepends=True)
    refused(written(tmp_path, "".join(lines[:-2])))
    refused(written(tmp_path, "".join(lines[:-3]) + "4 5\n"))
    out = tmp_path / "out.ply"
    write_points(out, PointCloud(np.zeros((9, 3), np.float32)), np.zeros(9, np.uint16), CLASSES)
    refused(written(tmp_path, out.read_bytes()[:-1]), "too early")


def test_lists_before_binary_points_are_refused(tmp_path: Path):
    head = "ply\nformat binary_little_endian 1.0\nelement face 1\nproperty list uchar int v\nelement vertex 1\n"
    refused(written(tmp_path, head + "property float x\nend_header\n" + "0" * 30), "before its points")


def test_text_before_ascii_points_is_passed(tmp_path: Path):
    table = "element camera 1\nproperty float f\nelement vertex"
    data = ASCII.replace("element vertex", table).replace("end_header\n", "end_header\n7.5\n")
    assert len(read_points(written(tmp_path, data))) == 3


def test_an_empty_cloud_is_refused(tmp_path: Path):
    np.save(tmp_path / "cloud.npy", np.zeros((0, 3)))
    refused(tmp_path / "cloud.npy", "no points")
    refused(
        written(tmp_path, ASCII.split("element face")[0].replace("vertex 3", "vertex 0") + "end_header\n"), "no points"
    )


def test_npy_files_that_are_no_cloud_are_refused(tmp_path: Path):
    path = tmp_path / "cloud.npy"
    for rows in (np.zeros(9), np.zeros((4, 2)), np.zeros((2, 3, 3)), np.zeros((2, 3), complex)):
        np.save(path, rows)
        refused(path, "three or more columns")
    np.save(path, np.array([[object()] * 3], dtype=object), allow_pickle=True)
    refused(path)
    path.write_bytes(b"no array")
    refused(path)


def test_too_many_points_are_refused_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    np.save(tmp_path / "cloud.npy", np.zeros((9, 3)))
    monkeypatch.setattr(point_clouds, "MAX_POINTS", 8)
    refused(tmp_path / "cloud.npy", "up to 8")


def test_other_files_and_missing_ones_are_refused(tmp_path: Path):
    refused(written(tmp_path, "x", "cloud.las"), "not a point cloud")
    with pytest.raises(SegDeskError, match="not there"):
        read_points(tmp_path / "none.ply")


def test_a_failed_writing_leaves_the_old_file(tmp_path: Path):
    out = tmp_path / "out.ply"
    out.write_text("old")
    with pytest.raises(ValueError, match="number"):
        write_points(out, PointCloud(np.zeros((2, 3))), np.zeros(1, np.uint16), CLASSES)
    with pytest.raises(IndexError):
        write_points(out, PointCloud(np.zeros((1, 3))), np.array([70_000]), CLASSES)
    assert out.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.ply"]
