"""How a process of the program's own is started: by the interpreter, or from a double-click build without one."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

from segdesk import offline

CONSOLE = "segdesk-cli"  # the program of a double-click build that has a console and can run modules
MODULE_FLAG = "--module"


def frozen() -> bool:
    """Whether this is a double-click build."""
    return bool(getattr(sys, "frozen", False))


def module_command(module: str) -> list[str]:
    """What to start so that a module of the program runs as a process of its own.

    `-P`: a file beside the pictures must not be taken for a module. A build has no interpreter; its console program
    takes the module's name instead.
    """
    if not frozen():
        return [sys.executable, "-P", "-m", module]
    program = Path(sys.executable)
    return [str(program.with_name(CONSOLE + program.suffix)), MODULE_FLAG, module]


def window_command() -> list[str]:
    """What opens the window, a project's name put behind it."""
    own = Path(sys.executable)
    if frozen():
        return [str(own.with_name("SegDesk" + own.suffix))]
    script = own.with_name("segdesk" + own.suffix)
    return [str(script)] if script.exists() else [sys.executable, "-m", "segdesk"]


def module_environment() -> dict[str, str]:
    """The environment for such a process: it finds this copy of the program, wherever it was started from, and the
    libraries in it stay off the network."""
    if frozen():
        return {**os.environ, **offline.ENVIRONMENT}
    root = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(p for p in (root, os.environ.get("PYTHONPATH", "")) if p)
    return {**os.environ, **offline.ENVIRONMENT, "PYTHONPATH": path}


def run_module(words: Sequence[str]) -> bool:
    """In a build's console program: run the module that `module_command` asked for; False if `words` (the arguments
    without the program's name) ask for something else. Only modules of the program are run."""
    if len(words) < 2 or words[0] != MODULE_FLAG or not words[1].startswith("segdesk."):
        return False
    sys.argv[1:] = words[2:]
    runpy.run_module(words[1], run_name="__main__")
    return True
