"""Another theme: looked over once, what is hidden later, and nothing is ever seen in the theme before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from segdesk import paths
from segdesk.ui import theme, widgets
from segdesk.ui.main_window import MainWindow


@pytest.fixture(autouse=True)
def light_again(app: QApplication) -> Iterator[None]:
    yield
    theme.apply(app, "light")
    theme.restyle(app).settle()


class Count(QObject):
    """Counts the changes of style that an object is told of."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[QObject] = Counter()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange:
            self.seen[watched] += 1
        return False


def form() -> QWidget:
    """Parts whose colours come from the sheet."""
    result = QWidget()
    layout = QVBoxLayout(result)
    for part in (widgets.label("good", kind="good"), QPushButton("press"), QLineEdit("text"), QLabel("plain")):
        part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout.addWidget(part)
    result.resize(200, 160)
    return result


def picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def test_each_widget_is_looked_over_once(window: MainWindow, app: QApplication):
    parts = [window.footer, window.stage, window.canvas, *window.canvas.children()]
    parts = [p for p in parts if isinstance(p, QWidget)]
    count = Count()
    for part in parts:
        part.installEventFilter(count)
    theme.apply(app, "dark")
    theme.restyle(app).settle()
    assert {count.seen[part] for part in parts} == {1}


def test_what_is_seen_changes_at_once_and_what_is_hidden_when_it_is_shown(app: QApplication, qtbot: QtBot):
    seen, hidden, reference = form(), form(), form()
    for part in (seen, hidden, reference):
        qtbot.addWidget(part)
    seen.show()
    hidden.show()
    hidden.hide()
    light = picture(seen)
    theme.apply(app, "dark")
    dark = picture(seen)
    assert dark != light
    assert theme.restyle(app).waiting >= len(hidden.findChildren(QWidget))
    hidden.show()  # at once: no turn of the event loop came between
    assert picture(hidden) == dark
    reference.show()  # made before, shown for the first time
    assert picture(reference) == dark


def test_a_part_inside_that_was_hidden_by_itself(app: QApplication, qtbot: QtBot):
    outer, inner = form(), form()
    qtbot.addWidget(outer)
    outer.layout().addWidget(inner)  # type: ignore[union-attr]
    outer.show()
    inner.hide()
    outer.hide()
    theme.apply(app, "dark")
    outer.show()
    inner.show()
    late = picture(outer)
    theme.restyle(app).settle()
    QCoreApplication.processEvents()
    assert picture(outer) == late


def test_the_rest_follows_by_itself(window: MainWindow, app: QApplication, qtbot: QtBot):
    theme.apply(app, "dark")
    restyle = theme.restyle(app)
    assert restyle.waiting > 100
    qtbot.waitUntil(lambda: restyle.waiting == 0)


def test_the_window_looks_as_if_all_rules_were_set_at_once(opened: MainWindow, app: QApplication, until):
    until(lambda: not opened.desk.jobs)

    def looks() -> tuple[QImage, QImage]:
        theme.apply(app, "light")
        theme.apply(app, "dark")
        QCoreApplication.processEvents()
        quick = picture(opened)
        app.setStyleSheet("")
        app.setStyleSheet(theme.sheet())  # Qt's own way
        QCoreApplication.processEvents()
        return quick, picture(opened)

    def same() -> bool:  # the window lives: a figure in it may change between two pictures
        quick, whole = looks()
        return quick == whole

    until(same)
    dark = picture(opened)
    theme.apply(app, "light")  # and back to rules in a file
    assert picture(opened) != dark


def test_where_nothing_can_be_written_the_sheet_is_set_all_the_same(
    app: QApplication, qtbot: QtBot, tmp_path, monkeypatch: pytest.MonkeyPatch
):
    part = form()
    qtbot.addWidget(part)
    part.show()
    theme.apply(app, "dark")
    dark = picture(part)
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(paths, "user_cache_dir", lambda: tmp_path / "file")
    theme.apply(app, "light")
    assert app.styleSheet() == theme.sheet()
    theme.apply(app, "dark")
    assert picture(part) == dark


def test_a_widget_may_go_while_it_waits(app: QApplication, qtbot: QtBot):
    part = form()
    part.show()
    part.hide()
    theme.apply(app, "dark")
    part.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qtbot.waitUntil(lambda: theme.restyle(app).waiting == 0)
