"""The page that says that a project file is damaged and what can be done: recover, go back to the backup copy, look."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from segdesk.app.reports import ProjectDamaged
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.project_rescue import Rescued
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import button, label


class DamagedDialog(QDialog):
    """A way out by each button, with a line on what it does. The damaged file is never written to.

    Attributes: `ways`: the buttons by name: "recover", "copy" (recovered before), "backup", "look".
    """

    def __init__(self, desk: Desk, report: ProjectDamaged, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._path = desk, report.path
        self.ways: dict[str, QPushButton] = {}
        self.setWindowTitle(tr("Damaged project"))
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(20, 18, 20, 16)
        self._layout.setSpacing(theme.GAP)
        self._layout.addWidget(label(tr("The project file {name} is damaged.", name=report.path.name), "head"))
        self._say(_open_words() if report.is_open else _closed_words())
        self._ways(report)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        words = tr("Go on working") if report.is_open else tr("Close")
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(words)
        buttons.rejected.connect(self.reject)
        self._layout.addSpacing(theme.GAP)
        self._layout.addWidget(buttons)
        self.setMinimumWidth(560)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

    def _ways(self, report: ProjectDamaged) -> None:
        desk, path, rescuing = self._desk, self._path, self._desk.session.rescuing
        copies, made = rescuing.recovered(path), rescuing.backup_time(path)
        if copies and not report.is_open:
            self._way("copy", tr("Open {name}", name=copies[0].name), lambda: desk.open_path(copies[0]))
            self._say(tr("It was recovered from this file before."))
        self._way("recover", tr("Recover what is readable"), lambda: recover(desk, path), main=True)
        self._say(tr("All that can be read goes into a new project beside it; pictures with damaged labels are named."))
        if made is not None:
            self._way("backup", tr("Open the backup of {time}", time=_shown(made)), lambda: restore(desk, path))
            self._say(tr("A copy that the program made by itself. What was done after that time is not in it."))
        if not report.is_open:
            self._way("look", tr("Open for reading only"), lambda: desk.open_path(path, only_read=True))
            self._say(tr("Labels that are damaged are not shown; nothing can be changed."))

    def _say(self, text: str) -> None:
        words = label(text, "soft")
        words.setWordWrap(True)
        self._layout.addWidget(words)

    def _way(self, name: str, text: str, verb: Callable[[], object], *, main: bool = False) -> None:
        def go() -> None:
            self.accept()
            verb()

        self.ways[name] = button(text, kind="main" if main else "", clicked=go)
        self.ways[name].setDefault(main)
        self._layout.addSpacing(theme.GAP)
        self._layout.addWidget(self.ways[name])


class RecoveredDialog(QDialog):
    """What a recovery brought, and what it could not: by the names of the pictures."""

    def __init__(self, found: Rescued, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Recovered project"))
        self.lines = QPlainTextEdit("\n".join(lines_of(found)))
        self.lines.setReadOnly(True)
        self.lines.setAccessibleName(tr("Damaged"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.addWidget(label(tr("You now work in {name}.", name=found.path.name), "head"))
        words = tr(
            "{pictures} pictures and {maps} label maps were recovered; the damaged file is as it was. Damaged are:",
            pictures=found.pictures,
            maps=found.maps,
        )
        text = label(words)
        text.setWordWrap(True)
        layout.addWidget(text)
        layout.addWidget(self.lines, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        buttons.rejected.connect(self.reject)
        layout.addWidget(buttons)
        self.resize(560, 380)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)


def lines_of(found: Rescued) -> list[str]:
    """What is damaged, a line each."""
    lines = [f"{one.picture or tr('The project')}: {tr(one.what)}" for one in found.damaged]
    if found.broken:
        lines.append(tr("{count} pages or rows of the file cannot be read.", count=found.broken))
    return lines


def recover(desk: Desk, path: Path) -> None:
    """Recover a project, open the new one and tell what is missing."""

    def done(value: object) -> None:
        if isinstance(value, Rescued):
            desk.open_path(value.path)
            if value.sound:
                desk.notice.emit("good", tr("All was readable. You now work in {name}.", name=value.path.name), "")
            else:
                desk.project_recovered.emit(value)

    _leave_and(desk, lambda: desk.session.rescuing.rescue(path), N_("Recovering the project"), done)


def restore(desk: Desk, path: Path) -> None:
    """Put the backup copy beside the damaged project and open it."""
    name = N_("Opening the backup copy")
    _leave_and(desk, lambda: desk.session.rescuing.restore(path), name, lambda value: desk.open_path(Path(str(value))))


def _leave_and(desk: Desk, verb: Callable[[], int], name: str, done: Callable[[object], None]) -> None:
    def failed(error: SegDeskError) -> None:
        desk.show_error(error)
        if desk.session.project is None:
            desk.project_closed.emit()

    desk.labels.leave_project()
    desk.track(verb(), name, then=done, failed=failed)


def _open_words() -> str:
    return tr(
        "This was found while it is open. Labels that are damaged are not shown. Recover soon: a damaged file may lose "
        "more. Whatever you choose, this file stays as it is."
    )


def _closed_words() -> str:
    return tr("Whatever you choose, this file stays as it is.")


def _shown(seconds: float) -> str:
    """A time of day in the window's language."""
    when = QDateTime.fromSecsSinceEpoch(int(seconds))
    return QLocale(i18n.language()).toString(when, QLocale.FormatType.ShortFormat)
