"""Fixtures for all tests: the shared data folder, a user directory that is thrown away, Qt without a screen."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent
if sys.platform.startswith("linux") and not os.environ.get("SEGDESK_TEST_SCREEN"):
    os.environ["QT_QPA_PLATFORM"] = "offscreen"

# No deadline: the machines that run the tests are shared, and a slow example is not a wrong one.
settings.register_profile("segdesk", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("segdesk")


def shared_folder() -> Path | None:
    """The folder with real pictures and published results, or None where it is absent."""
    folder = Path(os.environ.get("SEGDESK_SHARED", ROOT.parent / "shared"))
    return folder if (folder / "data").is_dir() else None


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; skips where it is absent."""
    folder = shared_folder()
    if folder is None:
        pytest.skip("the shared data folder is absent (set SEGDESK_SHARED)")
    return folder


@pytest.fixture(autouse=True)
def _own_user_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the settings, caches or projects of the person who runs it."""
    home = tmp_path_factory.mktemp("home")
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name))
