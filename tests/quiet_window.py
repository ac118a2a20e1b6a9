"""The real window on a folder: opens it, runs a model over it, saves and closes. For the test that listens for calls to
other machines.

    python tests/quiet_window.py FOLDER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from segdesk.app.settings import Settings
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application

MOST_SECONDS = 150.0


def until(holds: Callable[[], object]) -> None:
    """Let the window work until something holds."""
    end = time.monotonic() + MOST_SECONDS
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError
        QTest.qWait(10)


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
    print("states", sorted({row.state for row in desk.session.pictures}), flush=True)
    window.close()
    until(lambda: window.closing.finished)
    QApplication.processEvents()
    assert app is not None


if __name__ == "__main__":
    main(*sys.argv[1:])
