"""The log file: what nobody caught is written there."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from segdesk.app.logs import MEGABYTE, Logging, log_file, start_logging, stop_logging


@pytest.fixture
def started() -> Iterator[Logging]:
    started = start_logging()
    yield started
    stop_logging(started)


def test_errors_of_the_program_are_logged(started: Logging) -> None:
    logging.getLogger("segdesk.somewhere").error("the sky fell")
    text = log_file().read_text("utf-8")
    assert "the sky fell" in text
    assert "segdesk.somewhere" in text


def test_what_a_thread_did_not_catch_is_logged(started: Logging) -> None:
    def fail() -> None:
        raise RuntimeError("nobody caught this")

    thread = threading.Thread(target=fail, name="careless")
    thread.start()
    thread.join()
    text = log_file().read_text("utf-8")
    assert "nobody caught this" in text
    assert "careless" in text


def test_what_the_main_thread_did_not_catch_is_logged(started: Logging, capsys: pytest.CaptureFixture[str]) -> None:
    sys.excepthook(ValueError, ValueError("at the very top"), None)
    assert "at the very top" in log_file().read_text("utf-8")
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert "KeyboardInterrupt" not in log_file().read_text("utf-8")


def test_the_log_is_rotated_and_stays_small(tmp_path: Path) -> None:
    started = start_logging(tmp_path / "segdesk.log")
    for number in range(5 * 1024 + 600):
        logging.getLogger("segdesk").error("%05d %s", number, "x" * 1024)
    stop_logging(started)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["segdesk.log", "segdesk.log.1", "segdesk.log.2", "segdesk.log.3"]
    assert all(path.stat().st_size <= MEGABYTE for path in tmp_path.iterdir())
    assert " 05719 " in (tmp_path / "segdesk.log").read_text("utf-8")  # the latest is kept


def test_a_place_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    started = start_logging(tmp_path / "file" / "log.txt")
    logging.getLogger("segdesk").error("into the void")
    stop_logging(started)


def test_everything_is_taken_back() -> None:
    before = sys.excepthook, threading.excepthook, list(logging.getLogger("segdesk").handlers)
    stop_logging(start_logging())
    assert (sys.excepthook, threading.excepthook, logging.getLogger("segdesk").handlers) == before
