"""Install and run every check and test: `python3 scripts/check.py [pytest arguments]`.

Order: lint, format, types, layer contracts, translations, tests. All run even if one fails; the exit code is 0 only
when all passed. `CI=true` makes tests that would be skipped for a missing virtual screen fail instead.
"""

from __future__ import annotations

import shutil
import sys
import time

import environment

TOOL = environment.PYTHON.parent


def checks(arguments: list[str]) -> list[tuple[str, tuple[object, ...]]]:
    """(name, command) of every check, the quick ones first."""
    python = environment.PYTHON
    return [
        ("lint", (TOOL / "ruff", "check", ".")),
        ("format", (TOOL / "ruff", "format", "--check", ".")),
        ("types", (TOOL / "basedpyright", "--warnings")),
        ("layers", (TOOL / "lint-imports",)),
        ("translations", (python, "scripts/translate.py", "--check")),
        ("tests", (python, "-m", "pytest", *arguments)),
    ]


def main(arguments: list[str]) -> int:
    """Install what the checks need and run them; returns 0 if all passed."""
    environment.prepare("dev")
    environment.install_reference_crf()
    if sys.platform.startswith("linux") and not (shutil.which("Xvfb") and shutil.which("xdotool")):
        environment.install_debian(["xvfb", "xdotool"], "Tests of the real window need a virtual screen")
    failed = []
    for name, command in checks(arguments):
        environment.say(f"\n== {name}")
        begin = time.monotonic()
        if environment.run(*command) != 0:
            failed.append(name)
        environment.say(f"-- {name}: {'FAILED' if name in failed else 'ok'}, {time.monotonic() - begin:.0f} s")
    if failed:
        environment.say(f"\nNot good: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
