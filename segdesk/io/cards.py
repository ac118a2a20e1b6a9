"""Reads model cards (`models/*.toml`). Listing the menu needs no torch.

A card file holds one card at its top level or several under `[[card]]`. See `docs/` for the recipe; the keys are:

    id, name, task ("semantic" | "instance" | "panoptic" | "points"), group, system, data, about, paper, parts,
    trainable, samples, parameters, gflops
    [net]      type, options = {...}
    [classes]  preset = "voc21"   or   names = [...] (channel order, "" = background), things, colors; extra = [...]
    [input]    mean, std, order, fit ("native" | "short:N" | "long:N" | "slide:SIZE/STRIDE"), multiple
    [decide]   confidence, pixel_confidence, min_area, overlap, stuff_area
    [weights]  file (else the address's last part), urls, sha256 (or md5), bytes, layout, drop,
               rename = [["^old", "new"]], page (where to get the file), files (of layout "hf": `file` is a folder,
               urls end with /, no sha256)
    [licence]  code, weights, data, commercial
    [[score]]  data, metric, value, how, source

`name` and `about` are a string or a table {en = "...", zh = "..."}.

Beside `[[card]]` a file may have `[defaults]`, what all its cards share, and tables `[like.NAME]`, what those share
that say `like = ["NAME", ...]`. The later word wins: defaults, then `like` in its order, then the card. Tables are
merged; a table `score` is what each row of a card's `[[score]]` begins with.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from segdesk.domain.card import TASKS, InputSpec, Licence, ModelCard, NetSpec, Score, Text, WeightsSpec
from segdesk.domain.decide import DecideOptions
from segdesk.domain.errors import SegDeskError
from segdesk.io import tables
from segdesk.io.class_presets import classes_of
from segdesk.io.tables import Table

_HEAD_KEYS = ("id", "name", "task", "group", "system", "data", "about", "paper", "parts", "trainable", "samples")
_SIZE_KEYS = ("parameters", "gflops")
_TOP_KEYS = frozenset((*_HEAD_KEYS, *_SIZE_KEYS, "net", "classes", "input", "decide", "weights", "licence", "score"))


@dataclass(frozen=True)
class BrokenCard:
    """A card file that cannot be used, and why: a greyed row of the menu."""

    path: Path
    reason: SegDeskError


def load_cards(folders: Sequence[Path]) -> tuple[list[ModelCard], list[BrokenCard]]:
    """All cards of the folders, sorted by group and name; a later folder's card replaces one of the same id.

    A folder that does not exist is empty. A broken file never hides the others.
    """
    cards: dict[str, ModelCard] = {}
    broken: list[BrokenCard] = []
    for folder in folders:
        for path in sorted(folder.glob("*.toml")):
            try:
                cards.update((card.id, card) for card in read_cards(path))
            except SegDeskError as error:
                broken.append(BrokenCard(path, error))
    whole = [card for card in cards.values() if all(part in cards for part in card.parts)]
    for card in cards.values():
        missing = [part for part in card.parts if part not in cards]
        if missing:
            broken.append(BrokenCard(Path(card.origin), _lacks_part(card.id, missing[0])))
    return sorted(whole, key=lambda card: (card.group, card.name.en)), broken


def find_card(folders: Sequence[Path], card_id: str) -> ModelCard | None:
    """The card that `load_cards` has under this id, without parsing the files that do not mention it."""
    for folder in reversed(folders):
        for path in sorted(folder.glob("*.toml"), reverse=True):
            card = _mentioned(path, card_id)
            if card is not None:
                return card if all(find_card(folders, part) for part in card.parts) else None
    return None


def _mentioned(path: Path, card_id: str) -> ModelCard | None:
    try:
        if f'"{card_id}"'.encode() not in path.read_bytes():
            return None
        return next((card for card in reversed(read_cards(path)) if card.id == card_id), None)
    except (OSError, SegDeskError):
        return None


def _lacks_part(card_id: str, part: str) -> SegDeskError:
    return SegDeskError(
        "The model card {card} is made of another one, {part}, which is not there.",
        "Put the card of that model into the same folder.",
        card=card_id,
        part=part,
    )


def read_cards(path: Path) -> list[ModelCard]:
    """The cards of one file. Raises `SegDeskError` that names the file and the fault. A file that has not changed since
    is not parsed again."""
    try:
        seen = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return list(_read(path, seen.st_mtime_ns, seen.st_size))


@lru_cache(256)
def _read(path: Path, changed: int, size: int) -> tuple[ModelCard, ...]:
    """The file as it is at that time and size; only good files are remembered."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(_card(row, path) for row in _written_out(table))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> SegDeskError:
    return SegDeskError(
        "The model card {file} cannot be read: {reason}.",
        "Compare it with the cards that come with the program.",
        file=path.name,
        reason=_reason(error),
    )


def _written_out(table: Table) -> list[Table]:
    """The file's cards with what they share filled in."""
    if "card" not in table:
        return [table]
    tables.only(table, {"card", "defaults", "like"}, "the file")
    defaults, likes = tables.table(table, "defaults", optional=True), tables.table(table, "like", optional=True)
    result = []
    for row in tables.rows(table, "card"):
        whole = defaults
        for name in tables.strings(row.get("like", []), "like"):
            whole = _merged(whole, tables.table(likes, name))
        result.append(_merged(whole, {key: value for key, value in row.items() if key != "like"}))
    return result


def _merged(base: Table, over: Table) -> Table:
    """`over` on top of `base`; a table on a table is merged, and so is each row of a list of tables on a table."""
    result = dict(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            value = _merged(below, value)
        elif isinstance(below, dict) and isinstance(value, list):
            value = [_merged(below, row) if isinstance(row, dict) else row for row in value]
        result[key] = value
    return result


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"the key {error.args[0]} is missing"
    return str(error).rstrip(".")


def _card(table: Table, path: Path) -> ModelCard:
    tables.only(table, _TOP_KEYS, "the card")
    task = tables.text(table, "task")
    if task not in TASKS:
        raise ValueError(f"task must be one of {', '.join(TASKS)}, not {task!r}")
    classes, channels = classes_of(tables.table(table, "classes"))
    net = tables.table(table, "net")
    tables.only(net, {"type", "options"}, "[net]")
    card = ModelCard(
        id=tables.text(table, "id"),
        name=_words(table["name"], "name"),
        task=task,
        group=str(table.get("group", "")),
        about=_words(table.get("about", ""), "about"),
        net=NetSpec(tables.text(net, "type"), dict(tables.table(net, "options", optional=True))),
        classes=classes,
        channel_ids=channels,
        input=tables.values(InputSpec, tables.table(table, "input", optional=True), "[input]"),
        decide=tables.values(DecideOptions, tables.table(table, "decide", optional=True), "[decide]"),
        weights=_weights(tables.table(table, "weights")) if "weights" in table else None,
        licence=tables.values(Licence, tables.table(table, "licence", optional=True), "[licence]"),
        scores=tuple(tables.values(Score, row, "[[score]]") for row in tables.rows(table, "score")),
        paper=str(table.get("paper", "")),
        parts=tuple(tables.strings(table.get("parts", []), "parts")),
        trainable=bool(table.get("trainable", False)),
        origin=str(path),
        samples=int(tables.figure(table, "samples")),
        system=str(table.get("system", "")),
        data=str(table.get("data", "")),
        parameters=int(tables.figure(table, "parameters")),
        gflops=tables.figure(table, "gflops"),
    )
    _check(card)
    return card


_RESIZE, _SLIDE = r"(?:short:[1-9]\d*(?:/[1-9]\d*)?|(?:long|square):[1-9]\d*)", r"slide:([1-9]\d*)/([1-9]\d*)"
_FIT = re.compile(rf"native|{_RESIZE}|(?:{_RESIZE} )?{_SLIDE}")


def _check(card: ModelCard) -> None:
    fit = _FIT.fullmatch(card.input.fit)
    if fit is None or (fit[1] and int(fit[2]) > int(fit[1])):
        raise ValueError(
            '[input] fit must be "native", "short:N", "short:N/MOST", "long:N", "square:N" or "slide:SIZE/STRIDE"'
        )
    if card.input.order not in ("rgb", "bgr") or card.input.multiple < 1 or card.input.pad not in ("reflect", "zero"):
        raise ValueError('[input] order must be "rgb" or "bgr", pad "reflect" or "zero" and multiple at least 1')
    if len(card.input.mean) != 3 or len(card.input.std) != 3 or 0 in card.input.std:
        raise ValueError("[input] mean and std need three numbers each, std without 0")
    if not card.net.type.isidentifier():
        raise ValueError("[net] type must be the name of a file in segdesk/nets")
    if (card.net.type == "merge") != (len(card.parts) == 2):
        raise ValueError('a card of type "merge", and only such a card, has two parts: a semantic and an instance card')


def _weights(table: Table) -> WeightsSpec:
    if "file" not in table and tables.strings(table.get("urls", []), "urls"):
        table = {**table, "file": str(table["urls"][0]).rpartition("/")[2]}  # type: ignore[index]  # a list, as seen
    spec = tables.values(WeightsSpec, table, "[weights]")
    if Path(spec.file).name != spec.file:
        raise ValueError("[weights] file must be a plain file name")
    sha = spec.sha256
    if sha and (not 8 <= len(sha) <= 64 or set(sha) - set("0123456789abcdef")):
        raise ValueError("[weights] sha256 must be 8 to 64 small hexadecimal digits")
    if spec.md5 and (not 6 <= len(spec.md5) <= 32 or set(spec.md5) - set("0123456789abcdef")):
        raise ValueError("[weights] md5 must be 6 to 32 small hexadecimal digits")
    if spec.files:
        _check_folder(spec)
    elif spec.urls and not (sha or spec.md5):
        raise ValueError("[weights] with urls need a sha256")
    for pattern in (*(old for old, _new in spec.rename), *spec.drop):
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"[weights] {pattern!r} is not a pattern: {error}") from error
    if any(not url.startswith(("https://", "http://")) for url in spec.urls):
        raise ValueError("[weights] urls must begin with https:// or http://")
    return spec


def _check_folder(spec: WeightsSpec) -> None:
    """A folder as Hugging Face keeps it comes without a hash: over TLS only, and nothing in it is a program."""
    if spec.layout != "hf" or spec.sha256:
        raise ValueError('[weights] files are for layout = "hf", which has no sha256')
    names = [choice for name in spec.files for choice in name.split("|")]
    if any(Path(name).name != name or not name.endswith((".json", ".txt", ".safetensors", ".bin")) for name in names):
        raise ValueError("[weights] files must be plain names of .json, .txt, .safetensors and .bin files")
    if any(not url.startswith("https://") or not url.endswith("/") for url in spec.urls):
        raise ValueError("[weights] urls of a folder must begin with https:// and end with /")


def _words(value: object, key: str) -> Text:
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, dict) and isinstance(value.get("en"), str) and not set(value) - {"en", "zh"}:
        return Text(value["en"], str(value.get("zh", "")))
    raise ValueError(f'{key} must be a text or {{ en = "...", zh = "..." }}')
