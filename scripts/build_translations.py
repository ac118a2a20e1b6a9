"""Hatchling's build hook: compile `resources/i18n/*.ts` to `.qm` with Qt's `lrelease`, so that no binary is committed.

Also a command: `python scripts/build_translations.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run as a command in an environment without hatchling
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent.parent


def compile_all() -> None:
    """Compile every `.ts` file beside itself."""
    for source in sorted((ROOT / "resources" / "i18n").glob("*.ts")):
        lrelease = "from PySide6.scripts.pyside_tool import lrelease; lrelease()"
        command = [sys.executable, "-c", lrelease, str(source), "-qm", str(source.with_suffix(".qm")), "-silent"]
        subprocess.run(command, check=True)


class TranslationHook(BuildHookInterface):
    """Runs before hatchling collects the files of a wheel or of an editable install."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, object]) -> None:
        """Hatchling calls this once a build."""
        compile_all()


if __name__ == "__main__":
    compile_all()
