"""Compare a layer of labels with another, one picture at a time, and keep the poorest for showing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.report import Report
from segdesk.domain.segmentation import Segmentation


@dataclass(frozen=True)
class EvalItem:
    """One picture to judge. Class ids of both maps are those of the evaluated class set; ids that it lacks are void.

    `name`: as shown in the report. `picture`: the picture's file, read only for the report's thumbnails.
    `crowd`: ids of reference segments that stand for a group of objects (COCO's `iscrowd`).
    """

    name: str
    prediction: Segmentation
    reference: Segmentation
    picture: Path | None = None
    crowd: frozenset[int] = frozenset()


class Evaluation:
    """A running evaluation: `add` pictures one by one (a batch job may yield between them), then take `report`.

    Memory does not grow with the pictures' maps: per picture only its scores are kept. Any one thread at a time.
    """

    def __init__(
        self,
        classes: ClassSet,
        *,
        layer: str = "prediction",
        against: str = "reference",
        about: Mapping[str, str] | None = None,
        worst: int = 12,
    ) -> None:
        self.classes = classes

    def add(self, item: EvalItem) -> None:
        """Judge one picture. One that cannot be judged (maps of different sizes) is noted in the report's `failed`
        with a `SegDeskError` that names it, and the evaluation goes on."""
        raise NotImplementedError

    def report(self) -> Report:
        """What was found. Raises `SegDeskError` if no picture could be judged."""
        raise NotImplementedError


def evaluate(
    items: Iterable[EvalItem],
    classes: ClassSet,
    *,
    layer: str = "prediction",
    against: str = "reference",
    about: Mapping[str, str] | None = None,
    worst: int = 12,
    total: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Report:
    """Judge all items, streaming. `progress(done, total)` follows each picture (`total` as given, 0 = unknown).

    Raises `Cancelled` between pictures, and `SegDeskError` if no picture could be judged.
    """
    raise NotImplementedError
