"""Where the program's own files and the user's folders lie. The first hold in a checkout and in an installed wheel."""

from __future__ import annotations

from pathlib import Path

import platformdirs

_PACKAGE = Path(__file__).resolve().parent


def _packaged(name: str) -> Path:
    inside = _PACKAGE / "_data" / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def models_dir() -> Path:
    """Cards and weights that ship with the program."""
    return _packaged("models")


def resources_dir() -> Path:
    """Icons, translations, class lists."""
    return _packaged("resources")


def user_config_dir() -> Path:
    """Settings and the user's own cards."""
    return Path(platformdirs.user_config_dir("segdesk", appauthor=False))


def user_cache_dir() -> Path:
    """Downloaded weights and thumbnails: may be deleted at any time."""
    return Path(platformdirs.user_cache_dir("segdesk", appauthor=False))


def user_data_dir() -> Path:
    """Projects whose picture folder is read-only, and logs."""
    return Path(platformdirs.user_data_dir("segdesk", appauthor=False))
