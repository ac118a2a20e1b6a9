"""What is copied about an error: the words, versions, machine and the ends of the logs, without the person's name."""

from __future__ import annotations

import getpass
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from segdesk import __version__, cli
from segdesk.app import details as module
from segdesk.app.details import details, last_lines, without_person
from segdesk.app.engine_spawn import LOG_BYTES, opened_log
from segdesk.app.logs import LOGS, log_file, start_logging, stop_logging
from segdesk.domain.errors import SegDeskError


@pytest.fixture
def logging_on() -> Iterator[None]:
    started = start_logging()
    yield
    stop_logging(started)


@pytest.fixture
def anna(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person whose home is /home/anna."""
    monkeypatch.setattr(Path, "home", classmethod(lambda cls: cls("/home/anna")))
    monkeypatch.setattr(getpass, "getuser", lambda: "anna")


@pytest.mark.usefixtures("logging_on", "anna")
def test_details_hold_all_that_is_needed_and_no_name() -> None:
    logging.getLogger("segdesk.test").error("/home/anna/Bilder/a.png could not be read")
    log_file().with_name("engine.log").write_text("engine 7 is ready\n/media/anna/disk/net.pth failed\n", "utf-8")
    text = details(SegDeskError("{name} is damaged.", "Copy {name} again.", name="/home/anna/x.png"))
    assert text.startswith("~/x.png is damaged.\nCopy ~/x.png again.\n")
    for part in (f"SegDesk {__version__}", "Python 3.", "cores", "device: auto", "numpy ", "torch "):
        assert part in text
    assert "~/Bilder/a.png could not be read" in text
    assert "engine 7 is ready" in text
    assert "/media/(name)/disk/net.pth failed" in text
    assert "anna" not in text


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("open '/home/anna'", "open '~'"),
        ("/home/anna/a b/c.png:3", "~/a b/c.png:3"),
        ("/home/annabel/c.png", "/home/annabel/c.png"),
        ("file:///home/anna/c", "file://~/c"),
        ("/mnt/anna/c and /mnt/annas/c", "/mnt/(name)/c and /mnt/annas/c"),
        ("Dear anna", "Dear anna"),
    ],
)
def test_the_person_is_taken_out_of_paths(text: str, wanted: str) -> None:
    assert without_person(text) == wanted


def test_the_home_of_windows_in_each_spelling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_homes", lambda: ["C:\\\\Users\\\\Anna", "C:\\Users\\Anna", "C:/Users/Anna"])
    monkeypatch.setattr(module, "_windows", lambda: True)
    monkeypatch.setattr(getpass, "getuser", lambda: "Anna")
    for home in ("c:\\users\\anna", "C:/Users/Anna", "C:\\\\Users\\\\Anna"):
        assert without_person(f"in {home}\\x.png") == "in ~\\x.png"


def test_without_any_log_there_are_still_words() -> None:
    assert details("It failed.", "Try again.").splitlines()[:2] == ["It failed.", "Try again."]


def test_a_long_log_costs_its_end_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.log"
    file.write_text("".join(f"line {n}\n" for n in range(200_000)), "utf-8")
    assert last_lines(file, 2) == ["line 199998", "line 199999"]
    assert last_lines(tmp_path / "none.log", 2) == []


def test_the_logs_of_the_other_processes_start_anew_when_they_are_long(tmp_path: Path) -> None:
    import os

    log = tmp_path / "logs" / "training.log"
    for _ in range(3):
        os.close(opened_log(log))
    log.write_bytes(b"x" * (LOG_BYTES + 1))
    os.close(opened_log(log))
    assert log.stat().st_size == 0
    assert log.with_suffix(".old.log").stat().st_size == LOG_BYTES + 1


def test_the_log_says_what_has_started(logging_on: None) -> None:
    assert re.search(rf"SegDesk {re.escape(__version__)}, Python 3\.", log_file().read_text("utf-8"))


def test_the_command_line_tells_where_the_log_lies(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["log"]) == 0
    assert capsys.readouterr().out.strip() == str(log_file())
    assert cli.main(["log", "--last", "3"]) == 0
    assert f"-- {LOGS[0]} --" in capsys.readouterr().out
    assert cli.main(["log", "--details"]) == 0
    assert f"SegDesk {__version__}" in capsys.readouterr().out
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == f"SegDesk {__version__}"
