"""A project as the source of an export and as the sink of an import."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance, object_doubt
from segdesk.domain.segmentation import Segmentation
from segdesk.io.export_choice import ChosenLabels, ExportChoice
from segdesk.io.export_files import objects
from segdesk.io.formats.base import ExportSource
from segdesk.io.images import probe
from segdesk.io.picture_index import PictureIndex
from segdesk.io.project import PictureRow, Project


def export_source(
    project: Project,
    *,
    layer: str = "annotation",
    states: Collection[str] | None = None,
    with_pictures: bool = True,
) -> ExportSource:
    """The project's labelled pictures for `write` of a format.

    `states`: only pictures in these states (("verified",) for "only verified"); None = all that have labels.
    """
    choice = ExportChoice(layer, states, pictures="copy" if with_pictures else "none")
    return ChosenLabels(project, choice).source()


class ProjectSink:
    """The sink of an import: `ProjectSink(project, layer)`.

    A foreign name finds its picture by relative path, then by path without suffix, by file name and by stem; letter
    case is ignored; only pictures whose path begins with `within` are looked at. An annotation import leaves pictures
    that a person has edited or verified alone unless `replace_work` is set; pictures that got an annotation become
    "edited". A prediction comes in as the answer of a run called `origin`.
    """

    def __init__(
        self, project: Project, layer: str, *, replace_work: bool = False, within: str = "", origin: str = "file"
    ) -> None:
        self._project = project
        self._layer = layer
        self._replace_work = replace_work
        self._origin = origin
        self._run: int | None = None
        self._index = PictureIndex(r for r in project.pictures() if r.path.startswith(within))

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """See `ImportSink.class_ids`; saves the project's class list when it grows."""
        merged, mapping = self._project.classes.merged(classes)
        if merged != self._project.classes:
            self._project.set_classes(merged)
        return mapping

    def size_of(self, name: str) -> tuple[int, int]:
        """See `ImportSink.size_of`."""
        return self._size(self._row(name))

    def put(self, name: str, segmentation: Segmentation, *, instances: Sequence[Instance] | None = None) -> None:
        """See `ImportSink.put`."""
        row = self._row(name)
        height, width = self._size(row)
        if segmentation.size != (height, width):
            raise SegDeskError(
                "The labels of {name} are {label_width} x {label_height} pixels, the picture is {width} x {height}.",
                "Labels are never resized; check that they belong to this picture.",
                name=row.path,
                label_width=segmentation.size[1],
                label_height=segmentation.size[0],
                width=width,
                height=height,
            )
        if self._layer == "annotation" and row.state in ("edited", "verified") and not self._replace_work:
            raise SegDeskError(
                "{name} was corrected by a person and keeps its labels.",
                "Import as reference, or ask for corrected pictures to be replaced.",
                name=row.path,
            )
        self._store(row, segmentation, instances)

    def _store(self, row: PictureRow, segmentation: Segmentation, instances: Sequence[Instance] | None) -> None:
        if self._layer == "prediction":
            self._store_prediction(row, segmentation, instances)
            return
        self._project.save_map(row.id, self._layer, segmentation)
        if self._layer == "annotation":
            self._project.set_state(row.id, "edited")

    def _store_prediction(
        self, row: PictureRow, segmentation: Segmentation, instances: Sequence[Instance] | None
    ) -> None:
        """As a model's answer: it also becomes the labels of a picture that no person has worked on."""
        if self._run is None:
            self._run = self._project.add_run(f"import:{self._origin}", self._origin, {}, "")
        things = self._project.classes.things
        if instances is None:
            instances = [Instance(s.class_id, s.score, mask) for s, _, mask in objects(segmentation)]
        found = tuple(i for i in instances if i.class_id in things)
        to_annotation = row.state in ("new", "predicted", "failed")
        self._project.save_prediction(
            row.id, self._run, segmentation, found, _doubt(found), to_annotation=to_annotation
        )

    def _row(self, name: str) -> PictureRow:
        return self._project.picture(self._index.row(name).id)

    def _size(self, row: PictureRow) -> tuple[int, int]:
        if row.width:
            return row.height, row.width
        width, height = probe(self._project.folder / row.path)
        self._project.set_size(row.id, width, height)
        return height, width


def _doubt(found: tuple[Instance, ...]) -> float:
    """How unsure objects with scores are, as `segdesk.domain.prediction.doubt` has it."""
    return sum(map(object_doubt, found)) / len(found) if found else 0.0
