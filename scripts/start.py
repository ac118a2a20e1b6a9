"""Install SegDesk beside its source and do the main job: `python3 scripts/start.py [folder or project]`.

On a desktop the window opens on the sample project (or on what is named). Without a screen the same job runs headless:
the sample folder is segmented, exported and scored, and the place of the results is printed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import environment

SAMPLE = environment.ROOT / "sample"


def has_screen() -> bool:
    """Whether a window can be shown."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main(arguments: list[str]) -> int:
    """Install, then open the window or run the main job; returns the exit code."""
    environment.prepare()
    segdesk = (environment.PYTHON, "-m", "segdesk")
    if not has_screen():
        return environment.run(*segdesk, "demo", SAMPLE)
    if arguments:
        return environment.run(environment.PYTHON, "main.py", *(Path(a).resolve() for a in arguments))
    projects = sorted(SAMPLE.glob("*.segdesk"))
    if not projects:
        code = environment.run(*segdesk, "samples", SAMPLE)
        projects = sorted(SAMPLE.glob("*.segdesk"))
        if code or not projects:
            return code or 1
    return environment.run(environment.PYTHON, "main.py", projects[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
