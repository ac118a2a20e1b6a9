"""The program in the system's menu, and project files that open by a double click: written for one person, no rights
needed, and taken back completely.

Linux: freedesktop.org's Desktop Entry Specification 1.5, shared MIME-info and icon theme. Windows: the person's own
part of the registry. On macOS the application's bundle says all of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

from segdesk import paths, processes
from segdesk.domain.errors import SegDeskError

MIME = "application/x-segdesk-project"
COMMENT = "Segment pictures, correct the masks, export them"
COMMENT_ZH = "分割图片、修正掩膜并导出"
RESERVED = re.compile(r'(["`$\\])')
WINDOWS_CLASS = "SegDesk.Project"


def quoted(argument: str) -> str:
    """One argument of an `Exec` line: quoted, with the four reserved characters escaped and `%` doubled. The line is a
    string value as well, in which each backslash is written twice."""
    inside = RESERVED.sub(r"\\\1", argument).replace("%", "%%")
    return '"' + inside.replace("\\", "\\\\") + '"'


def entry(command: list[str]) -> str:
    """The text of `segdesk.desktop`."""
    return "\n".join(
        [
            "[Desktop Entry]",
            "Type=Application",
            "Version=1.5",
            "Name=SegDesk",
            f"Comment={COMMENT}",
            f"Comment[zh_CN]={COMMENT_ZH}",
            f"Exec={' '.join(quoted(part) for part in command)} %f",
            "Icon=segdesk",
            "Terminal=false",
            "Categories=Graphics;Science;",
            f"MimeType={MIME};",
            "StartupWMClass=segdesk",
            "",
        ]
    )


def mime_type() -> str:
    """The text of the shared MIME-info file: project files by their suffix. They are SQLite databases, which a file
    manager would tell from their first bytes: the weight lets the suffix win."""
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            '<mime-info xmlns="http://www.freedesktop.org/standards/shared-mime-info">',
            f'  <mime-type type="{MIME}">',
            "    <comment>SegDesk project</comment>",
            f'    <comment xml:lang="zh_CN">{escape("SegDesk 项目")}</comment>',
            '    <sub-class-of type="application/vnd.sqlite3"/>',
            '    <glob pattern="*.segdesk" weight="80"/>',
            '    <icon name="segdesk"/>',
            "  </mime-type>",
            "</mime-info>",
            "",
        ]
    )


def install() -> list[str]:
    """Write all of it; returns what was written, to be shown. Raises SegDeskError where that is not possible."""
    if sys.platform == "win32":
        return _register()
    if not sys.platform.startswith("linux"):
        raise SegDeskError(
            "On this system the application itself says which files it opens.",
            "Move SegDesk.app to the folder of applications, and open it once.",
        )
    base = _data_home()
    try:
        for path, text in _files(base):
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            part.write_bytes(text)
            os.replace(part, path)
    except OSError as error:
        raise SegDeskError(
            "The folder {folder} cannot be written to: {reason}",
            "Look at the rights of that folder.",
            folder=str(base),
            reason=error.strerror or str(error),
        ) from error
    _tell_desktop(base)
    return [str(path) for path, _ in _files(base)]


def remove() -> list[str]:
    """Take all of it back; returns what was removed."""
    if sys.platform == "win32":
        return _unregister()
    base, gone = _data_home(), []
    for path, _ in _files(base):
        with suppress(FileNotFoundError):
            path.unlink()
            gone.append(str(path))
    _tell_desktop(base)
    return gone


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _files(base: Path) -> Iterator[tuple[Path, bytes]]:
    icon = (paths.resources_dir() / "segdesk.svg").read_bytes()
    yield base / "applications" / "segdesk.desktop", entry(processes.window_command()).encode()
    yield base / "mime" / "packages" / "segdesk.xml", mime_type().encode()
    yield base / "icons" / "hicolor" / "scalable" / "apps" / "segdesk.svg", icon


def _tell_desktop(base: Path) -> None:
    """Desktops read these folders through caches that their own programs make; without them it takes a new login."""
    for words in (
        ["update-desktop-database", str(base / "applications")],
        ["update-mime-database", str(base / "mime")],
    ):
        if shutil.which(words[0]):
            subprocess.run(words, capture_output=True, check=False, timeout=60)


def _register() -> list[str]:
    import winreg

    root = r"Software\Classes"
    command = " ".join(f'"{part}"' for part in processes.window_command()) + ' "%1"'
    values = {
        rf"{root}\.segdesk": WINDOWS_CLASS,
        rf"{root}\{WINDOWS_CLASS}": "SegDesk project",
        rf"{root}\{WINDOWS_CLASS}\shell\open\command": command,
    }
    for key, value in values.items():
        winreg.SetValue(winreg.HKEY_CURRENT_USER, key, winreg.REG_SZ, value)  # type: ignore[attr-defined]
    return list(values)


def _unregister() -> list[str]:
    import winreg

    root, gone = r"Software\Classes", []
    for key in (rf"{WINDOWS_CLASS}\shell\open\command", rf"{WINDOWS_CLASS}\shell\open", rf"{WINDOWS_CLASS}\shell",
                WINDOWS_CLASS, ".segdesk"):  # fmt: skip
        with suppress(OSError):
            winreg.DeleteKey(winreg.HKEY_CURRENT_USER, rf"{root}\{key}")  # type: ignore[attr-defined]
            gone.append(key)
    return gone
