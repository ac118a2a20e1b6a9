"""Class tables of index maps: which number means which class. Written as JSON, read from several kinds of list.

An index map numbers its classes from 0 without gaps. Number 0 is the class "background" where the project has one;
otherwise it is what has no label. The highest number (255, or 65535 in 16-bit maps) is void.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet, plain_name
from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import explain_os_error

BACKGROUND = frozenset({"background", "_background_", "__background__"})
UNLABELLED = BACKGROUND | {"void", "unlabelled", "unlabeled", "ignore", "ignored", "_ignore_", "__ignore__"}
LISTS = ("classes.json", "classes.txt", "labelmap.txt", "labels.txt", "class_names.txt")
VOC_NAMES = (
    *("background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow"),
    *("diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)

_RGB = r"(?P<rgb>\d{1,3}\s*[, ]\s*\d{1,3}\s*[, ]\s*\d{1,3})"
_LINES = (
    re.compile(rf"^(?P<name>[^:]+):{_RGB}?:[^:]*:[^:]*$"),  # labelmap.txt: name:r,g,b:parts:actions
    re.compile(rf"^{_RGB}\s+(?P<name>\D.*)$"),
    re.compile(r"^(?P<index>\d+)\s*[:,;\t ]\s*(?P<name>\D.*)$"),
    re.compile(r"^(?P<name>.+)$"),
)


@dataclass(frozen=True)
class WriteTable:
    """How the classes of a project are written: `index_of` class id; `void` is the number of pixels without one."""

    names: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...]
    things: tuple[str, ...]
    index_of: Mapping[int, int]
    void: int
    ignore: int

    @classmethod
    def of(cls, classes: ClassSet, *, deep: bool = False) -> WriteTable:
        """Number the classes in their order; 16-bit numbers where 8 bits do not hold them and void, or if `deep`."""
        zero = next((c for c in classes if c.name.casefold() in BACKGROUND), None)
        rest = [c for c in classes if c is not zero]
        first = zero or ClassInfo(1, "background", (0, 0, 0))
        listed = [first, *rest]
        ignore = 255 if len(listed) <= 255 and not deep else 65_535
        index_of = {c.id: n for n, c in enumerate(rest, 1)} | ({zero.id: 0} if zero else {})
        return cls(
            tuple(c.name for c in listed),
            tuple(c.color for c in listed),
            tuple(c.name for c in listed if c.is_thing),
            index_of,
            ignore if zero else 0,
            ignore,
        )

    def index_map(self, class_map: np.ndarray) -> np.ndarray:
        """(H, W) numbers, uint8 or uint16, of (H, W) project class ids."""
        table = np.full(65_536, self.void, np.uint8 if self.ignore == 255 else np.uint16)
        for class_id, index in self.index_of.items():
            table[class_id] = index
        return table[class_map]

    def to_json(self, pictures: Mapping[str, str]) -> str:
        """The text of `classes.json`; `pictures`: label stem -> path of the picture in the project."""
        data = {
            "names": self.names,
            "colors": self.colors,
            "things": self.things,
            "void": self.void,
            "ignore_index": self.ignore,
            "pictures": pictures,
        }
        return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


@dataclass(frozen=True)
class ReadTable:
    """What a class list says. `classes`: foreign class id = number + 1, so that number 0 can be a class.

    `void`: numbers without a class; `pictures`: label stem -> picture name; `listed`: whether there was a list at all;
    `things_known`: whether it says which classes are countable.
    """

    classes: ClassSet
    void: frozenset[int]
    pictures: Mapping[str, str] = field(default_factory=dict)
    listed: bool = True
    things_known: bool = False

    @classmethod
    def find(cls, folders: Sequence[Path], default: Sequence[str] | None = None) -> ReadTable:
        """The first class list in the folders; else the `default` names, all countable; else numbers stand for
        themselves."""
        for folder in folders:
            for name in LISTS:
                if (folder / name).is_file():
                    return _parsed(folder / name)
        if default is None:
            return cls(ClassSet(), frozenset({0, 255}), listed=False)
        return _table(dict(enumerate(default)), things=default)


def _parsed(path: Path) -> ReadTable:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _from_json(json.loads(text)) if path.suffix == ".json" else _from_lines(text)
    except OSError as error:
        raise explain_os_error(error, path) from error
    except (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise SegDeskError(
            "{name} is not a class list.", "One class name a line, in the order of their numbers.", name=path.name
        ) from error


def _from_json(data: object) -> ReadTable:
    if isinstance(data, list):
        return _table({n: str(name) for n, name in enumerate(data)}, things=None)
    if not isinstance(data, dict):
        raise ValueError("neither a list nor an object")
    given = data.get("names", data)
    pairs = given.items() if isinstance(given, dict) else enumerate(given)
    names = {int(index): str(name) for index, name in pairs}
    colors = {n: color for n, c in enumerate(data.get("colors", [])) if (color := _color(c)) is not None}
    void = {int(data[key]) for key in ("void", "ignore_index") if isinstance(data.get(key), int)}
    pictures = data.get("pictures", {})
    return _table(
        names,
        colors=colors,
        things=data.get("things"),
        void=void if "void" in data else None,
        pictures={str(k): str(v) for k, v in pictures.items()} if isinstance(pictures, dict) else {},
    )


def _color(value: object) -> tuple[int, int, int] | None:
    if not isinstance(value, list) or len(value) != 3 or not all(type(v) is int and 0 <= v < 256 for v in value):
        return None
    return value[0], value[1], value[2]


def _from_lines(text: str) -> ReadTable:
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    for line in text.splitlines():
        found = next((m for pattern in _LINES if (m := pattern.match(line.strip()))), None)
        if found is None or line.lstrip().startswith("#"):
            continue
        parts = found.groupdict()
        index = int(parts["index"]) if parts.get("index") else len(names)
        names[index] = parts["name"].strip()
        if parts.get("rgb"):
            red, green, blue = (min(255, int(v)) for v in re.findall(r"\d+", parts["rgb"]))
            colors[index] = red, green, blue
    return _table(names, colors=colors, things=None)


def _table(
    names: Mapping[int, str],
    *,
    things: Sequence[str] | None,
    colors: Mapping[int, tuple[int, int, int]] | None = None,
    void: set[int] | None = None,
    pictures: Mapping[str, str] | None = None,
) -> ReadTable:
    """`void` None: found by the names that mean it. `things` None: not said."""
    if void is None:
        void = {n for n, name in names.items() if name.casefold() in UNLABELLED} | ({255} - set(names))
    names = {index: plain_name(name) or f"class {index}" for index, name in names.items()}
    plain = ClassSet.from_names(list({name.casefold(): name for name in names.values()}.values()))
    classes = ClassSet()
    for index, name in names.items():
        if index not in void and classes.named(name) is None and 0 <= index < 65_535:
            known = plain.named(name)
            color = (colors or {}).get(index) or (known.color if known else (128, 128, 128))
            classes = classes.with_class(ClassInfo(index + 1, name, color, name in (things or ())))
    return ReadTable(classes, frozenset(void), pictures or {}, things_known=things is not None)
