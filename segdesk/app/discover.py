"""Plug-ins: one Python file of a folder each, imported one by one; a broken one is a row with a reason."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from segdesk import plugins
from segdesk.domain.errors import SegDeskError
from segdesk.paths import resources_dir

log = logging.getLogger(__name__)
FORMATS = "segdesk.io.formats"
TOOLS = "segdesk.app.tools"
OPERATIONS = "segdesk.app.operations"


@dataclass(frozen=True, eq=False)
class Plugin:
    """A plug-in that works: `info` is its module's `INFO`."""

    name: str
    module: ModuleType
    info: Any


@dataclass(frozen=True, eq=False)
class BrokenPlugin:
    """A plug-in that cannot be used, and why. `package`: the Python package that it came with, "" = the program's."""

    name: str
    reason: SegDeskError
    package: str = ""


def discover(
    package: str, check: Callable[[ModuleType], str], *, group: str = ""
) -> tuple[list[Plugin], list[BrokenPlugin]]:
    """Import every file of a package in name order, `base.py` and names with a leading underscore left out; then what
    other packages that the person has switched on add to `group` (see `segdesk.plugins`).

    `check(module)` says in English what is wrong with it, "" if nothing is. Never raises for a broken plug-in.
    """
    good: list[Plugin] = []
    bad: list[BrokenPlugin] = []
    folder = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    for name in names:
        if name == "base" or name.startswith("_"):
            continue
        try:
            module = importlib.import_module(f"{package}.{name}")
            fault = check(module)
        except Exception as error:  # anything may happen while somebody else's file is imported
            log.warning("plug-in %s.%s cannot be imported", package, name, exc_info=error)
            fault = f"{type(error).__name__}: {error}"
            module = None
        if module is None or fault:
            bad.append(BrokenPlugin(name, _broken(name, fault)))
        else:
            good.append(Plugin(name, module, module.INFO))
    for loaded in plugins.checked(group, check, names) if group else ():
        if loaded.module is None:
            bad.append(BrokenPlugin(loaded.entry.name, _broken_outside(loaded), loaded.entry.package))
        else:
            good.append(Plugin(loaded.entry.name, loaded.module, loaded.module.INFO))
    return good, bad


def formats() -> tuple[list[Plugin], list[BrokenPlugin]]:
    """Exporters and importers."""
    return discover(FORMATS, check_format, group="segdesk.formats")


def tools() -> tuple[list[Plugin], list[BrokenPlugin]]:
    """Tools of the canvas, in the order of their `INFO.order`."""
    good, bad = discover(TOOLS, check_tool, group="segdesk.tools")
    return sorted(good, key=lambda p: p.info.order), bad


def pick(good: Sequence[Plugin], bad: Sequence[BrokenPlugin], plugin_id: str) -> Plugin:
    """The plug-in with this id. Raises `SegDeskError`: why it is broken, or which ones there are."""
    for plugin in good:
        if plugin.info.id == plugin_id:
            return plugin
    for broken in bad:
        if broken.name == plugin_id:
            raise broken.reason
    raise SegDeskError(
        "There is no {name}; there are {known}.",
        "Choose one of them.",
        name=plugin_id,
        known=", ".join(p.info.id for p in good),
    )


def operations() -> tuple[list[Plugin], list[BrokenPlugin]]:
    """Commands on objects, classes and the whole picture, in the order of their `INFO.order`."""
    good, bad = discover(OPERATIONS, check_operation, group="segdesk.operations")
    return sorted(good, key=lambda p: p.info.order), bad


def check_format(module: ModuleType) -> str:
    """What is wrong with a format's module, "" if nothing is."""
    info = getattr(module, "INFO", None)
    if info is None:
        return "it has no INFO"
    if info.id != module.__name__.rpartition(".")[2]:
        return f"its INFO.id is {info.id!r}, but the file has another name"
    for name, wanted in (("write", info.can_write), ("read", info.can_read)):
        if wanted and not callable(getattr(module, name, None)):
            return f"INFO promises {name}, which is missing"
    return "" if info.can_write or info.can_read else "it can neither write nor read"


def check_tool(module: ModuleType) -> str:
    """What is wrong with a tool's module, "" if nothing is."""
    info, tool = getattr(module, "INFO", None), getattr(module, "Tool", None)
    if info is None or tool is None:
        return "it has no INFO" if info is None else "it has no class Tool"
    if info.id != module.__name__.rpartition(".")[2]:
        return f"its INFO.id is {info.id!r}, but the file has another name"
    missing = [n for n in ("press", "move", "release", "cancel") if not callable(getattr(tool, n, None))]
    if missing:
        return f"Tool has no {missing[0]}"
    tool()  # what it raises is its fault, and here it is noticed
    return "" if (resources_dir() / "icons" / f"{info.icon}.svg").is_file() else f"there is no icon {info.icon!r}"


def check_operation(module: ModuleType) -> str:
    """What is wrong with an operation's module, "" if nothing is."""
    info = getattr(module, "INFO", None)
    if info is None or not callable(getattr(module, "run", None)):
        return "it has no INFO" if info is None else "it has no function run"
    if info.id != module.__name__.rpartition(".")[2]:
        return f"its INFO.id is {info.id!r}, but the file has another name"
    return ""


def _broken_outside(loaded: plugins.Loaded) -> SegDeskError:
    return SegDeskError(
        "The plug-in {name} of the package {package} cannot be used: {reason}.",
        "It has been switched off. Ask its makers for another version.",
        name=loaded.entry.name,
        package=loaded.entry.package,
        reason=loaded.fault.rstrip("."),
    )


def _broken(name: str, reason: str) -> SegDeskError:
    return SegDeskError(
        "The plug-in {name} cannot be used: {reason}.", "Correct its file or remove it.", name=name, reason=reason
    )
