"""One hook for what nobody caught: it is logged and shown as a toast. The program never closes by itself."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QObject, Signal

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.ui.i18n import error_text, tr

log = logging.getLogger(__name__)
Hook = Callable[[type[BaseException], BaseException, TracebackType | None], object]


class CrashHook(QObject):
    """Install it once; `caught` comes on the UI thread whatever thread raised.

    Signals:
        caught(sentence, hint)
    """

    caught = Signal(str, str)
    _raised = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._old: Hook = sys.excepthook
        self._old_thread = threading.excepthook
        self._raised.connect(self._show)

    def install(self) -> None:
        """Take over the hooks of the interpreter and of its threads."""
        sys.excepthook = self._hook
        threading.excepthook = lambda args: self._hook(
            args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
        )

    def remove(self) -> None:
        """Give them back."""
        sys.excepthook = self._old
        threading.excepthook = self._old_thread

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._old(kind, error, trace)
            return
        log.error("not caught", exc_info=(kind, error, trace))
        if not isinstance(error, Cancelled):
            self._raised.emit(error)

    def _show(self, error: BaseException) -> None:
        if isinstance(error, SegDeskError):
            self.caught.emit(*error_text(error))
            return
        words = f"{type(error).__name__}: {error}"
        self.caught.emit(
            tr("Something went wrong inside the program; your work is kept."),
            tr("{words}. “Copy details” has what is needed to report it.", words=words),
        )
