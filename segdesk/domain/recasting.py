"""Classes of a project that are merged into others or removed: what becomes of the labels of a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.edit import Edit
from segdesk.domain.matching import matched
from segdesk.domain.packed import PackedMap
from segdesk.domain.replacing import replacement


@dataclass(frozen=True)
class Recast:
    """A change of a project's class list. `classes`: the list afterwards. `become`: id of each class that has gone ->
    id of the class in `classes` that takes its labels, `VOID` = they become void."""

    classes: ClassSet
    become: Mapping[int, int] = field(default_factory=dict)

    def of(self, class_id: int) -> int:
        """The id that a class has afterwards."""
        return self.become.get(class_id, class_id)

    def labels(self, before: PackedMap, *, one_segment: bool = False) -> PackedMap:
        """The labels of a picture afterwards. Objects stay apart, also in another class of objects; what joins a class
        of stuff becomes one segment with what the picture has of it (`one_segment`: in every class)."""
        whole = {k for k, to in self.become.items() if to != VOID and (one_segment or self._is_stuff(to))}
        whole |= {self.become[k] for k in whole}
        present = {s.class_id for s in before.segments.values()}
        return matched(before, {i: self.of(i) for i in present}, whole=whole)

    def _is_stuff(self, class_id: int) -> bool:
        info = self.classes.get(class_id)
        return info is not None and not info.is_thing


def recast_edit(before: PackedMap, after: PackedMap, name: str) -> Edit | None:
    """The undo step from `after` back to `before`; where only the table differs no tile is looked at."""
    if after.tiles is not before.tiles:
        return replacement(before, after, name).edit
    keys = before.segments.keys() | after.segments.keys()
    table = {k: before.segments.get(k) for k in keys if before.segments.get(k) != after.segments.get(k)}
    return Edit(name, before.size, {}, table) if table else None
