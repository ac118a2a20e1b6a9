"""Opens the dialogs that the desk asks for by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from segdesk.app.adding import SUFFIXES
from segdesk.domain.errors import SegDeskError
from segdesk.io.formats.base import FormatInfo
from segdesk.io.project import SUFFIX
from segdesk.ui import add_model, dialogs, teach_card
from segdesk.ui.about_page import AboutPage
from segdesk.ui.actions import ActionSet
from segdesk.ui.cheat_sheet import CheatSheet
from segdesk.ui.class_manager import ClassManager
from segdesk.ui.command_search import CommandSearch
from segdesk.ui.damaged_dialog import DamagedDialog, RecoveredDialog
from segdesk.ui.desk import Desk
from segdesk.ui.export_dialog import ExportDialog
from segdesk.ui.gallery import Gallery
from segdesk.ui.i18n import tr
from segdesk.ui.import_dialog import ImportDialog
from segdesk.ui.match_dialog import MatchDialog
from segdesk.ui.panel_steps import name_docks, step_panel
from segdesk.ui.plugins_page import PluginsPage, switch_off_broken
from segdesk.ui.preferences import Preferences
from segdesk.ui.report_dialog import ReportDialog
from segdesk.ui.report_dock import ReportDock
from segdesk.ui.shortcuts_dialog import ShortcutsDialog
from segdesk.ui.tool_bar import ToolBar
from segdesk.ui.train_dialog import TrainDialog

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow


class DialogHost(QObject):
    """`show(name)` for a name that `Desk.dialog_asked` sends."""

    def __init__(self, desk: Desk, actions: ActionSet, tools: ToolBar, window: MainWindow) -> None:
        super().__init__(window)
        self._desk, self._actions, self._tools, self._window = desk, actions, tools, window
        self._search: CommandSearch | None = None
        self._by_name = {
            "open_folder": self._open_folder,
            "open_project": self._open_project,
            "save_elsewhere": self._save_elsewhere,
            "locate": self._locate,
            "add_model": self._add_model,
            "model_folders": lambda: dialogs.model_folders(window, desk).open(),
            "gallery": lambda: Gallery.shown(desk, window),
            "match_classes": lambda: MatchDialog(desk, desk.session.model_id, window).open(),
            "export": lambda: ExportDialog(desk, self._formats(), window).open(),
            "import": lambda: ImportDialog(desk, self._formats(), window).open(),
            "preferences": lambda: Preferences(desk, window).show(),
            "compare": lambda: ReportDock.shown(desk, window),
            "report": lambda: ReportDialog(desk, window).open(),
            "train": lambda: TrainDialog.shown(desk, window),
            "keep_taught": lambda: teach_card.ask_name(desk, window),
            "command_search": self._command_search,
            "next_panel": lambda: step_panel(window, 1),
            "previous_panel": lambda: step_panel(window, -1),
            "cheat_sheet": lambda: CheatSheet(desk, window).open(),
            "edit_keys": lambda: ShortcutsDialog(desk, window).open(),
            "classes": lambda: ClassManager(desk, window).open(),
            "about": lambda: AboutPage(desk, window).open(),
            "plugins": lambda: PluginsPage(desk, window).open(),
        }

        desk.project_damaged.connect(lambda report: DamagedDialog(desk, report, window).open())
        desk.project_recovered.connect(lambda found: RecoveredDialog(found, window).open())

        QTimer.singleShot(0, self, lambda: switch_off_broken(desk))  # tools, formats and the like are loaded by now

    def show(self, name: str) -> None:
        """Open a dialog."""
        if name in self._by_name:  # other names are for other parts of the window
            self._by_name[name]()
        name_docks(self._window)

    def dropped(self, path: Path) -> None:
        """Open what was dropped on the window, or add it as a model."""
        add_model.dropped(self._desk, path, self._window)

    def _command_search(self) -> None:
        if self._search is None:
            self._search = CommandSearch(self._window)
        self._search.open()

    def _add_model(self) -> None:
        endings = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        file = dialogs.ask_file(self._window, tr("Add a model"), f"{tr('Models')} ({endings});;{tr('All files (*)')}")
        if file is not None:
            add_model.look_into(self._desk, file, self._window)

    def _formats(self) -> list[FormatInfo]:
        for item in self._desk.session.broken_formats:
            self._desk.show_error(item.reason)
        return [plugin.info for plugin in self._desk.session.formats]

    def _start(self) -> str:
        recent = self._desk.session.settings.recent
        return recent[0].rpartition("/")[0] if recent else ""

    def _open_folder(self) -> None:
        folder = dialogs.ask_folder(self._window, tr("Open folder"), self._start())
        if folder is not None:
            self._desk.open_path(folder)

    def _open_project(self) -> None:
        pattern = tr("SegDesk projects (*.segdesk)")
        file = dialogs.ask_file(self._window, tr("Open project"), pattern, self._start())
        if file is not None:
            self._desk.open_path(file)

    def _save_elsewhere(self) -> None:
        project = self._desk.session.project
        if project is None:
            return
        start = str(Path.home() / project.path.name)
        pattern = tr("SegDesk projects (*.segdesk)")
        file = dialogs.ask_new_file(self._window, tr("Save a copy elsewhere"), pattern, start)
        if file is None:
            return
        if file.suffix != SUFFIX:
            file = file.with_name(file.name + SUFFIX)
            if file.exists():  # the dialog has asked about the other name only
                self._desk.show_error(SegDeskError("{name} exists already.", "Choose another name.", name=str(file)))
                return
        self._desk.move_project(file)

    def _locate(self) -> None:
        card = self._desk.runs.card
        if card is None or card.weights is None:
            return
        title = tr("Locate the weights file {file}", file=card.weights.file)
        file = dialogs.ask_file(self._window, title, tr("All files (*)"))
        if file is not None:
            self._desk.runs.locate_file(file)
