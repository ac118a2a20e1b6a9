"""The import of labels: first a look at what a file holds, then into a layer, with each foreign class as a person wants
it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.app.class_book import ClassBook
from segdesk.app.desk import Desk
from segdesk.app.discover import Plugin
from segdesk.app.jobs import Context
from segdesk.app.reports import PicturesChanged
from segdesk.app.review import overlaid
from segdesk.app.transfer import check_layer
from segdesk.domain.classes import MAX_ID, VOID, ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation
from segdesk.io.formats.base import ImportResult
from segdesk.io.project import PictureRow, Project
from segdesk.io.project_exchange import ProjectSink
from segdesk.io.thumbnails import thumbnail

SAMPLES, SAMPLE_SIDE = 3, 240  # of the pictures that are shown before an import


@dataclass(frozen=True)
class ImportOrder:
    """What to import into which layer. `become`: the project's class id for a foreign name, `VOID` = it is left out;
    a name that is not in it joins the class of its own name, or a new one. `replace_work`: also pictures that a person
    has corrected."""

    path: Path
    layer: str
    become: Mapping[str, int] = field(default_factory=dict)
    replace_work: bool = False


@dataclass(frozen=True)
class ForeignClass:
    """A class of a file, and how much of it there is."""

    info: ClassInfo
    segments: int
    pixels: int
    pictures: int


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture with the labels that would come in. `pixels` (h, w, 3) uint8 RGB, the labels over the picture in the
    colours of the file; None where the picture cannot be read."""

    row: PictureRow
    pixels: np.ndarray | None


@dataclass(frozen=True, eq=False)
class Survey:
    """What an import would bring: `result` as it would be, without anything having been stored."""

    classes: tuple[ForeignClass, ...]
    samples: tuple[Sample, ...]
    result: ImportResult


class BookSink(ProjectSink):
    """A project's sink whose new classes go through the session's class book, so that the two never differ."""

    def __init__(self, project: Project, order: ImportOrder, book: ClassBook, *, origin: str) -> None:
        super().__init__(project, order.layer, replace_work=order.replace_work, origin=origin)
        self._book = book
        self._become = {name.casefold(): class_id for name, class_id in order.become.items()}

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """Join foreign classes to the project's, as wanted or by name."""
        wanted = {c.id: self._become[c.name.casefold()] for c in classes if c.name.casefold() in self._become}
        rest = ClassSet(c for c in classes if c.id not in wanted)
        return {**self._book.adopt("", rest), **wanted}

    def put(self, name: str, segmentation: Segmentation, *, instances: Sequence[Instance] | None = None) -> None:
        """See `ImportSink.put`; what was left out is void."""
        ids = {s.class_id for s in segmentation.segments.values()}
        labels = segmentation.remapped({i: i for i in ids}) if VOID in ids else segmentation
        super().put(name, labels, instances=instances)


class SurveySink(ProjectSink):
    """A sink that stores nothing and counts."""

    def __init__(self, project: Project, order: ImportOrder) -> None:
        super().__init__(project, order.layer, replace_work=order.replace_work)
        self._by_name: dict[str, ClassInfo] = {}
        self._counts: dict[int, list[int]] = {}
        self.samples: list[Sample] = []

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """Number the foreign classes in the order in which they are met."""
        result = {VOID: VOID}
        for info in classes:
            if info.name.casefold() not in self._by_name and len(self._by_name) < MAX_ID:
                number = len(self._by_name) + 1
                self._by_name[info.name.casefold()] = ClassInfo(number, info.name, info.color, info.is_thing)
                self._counts[number] = [0, 0, 0]
            result[info.id] = self._by_name[info.name.casefold()].id
        return result

    def _store(self, row: PictureRow, segmentation: Segmentation, instances: Sequence[Instance] | None) -> None:
        pixels = segmentation.areas()
        seen = set()
        for key, segment in segmentation.segments.items():
            counts = self._counts[segment.class_id]
            counts[0] += 1
            counts[1] += pixels.get(key, 0)
            seen.add(segment.class_id)
        for class_id in seen:
            self._counts[class_id][2] += 1
        if len(self.samples) < SAMPLES and seen:
            step = max(1, -(-max(segmentation.size) // SAMPLE_SIDE))
            small = Segmentation(segmentation.ids[step // 2 :: step, step // 2 :: step], segmentation.segments)
            self.samples.append(Sample(row, self._drawn(row, small)))

    def _drawn(self, row: PictureRow, labels: Segmentation) -> np.ndarray | None:
        try:
            pixels = thumbnail(self._project.folder / row.path, side=SAMPLE_SIDE)
        except SegDeskError:
            return None
        return overlaid(pixels, labels, ClassSet(self._by_name.values()))

    def classes(self) -> tuple[ForeignClass, ...]:
        """Those that were met, the order kept."""
        return tuple(ForeignClass(info, *self._counts[info.id]) for info in self._by_name.values())


def survey(desk: Desk, plugin: Plugin, order: ImportOrder, ctx: Context) -> Survey:
    """Read a file or folder without storing anything."""
    sink = SurveySink(_ready(desk, plugin, order, ctx), order)
    result = plugin.module.read(order.path, sink, layer=order.layer, progress=ctx.progress, cancelled=ctx.cancelled)
    return Survey(sink.classes(), tuple(sink.samples), result)


def import_labels(desk: Desk, plugin: Plugin, order: ImportOrder, ctx: Context) -> ImportResult:
    """Read labels of a format into a layer of the open project; rows and classes are shown afterwards."""
    opened = desk.opened()
    sink = BookSink(_ready(desk, plugin, order, ctx), order, opened.book, origin=f"{plugin.info.id}: {order.path.name}")
    try:
        return plugin.module.read(order.path, sink, layer=order.layer, progress=ctx.progress, cancelled=ctx.cancelled)
    finally:
        desk.saver.flush()
        opened.roster.reload(opened.project.pictures())
        ctx.report(PicturesChanged(len(opened.roster.rows), scanning=False))


def _ready(desk: Desk, plugin: Plugin, order: ImportOrder, ctx: Context) -> Project:
    """The open project, everything saved. Raises `SegDeskError` for an order that makes no sense."""
    opened = desk.opened()
    check_layer(order.layer)
    if not plugin.info.can_read:
        raise SegDeskError("{format} can only be exported.", "Choose another format.", format=plugin.info.title)
    unknown = [i for i in order.become.values() if i != VOID and opened.book.classes.get(i) is None]
    if unknown:
        raise SegDeskError("The project has no class with the number {id}.", id=unknown[0])
    desk.saver.flush(ctx.cancelled)
    return opened.project
