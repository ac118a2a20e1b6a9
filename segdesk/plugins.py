"""Plug-ins from other Python packages (entry points). None is imported unless the person has switched its package on.

A package names its modules in its own pyproject.toml, one entry each; a module is what a file of the program's own
folder of that kind is (CONTRIBUTING.md, "One file each"), and its name must be the entry's:

    [project.entry-points."segdesk.tools"]
    stamp = "my_package.stamp"

Which packages are on goes to the engine's process through the environment. Stdlib only; used by all layers.
"""

from __future__ import annotations

import importlib.metadata
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from segdesk.paths import user_config_dir

log = logging.getLogger("segdesk.plugins")
GROUPS = ("segdesk.tools", "segdesk.operations", "segdesk.formats", "segdesk.steps", "segdesk.nets")
VARIABLE = "SEGDESK_PLUGINS"  # names of the packages that are on, one a line
MARK = "plugin-being-loaded"  # a file that is there only while one is imported
_faults: dict[str, str] = {}
STUCK_SECONDS = 10.0  # a mark that is older was left by a program that did not survive


@dataclass(frozen=True)
class Entry:
    """What a package adds: `group` of `GROUPS`, `name`, and the module `value` that has it."""

    package: str
    version: str
    group: str
    name: str
    value: str


@dataclass(frozen=True, eq=False)
class Loaded:
    """An entry of a package that is on, with its module, or with what went wrong (English)."""

    entry: Entry
    module: ModuleType | None = None
    fault: str = ""


def installed() -> list[Entry]:
    """What the packages on this machine would add; read from their metadata, nothing is imported."""
    found: dict[tuple[str, str, str], Entry] = {}
    for package in importlib.metadata.distributions():
        try:
            name = package.metadata["Name"] or ""
            entries = [e for e in package.entry_points if e.group in GROUPS]
        except Exception as error:  # damaged metadata of any package must not matter
            log.warning("a package's metadata cannot be read", exc_info=error)
            continue
        for entry in entries:
            # a package that is found twice counts once: the first is the one that would be imported
            key = (name, entry.group, entry.name)
            found.setdefault(key, Entry(name, package.version or "", entry.group, entry.name, entry.value))
    return sorted(found.values(), key=lambda e: (e.package.casefold(), GROUPS.index(e.group), e.name))


def enable(packages: Iterable[str]) -> None:
    """Switch packages on, and all others off, for this process and those that it starts from now on. The one that the
    program did not get through last time stays off."""
    os.environ[VARIABLE] = "\n".join(sorted(set(packages) - set(stuck())))


def enabled() -> frozenset[str]:
    """The packages that are on."""
    return frozenset(name for name in os.environ.get(VARIABLE, "").split("\n") if name)


def stuck() -> tuple[str, ...]:
    """The package while importing which the program ended, if there is one."""
    mark = user_config_dir() / MARK
    try:
        if time.time() - mark.stat().st_mtime > STUCK_SECONDS:
            return (mark.read_text(encoding="utf-8"),)
    except (OSError, ValueError):
        pass
    return ()


def unstick() -> None:
    """Forget that."""
    with suppress(OSError):
        (user_config_dir() / MARK).unlink(missing_ok=True)


def faults() -> dict[str, str]:
    """Package -> what went wrong with it in this process, in English."""
    return dict(_faults)


def load(group: str) -> Iterator[Loaded]:
    """Import what the packages that are on add to a group, one by one; whatever one of them raises is its own fault."""
    on = enabled()
    if not on:
        return
    for entry in installed():
        if entry.group == group and entry.package in on:
            yield load_entry(entry)


def load_entry(entry: Entry) -> Loaded:
    """Import one."""
    try:
        with _marked(entry.package):
            module = importlib.import_module(entry.value.partition(":")[0].strip())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also SystemExit
        log.warning("the plug-in %s of %s cannot be imported", entry.name, entry.package, exc_info=error)
        return _faulty(entry, f"{type(error).__name__}: {error}")
    if module.__name__.rpartition(".")[2] != entry.name:
        return _faulty(entry, f"the module of the entry {entry.name!r} is called {module.__name__!r}")
    return Loaded(entry, module)


def _faulty(entry: Entry, fault: str) -> Loaded:
    _faults[entry.package] = f"{entry.name}: {fault}"
    return Loaded(entry, None, fault)


def checked(group: str, check: Callable[[ModuleType], str], taken: Iterable[str]) -> Iterator[Loaded]:
    """As `load`, with what `check` (English, "" = nothing) finds wrong; a name that is `taken` is a fault, too."""
    names = set(taken)
    for loaded in load(group):
        fault = loaded.fault
        if loaded.module is not None:
            try:
                fault = "there is one of this name already" if loaded.entry.name in names else check(loaded.module)
            except Exception as error:
                log.warning("the plug-in %s fails", loaded.entry.name, exc_info=error)
                fault = f"{type(error).__name__}: {error}"
        names.add(loaded.entry.name)
        yield _faulty(loaded.entry, fault) if fault else loaded


@contextmanager
def _marked(package: str) -> Iterator[None]:
    """While the block runs a file says what is being imported: it stays if the program dies of it."""
    mark: Path | None = user_config_dir() / MARK
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(package, encoding="utf-8")
    except OSError:
        mark = None
    try:
        yield
    finally:
        if mark is not None:
            with suppress(OSError):
                mark.unlink(missing_ok=True)
