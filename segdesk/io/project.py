"""The project file: one SQLite database with the labels, their undo journal and the state of every picture."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.edit import Edit
from segdesk.domain.errors import SegDeskError
from segdesk.domain.history import BUDGET, History
from segdesk.domain.packed import Labels, PackedMap
from segdesk.domain.patch import Patch
from segdesk.domain.prediction import Instance
from segdesk.domain.replacing import replacement
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io import project_journal as journal
from segdesk.io import project_maps as maps
from segdesk.io import project_marks as marks
from segdesk.io import project_runs as runs
from segdesk.io import project_sums as sums
from segdesk.io.project_care import Care
from segdesk.io.project_check import CLASS_COUNT
from segdesk.io.project_classes import ClassWork
from segdesk.io.project_database import Database, damaged
from segdesk.io.project_pictures import Pictures
from segdesk.io.project_scribbles import ScribbleLayer
from segdesk.io.project_steps import MissedSteps, Step
from segdesk.io.project_types import LAYERS, STATES, SUFFIX, PictureRow, RunInfo, default_project_path

__all__ = ["LAYERS", "STATES", "SUFFIX", "PictureRow", "Project", "RunInfo", "default_project_path"]


class Project(Pictures, marks.Marks, ScribbleLayer, ClassWork, Care):  # the marks call `set_state` of the pictures
    """An open project. Thread-safe by one lock; one program at a time. Also a context manager that closes it.

    Every method raises `SegDeskError` when the file cannot be read or written; a write that failed changed nothing and
    may be repeated. Attributes: `path` of the file, `folder` of the pictures, `read_only`, `journal_budget` bytes of
    undo kept per picture.
    """

    def __init__(self, database: Database) -> None:
        """Use `create` or `open`."""
        self._database = database
        self._missed = MissedSteps()
        self.path = database.path
        self.journal_budget = BUDGET
        self.folder = self._stored_folder()
        self._classes = self._stored_classes()

    @classmethod
    def create(cls, path: Path, folder: Path, classes: ClassSet | None = None) -> Project:
        """Make a new project for the pictures of `folder`; refuses a path that exists."""
        path = Path(path)
        Database.create(path)
        project = cls.open(path)
        try:
            project.set_folder(folder)
            project.set_classes(classes or ClassSet())
        except BaseException:
            project.close()
            raise
        return project

    @classmethod
    def open(cls, path: Path) -> Project:
        """Open a project. Clear errors: missing, not a project, damaged, from a newer version, open elsewhere.

        On a read-only medium it opens with `read_only` set, and each change raises `SegDeskError`.
        """
        return cls._of(Database(Path(path)))

    @classmethod
    def look(cls, path: Path) -> Project:
        """Open a project for a moment only to read it: nothing is locked, brought up to date or written. Refused where
        it is open in this program, or was not closed properly (another program may be at work in it)."""
        return cls._of(Database(Path(path), look=True))

    @classmethod
    def only_read(cls, path: Path) -> Project:
        """Open a damaged project as far as that goes; nothing in it can be changed."""
        return cls._of(Database(Path(path), only_read=True))

    @classmethod
    def _of(cls, database: Database) -> Project:
        try:
            return cls(database)
        except BaseException as error:
            database.close()
            if isinstance(error, (ValueError, TypeError)):
                raise damaged(database.path) from error
            raise

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._database.close()

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def read_only(self) -> bool:
        """Whether the project lies on a read-only medium."""
        return self._database.read_only

    @property
    def damaged(self) -> bool:
        """Whether it was opened by `only_read`."""
        return self._database.only_read

    def copy_to(self, path: Path) -> None:
        """Save a complete copy, also when the project's drive is gone."""
        self._database.copy_to(Path(path))

    def move_to(self, path: Path, progress: Callable[[int, int], object] = lambda done, total: None) -> None:
        """Save a complete copy and go on in it: from now on it is the project, and what could not be saved before is
        saved there. The old file stays as it is. If it raises, nothing has changed. `progress(done, total)` is called
        now and then; what it raises ends the copying."""
        path = Path(path)
        old = self._database
        old.copy_to(path, progress)
        self._database = Database(path)
        self.path = path
        old.close()
        self.set_folder(self.folder)

    # Classes, folder and other single values

    @property
    def classes(self) -> ClassSet:
        """The project's classes."""
        return self._classes

    def set_classes(self, classes: ClassSet) -> None:
        """Replace the class list; labels are not touched."""
        with self._database.writing() as db:
            db.execute("DELETE FROM classes")
            db.executemany(
                "INSERT INTO classes (position, id, name, red, green, blue, is_thing) VALUES (?, ?, ?, ?, ?, ?, ?)",
                ((n, c.id, c.name, *c.color, c.is_thing) for n, c in enumerate(classes)),
            )
            self.set_meta(CLASS_COUNT, len(classes))
        self._classes = classes

    def _stored_classes(self) -> ClassSet:
        with self._database.reading() as db:
            query = f"SELECT {sums.selected(db, 'classes')} FROM classes ORDER BY position"
            found = db.execute(query).fetchall()
        if not self.damaged and any(not sums.fits("classes", r) or r[1] != at for at, r in enumerate(found)):
            raise ValueError("damaged classes")
        if not self.damaged and self.get_meta(CLASS_COUNT, len(found)) != len(found):
            raise ValueError("a class is lost")
        rows = [(key, *rest) for key, _, *rest, _ in found]
        return ClassSet(ClassInfo(key, name, (r, g, b), bool(thing)) for key, name, r, g, b, thing in rows)

    def set_folder(self, folder: Path) -> None:
        """Say where the pictures are now (the folder was moved)."""
        absolute = os.path.abspath(folder)
        try:
            relative = os.path.relpath(absolute, os.path.dirname(os.path.abspath(self.path)))
        except ValueError:  # another drive on Windows
            relative = ""
        self.set_meta("folder", {"absolute": absolute, "relative": relative.replace(os.sep, "/")})
        self.folder = Path(absolute)

    def _stored_folder(self) -> Path:
        """The pictures' folder: beside the project as it was (both may have been moved), or where it was at last."""
        here = Path(os.path.abspath(self.path)).parent
        stored = self.get_meta("folder", {})
        if not isinstance(stored, dict):
            return here
        beside = here / str(stored.get("relative", "")) if stored.get("relative") else None
        if beside is not None and beside.is_dir():
            return Path(os.path.normpath(beside))
        return Path(str(stored.get("absolute") or here))

    def get_meta(self, key: str, default: object = None) -> object:
        """A JSON value kept under `key`."""
        with self._database.reading() as db:
            row = db.execute(f"SELECT {sums.selected(db, 'meta')} FROM meta WHERE key = ?", (key,)).fetchone()
        fits = row is None or sums.fits("meta", row)
        if not fits and not self.damaged:
            raise damaged(self.path)
        return json.loads(row[1]) if row is not None and fits else default

    def set_meta(self, key: str, value: object) -> None:
        """Keep a JSON value under `key`."""
        text = json.dumps(value, ensure_ascii=False)
        with self._database.writing() as db:
            db.execute("DELETE FROM meta WHERE key = ?", (key,))  # not replaced: what counts the rows would not see it
            db.execute("INSERT INTO meta (key, value) VALUES (?, ?)", (key, text))

    # Labels

    def load_map(self, picture_id: int, layer: str) -> Segmentation | None:
        """The labels of a layer, independent of the project; None if there are none. Raises `SegDeskError` where they
        are damaged, as all that read labels do."""
        found = self.load_packed(picture_id, layer)
        try:
            return None if found is None else found.unpacked()
        except ValueError as error:
            raise self._damaged(picture_id) from error

    def load_packed(self, picture_id: int, layer: str) -> PackedMap | None:
        """The labels of a layer as they are stored, at the cost of reading them; None if there are none. Damaged tiles
        of a map that has no checksums yet show up when they are looked at, as ValueError."""
        _check_layer(layer)
        with self._database.reading() as db:
            try:
                return maps.load(db, picture_id, layer)
            except (ValueError, TypeError) as error:
                raise self._damaged(picture_id) from error

    def layers(self, picture_id: int) -> frozenset[str]:
        """The layers that have labels."""
        with self._database.reading() as db:
            rows = db.execute("SELECT layer FROM maps WHERE picture_id = ?", (picture_id,)).fetchall()
        return frozenset(layer for (layer,) in rows)

    def labelled(self, layer: str) -> frozenset[int]:
        """Ids of all pictures that have labels in a layer."""
        with self._database.reading() as db:
            return frozenset(i for (i,) in db.execute("SELECT picture_id FROM maps WHERE layer = ?", (layer,)))

    def load_reduced(self, picture_id: int, layer: str, side: int) -> Segmentation | None:
        """Every n-th pixel of a layer, so that the longer side has at most `side`; for thumbnails."""
        found = self.load_packed(picture_id, layer)
        try:
            return None if found is None else maps.unpack_reduced(found, side=side)
        except ValueError as error:
            raise self._damaged(picture_id) from error

    def count_segments(self, class_ids: Iterable[int], layer: str = "annotation") -> dict[int, int]:
        """How many segments of these classes each picture has; pictures without any are left out."""
        counts: Counter[int] = Counter()
        with self._database.reading() as db:
            for key in class_ids:
                counts.update(maps.pictures_with(db, key, layer))
        return dict(counts)

    def save_map(self, picture_id: int, layer: str, segmentation: Labels) -> None:
        """Replace the labels of a layer. Where an annotation of the same size is replaced, the old one becomes an undo
        step; one of another size takes the undo journal with it."""
        _check_layer(layer)
        tiles = maps.pack_all(segmentation)
        with self._missed.until_saved(picture_id) as steps, self._database.writing() as db:
            self._write_steps(picture_id, steps)
            if layer == "annotation":
                self._keep_for_undo(picture_id, segmentation, N_("replace labels"))
            maps.replace(db, picture_id, layer, tiles, segmentation)

    def _keep_for_undo(self, picture_id: int, new: Labels, name: str) -> None:
        """Inside a transaction: journal the step from the annotation that is there to the new one."""
        with self._database.writing() as db:
            try:
                old = self.load_packed(picture_id, "annotation")
                same = old is not None and old.size == new.size
                edit = replacement(old, new, name).edit if old is not None and same else None
            except (ValueError, SegDeskError):  # damaged: nothing to come back to
                same, edit = False, None
            if not same:
                journal.clear(db, picture_id)
            elif edit is not None:
                journal.record(db, picture_id, edit, "push", budget=self.journal_budget)

    def save_step(self, picture_id: int, segmentation: Segmentation | Patch, edit: Edit, kind: str) -> None:
        """Store one step of work on the annotation in one transaction: changed tiles, segments, journal, state.

        `segmentation`: the map after the step; only its 256x256 tiles that hold the edit's are read, the rest may be
        anything. `kind` "push": `edit` is the finished edit; "undo" and "redo": the edit that `History`
        returned. A picture that was new, predicted or failed becomes edited. If it raises, nothing was written: call it
        again with the same `edit`, or go on with the next step, which then carries the missed ones along.
        """
        if kind not in journal.KINDS:
            raise ValueError(f"a step is one of {journal.KINDS}, not {kind!r}")
        segments = {key: segmentation.segments.get(key) for key in edit.segments}
        step = Step(edit, kind, maps.pack_touched(segmentation, edit), segments)
        with self._missed.until_saved(picture_id, step) as steps, self._database.writing() as db:
            self._write_steps(picture_id, steps)
            db.execute(
                "UPDATE pictures SET state = 'edited', error = '' "
                "WHERE id = ? AND state IN ('new', 'predicted', 'failed')",
                (picture_id,),
            )

    def _write_steps(self, picture_id: int, steps: Sequence[Step]) -> None:
        """Inside a transaction."""
        with self._database.writing() as db:
            for step in steps:
                map_id = self._map_for_steps(picture_id, step.edit.size)
                maps.write_tiles(db, map_id, step.tiles)
                maps.write_segments(db, map_id, step.segments)
                journal.record(db, picture_id, step.edit, step.kind, budget=self.journal_budget)

    def _map_for_steps(self, picture_id: int, size: tuple[int, int]) -> int:
        with self._database.writing() as db:
            found = maps.find(db, picture_id, "annotation")
            if found is None:
                return maps.add(db, picture_id, "annotation", size)
            if found[1] != size:
                raise ValueError(f"the step is of a map of {size}, the annotation has {found[1]}")
            return found[0]

    def load_history(self, picture_id: int, budget: int = BUDGET) -> History:
        """Undo and redo of the annotation, the newest steps that fit `budget` bytes."""
        with self._database.reading() as db:
            found = maps.find(db, picture_id, "annotation")
            done, undone = journal.load(db, picture_id, budget)
        return journal.unpack(done, undone, size=found[1], budget=budget) if found else History(budget)

    # Model runs

    def add_run(self, card_id: str, card_name: str, options: Mapping[str, object], device: str) -> int:
        """Note a model run; returns its id."""
        with self._database.writing() as db:
            return runs.add(db, card_id, card_name, options, device)

    def find_run(self, card_id: str, options: Mapping[str, object], device: str | None = None) -> int | None:
        """The id of the latest run of a card with exactly these options (on this device), to resume it; or None."""
        with self._database.reading() as db:
            return runs.find(db, card_id, options, device)

    def pictures_of_run(self, run_id: int) -> set[int]:
        """Ids of the pictures whose prediction layer is of this run."""
        with self._database.reading() as db:
            return runs.pictures(db, run_id)

    def save_prediction(
        self,
        picture_id: int,
        run_id: int,
        segmentation: Labels,
        instances: Sequence[Instance],
        doubt: float,
        *,
        to_annotation: bool,
        doubts: Doubts | None = None,
    ) -> None:
        """Store a model's answer in one transaction: prediction layer, raw objects, doubt and where it lies.

        `to_annotation`: it becomes the annotation as well (undo as in `save_map`) and the state "predicted"; otherwise
        only a new or failed picture becomes predicted.
        """
        tiles = maps.pack_all(segmentation)
        state = "1" if to_annotation else "state IN ('new', 'failed')"
        doubt = min(1.0, max(0.0, doubt)) if doubt == doubt else 1.0  # not a number: look at it first
        with self._missed.until_saved(picture_id) as steps, self._database.writing() as db:
            maps.replace(db, picture_id, "prediction", tiles, segmentation, run_id=run_id)
            maps.write_instances(db, picture_id, instances)
            runs.write_doubts(db, picture_id, doubts)
            self._write_steps(picture_id, steps)
            if to_annotation:
                self._keep_for_undo(picture_id, segmentation, N_("model answer"))
                maps.replace(db, picture_id, "annotation", tiles, segmentation, run_id=run_id)
            db.execute("UPDATE pictures SET doubt = ? WHERE id = ?", (doubt, picture_id))
            db.execute(f"UPDATE pictures SET state = 'predicted', error = '' WHERE id = ? AND {state}", (picture_id,))

    def load_instances(self, picture_id: int) -> tuple[Instance, ...]:
        """The raw objects of the last prediction, as they were saved; may overlap."""
        with self._database.reading() as db:
            try:
                return maps.read_instances(db, picture_id)
            except (ValueError, TypeError) as error:
                raise self._damaged(picture_id) from error

    def load_doubts(self, picture_id: int) -> Doubts | None:
        """Where the model was unsure of its last answer; None if that was not kept."""
        with self._database.reading() as db:
            return runs.read_doubts(db, picture_id)

    def label_source(self, picture_id: int, layer: str = "prediction") -> RunInfo | None:
        """The run that the layer's labels came from; None if a person made or imported them."""
        _check_layer(layer)
        with self._database.reading() as db:
            return runs.source(db, picture_id, layer)

    def _damaged(self, picture_id: int) -> SegDeskError:
        return SegDeskError(
            "The labels of {name} are damaged in the project file.",
            "Run a model on the picture again, or open a backup copy of the project.",
            name=self.picture(picture_id).path,
        )


def _check_layer(layer: str) -> None:
    if layer not in LAYERS:
        raise ValueError(f"no such layer: {layer}")
