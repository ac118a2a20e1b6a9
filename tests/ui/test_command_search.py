"""The command search: what is found, in which order, why something cannot be done, and by the keyboard alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from segdesk.app import fuzzy
from segdesk.io.project import PictureRow
from segdesk.ui import i18n
from segdesk.ui.command_search import CommandSearch
from segdesk.ui.command_search import search as find
from segdesk.ui.command_sources import Entry, PictureNames
from segdesk.ui.main_window import MainWindow

Key = Qt.Key


def entry(text: str, kind: str = "action", **values: object) -> Entry:
    return Entry(text, kind, text, str(values.pop("english", text)), lambda: None, **values)  # type: ignore[arg-type]


@pytest.fixture
def palette(opened: MainWindow) -> CommandSearch:
    opened.desk.ask("command_search")
    found = opened.findChild(CommandSearch)
    assert isinstance(found, CommandSearch)
    return found


def first(palette: CommandSearch, text: str) -> Entry:
    palette.field.setText(text)
    palette.finish()
    return palette.model.hits[0].entry


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("run", "Run here"),
        ("roa", "Run on all"),
        ("all run", "Run on all"),
        ("dl3", "DeepLab v3"),
        ("brsh", "Brush"),
        ("here", "Run here"),
        ("导标", "导出标签"),
        ("exp la", "导出标签"),
    ],
)
def test_best_name(query: str, best: str):
    names = ["Brush", "Run on all", "Run here", "DeepLab v3"]
    entries = [*map(entry, names), entry("导出标签", english="Export labels")]
    assert find(entries, query)[0].entry.text == best


@given(st.text(alphabet="abcdeRN 12导标éß", max_size=20), st.text(alphabet="abcdern 12导é", min_size=1, max_size=5))
def test_meant_letters_are_the_typed_ones(text: str, query: str):
    found = fuzzy.match(fuzzy.words(query), fuzzy.name(text))
    if found is None:
        assert not query.strip() or any(word not in text.lower() or len(word) == 1 for word in query.split())
        return
    typed = set("".join(fuzzy.words(query)))
    assert {fuzzy.name(text).folded[at] for at in found.letters} == typed


def test_used_last_comes_first_and_what_cannot_be_done_comes_after_what_can():
    entries = [entry("Zoom in"), entry("Zoom out"), entry("Zoom to it", why="no picture")]
    assert next(h.entry.text for h in find(entries, "zoom", recent=["Zoom out"])) == "Zoom out"
    assert [h.entry.text for h in find(entries, "", recent=["Zoom out"])] == ["Zoom out", "Zoom in", "Zoom to it"]
    assert find(entries, "xyz") == []


def test_pictures_by_name():
    rows = [PictureRow(n, f"folder {n % 3}/Zebra {n:03}.png", 8, 8, "new", 0.0, 0.0, 0, "") for n in range(300)]
    names = PictureNames(rows)
    assert [r.path for r in names.search(["zebra", "017"])] == ["folder 2/Zebra 017.png"]
    assert len(names.search(["zebra"], most=5)) == 5
    assert names.search(["zebras"]) == []
    assert names.search(["z"]) == []
    assert PictureNames([]).search(["zebra"]) == []


def test_everything_is_found(opened: MainWindow, palette: CommandSearch, until: Callable[[Callable[[], object]], None]):
    window = opened
    assert first(palette, "export lab").id == "export_labels"
    assert first(palette, "brush").id == "tool_brush"
    assert first(palette, "grow").id == "operation_grow"
    assert first(palette, "look dark").id == "Look:Dark"
    assert first(palette, "language 简").kind == "choice"
    assert first(palette, "panel class").text == "Panel: Classes"
    assert first(palette, "b.png").kind == "picture"
    until(lambda: palette._models)
    assert first(palette, "deeplab ade").kind == "model"
    assert first(palette, "regions").id == "model:regions"
    window.desk.labels.add_class("giraffe")
    palette.leave()
    window.desk.ask("command_search")
    assert first(palette, "giraf").kind == "class"
    every = {e.id for e in palette._commands}
    assert {f"tool_{t}" for t in window.tools.by_id} <= every
    assert set(window.action_set.by_id) - {"command_search", "hide_labels"} <= every | {"hide_labels"}


def test_by_the_keyboard_alone(opened: MainWindow, qtbot, until: Callable[[Callable[[], object]], None]):
    opened.canvas.setFocus()
    qtbot.keyClick(opened.canvas, Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = opened.findChild(CommandSearch)
    assert isinstance(palette, CommandSearch)
    assert QApplication.focusWidget() is palette.field
    qtbot.keyClicks(palette.field, "outl")
    palette.finish()
    assert palette.model.hits[0].entry.id == "outline"
    before = opened.desk.view.outline
    qtbot.keyClick(palette.field, Key.Key_Return)
    assert not palette.isVisible()
    assert opened.desk.view.outline is not before
    assert QApplication.focusWidget() is opened.canvas
    qtbot.keyClick(opened.canvas, Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert palette.model.hits[0].entry.id == "outline"
    qtbot.keyClick(palette.field, Key.Key_Down)
    qtbot.keyClick(palette.field, Key.Key_Down)
    qtbot.keyClick(palette.field, Key.Key_Up)
    assert palette.view.currentIndex().row() == 1
    qtbot.keyClick(palette.field, Key.Key_Escape)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is opened.canvas


def test_typing_before_the_names_are_prepared(
    opened: MainWindow, palette: CommandSearch, qtbot, until: Callable[[Callable[[], object]], None]
):
    """The first letters wait for the names, which are prepared in slices; Enter does not."""
    palette.leave()
    opened.desk.ask("command_search")
    before = palette.model.hits
    palette.field.setText("outl")
    assert palette.model.hits is before
    until(lambda: not palette._idle.isActive())
    assert palette.model.hits[0].entry.id == "outline"
    palette.leave()
    opened.desk.ask("command_search")
    shown = opened.desk.view.outline
    palette.field.setText("outl")
    qtbot.keyClick(palette.field, Key.Key_Return)
    assert opened.desk.view.outline is not shown


def test_what_cannot_be_done_says_why(opened: MainWindow, palette: CommandSearch, qtbot):
    assert first(palette, "undo").why == "There is nothing to undo."
    qtbot.keyClick(palette.field, Key.Key_Return)
    assert palette.isVisible()
    assert opened.toasts.shown[-1].key == ("info", "There is nothing to undo.")


def test_english_names_are_found_in_chinese(opened: MainWindow, until: Callable[[Callable[[], object]], None]):
    opened.desk.change_settings(language="zh_CN")
    until(lambda: i18n.language() == "zh_CN")
    opened.desk.ask("command_search")
    palette = opened.findChild(CommandSearch)
    assert isinstance(palette, CommandSearch)
    assert first(palette, "brush").text == "画笔"
    assert first(palette, "画笔").id == "tool_brush"
    assert first(palette, "run on all").id == "run_all"
    opened.desk.change_settings(language="en")


def test_lines_draw_their_letters(opened: MainWindow, palette: CommandSearch):
    first(palette, "fit")
    plain = palette.view.grab().toImage()
    palette.field.setText("xyzzy")
    palette.finish()
    assert palette.none.isVisible()
    first(palette, "fit win")
    assert palette.view.grab().toImage() != plain
