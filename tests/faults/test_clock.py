"""The clock of the machine is set back or forward: durations, estimates and saving go by the monotonic clock."""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segdesk.app.guarding import Guard
from segdesk.app.jobs import Context, Job, Progress
from segdesk.app.reports import SaveState
from segdesk.app.saver import Saver
from segdesk.app.work_clock import PAUSE, WorkClock
from segdesk.app.worker import Worker
from segdesk.domain.errors import SegDeskError
from segdesk.io import project_care as care
from segdesk.io.project import Project
from tests.app.reports import TIMEOUT, Listener

ROOT = Path(__file__).resolve().parent.parent.parent
TIME_OF_DAY = re.compile(r"\btime\.time\(|\btime_ns\(|datetime\.now\(|utcnow\(|date\.today\(")
MAY_ASK = {
    "ui/recent_cards.py": "how long ago a project was opened",
    "ui/welcome.py": "when a project was opened",
    "plugins.py": "the age of a mark on the disk",
    "app/guarding.py": "the age of a backup copy",
    "app/training_runs.py": "the name of a run",
    "io/project_runs.py": "when a model was run",
    "io/report/__init__.py": "the date of a report",
    "io/formats/coco_panoptic.py": "the date of an export",
    "io/formats/coco_instances.py": "the date of an export",
    "io/provenance.py": "the date of an export",
}


@pytest.fixture
def jumping(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of day jumps by up to a week, forwards and backwards, whenever somebody looks."""
    real, chance = time.time, random.Random(1)
    monkeypatch.setattr(time, "time", lambda: real() + chance.uniform(-6e5, 6e5))


def test_durations_never_ask_for_the_time_of_day():
    asking = {
        file.relative_to(ROOT / "segdesk").as_posix()
        for file in (ROOT / "segdesk").rglob("*.py")
        if TIME_OF_DAY.search(file.read_text("utf-8"))
    }
    assert asking <= set(MAY_ASK), "use time.monotonic or time.perf_counter, or say here why it is no duration"


@pytest.mark.usefixtures("jumping")
def test_clock_jumps_leave_estimates_and_the_clock_of_work_alone():
    heard = Listener()
    worker = Worker(heard)

    def run(ctx: Context) -> Iterator[None]:
        for done in range(1, 30):
            ctx.progress(done, 30)
            yield

    job = worker.submit(Job("run", run, lane="batch"))  # type: ignore[arg-type]
    heard.end(job)
    assert worker.close(TIMEOUT)
    told = [report.eta_seconds for report in heard.all if isinstance(report, Progress)]
    assert any(eta is not None for eta in told)
    assert all(eta is None or 0 <= eta < 60 for eta in told)
    clock = WorkClock()
    for _ in range(50):
        clock.tick()
    assert 0 <= clock.take() < PAUSE


@pytest.mark.usefixtures("jumping")
def test_clock_jumps_do_not_keep_work_from_being_saved():
    tried, saved = [], threading.Event()

    def write() -> None:
        tried.append(1)
        if len(tried) < 4:
            raise SegDeskError("The disk is full.")
        saved.set()

    def told(_: SaveState) -> None:
        pass

    saver = Saver(told, retry_seconds=0.01)
    saver.put(write)
    assert saved.wait(TIMEOUT)
    assert saver.close(TIMEOUT)


def test_a_backup_copy_from_the_future_is_replaced_after_some_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The clock was set back: the copy looks new for ever, but the steps count, too."""
    monkeypatch.setattr("segdesk.app.guarding.STEPS", 5)
    path = tmp_path / "p.segdesk"
    with Project.create(path, tmp_path) as project:
        project.add_pictures(["a.png"])
        project.look_after(back_up=True)
        backup = care.backup_path(path)
        os.utime(backup, (4e9, 4e9))
        first = backup.stat().st_ino
        guard = Guard(project, lambda _: None, first_look=0.0, looks=0.01)
        for _ in range(10):
            project.set_state(1, "skipped")
        ended = threading.Event()
        while backup.stat().st_ino == first:
            assert not ended.wait(0.01)
        guard.stop()
