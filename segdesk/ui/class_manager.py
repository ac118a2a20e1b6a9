"""The class manager: the project's classes as a table in which a person changes what they like, with undo; nothing
holds before Apply, which carries it out in all labels."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdesk.app import class_lists
from segdesk.app.class_draft import Draft, Drafting, calm_colours, safe_colours
from segdesk.app.classing import ClassCount, ClassCounts
from segdesk.app.jobs import Progress
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.project_classes import Recasted
from segdesk.ui import icons, theme
from segdesk.ui.class_manager_table import ClassTable
from segdesk.ui.class_manager_verbs import TIPS, VERBS, Verbs
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.widgets import button, icon_button, label, name


class ClassManager(Translated, Verbs):
    """Attributes: drafting: the draft and its undo steps; table; verbs: the buttons by the names of `VERBS`."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Class manager"))
        self.resize(900, 600)
        self._desk = desk
        self._counts: dict[int, ClassCount] = {}
        self._counted = False
        self._job: int | None = None
        self._counting: int | None = None
        self._then_close = False
        self.drafting = Drafting(self._start())
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search classes"))
        self.search.setClearButtonEnabled(True)
        name(self.search, tr("Search classes"))
        self.table = ClassTable()
        self.note = label(kind="soft")
        self.note.setWordWrap(True)
        self.problem = label(kind="bad")
        self.problem.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.hide()
        name(self.bar, tr("Progress"))
        self.verbs = {key: self._verb(key) for key in VERBS}
        self.buttons = self._buttons()
        self._lay_out()
        self._connect()
        self._show()
        self._count()
        if len(self.drafting.draft.classes):
            self.table.pick([self.drafting.draft.classes[0].id])
        self.table.setFocus()

    def _start(self) -> Draft:
        session = self._desk.session
        return Draft(session.classes, {}, dict(session.classing.keys))

    # -- building -------------------------------------------------------------------------------------------------

    def _verb(self, key: str) -> QToolButton:
        icon, text, keys, _ = VERBS[key]
        result = icon_button(icon, getattr(self, f"_{key}"), size=18)
        result.setText(tr(text))
        result.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        result.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
        name(result, f"{tr(TIPS[key])}  ({shown})")
        if keys != "F2":  # which the table listens to
            action = QAction(self)
            action.setShortcuts([QKeySequence(keys)] + ([QKeySequence("Ctrl+Shift+Z")] if key == "redo" else []))
            action.triggered.connect(lambda _=False: result.click())
            self.addAction(action)
        return result

    def _buttons(self) -> QDialogButtonBox:
        standard = QDialogButtonBox.StandardButton
        result = QDialogButtonBox(standard.Ok | standard.Apply | standard.Cancel)
        for which, text in ((standard.Ok, tr("OK")), (standard.Apply, tr("Apply")), (standard.Cancel, tr("Cancel"))):
            result.button(which).setText(text)
            result.button(which).setAutoDefault(False)  # Enter in the table is for the table
        result.button(standard.Ok).setProperty("kind", "main")
        result.accepted.connect(self.accept)
        result.rejected.connect(self.reject)
        result.button(standard.Apply).clicked.connect(lambda _=False: self.apply())
        return result

    def _lists_button(self) -> QPushButton:
        """Import, export and the lists that come with the program."""
        menu = QMenu(self)
        menu.addAction(icons.icon("import"), tr("Import a class list…"), self._import)
        menu.addAction(icons.icon("export"), tr("Export the class list…"), self._export)
        menu.addSeparator()
        for key, title in class_lists.PRESETS:
            menu.addAction(title, lambda k=key: self._join(N_("add a list"), lambda: class_lists.preset(k)))
        return _menu_button(
            tr("Lists"), tr("Import and export class lists, or add those of a well-known data set"), menu
        )

    def _colours_button(self) -> QPushButton:
        """New colours for all, and the order by name."""
        menu = QMenu(self)
        for text, colors in ((tr("Colour-blind safe"), safe_colours), (tr("Calm"), calm_colours)):
            menu.addAction(
                icons.icon("recolour"), text, lambda make=colors: self._take(N_("new colours"), self._coloured(make))
            )
        menu.addSeparator()
        menu.addAction(tr("Sort by name"), lambda: self._take(N_("sort"), self.drafting.draft.sorted_by_name()))
        return _menu_button(tr("All classes"), tr("New colours for all classes, or another order"), menu)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(2)
        for key, part in self.verbs.items():
            if key in ("merge", "up", "undo"):
                row.addSpacing(theme.GAP)
            row.addWidget(part)
        row.addStretch(1)
        self.all, self.lists = self._colours_button(), self._lists_button()
        for part in (self.all, self.lists):
            row.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.setSpacing(theme.GAP)
        layout.addLayout(row)
        for part in (self.search, self.table, self.problem, self.note, self.bar, self.buttons):
            layout.addWidget(part)
        layout.setStretchFactor(self.table, 1)

    def _connect(self) -> None:
        self.search.textChanged.connect(self.table.filter)
        self.table.itemSelectionChanged.connect(self._update)
        self.table.renamed.connect(self._renamed)
        self.table.keyed.connect(self._keyed)
        self.table.kind_wanted.connect(lambda _: self._kind())
        self.table.colour_wanted.connect(lambda _: self._colour())
        self.table.moved.connect(lambda ids, to: self._take(N_("move"), self.drafting.draft.moved(ids, to)))
        self._desk.bridge.report.connect(self._report)
        self._desk.job_progress.connect(self._progress)
        self._desk.job_ended.connect(self._ended)
        self._desk.classes_changed.connect(self._changed_elsewhere)
        self._desk.project_closed.connect(self.close)

    # -- showing --------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        self.table.show_draft(self.drafting.draft, self._counts, counted=self._counted)
        self.table.filter(self.search.text())
        self._update()

    def _update(self) -> None:
        """Buttons and the sentence below the table."""
        picked, busy = self.table.picked(), self._job is not None
        done, undone = self.drafting.names
        for key, part in self.verbs.items():
            on = bool(picked) if VERBS[key][3] else {"undo": bool(done), "redo": bool(undone)}.get(key, True)
            part.setEnabled(on and not busy and not (key == "merge" and len(self.drafting.draft.classes) < 2))
        for key, step in (("undo", done), ("redo", undone)):
            self.verbs[key].setToolTip(self.verbs[key].accessibleName() + (f": {tr(step)}" if step else ""))
        for part in (self.table, self.search, self.all, self.lists):
            part.setEnabled(not busy)
        standard = QDialogButtonBox.StandardButton
        self.buttons.button(standard.Apply).setEnabled(self.drafting.changed and not busy)
        self.buttons.button(standard.Ok).setEnabled(not busy)
        self.note.setText(self._what_apply_does())

    def _what_apply_does(self) -> str:
        draft, start = self.drafting.draft, self.drafting.start
        gone = [i for i in draft.become if start.classes.get(i) is not None]
        pictures = max((self._counts[i].pictures for i in gone if i in self._counts), default=0)
        words = []
        if pictures:
            words.append(tr("Apply changes the labels of at least %n picture(s).", pictures))
            words.append(
                tr("Undo in a picture takes it back there; answers of models and reference labels change for good.")
            )
        elif gone:
            words.append(tr("No labels of the classes that go are known."))
        before = {c.id: c.is_thing for c in start.classes}
        if any(before.get(c.id, c.is_thing) != c.is_thing for c in draft.classes):
            words.append(
                tr(
                    "Thing or stuff changes no pixel: as stuff, the objects of a picture count as one; as things, "
                    "each counts by itself."
                )
            )
        if not words:
            words.append(tr("Drag rows to put them in order; double-click a name, kind or key to change it."))
        return " ".join(words)

    # -- the draft -----------------------------------------------------------------------------------------------

    def _take(self, step: str, draft: Draft) -> None:
        self.problem.clear()
        self.problem.hide()
        if self.drafting.take(step, draft):
            self._show()

    def _attempt(self, step: str, make: Callable[[], Draft]) -> bool:
        """Take a draft that may be refused; False and its sentence below the table if it is."""
        try:
            self._take(step, make())
        except SegDeskError as error:
            self._refuse(error)
            return False
        return True

    def _refuse(self, error: SegDeskError) -> None:
        self.problem.setText(" ".join(error_text(error)))
        self.problem.show()
        self._show()

    # -- counting and applying ------------------------------------------------------------------------------------

    def _count(self) -> None:
        job = self._desk.session.classing.count()
        self._counting = self._desk.track(job, N_("Counting the classes"), shown=False, failed=lambda error: None)

    def _report(self, report: object) -> None:
        if isinstance(report, ClassCounts):
            self._counts, self._counted = dict(report.by_class), True
            if not self.table.typing():
                self._show()

    def apply(self) -> None:
        """Carry the draft out. Whatever is under way in the open picture comes to its end first."""
        if self._job is not None or not self.drafting.changed:
            return
        if self.drafting.draft.become and self._desk.runs.batch_id is not None:
            self._then_close = False
            self._refuse(
                SegDeskError("A run over the pictures is under way.", "Wait for its end, or stop it, then apply.")
            )
            return
        picture = self._desk.current
        self._desk.labels.close()
        if picture is None:
            self._begin(None)
        else:
            self._desk.labels.when_settled(picture.id, lambda: self._begin(picture.id))

    def _begin(self, picture_id: int | None) -> None:
        drafting = self.drafting
        self._picture = picture_id
        job = self._desk.session.classing.apply(drafting.draft.change, of=drafting.start.classes)
        self._job = self._desk.track(job, N_("Changing the classes"), then=self._applied, failed=self._failed)
        self.bar.setRange(0, 0)
        self.bar.show()
        self._update()

    def _progress(self, report: Progress) -> None:
        if report.job_id == self._job and report.total:
            self.bar.setRange(0, report.total)
            self.bar.setValue(report.done)

    def _applied(self, value: object) -> None:
        self._desk.labels.set_class_keys(self.drafting.draft.keys)
        self.drafting = Drafting(self._start())
        if isinstance(value, Recasted) and value.pictures:
            self._desk.notice.emit("good", tr("The labels of %n picture(s) have changed.", len(value.pictures)), "")
        self._count()
        self._show()
        if self._then_close:
            super().accept()

    def _failed(self, error: SegDeskError) -> None:
        self._then_close = False
        self._refuse(error)

    def _ended(self, job_id: int) -> None:
        """The job is over, one way or another: the open picture shows what holds now."""
        if job_id == self._job:
            self._job = None
            self.bar.hide()
            if self._picture is not None:
                self._desk.go_to(self._picture)
            self._update()

    def _changed_elsewhere(self, classes: ClassSet) -> None:
        """A model's classes have joined: without changes of the person the table follows."""
        if self._job is None and not self.drafting.changed and classes != self.drafting.start.classes:
            self.drafting = Drafting(self._start())
            self._show()

    def accept(self) -> None:
        """OK: apply, and close when that is done."""
        if not self.drafting.changed:
            super().accept()
        else:
            self._then_close = True
            self.apply()

    def reject(self) -> None:
        """Cancel: a change under way is taken back whole; else the draft is dropped."""
        self._then_close = False
        if self._job is not None:
            self._desk.session.cancel(self._job)
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: not while a change is under way."""
        if self._job is not None:
            self._desk.session.cancel(self._job)
            event.ignore()
            return
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Qt: the dialog goes."""
        if self._counting is not None:
            self._desk.session.cancel(self._counting)
        super().done(result)

    def recolour(self) -> None:
        """The tints have the theme's ground."""
        self._show()


def _menu_button(text: str, tip: str, menu: QMenu) -> QPushButton:
    result = button(text, icon="down")
    result.setAutoDefault(False)
    result.setMenu(menu)
    name(result, tip)
    return result
