"""Random use of the real window for some seconds, and of the model that it is held against."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.soak.state import Broken, Picture, Seen

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is read from /proc")
def test_a_quarter_of_a_minute(tmp_path: Path):
    report = tmp_path / "report.json"
    command = [sys.executable, str(ROOT / "scripts" / "soak.py"), "--minutes", "0.25", "--seed", "11"]
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [*command, "--report", str(report)], env=environment, capture_output=True, text=True, timeout=280, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    found = json.loads(report.read_text("utf-8"))
    assert found["wrong"] == ""
    assert found["actions"] > 0
    assert found["memory, MB (minutes, window, engine)"]


@given(st.lists(st.sampled_from(["edit", "undo", "redo"]), max_size=40))
def test_the_model_follows_a_history(kinds: list[str]):
    """Against the simplest history there is: a list of labels and a place in it."""
    labels, at, picture, made = ["start"], 0, Picture("new"), 0
    picture.adopt(Seen("start", 0, 0))
    for kind in kinds:
        if kind == "edit":
            made += 1
            labels, at = [*labels[: at + 1], f"labels {made}"], at + 1
        elif kind == "undo":
            at = max(0, at - 1)
        else:
            at = min(len(labels) - 1, at + 1)
        picture.follow(kind, Seen(labels[at], at, len(labels) - 1 - at))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("none", Seen("other", 1, 0)),  # labels that changed by themselves
        ("none", Seen("two", 2, 0)),  # a step that nobody made
        ("undo", Seen("two", 0, 1)),  # an undo that changed nothing
        ("undo", Seen("one", 0, 0)),  # one that cannot be done again
        ("redo", Seen("three", 2, 0)),  # a redo of nothing
        ("edit", Seen("three", 2, 1)),  # something to do again after a new step
        ("edit", Seen("three", 1, 0)),  # labels that changed without a step
        ("replace", Seen("three", 0, 1)),  # an answer that made way, and yet what was below it is not there
    ],
)
def test_the_model_notices(kind: str, seen: Seen):
    picture = Picture("edited", "two", ["one"], [])
    with pytest.raises(Broken):
        picture.follow(kind, seen)  # type: ignore[arg-type]


def test_an_answer_that_is_what_was_below_the_last_one_takes_that_back():
    picture = Picture("predicted", "two", ["one"], ["three"])
    assert picture.follow("replace", Seen("one", 0, 2))
    assert (picture.labels, picture.below, picture.above) == ("one", [], ["three", "two"])
