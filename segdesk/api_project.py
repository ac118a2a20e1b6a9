"""`segdesk.Project`: an open project for a program of one's own. See `segdesk.api`."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from segdesk.api_values import as_ids, run_options
from segdesk.app import settings as settings_file
from segdesk.app.class_draft import Draft
from segdesk.app.importing import ImportOrder
from segdesk.app.jobs import Done, Failed, Progress
from segdesk.app.reports import BatchResult
from segdesk.app.session import Session
from segdesk.app.transfer import Comparison, check_layer
from segdesk.domain.classes import VOID, ClassInfo, ClassSet, Color
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.metrics.report import Report
from segdesk.domain.packed import PackedMap
from segdesk.domain.replacing import replacement
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.splits import SplitRule
from segdesk.domain.text import N_
from segdesk.io import images
from segdesk.io import project as project_file
from segdesk.io.export_choice import ExportChoice
from segdesk.io.formats.base import ExportResult, ImportResult
from segdesk.io.project import PictureRow as Picture

PathLike = str | Path
OnProgress = Callable[[int, int, str], object]
"""Called from another thread with (done, total, name of the picture or part); `total` 0 = not known."""

STEP = N_("edit by a program")


class Project:
    """An open project; made by `segdesk.open`. Also a context manager, which closes it.

    Use it from one thread. A picture is given as a `Picture` of `pictures` or by its path as it stands there. A layer
    is "annotation" (what a person owns), "prediction" (a model's last answer) or "reference" (imported truth).
    """

    def __init__(self, path: Path, project: Path | None, progress: OnProgress | None) -> None:
        settings, _ = settings_file.load()
        self._session = Session(settings, _Listener(progress))
        weakref.finalize(self, self._session.close)  # for who forgets it: when the object goes, or the program ends
        try:
            self._do(self._session.open(path, project))
        except BaseException:
            self._session.close()
            raise

    def __enter__(self) -> Project:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        opened = self._session.project
        return f"<segdesk.Project {opened.path if opened else 'closed'}>"

    def close(self) -> None:
        """Save what waits, end the engine's process and close the file; safe to call twice. Raises `SegDeskError` if
        something could not be saved."""
        if self._session.project is not None and not self._session.close():
            raise SegDeskError("Not everything could be saved.", "The log file says why.")

    # -- what there is ------------------------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The project file."""
        return self._file.path

    @property
    def folder(self) -> Path:
        """The folder of the pictures."""
        return self._file.folder

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """All pictures in order: `path` (relative to `folder`), `width`, `height` (0 until known), `state` ("new",
        "predicted", "edited", "verified", "skipped" or "failed"), `doubt` 0..1, `error` ..."""
        return tuple(self._session.pictures)

    @property
    def classes(self) -> ClassSet:
        """The classes in order: `id` 1..65535, `name`, `color` RGB 0..255, `is_thing`; `classes.named(...)` is one."""
        return self._session.classes

    def pixels(self, picture: Picture | str) -> np.ndarray:
        """The picture itself: (H, W, 3) uint8 RGB, turned upright as its EXIF says. Raises `SegDeskError`."""
        return images.read(self.folder / self._row(picture).path)

    # -- run ----------------------------------------------------------------------------------------------------------

    def run(
        self,
        model: str,
        pictures: Iterable[Picture | str] | None = None,
        *,
        again: bool = False,
        confidence: float | None = None,
        crf: bool = False,
        become: Mapping[str, str] | None = None,
        device: str = "auto",
    ) -> BatchResult:
        """Run a model (an id of `models`) on these pictures, all if None. The answer goes into the layer "prediction"
        and, where no person has worked, into "annotation".

        `again`: also where this model with these options has been run. `confidence`: 0..1, below which objects (of a
        semantic model, pixels) are left out; None = as the model's card says. `crf`: refine with the dense CRF.
        `become`: the model's class -> the project's, "" leaves it out; kept in the project. `device`: "auto", "cpu",
        "cuda:0" ... A picture that cannot be done does not end the run: `failed` of the result has (path, error) pairs.
        Raises `SegDeskError`: no such model, its weights are not here, no such picture.
        """
        among = None if pictures is None else {self._row(p).id for p in pictures}
        session = self._session
        session.choose_model(model)
        session.set_device(device)
        card = session.card(model)
        assert card is not None
        session.set_options(run_options(session.options, card, confidence=confidence, crf=crf))
        if become:
            session.matching.match_rules(model, [f"{theirs}={ours}" for theirs, ours in become.items()])
        return self._do(session.run_all(again=again, among=among))

    # -- edit ---------------------------------------------------------------------------------------------------------

    def labels(self, picture: Picture | str, layer: str = "annotation") -> Segmentation | None:
        """The labels of a picture, None if it has none: `ids` (H, W) uint16, 0 = no label, and `segments`, a dict from
        each other id to its `Segment(class_id, score, by_human, crowd)`. The copy is yours. `labels.class_map()` gives
        (H, W) uint16 class ids."""
        check_layer(layer)
        self._saved()
        return self._file.load_map(self._row(picture).id, layer)

    def set_labels(self, picture: Picture | str, labels: Segmentation) -> bool:
        """Replace the annotation, as one undo step; the picture counts as edited. False if nothing differs.

        `labels.ids` must be (H, W) of the picture's size, and every id but 0 must have a segment of a class of the
        project. Raises `SegDeskError` where that is not so.

            labels = project.labels("a.png")
            labels.ids[:100, :] = 0
            project.set_labels("a.png", labels)
        """
        row = self._row(picture)
        new = Segmentation(as_ids(labels.ids), dict(labels.segments)).copy()
        try:
            new.check(self.classes)
        except ValueError as error:
            raise SegDeskError(
                "These are no labels of the project: {reason}.", "See `Segmentation`.", reason=str(error)
            ) from error
        before = self._annotation(row, new.size)
        edit = replacement(PackedMap.of(before), PackedMap.of(new), STEP).edit
        if edit is not None:
            self._session.save_step(row.id, new, edit, "push")
            self._saved()
        return edit is not None

    def set_class_map(self, picture: Picture | str, class_map: np.ndarray) -> bool:
        """As `set_labels`, from (H, W) class ids of any integer type, 0 = no label; one segment a class."""
        found = Segmentation.from_class_map(as_ids(class_map))
        return self.set_labels(
            picture, replace(found, segments={k: replace(s, by_human=True) for k, s in found.segments.items()})
        )

    def undo(self, picture: Picture | str) -> bool:
        """Take the last step on the picture's annotation back (of whatever program, also of an earlier day); False if
        there is none."""
        return self._step(picture, "undo")

    def redo(self, picture: Picture | str) -> bool:
        """Take the last undone step again; False if there is none."""
        return self._step(picture, "redo")

    def verify(self, picture: Picture | str) -> None:
        """Mark a picture as right: no run touches it."""
        self._session.verify(self._row(picture).id)

    def unverify(self, picture: Picture | str) -> None:
        """Take the mark back."""
        self._session.unverify(self._row(picture).id)

    # -- classes ------------------------------------------------------------------------------------------------------

    def add_class(self, name: str, color: Color | None = None, *, is_thing: bool = True) -> ClassInfo:
        """Add a class; `color` RGB 0..255, None = a free one. Raises `SegDeskError` for a name that is taken."""
        draft, class_id = Draft(self.classes).added(name, color, is_thing=is_thing)
        self._do(self._session.classing.apply(draft.change, of=self.classes))
        return self._class(class_id)

    def rename_class(self, name: str, to: str) -> None:
        """Give a class another name. Raises `SegDeskError`."""
        self._reclass(Draft(self.classes).renamed(self._class(name).id, to))

    def merge_classes(self, names: Sequence[str], into: str) -> None:
        """Give all labels of some classes, in all layers of all pictures, to another one; they go. Each annotation gets
        an undo step. Whole or, if it raises, not at all."""
        ids = [self._class(name).id for name in names]
        self._reclass(Draft(self.classes).merged(ids, self._class(into).id))

    def remove_class(self, name: str) -> None:
        """Remove a class; its labels become void, with an undo step in each picture."""
        self._reclass(Draft(self.classes).removed([self._class(name).id]))

    # -- evaluate, export, import ---------------------------------------------------------------------------------

    def evaluate(
        self,
        layer: str = "prediction",
        against: str = "reference",
        *,
        other: PathLike | None = None,
        out: PathLike | None = None,
        language: str = "en",
    ) -> Report:
        """Compare two layers, picture by picture. `other`: take `against` from another project with the same pictures.
        `out`: also write the report (HTML, CSV, JSON) into this folder; `language`: "en", "zh_CN" or "both".

        `headline` of the result is a dict with "miou", "pixel_accuracy", "pq", "ap" ... (0..1, None = not defined);
        `headline_lines()` the same as text with confidence intervals; `pictures` the scores of each. Raises
        `SegDeskError` if no picture has both layers.
        """
        wanted = Comparison(layer, against, None if other is None else Path(other))
        if out is None:
            return self._do(self._session.comparing.compare(wanted))
        return self._do(self._session.comparing.evaluate(wanted, Path(out), language=language)).report

    def export(
        self,
        format: str,
        folder: PathLike,
        *,
        layer: str = "annotation",
        only_verified: bool = False,
        classes: Iterable[str] | None = None,
        pictures: str = "copy",
        split: tuple[float, float, float] | None = None,
        options: Mapping[str, str] | None = None,
        verify: bool = True,
    ) -> ExportResult:
        """Write labels as one of `formats` into a folder that does not exist yet; it appears complete or not at all.

        `classes`: only these names. `pictures`: "copy", "link" or "none". `split`: shares of train, val and test.
        `options`: of the format. `verify`: read it back and compare every pixel: `verified` of the result. Raises
        `SegDeskError`.
        """
        choice = ExportChoice(
            layer=layer,
            states=("verified",) if only_verified else None,
            class_ids=None if classes is None else frozenset(self._class(name).id for name in classes),
            pictures=pictures,
            split=None if split is None else SplitRule(split),
            options=dict(options or {}),
        )
        return self._do(self._session.export(format, Path(folder), choice, verify=verify))

    def import_labels(
        self,
        format: str,
        path: PathLike,
        layer: str = "reference",
        *,
        become: Mapping[str, str] | None = None,
        replace_work: bool = False,
    ) -> ImportResult:
        """Read labels of one of `formats` into a layer. `become`: class of the file -> class of the project, "" leaves
        it out; others go by name, new ones join. `replace_work`: also where a person has corrected. `problems` of the
        result says what was left out and why. Raises `SegDeskError`."""
        ids = {theirs: self._class(ours).id if ours else VOID for theirs, ours in (become or {}).items()}
        return self._do(self._session.import_labels(format, ImportOrder(Path(path), layer, ids, replace_work)))

    # -- inside -------------------------------------------------------------------------------------------------------

    @property
    def _file(self) -> project_file.Project:
        opened = self._session.project
        if opened is None:
            raise SegDeskError("This project is closed.", "Open it again with segdesk.open.")
        return opened

    def _do(self, job: int) -> Any:
        """Wait for a job; its value, or the error it ended with. When interrupted, it is cancelled and ends first."""
        try:
            end = None
            while end is None:  # in slices, so that Ctrl+C is heard on every system
                end = self._session.wait(job, 0.5)
        except BaseException:
            self._session.cancel(job)
            self._session.wait(job, 10.0)
            raise
        if isinstance(end, Failed):
            raise end.error
        if not isinstance(end, Done):
            raise Cancelled
        return end.value

    def _saved(self) -> None:
        """Wait until all work is in the file."""
        self._session.flush()

    def _row(self, picture: Picture | str) -> Picture:
        self._file  # noqa: B018  # raises where the project is closed
        if isinstance(picture, Picture):
            row = self._session.row(picture.id)
        else:
            wanted = str(picture).replace("\\", "/")
            row = next((r for r in self._session.pictures if r.path == wanted), None)
        if row is None:
            name = picture.path if isinstance(picture, Picture) else str(picture)
            raise SegDeskError(
                "There is no picture {name} in the project.", "`pictures` has the paths of all of them.", name=name
            )
        return row

    def _class(self, name: str | int) -> ClassInfo:
        info = self.classes.named(name) if isinstance(name, str) else self.classes.get(name)
        if info is None:
            raise SegDeskError(
                "The project has no class {name}.",
                "It has: {classes}.",
                name=name,
                classes=", ".join(c.name for c in self.classes),
            )
        return info

    def _reclass(self, draft: Draft) -> None:
        self._do(self._session.classing.apply(draft.change, of=self.classes))
        self._saved()

    def _annotation(self, row: Picture, size: tuple[int, int]) -> Segmentation:
        """The annotation as it is, void if there is none. Raises `SegDeskError` if the picture has another size."""
        self._saved()
        found = self._file.load_map(row.id, "annotation")
        if found is None:
            width, height = images.probe(self.folder / row.path)
            found = Segmentation.empty(height, width)
        if found.size != size:
            raise SegDeskError(
                "{name} is {width} x {height} pixels, the labels are {other_width} x {other_height}.",
                "Labels are (H, W), of the picture's own size.",
                name=row.path,
                width=found.size[1],
                height=found.size[0],
                other_width=size[1],
                other_height=size[0],
            )
        return found

    def _step(self, picture: Picture | str, kind: str) -> bool:
        row = self._row(picture)
        self._saved()
        found = self._file.load_map(row.id, "annotation")
        if found is None:
            return False
        history = self._file.load_history(row.id)
        edit = history.undo(found) if kind == "undo" else history.redo(found)
        if edit is not None:
            self._session.save_step(row.id, found, edit, kind)
            self._saved()
        return edit is not None


class _Listener:
    """Passes progress on, from whatever thread. It does not hold the project, which may go while threads report."""

    def __init__(self, progress: OnProgress | None) -> None:
        self._progress = progress

    def __call__(self, report: object) -> None:
        if self._progress is not None and isinstance(report, Progress):
            self._progress(report.done, report.total, report.text)
