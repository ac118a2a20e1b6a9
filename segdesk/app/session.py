"""The program's verbs, for the window and the command line alike. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segdesk.app.reports import Answered
from segdesk.app.settings import Settings
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import Edit
from segdesk.domain.options import RunOptions
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.messages import DeviceInfo
from segdesk.io.cards import BrokenCard
from segdesk.io.project import PictureRow, Project
from segdesk.io.weights import WeightsStatus


class Session:
    """One run of the program: settings, models, at most one open project, and the threads that work for it.

    Call its methods from one thread (the window's). State is read there at once; a verb that may take time returns
    the number of a job, and what comes of it is reported: `on_report(value)` is called from other threads with the
    values of `segdesk.app.jobs` and `segdesk.app.reports`.
    """

    def __init__(self, settings: Settings, on_report: Callable[[object], None]) -> None:
        raise NotImplementedError

    # -- state ---------------------------------------------------------------------------------------------------
    settings: Settings
    cards: list[ModelCard]
    broken_cards: list[BrokenCard]
    model_id: str  # "" = none chosen
    options: RunOptions
    device: str  # "auto", "cpu" or the id of a DeviceInfo

    @property
    def project(self) -> Project | None:
        """The open project; write to it through the session only."""
        raise NotImplementedError

    @property
    def pictures(self) -> list[PictureRow]:
        """All pictures in order. Read only; rows are replaced in place (`PictureChanged`), the list by
        `PicturesChanged`."""
        raise NotImplementedError

    @property
    def current_id(self) -> int | None:
        """The picture that `go_to` was last asked for."""
        raise NotImplementedError

    @property
    def classes(self) -> ClassSet:
        """The project's classes."""
        raise NotImplementedError

    @property
    def save_state(self) -> str:
        """ "saved", "saving" or "failed"."""
        raise NotImplementedError

    @property
    def devices(self) -> list[DeviceInfo]:
        """What the engine can compute on; empty until `warm_up` is done."""
        raise NotImplementedError

    def row(self, picture_id: int) -> PictureRow | None:
        """The row of a picture."""
        raise NotImplementedError

    def index_of(self, picture_id: int) -> int | None:
        """Where a picture stands in `pictures`."""
        raise NotImplementedError

    def counts(self) -> dict[str, int]:
        """Pictures by state."""
        raise NotImplementedError

    def card(self, card_id: str) -> ModelCard | None:
        """The card of a model."""
        raise NotImplementedError

    def weights_status(self, card_id: str) -> WeightsStatus:
        """Where the weights of a model are; of a merged model, the worst of its parts."""
        raise NotImplementedError

    # -- project -------------------------------------------------------------------------------------------------
    def open(self, path: Path, project_path: Path | None = None) -> int:
        """Open a folder of pictures, a project file or one picture's folder. Reports `ProjectOpened` as soon as the
        project is there (also the Done value, which comes when the folder has been looked through) and
        `PicturesChanged` as files are found. `project_path`: where the project is or goes, if not beside the folder.
        """
        raise NotImplementedError

    def close_project(self) -> int:
        """Save and close the project; the session stays."""
        raise NotImplementedError

    def set_classes(self, classes: ClassSet) -> None:
        """Replace the project's classes; saved in the background."""
        raise NotImplementedError

    def go_to(self, picture_id: int) -> int:
        """Open a picture: maybe a `Preview`, then Done with `Opened`. The latest call wins; neighbours are read ahead."""
        raise NotImplementedError

    def save_step(
        self, picture_id: int, segmentation: Segmentation, edit: Edit, kind: str, *, by_model: bool = False
    ) -> None:
        """Save an undo step ("push", "undo" or "redo") in the background. `segmentation` is the document's own map
        after the step: what changed is copied before this returns, at the cost of the tiles touched.
        `by_model`: the step applied a model's answer, which does not make the picture "edited"."""
        raise NotImplementedError

    def save_now(self) -> None:
        """Try again at once to save what waits (Ctrl+S)."""
        raise NotImplementedError

    def verify(self, picture_id: int) -> None:
        """Mark a picture as right; a batch never touches it."""
        raise NotImplementedError

    def unverify(self, picture_id: int) -> None:
        """Take the mark back: the picture counts as edited."""
        raise NotImplementedError

    def skip(self, picture_id: int) -> None:
        """Mark a picture as left out; exports of "only verified" and batches pass over it."""
        raise NotImplementedError

    def add_cost(self, picture_id: int, seconds: float, pixels: int) -> None:
        """Add the time and the pixels spent on a correction."""
        raise NotImplementedError

    # -- models --------------------------------------------------------------------------------------------------
    def choose_model(self, card_id: str) -> None:
        """The model for the next runs; its default options become the options. Raises SegDeskError if unknown."""
        raise NotImplementedError

    def set_options(self, options: RunOptions) -> None:
        """Options for the next runs; call `decide_again` to see them on the open picture."""
        raise NotImplementedError

    def set_device(self, device: str) -> None:
        """Where the next runs compute: "auto", "cpu" or the id of a device."""
        raise NotImplementedError

    def reload_cards(self) -> None:
        """Read the cards again (after the settings' folders changed)."""
        raise NotImplementedError

    def warm_up(self) -> int:
        """Start the engine, so that the first run does not wait for it. Done value: list of DeviceInfo."""
        raise NotImplementedError

    def run_here(self, picture_id: int | None = None) -> int:
        """Run the chosen model on one picture (the open one). Done value: `Answered`."""
        raise NotImplementedError

    def decide_again(self, picture_id: int | None = None) -> int:
        """Apply the options to the model's kept answer (a full run if it is gone). Latest wins. Done: `Answered`."""
        raise NotImplementedError

    def run_all(self, skip_verified: bool = True, *, again: bool = False, limit: int | None = None) -> int:
        """Run the chosen model on all pictures; `again` = also where this model and options already answered.
        Reports Progress, `PictureChanged` per picture, `Answered(from_batch=True)` for the open one, Done with
        `BatchResult`."""
        raise NotImplementedError

    def settle(self, answered: Answered) -> bool:
        """True: the answer belongs to the open picture, apply it to the document (and then `save_step(by_model=True)`).
        False: the user has moved on; it has been put into the project."""
        raise NotImplementedError

    def download(self, card_id: str) -> int:
        """Fetch the weights of a model (and of its parts). Done value: list of paths."""
        raise NotImplementedError

    def locate(self, card_id: str, file: Path) -> int:
        """Take a weights file that the user has: checked, then copied into the first model folder. Done value: path."""
        raise NotImplementedError

    # -- labels in and out ----------------------------------------------------------------------------------------
    def export(self, format_id: str, folder: Path, only_verified: bool = False, *, layer: str = "annotation") -> int:
        """Write labels in a format into a new folder. Done value: `segdesk.io.formats.base.ExportResult`."""
        raise NotImplementedError

    def import_labels(self, format_id: str, path: Path, layer: str) -> int:
        """Read labels of a format into "annotation" or "reference". Done value: `ImportResult`."""
        raise NotImplementedError

    def evaluate(self, layer: str, against: str, out_folder: Path) -> int:
        """Compare two layers and write the report. Done value: what `segdesk.app.evaluate` gives back."""
        raise NotImplementedError

    def samples(self, folder: Path) -> int:
        """Write the sample project. Done value: its path."""
        raise NotImplementedError

    # -- jobs ----------------------------------------------------------------------------------------------------
    def cancel(self, job_id: int) -> None:
        """Ask a job to end; it reports Stopped (or Done, if it was faster)."""
        raise NotImplementedError

    def pause(self, job_id: int) -> None:
        """Hold a batch at its next step."""
        raise NotImplementedError

    def resume(self, job_id: int) -> None:
        """Let a paused batch go on."""
        raise NotImplementedError

    def wait(self, job_id: int, timeout: float | None = None) -> object:
        """Block until a job has ended and return its Done, Failed or Stopped. For the command line and tests."""
        raise NotImplementedError

    def close(self, timeout: float = 10.0) -> bool:
        """Cancel jobs, save what waits, end the engine and the threads. False if work could not be saved."""
        raise NotImplementedError
