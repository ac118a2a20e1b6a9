"""Projects to export from and import into, and what "the same labels" means."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
from PIL import Image

from segdesk.app import discover
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats.base import ExportResult, FormatInfo, ImportResult, Keeps, written
from segdesk.io.project import Project
from segdesk.io.project_exchange import ProjectSink, export_source

MODULES = [plugin.module for plugin in discover.formats()[0]]
WRITERS = [m for m in MODULES if m.INFO.can_write]
BOTH = [m for m in WRITERS if m.INFO.can_read]  # formats that read what they wrote
LOSSLESS = [m for m in BOTH if m.INFO.lossless]
EXACT = [m for m in BOTH if m.INFO.keeps in (Keeps.OBJECTS, Keeps.CLASSES)]  # no pixel changes its class
CLASSES = ClassSet(
    [
        ClassInfo(7, "cell", (200, 30, 40), True),
        ClassInfo(2, "天空", (0, 0, 255)),
        ClassInfo(40, "debris", (9, 200, 9), True),
        ClassInfo(3, "road", (90, 90, 90)),
    ]
)


def format_id(module: object) -> str:
    """For `pytest.mark.parametrize(..., ids=format_id)`."""
    info = getattr(module, "INFO", None)
    return info.id if isinstance(info, FormatInfo) else str(module)


def classes_for(module: ModuleType, classes: ClassSet = CLASSES) -> ClassSet:
    """The classes under names that the format has, where it has a fixed table: things for things, stuff for stuff."""
    table = module.INFO.classes
    if table is None:
        return classes
    left = {thing: [c.name for c in table if c.is_thing == thing] for thing in (True, False)}
    return ClassSet(replace(c, name=left[c.is_thing].pop(0)) for c in classes)


def never() -> bool:
    return False


def silent(done: int, total: int) -> None:
    assert 0 <= done <= total


def add_picture(folder: Path, name: str, size: tuple[int, int], *, seed: int = 0) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def make_project(folder: Path, maps: dict[str, Segmentation], classes: ClassSet = CLASSES) -> Project:
    """A project in `folder` whose pictures have these annotations; the pictures are noise."""
    pictures = folder / "pictures"
    project = Project.create(folder / "p.segdesk", pictures, classes)
    for n, (name, labels) in enumerate(maps.items()):
        add_picture(pictures, name, labels.size, seed=n)
    project.add_pictures(maps)
    for name, labels in maps.items():
        row = project.find(name)
        assert row is not None
        project.save_map(row.id, "annotation", labels)
    return project


def export(project: Project, module: ModuleType, folder: Path, **options: str) -> ExportResult:
    source = replace(export_source(project), options=options)
    return module.write(source, folder, progress=silent, cancelled=never)


def load_again(project: Project, module: ModuleType, folder: Path) -> ImportResult:
    """Read a written folder into the reference layer, as a person would by choosing what `written` names."""
    pictures, objects, problems, notes = 0, 0, [], []
    for path in written(module.INFO, folder):
        result = load(project, module, path)
        pictures, objects = pictures + result.pictures, objects + result.objects
        problems += result.problems
        notes += result.notes
    return ImportResult(pictures, objects, tuple(problems), tuple(notes))


def load(project: Project, module: ModuleType, path: Path, layer: str = "reference") -> ImportResult:
    return module.read(path, ProjectSink(project, layer), layer=layer, progress=silent, cancelled=never)


def names_of(segmentation: Segmentation, classes: ClassSet) -> np.ndarray:
    """(H, W) class names, "" for void."""
    table = np.array(["", *(c.name for c in classes)])
    index = {c.id: n for n, c in enumerate(classes, 1)}
    lookup = np.zeros(65_536, int)
    for key, segment in segmentation.segments.items():
        lookup[key] = index[segment.class_id]
    return table[lookup[segmentation.ids]]


def assert_same_labels(
    found: Segmentation | None,
    wanted: Segmentation,
    found_classes: ClassSet,
    wanted_classes: ClassSet,
    *,
    objects: bool = True,
) -> None:
    """Every pixel has the same class, and (`objects`) two pixels of countable classes are one object here if they are
    there."""
    assert found is not None
    found.check(found_classes)
    names = names_of(wanted, wanted_classes)
    assert np.array_equal(names_of(found, found_classes), names)
    if not objects:
        return
    things = [c.name for c in wanted_classes if c.is_thing]
    thing = np.isin(names, things)
    pairs = np.unique(np.stack([found.ids[thing], wanted.ids[thing]]), axis=1)
    assert np.unique(pairs[0]).size == pairs.shape[1] == np.unique(pairs[1]).size


def blocks(ids: np.ndarray, class_of: dict[int, int]) -> Segmentation:
    return Segmentation(ids.astype(np.uint16), {k: Segment(c) for k, c in class_of.items()})
