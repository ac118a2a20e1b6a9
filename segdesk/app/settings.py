"""What the program remembers of its user between runs: one JSON file in the user's configuration folder."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.atomic import write_text
from segdesk.paths import user_config_dir

FILE_NAME = "settings.json"


@dataclass(frozen=True)
class Settings:
    """The settings; a changed copy is made with `dataclasses.replace` and written with `save`.

    `language`: "en", "zh_CN" or "" = the system's. `theme`: "light", "dark" or "" = the system's.
    `plugins`: the Python packages that the person has switched on as plug-ins.
    `ui`: what the window keeps for itself (sizes, keys, recent choices), plain JSON values.
    `unknown`: entries of a newer version, written back as they were.
    """

    language: str = ""
    theme: str = ""
    device: str = "auto"
    model_id: str = ""
    model_folders: tuple[str, ...] = ()
    recent: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    undo_megabytes: int = 256
    prefetch_megabytes: int = 512
    ui: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)

    def with_recent(self, path: Path, keep: int = 12) -> Settings:
        """A copy with `path` first among the recent projects."""
        text = str(path)
        return replace(self, recent=(text, *(r for r in self.recent if r != text))[:keep])


def settings_file() -> Path:
    """Where the settings lie."""
    return user_config_dir() / FILE_NAME


def load(path: Path | None = None) -> tuple[Settings, str]:
    """Read the settings. Returns (settings, note): a damaged file or entry gives its default and a note for the user;
    the damaged file is kept beside as `settings.json.damaged`."""
    path = path or settings_file()
    try:
        data = json.loads(path.read_text("utf-8"))
        if not isinstance(data, dict):
            raise ValueError("not an object")
    except FileNotFoundError:
        return Settings(), ""
    except (OSError, ValueError, RecursionError):  # JSONDecodeError and UnicodeDecodeError are ValueErrors
        _set_aside(path)
        return Settings(), N_("The settings could not be read; the program starts with its defaults.")
    values, damaged = _values(data)
    note = N_("Some settings were damaged and have their defaults again.") if damaged else ""
    return Settings(**values), note


def save(settings: Settings, path: Path | None = None) -> None:
    """Write the settings in one step (temporary file, then rename). Raises SegDeskError if that is not possible."""
    path = path or settings_file()
    data = dict(settings.unknown)
    data.update((f.name, getattr(settings, f.name)) for f in fields(Settings) if f.name != "unknown")
    text = json.dumps(data, ensure_ascii=False, indent=1, default=dict)
    try:
        text.encode()
    except UnicodeEncodeError:  # the name of a folder that is no text
        text = json.dumps(data, indent=1, default=dict)
    write_text(path, text + "\n")


class Keeper:
    """Writes settings in a thread of its own, of several only the latest. `on_error` is called from that thread."""

    def __init__(self, on_error: Callable[[SegDeskError], None]) -> None:
        self._on_error = on_error
        self._changed = threading.Condition()
        self._wanted: tuple[Settings, Path] | None = None
        self._closing = False
        self._thread: threading.Thread | None = None

    def put(self, settings: Settings) -> None:
        """Write these soon; returns at once."""
        with self._changed:
            self._wanted = settings, settings_file()
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="segdesk-settings", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def close(self, timeout: float = 5.0) -> None:
        """Write what waits and end the thread; a later `put` starts another one."""
        with self._changed:
            thread, self._closing = self._thread, True
            self._changed.notify_all()
        if thread is not None:
            thread.join(timeout)
        with self._changed:
            self._thread, self._closing = None, False

    def _loop(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._wanted is not None or self._closing)
                if self._wanted is None:
                    return
                (settings, path), self._wanted = self._wanted, None
            try:
                save(settings, path)
            except SegDeskError as error:
                self._on_error(error)


def _values(data: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Constructor arguments from a settings object, and whether an entry had the wrong type."""
    defaults = Settings()
    known = {f.name for f in fields(Settings)} - {"unknown"}
    values: dict[str, Any] = {"unknown": {k: v for k, v in data.items() if k not in known}}
    damaged = False
    for name in known & data.keys():
        value, default = data[name], getattr(defaults, name)
        if isinstance(default, tuple) and isinstance(value, list) and all(isinstance(v, str) for v in value):
            values[name] = tuple(value)
        elif type(value) is type(default):  # `type` and not isinstance: True is no number of megabytes
            values[name] = value
        else:
            damaged = True
    return values, damaged


def _set_aside(path: Path) -> None:
    try:
        os.replace(path, path.with_name(path.name + ".damaged"))
    except OSError:
        return  # what cannot be moved (no rights) stays; saving will tell the user
