"""The log file: what went wrong unforeseen, for a report. A person never has to read it to go on."""

from __future__ import annotations

import logging
import platform
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from segdesk import __version__
from segdesk.paths import user_data_dir

MEGABYTE = 1 << 20
LOGS = ("segdesk.log", "engine.log", "training.log")  # of this process, of the engine's, of trainings
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def log_file() -> Path:
    """Where the log lies."""
    return user_data_dir() / "logs" / "segdesk.log"


@dataclass(frozen=True, eq=False)
class Logging:
    """Logging that was started, and what was there before it."""

    handler: logging.Handler
    hook: Callable[..., object]
    thread_hook: Callable[..., object]


def start_logging(path: Path | None = None) -> Logging:
    """Log to a file that is rotated at 1 MB (three are kept), or to nowhere if it cannot be written.

    What no one caught, in the main thread or another, is logged as well. `stop_logging` takes all of it back.
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
    logger.propagate = False  # or it would be printed as well
    logger.addHandler(handler)
    logger.info("SegDesk %s, Python %s, %s", __version__, platform.python_version(), platform.platform())
    before = Logging(handler, sys.excepthook, threading.excepthook)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            logger.critical("unhandled exception", exc_info=(kind, error, trace))
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = hook
    threading.excepthook = _thread_hook
    return before


def stop_logging(started: Logging) -> None:
    """Undo `start_logging`."""
    logger = logging.getLogger("segdesk")
    logger.removeHandler(started.handler)
    logger.propagate = True
    started.handler.close()
    sys.excepthook, threading.excepthook = started.hook, started.thread_hook


def _thread_hook(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        name = args.thread.name if args.thread else "?"
        logging.getLogger("segdesk").critical("unhandled exception in thread %s", name, exc_info=args.exc_value)
