"""Class lists: those of `resources/classes/*.toml`, and the tables `[classes]` of model cards."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from segdesk.domain.classes import VOID, ClassInfo, ClassSet, Color, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.io import tables
from segdesk.io.tables import Table
from segdesk.paths import resources_dir

_CLASS_KEYS = frozenset(("preset", "names", "things", "colors", "extra"))


def class_preset(name: str) -> ClassSet:
    """The classes of `resources/classes/NAME.toml`. Raises `SegDeskError` if there is no such list."""
    return _preset(name)[0]


def numbered_preset(name: str) -> ClassSet:
    """The same classes under their places in the list, counted from 1 with the gaps, as data sets number them."""
    classes, channels = _preset(name)
    places = {class_id: place for place, class_id in enumerate(channels, 1)}
    return ClassSet(replace(c, id=places[c.id]) for c in classes)


def preset_names() -> list[str]:
    """The class lists that come with the program."""
    return sorted(path.stem for path in (resources_dir() / "classes").glob("*.toml"))


@cache
def _preset(name: str) -> tuple[ClassSet, tuple[int, ...]]:
    path = resources_dir() / "classes" / f"{name}.toml"
    try:
        return classes_of(tomllib.loads(path.read_text(encoding="utf-8")), ("title", "source"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SegDeskError(
            "There is no class list called {name}.", "The lists are in resources/classes.", name=name
        ) from error


def classes_of(table: Table, more: Sequence[str] = ()) -> tuple[ClassSet, tuple[int, ...]]:
    """A class set and the class id of each channel, from a preset or from names; `extra` classes have no channel."""
    tables.only(table, _CLASS_KEYS.union(more), "[classes]")
    if "preset" in table:
        classes, channels = _preset(tables.text(table, "preset"))
    else:
        classes, channels = _named(table)
    for row in tables.rows(table, "extra"):
        tables.only(row, {"name", "color", "thing"}, "[[classes.extra]]")
        color = _color(row["color"]) if "color" in row else spread_color(len(classes))
        info = ClassInfo(classes.next_id(), tables.text(row, "name"), color, bool(row.get("thing", False)))
        classes = classes.with_class(info)
    return classes, channels


def _named(table: Table) -> tuple[ClassSet, tuple[int, ...]]:
    names = tables.strings(table["names"], "names")
    real = [name for name in names if name]
    colors = [_color(c) for c in tables.strings(table.get("colors", []), "colors")]
    things = table.get("things", [])
    chosen = real if things == "all" else tables.strings(things, "things")
    unknown = set(chosen) - set(real)
    if unknown:
        raise ValueError(f"things names {sorted(unknown)[0]!r}, which is not a class")
    classes = ClassSet.from_names(real, colors, chosen)
    numbers = iter(range(1, len(real) + 1))
    return classes, tuple(next(numbers) if name else VOID for name in names)


def _color(text: object) -> Color:
    digits = str(text).removeprefix("#")
    if len(digits) != 6:
        raise ValueError(f"{text!r} is not a colour like #12ab9f")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
