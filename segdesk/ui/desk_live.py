"""`Live`: a slider of the answer's options moves, and the picture follows: first a quick answer for what is on the
screen, again and again while the hand moves, then the full answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from segdesk.app.looking import Glimpse
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.ui.canvas_glance import Shown, glance_at

if TYPE_CHECKING:
    from segdesk.ui.canvas import Canvas
    from segdesk.ui.desk import Desk
    from segdesk.ui.desk_runs import Runs

REST = 180  # milliseconds that the hand must rest before the full answer is worked out
BUDGETS = (60_000, 120_000, 240_000, 480_000)  # pixels of a quick answer
FEWER_FROM, MORE_UNTIL = 0.2, 0.05  # seconds that one took, for the size of the next


class Live(QObject):
    """Part of `Runs`. A quick answer is let to its end, for it is short, and the next one is for the options as they
    are then; a full answer that is being worked out is dropped as soon as the hand moves on.

    Signals:
        shown(Glimpse): a quick answer is on the canvas
    """

    shown = Signal(object)

    def __init__(self, desk: Desk, runs: Runs) -> None:
        super().__init__(runs)
        self._desk, self._runs = desk, runs
        self._canvas: Canvas | None = None
        self._glance = 0  # the job of the quick answer
        self._full = 0  # and of the full one
        self._stale = False  # the options have changed since the quick answer was asked for
        self._budget = 2
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._rested)
        desk.conditions_changed.connect(self._look_after)
        desk.loading.connect(lambda _: self._rest.stop())

    def bind(self, canvas: Canvas) -> None:
        """What is on the screen."""
        self._canvas = canvas

    def moved(self) -> None:
        """The options are others now."""
        self._rest.start()
        if self._glance in self._desk.jobs:
            self._stale = True
        else:
            self._look()

    @property
    def pending(self) -> bool:
        """Whether a full answer is still to be asked for."""
        return self._rest.isActive()

    def rest(self) -> None:
        """The full answer is asked for."""
        self._rest.stop()

    def follow(self, job_id: int) -> None:
        """The full answer is worked out by this job; what is shown for it goes when it ends, whatever its end."""
        self._full = job_id

    def _look(self) -> None:
        """Ask for a quick answer; without a screen there is nothing to look at."""
        self._stale = False
        canvas = self._canvas
        size = None if canvas is None else canvas.picture_size
        if canvas is None or size is None:
            return
        glance = glance_at(canvas.view, canvas.area(), size, BUDGETS[self._budget])
        if glance is None:
            return
        try:
            self._glance = self._desk.session.looking.glance(glance)
        except SegDeskError:  # the full answer will tell
            return
        self._desk.track(self._glance, N_("Deciding again"), then=self._seen, failed=lambda _: None, shown=False)

    def _seen(self, value: object) -> None:
        document, canvas = self._desk.labels.document, self._canvas
        here = isinstance(value, Glimpse) and document is not None and document.row.id == value.picture_id
        if not here or canvas is None or not isinstance(value, Glimpse):
            return
        if not document.painting:  # type: ignore[union-attr]  # it is here
            canvas.show_glimpse(Shown(value.rect, value.ids, value.segments))
            self.shown.emit(value)
        step = (value.seconds < MORE_UNTIL) - (value.seconds > FEWER_FROM)
        if value.seconds:
            self._budget = min(len(BUDGETS) - 1, max(0, self._budget + step))
        if self._stale:
            self._look()

    def _rested(self) -> None:
        """The full answer; where a quick one is still on its way, after that."""
        if self._glance in self._desk.jobs:
            self._rest.start()
        else:
            self._runs.decide_again()

    def _look_after(self) -> None:
        """The job of the full answer has ended: nothing announces it any more once it has been worked in."""
        if self._full and self._full not in self._desk.jobs:
            self._full = 0
            document, canvas = self._desk.labels.document, self._canvas
            if document is not None and canvas is not None and self._glance not in self._desk.jobs:
                document.after(lambda: self._clear(canvas))

    def _clear(self, canvas: Canvas) -> None:
        if self._full == 0 and self._glance not in self._desk.jobs and not self._rest.isActive():
            canvas.show_glimpse(None)
