"""The panel of teach mode: what to paint, how much of each class is painted, how the learning goes, and what can be
done with what was learned. It stands in the place of the list of objects while teach mode is on."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QInputDialog,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.scribbles import BACKGROUND, BACKGROUND_COLOR
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, number, tr
from segdesk.ui.widgets import button, label, name, set_kind, swatch

ID = Qt.ItemDataRole.UserRole


class TeachCard(Translated, QWidget):
    """Shows `desk.teaching` and changes it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        teaching = desk.teaching
        self.told = label()
        self.told.setWordWrap(True)
        self.told.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 2)
        self.told.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setIconSize(QSize(14, 14))
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, self.list.header().ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, self.list.header().ResizeMode.ResizeToContents)
        self.list.setMinimumHeight(58)
        self.list.itemClicked.connect(lambda item, _: teaching.choose(item.data(0, ID)))
        self.strokes = QCheckBox()
        self.strokes.setChecked(True)
        self.strokes.toggled.connect(lambda on: teaching.document and teaching.document.show_strokes(on))
        self.apply = button(kind="main", clicked=teaching.apply)
        self.everywhere = button(icon="run-all", clicked=teaching.apply_all)
        self.keep = button(clicked=teaching.ask_name)
        self.clear = button(clicked=teaching.clear)
        self.take = button(kind="quiet", clicked=teaching.from_labels)
        self.leave = button(kind="quiet", icon="close", clicked=lambda: teaching.toggle(False))
        self._arrange()
        teaching.changed.connect(self.refresh)
        desk.labels.state_changed.connect(self._show_active)
        desk.classes_changed.connect(lambda _: self.refresh())
        self.retranslate()

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.strokes, 1)
        row.addWidget(self.take)
        grid = QGridLayout()
        grid.setSpacing(theme.GAP // 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        for at, part in enumerate((self.apply, self.everywhere, self.keep, self.clear)):
            grid.addWidget(part, at // 2, at % 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP // 2)
        layout.addWidget(self.told)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        layout.addLayout(grid)
        layout.addWidget(self.leave, alignment=Qt.AlignmentFlag.AlignRight)

    def refresh(self) -> None:
        """Show what is so now."""
        teaching = self._desk.teaching
        self._fill()
        words, kind = self._told()
        self.told.setText(words)
        set_kind(self.told, kind)
        usable = teaching.on and teaching.taught is not None
        for part in (self.apply, self.everywhere, self.keep):
            part.setEnabled(usable)
        self.everywhere.setEnabled(usable and self._desk.runs.batch_id is None)
        document = teaching.document
        self.clear.setEnabled(document is not None and bool(document.segmentation.segments))
        self.take.setEnabled(document is not None and bool(document.below.segmentation.segments))
        self.strokes.setEnabled(document is not None)
        if document is not None and document.shows_strokes != self.strokes.isChecked():
            document.show_strokes(self.strokes.isChecked())

    def _told(self) -> tuple[str, str]:
        """What is to be said, and the kind of label."""
        teaching = self._desk.teaching
        if len(self._desk.session.classes) == 0:
            return tr("Add the classes first, in the list of classes."), "warn"
        if teaching.document is None:
            return tr("Reading the strokes…"), "soft"
        if teaching.state == "learning":
            return tr("Learning…"), "soft"
        if teaching.problem is not None:
            return " ".join(error_text(teaching.problem)), "" if not teaching.document.painted() else "warn"
        taught = teaching.taught
        if taught is None:
            return tr("Paint a stroke of each class on the picture."), ""
        words = tr("Learned from %n picture(s).", taught.pictures) + " "
        if taught.left_out:
            return words + tr("{name} was left out.", name=taught.left_out[0][0]), "warn"
        return words + tr("Where it is wrong, paint another stroke."), "good"

    def _fill(self) -> None:
        """The classes with what is painted of them on this picture."""
        document = self._desk.teaching.document
        painted = {} if document is None else document.painted()
        rows = [(c.id, c.name, c.color) for c in self._desk.session.classes]
        rows.append((BACKGROUND, tr("No label"), BACKGROUND_COLOR))
        while self.list.topLevelItemCount() > len(rows):
            self.list.takeTopLevelItem(self.list.topLevelItemCount() - 1)
        for at, (class_id, text, color) in enumerate(rows):
            item = self.list.topLevelItem(at)
            if item is None:
                item = QTreeWidgetItem()
                self.list.addTopLevelItem(item)
            if item.data(0, ID) != class_id or item.text(0) != text:
                item.setData(0, ID, class_id)
                item.setText(0, text)
            item.setIcon(0, swatch(color))
            count = painted.get(class_id, 0)
            item.setText(1, tr("{count} px", count=number(count)) if count else "–")
        self._show_active()

    def _show_active(self) -> None:
        document = self._desk.teaching.document
        active = None if document is None else document.active_class
        for at in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(at)
            if item is not None and item.data(0, ID) == active:
                self.list.setCurrentItem(item)
                return
        self.list.setCurrentItem(None)  # type: ignore[arg-type]  # none

    def retranslate(self) -> None:
        """Set the texts again."""
        for part, text, tip in (
            (self.strokes, tr("Strokes"), tr("Show the strokes over what the model says")),
            (self.apply, tr("Apply here"), tr("Make the model's answer the labels of this picture; you can undo it")),
            (self.everywhere, tr("Whole folder"), tr("Run the model on all pictures that are not verified")),
            (self.keep, tr("Keep as model…"), tr("Keep it under a name, for other projects too")),
            (self.clear, tr("Clear strokes"), tr("Take all strokes of this picture away; you can undo it")),
            (self.take, tr("From labels"), tr("Take the labels of this picture as strokes, where there are none yet")),
            (self.leave, tr("Leave teach mode"), tr("Paint labels again; the strokes are kept")),
        ):
            part.setText(text)
            name(part, tip)
        self.list.setAccessibleName(tr("Classes to paint strokes of"))
        self.refresh()


class ObjectsOrTeach(QStackedWidget):
    """The list of objects, or the card of teach mode while that is on."""

    def __init__(self, desk: Desk, objects: QWidget, card: TeachCard) -> None:
        super().__init__()
        self.addWidget(objects)
        self.addWidget(card)
        desk.teaching.toggled.connect(lambda on: self.setCurrentIndex(int(on)))


def ask_name(desk: Desk, window: QWidget) -> None:
    """Ask for the name of a model to keep, and keep it."""
    project = desk.session.project
    dialog = QInputDialog(window)
    dialog.setWindowTitle(tr("Keep as model"))
    dialog.setLabelText(tr("Name of the model:"))
    dialog.setTextValue("" if project is None else project.path.stem)
    dialog.setOkButtonText(tr("Keep"))
    dialog.setCancelButtonText(tr("Cancel"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.textValueSelected.connect(lambda text: text.strip() and desk.teaching.keep(text.strip()))
    dialog.open()
