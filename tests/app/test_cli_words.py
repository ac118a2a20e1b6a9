"""`segdesk run --text`: each phrase becomes a class, by a tiny model of words with random weights."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.worded import worded
from segdesk.cli import NOTHING_DONE, OK
from segdesk.io.project import Project
from tests.app.test_cli import block_picture, lines, run


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("transformers")
    from tests.engines import prompt_models

    folder = tmp_path_factory.mktemp("models")
    prompt_models.card_file("clipseg", folder, options=", options = { side = 32 }")
    prompt_models.card_file("sam2", folder)
    return folder


def test_phrases_become_classes(models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(2):
        cv2.imwrite(str(photos / f"{number}.png"), block_picture(number))
    words = ("run", photos, "--model", "tiny-clipseg", "--weights", models, "--quiet")
    assert run(*words, "--text", "cat, a red  disc,cat") == OK
    with Project.open(photos / "photos.segdesk") as project:
        assert [info.name for info in project.classes] == ["cat", "a red disc"]
        found = project.load_map(1, "annotation")
        assert {project.classes.get(s.class_id).name for s in found.segments.values()} <= {"cat", "a red disc"}
        assert found.segments
        assert np.asarray(found.ids).any()
    lines(capsys)
    assert run(*words, "--text", "cat,a red disc") == OK
    assert "2 were done before" in lines(capsys)[0]
    assert run(*words, "--text", "dog") == OK
    assert "2 segmented" in lines(capsys)[0]


@pytest.mark.parametrize(
    ("model", "text", "told"),
    [
        ("tiny-clipseg", " , ", "No words are given"),
        ("tiny-sam2", "cat", "does not look for words"),
        ("regions", "cat", "does not look for words"),
        ("tiny-clipseg", None, "answers clicks and words"),
    ],
)
def test_what_cannot_be_looked_for_is_one_sentence(
    models: Path, tmp_path: Path, model: str, text: str | None, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / "p.png"), block_picture(0))
    more = () if text is None else ("--text", text)
    assert run("run", tmp_path, "--model", model, "--weights", models, *more) == NOTHING_DONE
    assert told in lines(capsys)[1]


def test_a_card_with_words_is_another_card(models: Path) -> None:
    from segdesk.app.models import Models

    known = Models([models])
    card = known.get("tiny-clipseg:cat, a red disc")
    assert card.id == "tiny-clipseg:cat,a red disc"
    assert card == worded(known.get("tiny-clipseg"), "cat,a red disc")
    assert card.channel_ids == (0, 1, 2)
    assert known.status(card.id).kind == "shipped"
    assert known.find("tiny-sam2:cat") is None
