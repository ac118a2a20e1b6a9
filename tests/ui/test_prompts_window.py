"""Clicks answered by a model in the real window: chosen in the tool's row, by mouse and keys, with the real engine and
tiny models of random weights."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from segdesk.app.tools.prompt import Tool
from segdesk.engines.messages import PromptAnswer, PromptRequest
from segdesk.paths import user_config_dir
from segdesk.ui.main_window import MainWindow
from tests.ui.canvases import Left, Right, at

Until = Callable[[Callable[[], object]], None]
LONG = 180_000  # milliseconds: the engine imports torch and transformers, on a busy machine


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the cards and weights of a tiny SAM 2 and CLIPSeg."""
    pytest.importorskip("transformers")
    from tests.engines import prompt_models

    folder = tmp_path_factory.mktemp("models")
    prompt_models.card_file("sam2", folder)
    prompt_models.card_file("clipseg", folder, options=", options = { side = 32 }")
    return folder


@pytest.fixture
def tool(models: Path, opened: MainWindow, until: Until) -> Tool:
    """The tool S in the hand, the models known."""
    target = user_config_dir() / "models"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.symlink_to(models, target_is_directory=True)
    opened.desk.session.use_settings(opened.desk.session.settings)
    opened.desk.labels.add_class("thing")
    opened.desk.labels.choose_tool("prompt")
    until(lambda: any(e.card.id == "tiny-sam2" for e in opened.desk.prompts.entries))
    found = opened.tools.tools["prompt"]
    assert isinstance(found, Tool)
    return found


@pytest.fixture
def asked(opened: MainWindow, monkeypatch: pytest.MonkeyPatch) -> list[tuple[PromptRequest, object]]:
    """What the engine was asked and what it answered."""
    engine = opened.desk.session._desk.engine
    real, found = engine.prompt, []

    def prompt(request: PromptRequest, *more: object) -> object:
        answer = real(request, *more)  # type: ignore[arg-type]
        found.append((request, answer))
        return answer

    monkeypatch.setattr(engine, "prompt", prompt)
    return found


def choose(window: MainWindow, title: str) -> None:
    """Choose who answers, by the box in the row."""
    box = window.tool_row.prompter.chooser
    index = next(i for i in range(box.count()) if box.itemText(i).startswith(title))
    box.setCurrentIndex(index)
    box.activated.emit(index)


def click(qtbot: QtBot, window: MainWindow, x: float, y: float, button: Qt.MouseButton = Left) -> None:
    qtbot.mouseClick(window.canvas, button, pos=at(window.canvas, x, y))


def encodings(asked: list[tuple[PromptRequest, object]]) -> int:
    return sum(isinstance(answer, PromptAnswer) and answer.encoded for _, answer in asked)


def test_a_click_is_answered_by_the_chosen_model(
    opened: MainWindow, tool: Tool, asked: list, qtbot: QtBot, until: Until
):
    row = opened.tool_row.prompter
    assert row.chooser.itemText(0).startswith("GrabCut")
    choose(opened, "Tiny sam2")
    assert opened.desk.session.settings.ui["prompter"] == "tiny-sam2"
    assert row.state.text() == "encoding the picture…"
    qtbot.waitUntil(lambda: row.state.text() == "ready", timeout=LONG)
    assert encodings(asked) == 1
    click(qtbot, opened, 40, 30)
    until(lambda: tool.candidates)
    assert len(tool.candidates) > 1
    assert row.state.text().startswith("answer 1 of")
    first, lines = tool.proposal, tool.sketches(opened.desk.labels.document)
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Period)
    assert tool.proposal is not first
    assert tool.sketches(opened.desk.labels.document) != lines
    assert row.state.text().startswith("answer 2 of")
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Comma)
    assert tool.proposal is first
    click(qtbot, opened, 80, 50, Right)
    until(lambda: not tool.waiting)
    assert asked[-1][0].minus
    assert asked[-1][0].image is None
    assert encodings(asked) == 1
    shown = tool.proposal
    assert shown is not None
    document = opened.desk.labels.document
    assert document is not None
    assert not document.can_undo
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    until(lambda: document.can_undo and not document.busy)
    want = np.zeros((64, 96), bool)
    x0, y0, x1, y1 = shown.rect
    want[y0:y1, x0:x1] = shown.mask
    assert np.array_equal(document.segmentation.ids > 0, want)
    document.undo()
    assert not document.segmentation.ids.any()


def test_pictures_are_encoded_ahead_once_and_only_for_this_tool(
    opened: MainWindow, tool: Tool, asked: list, until: Until
):
    choose(opened, "Tiny sam2")
    until(lambda: opened.desk.prompts.state == "ready")
    first = opened.desk.session.pictures[0].id
    for picture in (opened.desk.session.pictures[1].id, first):
        opened.desk.go_to(picture)
        until(lambda picture=picture: opened.desk.labels.document and opened.desk.labels.document.row.id == picture)
        until(lambda: opened.desk.prompts.state == "ready")
    assert encodings(asked) == 2
    opened.desk.labels.choose_tool("brush")
    assert not opened.tool_row.prompter.isVisible()
    third = opened.desk.session.pictures[2].id
    opened.desk.go_to(third)
    until(lambda: opened.desk.labels.document and opened.desk.labels.document.row.id == third)
    assert encodings(asked) == 2
    opened.desk.labels.choose_tool("prompt")
    until(lambda: opened.desk.prompts.state == "ready")
    assert encodings(asked) == 3


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs a signal that ends a process at once")
def test_an_engine_that_died_is_started_again(opened: MainWindow, tool: Tool, asked: list, qtbot: QtBot, until: Until):
    choose(opened, "Tiny sam2")
    until(lambda: opened.desk.prompts.state == "ready")
    engine = opened.desk.session._desk.engine
    pid = engine.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: engine.pid != pid)
    click(qtbot, opened, 40, 30)
    until(lambda: tool.candidates)
    assert encodings(asked) == 2


def test_words_are_looked_for(opened: MainWindow, tool: Tool, qtbot: QtBot, until: Until):
    row = opened.tool_row.prompter
    assert not row.words.isVisible()
    choose(opened, "Tiny clipseg")
    until(lambda: opened.desk.prompts.state == "ready")
    assert row.words.isVisible()
    qtbot.keyClicks(row.words, "a red disc")
    qtbot.keyClick(row.words, Qt.Key.Key_Return)
    until(lambda: tool.candidates)
    document = opened.desk.labels.document
    assert document is not None
    opened.canvas.setFocus()
    qtbot.keyClick(opened.canvas, Qt.Key.Key_Return)
    until(lambda: document.can_undo and not document.busy)
    assert len(document.history.done) == 1
    click(qtbot, opened, 40, 30)
    until(lambda: any("answers words" in text for text in _toasts(opened)))


def test_what_cannot_answer_says_why(
    opened: MainWindow, tool: Tool, qtbot: QtBot, until: Until, monkeypatch: pytest.MonkeyPatch
):
    before = _toasts(opened)
    click(qtbot, opened, 40, 30)
    until(lambda: not tool.waiting)
    choose(opened, "SAM 2.1 tiny")
    assert not tool.sketches(opened.desk.labels.document)
    assert _toasts(opened) == before
    row = opened.tool_row.prompter
    assert row.state.text() == "its weights are not here yet"
    assert row.download.isVisible()
    click(qtbot, opened, 40, 30)
    until(lambda: any("not on this machine" in text for text in _toasts(opened)))
    for name in ("segdesk.ui.desk_prompts", "segdesk.ui.prompter_row"):
        monkeypatch.setattr(f"{name}.transformers_available", lambda: False)
    choose(opened, "Tiny sam2")
    assert "needs the package transformers" in row.state.text()
    assert "needs the package transformers" in row.chooser.itemText(1)
    assert opened.desk.prompts.state == ""


def test_who_answers_is_remembered(opened: MainWindow, tool: Tool, until: Until):
    choose(opened, "Tiny sam2")
    until(lambda: opened.desk.prompts.state == "ready")
    opened.desk.prompts.choose("", remember=False)
    opened.desk.prompts._look()
    until(lambda: opened.desk.prompts.card_id == "tiny-sam2")
    assert not any(e.card.task == "prompt" for e in opened.model_panel.listing.entries)
    choose(opened, "GrabCut")
    assert tool.prompter.name == "GrabCut"
    assert opened.desk.session.settings.ui["prompter"] == ""


def _toasts(window: MainWindow) -> list[str]:
    return [part.text() for part in window.toasts.findChildren(QLabel)] + [
        part.text() for part in window.stage.findChildren(QLabel)
    ]
