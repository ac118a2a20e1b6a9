"""A folder of everything that can be wrong with a picture, run through the command line with the real engine.

Each bad file gets one sentence and marks its row; the others are segmented, exported and stay as they were on the disk.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segdesk.io.project import Project

GOOD = {"cmyk.jpg", "deep.tif", "grey.png", "palette.png", "turned.jpg", "胶带 照片.png", "rgba.webp"}
BAD = {"cut off.jpg", "cut off.png", "empty.png", "text.png", "huge.png"}


def shapes(height: int = 60, width: int = 90) -> np.ndarray:
    """(H, W, 3) uint8: two plain areas, so that regions are found."""
    pixels = np.full((height, width, 3), 40, np.uint8)
    pixels[10:40, 20:60] = (200, 120, 40)
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with good and bad files."""
    folder = tmp_path_factory.mktemp("mixed")
    picture = Image.fromarray(shapes())
    picture.convert("CMYK").save(folder / "cmyk.jpg")
    picture.convert("L").save(folder / "grey.png")
    picture.convert("P").save(folder / "palette.png")
    picture.convert("RGBA").save(folder / "rgba.webp")
    picture.save(folder / "胶带 照片.png")
    Image.fromarray(shapes()[..., 0].astype(np.uint16) * 60).save(folder / "deep.tif")
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    picture.save(folder / "turned.jpg", exif=exif)
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (400, 500, 3), np.uint8))
    for suffix in ("jpg", "png"):
        whole = folder / f"cut off.{suffix}"
        noise.save(whole)
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (folder / "empty.png").touch()
    (folder / "text.png").write_text("not a picture", encoding="utf-8")
    header = cv2.imencode(".png", np.zeros((1, 1), np.uint8))[1].tobytes()
    (folder / "huge.png").write_bytes(header[:16] + (50_000).to_bytes(4, "big") * 2 + header[24:])
    return folder


def segdesk(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does."""
    command = [sys.executable, "-m", "segdesk", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=240)


def digests(folder: Path) -> dict[str, str]:
    """What every file of the folder holds."""
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.is_file()}


@pytest.fixture(scope="module")
def ran(folder: Path, tmp_path_factory: pytest.TempPathFactory):
    """(process, project, digests before) of one run over the folder."""
    before = digests(folder)
    file = tmp_path_factory.mktemp("project") / "mixed.segdesk"
    done = segdesk("run", folder, "--model", "regions", "--project", file)
    with Project.open(file) as project:
        yield done, project, before


def test_the_run_ends_with_the_code_for_some_failed(ran):
    done, _, _ = ran
    assert done.returncode == 1, done.stdout + done.stderr
    for name in BAD:
        assert name in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("name", sorted(GOOD))
def test_an_unusual_picture_is_segmented(ran, name):
    _, project, _ = ran
    row = project.find(name)
    assert row.state == "predicted", row
    segmentation = project.load_map(row.id, "annotation")
    assert len(segmentation.segments) >= 2
    assert segmentation.size == ((90, 60) if name == "turned.jpg" else (60, 90))


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_picture_is_marked_with_one_sentence(ran, name):
    _, project, _ = ran
    row = project.find(name)
    assert row.state == "failed", row
    assert row.error.endswith(".")
    assert "\n" not in row.error
    assert len(row.error) < 200
    assert name in row.error
    assert project.load_map(row.id, "annotation") is None


def test_no_source_file_was_touched(ran, folder):
    _, _, before = ran
    assert digests(folder) == before


def test_the_rest_can_be_exported(ran, folder, tmp_path):
    _, project, _ = ran
    project.close()
    done = segdesk("export", project.path, "--format", "coco_instances", "--out", tmp_path / "coco")
    assert done.returncode == 0, done.stdout + done.stderr
    assert list((tmp_path / "coco").rglob("*.json"))


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    done = segdesk("run", tmp_path / "nowhere", "--model", "regions")
    assert done.returncode == 2
    assert "does not exist" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def without_the_rights_of_root() -> list[str]:
    """A prefix that makes file permissions hold for root too; empty for everybody else."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root needs setpriv to be refused anything")
    lost = "-dac_override,-dac_read_search"
    return ["setpriv", f"--bounding-set={lost}", f"--inh-caps={lost}"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_a_folder_without_rights_is_one_sentence(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir()
    Image.fromarray(shapes()).save(closed / "a.png")
    closed.chmod(0)
    command = [sys.executable, "-m", "segdesk", "run", str(closed), "--model", "regions"]
    done = subprocess.run([*without_the_rights_of_root(), *command], capture_output=True, text=True, timeout=120)
    closed.chmod(0o700)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "permission" in (done.stdout + done.stderr).lower()
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_pictures_in_a_folder_that_may_not_be_written_to(tmp_path):
    folder = tmp_path / "read only"
    folder.mkdir()
    Image.fromarray(shapes()).save(folder / "a.png")
    folder.chmod(0o500)
    command = [sys.executable, "-m", "segdesk", "run", str(folder), "--model", "regions"]
    done = subprocess.run([*without_the_rights_of_root(), *command], capture_output=True, text=True, timeout=120)
    folder.chmod(0o700)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [p.name for p in folder.iterdir()] == ["a.png"]
    assert "not kept in the picture folder" in done.stdout + done.stderr
    projects = list(Path(os.environ["XDG_DATA_HOME"]).rglob("*.segdesk"))
    assert len(projects) == 1
    with Project.open(projects[0]) as project:
        assert project.find("a.png").state == "predicted"


def test_a_broken_card_is_greyed_and_the_others_work():
    cards = Path(os.environ["XDG_CONFIG_HOME"]) / "segdesk" / "models"
    cards.mkdir(parents=True)
    (cards / "broken.toml").write_text('id = "broken"\ntask = ', encoding="utf-8")
    done = segdesk("models")
    assert done.returncode == 0, done.stderr
    assert "broken.toml" in done.stdout + done.stderr
    assert "regions" in done.stdout
