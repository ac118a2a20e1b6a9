"""About SegDesk: version, what it stands on, with the licences of all of it, where things lie, and the lines that a
report of a fault wants."""

from __future__ import annotations

import PySide6
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHeaderView,
    QPlainTextEdit,
    QSplitter,
    QTabWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

import segdesk
from segdesk.app.licences import Facts, Part, Weights, system_info
from segdesk.app.logs import log_file
from segdesk.domain.text import N_
from segdesk.paths import user_cache_dir, user_config_dir
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.footer import device_name
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import button, label, name

NO_TEXT = N_("The package comes without its licence as a text; its page has it.")


class AboutPage(QDialog):
    """Attributes: tabs; parts, weights: the tables of licences; text: the licence of the chosen package."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About SegDesk"))
        self.resize(760, 540)
        self._desk = desk
        self._facts: Facts | None = None
        self.parts = _table([tr("Package"), tr("Version"), tr("Licence")], tr("Packages and their licences"))
        self.weights = _table([tr("Model"), tr("Licence"), tr("Trained on")], tr("Models that come with SegDesk"))
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        name(self.text, tr("Text of the licence"))
        self.tabs = QTabWidget()
        self.tabs.addTab(self._about(), tr("SegDesk"))
        self.tabs.addTab(self._licences(), tr("Licences of packages"))
        self.tabs.addTab(self.weights, tr("Licences of models"))
        self.copy = button(tr("Copy system information"), clicked=self.copy_system_info)
        self.log = button(tr("Open the log folder"), icon="folders", clicked=self._open_log)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        for part in (self.copy, self.log):
            part.setAutoDefault(False)
            buttons.addButton(part, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(buttons)
        self.parts.currentItemChanged.connect(lambda item, _: self._chosen(item))
        desk.track(desk.session.extras.facts(), N_("Collecting the licences"), then=self.show_facts, shown=False)

    def _about(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setSpacing(theme.GAP + 4)
        layout.addWidget(label(f"SegDesk {segdesk.__version__}", "title"))
        words = label(tr("Segment a folder of pictures, correct the masks, export them and prove their quality."))
        words.setWordWrap(True)
        layout.addWidget(words)
        form = QFormLayout()
        form.setHorizontalSpacing(20)
        facts = (
            (tr("Licence"), tr("Apache-2.0; Qt under LGPL-3.0; each model shows its own licence.")),
            (tr("Settings"), str(user_config_dir())),
            (tr("Weights and cache"), str(user_cache_dir())),
            (tr("Log"), str(log_file())),
        )
        for head, text in facts:
            value = label(text)
            value.setWordWrap(True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(label(head, "soft"), value)
        layout.addLayout(form)
        self.system = QPlainTextEdit()
        self.system.setReadOnly(True)
        self.system.setTabChangesFocus(True)
        name(self.system, tr("System information"))
        self.system.setPlainText(self._system_info())
        layout.addWidget(self.system, 1)
        return page

    def _licences(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.parts)
        split.addWidget(self.text)
        split.setSizes([230, 190])
        split.setChildrenCollapsible(False)
        return split

    # -- showing --------------------------------------------------------------------------------------------------

    def show_facts(self, value: object) -> None:
        """Fill the tables; the reading was done in a thread."""
        if not isinstance(value, Facts) or not isValid(self):  # the dialog was closed meanwhile
            return
        self._facts = value
        self.parts.addTopLevelItems([_part_row(part) for part in value.parts])
        self.weights.addTopLevelItems([_weights_row(found) for found in value.weights])
        first = self.parts.topLevelItem(0)
        if first is not None:
            self.parts.setCurrentItem(first)
        self.system.setPlainText(self._system_info())

    def _chosen(self, item: QTreeWidgetItem | None) -> None:
        if item is None or self._facts is None:
            return
        part = self._facts.parts[self.parts.indexOfTopLevelItem(item)]
        self.text.setPlainText(part.text or " ".join(t for t in (tr(NO_TEXT), part.page) if t))

    def _system_info(self) -> str:
        devices = tuple(device_name(device) for device in self._desk.runs.devices)
        return system_info(self._facts, devices, PySide6.__version__)

    def copy_system_info(self) -> None:
        """Put the lines on the clipboard."""
        QGuiApplication.clipboard().setText(self._system_info())
        self.copy.setText(tr("Copied"))

    def _open_log(self) -> None:
        folder = log_file().parent
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def _part_row(part: Part) -> QTreeWidgetItem:
    item = QTreeWidgetItem([part.name, part.version, part.licence or tr("not said")])
    item.setToolTip(2, part.licence)
    return item


def _weights_row(found: Weights) -> QTreeWidgetItem:
    return QTreeWidgetItem([found.name.get(i18n.language()), found.licence or tr("not said"), found.data])


def _table(heads: list[str], accessible: str) -> QTreeWidget:
    table = QTreeWidget()
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setHeaderLabels(heads)
    table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    name(table, accessible)
    return table
