"""Starts the window: application, language, theme, main window. Nothing heavy is imported here."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from segdesk import paths
from segdesk.app import settings as settings_io
from segdesk.app.arenas import share_arenas
from segdesk.app.logs import start_logging
from segdesk.ui import comfort, i18n, theme
from segdesk.ui.file_open import FileOpener
from segdesk.ui.housekeeping import Housekeeping
from segdesk.ui.i18n import tr
from segdesk.ui.main_window import MainWindow

# The UI thread gets the interpreter back from a busy worker thread after this time instead of 5 ms. It gives it away at
# many a call of Qt and asks again, so that these waits add up; workers lose a tenth of their speed while both want it.
SWITCH_SECONDS = 0.0002
log = logging.getLogger(__name__)


def make_application(settings: settings_io.Settings) -> QApplication:
    """The one application, in the language and the look of the settings."""
    sys.setswitchinterval(SWITCH_SECONDS)
    share_arenas()
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("SegDesk")
    app.setDesktopFileName("segdesk")
    app.setWindowIcon(QIcon(str(paths.resources_dir() / "segdesk.svg")))
    theme.apply(app, settings.theme)
    comfort.apply(app, settings.ui)
    i18n.install(app, settings.language or i18n.system_language())
    i18n.prepare()
    return app


def start_window(path: str | Path | None = None) -> int:
    """Open the window, on a folder or project if one is given; returns when it is closed."""
    start_logging()
    settings, note = settings_io.load()
    app = make_application(settings)
    window = MainWindow(settings)
    window.tour.offered = path is None  # who names a folder or a project knows the program
    if sys.platform == "darwin":  # elsewhere a file comes as the argument, and a filter would see every event
        app.installEventFilter(FileOpener(window.desk.open_path, window))
    window.show()
    if note:
        window.desk.notice.emit("info", tr(note), "")
    Housekeeping(window)
    QTimer.singleShot(0, window, lambda: window.begin(Path(path) if path else None))
    return app.exec()
