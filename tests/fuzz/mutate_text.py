"""Damage to texts that mean something: JSON as values, XML, TOML, YAML and lists as words and lines."""

from __future__ import annotations

import json
import random
import re

from tests.fuzz.mutate_bytes import BIG, INTEGERS, NAMES, damaged

_WORDS = re.compile(r"[A-Za-z_][\w.-]*|-?\d+(?:\.\d+)?|\s+|.", re.DOTALL)
FLOATS = (0.0, -0.0, 1e308, -1e308, 5e-324, 1e9, 0.5, float("nan"), float("inf"), float("-inf"))
DEEP = 30_000
ENTITIES = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'


def json_bytes(data: bytes, rng: random.Random) -> bytes:
    """JSON with one or a few of its values changed; as text where a few marks are the damage."""
    value = json.loads(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        value = _changed(value, rng)
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.04:
        text = rng.choice(("[" * DEEP, '{"a":' * DEEP, text + "]" * 50, text * 2, "", "null", "[" * 900 + "]" * 900))
    coded = text.encode(rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")), errors="surrogatepass")
    return damaged(coded, rng) if rng.random() < 0.03 else coded


def _changed(value: object, rng: random.Random, depth: int = 0) -> object:
    """A copy with one place changed, found by going down at random."""
    if isinstance(value, dict) and value and (depth < 1 or rng.random() < 0.8):
        key = rng.choice(list(value))
        match rng.randrange(12):
            case 0:
                return {k: v for k, v in value.items() if k != key}
            case 1:
                return {**value, key: wrong(value[key], rng)}
            case 2:
                return {rng.choice(NAMES) if k == key else k: v for k, v in value.items()}
            case 3:
                other = rng.choice(list(value))
                return {**value, key: value[other], other: value[key]}
            case _:
                return {**value, key: _changed(value[key], rng, depth + 1)}
    if isinstance(value, list) and value and (depth < 1 or rng.random() < 0.8):
        at = rng.randrange(len(value))
        match rng.randrange(10):
            case 0:
                return value[:at] + value[at + 1 :]
            case 1:
                return value[: at + 1] * rng.choice((2, 3, 20)) + value[at:]
            case 2:
                return [*value[:at], wrong(value[at], rng), *value[at + 1 :]]
            case _:
                return [*value[:at], _changed(value[at], rng, depth + 1), *value[at + 1 :]]
    return wrong(value, rng)


def wrong(value: object, rng: random.Random) -> object:
    """Something else in the place of a value: of another kind, extreme, or cut."""
    choice = rng.random()
    if isinstance(value, str) and value and choice < 0.4:
        at = rng.randrange(len(value))
        return rng.choice(
            (value[:at], value[:at] + chr(rng.randrange(32, 0x3000)) + value[at:], value * 50, value.upper())
        )
    if isinstance(value, (int, float)) and not isinstance(value, bool) and choice < 0.5:
        return rng.choice((-value, value + 1, value - 1, value * 1000, value + 0.5, str(value), [value], True))
    return rng.choice(
        (
            None,
            True,
            False,
            "",
            [],
            {},
            [[]],
            [None] * 7,
            rng.choice(INTEGERS),
            rng.choice(BIG),
            rng.choice(FLOATS),
            rng.choice(NAMES),
            "\ud800",
            "\0",
            {"a": value},
            [value],
            [value] * 3,
            _nest(rng.choice((5, 60, 400))),
            [0.0] * 20_000,
        )
    )


def _nest(depth: int) -> object:
    value: object = 1
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


def text_bytes(data: bytes, rng: random.Random) -> bytes:
    """Lines and words exchanged, doubled, removed, replaced by extremes."""
    text = data.decode("utf-8", errors="surrogateescape")
    for _ in range(rng.choice((1, 1, 2, 4))):
        text = _words_changed(text, rng) if rng.random() < 0.75 else _lines_changed(text, rng)
    if rng.random() < 0.04:
        text += rng.choice(
            ("\na = " + "[" * DEEP, "\n" + "a." * 5000 + "b = 1", "\n&a [" + "*a," * 500 + "]", "\n" + "- " * 5000)
        )
    return text.encode("utf-8", errors="surrogateescape" if "\ud800" not in text else "surrogatepass")


def xml_bytes(data: bytes, rng: random.Random) -> bytes:
    """As `text_bytes`, with what only XML has: entities, depth, other encodings."""
    match rng.randrange(25):
        case 0:
            return data.replace(b"?>", b"?>" + ENTITIES.encode(), 1)
        case 1:
            return b"<a>" * DEEP + data
        case 2:
            kind = rng.choice(
                (b"utf-16", b"latin-1", b"ascii", b"nothing", b"utf-7", b"idna", b"rot13", b"undefined", b"hex")
            )
            return data.replace(b"utf-8", kind, 1)
        case 3:
            return data.decode("utf-8", errors="replace").encode("utf-16")
        case 4:
            return data.replace(b">", b">&#%d;" % rng.choice((0, 1, 0xD800, 0x110000, 65)), 1)
        case _:
            return text_bytes(data, rng)


def headed_bytes(data: bytes, rng: random.Random) -> bytes:
    """A text at the beginning and bytes behind it (PLY): mostly the text is changed."""
    head, mark, body = data.partition(b"end_header\n")
    return text_bytes(head, rng) + mark + body if rng.random() < 0.8 else head + mark + damaged(body, rng)


def http_bytes(data: bytes, rng: random.Random) -> bytes:
    """The head of an answer of a server is changed, or what it sends."""
    head, mark, body = data.partition(b"\r\n\r\n")
    return text_bytes(head, rng) + mark + body if rng.random() < 0.8 else head + mark + damaged(body or b"x", rng)


def _words_changed(text: str, rng: random.Random) -> str:
    words = _WORDS.findall(text)
    places = [n for n, word in enumerate(words) if not word.isspace()]
    if not places:
        return text + rng.choice(NAMES)
    at = rng.choice(places)
    word = words[at]
    numeric = word.lstrip("-").replace(".", "", 1).isdigit()
    if numeric and rng.random() < 0.6:
        words[at] = str(rng.choice((*INTEGERS, *BIG, *FLOATS)))
    elif rng.random() < 0.3:
        words[at] = words[rng.choice(places)]
    else:
        words[at] = rng.choice(
            ("", word * 2, *NAMES, '"', "'", "[", "]", "{", "}", "<", ">", "&", "#", ":", ",", "=", "\x85")
        )
    return "".join(words)


def _lines_changed(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True) or [""]
    at, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines[at] *= rng.choice((2, 3, 50))
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = lines[at].rstrip("\n")
        case _:
            lines = lines[:at]
    return "".join(lines)
