"""A training that is broken off, at any moment and by anything, leaves its last good checkpoint and goes on from it."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from segdesk.domain.card import WeightsSpec
from segdesk.engines.loading import net_module
from segdesk.engines.training import losses
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import BEST, STATE, EpochEnd, TrainRequest, TrainStart
from tests.engines.training.data import QUICK, request

ROOT = Path(__file__).resolve().parents[3]
OPTIONS = replace(QUICK, epochs=3, epoch_crops=8)
KILLED = """
import os, signal, sys
from pathlib import Path
from tests.engines.training.data import request
from tests.engines.training.test_failures import OPTIONS
from segdesk.engines.training import state
from segdesk.engines.training.loop import Trainer
count, call, word = 0, int(sys.argv[2]), sys.argv[3]
real = getattr(os, word)
def dying(*arguments):
    global count
    count += 1
    if count == call:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments)
setattr(os, word, dying)
Trainer(request(Path(sys.argv[1]), OPTIONS)).run()
"""


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing has broken off."""
    folder = tmp_path_factory.mktemp("whole")
    Trainer(request(folder, OPTIONS)).run()
    return folder


def same_end(folder: Path, whole: Path) -> None:
    """Both ended with the same weights, best ones and curve."""
    for name in (BEST, STATE):
        one, other = (torch.load(f / name, weights_only=True) for f in (folder, whole))
        if name == STATE:
            assert one["curve"] == other["curve"]
            one, other = one["net"], other["net"]
        assert one.keys() == other.keys()
        assert all(torch.equal(one[k], other[k]) for k in one)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(
    ("call", "word"),
    [(1, "fsync"), (2, "replace"), (4, "fsync")],
    ids=["in the first weights", "between weights and checkpoint", "in the second checkpoint"],
)
def test_killed_while_it_saves(tmp_path: Path, whole: Path, call: int, word: str):
    words = [sys.executable, "-c", KILLED, str(tmp_path), str(call), word]
    found = subprocess.run(words, cwd=ROOT, capture_output=True, check=False)
    assert found.returncode == -signal.SIGKILL, found.stderr.decode()[-500:]
    assert list(tmp_path.glob(".*.part"))  # it died in the middle
    Trainer(request(tmp_path, OPTIONS)).run()
    same_end(tmp_path, whole)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of file sizes")
def test_a_checkpoint_that_no_longer_fits(tmp_path: Path, whole: Path):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def tell(message: object) -> None:
        if isinstance(message, EpochEnd):
            resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))

    try:
        result = Trainer(request(tmp_path, OPTIONS), tell).run()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert result.reason == "failed"
    assert result.error is not None
    assert "cannot save where it is" in result.error.text()
    assert result.error.values["folder"] == str(tmp_path)
    assert "last checkpoint" in result.error.hint
    assert result.best_epoch == 1
    assert torch.load(result.weights, weights_only=True)
    assert not list(tmp_path.glob(".*.part"))
    Trainer(request(tmp_path, OPTIONS)).run()
    same_end(tmp_path, whole)


def failing(monkeypatch: pytest.MonkeyPatch, run: TrainRequest, at: int, problem: Exception) -> object:
    """Run until a step's loss raises `problem`; what came of it."""
    real, count = losses.total_loss, 0

    def breaking(*arguments):
        nonlocal count
        count += 1
        if count == at:
            raise problem
        return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(losses, "total_loss", breaking)
        return Trainer(run).run()


def test_memory_that_runs_out_in_the_middle_of_an_epoch(tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch):
    run = request(tmp_path, OPTIONS)
    result = failing(monkeypatch, run, 4, torch.OutOfMemoryError("CUDA out of memory"))
    assert result.reason == "failed"
    assert "memory of cpu ran out in epoch 2" in result.error.text()
    assert "last checkpoint is kept" in result.error.hint
    assert result.best_epoch == 1
    Trainer(run).run()
    same_end(tmp_path, whole)


def test_any_other_error_is_a_sentence_too(tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch):
    run = request(tmp_path, OPTIONS)
    result = failing(monkeypatch, run, 3, RuntimeError("cuDNN error: EXECUTION FAILED.\n  details"))
    assert result.error.text().startswith("The training failed: cuDNN error: EXECUTION FAILED.")
    Trainer(run).run()
    same_end(tmp_path, whole)


@pytest.mark.parametrize("words", range(1, 9))
def test_stopped_at_any_moment(tmp_path: Path, whole: Path, words: int):
    """After each of the first words that it asks for, also while it judges."""
    heard = iter(["go"] * words)
    run = request(tmp_path, OPTIONS)
    Trainer(run, hear=lambda: next(heard, "stop")).run()
    Trainer(run).run()
    same_end(tmp_path, whole)


def test_norms_that_are_folded_stay_so_when_it_goes_on(tmp_path: Path):
    """Their statistics are those of a new norm; only their bias tells that they are none."""

    def folded(folder: Path) -> TrainRequest:
        run = request(folder, replace(OPTIONS, epochs=2))
        torch.manual_seed(1)
        net = net_module(run.card.net.type).build(run.card.net.options, 2)
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.normal_(module.bias, std=0.1)
        torch.save(net.state_dict(), folder / "w.pth")
        start = TrainStart(replace(run.card, weights=WeightsSpec("w.pth")), str(folder / "w.pth"), "card", (0, 1))
        return replace(run, start=start)

    Trainer(folded(tmp_path / "whole")).run()
    heard = iter(["go"] * 3)
    broken = folded(tmp_path / "parts")
    Trainer(broken, hear=lambda: next(heard, "stop")).run()
    Trainer(broken).run()
    same_end(tmp_path / "parts", tmp_path / "whole")
    kept = torch.load(tmp_path / "whole" / BEST, weights_only=True)
    assert not any(v.any() for k, v in kept.items() if k.endswith("running_mean"))
