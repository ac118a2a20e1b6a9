"""The project file: one SQLite database with the labels, their undo journal and the state of every picture."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import Edit, History
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segmentation

STATES = ("new", "predicted", "edited", "verified", "skipped", "failed")
LAYERS = ("annotation", "prediction", "reference")
SUFFIX = ".segdesk"


@dataclass(frozen=True, slots=True)
class PictureRow:
    """One picture as the list shows it. `path` is relative to the project's folder, POSIX; width and height are 0
    until known; `doubt` 0 (sure) to 1; `seconds` and `pixels_changed` were spent on correction; `error`: why it failed.
    """

    id: int
    path: str
    width: int
    height: int
    state: str
    doubt: float
    seconds: float
    pixels_changed: int
    error: str


@dataclass(frozen=True)
class RunInfo:
    """A model run: which card, with which options (JSON values), on what device, when (UTC, ISO 8601)."""

    id: int
    card_id: str
    card_name: str
    options: Mapping[str, object]
    device: str
    started: str


def default_project_path(folder: Path) -> Path:
    """Where the project of a picture folder lies: in it as `NAME.segdesk`, or, where it cannot be written to, in the
    user's data folder."""
    raise NotImplementedError


class Project:
    """An open project. Thread-safe by one lock; one program at a time.

    Every method raises `SegDeskError` when the file cannot be read or written; a write that failed changed nothing and
    may be repeated. Attributes: `path` of the file, `folder` of the pictures, `read_only`, `journal_budget` bytes of
    undo kept per picture.
    """

    path: Path
    folder: Path
    read_only: bool
    journal_budget: int

    @classmethod
    def create(cls, path: Path, folder: Path, classes: ClassSet = ClassSet()) -> Project:
        """Make a new project for the pictures of `folder`; refuses a path that exists."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: Path) -> Project:
        """Open a project. Clear errors: missing, not a project, damaged, from a newer version, open elsewhere.

        On a read-only medium it opens with `read_only` set, and each change raises `SegDeskError`.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; safe to call twice."""
        raise NotImplementedError

    @property
    def classes(self) -> ClassSet:
        """The project's classes."""
        raise NotImplementedError

    def set_classes(self, classes: ClassSet) -> None:
        """Replace the class list; labels are not touched."""
        raise NotImplementedError

    def set_folder(self, folder: Path) -> None:
        """Say where the pictures are now (the folder was moved)."""
        raise NotImplementedError

    def add_pictures(self, paths: Iterable[str]) -> int:
        """Add relative POSIX paths in one transaction; known ones are skipped. Returns how many are new."""
        raise NotImplementedError

    def pictures(self) -> list[PictureRow]:
        """All pictures in natural order of their paths."""
        raise NotImplementedError

    def picture(self, picture_id: int) -> PictureRow:
        """One picture; `KeyError` if there is none with this id."""
        raise NotImplementedError

    def find(self, path: str) -> PictureRow | None:
        """The picture with exactly this relative path."""
        raise NotImplementedError

    def counts(self) -> dict[str, int]:
        """Pictures in every state."""
        raise NotImplementedError

    def picture_path(self, picture_id: int) -> Path:
        """The picture's file."""
        raise NotImplementedError

    def set_state(self, picture_id: int, state: str, error: str | None = None) -> None:
        """Set the state; `error` says why it failed and is cleared otherwise."""
        raise NotImplementedError

    def set_size(self, picture_id: int, width: int, height: int) -> None:
        """Remember the upright size."""
        raise NotImplementedError

    def add_cost(self, picture_id: int, seconds: float, pixels: int) -> None:
        """Add time and pixels spent on correction."""
        raise NotImplementedError

    def load_map(self, picture_id: int, layer: str) -> Segmentation | None:
        """The labels of a layer, independent of the project; None if there are none."""
        raise NotImplementedError

    def save_map(self, picture_id: int, layer: str, segmentation: Segmentation) -> None:
        """Replace the labels of a layer. Where an annotation of the same size is replaced, the old one becomes an undo
        step; one of another size takes the undo journal with it."""
        raise NotImplementedError

    def save_step(self, picture_id: int, segmentation: Segmentation, edit: Edit, kind: str) -> None:
        """Store one step of work on the annotation in one transaction: changed tiles, segments, journal, state.

        `segmentation`: the map after the step (only the changed tiles are read). `kind` "push": `edit` is the finished
        edit; "undo" and "redo": the edit that `History` returned. A picture that was new, predicted or failed becomes
        edited. If it raises, nothing was written: call it again with the same `edit`, or go on with the next step,
        which then carries the missed ones along.
        """
        raise NotImplementedError

    def load_history(self, picture_id: int, budget: int = 256 << 20) -> History:
        """Undo and redo of the annotation, the newest steps that fit `budget` bytes."""
        raise NotImplementedError

    def add_run(self, card_id: str, card_name: str, options: Mapping[str, object], device: str) -> int:
        """Note a model run; returns its id."""
        raise NotImplementedError

    def save_prediction(
        self,
        picture_id: int,
        run_id: int,
        segmentation: Segmentation,
        instances: Sequence[Instance],
        doubt: float,
        *,
        to_annotation: bool,
    ) -> None:
        """Store a model's answer in one transaction: prediction layer, raw objects, doubt.

        `to_annotation`: it becomes the annotation as well (as by `save_map`) and the state "predicted".
        """
        raise NotImplementedError

    def load_instances(self, picture_id: int) -> tuple[Instance, ...]:
        """The raw objects of the last prediction, as they were saved; may overlap."""
        raise NotImplementedError

    def label_source(self, picture_id: int, layer: str = "prediction") -> RunInfo | None:
        """The run that the layer's labels came from; None if a person made or imported them."""
        raise NotImplementedError

    def get_meta(self, key: str, default: object = None) -> object:
        """A JSON value kept under `key`."""
        raise NotImplementedError

    def set_meta(self, key: str, value: object) -> None:
        """Keep a JSON value under `key`."""
        raise NotImplementedError
