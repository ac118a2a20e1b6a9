"""Reading a folder of YOLO-seg labels: class names from `data.yaml` or a list, pictures by their names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from segdesk.domain.classes import ClassInfo, ClassSet, plain_name, spread_color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import Rle
from segdesk.domain.segmentation import Segment
from segdesk.domain.text import N_
from segdesk.io.atomic import explain_os_error
from segdesk.io.formats.base import Cancel, ImportResult, ImportSink, Note, Problem, Report
from segdesk.io.objects_in import joined, resolved
from segdesk.io.picture_names import known_names
from segdesk.io.scanning import EXTENSIONS, natural_key
from segdesk.io.yolo_labels import BoxLine, Line, drawn, lines_of

_LISTS = ("classes.txt", "obj.names", "predefined_classes.txt")
_LARGEST = 1 << 22  # bytes of a YAML file


def read_labels(path: Path, sink: ImportSink, *, progress: Report, cancelled: Cancel) -> ImportResult:
    """Take in every label file below `path/labels`, or below `path`; what does not fit is listed and left out."""
    if not path.is_dir():
        raise SegDeskError("{name} is not a folder.", "Choose the folder above the labels.", name=str(path))
    folder = path / "labels" if (path / "labels").is_dir() else path
    files = sorted((f for f in folder.rglob("*.txt") if f.name not in _LISTS), key=lambda f: natural_key(f.as_posix()))
    if not files:
        raise SegDeskError("{name} holds no label files.", "Choose the folder above the labels.", name=str(path))
    above = [path, folder, *list(path.parents)[:2]]
    reader = _Reader(sink, folder, known_names(*above), _classes(above))
    progress(0, len(files))
    for done, file in enumerate(files, 1):
        if cancelled():
            raise Cancelled
        reader.take(file)
        progress(done, len(files))
    return ImportResult(
        reader.pictures, reader.objects, tuple(reader.problems), tuple(reader.notes(_without_labels(folder, files)))
    )


def _without_labels(folder: Path, files: list[Path]) -> int:
    """How many pictures of the folder `images` beside `labels` have no label file."""
    pictures = folder.parent / "images"
    if folder.name != "labels" or not pictures.is_dir():
        return 0
    labelled = {f.relative_to(folder).with_suffix("") for f in files}
    shown = (f for f in pictures.rglob("*") if f.suffix.lower() in EXTENSIONS)
    return sum(f.relative_to(pictures).with_suffix("") not in labelled for f in shown)


@dataclass(frozen=True)
class _Names:
    """Class number -> name; `things`: names of the countable ones, None = all. `listed`: there was a list."""

    names: Mapping[int, str]
    things: frozenset[str] | None = None
    listed: bool = True

    def info(self, number: int) -> ClassInfo | None:
        """The class of a number, under the id number + 1; None for one that is not in the list."""
        name = self.names.get(number) if self.listed else f"class {number}"
        if name is None:
            return None
        return ClassInfo(number + 1, name, spread_color(number), self.things is None or name in self.things)


def _classes(folders: list[Path]) -> _Names:
    for folder in folders:
        for file in sorted(f for f in folder.glob("*.y*ml") if f.suffix in (".yaml", ".yml")):
            found = _from_yaml(file)
            if found is not None:
                return found
        for name in _LISTS:
            if (folder / name).is_file():
                lines = (folder / name).read_text(encoding="utf-8-sig", errors="replace").splitlines()
                return _Names(dict(enumerate(name for line in lines if (name := plain_name(line)))))
    return _Names({}, listed=False)


def _from_yaml(file: Path) -> _Names | None:
    """The names of a `data.yaml`, a list or numbers with names; None for a YAML file that is about something else."""
    try:
        if file.stat().st_size > _LARGEST:
            raise SegDeskError("{name} is too large for a list of classes.", name=file.name)
        data = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise explain_os_error(error, file) from error
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        raise SegDeskError("{name} is not a data.yaml of YOLO.", "Correct it or remove it.", name=file.name) from error
    given = data.get("names") if isinstance(data, dict) else None
    pairs = given.items() if isinstance(given, dict) else enumerate(given) if isinstance(given, list) else ()
    names = {int(n): plain_name(name) for n, name in pairs if _is_number(n) and isinstance(name, (str, int, float))}
    names = {n: name for n, name in names.items() if name}
    if not names:
        return None
    things = data.get("things")
    known = frozenset(t for t in things if isinstance(t, str)) if isinstance(things, list) else None
    return _Names(names, known)


def _is_number(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 6)


@dataclass
class _Reader:
    """Numbers and complaints of what has been read so far."""

    sink: ImportSink
    folder: Path
    known: Mapping[str, str]
    names: _Names
    pictures: int = 0
    objects: int = 0
    overlaps: int = 0
    outside: int = 0
    boxes: int = 0
    problems: list[Problem] = field(default_factory=list)
    _ids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        classes = ClassSet()
        for number in self.names.names:
            info = self.names.info(number)
            if info is not None and 0 <= number < 65_535 and classes.named(info.name) is None:
                classes = classes.with_class(info)
        self._ids = self.sink.class_ids(classes)

    def take(self, file: Path) -> None:
        relative = file.relative_to(self.folder).with_suffix("").as_posix()
        name = self.known.get(file.stem, relative)
        try:
            name, size = self._picture(name)
            labels, overlaps = resolved(name, self._objects(name, file, size), size)
            self.sink.put(name, labels)
        except SegDeskError as error:
            self.problems.append(Problem(name, error))
            return
        self.pictures += 1
        self.overlaps += overlaps
        self.objects += len(labels.segments)

    def _picture(self, name: str) -> tuple[str, tuple[int, int]]:
        """(name, size) of the picture: labels/train/1.txt belongs to images/train/1.jpg."""
        beside = f"images/{name}"
        try:
            return beside, self.sink.size_of(beside)
        except SegDeskError:
            return name, self.sink.size_of(name)

    def _objects(self, name: str, file: Path, size: tuple[int, int]) -> list[tuple[Segment, Rle]]:
        found: list[tuple[Segment, Rle]] = []
        stuff: dict[int, list[Rle]] = {}
        for at, (segment, mask, countable) in self._lines(name, file, size):
            if mask.area == 0:
                self._complain(name, at, N_("its mask is empty"))
            elif countable:
                found.append((segment, mask))
            else:
                stuff.setdefault(segment.class_id, []).append(mask)
        return found + [(Segment(class_id), joined(masks)) for class_id, masks in stuff.items()]

    def _lines(self, name: str, file: Path, size: tuple[int, int]) -> Iterator[tuple[int, tuple[Segment, Rle, bool]]]:
        for at, line in lines_of(file):
            if isinstance(line, BoxLine):
                self.boxes += 1
                continue
            try:
                if isinstance(line, ValueError):
                    raise line
                class_id, countable = self._class(line)
                yield at, (Segment(class_id, line.score), drawn(line.points, size), countable)
                self.outside += line.outside
            except ValueError as error:
                self._complain(name, at, str(error))

    def _class(self, line: Line) -> tuple[int, bool]:
        """(project class id, whether it is countable); a class without a list joins when it is first seen."""
        info = self.names.info(line.number)
        if info is None:
            raise ValueError(N_("its class number is not in the list"))
        if info.id not in self._ids:
            self._ids[info.id] = self.sink.class_ids(ClassSet([info]))[info.id]
        return self._ids[info.id], info.is_thing

    def _complain(self, name: str, at: int, reason: str) -> None:
        error = SegDeskError("Line {line} of {name} was left out: {reason}.", line=at, name=name, reason=reason)
        self.problems.append(Problem(name, error))

    def notes(self, without: int) -> list[Note]:
        told = [
            (self.overlaps, N_("{count} objects lie over others; the smaller one keeps the shared pixels.")),
            (self.outside, N_("{count} outlines reached out of their picture and were cut.")),
            (self.boxes, N_("{count} lines are boxes without an outline and were left out.")),
            (without, N_("{count} pictures have no label file and stay without labels.")),
        ]
        notes = [Note(text, {"count": count}) for count, text in told if count]
        if not self.names.listed:
            notes.append(Note(N_("There was no class list; classes are named by their numbers.")))
        return notes
