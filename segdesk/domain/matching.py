"""Which class of the project a model's class becomes: chosen by a person, or of the same name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation

Map = TypeVar("Map", Segmentation, PackedMap)


@dataclass(frozen=True)
class Match:
    """What a model's class becomes. `to`: id of the project's class, `VOID` = ignored. `whole`: its objects become one
    region, as stuff does, instead of staying apart."""

    to: int
    whole: bool = False


def matched(segmentation: Map, class_ids: Mapping[int, int], *, whole: Collection[int] = ()) -> Map:
    """The labels of a model with the project's class ids.

    `class_ids`: from the model's ids to the project's; a class that maps to void, or nowhere, becomes void. `whole`:
    the model's ids whose segments become one a class of the project, with the best of their scores.
    """
    result = segmentation.remapped(class_ids)
    together: dict[int, list[int]] = {}
    for segment_id in result.segments:
        if segmentation.segments[segment_id].class_id in whole:
            together.setdefault(result.segments[segment_id].class_id, []).append(segment_id)
    groups = [sorted(ids) for ids in together.values() if len(ids) > 1]
    if not groups:
        return result
    table = np.arange(MAX_ID + 1, dtype=np.uint16)
    segments: dict[int, Segment] = dict(result.segments)
    for first, *others in groups:
        table[others] = first
        segments[first] = replace(segments[first], score=max(result.segments[i].score for i in (first, *others)))
        for segment_id in others:
            del segments[segment_id]
    return result.renumbered(table, segments)


def parse(rules: Collection[str]) -> dict[str, str]:
    """Rules of the form "model's class = project's class" (nothing after the sign: ignored), as a map of names.

    Raises ValueError with the rule that is none.
    """
    found = {}
    for rule in rules:
        name, sign, to = rule.partition("=")
        if not sign or not name.strip():
            raise ValueError(rule)
        found[name.strip()] = to.strip()
    return found


def void_of(name: str) -> int | None:
    """`VOID` for the words that mean "ignored"."""
    return VOID if name.casefold() in ("", "void", "ignore") else None
