"""The command line from end to end: `main()` in this process with the real engine process, and real subprocesses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.cli import INTERRUPTED, NOTHING_DONE, OK, SOME_FAILED, main
from segdesk.domain.segmentation import Segmentation
from segdesk.io.project import Project
from tests.app.reports import TIMEOUT

ROOT = Path(__file__).resolve().parents[2]


def block_picture(number: int) -> np.ndarray:
    """(60, 80, 3) uint8: a bright block on a dark ground, with a little noise."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(20, 30, (60, 80, 3)).astype(np.uint8)
    pixels[15:45, 20 + number : 50 + number] += 180
    return pixels


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"p{number}.png"), block_picture(number))
    return folder


def run(*words: object) -> int:
    return main([str(w) for w in words])


def lines(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    found = capsys.readouterr()
    return found.out, found.err


def test_run_export_evaluate_in_one_go(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photos, "--model", "regions", "--quiet") == OK
    out, err = lines(capsys)
    assert "3 segmented" in out
    assert err == ""
    project = photos / "photos.segdesk"
    with Project.open(project) as opened:
        assert opened.counts()["predicted"] == 3
        for row in opened.pictures():
            map_ = opened.load_map(row.id, "annotation")
            assert map_.class_map()[30, 40]  # a region under the block
            opened.save_map(row.id, "reference", map_)
    assert run("export", project, "--format", "coco_instances", "--out", tmp_path / "coco", "--quiet") == OK
    assert list((tmp_path / "coco").rglob("*.json"))
    report = tmp_path / "report"
    assert run("evaluate", photos, "--layer", "prediction", "--out", report, "--quiet") == OK
    out, _ = lines(capsys)
    assert "mIoU            1.0000 [1.0000, 1.0000]  (labels on void count as wrong; 3 pictures)" in out
    assert (report / "report.html").exists()
    other = tmp_path / "other.segdesk"
    with Project.open(project) as opened:
        opened.copy_to(other)
    words = ("evaluate", photos, "--layer", "prediction", "--against", "prediction", "--other", other)
    assert run(*words, "--json", "--out", tmp_path / "two", "--quiet") == OK
    assert sorted(p.name for p in (tmp_path / "two").glob("report*")) == ["report.json"]
    assert '"against": "prediction (other)"' in (tmp_path / "two" / "report.json").read_text("utf-8")


def test_a_second_run_goes_on_and_says_so(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photos, "--model", "regions", "--limit", 1) == OK
    assert run("run", photos, "--model", "regions") == OK
    out, err = lines(capsys)
    assert "2 segmented, 1 were done before" in out
    assert "Running on all pictures: 2/2" in err


def test_broken_pictures_give_an_exit_code_and_a_sentence(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (photos / "zero.jpg").touch()
    assert run("run", photos, "--model", "regions", "--quiet") == SOME_FAILED
    out, err = lines(capsys)
    assert "3 segmented" in out
    assert "failed: zero.jpg: " in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "nowhere", "--model", "regions"], "nowhere"),
        (["run", "photos", "--model", "clairvoyant"], "clairvoyant"),
        (["run", "photos", "--model", "fcn-resnet50"], "weights"),
        (["export", "nowhere", "--format", "coco_instances", "--out", "x"], "nowhere"),
        (["export", "photos", "--format", "coco_instances", "--out", "x"], "no project"),
        (["run", "photos", "--model", "regions", "--confidence", "7"], "confidence"),
        (["run", "photos"], "--model"),
        (["import", "photos", "--format", "coco_instances", "--from", "x", "--as", "poetry"], "poetry"),
    ],
)
def test_wrong_use_is_one_sentence_and_code_2(
    photos: Path, words: list[str], expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(photos.parent)
    assert run(*words) == NOTHING_DONE
    _, err = lines(capsys)
    assert expected in err
    assert "Traceback" not in err


def test_an_unknown_format_names_the_known_ones(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photos, "--model", "regions", "--quiet") == OK
    assert run("export", photos, "--format", "clay", "--out", photos / "x") == NOTHING_DONE
    assert "coco_instances" in lines(capsys)[1]


def test_ground_truth_goes_in_and_is_compared(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photos, "--model", "regions", "--quiet") == OK
    assert run("export", photos, "--format", "coco_instances", "--out", tmp_path / "coco", "--quiet") == OK
    (source,) = (tmp_path / "coco").rglob("*instances*.json")
    words = ("import", photos, "--format", "coco_instances", "--from", source, "--as", "reference", "--quiet")
    assert run(*words) == OK
    with Project.open(photos / "photos.segdesk") as project:
        for row in project.pictures():
            there, back = project.load_map(row.id, "annotation"), project.load_map(row.id, "reference")
            assert np.array_equal(there.class_map(), back.class_map())
    assert "3 pictures" in lines(capsys)[0]


def test_a_picture_that_is_gone_is_left_out_of_the_export(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("run", photos, "--model", "regions", "--quiet") == OK
    (photos / "p1.png").unlink()
    words = ("export", photos, "--format", "coco_instances", "--out", tmp_path / "out", "--quiet")
    assert run(*words) == SOME_FAILED
    out, err = lines(capsys)
    assert "2 pictures" in out
    assert "left out: p1.png" in err


def test_settings_of_the_run_reach_the_model(photos: Path) -> None:
    assert run("run", photos, "--model", "regions", "--min-area", 100_000, "--quiet", "--device", "cpu") == OK
    with Project.open(photos / "photos.segdesk") as project:
        assert not any(project.load_map(r.id, "prediction").ids.any() for r in project.pictures())
        assert project.label_source(1).options["decide"]["min_area"] == 100_000


def test_the_project_may_lie_elsewhere(photos: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "work.segdesk"
    assert run("run", photos, "--model", "regions", "--project", elsewhere, "--quiet") == OK
    assert elsewhere.exists()
    assert not list(photos.glob("*.segdesk"))


def test_lists_need_no_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models") == OK
    assert run("formats") == OK
    out, err = lines(capsys)
    assert "regions" in out
    assert "coco_instances" in out
    assert err == ""


def test_models_are_searched_and_filtered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("models", "--search", "pspnet voc", "--size", "medium", "--state", "download") == OK
    out, _ = lines(capsys)
    rows = [line for line in out.splitlines() if line]
    assert 0 < len(rows) < 10
    assert all("pspnet" in row and "VOC" in row for row in rows)
    assert run("models", "--task", "panoptic", "--json") == OK
    out, _ = lines(capsys)
    found = json.loads(out)
    assert {row["task"] for row in found} == {"panoptic"}
    assert {"id", "classes", "licence", "scores", "weights"} <= set(found[0])
    assert run("models", "--search", "no such model") == NOTHING_DONE


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == OK
    out, _ = lines(capsys)
    for command in ("run", "export", "import", "evaluate", "models", "formats", "samples", "demo"):
        assert f"\n    {command} " in out
    assert "exit codes" in out
    assert run("--version") == OK


def test_a_model_from_a_model_folder(shared: Path, photos: Path) -> None:
    weights = shared / "data" / "checkpoints"
    words = ("run", photos, "--model", "deeplabv3-mobilenetv2-voc21", "--weights", weights, "--quiet")
    assert run(*words) == OK
    with Project.open(photos / "photos.segdesk") as project:
        assert project.classes.named("person") is not None
        assert project.label_source(1).card_id == "deeplabv3-mobilenetv2-voc21"


def test_the_demo_does_the_whole_way_and_can_be_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert run("demo", folder, "--quiet") == OK
    out, err = lines(capsys)
    assert err == ""
    assert "with nuclei-unet" in out
    page = next(Path(t.partition(":")[2].strip()) for t in out.splitlines() if t.startswith("Report:"))
    assert page.is_file()
    scores = json.loads((page.parent / "report.json").read_text("utf-8"))
    assert scores
    (project,) = folder.glob("*.segdesk")
    with Project.open(project) as opened:
        assert set(opened.labelled("annotation")) == {r.id for r in opened.pictures()}
        assert {opened.label_source(i).card_id for i in opened.labelled("reference")} == {"nuclei-unet"}
    assert run("demo", folder, "--quiet") == OK
    assert lines(capsys)[0] == out


@pytest.mark.parametrize("words", [[], ["some folder"]])
def test_without_a_command_the_window_opens(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from segdesk.ui import start

    asked: list[object] = []

    def start_window(path: str | None = None) -> int:
        asked.append(path)
        return 0

    monkeypatch.setattr(start, "start_window", start_window)
    assert main(words) == OK
    assert asked == [words[0] if words else None]


# -- real processes --------------------------------------------------------------------------------------------------


def test_the_process_never_imports_torch_or_qt(photos: Path) -> None:
    code = (
        "import sys; from segdesk.cli import main; code = main(sys.argv[1:]);"
        "print(code, sorted({m.partition('.')[0] for m in sys.modules} & {'torch', 'torchvision', 'PySide6'}))"
    )
    words = [sys.executable, "-c", code, "run", str(photos), "--model", "regions", "--quiet"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr


def running(photos: Path) -> tuple[subprocess.Popen[str], str]:
    """A run over 400 pictures that has just done its first, and the line that says so."""
    for copy in range(3, 400):
        os.link(photos / f"p{copy % 3}.png", photos / f"p{copy}.png")
    words = [sys.executable, "-u", "-m", "segdesk", "run", str(photos), "--model", "regions"]
    # A shell that runs the tests in the background lets its children ignore Ctrl+C; this one must hear it.
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    return process, process.stderr.readline()


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are POSIX")
def test_a_killed_run_leaves_a_good_project_and_goes_on(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    process, _ = running(photos)
    assert process.stderr is not None
    process.stderr.readline()  # some more are done, and the first ones have reached the disk
    process.kill()
    process.communicate(timeout=TIMEOUT)  # the engine ends too, or the pipe would stay open
    with Project.open(photos / "photos.segdesk") as project:
        done = project.labelled("annotation")
        assert 0 < len(done) < 400
    assert run("run", photos, "--model", "regions", "--limit", 3, "--quiet") == OK
    out, _ = lines(capsys)
    assert f"3 segmented, {len(done)} were done before" in out


@pytest.mark.skipif(os.name == "nt", reason="signals of this kind are POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_a_good_project(photos: Path, number: signal.Signals) -> None:
    process, first = running(photos)
    process.send_signal(number)
    _, rest = process.communicate(timeout=TIMEOUT * 3)
    assert process.returncode == INTERRUPTED, first + rest
    assert "Interrupted" in rest
    assert "Traceback" not in rest
    with Project.open(photos / "photos.segdesk") as project:
        done = project.labelled("annotation")
        assert 0 < len(done) < 400
        assert done == {r.id for r in project.pictures() if r.state == "predicted"}
        maps = [project.load_map(i, "annotation") for i in done]
        assert all(isinstance(m, Segmentation) and m.size == (60, 80) for m in maps)


def test_the_module_runs_as_a_program() -> None:
    words = [sys.executable, "-m", "segdesk", "formats"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == OK
    assert "coco_instances" in done.stdout


def test_a_pipe_that_closes_early_is_no_error() -> None:
    script = f"{sys.executable} -m segdesk models | head -n 1"
    done = subprocess.run(["sh", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_exported_files_are_json(photos: Path, tmp_path: Path) -> None:
    assert run("run", photos, "--model", "regions", "--quiet") == OK
    words = ("export", photos, "--format", "coco_instances", "--out", tmp_path / "out", "--no-pictures", "--quiet")
    assert run(*words) == OK
    (found,) = (tmp_path / "out").rglob("*instances*.json")
    assert len(json.loads(found.read_text())["images"]) == 3
    assert not list((tmp_path / "out").rglob("*.png"))
