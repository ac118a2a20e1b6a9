"""The log file: what went wrong unforeseen, for a report. A person never has to read it to go on."""

from __future__ import annotations

import logging
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from segdesk.paths import user_data_dir

MEGABYTE = 1 << 20
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def log_file() -> Path:
    """Where the log lies."""
    return user_data_dir() / "logs" / "segdesk.log"


def start_logging(path: Path | None = None) -> logging.Handler:
    """Log to a file that is rotated at 1 MB (three are kept), or to nowhere if it cannot be written.

    Also catches what no one caught: exceptions of the main thread and of threads are logged instead of printed.
    Returns the handler; `stop_logging` takes it away again.
    """
    path = path or log_file()
    handler: logging.Handler
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(path, maxBytes=MEGABYTE, backupCount=3, encoding="utf-8", delay=True)
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(logging.Formatter(_FORMAT))
    logger = logging.getLogger("segdesk")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # the library of a user who has logging of their own must not print it twice
    logger.addHandler(handler)
    threading.excepthook = _thread_hook
    sys.excepthook = _hook
    return handler


def stop_logging(handler: logging.Handler) -> None:
    """Undo `start_logging`."""
    logger = logging.getLogger("segdesk")
    logger.removeHandler(handler)
    logger.propagate = True
    handler.close()
    threading.excepthook = threading.__excepthook__
    sys.excepthook = sys.__excepthook__


def _hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    logging.getLogger("segdesk").critical("unhandled exception", exc_info=(kind, error, trace))
    sys.__excepthook__(kind, error, trace)


def _thread_hook(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value
    if error is not None:
        name = args.thread.name if args.thread else "?"
        logging.getLogger("segdesk").critical("unhandled exception in thread %s", name, exc_info=error)
