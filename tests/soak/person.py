"""A person at random: mouse and keyboard events for the real window, one action after another, by a seed."""

from __future__ import annotations

import random
import shutil
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from segdesk.io.project import Project
from segdesk.ui.desk import Desk
from segdesk.ui.export_dialog import ExportDialog
from segdesk.ui.i18n import tr
from segdesk.ui.main_window import MainWindow
from tests.soak.pages import visit
from tests.soak.state import Broken, Kind, Model, Seen, digest
from tests.soak.watch import Watch

KEY, CTRL, SHIFT, ALT, NONE = (
    Qt.Key,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.NoModifier,
)
LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
PATIENCE = 400.0  # seconds until something that should end counts as hanging
STILL = 0.03  # seconds in which nothing must change
CLICKS = ("fill", "wand", "pick", "relabel", "split", "prompt", "superpixel")
MISUSE = ("paint", "operation", "delete")  # actions that may hit where there is nothing to do
POINTS = ("polygon", "scissors")


class Person:
    """`act` does one thing and compares the window with the model."""

    def __init__(self, window: MainWindow, project: Path, seed: int, watch: Watch) -> None:
        self.window, self.project, self.watch = window, project, watch
        self.random = random.Random(seed)
        self.model = Model()
        self.last: deque[str] = deque(maxlen=8)
        self.errors: list[str] = []  # toasts and uncaught errors
        self.said: Counter[str] = Counter()  # what tools said that were used where they can do nothing
        self.done: dict[str, int] = {}
        window.desk.notice.connect(self._noticed)
        window.crash.caught.connect(self._crashed)
        self.actions: list[tuple[int, str, Callable[[], Kind]]] = [
            (30, "paint", self.paint),
            (8, "undo", self.undo),
            (5, "redo", self.redo),
            (10, "switch picture", self.switch),
            (3, "accept or skip", self.mark),
            (3, "take a mark back", self.unmark),
            (6, "choose a class", self.choose_class),
            (6, "zoom and pan", self.look),
            (5, "toggle a view", self.toggle),
            (3, "run here", self.run_here),
            (1, "run on all", self.run_all),
            (2, "toggle CRF", self.toggle_crf),
            (2, "choose a model", self.choose_model),
            (2, "filter the list", self.filter_list),
            (2, "run an operation", self.operate),
            (1, "export", self.export),
            (1, "close and reopen", self.reopen),
            (1, "language or theme", self.change_look),
            (2, "resize", self.resize),
            (1, "delete an object", self.delete),
            (2, "open a page", self.visit),
        ]

    # -- the loop -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Open the project and wait until a picture is there."""
        self.window.begin(self.project)
        self.wait(lambda: self.document is not None and bool(self.desk.runs.devices))
        self.settle()
        self.model.take_rows(self.desk.session.pictures)
        self.compare("none")

    def act(self) -> str:
        """One action, and the comparison after it. Raises `Broken`."""
        weights = [weight for weight, _, _ in self.actions]
        _, name, verb = self.random.choices(self.actions, weights)[0]
        self.watch.doing = name
        kind = verb()
        self.last.append(self.watch.doing)
        self.settle()
        try:
            self.compare(kind)
        except Broken as error:
            steps = (
                [edit.name for edit in islice(reversed(self.document.history.done), 4)]
                if self.document is not None
                else []
            )
            raise Broken(f"{error}; the last steps: {steps}; the last actions: {list(self.last)}") from error
        self.done[name] = self.done.get(name, 0) + 1
        return name

    def compare(self, kind: Kind) -> None:
        """The window against the model."""
        if self.errors:
            raise Broken("; ".join(self.errors))
        document, session = self.document, self.desk.session
        if document is None:
            raise Broken("no picture is open")
        with self.watch.own_work():
            seen = Seen(digest(document.segmentation), len(document.history.done), len(document.history.undone))
            document.segmentation.check(session.classes)
            row = session.row(document.row.id)
            if row is None:
                raise Broken("the open picture is not in the list")
            self.model.step(row.path, kind, seen, row.state)
            self.model.check_list(session.pictures)
            if session.counts() != dict(self.model.counts()):
                raise Broken(f"counts {session.counts()} instead of {dict(self.model.counts())}")
            if self.model.active is not None and document.active_class != self.model.active:
                raise Broken(f"class {document.active_class} is active instead of {self.model.active}")

    def settle(self) -> None:
        """Wait until nothing is under way and all is saved, for a moment without a change."""
        still = time.monotonic()
        limit = still + PATIENCE
        while time.monotonic() - still < STILL:
            self.turn()
            if self._busy():
                still = time.monotonic()
            if time.monotonic() > limit:
                raise Broken(f"{self.watch.doing} does not end: {[t.name for t in self.desk.jobs.values()]}")

    def wait(self, check: Callable[[], object]) -> None:
        """Wait until something holds."""
        limit = time.monotonic() + PATIENCE
        while not check():
            self.turn()
            if time.monotonic() > limit:
                raise Broken(f"{self.watch.doing} does not come to its end")

    def turn(self) -> None:
        """Let the window do what it has to."""
        QApplication.processEvents()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # which only `exec` would do by itself
        modal = QApplication.activeModalWidget()
        if modal is not None and not isinstance(modal, QDialog):
            raise Broken(f"an unexpected window: {modal}")
        time.sleep(0.002)

    def _busy(self) -> bool:
        document, desk = self.document, self.desk
        if document is None or not document.has_pixels or document.busy or document.changes.under_way:
            return True
        if desk.runs.live.pending:  # options were changed: the full answer follows when the hand rests
            return True
        return bool(desk.jobs) or desk.scanning or desk.save_state.status != "saved" or bool(desk.labels._settling)

    def _noticed(self, kind: str, sentence: str, hint: str) -> None:
        if kind == "error" and self.watch.doing.startswith(MISUSE):
            self.said[sentence] += 1
        elif kind == "error":
            self.errors.append(f"toast: {sentence} {hint}")

    def _crashed(self, sentence: str, hint: str) -> None:
        print(f"crash while {self.watch.doing}: {hint}", file=sys.stderr)
        self.errors.append(f"crash: {sentence} {hint}")

    @property
    def desk(self) -> Desk:
        """The window's desk."""
        return self.window.desk

    @property
    def document(self) -> Any:  # it is None only while a picture is being opened
        """The open document."""
        return self.window.desk.labels.document

    # -- mouse and keys -------------------------------------------------------------------------------------------

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        """A key over the picture; a menu that a click has opened is closed first."""
        while (popup := QApplication.activePopupWidget()) is not None:
            QTest.keyClick(popup, KEY.Key_Escape)
            self.turn()
        self.window.activateWindow()  # nobody manages windows on the screen that is none
        self.wait(self.window.isActiveWindow)
        self.window.canvas.setFocus()
        QTest.keyClick(self.window.canvas, key, held)

    def place(self) -> QPoint:
        """Somewhere on the picture, as it is seen; now and then beside it."""
        canvas, (height, width) = self.window.canvas, self.document.segmentation.size
        x, y = self.random.uniform(-0.03, 1.03) * width, self.random.uniform(-0.03, 1.03) * height
        left, top = canvas.view.to_device(x, y)
        scale = canvas.devicePixelRatioF()
        point = QPoint(round(left / scale), round(top / scale))
        return QPoint(min(max(point.x(), 1), canvas.width() - 2), min(max(point.y(), 1), canvas.height() - 2))

    def drag(self, button: Qt.MouseButton = LEFT, held: Qt.KeyboardModifier = NONE) -> None:
        """A line through some places."""
        canvas, at = self.window.canvas, self.place()
        QTest.mousePress(canvas, button, held, at)
        for _ in range(self.random.randrange(1, 5)):
            to = self.place()
            for part in range(1, 9):
                QTest.mouseMove(canvas, at + (to - at) * part / 8)
                self.turn()
            at = to
        QTest.mouseRelease(canvas, button, held, at)

    # -- actions --------------------------------------------------------------------------------------------------

    def paint(self) -> Kind:
        """Any tool, by its key and the mouse."""
        tool = self.random.choice(sorted(self.window.tools.infos))
        self.watch.doing = f"paint: {tool}"
        self.window.tools.by_id[tool].trigger()
        held = self.random.choices((NONE, CTRL, SHIFT), (8, 1, 1))[0]
        button = self.random.choices((LEFT, RIGHT), (9, 1))[0]
        if tool in POINTS:
            for _ in range(self.random.randrange(3, 6)):
                QTest.mouseClick(self.window.canvas, LEFT, NONE, self.place())
                self.turn()
            self.key(self.random.choice((KEY.Key_Return, KEY.Key_Escape)))
        elif tool in CLICKS:
            QTest.mouseClick(self.window.canvas, button, held, self.place())
        else:
            self.drag(button, held)
        self._wait_for_tool()
        if self.random.random() < 0.5:
            self.key(KEY.Key_Return)
            self._wait_for_tool()
        self.key(KEY.Key_Escape)
        self.model.active = None if tool == "pick" or held & (ALT | SHIFT) else self.model.active
        self.window.tools.by_id["brush"].trigger()
        self._note_class()
        return "replace" if tool == "answer" else "edit"

    def _wait_for_tool(self) -> None:
        self.wait(lambda: self.document is not None and not self.document.busy and not self.desk.jobs)

    def _note_class(self) -> None:
        if self.model.active is None and self.document is not None:
            self.model.active = self.document.active_class

    def undo(self) -> Kind:
        """Ctrl+Z."""
        self.key(KEY.Key_Z, CTRL)
        return "undo"

    def redo(self) -> Kind:
        """Ctrl+Y."""
        self.key(KEY.Key_Y, CTRL)
        return "redo"

    def switch(self) -> Kind:
        """To the next or the previous picture, or by a click in the list, sometimes very fast."""
        for _ in range(self.random.choice((1, 1, 1, 4))):
            if self.random.random() < 0.3:
                view = self.window.files.view
                index = self.window.files.model.index(self.random.randrange(self.window.files.model.rowCount()), 0)
                view.scrollTo(index)
                QTest.mouseClick(view.viewport(), LEFT, NONE, view.visualRect(index).center())
            else:
                self.key(self.random.choice((KEY.Key_D, KEY.Key_A)))
        return "none"

    def mark(self) -> Kind:
        """Accept or skip: the next picture comes."""
        picture = self.model.pictures[self.document.row.path]
        accept = self.random.random() < 0.7
        if accept and self.document.preview is not None:
            picture.labels = None  # an answer that waits is applied with it
        if accept:
            self.key(KEY.Key_Return, CTRL)
        else:
            self.key(KEY.Key_Delete, CTRL)
        picture.state = "verified" if accept else "skipped"
        return "none"

    def unmark(self) -> Kind:
        """Take acceptance or skipping back."""
        row = self.desk.session.row(self.document.row.id)
        assert row is not None
        if row.state in ("verified", "skipped"):
            self.key(KEY.Key_Return, CTRL | SHIFT)
            self.settle()
            state = next(r.state for r in self.desk.session.pictures if r.id == row.id)
            if state in ("verified", "skipped", "failed"):
                raise Broken(f"{row.path} is {state} after its mark was taken back")
            self.model.pictures[row.path].state = state
        return "none"

    def choose_class(self) -> Kind:
        """A number key, or void and back."""
        classes = list(self.desk.session.classes)
        at = self.random.randrange(min(9, len(classes)))
        self.key(Qt.Key(KEY.Key_1.value + at))
        self.model.active = classes[at].id
        return "none"

    def look(self) -> Kind:
        """Zoom by wheel or keys, move the picture."""
        canvas, at = self.window.canvas, QPointF(self.place())
        for _ in range(self.random.randrange(1, 6)):
            turn = QPoint(0, self.random.choice((120, -120)))
            event = QWheelEvent(
                at, canvas.mapToGlobal(at), QPoint(), turn, Qt.MouseButton.NoButton, NONE,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(canvas, event)
            self.turn()
        if self.random.random() < 0.5:
            self.drag(MIDDLE)
        if self.random.random() < 0.4:
            self.key(KEY.Key_F)
        return "none"

    def toggle(self) -> Kind:
        """A way of showing labels, there and back."""
        action = self.random.choice(("outline", "by_object", "only_class", "dim_others", "difference", "split"))
        for _ in range(2):
            if self.window.action_set.enabling.allows(action):
                self.window.action_set.by_id[action].trigger()
                self.settle()
        return "none"

    def run_here(self) -> Kind:
        """R."""
        self.key(KEY.Key_R)
        return "replace"

    def run_all(self) -> Kind:
        """Ctrl+B, and wait."""
        path = self.document.row.path
        self.key(KEY.Key_B, CTRL)
        self.settle()
        self.wait(lambda: self.desk.runs.batch_id is None)
        self.settle()
        self.model.batch(self.desk.session.pictures, path)
        return "replace"

    def toggle_crf(self) -> Kind:
        """C, twice."""
        for _ in range(2):
            if self.window.action_set.enabling.allows("crf"):
                self.key(KEY.Key_C)
                self.settle()
                self.compare("replace")
        return "none"

    def choose_model(self) -> Kind:
        """Regions, or the small net that comes with the program."""
        self.desk.runs.choose_model(self.random.choice(("regions", "regions", "nuclei-unet")))
        return "none"

    def filter_list(self) -> Kind:
        """A state or some letters in the list of pictures, another order, all again."""
        files = self.window.files
        files.filter.setCurrentIndex(self.random.randrange(files.filter.count()))
        QTest.keyClicks(files.search, self.random.choice(("p", "1", "zzz", "")))
        self.settle()
        files.order.setCurrentIndex(self.random.randrange(files.order.count()))
        self.settle()
        files.search.clear()
        files.order.setCurrentIndex(0)
        files.show_all()
        return "none"

    def operate(self) -> Kind:
        """An operation of the menu on all labels."""
        menu = self.window.operations
        names = ("fill_holes", "keep_largest", "smooth", "grow", "remove_islands", "copy_previous")
        name = self.random.choice([n for n in names if menu.enabling.allows(n)])
        self.watch.doing = f"operation: {name}"
        menu.run(name)
        return "edit"

    def export(self) -> Kind:
        """Ctrl+E, any of some formats into a new folder, which is then thrown away."""
        target = self.project.parent / "out"
        self.key(KEY.Key_E, CTRL)
        self.wait(lambda: self._dialog(ExportDialog))
        dialog = self._dialog(ExportDialog)
        dialog.format.setCurrentIndex(dialog.format.findData(self.random.choice(("coco_panoptic", "index_png"))))
        dialog.folder.setText(str(target))
        if dialog.ok.isEnabled():
            QTest.mouseClick(dialog.ok, LEFT, pos=dialog.ok.rect().center())
            self.settle()
            nothing = tr("There is nothing to export.")
            if self.errors and all(nothing in error for error in self.errors):
                self.errors.clear()  # no picture has labels
            elif not target.exists():
                raise Broken(f"the export is not there: {self.errors}")
        else:
            dialog.reject()
        shutil.rmtree(target, ignore_errors=True)
        return "none"

    @staticmethod
    def _dialog(kind: type[QDialog]) -> Any:
        return next((w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()), None)

    def reopen(self) -> Kind:
        """Ctrl+W; the file holds what the model holds; open it again."""
        self.settle()
        self.key(KEY.Key_W, CTRL)
        self.wait(lambda: self.window.stage.currentWidget() is self.window.welcome and not self.desk.jobs)
        with self.watch.own_work(), Project.open(self.project) as project:
            if found := project.look_after():
                raise Broken(f"the file is damaged: {found}")
            for row in project.pictures():
                wanted = self.model.pictures[row.path]
                labels = project.load_map(row.id, "annotation")
                if wanted.labels is not None and labels is not None and digest(labels) != wanted.labels:
                    raise Broken(f"{row.path} has other labels in the file")
        self.desk.open_path(self.project)
        self.wait(lambda: self.document is not None)
        self.model.active = None
        return "none"

    def change_look(self) -> Kind:
        """Another language or theme."""
        if self.random.random() < 0.5:
            self.desk.change_settings(language=self.random.choice(("en", "zh_CN")))
        else:
            self.desk.change_settings(theme=self.random.choice(("light", "dark")))
        return "none"

    def visit(self) -> Kind:
        """A dialog or a page, opened and closed."""
        visit(self)
        return "none"

    def resize(self) -> Kind:
        """Another size of the window."""
        self.window.resize(self.random.randrange(900, 1500), self.random.randrange(600, 1000))
        return "none"

    def delete(self) -> Kind:
        """Pick an object and delete it."""
        QTest.mouseClick(self.window.canvas, LEFT, ALT, self.place())
        self.model.active = None
        self.settle()
        self.key(KEY.Key_Delete)
        self._note_class()
        return "edit"
