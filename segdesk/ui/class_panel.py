"""The classes: key, colour, name, thing or stuff, lock; add, rename, recolour, lock, paint only over. The selected row
is the active class."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.class_draft import digit_keys
from segdesk.domain.classes import ClassSet
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import EmptyNote, icon_button, name, swatch

ID = Qt.ItemDataRole.UserRole
NAME, KIND, KEY, LOCK = range(4)


class ClassPanel(Translated, QWidget):
    """Shows the project's classes and changes them through `desk.labels`."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._quiet = False
        self._filled: ClassSet | None = None
        self._late = False
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderHidden(True)
        self.list.setColumnCount(4)
        self.list.setIconSize(QSize(14, 14))
        self.list.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._size_columns()
        self.add = icon_button("add", self._add)
        self.rename = icon_button("rename", self._rename)
        self.colour = icon_button("recolour", self._recolour)
        self.kind = icon_button("thing", self._toggle_thing)
        self.lock = icon_button("lock", self._toggle_lock)
        self.manage = icon_button("class-list", lambda: desk.ask("classes"))
        self.none = EmptyNote("class-list")
        self.none.act(self._add)
        row = QHBoxLayout()
        row.setSpacing(2)
        for part in (self.add, self.rename, self.colour, self.kind, self.lock):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.manage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, 0)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.none, 1)
        layout.addLayout(row)
        self._connect()
        self.retranslate()
        self.fill(desk.session.classes)
        self.built = True

    def _size_columns(self) -> None:
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(26)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(KIND, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(KEY, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(LOCK, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(LOCK, 26)

    def _connect(self) -> None:
        self.list.currentItemChanged.connect(self._chosen)
        self.list.itemChanged.connect(self._renamed)
        self.list.itemClicked.connect(self._clicked)
        self.list.customContextMenuRequested.connect(self._menu)
        self._desk.classes_changed.connect(lambda _: self._follow())
        self.list.itemDelegate().closeEditor.connect(lambda *_: QTimer.singleShot(0, self, self._catch_up))
        self._desk.labels.state_changed.connect(self._show_active)
        self._desk.shortcuts.changed.connect(lambda: self.fill(self._desk.session.classes))
        self._desk.labels.keys_changed.connect(lambda: self.fill(self._desk.session.classes))
        self._desk.project_opened.connect(lambda _: self._update_buttons())
        self._desk.project_closed.connect(lambda: self.fill(ClassSet()))

    def _follow(self) -> None:
        """Show the project's classes; a name that is being typed stays open where the list shows them already."""
        if self._desk.session.classes != self._filled:  # what was reported may be older than what holds
            self.fill(self._desk.session.classes)

    def fill(self, classes: ClassSet) -> None:
        """Show these classes; while a name is being typed, later."""
        self._late = self._typing()
        if self._late:
            return
        self._filled = classes
        self._quiet = True
        self.list.clear()
        own = self._desk.session.classing.keys
        keys = {**digit_keys(classes, own), **own}
        for info in classes:
            item = QTreeWidgetItem([info.name, tr("thing") if info.is_thing else tr("stuff"), keys.get(info.id, "")])
            item.setData(NAME, ID, info.id)
            item.setIcon(NAME, swatch(info.color))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            item.setForeground(KIND, QBrush(QColor(theme.current().soft)))
            item.setForeground(KEY, QBrush(QColor(theme.current().soft)))
            for column in range(4):
                item.setBackground(column, QBrush(theme.tinted(info.color)))
            self.list.addTopLevelItem(item)
        self._quiet = False
        self.list.setVisible(len(classes) > 0)
        self.none.setVisible(len(classes) == 0)
        self._show_active()

    def _typing(self) -> bool:
        return any(e.isVisible() for e in self.list.viewport().findChildren(QLineEdit))

    def _catch_up(self) -> None:
        """A name has been typed: show what has changed meanwhile."""
        if self._late and not self._typing():
            self.fill(self._desk.session.classes)

    def _show_active(self) -> None:
        if self._typing():  # another current row would end the typing, and what was typed would be lost
            self._late = True
            return
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
        self._show_locks()
        self._quiet = False
        self._update_buttons()

    def _show_locks(self) -> None:
        locked = self._desk.labels.hand.locked_classes
        for at in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(at)
            if item is None or item.data(LOCK, ID) == (on := item.data(NAME, ID) in locked):
                continue
            item.setData(LOCK, ID, on)
            item.setIcon(LOCK, icons.icon("lock") if on else icons.icon("unlock", "soft"))
            words = self._lock_tip(tr("Locked: click to unlock") if on else tr("Not locked: click to lock"))
            item.setToolTip(LOCK, words)
            item.setData(LOCK, Qt.ItemDataRole.AccessibleTextRole, words)

    def _clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column == LOCK:
            self._desk.labels.lock_class(item.data(NAME, ID))

    def _toggle_lock(self) -> None:
        info = self._current()
        if info is not None:
            self._desk.labels.lock_class(info.id)

    def _update_buttons(self) -> None:
        has_project = self._desk.session.project is not None
        self.none.offer(tr("Add a class") if has_project else "")
        has_class = self.list.currentItem() is not None
        why = tr("Open a folder or a project first.") if not has_project else tr("Select a class first.")
        for part, text, on in (
            (self.add, tr("Add a class"), has_project),
            (self.rename, tr("Rename the class  (F2)"), has_class),
            (self.colour, tr("Change the colour"), has_class),
            (self.kind, tr("Countable objects (thing) or area (stuff)"), has_class),
            (self.lock, self._lock_words(), has_class),
            (self.manage, self._desk.shortcuts.tip(tr("Class manager"), "classes"), has_project),
        ):
            part.setEnabled(on)
            name(part, text if on else f"{text}\n{why}")
        info = self._current()
        self.kind.setIcon(icons.icon("stuff" if info is not None and not info.is_thing else "thing"))

    def _lock_words(self) -> str:
        info = self._current()
        locked = info is not None and info.id in self._desk.labels.hand.locked_classes
        self.lock.setIcon(icons.icon("unlock" if locked else "lock"))
        return self._lock_tip(tr("Unlock the class") if locked else tr("Lock the class"))

    def _lock_tip(self, text: str) -> str:
        return self._desk.shortcuts.tip(text, "operation_lock_class")

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
        self.list.setFocus()  # ends a name that is being typed
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
            (self.lock, "lock"),
            (self.manage, "class-list"),
        ):
            action = menu.addAction(icons.icon(icon), part.accessibleName(), part.click)
            action.setEnabled(part.isEnabled())
        info = self._current()
        if info is not None:
            labels = self._desk.labels
            over = labels.hand.only_over == info.id
            words = tr("Paint over everything again") if over else tr("Paint only over {name}", name=info.name)
            menu.addAction(icons.icon("only-over"), words, lambda: labels.paint_only_over(None if over else info.id))
        menu.exec(self.list.viewport().mapToGlobal(at))
        menu.deleteLater()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.list.setAccessibleName(tr("Classes"))
        hint = tr("Add one to paint with, or run a model: its classes join the project.")
        self.none.say(tr("No classes yet."), hint)
        self.fill(self._desk.session.classes)

    def recolour(self) -> None:
        """The tints have the theme's ground."""
        self.fill(self._desk.session.classes)
