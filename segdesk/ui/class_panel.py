"""The classes: key, colour, name, thing or stuff; add, rename, recolour. The selected row is the active class."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.classes import ClassSet
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import icon_button, label, name, swatch

ID = Qt.ItemDataRole.UserRole
NAME, KIND, KEY = 0, 1, 2


class ClassPanel(Translated, QWidget):
    """Shows the project's classes and changes them through `desk.labels`."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._quiet = False
        self._filled: ClassSet | None = None
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(3)
        self.list.setIconSize(QSize(14, 14))
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(KEY, QHeaderView.ResizeMode.ResizeToContents)
        self.add = icon_button("add", self._add)
        self.rename = icon_button("rename", self._rename)
        self.colour = icon_button("recolour", self._recolour)
        self.kind = icon_button("thing", self._toggle_thing)
        self.none = label(kind="soft")
        self.none.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(2)
        for part in (self.add, self.rename, self.colour, self.kind):
            row.addWidget(part)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.none)
        layout.addLayout(row)
        self._connect()
        self.retranslate()
        self.fill(desk.session.classes)
        self.built = True

    def _connect(self) -> None:
        self.list.currentItemChanged.connect(self._chosen)
        self.list.itemChanged.connect(self._renamed)
        self.list.customContextMenuRequested.connect(self._menu)
        self._desk.classes_changed.connect(self._follow)
        self._desk.labels.state_changed.connect(self._show_active)
        self._desk.project_opened.connect(lambda _: self._update_buttons())
        self._desk.project_closed.connect(lambda: self.fill(ClassSet()))

    def _follow(self, classes: ClassSet) -> None:
        """Show the project's classes; a name that is being typed stays open where the list shows them already."""
        if classes != self._filled:
            self.fill(classes)

    def fill(self, classes: ClassSet) -> None:
        """Show these classes."""
        self._filled = classes
        self._quiet = True
        self.list.clear()
        for at, info in enumerate(classes):
            item = QTreeWidgetItem(
                [info.name, tr("thing") if info.is_thing else tr("stuff"), str(at + 1) if at < 9 else ""]
            )
            item.setData(NAME, ID, info.id)
            item.setIcon(NAME, swatch(info.color))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setForeground(KIND, QBrush(QColor(theme.current().soft)))
            item.setForeground(KEY, QBrush(QColor(theme.current().soft)))
            for column in range(3):
                item.setBackground(column, QBrush(theme.tinted(info.color)))
            self.list.addTopLevelItem(item)
        self._quiet = False
        self.list.setVisible(len(classes) > 0)
        self.none.setVisible(len(classes) == 0)
        self._show_active()

    def _show_active(self) -> None:
        active = self._desk.labels.hand.active_class
        self._quiet = True
        for at in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(at)
            if item is not None and item.data(NAME, ID) == active:
                if self.list.currentItem() is not item:
                    self.list.setCurrentItem(item)
                break
        else:
            self.list.setCurrentItem(None)  # type: ignore[arg-type]
        self._quiet = False
        self._update_buttons()

    def _update_buttons(self) -> None:
        has_project = self._desk.session.project is not None
        has_class = self.list.currentItem() is not None
        why = tr("Open a folder or a project first.") if not has_project else tr("Select a class first.")
        for part, text, on in (
            (self.add, tr("Add a class"), has_project),
            (self.rename, tr("Rename the class  (F2)"), has_class),
            (self.colour, tr("Change the colour"), has_class),
            (self.kind, tr("Countable objects (thing) or area (stuff)"), has_class),
        ):
            part.setEnabled(on)
            name(part, text if on else f"{text}\n{why}")
        info = self._current()
        self.kind.setIcon(icons.icon("stuff" if info is not None and not info.is_thing else "thing"))

    def _current(self):  # type: ignore[no-untyped-def]  # ClassInfo | None
        item = self.list.currentItem()
        return None if item is None else self._desk.session.classes.get(item.data(NAME, ID))

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and not self._quiet:
            self._desk.labels.choose_class(item.data(NAME, ID))

    def _renamed(self, item: QTreeWidgetItem, column: int) -> None:
        if self._quiet or column != NAME:
            return
        info = self._desk.session.classes.get(item.data(NAME, ID))
        if (
            info is not None
            and info.name != item.text(NAME)
            and not self._desk.labels.rename_class(info.id, item.text(NAME))
        ):
            self._quiet = True
            item.setText(NAME, info.name)
            self._quiet = False

    def _add(self) -> None:
        """A class with a free name, ready to be renamed."""
        classes = self._desk.session.classes
        at = len(classes) + 1
        while classes.named(tr("class {number}", number=at)) is not None:
            at += 1
        if self._desk.labels.add_class(tr("class {number}", number=at)):
            self.fill(self._desk.session.classes)
            self._rename()

    def _rename(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.setFocus()
            self.list.editItem(item, NAME)

    def _recolour(self) -> None:
        info = self._current()
        if info is None:
            return
        chosen = QColorDialog.getColor(QColor(*info.color), self, tr("Colour of {name}", name=info.name))
        if chosen.isValid():
            self._desk.labels.recolour_class(info.id, (chosen.red(), chosen.green(), chosen.blue()))

    def _toggle_thing(self) -> None:
        info = self._current()
        if info is not None:
            self._desk.labels.set_thing(info.id, not info.is_thing)

    def _menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        for part, icon in (
            (self.add, "add"),
            (self.rename, "rename"),
            (self.colour, "recolour"),
            (self.kind, "thing"),
        ):
            action = menu.addAction(icons.icon(icon), part.accessibleName(), part.click)
            action.setEnabled(part.isEnabled())
        menu.exec(self.list.viewport().mapToGlobal(at))
        menu.deleteLater()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.list.setAccessibleName(tr("Classes"))
        self.none.setText(tr("No classes yet. Add one to paint with, or run a model: its classes join the project."))
        self.fill(self._desk.session.classes)

    def recolour(self) -> None:
        """The tints have the theme's ground."""
        self.fill(self._desk.session.classes)
