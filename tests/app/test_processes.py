"""How a module of the program becomes a process, from a checkout and from a double-click build."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from segdesk import processes


def test_a_module_runs_as_a_process(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit('taken from the folder of pictures')")
    command = [*processes.module_command("segdesk.engines.host"), "--help"]
    done = subprocess.run(command, cwd=tmp_path, env=processes.module_environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--keep-models" in done.stdout


def test_a_build_asks_its_console_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", "/opt/SegDesk/SegDesk")
    assert processes.module_command("segdesk.engines.host") == [
        "/opt/SegDesk/segdesk-cli",
        "--module",
        "segdesk.engines.host",
    ]
    assert processes.window_command() == ["/opt/SegDesk/SegDesk"]


def test_the_console_program_runs_modules_of_the_program_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["segdesk-cli", "--module", "segdesk.__main__", "--version"])
    with pytest.raises(SystemExit) as end:
        processes.run_module(sys.argv[1:])
    assert end.value.code == 0
    assert "SegDesk" in capsys.readouterr().out
    for words in (["--module", "os"], ["--module"], ["models"], []):
        assert not processes.run_module(words)
