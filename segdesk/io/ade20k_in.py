"""Reading ADE20K's full label files: colour PNGs, and the names of their classes from one of three places."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.domain.classes import VOID, ClassInfo, ClassSet, plain_name, spread_color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.text import N_
from segdesk.io import label_pngs
from segdesk.io.class_presets import class_preset
from segdesk.io.fixed_classes import plain
from segdesk.io.formats.base import Cancel, ImportResult, ImportSink, Note, Problem, Report
from segdesk.io.picture_names import known_names
from segdesk.io.scanning import natural_key

OBJECTS = "objects.txt"
_SEG = "_seg.png"
_LARGEST = 1 << 25  # bytes of a list beside a picture


def read_folder(path: Path, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
    """Take in every `_seg.png` below `path`; what does not fit is listed and left out."""
    files = sorted(path.rglob(f"*{_SEG}"), key=lambda f: natural_key(f.relative_to(path).as_posix()))
    if not files:
        raise SegDeskError("{name} holds no label pictures.", "Choose the folder with the label files.", name=str(path))
    above = [path, *list(path.parents)[:3]]
    reader = _Reader(sink, known_names(*above), _Names.of(above))
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        reader.take(file)
        progress(done, len(files))
    return ImportResult(reader.pictures, reader.objects, tuple(reader.problems), tuple(reader.notes()))


@dataclass
class _Names:
    """Class number -> (name, whether countable), as far as known; grows with the lists beside the pictures."""

    known: dict[int, tuple[str, bool]] = field(default_factory=dict)

    @classmethod
    def of(cls, folders: list[Path]) -> _Names:
        """From the first `objects.txt` that we wrote, if there is one."""
        result = cls()
        file = next((f / OBJECTS for f in folders if (f / OBJECTS).is_file()), None)
        for line in _text(file).splitlines() if file else ():
            number, _, rest = line.partition("\t")
            kind, _, name = rest.partition("\t")
            if number.isdecimal() and len(number) < 9 and (name := plain_name(name)):
                result.known[int(number)] = name, kind != "stuff"
        return result

    def learn(self, seg: Path, classes: np.ndarray, objects: np.ndarray) -> None:
        """Take the names of classes of one picture that are not known yet from the list beside it."""
        wanted = set(np.unique(classes).tolist()) - {VOID} - set(self.known)
        if not wanted:
            return
        stem = seg.name.removesuffix(_SEG)
        found = dict(_from_json(seg.with_name(f"{stem}.json")))
        rows = dict(_from_attributes(seg.with_name(f"{stem}_atr.txt"))) if wanted - set(found) else {}
        for rank, value in enumerate(np.unique(objects).tolist()):  # the list counts the values that occur
            numbers = classes[objects == value] if rank in rows else classes[:0]
            if numbers.size:
                found.setdefault(int(np.bincount(numbers).argmax()), rows[rank])
        for number in wanted & set(found):
            name = plain_name(found[number]) or f"class {number}"
            self.known[number] = name, _countable(name)

    def info(self, number: int) -> ClassInfo:
        """The class of a number, under the same id."""
        name, countable = self.known.get(number, (f"class {number}", True))
        return ClassInfo(number, name, spread_color(number), countable)


def _countable(name: str) -> bool:
    """As in the benchmark's 150 classes; what is not among them is a thing."""
    first = plain(name.split(",")[0])
    return next((c.is_thing for c in class_preset("ade150") if plain(c.name) == first), True)


def _text(file: Path) -> str:
    """The text of a small file; nothing where it is missing or too large: names are a help, not a need."""
    try:
        return file.read_text(encoding="utf-8-sig", errors="replace") if file.stat().st_size <= _LARGEST else ""
    except OSError:
        return ""


def _from_json(file: Path) -> Iterator[tuple[int, str]]:
    """(class number, name) of the JSON lists of 2021."""
    try:
        data = json.loads(_text(file))
        rows = data["annotation"]["object"]
        yield from ((row["name_ndx"], str(row["name"])) for row in rows if isinstance(row["name_ndx"], int))
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def _from_attributes(file: Path) -> Iterator[tuple[int, str]]:
    """(object number, class name) of the text lists of 2016; parts of objects are left out."""
    for line in _text(file).splitlines():
        cells = [cell.strip() for cell in line.split("#")]
        if len(cells) >= 5 and cells[0].isdecimal() and len(cells[0]) < 9 and cells[1] == "0" and cells[3]:
            yield int(cells[0]), cells[3]


@dataclass
class _Reader:
    """Numbers and complaints of what has been read so far."""

    sink: ImportSink
    paths: Mapping[str, str]
    names: _Names
    pictures: int = 0
    objects: int = 0
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[int, int] = field(default_factory=dict)

    def take(self, file: Path) -> None:
        stem = file.name.removesuffix(_SEG)
        name = self.paths.get(stem, stem)
        try:
            size = self.sink.size_of(name)  # a picture that is not there is said first
            packed = label_pngs.load_panoptic(file, size)
            classes = (packed & 255) // 10 * 256 + (packed >> 8 & 255)
            objects = packed >> 16
            self.names.learn(file, classes, objects)
            labels = label_pngs.compose(self._project_ids(classes), objects)
            self.sink.put(name, labels)
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.pictures += 1
        self.objects += len(labels.segments)

    def _project_ids(self, classes: np.ndarray) -> np.ndarray:
        """(H, W) project class ids; classes join the project when they are first seen."""
        table = np.zeros(1 << 16, np.uint16)
        for number in np.unique(classes).tolist():
            if number == VOID:
                continue
            if number not in self._ids:
                self._ids[number] = self.sink.class_ids(ClassSet([self.names.info(number)]))[number]
            table[number] = self._ids[number]
        return table[classes]

    def notes(self) -> list[Note]:
        unnamed = sum(number not in self.names.known for number in self._ids)
        text = N_("{count} classes have no name in any list and are named by their numbers.")
        return [Note(text, {"count": unnamed})] if unnamed else []
