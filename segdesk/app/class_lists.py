"""Lists of classes as files: those of other annotation programs and plain ones, read and written. No labels."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from segdesk.app.class_draft import LONGEST_NAME
from segdesk.domain.classes import MAX_ID, ClassInfo, ClassSet, Color, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.atomic import explain_os_error, write_text
from segdesk.io.class_presets import class_preset

LARGEST_FILE = 16 << 20  # bytes
IGNORED = frozenset({"__ignore__", "_ignore_"})  # labelme's name for "no label"
PRESETS: tuple[tuple[str, str], ...] = (
    ("voc21", "Pascal VOC"),
    ("coco80", "COCO"),
    ("coco133", "COCO panoptic"),
    ("cocostuff171", "COCO-Stuff"),
    ("cityscapes19", "Cityscapes"),
    ("ade150", "ADE20K"),
    ("camvid11", "CamVid"),
    ("mapillary65", "Mapillary Vistas"),
    ("context59", "Pascal Context"),
    ("loveda", "LoveDA"),
    ("isaid", "iSAID"),
    ("potsdam", "Potsdam"),
)
_NAME_KEYS = ("name", "title", "label", "class")
_THING_KEYS = ("is_thing", "isthing", "thing")


@dataclass(frozen=True)
class ListFormat:
    """A kind of file that a class list is written as. `title`: English, marked by `N_` where it is no name."""

    id: str
    title: str
    suffix: str
    usual: str


FORMATS = (
    ListFormat("json", "SegDesk JSON", ".json", "classes.json"),
    ListFormat("csv", N_("Table (CSV)"), ".csv", "classes.csv"),
    ListFormat("labelme", "labelme labels.txt", ".txt", "labels.txt"),
    ListFormat("cvat", "CVAT labels JSON", ".json", "cvat-labels.json"),
    ListFormat("supervisely", "Supervisely meta.json", ".json", "meta.json"),
    ListFormat("coco", "COCO categories JSON", ".json", "categories.json"),
    ListFormat("text", N_("One name a line"), ".txt", "classes.txt"),
)


def preset(name: str) -> ClassSet:
    """The classes of one of `PRESETS`; "background" is left out, for that is what has no label."""
    return ClassSet(c for c in class_preset(name) if c.name.casefold() != "background")


def read(path: Path) -> ClassSet:
    """The classes of a file of any of the kinds, told by what is in it; ids count from 1. Colours and kinds that it
    does not give: a colour of our own, and a thing. Raises `SegDeskError`, one sentence, for anything else."""
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise _no_list(path)
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise explain_os_error(error, path) from error
    except UnicodeDecodeError as error:
        raise _no_list(path) from error
    try:
        rows = _json_rows(json.loads(text)) if text.lstrip()[:1] in ("{", "[") else _text_rows(text)
        classes = _class_set(rows)
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, csv.Error) as error:
        raise _no_list(path) from error
    if not classes:
        raise _no_list(path)
    return classes


def write(path: Path, classes: ClassSet, format_id: str) -> None:
    """Write the classes as one of `FORMATS`. Raises `SegDeskError`."""
    write_text(path, _WRITERS[format_id](classes))


def _no_list(path: Path) -> SegDeskError:
    return SegDeskError(
        "{name} is not a list of classes.",
        "It can be JSON (SegDesk, CVAT, Supervisely, COCO), CSV, or a text with one name a line.",
        name=path.name,
    )


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Row:
    name: str
    color: Color | None = None
    thing: bool = True


def _class_set(rows: Iterable[_Row]) -> ClassSet:
    """Names once each, the first counts."""
    found: dict[str, ClassInfo] = {}
    for row in rows:
        name = "".join(c for c in row.name if c.isprintable()).strip()[:LONGEST_NAME]
        if name and name.casefold() not in found and name not in IGNORED:
            if len(found) == MAX_ID:
                raise ValueError("more classes than a map can hold")
            at = len(found)
            found[name.casefold()] = ClassInfo(at + 1, name, row.color or spread_color(at), row.thing)
    return ClassSet(found.values())


def _json_rows(data: object) -> list[_Row]:
    """Rows of a parsed file: a list, or an object that holds one under a known name."""
    if isinstance(data, dict):
        for key in ("classes", "categories", "labels", "names"):
            if isinstance(data.get(key), (list, dict)):
                return _beside(_json_rows_of(data[key]), data)
        if data and all(str(k).isdecimal() and isinstance(v, str) for k, v in data.items()):
            return _json_rows_of(data)
        raise ValueError("no list of classes in it")
    return _json_rows_of(data)


def _json_rows_of(data: object) -> list[_Row]:
    if isinstance(data, dict):  # number -> name
        data = [data[key] for key in sorted(data, key=int)]
    if not isinstance(data, list):
        raise ValueError("not a list")
    return [_Row(item) if isinstance(item, str) else _object_row(item) for item in data]


def _object_row(item: object) -> _Row:
    """One class as CVAT, Supervisely, COCO or SegDesk write it."""
    if not isinstance(item, dict):
        raise ValueError("neither a name nor an object")
    name = next((item[k] for k in _NAME_KEYS if isinstance(item.get(k), str)), None)
    if name is None:
        raise ValueError("a class without a name")
    thing = next((bool(item[k]) for k in _THING_KEYS if isinstance(item.get(k), (bool, int))), True)
    return _Row(name, _color(item.get("color")), thing)


def _beside(rows: list[_Row], data: Mapping[str, object]) -> list[_Row]:
    """Colours and things that stand in lists of their own, as in the `classes.json` of an index PNG export."""
    colors, things = data.get("colors"), data.get("things")
    result = rows
    if isinstance(colors, list):
        result = [
            _Row(r.name, _color(colors[at]) if at < len(colors) else None, r.thing) for at, r in enumerate(result)
        ]
    if isinstance(things, list):
        result = [_Row(r.name, r.color, r.name in things) for r in result]
    return result


def _color(value: object) -> Color | None:
    """A colour from "#12ab9f", "12ab9f", "#1af", "18,171,159" or [18, 171, 159]; None where it is none of these."""
    if isinstance(value, str):
        digits = value.strip().removeprefix("#")
        if len(digits) == 3:
            digits = "".join(2 * d for d in digits)
        if len(digits) == 6 and all(d in "0123456789abcdefABCDEF" for d in digits):
            return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
        value = digits.replace(";", ",").split(",")
    if isinstance(value, (list, tuple)) and len(value) >= 3:
        try:
            red, green, blue = (int(float(str(v))) for v in value[:3])
        except (ValueError, OverflowError):
            return None
        if all(0 <= v <= 255 for v in (red, green, blue)):
            return red, green, blue
    return None


def _text_rows(text: str) -> list[_Row]:
    if "\0" in text:
        raise ValueError("not a text")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines:
        raise ValueError("nothing in it")
    heads = [h.strip().casefold() for h in next(csv.reader(lines[:1]))]
    if len(heads) > 1 and any(k in heads for k in _NAME_KEYS):
        return [_csv_row(dict(zip(heads, row, strict=False))) for row in csv.reader(lines[1:])]
    return [_Row(line) for line in lines]


def _csv_row(row: Mapping[str, str]) -> _Row:
    name = next((row[k] for k in _NAME_KEYS if k in row), "")
    parts = [row.get(k, "") for k in ("red", "green", "blue")]
    color = _color(row["color"]) if row.get("color") else _color(parts) if all(parts) else None
    thing = next((row[k] for k in (*_THING_KEYS, "kind") if k in row), "")
    return _Row(name, color, thing.strip().casefold() not in ("0", "false", "no", "stuff"))


# -- writing -----------------------------------------------------------------------------------------------------------


def _hex(color: Color) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _dump(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _own(classes: ClassSet) -> str:
    return _dump({"classes": [{"name": c.name, "color": _hex(c.color), "thing": c.is_thing} for c in classes]})


def _csv(classes: ClassSet) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(("name", "color", "kind"))
    table.writerows((c.name, _hex(c.color), "thing" if c.is_thing else "stuff") for c in classes)
    return out.getvalue()


def _labelme(classes: ClassSet) -> str:
    """Its first line is what has no label; a background comes second, as its export scripts want it."""
    names = [c.name for c in classes]
    first = [n for n in names if n.casefold() == "_background_"] or ["_background_"]
    return "\n".join(["__ignore__", *first, *(n for n in names if n not in first)]) + "\n"


def _cvat(classes: ClassSet) -> str:
    return _dump([{"name": c.name, "color": _hex(c.color), "type": "any", "attributes": []} for c in classes])


def _supervisely(classes: ClassSet) -> str:
    rows = [{"title": c.name, "shape": "bitmap", "color": _hex(c.color).upper()} for c in classes]
    return _dump({"classes": rows, "tags": [], "projectType": "images"})


def _coco(classes: ClassSet) -> str:
    rows = [
        {"id": at, "name": c.name, "supercategory": "", "isthing": int(c.is_thing), "color": list(c.color)}
        for at, c in enumerate(classes, start=1)
    ]
    return _dump({"categories": rows})


_WRITERS = {
    "json": _own,
    "csv": _csv,
    "labelme": _labelme,
    "cvat": _cvat,
    "supervisely": _supervisely,
    "coco": _coco,
    "text": lambda classes: "".join(f"{c.name}\n" for c in classes),
}
