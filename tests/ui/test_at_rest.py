"""A window that nobody touches does nothing: no painting, no laying out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel

from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]
WORK = (QEvent.Type.Paint, QEvent.Type.UpdateRequest, QEvent.Type.LayoutRequest)
LONG = "A hint so long that it takes more than one line of the message, and so its height follows from its width."


class Counting(QObject):
    """Counts what is painted and laid out anywhere in the application."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Counter[tuple[str, str]]()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: every event of the application."""
        if event.type() in WORK:
            self.seen[type(watched).__name__, event.type().name] += 1
        return False


def test_a_message_that_stays_is_not_laid_out_again_and_again(
    app: QApplication, opened: MainWindow, qtbot, until: Until
):
    """It was, hundreds of times a second, and the whole canvas below it was painted each time."""
    until(lambda: not opened.desk.jobs)
    opened.desk.notice.emit("error", "Something went wrong.", LONG)
    toast = opened.toasts.shown[-1]
    qtbot.wait(300)
    counting = Counting()
    app.installEventFilter(counting)
    qtbot.wait(300)
    app.removeEventFilter(counting)
    assert opened.toasts.shown == [toast]
    assert sum(counting.seen.values()) < 20, counting.seen


def test_a_message_is_as_high_as_its_words(opened: MainWindow, qtbot):
    for hint in ("", "Short.", LONG, LONG * 3):
        opened.desk.notice.emit("info", f"A sentence {len(hint)}.", hint)
    qtbot.wait(100)
    heights = [toast.height() for toast in opened.toasts.shown]
    assert heights == sorted(set(heights))
    assert heights == [toast.wanted_height() for toast in opened.toasts.shown]
    parts = [part for toast in opened.toasts.shown for part in toast.findChildren(QLabel)]
    assert len(parts) == 4 + 3 + 4  # signs, hints, sentences
    assert all(part.height() >= max(part.heightForWidth(part.width()), 16) for part in parts)
    bottoms = [toast.geometry().bottom() for toast in opened.toasts.shown]
    tops = [toast.geometry().top() for toast in opened.toasts.shown]
    assert all(bottom < top for bottom, top in zip(bottoms, tops[1:], strict=False))
