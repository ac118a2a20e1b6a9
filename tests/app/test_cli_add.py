"""`segdesk add` on files of another process: this one has no torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segdesk.cli import main
from segdesk.io.cards import read_cards
from segdesk.paths import user_config_dir

WRITE = """
import sys, torch
from torch import nn
from segdesk.engines.loading import net_module
module = net_module("fast_scnn")
net = module.build(module.VARIANTS["fast-scnn"], 19).eval()
torch.save({"model": {"module." + k: v for k, v in net.state_dict().items()}}, sys.argv[1] + "/Net v2.pth")
script = torch.jit.trace(nn.Conv2d(3, 4, 3, padding=1), torch.rand(1, 3, 32, 32))
torch.jit.save(script, sys.argv[1] + "/script.pt")
torch.save({"gate": torch.ones(3, 7)}, sys.argv[1] + "/odd.pth")
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    subprocess.run([sys.executable, "-W", "ignore", "-c", WRITE, str(folder)], check=True)
    return folder


@pytest.fixture
def models() -> Path:
    return user_config_dir() / "models"


def test_a_checkpoint_becomes_a_card(files: Path, models: Path, capsys: pytest.CaptureFixture[str]):
    words = ["--bgr", "--mean", "1", "2", "3", "--std", "4", "5", "6", "--quiet"]
    assert main(["add", str(files / "Net v2.pth"), "--name", "My net", *words]) == 0
    said = capsys.readouterr().out
    assert "network: Fast-SCNN (fast_scnn/fast-scnn)" in said
    assert "classes: 19 (cityscapes19): road, sidewalk" in said
    assert "added: my-net" in said
    card = read_cards(models / "my-net.toml")[0]
    assert card.input.mean == (1.0, 2.0, 3.0)
    assert card.input.order == "bgr"
    assert (models / "my-net.pth").stat().st_size == (files / "Net v2.pth").stat().st_size
    assert main(["add", str(files / "Net v2.pth"), "--name", "My net", "--link", "--quiet"]) == 0
    assert (models / "my-net-2.pth").is_symlink()


def test_a_program_needs_a_yes(files: Path, models: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["add", str(files / "script.pt"), "--quiet"]) == 2
    assert "consent" in capsys.readouterr().err
    assert not (models / "script.toml").exists()
    assert main(["add", str(files / "script.pt"), "--yes", "--classes", "a,b,c,d", "--quiet"]) == 0
    assert [c.name for c in read_cards(models / "script.toml")[0].classes] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("file", "more", "part"),
    [
        ("odd.pth", (), "No known architecture"),
        ("nothing.pth", (), "cannot be opened"),
        ("Net v2.pth", ("--arch", "psp"), "nearest is PSPNet"),
        ("Net v2.pth", ("--arch", "lstm"), "no architecture called lstm"),
        ("Net v2.pth", ("--classes", "a,b"), "19 classes apart"),
    ],
)
def test_what_cannot_be_added_is_said(
    files: Path, models: Path, capsys: pytest.CaptureFixture[str], file: str, more: tuple[str, ...], part: str
):
    assert main(["add", str(files / file), "--quiet", *more]) == 2
    assert part in capsys.readouterr().err
    assert not models.exists() or not list(models.glob("*.toml"))
