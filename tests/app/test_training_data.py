"""Training on a data set that is no project, and the list of earlier trainings."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.training_runs import runs_home
from segdesk.cli import NOTHING_DONE, OK, main
from segdesk.paths import user_config_dir

CARD = """
id = "tiny"
name = "Tiny"
task = "semantic"
trainable = true
net = { type = "fast_scnn", options = { stem = [8, 16, 16], widths = [16, 16, 32], width = 32, bins = [2, 3, 6] } }
classes = { names = ["", "block"] }
licence = { code = "MIT" }
weights = { file = "tiny.pth" }
"""
QUICK = ["--epochs", "1", "--batch", "2", "--crop", "32", "--threads", "1", "--device", "cpu", "--from", "tiny"]


def written(folder: Path, count: int, *, first: int = 0) -> Path:
    """A folder of pictures and index maps: sky above, road below, a pixel that is neither."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True)
    for i in range(first, first + count):
        labels = np.repeat(np.where(np.arange(40) < 15 + i % 9, 0, 1).astype(np.uint8)[:, None], 48, 1)
        picture = np.where(labels[..., None] == 0, (200, 180, 90), (60, 60, 70)).astype(np.uint8)
        labels[0, 0] = 2
        cv2.imwrite(str(folder / "images" / f"{i}.jpg"), picture)
        cv2.imwrite(str(folder / "labels" / f"{i}.png"), labels)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """`train` and `val` with pictures of equal names, and a class list above them."""
    home = user_config_dir() / "models"
    home.mkdir(parents=True)
    (home / "tiny.toml").write_text(CARD, encoding="utf-8")
    root = tmp_path / "streets"
    written(root / "train", 4)
    written(root / "val", 2)
    (root / "classes.txt").write_text("sky\nroad\nvoid\n", encoding="utf-8")
    return root


def test_a_data_set_is_trained_on_without_a_project(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    words = ["train", "--data", str(data / "train"), "--judge-by", str(data / "val"), "--format", "index_png", *QUICK]
    assert main([*words, "--out", str(tmp_path / "models"), "--keep", "always", "--name", "Roads"]) == OK
    said = capsys.readouterr().out
    assert "learning from 4 pictures, judging by 2: sky, road" in said
    record = json.loads((tmp_path / "models" / "roads.training.json").read_text(encoding="utf-8"))
    assert record["project"] == "train"
    assert sorted(record["learned_from"]) == [f"train/images/{i}.jpg" for i in range(4)]
    assert sorted(record["held_out"]) == ["val/images/0.jpg", "val/images/1.jpg"]
    assert not list(runs_home().glob("*"))
    assert not list(data.rglob("*.segdesk*"))


def test_without_a_part_that_judges_some_pictures_are_held_out(data: Path, capsys: pytest.CaptureFixture[str]):
    words = ["train", "--data", str(data / "train"), "--format", "index_png", *QUICK, "--keep", "never"]
    assert main([*words, "--classes", "road", "--ground", "class"]) == OK
    assert "learning from 3 pictures, judging by 1: road" in capsys.readouterr().out


def test_what_of_a_data_set_cannot_be_used_is_told(data: Path, capsys: pytest.CaptureFixture[str]):
    cv2.imwrite(str(data / "train" / "labels" / "1.png"), np.zeros((9, 9), np.uint8))
    (data / "train" / "labels" / "2.png").write_bytes(b"no picture")
    words = ["train", "--data", str(data / "train"), "--format", "index_png", *QUICK, "--keep", "never"]
    assert main(words) == OK
    out, err = capsys.readouterr()
    assert "learning from 1 picture, judging by 1" in out
    assert "9 x 9 pixels, the picture is 48 x 40" in err
    assert "2.png" in err
    for more, reason in (
        (["--data", str(data)], "Name the format"),
        (["--format", "index_png"], "Name the project"),
        (["--data", str(data / "none"), "--format", "index_png"], "does not exist"),
        (["--data", str(data), "--format", "nonsense"], "nonsense"),
        (["--data", str(data / "train"), "--format", "index_png", "--classes", "moon"], "no class moon"),
    ):
        assert main(["train", *more, *QUICK]) == NOTHING_DONE
        assert reason in capsys.readouterr().err
        assert not list(runs_home().glob("*"))


def test_earlier_trainings_are_listed_and_deleted(data: Path, capsys: pytest.CaptureFixture[str]):
    words = ["train", "--data", str(data / "train"), "--format", "index_png", *QUICK]
    # A folder that cannot be written to: what was trained is not lost, and can be kept elsewhere later.
    blocked = data / "blocked"
    blocked.write_text("a file", encoding="utf-8")
    assert main([*words, "--out", str(blocked), "--keep", "always"]) == NOTHING_DONE
    capsys.readouterr()
    assert main(["train", "--runs"]) == OK
    line = capsys.readouterr().out.strip()
    run = line.split()[0]
    assert (runs_home() / run).is_dir()
    assert "epoch 1 of 1" in line
    assert "Tiny" in line
    assert main(["train", "--drop", "none"]) == NOTHING_DONE
    assert main(["train", "--drop", run]) == OK
    assert not list(runs_home().glob("*"))
    capsys.readouterr()
    assert main(["train", "--runs"]) == OK
    assert not capsys.readouterr().out.strip()
