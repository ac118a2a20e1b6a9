"""The entry in the system's menu: valid by the freedesktop tools, complete, and taken back."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from segdesk import cli
from segdesk.app import desktop_entry

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the entry of Linux desktops")


def exec_words(line: str) -> list[str]:
    """An Exec line as a desktop reads it: first the string's escapes, then the quoting."""
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line.replace("\\\\", "\\"))
    return [re.sub(r"\\(.)", r"\1", inside) if inside else plain for inside, plain in words]


@pytest.mark.parametrize(
    "name", ["plain", "with space", 'a"quote', "dollar$ and `tick`", "back\\slash", "名字", "100%"]
)
def test_any_path_survives_the_quoting(name: str) -> None:
    parsed = configparser.RawConfigParser()
    parsed.read_string(desktop_entry.entry([f"/opt/{name}/segdesk"]))
    words = exec_words(parsed["Desktop Entry"]["Exec"])
    assert words == [f"/opt/{name}/segdesk".replace("%", "%%"), "%f"]


def test_it_is_written_by_the_command_and_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert cli.main(["desktop"]) == 0
    written = capsys.readouterr().out.split()
    entry = tmp_path / "applications" / "segdesk.desktop"
    assert str(entry) in written
    assert os.access(exec_words(entry.read_text(encoding="utf-8").split("Exec=")[1].splitlines()[0])[0], os.X_OK)
    mime = ElementTree.parse(tmp_path / "mime" / "packages" / "segdesk.xml").getroot()
    (glob,) = mime.iter("{http://www.freedesktop.org/standards/shared-mime-info}glob")
    assert glob.get("pattern") == "*.segdesk"
    assert f"MimeType={mime[0].get('type')};" in entry.read_text(encoding="utf-8")
    if shutil.which("desktop-file-validate"):
        assert subprocess.run(["desktop-file-validate", entry], capture_output=True).stdout == b""
    assert cli.main(["desktop", "--remove"]) == 0
    assert not [path for path in written if Path(path).exists()]


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no such rights here")
def test_a_folder_that_cannot_be_made_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert cli.main(["desktop"]) == 2
    assert "cannot be written to" in capsys.readouterr().err
