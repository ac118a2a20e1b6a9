"""The page of plug-ins: Python packages that add tools, formats and the like, each off until the person switches it on,
and the folder of the person's own cards and weights."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QBrush, QColor, QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QMessageBox,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from segdesk import plugins
from segdesk.app.extras import KINDS, Outside, OwnCard, Package
from segdesk.app.models import own_models_dir
from segdesk.domain.text import N_
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.widgets import button, label, name

NAME, VERSION, ADDS, STATE = range(4)
FAULTS = "plugin_faults"  # in the window's own settings: package -> why it was switched off
WARNING = N_(
    "A plug-in is somebody else's program: it can do on this machine what you can do. Switch on only what you trust. "
    "Nothing of a package that is off is loaded."
)
STUCK = N_("SegDesk did not get through loading it the last time.")


class PluginsPage(QDialog):
    """Attributes: packages, cards: the two tables."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Plug-ins"))
        self.resize(760, 560)
        self._desk = desk
        self._quiet = False
        self._loaded = plugins.enabled()
        self.packages = _table([tr("Package"), tr("Version"), tr("Adds"), tr("State")], tr("Packages with plug-ins"))
        self.cards = _table([tr("File"), "", tr("Models"), tr("State")], tr("Your own cards"))
        self.cards.setColumnHidden(VERSION, True)
        self.none = label(tr("No installed Python package has plug-ins for SegDesk."), "soft")
        self.later = label(tr("Changes take effect when SegDesk starts the next time."), "warn")
        self.later.hide()
        self.no_cards = label(tr("There are no cards in it."), "soft")
        self._lay_out()
        self.packages.itemChanged.connect(self._switched)
        self.look()

    def _lay_out(self) -> None:
        words = label(tr(WARNING))
        words.setWordWrap(True)
        own = label(tr("Model cards (TOML) and weights in this folder are found at every start: {folder}",
                       folder=str(own_models_dir())), "soft")  # fmt: skip
        own.setWordWrap(True)
        own.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.open_folder = button(tr("Open the folder"), icon="folders", clicked=self._open_folder)
        self.again = button(tr("Look again"), icon="retry", clicked=self._look_again)
        row = QHBoxLayout()
        for part in (self.open_folder, self.again):
            part.setAutoDefault(False)
            row.addWidget(part)
        row.addStretch(1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP)
        for part in (label(tr("Python packages"), "head"), words, self.packages, self.none, self.later):
            layout.addWidget(part)
        for part in (label(tr("Your own cards and weights"), "head"), own, self.cards, self.no_cards):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addWidget(buttons)

    # -- showing --------------------------------------------------------------------------------------------------

    def look(self) -> None:
        """See in a thread what there is."""
        self._desk.track(
            self._desk.session.extras.look(), N_("Looking for plug-ins"), then=self.show_outside, shown=False
        )

    def show_outside(self, found: object) -> None:
        """Fill both tables."""
        if not isinstance(found, Outside) or not isValid(self):  # the dialog was closed meanwhile
            return
        self._quiet = True
        self.packages.clear()
        self.packages.addTopLevelItems([self._package_row(package) for package in found.packages])
        self.cards.clear()
        self.cards.addTopLevelItems([self._card_row(card) for card in found.cards])
        self._quiet = False
        for table, words, rows in (
            (self.packages, self.none, found.packages),
            (self.cards, self.no_cards, found.cards),
        ):
            table.setVisible(bool(rows))
            words.setVisible(not rows)

    def _package_row(self, package: Package) -> QTreeWidgetItem:
        by_kind: dict[str, list[str]] = {}
        for group, entry in package.adds:
            by_kind.setdefault(tr(KINDS[group]), []).append(entry)
        adds = "; ".join(f"{kind}: {', '.join(names)}" for kind, names in by_kind.items())
        item = QTreeWidgetItem([package.name, package.version, adds, ""])
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setToolTip(ADDS, adds)
        on = package.name in self._desk.session.settings.plugins
        item.setCheckState(NAME, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._show_state(item)
        return item

    def _show_state(self, item: QTreeWidgetItem) -> None:
        """On, off, or why it was switched off."""
        package = item.text(NAME)
        on, loaded = item.checkState(NAME) == Qt.CheckState.Checked, package in self._loaded
        fault = _faults(self._desk).get(package, "")
        look = theme.current()
        if not on and fault:
            text, color = tr("Switched off: {reason}", reason=tr(fault)), look.bad
        elif on:
            text, color = (tr("on") if loaded else tr("on from the next start")), look.good
        else:
            text, color = (tr("on until SegDesk is closed") if loaded else tr("off")), look.soft
        item.setText(STATE, text)
        item.setToolTip(STATE, text)
        item.setForeground(STATE, QBrush(QColor(color)))

    def _card_row(self, card: OwnCard) -> QTreeWidgetItem:
        item = QTreeWidgetItem([card.file, "", ", ".join(card.models), tr("found")])
        if card.reason is not None:
            text = " ".join(error_text(card.reason))
            item.setText(STATE, text)
            item.setToolTip(STATE, text)
            for column in (NAME, STATE):
                item.setForeground(
                    column, QBrush(QColor(theme.current().soft if column == NAME else theme.current().bad))
                )
        return item

    # -- switching ------------------------------------------------------------------------------------------------

    def _switched(self, item: QTreeWidgetItem, column: int) -> None:
        if self._quiet or column != NAME:
            return
        package = item.text(NAME)
        if item.checkState(NAME) != Qt.CheckState.Checked:
            self._switch(item, package, on=False)
            return
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.NoIcon)
        box.setWindowTitle(tr("Switch a plug-in on"))
        box.setText(
            tr("Let {package} {version} run as a part of SegDesk?", package=package, version=item.text(VERSION))
        )
        box.setInformativeText(f"{item.text(ADDS)}\n\n{tr(WARNING)}")
        yes = box.addButton(tr("Switch on"), QMessageBox.ButtonRole.AcceptRole)
        box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole)
        box.finished.connect(lambda _: self._switch(item, package, on=box.clickedButton() is yes))
        box.open()

    def _switch(self, item: QTreeWidgetItem, package: str, *, on: bool) -> None:
        self._quiet = True
        item.setCheckState(NAME, Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
        self._quiet = False
        others = [p for p in self._desk.session.settings.plugins if p != package]
        self._desk.change_settings(plugins=(*others, package) if on else tuple(others))
        if on:
            _forget_fault(self._desk, package)
            if package in plugins.stuck():
                plugins.unstick()
        self._show_state(item)
        self.later.setVisible(set(self._desk.session.settings.plugins) != set(self._loaded))

    def _open_folder(self) -> None:
        folder = own_models_dir()
        folder.mkdir(parents=True, exist_ok=True)
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _look_again(self) -> None:
        self._desk.runs.set_model_folders(list(self._desk.session.settings.model_folders))  # reads all cards again
        self.look()


def switch_off_broken(desk: Desk) -> None:
    """Switch packages off that fail, and say so; called once after everything has been loaded."""
    found = {**dict.fromkeys(plugins.stuck(), STUCK), **plugins.faults()}
    bad = {package: why for package, why in found.items() if package in desk.session.settings.plugins}
    if not bad:
        return
    plugins.unstick()
    desk.change_settings(plugins=tuple(p for p in desk.session.settings.plugins if p not in bad))
    desk.remember(**{FAULTS: {**_faults(desk), **bad}})
    for package, why in bad.items():
        desk.notice.emit("error", tr("The plug-in package {package} has been switched off.", package=package), tr(why))


def _faults(desk: Desk) -> dict[str, str]:
    kept = desk.session.settings.ui.get(FAULTS)
    return {str(k): str(v) for k, v in kept.items()} if isinstance(kept, dict) else {}


def _forget_fault(desk: Desk, package: str) -> None:
    desk.remember(**{FAULTS: {k: v for k, v in _faults(desk).items() if k != package}})


def _table(heads: list[str], accessible: str) -> QTreeWidget:
    table = QTreeWidget()
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setHeaderLabels(heads)
    header = table.header()
    header.setStretchLastSection(True)
    header.resizeSection(NAME, 170)
    header.setSectionResizeMode(VERSION, QHeaderView.ResizeMode.ResizeToContents)
    header.resizeSection(ADDS, 240)
    name(table, accessible)
    return table
