"""Whether things may move by themselves: the person's own choice, else what the system's settings ask for."""

from __future__ import annotations

import configparser
import ctypes
import functools
import plistlib
import sys
from pathlib import Path

_chosen = [""]  # "less", "full" or "" = as the system


def choose(wish: str) -> None:
    """Take the person's choice: "less", "full", or "" for the system's."""
    _chosen[0] = wish


def reduced() -> bool:
    """Whether toasts, the tour and the canvas shall change without moving. Ask before any animation."""
    return _chosen[0] == "less" if _chosen[0] else system_reduces()


@functools.cache
def system_reduces() -> bool:
    """What the system's settings say, read once; False where they say nothing."""
    try:
        if sys.platform == "win32":
            return _windows()
        if sys.platform == "darwin":
            return _mac(Path.home() / "Library" / "Preferences" / "com.apple.universalaccess.plist")
        return _gtk(Path.home() / ".config" / "gtk-3.0" / "settings.ini")
    except (OSError, ValueError, configparser.Error, plistlib.InvalidFileException):
        return False


def _windows() -> bool:
    """SPI_GETCLIENTAREAANIMATION (0x1042) of SystemParametersInfo: 0 where animations are switched off."""
    animated = ctypes.c_int(1)
    ctypes.windll.user32.SystemParametersInfoW(0x1042, 0, ctypes.byref(animated), 0)  # type: ignore[attr-defined]
    return animated.value == 0


def _mac(file: Path) -> bool:
    """The key `reduceMotion` of the accessibility settings."""
    return bool(plistlib.loads(file.read_bytes()).get("reduceMotion", False))


def _gtk(file: Path) -> bool:
    """`gtk-enable-animations` of the GTK settings, which GNOME, KDE and Xfce write for other programs."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read_string(file.read_text("utf-8"))
    return parser.get("Settings", "gtk-enable-animations", fallback="1").strip().lower() in ("0", "false")
