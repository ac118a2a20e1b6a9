"""Files and folders appear complete or not at all, and nothing foreign is replaced."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import MARKER, explain_os_error, new_folder, replacing, write_bytes, write_text


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "报告.txt"
    write_text(path, "one")
    write_bytes(path, "二".encode())
    assert path.read_text(encoding="utf-8") == "二"
    assert os.listdir(path.parent) == ["报告.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def half() -> None:
        with replacing(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def fill(target: Path, *names: str, kind: str = "test", error: BaseException | None = None) -> None:
    with new_folder(target, kind) as place:
        for name in names:
            (place / name).write_text(name)
        if error is not None:
            raise error


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    fill(tmp_path / "out" / "deep", "1", "2")
    assert sorted(os.listdir(tmp_path / "out" / "deep")) == sorted(["1", "2", MARKER])
    assert os.listdir(tmp_path / "out") == ["deep"]


def test_a_failed_folder_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SegDeskError, match="disk is full"):
        fill(tmp_path / "out", "1", error=OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(KeyboardInterrupt):
        fill(tmp_path / "out", "1", error=KeyboardInterrupt())
    assert os.listdir(tmp_path) == []


def test_an_earlier_export_is_replaced_and_survives_a_failure(tmp_path: Path) -> None:
    target = tmp_path / "out"
    fill(target, "old")
    with pytest.raises(RuntimeError):
        fill(target, "new", error=RuntimeError())
    assert (target / "old").exists()
    fill(target, "new")
    assert sorted(os.listdir(target)) == sorted(["new", MARKER])
    assert os.listdir(tmp_path) == ["out"]


def test_foreign_folders_are_refused_and_empty_ones_taken(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    fill(target, "1")
    with pytest.raises(SegDeskError, match="holds other files"):
        fill(target, "2", kind="another format")
    (target / "my notes.txt").write_text("precious")
    with pytest.raises(SegDeskError, match="holds other files"):
        fill(target, "2")
    (target / "my notes.txt").unlink()
    (target / MARKER).write_text("{damaged")
    with pytest.raises(SegDeskError, match="holds other files"):
        fill(target, "2")
    with pytest.raises(SegDeskError, match="is a file"):
        fill(target / "1", "2")
    assert sorted(os.listdir(target)) == sorted(["1", MARKER])


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EACCES, "permission"),
        (errno.EROFS, "read-only"),
        (errno.ENOENT, "not there"),
        (errno.EIO, "failed"),
    ],
)
def test_errors_of_the_system_become_sentences(number: int, word: str) -> None:
    error = explain_os_error(OSError(number, os.strerror(number)), Path("a/b.png"))
    assert word in str(error)
    assert "b.png" in str(error)
    assert "{" not in str(error) + error.hint_text()
