"""Tables of TOML files, read strictly: what is missing, unknown or of another kind raises a `KeyError` or a
`ValueError` that names the key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import TypeVar

Table = Mapping[str, object]
T = TypeVar("T")


def only(table: Table, known: frozenset[str] | set[str], where: str) -> None:
    """Raises if there are other keys than the `known` ones; `where` says of what."""
    unknown = sorted(set(table) - known)
    if unknown:
        raise ValueError(f"{where} has an unknown key, {unknown[0]}")


def table(above: Table, key: str, *, optional: bool = False) -> Table:
    """The table under a key."""
    value = above.get(key, {}) if optional else above[key]
    if not isinstance(value, dict):
        raise ValueError(f"[{key}] must be a table")
    return value


def rows(table: Table, key: str) -> list[Table]:
    """The list of tables under a key, empty if there is none."""
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise ValueError(f"[[{key}]] must be a list of tables")
    return value


def figure(table: Table, key: str) -> float:
    """A number that is not negative, 0 if there is none."""
    value = table.get(key, 0)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{key} must be a number")
    return float(value)


def text(table: Table, key: str) -> str:
    """A text that is not empty."""
    value = table[key]
    if not isinstance(value, str) or not value:
        raise ValueError(f"{key} must be a text")
    return value


def strings(value: object, key: str) -> list[str]:
    """The value as a list of texts."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"{key} must be a list of texts")
    return value


def values(cls: type[T], table: Table, where: str) -> T:
    """A flat frozen dataclass from a TOML table: keys and simple types checked, lists become tuples."""
    kinds = _kinds(cls)
    only(table, set(kinds), where)
    return cls(**{key: _typed(value, kinds[key], f"{where} {key}") for key, value in table.items()})


@cache
def _kinds(cls: type) -> dict[str, str]:
    return {f.name: str(f.type) for f in fields(cls)}


def _typed(value: object, kind: str, where: str) -> object:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "float" and number:
        return float(value)  # type: ignore[arg-type]
    if kind == "int" and number and value == int(value):  # type: ignore[call-overload]
        return int(value)  # type: ignore[call-overload]
    if kind == "str" and isinstance(value, str):
        return value
    if kind.startswith("tuple[tuple[str") and isinstance(value, list):
        pairs = [tuple(strings(item, where)) for item in value]
        if any(len(pair) != 2 for pair in pairs):
            raise ValueError(f"{where} must be a list of pairs")
        return tuple(pairs)
    if kind.startswith("tuple[str") and isinstance(value, list):
        return tuple(strings(value, where))
    if kind.startswith("tuple[float") and isinstance(value, list):
        return tuple(_typed(item, "float", where) for item in value)
    raise ValueError(f"{where} has a wrong type")
