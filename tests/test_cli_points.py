"""`segdesk points` as a person runs it, with a tiny net of random weights that the test writes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segdesk.cli import NOTHING_DONE, OK, main
from segdesk.io.cards import read_cards
from segdesk.io.point_clouds import read_points
from segdesk.paths import models_dir

CARD = """
id = "tiny-points"
name = "Tiny"
task = "points"
net = { type = "point_transformer", options = { widths = [8, 16], blocks = [2, 2], neighbours = [4, 4], share = 4%s } }
classes = { names = ["low", "middle", "high"], colors = ["#ff0000", "#00ff00", "#0000ff"] }
weights = { file = "tiny.pth" }
"""
COLORS = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]])


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A model folder with the card and its weights, random but for norms that use what they see."""
    return model_folder(tmp_path / "models")


def model_folder(folder: Path, more: str = "") -> Path:
    import torch

    from segdesk.nets.whole.point_transformer import build

    folder.mkdir()
    (folder / "tiny.toml").write_text(CARD % more)
    torch.manual_seed(3)
    net = build({"widths": [8, 16], "blocks": [2, 2], "neighbours": [4, 4], "share": 4}, 3)
    rng = np.random.default_rng(0)
    points, shades = (torch.from_numpy(rng.random((300, 3), np.float32)) for _ in range(2))
    for _ in range(30):  # the running statistics, so that the classes differ
        net(points, shades)
    with torch.no_grad():
        net.cls[3].bias -= net.eval()(points, shades).mean(0)
    torch.save(net.state_dict(), folder / "tiny.pth")
    return folder


def rows(count: int, seed: int = 1) -> np.ndarray:
    """(count, 6) float32: places in a cube, colours 0 to 255."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.random((count, 3)), rng.integers(0, 256, (count, 3))], 1).astype(np.float32)


def classified(table: np.ndarray, models: Path, tmp_path: Path) -> np.ndarray:
    """The class of each row, as the verb's output file has it."""
    np.save(tmp_path / "in.npy", table)
    out = tmp_path / "out.ply"
    words = ["points", tmp_path / "in.npy", "--model", "tiny-points", "--out", out, "--weights", models, "--quiet"]
    assert main([str(w) for w in words]) == OK
    cloud = read_points(out)
    np.testing.assert_array_equal(cloud.xyz, table[:, :3])
    body = out.read_bytes().partition(b"end_header\n")[2]
    labels = np.frombuffer(body, np.uint8).reshape(len(table), 17)[:, 15:].copy().view("<u2")[:, 0]
    np.testing.assert_array_equal(cloud.colors, COLORS[labels])
    return labels


def test_each_point_gets_a_class_and_its_colour(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    labels = classified(rows(200), models, tmp_path)
    assert set(labels.tolist()) <= {1, 2, 3}
    assert len(set(labels.tolist())) > 1  # else nothing here would be tested
    out, err = capsys.readouterr()
    assert "200 points: " in out
    counted = {line.split()[0]: int(line.split()[1]) for line in out.splitlines()[:-1]}
    assert counted == {n: c for i, n in enumerate(("low", "middle", "high"), 1) if (c := int((labels == i).sum()))}
    assert err == ""


@pytest.mark.parametrize("more", ["", ", most = 60", ", grid = 0.2"])
def test_the_order_of_the_points_changes_nothing(tmp_path: Path, more: str):
    models = model_folder(tmp_path / "models", more)
    table = rows(150)
    table[100:] = table[:50]  # points that are there twice
    order = np.random.default_rng(5).permutation(len(table))
    straight = classified(table, models, tmp_path)
    np.testing.assert_array_equal(classified(table[order], models, tmp_path), straight[order])
    np.testing.assert_array_equal(straight[100:], straight[:50])


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_points(models: Path, tmp_path: Path, count: int):
    assert len(classified(rows(count), models, tmp_path)) == count


def test_a_thousand_times_the_same_point(models: Path, tmp_path: Path):
    assert len(set(classified(np.repeat(rows(1), 1000, axis=0), models, tmp_path).tolist())) == 1


def test_all_points_of_a_cell_are_of_one_class(tmp_path: Path):
    models = model_folder(tmp_path / "models", ", grid = 0.25")
    table = rows(400)
    labels = classified(table, models, tmp_path)
    xyz = table[:, :3].astype(np.float64)
    cells = np.floor((table[:, :3] - table[:, :3].min(0)) / 0.25)
    assert len(xyz) == 400
    for cell in np.unique(cells, axis=0):
        assert len(set(labels[(cells == cell).all(1)].tolist())) == 1


def said(words: list[object], capsys: pytest.CaptureFixture[str]) -> str:
    assert main([str(w) for w in words]) == NOTHING_DONE
    return capsys.readouterr().err


def test_what_cannot_work_is_said_in_a_sentence(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    table = rows(20)
    table[3, 0] = np.nan
    np.save(tmp_path / "nan.npy", table)
    np.save(tmp_path / "grey.npy", rows(20)[:, :3])
    out = tmp_path / "out.ply"
    tail: list[object] = ["--out", out, "--weights", models, "--quiet"]
    tiny: list[object] = ["--model", "tiny-points", *tail]
    assert "1 points without a place" in said(["points", tmp_path / "nan.npy", *tiny], capsys)
    assert "needs colours" in said(["points", tmp_path / "grey.npy", *tiny], capsys)
    assert "not there" in said(["points", tmp_path / "none.ply", *tiny], capsys)
    regions = ["points", tmp_path / "grey.npy", "--model", "regions", *tail]
    assert "is for pictures" in said(list(regions), capsys)
    as_npy = ["points", tmp_path / "grey.npy", "--model", "tiny-points", "--out", tmp_path / "o.npy"]
    assert "written as .ply" in said(list(as_npy), capsys)
    assert not out.exists()


def test_the_shipped_card_says_that_nobody_has_published_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (card,) = read_cards(models_dir() / "point-transformer.toml")
    assert card.task == "points"
    assert card.weights is not None
    assert not card.weights.urls
    assert "Nobody has published weights" in card.about.en
    np.save(tmp_path / "in.npy", rows(5))
    words = ["points", tmp_path / "in.npy", "--model", card.id, "--out", tmp_path / "o.ply"]
    assert "point_transformer_s3dis.pth" in said(list(words), capsys)


def test_the_verb_is_listed_without_torch():
    code = "import sys; from segdesk.cli import main; main(['points', '--help']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")
