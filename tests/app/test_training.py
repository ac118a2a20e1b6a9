"""Training through the session and the command line, with the real training process."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.jobs import Done, Failed, Stopped
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.app.training import Run, TrainNews, TrainPlan
from segdesk.app.training_runs import runs_home
from segdesk.app.training_set import HOLDOUT
from segdesk.cli import NOTHING_DONE, OK, main
from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.training.messages import BEST, STATE, EpochEnd, TrainBegun, TrainOptions, TrainProgress
from segdesk.io.project import Project
from segdesk.paths import user_config_dir

TIMEOUT = 120.0  # seconds: a process that imports torch on a busy machine
COUNT = 5
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
OPTIONS = TrainOptions(epochs=4, batch=4, crop=32, epoch_crops=8, threads=1, device="cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project of five pictures with a block each; the last is labelled, not verified."""
    home = user_config_dir() / "models"
    home.mkdir(parents=True)
    (home / "tiny.toml").write_text(CARD, encoding="utf-8")
    folder = tmp_path / "blocks"
    folder.mkdir()
    with Project.create(folder / "blocks.segdesk", folder, ClassSet.from_names(["block", "moon"])) as project:
        project.add_pictures([f"{i}.png" for i in range(COUNT)])
        for i, row in enumerate(project.pictures()):
            labels = np.zeros((48, 64), np.uint16)
            labels[10:30, 8 * i : 8 * i + 20] = 1
            cv2.imwrite(
                str(folder / f"{i}.png"), np.where(labels[..., None] == 1, 210, 40).repeat(3, 2).astype(np.uint8)
            )
            project.save_map(row.id, "annotation", Segmentation.from_class_map(labels))
            if i < COUNT - 1:
                project.set_state(row.id, "verified")
    return folder


class Listener:
    """Keeps what a training says; `until` runs once a message of a kind comes."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.came = threading.Event()
        self.kind: type = TrainBegun

    def __call__(self, report: object) -> None:
        if isinstance(report, TrainNews):
            self.heard.append(report.value)
            if isinstance(report.value, self.kind):
                self.came.set()


@pytest.fixture
def heard() -> Listener:
    return Listener()


@pytest.fixture
def session(folder: Path, heard: Listener) -> Iterator[Session]:
    made = Session(Settings(), heard)
    assert isinstance(made.wait(made.open(folder / "blocks.segdesk"), TIMEOUT), Done)
    yield made
    assert made.close()


def prepared(session: Session, **more: object) -> Run:
    end = session.wait(session.training.prepare(replace(TrainPlan("tiny", options=OPTIONS), **more)), TIMEOUT)
    assert isinstance(end, Done), end
    return end.value


def why(session: Session, **more: object) -> str:
    end = session.wait(session.training.prepare(replace(TrainPlan("tiny", options=OPTIONS), **more)), TIMEOUT)
    assert isinstance(end, Failed)
    assert not list(runs_home().glob("*"))
    return end.error.text()


def test_a_run_has_what_is_verified_and_a_hold_out_that_stays(session: Session):
    run = prepared(session)
    assert [i.name for i in run.request.items] == ["0.png", "1.png", "2.png", "3.png"]
    assert sum(i.held_out for i in run.request.items) == 1
    assert [c.name for c in run.request.card.classes] == ["block"]
    assert run.request.card.channel_ids == (0, 1)
    assert run.request.start.mode == "scratch"  # there are no weights
    labels = cv2.imread(str(run.folder / "set" / "000001.labels.png"), cv2.IMREAD_UNCHANGED)
    assert (labels[10:30, 8:28] == 1).all()
    assert labels.sum() == 400
    judging = {i.name for i in run.request.items if i.held_out}
    more = prepared(session, only_verified=False, options=replace(OPTIONS, seed=9))
    assert len(more.request.items) == COUNT
    assert judging <= {i.name for i in more.request.items if i.held_out}
    project = session.project
    assert project is not None
    session.wait(session.close_project(), TIMEOUT)


def test_what_cannot_be_trained_is_told(session: Session, folder: Path):
    assert "shows no class" not in why(session, layer="reference", only_verified=False)
    assert "at least two labelled pictures" in why(session, layer="reference", only_verified=False)
    assert "only be told from the ground" in why(session, ground="ignored")
    assert "no model called nothing" in why(session, card_id="nothing")
    for i in range(COUNT):
        cv2.imwrite(str(folder / f"{i}.png"), np.zeros((20, 20, 3), np.uint8))
    assert "not of the picture's size" in why(session)


def test_pictures_that_do_not_fit_are_left_out(session: Session, folder: Path):
    cv2.imwrite(str(folder / "0.png"), np.zeros((20, 20, 3), np.uint8))
    (folder / "1.png").write_bytes(b"no picture")
    run = prepared(session)
    assert [path for path, _ in run.left_out] == ["0.png", "1.png"]
    assert [i.name for i in run.request.items] == ["2.png", "3.png"]


def test_a_killed_training_goes_on_bit_for_bit(session: Session, heard: Listener):
    both = frozenset({"0.png"})
    whole, broken = prepared(session, judging=both), prepared(session, judging=both)
    assert isinstance(session.wait(session.training.train(whole), TIMEOUT), Done)
    heard.kind, heard.came = EpochEnd, threading.Event()
    job = session.training.train(broken)
    assert heard.came.wait(TIMEOUT)
    process = session.training._processes[job]
    os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    end = session.wait(job, TIMEOUT)
    assert isinstance(end, Failed)
    assert "stopped unexpectedly" in end.error.text()
    found = session.wait(session.training.unfinished(), TIMEOUT)
    assert isinstance(found, Done)
    again = next(r for r in found.value if r.folder == broken.folder)
    card = replace(again.request.card, origin=broken.request.card.origin)
    assert replace(again.request, card=card) == broken.request
    assert isinstance(session.wait(session.training.train(again), TIMEOUT), Done)
    for name in (BEST, STATE):
        assert (whole.folder / name).stat().st_size == (broken.folder / name).stat().st_size
    assert (whole.folder / BEST).read_bytes() == (broken.folder / BEST).read_bytes()


def test_it_pauses_stops_and_is_cancelled(session: Session, heard: Listener):
    run = prepared(session, options=replace(OPTIONS, epochs=10_000))
    heard.kind = EpochEnd
    job = session.training.train(run)
    assert heard.came.wait(TIMEOUT)
    heard.came.clear()
    heard.kind = TrainProgress
    session.training.command(job, "pause")
    while not (isinstance(heard.heard[-1], TrainProgress) and heard.heard[-1].paused):
        heard.came.clear()
        assert heard.came.wait(TIMEOUT)
    session.training.command(job, "stop")
    end = session.wait(job, TIMEOUT)
    assert isinstance(end, Done)
    assert end.value.reason == "stopped"
    job = session.training.train(run)
    heard.came.clear()
    assert heard.came.wait(TIMEOUT)
    session.cancel(job)
    assert isinstance(session.wait(job, TIMEOUT), Stopped)
    assert run.begun
    session.wait(session.training.drop(run), TIMEOUT)
    assert not run.folder.exists()


def test_the_command_trains_and_keeps(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    with Project.open(folder / "blocks.segdesk") as project:
        before = {r.id: project.load_map(r.id, "annotation") for r in project.pictures()}
    words = ["train", folder, "--from", "tiny", "--epochs", 1, "--batch", 8, "--crop", 32, "--threads", 1]
    assert main([str(w) for w in [*words, "--name", "Blöcke 1", "--out", tmp_path / "out", "--quiet"]]) == OK
    out, _ = capsys.readouterr()
    assert "learning from 3 pictures, judging by 1: block" in out
    assert "epoch 1: loss" in out
    assert "kept: bl-cke-1" in out
    record = json.loads((tmp_path / "out" / "bl-cke-1.training.json").read_text(encoding="utf-8"))
    assert len(record["held_out"]) == 1
    assert record["options"]["seed"] == 1
    assert not list(runs_home().glob("*"))
    with Project.open(folder / "blocks.segdesk") as project:
        assert {r.id: project.load_map(r.id, "annotation") for r in project.pictures()}.keys() == before.keys()
        for row in project.pictures():
            assert (project.load_map(row.id, "annotation").ids == before[row.id].ids).all()
        stored = project.get_meta(HOLDOUT, {})
        assert isinstance(stored, dict)
        assert sorted(stored) == ["0.png", "1.png", "2.png", "3.png"]
    # The new model is the next one's start, and judged as it is.
    more = [*words, "--from", "bl-cke-1", "--weights", tmp_path / "out", "--keep", "never", "--rate", "1e-9", "--quiet"]
    assert main([str(w) for w in more]) == OK
    out, _ = capsys.readouterr()
    assert "the model scores" in out
    assert "not kept" in out


def test_the_command_tells_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str]):
    for words, sentence in (
        (["--from", "tiny", "--classes", "sun"], "has no class sun"),
        (["--from", "tiny", "--classes", "moon"], "shows the class moon"),
        (["--from", "tiny", "--epochs", "0"], "needs an end"),
        ([], "Name the model"),
        (["--resume"], "no training to go on"),
    ):
        assert main(["train", str(folder), *words, "--quiet"]) == NOTHING_DONE
        assert sentence in capsys.readouterr().err
