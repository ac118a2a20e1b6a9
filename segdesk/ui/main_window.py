"""The main window: puts the panels together and wires them to the desk. No logic lives here."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QSizePolicy, QVBoxLayout, QWidget

from segdesk.app.settings import Settings
from segdesk.ui import comfort, i18n, theme
from segdesk.ui.actions import ACTIONS, ActionSet
from segdesk.ui.batch_notice import BatchNotice, BatchOffer
from segdesk.ui.batch_page import BatchPage
from segdesk.ui.canvas import Canvas
from segdesk.ui.canvas_words import CanvasWords
from segdesk.ui.class_keys import ClassKeys
from segdesk.ui.class_panel import ClassPanel
from segdesk.ui.closing import Closing
from segdesk.ui.context_menus import ContextMenus
from segdesk.ui.crash import CrashHook
from segdesk.ui.desk import Desk
from segdesk.ui.dialog_host import DialogHost
from segdesk.ui.file_list import FileList
from segdesk.ui.footer import Footer
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.menus import Menus
from segdesk.ui.model_panel import ModelPanel
from segdesk.ui.object_panel import ObjectPanel
from segdesk.ui.operations_menu import OperationsMenu
from segdesk.ui.options_panel import OptionsPanel
from segdesk.ui.panel_steps import name_docks
from segdesk.ui.place_note import PlaceNote
from segdesk.ui.progress_panel import ProgressPanel
from segdesk.ui.save_banner import SaveBanner
from segdesk.ui.split_view import SplitView
from segdesk.ui.stage import Stage
from segdesk.ui.teach_card import ObjectsOrTeach, TeachCard
from segdesk.ui.toasts import Toasts
from segdesk.ui.tool_bar import ToolBar
from segdesk.ui.tool_row import ToolRow
from segdesk.ui.tour import TourGuide
from segdesk.ui.view_card import Floating, PreviewBar, ViewCard
from segdesk.ui.welcome import Welcome
from segdesk.ui.window_layout import WindowLayout


class MainWindow(Translated, QMainWindow):
    """The program's one window.

    Attributes:
        desk: the verbs and the open document; action_set: the actions by id; canvas; stage: what lies in the middle.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self.setMinimumSize(900, 600)
        self.desk = Desk(settings, self)
        self.canvas = Canvas()
        self.action_set = ActionSet(self.desk, ACTIONS, self.canvas, self)
        self.crash = CrashHook(self)
        self.layout_keeper = WindowLayout(self)
        self._look = (i18n.language(), settings.theme)
        self.tools = ToolBar(self.desk, self.action_set, self.canvas, self)
        self._build_middle()
        self._build_sides()
        self.operations = OperationsMenu(self.desk, self.canvas, self)
        self.menus = Menus(self.desk, self.action_set, self.tools, self.operations, self)
        self.dialogs = DialogHost(self.desk, self.action_set, self.tools, self)
        self.closing = Closing(self.desk, self)
        self.tour = TourGuide(self)
        self._connect()
        self.class_keys = ClassKeys(self.desk, self.canvas, self.footer.segment, self)
        self.desk.shortcuts.bind_held(self.canvas)
        self.context_menus = ContextMenus(self)
        self.canvas_words = CanvasWords(self)
        self.retranslate()
        self._show_work(False)
        self.layout_keeper.restore()
        self.desk.labels.choose_tool("brush" if "brush" in self.tools.tools else "pan")
        self._update_actions()

    def _build_middle(self) -> None:
        self.model_panel = ModelPanel(self.desk, self.action_set)
        self.options_panel = OptionsPanel(self.desk, self.action_set)
        self.tool_row = ToolRow(self.desk, self.tools, self.action_set)
        self.save_banner = SaveBanner(self.desk)
        self.batch_offer = BatchOffer(self.desk)
        self.view_card = ViewCard(self.desk, self.action_set, self.canvas)
        self.preview_bar = PreviewBar(self.desk, self.canvas)
        self.floating = Floating(self.canvas, self.view_card, self.preview_bar)
        self.place_note = PlaceNote(self.desk, self.canvas)
        self.split_view = SplitView(self.desk, self.action_set, self.canvas, self.view_card)
        self.welcome = Welcome(self.desk, self.action_set)
        self.stage = Stage(self.desk, self.canvas, self.welcome)
        self.toasts = Toasts(self.stage)
        self.progress = ProgressPanel(self.desk)
        self.footer = Footer(self.desk)
        middle = QWidget()
        layout = QVBoxLayout(middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for part in (self.model_panel, self.options_panel, self.tool_row, self.save_banner, self.batch_offer):
            # spare height is the picture's
            part.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
            layout.addWidget(part)
        layout.addWidget(self.stage, 1)
        layout.addWidget(self.progress)
        layout.addWidget(self.footer)
        self.setCentralWidget(middle)

    def _build_sides(self) -> None:
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.tools)
        self.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        self.files = FileList(self.desk)
        self.classes = ClassPanel(self.desk)
        self.objects = ObjectPanel(self.desk)
        self.teach_card = TeachCard(self.desk)
        side = ObjectsOrTeach(self.desk, self.objects, self.teach_card)
        self.docks: dict[str, QDockWidget] = {}
        for key, panel in (("files", self.files), ("classes", self.classes), ("objects", side)):
            dock = QDockWidget(self)
            dock.setObjectName(key)
            dock.setFeatures(
                QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetClosable
            )
            dock.setWidget(panel)
            self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, dock)
            self.docks[key] = dock
        self.batch_page = BatchPage.added(self.desk, self)
        self.batch_notice = BatchNotice(self.desk, self)

    def _connect(self) -> None:
        desk, canvas = self.desk, self.canvas
        desk.view.bind(canvas)
        desk.teaching.bind(canvas)
        desk.teaching.toggled.connect(self._teaching)
        desk.conditions_changed.connect(self._update_actions)
        desk.notice.connect(self.toasts.show)
        self.crash.caught.connect(lambda sentence, hint: self.toasts.show("error", sentence, hint))
        self.crash.install()
        desk.settings_changed.connect(self._settings_changed)
        desk.project_opened.connect(lambda _: self._show_work(True))
        desk.project_closed.connect(lambda: self._show_work(False))
        desk.document_opened.connect(lambda _: self._title())
        desk.loading.connect(lambda _: self._title())
        desk.project_moved.connect(self._title)
        desk.dialog_asked.connect(self.dialogs.show)
        desk.quit_asked.connect(self.close)
        desk.labels.tool_changed.connect(lambda tool: canvas.set_tool(self.tools.tools[tool]))
        canvas.hovered.connect(self.footer.hovered)
        canvas.hovered.connect(lambda _x, _y: desk.labels.worked())
        canvas.zoom_changed.connect(self.footer.zoomed)
        canvas.zoom_changed.connect(lambda _: desk.labels.worked())
        canvas.problem.connect(desk.show_error)
        canvas.picked.connect(desk.labels.select)
        self.files.chosen.connect(desk.go_to)
        self.files.as_grid.toggled.connect(self._room_for_files)
        self.files.by_mouse.connect(canvas.setFocus)

    def begin(self, path: Path | None) -> None:
        """Once the window is up: start the engine, open what the command line names."""
        if path is not None:
            self.desk.open_path(path)
        self.desk.runs.start()

    def _update_actions(self) -> None:
        holds = self.desk.conditions()
        self.action_set.update_enabled(holds)
        self.action_set.name_steps(*self.desk.labels.undo_names())
        document = self.desk.labels.document
        self.action_set.by_id["protect"].setChecked(document is not None and document.protect)
        self.action_set.by_id["only_over"].setChecked(self.desk.labels.hand.only_over is not None)

    def _settings_changed(self) -> None:
        settings = self.desk.session.settings
        app = QApplication.instance()
        if isinstance(app, QApplication):
            comfort.apply(app, settings.ui)
        look = (settings.language or i18n.system_language(), settings.theme)
        if look == self._look or not isinstance(app, QApplication):
            return
        if look[0] != self._look[0]:
            i18n.install(app, look[0])
        if look[1] != self._look[1]:
            theme.apply(app, look[1])
        self._look = look

    def _teaching(self, on: bool) -> None:
        self.action_set.by_id["teach"].setChecked(on)
        self.retranslate()
        self.canvas.setFocus()
        if on:
            self.docks["objects"].show()
            if "brush" in self.tools.tools:
                self.tools.by_id["brush"].trigger()

    def _show_work(self, on: bool) -> None:
        """With a project: panels and tools. Without: the first page only."""
        rows = (self.model_panel, self.options_panel, self.tool_row, self.tools, self.footer)
        for part in (*rows, *self.docks.values()):
            part.setVisible(on)
        self._title()
        if on:
            self.layout_keeper.arrange()
            self.canvas.setFocus()

    def _room_for_files(self, grid: bool) -> None:
        """Thumbnails need more room than names."""
        files = self.docks["files"]
        width, share = (460, 62) if grid else (288, 38)
        self.resizeDocks([files], [width], Qt.Orientation.Horizontal)
        self.resizeDocks([files], [(self.height() - 60) * share // 100], Qt.Orientation.Vertical)

    def _title(self) -> None:
        project = self.desk.session.project
        parts = [] if project is None else [project.path.stem]
        document = self.desk.labels.document
        if project is not None and document is not None:
            parts.insert(0, document.row.path.rpartition("/")[2])
        self.setWindowTitle(" – ".join([*parts, "SegDesk"]))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.action_set.retranslate()
        self.menus.retranslate()
        objects = tr("Teach by strokes") if self.desk.teaching.on else tr("Objects")
        for key, text in (("files", tr("Pictures")), ("classes", tr("Classes")), ("objects", objects)):
            self.docks[key].setWindowTitle(text)
        name_docks(self)
        self.canvas.setAccessibleName(tr("Picture"))
        self.canvas_words.tell()
        self._title()
        self._update_actions()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt: folders and files may be dropped."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.welcome.drop.light(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Qt: what was held over the window is somewhere else."""
        self.welcome.drop.light(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt: open what was dropped."""
        self.welcome.drop.light(False)
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            event.acceptProposedAction()
            self.dialogs.dropped(Path(local[0]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: first everything is saved, visibly; then the window goes."""
        if self.closing.finished:
            self.crash.remove()
            event.accept()
            return
        event.ignore()
        self.layout_keeper.remember()
        self.closing.begin()
