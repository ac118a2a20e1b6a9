"""`Desk`: what the window's parts share. It calls the session's verbs, keeps the open document and turns reports into
signals. Its parts hold the verbs: `labels` of the document, `runs` of the models, `view` of the canvas, `queue` and
`places` of the review."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from segdesk.app import settings as settings_io
from segdesk.app.jobs import Done, Failed, Progress, Stopped
from segdesk.app.recents import RecentProject
from segdesk.app.reports import (
    Answered,
    ClassesChanged,
    Opened,
    PictureChanged,
    PicturesChanged,
    Preview,
    ProjectDamaged,
    ProjectOpened,
    SaveState,
    ThumbReady,
)
from segdesk.app.session import Session
from segdesk.app.training import TrainNews
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.io.project_database import DamagedProject
from segdesk.ui.bridge import Bridge
from segdesk.ui.desk_changes import Changing
from segdesk.ui.desk_labels import Labels
from segdesk.ui.desk_places import Places
from segdesk.ui.desk_prompts import Prompts
from segdesk.ui.desk_queue import Queue
from segdesk.ui.desk_runs import Runs
from segdesk.ui.desk_split import Splitting
from segdesk.ui.desk_teaching import Teachings
from segdesk.ui.desk_telling import Telling
from segdesk.ui.desk_thumbs import Thumbs
from segdesk.ui.desk_training import Trainings
from segdesk.ui.desk_view import View
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.shortcuts import Shortcuts

log = logging.getLogger(__name__)
Then = Callable[[object], None]


@dataclass
class Tracked:
    """A job that the window waits for. `name` is an English text; `shown`: has a row in the progress panel; `cancel`:
    what ends it, if it is no job of the session."""

    name: str
    then: Then | None = None
    failed: Callable[[SegDeskError], None] | None = None
    shown: bool = True
    pausable: bool = False
    progress: Progress | None = None
    cancel: Callable[[], None] | None = None


class Desk(QObject):
    """Made on the UI thread and used only there.

    Signals:
        project_opened(ProjectOpened), project_closed(), pictures_changed(bool scanning), picture_changed(int index)
        loading(PictureRow): a picture was asked for; preview(Preview); document_opened(Document);
        picture_failed(PictureRow, SegDeskError): it cannot be shown
        classes_changed(ClassSet), save_changed(SaveState), conditions_changed(): what can be done has changed
        project_moved(): the project goes on in another file
        project_damaged(ProjectDamaged): what is to be done is to be asked; project_recovered(Rescued): what is missing
        job_started(int, Tracked), job_progress(Progress), job_ended(int), notice(kind, sentence, hint)
        recent_told(RecentProject): what a project that is not open holds
    """

    project_opened = Signal(object)
    project_closed = Signal()
    pictures_changed = Signal(bool)
    picture_changed = Signal(int)
    loading = Signal(object)
    preview = Signal(object)
    document_opened = Signal(object)
    picture_failed = Signal(object, object)
    classes_changed = Signal(object)
    save_changed = Signal(object)
    settings_changed = Signal()
    project_moved = Signal()
    project_damaged = Signal(object)
    project_recovered = Signal(object)
    _settings_failed = Signal(object)
    conditions_changed = Signal()
    job_started = Signal(int, object)
    job_progress = Signal(object)
    job_ended = Signal(int)
    notice = Signal(str, str, str)
    recent_told = Signal(object)
    quit_asked = Signal()
    dialog_asked = Signal(str)

    def __init__(self, settings: settings_io.Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = Bridge(self)
        self.session = Session(settings, self.bridge, awaited=False)
        self.settings_keeper = settings_io.Keeper(self._settings_failed.emit)
        self._settings_failed.connect(self.show_error)
        self.jobs: dict[int, Tracked] = {}
        self.save_state = SaveState("saved")
        self.scanning = False
        self.ending = False  # the session takes no more work
        self.shortcuts = Shortcuts(self)
        self.telling = Telling(self)
        self.labels = Labels(self)
        self.changing = Changing(self)
        self.runs = Runs(self)
        self.prompts = Prompts(self)
        self.view = View(self)
        self.queue = Queue(self)
        self.places = Places(self)
        self.thumbs = Thumbs(self)
        self.training = Trainings(self)
        self.teaching = Teachings(self)
        self.split = Splitting(self)
        self._wanted: int | None = None
        self._handlers: dict[type, Callable[..., None]] = {
            Done: self._done,
            Failed: self._failed,
            Stopped: self._stopped,
            Progress: self.tell_progress,
            ProjectOpened: self._project_opened,
            ProjectDamaged: self.project_damaged.emit,
            PicturesChanged: self._pictures_changed,
            PictureChanged: self._picture_changed,
            ClassesChanged: self._classes_changed,
            Preview: self._preview,
            Opened: self._paintable,
            SaveState: self._saved,
            Answered: self.runs.take_answer,
            ThumbReady: self.thumbs.take,
            RecentProject: self.recent_told.emit,
            TrainNews: self.training.take,
        }
        self.bridge.report.connect(self._take)

    # -- jobs and reports -----------------------------------------------------------------------------------------

    def track(
        self,
        job_id: int,
        name: str,
        *,
        then: Then | None = None,
        failed: Callable[[SegDeskError], None] | None = None,
        shown: bool = True,
        pausable: bool = False,
        cancel: Callable[[], None] | None = None,
    ) -> int:
        """Follow a job of the session: `then(value)` when it is done, `failed(error)` instead of a toast. `cancel`: it
        is another kind of work; `tell_progress` and `end` say what becomes of it."""
        self.jobs[job_id] = Tracked(name, then, failed, shown, pausable, cancel=cancel)
        if shown:
            self.job_started.emit(job_id, self.jobs[job_id])
        self.conditions_changed.emit()
        return job_id

    def show_error(self, error: SegDeskError) -> None:
        """A toast with an error's sentence and hint."""
        self.notice.emit("error", *error_text(error))

    def attempt(self, verb: Callable[[], object]) -> None:
        """Call a verb that may raise at once; its error becomes a toast."""
        try:
            verb()
        except SegDeskError as error:
            self.show_error(error)

    def _take(self, report: object) -> None:
        handler = self._handlers.get(type(report))
        if handler is not None:
            handler(report)

    def end(self, job_id: int) -> None:
        """Work that is no job of the session has ended."""
        self._ended(job_id)
        self.conditions_changed.emit()

    def _ended(self, job_id: int) -> Tracked | None:
        tracked = self.jobs.pop(job_id, None)
        if tracked is not None and tracked.shown:
            self.job_ended.emit(job_id)
        return tracked

    def _done(self, report: Done) -> None:
        tracked = self._ended(report.job_id)
        if tracked is not None and tracked.then is not None:
            tracked.then(report.value)
        self.conditions_changed.emit()

    def _failed(self, report: Failed) -> None:
        tracked = self._ended(report.job_id)
        log.warning("%s: %s", report.name, report.error)
        if tracked is not None and tracked.failed is not None:
            tracked.failed(report.error)
        else:
            self.show_error(report.error)
        self.conditions_changed.emit()

    def _stopped(self, report: Stopped) -> None:
        self._ended(report.job_id)
        self.conditions_changed.emit()

    def tell_progress(self, report: Progress) -> None:
        """How far a job is, or other work that is tracked."""
        tracked = self.jobs.get(report.job_id)
        if tracked is not None:
            tracked.progress = report
            self.job_progress.emit(report)

    # -- the project ----------------------------------------------------------------------------------------------

    def open_path(self, path: Path, *, only_read: bool = False) -> None:
        """Open a folder of pictures, a project file or a picture's folder; `only_read`: a damaged project, to look."""
        self.labels.leave_project()
        self._wanted = None
        self.track(self.session.open(path, only_read=only_read), N_("Opening"), failed=self._project_failed)

    def _project_failed(self, error: SegDeskError) -> None:
        if isinstance(error, DamagedProject):
            self.project_damaged.emit(ProjectDamaged(error.path, (error.text(),), is_open=False))
        else:
            self.show_error(error)

    def open_samples(self) -> None:
        """Write the sample project where the user's data lie (once) and open it."""
        from segdesk.paths import user_data_dir

        job = self.session.samples(user_data_dir() / "samples")
        self.track(job, N_("Preparing the sample project"), then=lambda path: self.open_path(Path(str(path))))

    def close_project(self) -> None:
        """Save, close, and go back to the first page."""
        self.labels.leave_project()
        self.track(self.session.close_project(), N_("Closing"), then=lambda _: self.project_closed.emit())

    def save_now(self) -> None:
        """Try at once to save what waits."""
        self.session.save_now()

    def move_project(self, path: Path) -> None:
        """Save a copy of the project and go on in it."""
        self.track(self.session.save_elsewhere(path), N_("Saving a copy"), then=self._project_moved)

    def _project_moved(self, value: object) -> None:
        path = Path(str(value))
        self.change_settings(recent=self.session.settings.with_recent(path).recent)
        self.notice.emit("good", tr("Saved as {name}; you go on working in it.", name=path.name), str(path.parent))
        self.project_moved.emit()

    def change_settings(self, **values: object) -> None:
        """Set fields of the settings, at once here and soon on the disk."""
        self.session.settings = replace(self.session.settings, **values)  # type: ignore[arg-type]
        self.settings_keeper.put(self.session.settings)
        self.settings_changed.emit()

    def set_budgets(self, **values: object) -> None:
        """Set the settings that are sizes in memory; they hold at once, for the open picture too."""
        self.change_settings(**values)
        self.session.use_budgets()
        if self.labels.document is not None:
            self.labels.document.history.budget = self.session.settings.undo_megabytes << 20

    def remember(self, **values: object) -> None:
        """Keep values of the window itself (sizes, choices) in the settings."""
        self.change_settings(ui={**self.session.settings.ui, **values})

    def _project_opened(self, report: ProjectOpened) -> None:
        self.change_settings(recent=self.session.settings.with_recent(report.path).recent)
        self.labels.project_opened()
        self.project_opened.emit(report)
        self.pictures_changed.emit(self.scanning)
        self.classes_changed.emit(report.classes)
        if report.note:
            self.notice.emit("info", tr(report.note), "")
        if report.start is not None:
            self.go_to(report.start)
        self.conditions_changed.emit()

    def _pictures_changed(self, report: PicturesChanged) -> None:
        self.scanning = report.scanning
        self.pictures_changed.emit(report.scanning)
        if self._wanted is None and self.session.pictures:
            self.go_to(self.session.pictures[0].id)
        self.conditions_changed.emit()

    def _picture_changed(self, report: PictureChanged) -> None:
        if self.session.row(report.row.id) is None:  # its project has been closed since
            return
        self.labels.row_changed(report.row)
        self.picture_changed.emit(report.index)
        self.conditions_changed.emit()

    def _classes_changed(self, report: ClassesChanged) -> None:
        self.labels.classes_changed(report.classes)
        self.classes_changed.emit(report.classes)
        self.conditions_changed.emit()

    def _saved(self, report: SaveState) -> None:
        if report.status == "failed" and self.save_state.status != "failed" and report.error is not None:
            self.show_error(report.error)
        self.save_state = report
        self.save_changed.emit(report)

    # -- going through the pictures -------------------------------------------------------------------------------

    @property
    def current(self) -> PictureRow | None:
        """The row of the picture that is shown or on its way."""
        return None if self._wanted is None else self.session.row(self._wanted)

    def go_to(self, picture_id: int) -> None:
        """Open a picture; the latest wish wins."""
        row = self.session.row(picture_id)
        if row is None:
            return
        self.labels.close()
        self._wanted = picture_id
        self.loading.emit(row)
        self.labels.when_settled(picture_id, lambda: self._read(picture_id))

    def _read(self, picture_id: int) -> None:
        if picture_id != self._wanted or self.session.row(picture_id) is None:
            return
        self.track(
            self.session.go_to(picture_id),
            N_("Opening the picture"),
            then=self._opened,
            failed=lambda error: self._cannot_open(picture_id, error),
            shown=False,
        )

    def _preview(self, report: Preview) -> None:
        if report.row.id == self._wanted and self.labels.document is None:
            self.preview.emit(report)

    def _paintable(self, report: Opened) -> None:
        """One can paint; the pixels of the large picture are still on their way."""
        if self.labels.document is None:
            self._opened(report)

    def _opened(self, value: object) -> None:
        if isinstance(value, Opened) and value.row.id == self._wanted:
            document = self.labels.document
            if document is not None and not document.has_pixels and value.pixels is not None:
                document.take_pixels(value.pixels)
                return
            self.places.take(value.doubts)
            self.labels.open(value)
            self.document_opened.emit(self.labels.document)

    def _cannot_open(self, picture_id: int, error: SegDeskError) -> None:
        if picture_id == self._wanted:
            self.labels.close()
            self.picture_failed.emit(self.session.row(picture_id), error)

    # -- windows that the main window shows -----------------------------------------------------------------------

    def ask(self, dialog: str) -> None:
        """Have the main window show one of its dialogs and pages; in the table of actions `call` is "ask:DIALOG"."""
        self.dialog_asked.emit(dialog)

    def train_model(self) -> None:
        """Show the page that trains a model on the project's labels."""
        self.training.ask()

    def quit(self) -> None:
        """Close the window."""
        self.quit_asked.emit()

    # -- what can be done now -------------------------------------------------------------------------------------

    def conditions(self) -> dict[str, bool]:
        """The conditions of `actions.REASONS` and whether each holds now."""
        row = self.current
        return {
            "project": self.session.project is not None,
            "pictures": bool(self.session.pictures),
            "marked": row is not None and row.state in ("verified", "skipped"),
            "places": bool(self.places.places),
            **self.labels.conditions(),
            **self.teaching.conditions(),
            **self.runs.conditions(),
        }
