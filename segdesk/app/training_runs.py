"""Prepared trainings in their folders: written, found again, listed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segdesk.app.adding import card_of
from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines.training.messages import STATE, EpochEnd, TrainItem, TrainOptions, TrainRequest, TrainStart
from segdesk.io import atomic
from segdesk.paths import user_data_dir

RUN, PROGRESS = "run.json", "progress.json"
STAMP = "%Y%m%d-%H%M%S-%f"


@dataclass(frozen=True, eq=False)
class Run:
    """A prepared run, in its folder. `table`: the card to come; `left_out`: pictures that could not be taken, why.
    `epoch`, `score`: how far it was when the program last heard of it, and the best figure then (0..1)."""

    request: TrainRequest
    table: Mapping[str, object]
    project: str
    left_out: tuple[tuple[str, SegDeskError], ...] = ()
    epoch: int = 0
    score: float | None = None

    @property
    def folder(self) -> Path:
        """Where all of it lies."""
        return Path(self.request.folder)

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def name(self) -> str:
        """What the model is to be called."""
        return str(self.table["name"])

    @property
    def begun(self) -> bool:
        """Whether there is a checkpoint to go on from."""
        return (self.folder / STATE).exists()

    @property
    def when(self) -> datetime | None:
        """When it was prepared."""
        with suppress(ValueError):
            return datetime.strptime(self.id, STAMP)
        return None


def runs_home() -> Path:
    """Where runs lie until they are kept or dropped."""
    return user_data_dir() / "training"


def new_folder() -> Path:
    """A folder for a run, not made yet."""
    return runs_home() / datetime.now().strftime(STAMP)


def write_run(run: Run) -> None:
    """Keep what it takes to go on with a run in its folder. Raises `SegDeskError` where the disk refuses."""
    request = run.request
    start = request.start
    stored = {
        "table": run.table,
        "items": [asdict(item) for item in request.items],
        "start": {
            "card": start.card.id,
            "weights": start.weights,
            "mode": start.mode,
            "positions": list(start.positions),
        },
        "options": asdict(request.options),
        "project": run.project,
    }
    atomic.write_text(run.folder / RUN, json.dumps(stored, ensure_ascii=False))


def note_progress(run: Run, end: EpochEnd, best: float | None) -> None:
    """Note beside a run how far it is; the list of runs shows it. A disk that refuses is no reason to stop."""
    with suppress(SegDeskError, OSError):
        atomic.write_text(run.folder / PROGRESS, json.dumps({"epoch": end.epoch, "score": best}))


def read_run(folder: Path, card_of_id: Callable[[str], ModelCard]) -> Run | None:
    """A run from its folder; None if it cannot be gone on with."""
    try:
        stored = json.loads((folder / RUN).read_text(encoding="utf-8"))
        start = stored["start"]
        options: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored["options"].items()}
        request = TrainRequest(
            str(folder),
            card_of(stored["table"]),
            tuple(TrainItem(**item) for item in stored["items"]),
            TrainStart(card_of_id(start["card"]), start["weights"], start["mode"], tuple(start["positions"])),
            TrainOptions(**options),
        )
        epoch, score = _progress(folder)
        return Run(request, stored["table"], stored["project"], epoch=epoch, score=score)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, SegDeskError):
        return None


def _progress(folder: Path) -> tuple[int, float | None]:
    try:
        stored = json.loads((folder / PROGRESS).read_text(encoding="utf-8"))
        score = stored["score"]
        return int(stored["epoch"]), None if score is None else float(score)
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return 0, None


def found_runs(card_of_id: Callable[[str], ModelCard]) -> list[Run]:
    """All runs that were neither kept nor dropped, the latest first."""
    folders = sorted((p.parent for p in runs_home().glob(f"*/{RUN}")), reverse=True)
    runs = (read_run(folder, card_of_id) for folder in folders)
    return [run for run in runs if run is not None]
