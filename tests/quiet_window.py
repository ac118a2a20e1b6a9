"""The real window on a folder: opens it, runs a model over it, paints, undoes, looks at models, exports, changes its
look, opens the project again and closes. For the test that listens for calls to other machines.

    python tests/quiet_window.py FOLDER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from segdesk.app.settings import Settings
from segdesk.ui.export_dialog import ExportDialog
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application

MOST_SECONDS = 150.0
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


def until(holds: Callable[[], object]) -> None:
    """Let the window work until something holds."""
    end = time.monotonic() + MOST_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        QTest.qWait(10)


def rest(window: MainWindow) -> None:
    """Wait until all that was asked for is done and on disk."""
    desk = window.desk

    def still() -> bool:
        document = desk.labels.document
        if document is None or not document.has_pixels or document.busy or document.changes.under_way:
            return False
        return not (desk.jobs or desk.scanning or desk.runs.live.pending) and desk.save_state.status == "saved"

    until(still)


def drag(window: MainWindow, *places: tuple[float, float]) -> None:
    """A line over the canvas; places as shares of its sides."""
    canvas = window.canvas
    points = [QPoint(round(x * canvas.width()), round(y * canvas.height())) for x, y in places]
    QTest.mousePress(canvas, LEFT, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
        QApplication.processEvents()
    QTest.mouseRelease(canvas, LEFT, pos=points[-1])
    rest(window)


def paint(window: MainWindow) -> int:
    """Strokes and clicks with some tools, an undo, an operation; returns how many steps can be undone."""
    document = window.desk.labels.document
    assert document is not None
    for tool in ("brush", "eraser", "rectangle", "fill", "wand"):
        window.tools.by_id[tool].trigger()
        drag(window, (0.4, 0.4), (0.5, 0.55), (0.6, 0.6))
        QTest.keyClick(window.canvas, Qt.Key.Key_Return)
        rest(window)
    QTest.keyClick(window.canvas, Qt.Key.Key_Z, CTRL)
    rest(window)
    window.operations.run("fill_holes")
    rest(window)
    return len(document.history.done)


def export(window: MainWindow, target: Path) -> list[str]:
    """Export by the dialog; the names of the files."""
    window.action_set.by_id["export_labels"].trigger()
    dialogs: list[QDialog] = []

    def shown() -> list[QDialog]:
        dialogs[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog) and w.isVisible()]
        return dialogs

    until(shown)
    (dialog,) = dialogs
    assert isinstance(dialog, ExportDialog)
    dialog.format.setCurrentIndex(dialog.format.findData("index_png"))
    dialog.folder.setText(str(target))
    until(dialog.ok.isEnabled)
    QTest.mouseClick(dialog.ok, LEFT, pos=dialog.ok.rect().center())
    until(target.exists)
    rest(window)
    until(lambda: not shown())
    return sorted({path.name for path in target.rglob("*.png")})


def loaded(library: str) -> bool:
    """Whether this process has a library, where the system tells."""
    maps = Path("/proc/self/maps")
    return maps.exists() and library in maps.read_text()


def main(folder: str) -> None:
    """One short session."""
    settings = Settings(language="en", theme="light", model_id="regions")
    app = make_application(settings)
    window = MainWindow(settings)
    window.resize(1000, 700)
    window.show()
    desk = window.desk
    desk.open_path(Path(folder))
    until(lambda: desk.labels.document is not None and not desk.scanning)
    desk.session.run_all()
    until(lambda: all(row.state != "new" for row in desk.session.pictures))
    until(lambda: desk.session.save_state.status == "saved")
    rest(window)
    print("states", sorted({row.state for row in desk.session.pictures}), flush=True)
    print("steps", paint(window) > 0, flush=True)
    desk.session.run_here()
    rest(window)
    for look in ({"language": "zh_CN"}, {"theme": "dark"}, {"language": "en"}):
        desk.change_settings(**look)
        rest(window)
    print("files", export(window, Path(folder).parent / "exported"), flush=True)
    window.action_set.by_id["close_project"].trigger()
    until(lambda: window.stage.currentWidget() is window.welcome and not desk.jobs)
    desk.open_path(Path(folder))
    until(lambda: desk.labels.document is not None)
    rest(window)
    print("edited", sorted({row.state for row in desk.session.pictures}), flush=True)
    print("network library", loaded("Qt6Network"), flush=True)
    window.close()
    until(lambda: window.closing.finished)
    QApplication.processEvents()
    assert app is not None


if __name__ == "__main__":
    main(*sys.argv[1:])
