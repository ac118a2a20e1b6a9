"""Writing class numbers and object numbers of pictures as two maps each, with a class list; for the index formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdesk.io.class_tables import WriteTable
from segdesk.io.export_files import PictureCopies, index_notes, index_pair, merged_stuff, usual_notes
from segdesk.io.formats.base import ExportItem, ExportSource, Note
from segdesk.io.picture_names import UniqueNames

Color = tuple[int, int, int]
Save = Callable[[Path, np.ndarray, ExportItem, Sequence[Color]], None]


@dataclass
class IndexWriter:
    """Writes `images/STEM.*`, `masks/STEM` + `suffix` and, where there are countable classes, `instances/STEM` +
    `suffix`; `finish` adds `classes.json` and, where the set is divided, `splits/NAME.txt`.

    `save(path, map, item, colors)` writes one (H, W) map: class numbers, uint8 or (of many classes, or if `deep`)
    uint16, with the colours of the numbers; object numbers, uint16, without. The folder is there. May raise OSError.
    """

    source: ExportSource
    place: Path
    copies: PictureCopies
    save: Save
    suffix: str = ".png"
    deep: bool = False
    table: WriteTable = field(init=False)
    names: UniqueNames = field(default_factory=UniqueNames)
    objects: int = 0
    unknown: int = 0
    crowds: int = 0
    splits: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = WriteTable.of(self.source.classes, deep=self.deep)
        for part in ("masks", "instances") if self.source.classes.things else ("masks",):
            (self.place / part).mkdir(parents=True)

    @property
    def pictures(self) -> int:
        """How many were written so far."""
        return len(self.names.paths)

    def add(self, item: ExportItem) -> None:
        """Write the maps of one picture, and its copy where wanted; one that cannot be read is left out and told."""
        stem = self.names.stem(item.path)
        if not self.copies.copy(item, self.place / "images" / f"{stem}{item.picture_file.suffix}"):
            return
        self.names.keep(stem, item.path)
        if item.split:
            self.splits.setdefault(item.split, []).append(stem)
        labels, unknown = merged_stuff(item.segmentation, self.source.classes)
        self.unknown += unknown
        self.crowds += sum(s.crowd for s in labels.segments.values())
        self.objects += len(labels.segments)
        numbers, objects = index_pair(labels, self.table, self.source.classes)
        self.save(self.place / "masks" / f"{stem}{self.suffix}", numbers, item, self.table.colors)
        if objects is not None:
            self.save(self.place / "instances" / f"{stem}{self.suffix}", objects, item, ())

    def finish(self) -> None:
        """Write the lists."""
        (self.place / "classes.json").write_text(self.table.to_json(self.names.paths), encoding="utf-8")
        for name, stems in self.splits.items():
            (self.place / "splits").mkdir(exist_ok=True)
            (self.place / "splits" / f"{name}.txt").write_text("".join(f"{s}\n" for s in stems), encoding="utf-8")

    def notes(self) -> list[Note]:
        """What was changed or is not held."""
        return usual_notes(self.copies.encoded_anew, self.unknown) + index_notes(self.table, self.crowds)
