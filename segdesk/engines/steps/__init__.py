"""The refinements of a model's answer, a file each, in their fixed order. No torch."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from functools import cache
from types import ModuleType

from segdesk import plugins
from segdesk.domain.errors import SegDeskError
from segdesk.domain.stack import OWN_FIELDS, StepInfo

log = logging.getLogger("segdesk.steps")


@cache
def found() -> tuple[tuple[ModuleType, ...], tuple[SegDeskError, ...]]:
    """(modules of the steps that work in their order, why others do not)."""
    good: list[ModuleType] = []
    bad: list[SegDeskError] = []
    for name in sorted(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base" and m.name[0] != "_"):
        try:
            module = importlib.import_module(f"{__name__}.{name}")
            fault = check(module)
        except Exception as error:  # anything may happen while somebody else's file is imported
            log.warning("the step %s cannot be imported", name, exc_info=error)
            module, fault = None, f"{type(error).__name__}: {error}"
        if module is None or fault:
            bad.append(_broken(name, fault))
        else:
            good.append(module)
    for loaded in plugins.checked("segdesk.steps", check, [m.INFO.id for m in good]):
        if loaded.module is None:
            bad.append(_broken(loaded.entry.name, loaded.fault))
        else:
            good.append(loaded.module)
    return tuple(sorted(good, key=lambda m: m.INFO.order)), tuple(bad)


def check(module: ModuleType) -> str:
    """What is wrong with the module of a step, "" if nothing is."""
    info = getattr(module, "INFO", None)
    if not isinstance(info, StepInfo) or not callable(getattr(module, "apply", None)):
        return "it has no INFO" if not isinstance(info, StepInfo) else "it has no function apply"
    if info.id != module.__name__.rpartition(".")[2]:
        return f"its INFO.id is {info.id!r}, but the file has another name"
    return "" if info.part in ("scores", "labels") else f"its INFO.part is {info.part!r}"


def order() -> tuple[StepInfo, ...]:
    """All steps in the order in which they run, with the CRF, the confidence cut and the minimum area."""
    return tuple(sorted((*OWN_FIELDS, *(m.INFO for m in found()[0])), key=lambda info: info.order))


def _broken(name: str, reason: str) -> SegDeskError:
    return SegDeskError(
        "The refinement {name} cannot be used: {reason}.", "Correct its file or remove it.", name=name, reason=reason
    )
