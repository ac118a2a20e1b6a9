"""Writes a model card as TOML: the few kinds of values that cards hold."""

from __future__ import annotations

import json
from collections.abc import Mapping


def card_text(table: Mapping[str, object]) -> str:
    """A card's file: single values first, then a section for each table. None and empty tables are left out."""
    single = [f"{key} = {_value(value)}" for key, value in table.items() if not isinstance(value, Mapping)]
    sections = [_section(key, value) for key, value in table.items() if isinstance(value, Mapping) and value]
    return "\n".join([*single, *sections, ""])


def _section(name: str, table: Mapping[str, object]) -> str:
    return "\n".join(["", f"[{name}]", *(f"{_key(key)} = {_value(value)}" for key, value in table.items())])


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_key(key)} = {_value(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_value, value)) + "]"
    raise TypeError(f"a card cannot hold {value!r}")


def _text(text: str) -> str:
    """JSON's quoted texts are TOML's but for the sign DEL and for surrogate pairs."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(key: str) -> str:
    plain = key.isascii() and key.replace("-", "_").isidentifier()
    return key if plain else _text(key)
