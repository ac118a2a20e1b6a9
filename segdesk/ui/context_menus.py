"""Menus of what is under the pointer: on the picture, in the list of pictures and among their thumbnails. Their entries
are those of the table of actions, and what can be done to the very object, class or picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QObject, QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QIcon
from PySide6.QtWidgets import QMenu, QWidget

from segdesk.app.scribbles import BACKGROUND
from segdesk.domain.classes import ClassInfo
from segdesk.io.project import PictureRow
from segdesk.ui import icons, theme
from segdesk.ui.i18n import number, tr
from segdesk.ui.widgets import swatch

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

ON_PICTURE = ("run_here", "accept", "-", "undo", "redo", "-", "fit", "actual", "hide_labels", "difference", "doubt")
ON_FILE = ("accept", "skip", "unverify", "-", "run_here", "-", "export_labels", "report")


class ContextMenus(QObject):
    """Listens to the canvas and to the lists of a window.

    Attributes:
        menu: the last one that was shown.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._desk = window, window.desk
        self.menu = QMenu(window)
        window.canvas.menu_asked.connect(self.on_canvas)
        view, grid = window.files.view, window.files.grid
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(lambda at: self._on_line(view.viewport(), at, view.indexAt(at)))
        grid.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        grid.customContextMenuRequested.connect(
            lambda at: self._on_line(grid.viewport(), at, window.files.model.index(grid.line_at(at)))
        )

    # -- the picture ----------------------------------------------------------------------------------------------

    def on_canvas(self, at: QPoint) -> None:
        """The menu of a point of the canvas."""
        canvas, document = self._window.canvas, self._desk.labels.document
        if document is None:
            return
        scale = canvas.devicePixelRatioF()
        x, y = canvas.view.to_image(at.x() * scale, at.y() * scale)
        menu = self._new(tr("Menu of the picture"))
        key = document.segment_at(x, y)
        segment = document.segment(key) if key else None
        info = document.classes.get(segment.class_id) if segment is not None else None
        if info is not None and info.id != BACKGROUND:
            self._head(menu, info, key)
            if not self._desk.teaching.on:
                self._object(menu, info, key)
            self._class(menu, info)
            menu.addSeparator()
        self._answer(menu)
        self._actions(menu, ON_PICTURE)
        menu.popup(canvas.mapToGlobal(at))

    def _head(self, menu: QMenu, info: ClassInfo, key: int) -> None:
        document = self._desk.labels.document
        words = info.name if not info.is_thing else tr("{name}, object {number}", name=info.name, number=key)
        if document is not None and document.areas_ready:
            words += f"  ·  {number(document.area(key))} px"
        sign = swatch(info.color)
        sign.addPixmap(sign.pixmap(14, 14), QIcon.Mode.Disabled)  # the colour says which class it is
        head = menu.addAction(sign, words)
        head.setEnabled(False)
        menu.addSeparator()

    def _object(self, menu: QMenu, info: ClassInfo, key: int) -> None:
        labels, shortcuts = self._desk.labels, self._desk.shortcuts
        words = tr("Select this object") if info.is_thing else tr("Select this area")
        menu.addAction(icons.icon("pick"), words, lambda: labels.select(key))
        other = menu.addMenu(icons.icon("relabel"), tr("Give another class"))
        for at, choice in enumerate(self._desk.session.classes):
            if choice.id == info.id:
                continue
            entry = other.addAction(swatch(choice.color), choice.name, lambda c=choice.id: labels.relabel(key, c))
            keys = shortcuts.shown(f"relabel_{at + 1}") if at < 9 else ""
            entry.setText(f"{choice.name}\t{keys}" if keys else choice.name)
        other.setEnabled(not other.isEmpty())
        locked = labels.is_locked(key)
        words = tr("Unlock object") if locked else tr("Lock object")
        menu.addAction(icons.icon("unlock" if locked else "lock"), words, lambda: labels.lock_segment(key))
        delete = menu.addAction(icons.icon("delete"), tr("Delete object"), lambda: labels.delete(key))
        delete.setEnabled(not locked and info.id not in labels.hand.locked_classes)
        menu.addSeparator()

    def _class(self, menu: QMenu, info: ClassInfo) -> None:
        labels, view = self._desk.labels, self._desk.view
        menu.addAction(
            icons.icon("brush"), tr("Paint with {name}", name=info.name), lambda: labels.choose_class(info.id)
        )
        if self._desk.teaching.on:
            return
        only = menu.addAction(icons.icon("only-class"), tr("Show only {name}", name=info.name))
        only.setCheckable(True)
        only.setChecked(view.only_class and labels.hand.active_class == info.id)

        def show_only(on: bool) -> None:
            labels.choose_class(info.id)
            action = self._window.action_set.by_id["only_class"]
            if action.isChecked() is not on:
                action.trigger()

        only.triggered.connect(show_only)
        over = labels.hand.only_over == info.id
        words = tr("Paint over everything again") if over else tr("Paint only over {name}", name=info.name)
        target = None if over else info.id
        menu.addAction(icons.icon("only-over"), words, lambda: labels.paint_only_over(target))
        locked = info.id in labels.hand.locked_classes
        words = tr("Unlock the class {name}", name=info.name) if locked else tr("Lock the class {name}", name=info.name)
        menu.addAction(icons.icon("unlock" if locked else "lock"), words, lambda: labels.lock_class(info.id))

    def _answer(self, menu: QMenu) -> None:
        document = self._desk.labels.document
        if document is None or (document.preview is None and document.prediction is None) or self._desk.teaching.on:
            return
        if "answer" in self._window.tools.by_id:
            tool = self._window.tools.by_id["answer"]
            menu.addAction(icons.icon("answer"), tr("Take the model's answer here: drag around it"), tool.trigger)
        whole = self._window.operations.by_id.get("take_answer")
        if whole is not None:
            menu.addAction(whole)
        menu.addSeparator()

    # -- the lists of pictures ------------------------------------------------------------------------------------

    def _on_line(self, part: QWidget, at: QPoint, index: QModelIndex) -> None:
        files = self._window.files
        row = files.model.picture(index) or files.model.picture(files.view.currentIndex())
        if row is not None:
            self.on_file(row, part.mapToGlobal(at))

    def on_file(self, row: PictureRow, at: QPoint) -> None:
        """The menu of a picture of the list, which is opened: what is done is done to what one sees."""
        if self._desk.current is None or self._desk.current.id != row.id:
            self._desk.go_to(row.id)
        menu = self._new(tr("Menu of the picture"))
        head = menu.addAction(row.path.rpartition("/")[2])
        head.setEnabled(False)
        menu.addSeparator()
        self._actions(menu, ON_FILE)
        menu.addSeparator()
        path = self._path(row)
        menu.addAction(tr("Copy the name"), lambda: QGuiApplication.clipboard().setText(row.path))
        if path is not None:
            menu.addAction(tr("Copy the whole path"), lambda: QGuiApplication.clipboard().setText(str(path)))
            folder = QUrl.fromLocalFile(str(path.parent))
            menu.addAction(icons.icon("open"), tr("Show its folder"), lambda: QDesktopServices.openUrl(folder))
        menu.popup(at)

    def _path(self, row: PictureRow) -> Path | None:
        project = self._desk.session.project
        return None if project is None else project.folder / row.path

    # -- any ------------------------------------------------------------------------------------------------------

    def _new(self, title: str) -> QMenu:
        self.menu.deleteLater()
        self.menu = QMenu(self._window)
        self.menu.setAccessibleName(title)
        self.menu.setToolTipsVisible(True)
        self.menu.setMinimumWidth(24 * theme.GAP)
        return self.menu

    def _actions(self, menu: QMenu, ids: tuple[str, ...]) -> None:
        for key in ids:
            if key == "-":
                menu.addSeparator()
            else:
                menu.addAction(self._window.action_set.by_id[key])
