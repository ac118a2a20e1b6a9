"""`Places`: the doubtful places of the open picture, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from segdesk.domain.doubt import Doubts, Place

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk


class Places(QObject):
    """Part of `Desk`.

    Attributes:
        places: of the open picture, the most doubtful first; at: the one shown, -1 = none.
    Signals:
        changed(): other places, or another one is shown.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self.places: tuple[Place, ...] = ()
        self.at = -1
        desk.loading.connect(lambda _: self.take(None))
        desk.project_closed.connect(lambda: self.take(None))

    @property
    def current(self) -> Place | None:
        """The place that is shown."""
        return self.places[self.at] if 0 <= self.at < len(self.places) else None

    def take(self, doubts: Doubts | None) -> None:
        """The doubts about the answer for the open picture."""
        self.places = () if doubts is None else doubts.places
        self.at = -1
        self._desk.view.set_doubt(None if doubts is None else doubts.map)
        self._desk.view.unmark()
        self.changed.emit()
        self._desk.conditions_changed.emit()

    def next(self) -> None:
        """Show the next place, after the last one the first again."""
        self._show(self.at + 1)

    def previous(self) -> None:
        """Show the place before."""
        self._show(len(self.places) - 1 if self.at < 0 else self.at - 1)

    def leave(self) -> None:
        """Show the whole picture again."""
        self.at = -1
        self._desk.view.unmark()
        self._desk.view.fit()
        self.changed.emit()

    def _show(self, at: int) -> None:
        if self.places:
            self.at = at % len(self.places)
            self._desk.view.look_at(self.places[self.at].box)
            self.changed.emit()
