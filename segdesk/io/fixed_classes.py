"""Formats with a fixed table of classes: which class of the project is which number, and which have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from segdesk.domain.classes import MAX_ID, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io.formats.base import FormatInfo, Note


def plain(name: str) -> str:
    """A class name to compare by: letter case, hyphens, underscores and spaces do not count."""
    return "".join(c for c in name.casefold() if c not in " -_")


def matching(project: ClassSet, info: FormatInfo) -> dict[int, int]:
    """Project class id -> class id of the format's table, by name. Raises `SegDeskError` if the project has classes
    and none of them is in the table."""
    assert info.classes is not None
    known = {plain(c.name): c.id for c in info.classes}
    found = {c.id: known[plain(c.name)] for c in project if plain(c.name) in known}
    if project and not found:
        raise SegDeskError(
            "None of the project's classes is one of {format}.",
            "Rename classes to those of the data set, or choose a format that takes any class.",
            format=info.title,
        )
    return found


@dataclass
class FixedMaps:
    """Takes maps over into the classes of a fixed table and counts what finds no place."""

    project: ClassSet
    info: FormatInfo
    left_out: set[str] = field(default_factory=set)
    unknown: int = 0

    def __post_init__(self) -> None:
        self._match = matching(self.project, self.info)

    def taken(self, segmentation: Segmentation) -> Segmentation:
        """The map in class ids of the table; segments of other classes are void. What the project does not count
        (a class without objects) is a crowd: it must not pass for one object where the table has objects."""
        segments = {}
        for key, segment in segmentation.segments.items():
            goal, named = self._match.get(segment.class_id), self.project.get(segment.class_id)
            if named is None:
                self.unknown += 1
            elif goal is None:
                self.left_out.add(named.name)
            else:
                segments[key] = replace(segment, class_id=goal, crowd=segment.crowd or not named.is_thing)
        keep = np.zeros(MAX_ID + 1, np.uint16)
        keep[list(segments)] = list(segments)
        return Segmentation(keep[segmentation.ids], segments)

    def notes(self) -> list[Note]:
        """What was left out for its class."""
        if not self.left_out:
            return []
        text = N_("{count} classes are not among those of the format; their pixels have no label: {names}.")
        return [Note(text, {"count": len(self.left_out), "names": _listed(sorted(self.left_out))})]


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return ", ".join(names[:10]) + (" ..." if len(names) > 10 else "")
