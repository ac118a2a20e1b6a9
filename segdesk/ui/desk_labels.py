"""`Labels`: the verbs of the open document: painting tools, undo and objects."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from segdesk.app import rules
from segdesk.app.class_draft import class_of_key
from segdesk.app.document import Document, Hand
from segdesk.app.reports import Opened
from segdesk.app.work_clock import WorkClock
from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import Edit
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.ui.desk_classes import ClassVerbs
from segdesk.ui.i18n import tr

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

RESULT = N_("model's answer")  # the name of the undo step that applies an answer
LEAST_SECONDS = 0.5  # a picture that is passed in less was not worked on


class Labels(ClassVerbs):
    """Part of `Desk`.

    Attributes:
        document: the open document, None while a picture loads or failed.
        hand: what the person paints with, for the whole session.
    Signals:
        segments_changed(): objects, areas or classes of the document; state_changed(): active class, selection, brush,
        preview; tool_changed(str): the tool's id; keys_changed(): see `ClassVerbs`
    """

    segments_changed = Signal()
    state_changed = Signal()
    tool_changed = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.document: Document | None = None
        self.hand = Hand(snapper=desk.session.snapper)
        self.tool = ""
        self._clock = WorkClock()
        self._settling: list[Document] = []  # documents that were left, in which something is still under way
        self._next: tuple[int, Callable[[], None]] | None = None
        self._parked: tuple[Document, Hand] | None = None  # while other strokes are painted on the picture
        self._keeps_locks = False  # whether the hand's locks are those of the open project

    # -- opening --------------------------------------------------------------------------------------------------

    def open(self, opened: Opened) -> None:
        """Make the document of a picture that has been read."""
        document = Document(
            opened.row,
            opened.pixels,
            opened.segmentation,
            opened.history,
            self._desk.session.classes,
            prediction=opened.prediction,
            hand=self.hand,
        )
        self.hand.locked_segments = {(opened.row.id, key) for key in self._desk.session.locked_segments(opened.row.id)}
        self.document = document
        itself = weakref.ref(document)  # a document that listens to itself would stay until Python looks for circles
        document.on_edit.append(lambda edit, kind: self._edited(itself(), edit, kind))
        document.on_segments.append(self.segments_changed.emit)
        document.on_state.append(self._state)
        self._clock.start()
        self.segments_changed.emit()
        self._state()

    def exchange(self, document: Document) -> None:
        """Paint on this document of the same picture, with its own hand; `restore` goes back to the labels."""
        assert self.document is not None
        self.document.commit()
        self._parked = self.document, self.hand
        self.document, self.hand = document, document.hand
        document.on_segments.append(self.segments_changed.emit)
        document.on_state.append(self._state)
        self.segments_changed.emit()
        self._state()

    def restore(self) -> Document | None:
        """The labels again, after `exchange`; the class and the brush stay. Returns their document."""
        if self._parked is None:
            return self.document
        left = self.document
        if left is not None:
            left.commit()
        (self.document, hand), self._parked = self._parked, None
        hand.brush_size = self.hand.brush_size
        if self.document.classes.get(self.hand.active_class) is not None:
            hand.active_class = self.hand.active_class
        self.hand = hand
        self.segments_changed.emit()
        self._state()
        return self.document

    def close(self, *, discard: bool = False) -> None:
        """Let go of the document; a stroke under way is kept, a preview and a large change under way are dropped. A
        model's answer that is being worked in comes to its end, unless `discard`."""
        document = self.restore()
        if document is not None:
            document.leave(discard=discard)
            self._note_time(document.row.id)
            if document.changes.under_way and not discard:
                self._settling.append(document)
                document.on_state.append(self._settle)
        self.document = None
        self.segments_changed.emit()
        self._state()

    def when_settled(self, picture_id: int, then: Callable[[], None]) -> None:
        """Call `then` as soon as nothing is under way in a document of this picture that was left; forgotten if asked
        for another picture before that."""
        self._next = picture_id, then
        self._settle()

    def _settle(self) -> None:
        self._settling = [d for d in self._settling if d.changes.under_way]
        wanted = self._next
        if wanted is not None and all(d.row.id != wanted[0] for d in self._settling):
            self._next = None
            wanted[1]()

    def project_opened(self) -> None:
        """Another project is open: its locks hold, and the hand paints over everything."""
        self.hand.locked_classes = set(self._desk.session.locked_classes)
        self.hand.locked_segments = set()
        self.hand.only_over = None
        self._keeps_locks = True
        self._state()

    def leave_project(self) -> None:
        """The project is about to be closed."""
        self.close(discard=True)
        self._keeps_locks = False

    def worked(self) -> None:
        """The person did something with the open picture (moved the pointer over it, too): the clock of work runs."""
        self._clock.tick()

    def _note_time(self, picture_id: int) -> None:
        self.worked()
        spent = self._clock.take()
        if spent >= LEAST_SECONDS:
            self._desk.session.add_cost(picture_id, spent, 0)

    def row_changed(self, row: PictureRow) -> None:
        """The picture's row in the project changed."""
        for document in (self.document, self._parked[0] if self._parked is not None else None):
            if document is not None and document.row.id == row.id:
                document.row = row

    def classes_changed(self, classes: ClassSet) -> None:
        """The project's classes changed."""
        self.hand.locked_classes &= {c.id for c in classes}
        if self.hand.only_over and classes.get(self.hand.only_over) is None:
            self.hand.only_over = None
        if self._parked is not None:
            self._parked[0].set_classes(classes)
        if self.document is not None:
            self.document.set_classes(classes)

    def _state(self) -> None:
        self._keep_locks()
        self.state_changed.emit()
        self._desk.conditions_changed.emit()

    def _edited(self, document: Document | None, edit: Edit, kind: str) -> None:
        assert document is not None  # it is the one that calls
        by_model = edit.name == RESULT
        session = self._desk.session
        session.save_step(document.row.id, document.snapshot(edit), edit, kind, by_model=by_model)
        if not by_model:
            self.worked()
            session.add_cost(document.row.id, self._clock.take(), edit.pixels if kind == "push" else 0)
        self._desk.conditions_changed.emit()

    def _keep_locks(self) -> None:
        """What was locked or unlocked, by whatever part of the program, goes into the project."""
        session, document, hand = self._desk.session, self.document, self.hand
        if not self._keeps_locks or self._parked is not None or session.project is None:
            return
        session.lock_classes(frozenset(hand.locked_classes))
        if document is not None:
            row = document.row.id
            session.lock_segments(row, frozenset(key for picture, key in hand.locked_segments if picture == row))

    # -- what painting spares -------------------------------------------------------------------------------------

    def lock_class(self, class_id: int) -> None:
        """Lock a class, or unlock it."""
        self.hand.locked_classes ^= {class_id}
        self._state()

    def lock_segment(self, segment_id: int) -> None:
        """Lock an object of the open picture, or unlock it."""
        if self.document is not None and self.document.segment(segment_id) is not None:
            self.hand.locked_segments ^= {(self.document.row.id, segment_id)}
            self._state()

    def is_locked(self, segment_id: int) -> bool:
        """Whether an object of the open picture is locked by itself."""
        return self.document is not None and (self.document.row.id, segment_id) in self.hand.locked_segments

    def paint_only_over(self, class_id: int | None) -> None:
        """Paint over this class alone (0 = over what has no label), None = over everything."""
        self.hand.only_over = class_id
        self._state()

    def toggle_only_over(self, on: bool) -> None:
        """Paint only over the class under the pointer, or over everything again."""
        class_id = self._desk.view.class_under_pointer() if on else None
        if on and class_id is None:
            hint = tr("Put the pointer on that class and press the key, or choose it in the row of the tool.")
            self._desk.notice.emit("info", tr("Which class is to be painted over?"), hint)
        self.paint_only_over(class_id)

    # -- tools ----------------------------------------------------------------------------------------------------

    def choose_tool(self, tool_id: str) -> None:
        """Paint, fill or pick with this tool from now on."""
        self.tool = tool_id
        self.tool_changed.emit(tool_id)

    def choose_class(self, class_id: int) -> None:
        """Paint this class from now on."""
        if self.document is not None:
            self.document.active_class = class_id
        else:
            self.hand.active_class = class_id
            self._state()

    def choose_nth(self, index: int) -> None:
        """Choose the class of a number key: the one that has been given it, else the one in row `index` of the rest."""
        class_id = self.class_of_key(str(index + 1))
        if class_id is not None:
            self.choose_class(class_id)

    def class_of_key(self, key: str) -> int | None:
        """The class that a number or letter chooses."""
        session = self._desk.session
        return class_of_key(key, session.classes, session.classing.keys)

    def relabel_nth(self, index: int, segment_id: int) -> None:
        """Give an object the class of a number key (Shift+1 to 9)."""
        class_id = self.class_of_key(str(index + 1))
        if class_id is not None:
            self.relabel(segment_id, class_id)

    def smaller(self) -> None:
        """A smaller brush."""
        self._desk.view.step_brush(-1)

    def larger(self) -> None:
        """A larger brush."""
        self._desk.view.step_brush(1)

    def set_brush(self, size: float) -> None:
        """The brush's diameter in image pixels."""
        if self.document is not None:
            self.document.brush_size = size

    def swap_void(self) -> None:
        """Paint void instead of the class, and back."""
        if self.document is not None:
            self.document.swap_void()

    def toggle_protect(self, on: bool) -> None:
        """Protect the other classes from the brush."""
        if self.document is not None:
            self.document.protect = on

    # -- undo and objects -----------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take the last step back."""
        if self.document is not None and not self.document.busy:
            self.document.undo()

    def redo(self) -> None:
        """Do it again."""
        if self.document is not None and not self.document.busy:
            self.document.redo()

    def select(self, segment_id: int | None) -> None:
        """Select an object; None or 0 = none."""
        if self.document is not None:
            self.document.active_segment = segment_id or None

    def delete_selected(self) -> None:
        """Make the selected object void."""
        if self.document is not None and self.document.active_segment:
            self.delete(self.document.active_segment)

    def delete(self, segment_id: int) -> None:
        """Make an object void."""
        document = self.document
        if document is not None and not document.busy:
            self._desk.attempt(lambda: self._delete(document, segment_id))

    def _delete(self, document: Document, segment_id: int) -> None:
        rules.check_unlocked(document, segment_id)
        document.delete(segment_id)

    def relabel(self, segment_id: int, class_id: int) -> None:
        """Give an object another class."""
        document = self.document
        if document is not None and not document.busy and document.segment(segment_id) is not None:
            self._desk.attempt(lambda: self._relabel(document, segment_id, class_id))

    def _relabel(self, document: Document, segment_id: int, class_id: int) -> None:
        rules.check_unlocked(document, segment_id, class_id)
        document.relabel(segment_id, class_id)

    def accept_preview(self) -> None:
        """Apply the answer that waits as a preview."""
        if self.document is not None:
            self.document.accept_preview()

    def discard_preview(self) -> None:
        """Drop it."""
        if self.document is not None:
            self.document.discard_preview()

    def undo_names(self) -> tuple[str, str]:
        """The names of the steps that undo and redo would take, "" where there is none."""
        history = None if self.document is None else self.document.history
        done = history.done[-1].name if history is not None and history.done else ""
        undone = history.undone[-1].name if history is not None and history.undone else ""
        return done, undone

    def conditions(self) -> dict[str, bool]:
        """The document's share of `Desk.conditions`."""
        document = self.document
        ready = document is not None and not document.busy
        return {
            "picture": document is not None,
            "undo": ready and document is not None and document.can_undo,
            "redo": ready and document is not None and document.can_redo,
            "segment": document is not None and bool(document.active_segment),
            "class": len(self._desk.session.classes) > 0,
        }
