"""The power is cut at each step of writing a file or a folder: there is the old one or the new one, never a half."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

WRITER = """
import os, sys
from pathlib import Path
from segdesk.io import atomic

target, kind, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.rmtree"}
done = 0

def cut(event, arguments):
    global done
    if event in STEPS and str(target.parent) in str(arguments[0]):
        done += 1
        if done == at:
            os._exit(9)

sync = os.fsync
os.fsync = lambda number: (cut("open", [str(target)]), sync(number))
sys.addaudithook(cut)
if kind == "file":
    atomic.write_bytes(target, b"new" * 50_000)
else:
    with atomic.new_folder(target, "labels") as part:
        (part / "a.png").write_bytes(b"new" * 1000)
        (part / "b.png").write_bytes(b"new" * 1000)
"""
MOST = 40


def write(target: Path, kind: str, at: int) -> bool:
    """Write in another program that ends without a word before its step `at`; whether it came to its end."""
    ended = subprocess.run([sys.executable, "-c", WRITER, str(target), kind, str(at)], check=False, capture_output=True)
    assert ended.returncode in (0, 9), ended.stderr.decode()
    return ended.returncode == 0


def content(target: Path) -> dict[str, bytes] | bytes | None:
    """What is there: of a folder, what a person sees in it."""
    if target.is_dir():
        return {p.name: p.read_bytes() for p in target.iterdir() if not p.name.startswith(".")}
    return target.read_bytes() if target.exists() else None


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_power_cut_between_write_and_rename(tmp_path: Path, kind: str):
    cuts, missing = 0, 0
    new = b"new" * 50_000 if kind == "file" else {"a.png": b"new" * 1000, "b.png": b"new" * 1000}
    for at in range(1, MOST):
        target = tmp_path / f"{at}" / "labels"
        target.parent.mkdir()
        if kind == "file":
            target.write_bytes(b"old")
        else:
            assert write(target, kind, 0)
            (target / "a.png").write_bytes(b"old")
        old = content(target)
        ended = write(target, kind, at)
        found = content(target)
        if ended:
            assert found == new
            break
        cuts += 1
        missing += found is None
        assert found in (old, new) or (kind == "folder" and found is None)  # between two renames it stands aside
        assert write(target, kind, 0), "the next time it goes well"
        assert content(target) == new
    else:
        raise AssertionError("it never came to its end")
    assert cuts >= 4
    assert missing <= 1


def test_a_folder_that_stands_aside_comes_back(tmp_path: Path):
    """The next writing puts it back first, so that what is refused is refused of it."""
    target = tmp_path / "labels"
    assert write(target, "folder", 0)
    aside = tmp_path / ".labels.abc.old"
    aside.mkdir()
    target.rename(aside / "old")
    (aside / "old" / "mine.txt").write_text("a person's own file")
    ended = subprocess.run([sys.executable, "-c", WRITER, str(target), "folder", "0"], check=False, capture_output=True)
    assert b"holds other files" in ended.stderr
    assert (target / "mine.txt").exists()
    assert not aside.exists()
