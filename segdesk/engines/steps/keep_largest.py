"""Keep the largest part: loose parts of a segment go."""

from __future__ import annotations

import numpy as np

from segdesk.domain.classes import MAX_ID, VOID
from segdesk.domain.stack import Param, StepInfo
from segdesk.domain.text import N_
from segdesk.engines.steps._regions import Regions
from segdesk.engines.steps.base import Numbers, Where

INFO = StepInfo(
    "keep_largest",
    N_("Keep largest part"),
    N_(
        "Of an object in several parts the largest stays. In a map of classes, of each class: for organs, not for cars."
    ),
    60,
    "labels",
    (
        Param(
            "share",
            N_("Least share"),
            N_("Parts that have at least this share of the largest one stay too; 1 keeps one part."),
            1.0,
            0.0,
            1.0,
            0.05,
        ),
        Param(
            "stuff",
            N_("Stuff too"),
            N_("In panoptic maps: of classes without objects, too."),
            0,
            0,
            1,
            1,
            tasks=("panoptic",),
        ),
    ),
)


def apply(ids: np.ndarray, where: Where, values: Numbers) -> np.ndarray:
    """Parts (pixel sides) with less than `share` of the pixels of their segment's largest part go; of equal ones the
    first in scan order stays.

    They take the label, or the void, that they share the longest border with; in maps with objects never that of an
    object, and void where only objects are around. Of maps with objects only these are looked at, unless `stuff`.
    """
    looked = np.ones(MAX_ID + 1, bool) if where.task == "semantic" or values["stuff"] else where.things.copy()
    looked[VOID] = False
    regions = Regions(ids)
    where.check()
    gone = looked[regions.label] & ~_stays(regions.label, regions.area, values["share"])
    return regions.painted(ids, gone, _heirs(regions, gone, where.things)) if gone.any() else ids


def _stays(label: np.ndarray, area: np.ndarray, share: float) -> np.ndarray:
    """(count,) bool: the largest part of each label, the first of equal ones, and those that are large enough."""
    order = np.lexsort((np.arange(label.size), -area, label))
    first = np.ones(label.size, bool)
    first[1:] = label[order][1:] != label[order][:-1]
    stays = np.zeros(label.size, bool)
    stays[order[first]] = True
    if share >= 1.0:
        return stays
    largest = np.zeros(MAX_ID + 1, np.int64)
    np.maximum.at(largest, label, area)
    return stays | (area >= share * largest[label])


def _heirs(regions: Regions, gone: np.ndarray, things: np.ndarray) -> np.ndarray:
    """(count,) uint16: the label of each region, those that go with the label of the neighbour that they touch most,
    one that stays before others that go, too."""
    own, other, shared = regions.borders(gone)
    may = gone[other] | ~things[regions.label[other]]
    own, other, shared = own[may], other[may], shared[may]
    order = np.lexsort((-other, shared, ~gone[other], own))  # the best neighbour of each comes last
    own, other = own[order], other[order]
    last = np.append(own[1:] != own[:-1], True) if own.size else np.zeros(0, bool)
    target = np.arange(gone.size)
    target[own[last]] = other[last]
    for _ in range(gone.size.bit_length() + 1):  # one beside another that goes follows it
        target = np.where(gone, target[target], target)
    return np.where(gone & gone[target], np.uint16(VOID), regions.label[target])
