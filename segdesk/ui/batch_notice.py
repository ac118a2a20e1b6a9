"""Tells of runs over many pictures: a message at the end, on the desktop if the window is not in front; and a strip
that offers to go on with a run that was not finished when the program ended."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from segdesk.app.batch_queue import Order
from segdesk.ui.batch_words import model_name, result_words, time_words
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import number, tr
from segdesk.ui.strip import Strip
from segdesk.ui.widgets import button, name

SHOWN_MS = 12_000


class BatchNotice(QObject):
    """Follows the desk's queue. `tray`: the desktop's notifications, made when first needed."""

    def __init__(self, desk: Desk, window: QWidget) -> None:
        super().__init__(window)
        self._desk, self._window = desk, window
        self.tray: QSystemTrayIcon | None = None
        desk.runs.batches.ended.connect(self._ended)

    def _ended(self, order: Order) -> None:
        if order.state == "failed":  # the error has been shown
            self._on_desktop(tr("The run with {model} could not go on.", model=model_name(self._desk, order)), "")
            return
        if order.state == "stopped":
            sentence = tr("The run was stopped: {result}", result=result_words(order))
            self._desk.notice.emit("info", sentence, "")
            return
        hint = ""
        if order.failed:
            hint = tr("The batch page lists them with their reasons.")
        elif order.seconds >= 1:
            hint = tr("{model}, {time}", model=model_name(self._desk, order), time=time_words(order.seconds))
        self._desk.notice.emit("error" if order.failed else "good", result_words(order), hint)
        if self._desk.runs.batches.current is None:
            self._on_desktop(result_words(order), hint)

    def _on_desktop(self, sentence: str, hint: str) -> None:
        """A notification of the desktop, where it has any and the window is not in front."""
        if self._window.isActiveWindow() or not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self.tray is None:
            self.tray = QSystemTrayIcon(self._window.windowIcon(), self)
            self.tray.messageClicked.connect(self._to_front)
            self.tray.activated.connect(lambda _: self._to_front())
        self.tray.show()
        self.tray.showMessage(sentence, hint, self._window.windowIcon(), SHOWN_MS)
        QTimer.singleShot(SHOWN_MS, self.tray, self.tray.hide)  # the icon is there for the message only

    def _to_front(self) -> None:
        self._window.raise_()
        self._window.activateWindow()
        if self.tray is not None:
            self.tray.hide()


class BatchOffer(Strip):
    """The strip: "The run with X stopped at 312 of 5,000." Go on, or not."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        self._desk = desk
        batches = desk.runs.batches
        self.go_on = button(kind="main", icon="run", clicked=batches.go_on)
        self.forget = button(kind="quiet", clicked=batches.forget)
        super().__init__("recent", "info", (self.forget, self.go_on), parent)
        batches.changed.connect(self.refresh)
        self.retranslate()
        self.built = True

    def refresh(self) -> None:
        """Show or hide."""
        left = self._desk.runs.batches.queue.interrupted
        if left:
            self.say(self._words(left))
        else:
            self.hide()

    def _words(self, left: list[Order]) -> str:
        first, model = left[0], model_name(self._desk, left[0])
        total = first.total + first.before
        if total:
            done = number(first.done + first.before)
            text = tr("The run with {model} stopped at {done} of {total}.", model=model, done=done, total=number(total))
        else:
            text = tr("The run with {model} had not begun when the program ended.", model=model)
        return text + (" " + tr("%n more run(s) waited behind it.", len(left) - 1) if len(left) > 1 else "")

    def retranslate(self) -> None:
        """Set the texts again."""
        self.go_on.setText(tr("Go on"))
        name(self.go_on, tr("Go on with the run; pictures that are done are not run again"))
        self.forget.setText(tr("Let it be"))
        name(self.forget, tr("Do not go on with the run; what it has done stays"))
        self.recolour()
        self.refresh()
