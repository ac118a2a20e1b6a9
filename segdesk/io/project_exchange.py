"""A project as the source of an export and as the sink of an import."""

from __future__ import annotations

from collections.abc import Collection

from segdesk.domain.classes import ClassSet
from segdesk.domain.segmentation import Segmentation
from segdesk.io.formats.base import ExportSource
from segdesk.io.project import Project


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
    raise NotImplementedError


class ProjectSink:
    """The sink of an import: `ProjectSink(project, layer)`.

    A foreign name finds its picture by relative path, then by file name, then by stem; letter case is ignored where
    nothing matches exactly. An annotation import leaves pictures that a person has edited or verified alone unless
    `replace_work` is set; pictures that got labels become "edited".
    """

    def __init__(self, project: Project, layer: str, *, replace_work: bool = False) -> None:
        raise NotImplementedError

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """See `ImportSink.class_ids`; saves the project's class list when it grows."""
        raise NotImplementedError

    def size_of(self, name: str) -> tuple[int, int]:
        """See `ImportSink.size_of`."""
        raise NotImplementedError

    def put(self, name: str, segmentation: Segmentation) -> None:
        """See `ImportSink.put`."""
        raise NotImplementedError
