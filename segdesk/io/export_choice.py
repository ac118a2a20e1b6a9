"""Which labels of a project an export writes, and how: states, classes, splits, pictures."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.splits import SplitRule
from segdesk.io.formats.base import ExportItem, ExportSource
from segdesk.io.project import PictureRow, Project

PICTURES = ("copy", "link", "none")


@dataclass(frozen=True)
class ExportChoice:
    """`layer`: "annotation", "prediction" or "reference". `states`: only pictures in these states, None = all that have
    labels. `class_ids`: only these classes, None = all; the pixels of others are written as void. `pictures`: "copy",
    "link" (hard links where that is possible) or "none". `split`: None = the data set is not divided. `options`: of the
    format, see `FormatInfo.options`."""

    layer: str = "annotation"
    states: Collection[str] | None = None
    class_ids: Collection[int] | None = None
    pictures: str = "copy"
    split: SplitRule | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.pictures not in PICTURES:
            raise ValueError("pictures are copied, linked or left out")


class ChosenLabels:
    """The pictures of a project that a choice means. Reads one map at a time; any thread."""

    def __init__(self, project: Project, choice: ExportChoice) -> None:
        labelled = project.labelled(choice.layer)
        self._project, self.choice = project, choice
        rows = [r for r in project.pictures() if r.id in labelled]
        self.rows = [r for r in rows if choice.states is None or r.state in choice.states]
        wanted = choice.class_ids
        self.classes = project.classes if wanted is None else ClassSet(c for c in project.classes if c.id in wanted)
        self.splits = choice.split.assign(r.path for r in self.rows) if choice.split is not None else {}

    def labels(self, row: PictureRow) -> Segmentation | None:
        """The labels of a picture, as they are to be written."""
        found = self._project.load_map(row.id, self.choice.layer)
        if found is None:
            return None
        if self.choice.class_ids is not None:
            found = found.remapped({class_id: class_id for class_id in self.choice.class_ids})
        return found.pruned()

    def source(self) -> ExportSource:
        """For `write` of a format."""
        choice = self.choice
        return ExportSource(
            self.classes,
            len(self.rows),
            self._items,
            with_pictures=choice.pictures != "none",
            hard_links=choice.pictures == "link",
            options=choice.options,
        )

    def _items(self) -> Iterator[ExportItem]:
        for row in self.rows:
            labels = self.labels(row)
            if labels is None:
                continue
            height, width = labels.size
            raw = self._project.load_instances(row.id) if self.choice.layer == "prediction" else ()
            instances = tuple(i for i in raw if self.classes.get(i.class_id) is not None)
            file, split = self._project.folder / row.path, self.splits.get(row.path, "")
            yield ExportItem(row.path, file, width, height, labels, instances, split)
