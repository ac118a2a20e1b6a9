"""A thread that looks after the open project: is its file sound, and its backup copy new enough. Never in the way."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from segdesk.app.reports import ProjectDamaged
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io.project import Project
from segdesk.io.project_care import find_backup

log = logging.getLogger(__name__)
FIRST_LOOK = 5.0  # seconds after opening: the first picture comes first
LOOKS = 30.0  # seconds between two looks at how much has been done
RETRY = 600.0  # seconds until it tries again after something went wrong: a drive that is gone, a disk that is full
STEPS = 500  # transactions after which a new backup copy is made
STEPS_AT_END = 20  # the same when the project is closed, if that is quick
QUICK_BYTES = 16 << 20  # a project that is backed up while somebody waits
DAY = 86_400.0
BREATH = 0.02  # seconds between two portions of checksums for an old file


class Guard:
    """Begins at once; `stop` before the project is closed. `report` gets a `ProjectDamaged` at most once."""

    def __init__(
        self,
        project: Project,
        report: Callable[[object], None],
        *,
        first_look: float = FIRST_LOOK,
        looks: float = LOOKS,
        retry: float = RETRY,
    ) -> None:
        self._project, self._report = project, report
        self._first_look, self._looks, self._retry = first_look, looks, retry
        self._ended = threading.Event()
        self._backed_up = 0  # commits that the backup copy has
        self._damaged = False
        self._thread = threading.Thread(target=self._watch, name="segdesk-guard", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; where much has been done since the last backup copy and one is quick, make one more."""
        self._ended.set()
        self._thread.join()
        if not self._damaged and self._project.commits - self._backed_up >= STEPS_AT_END:
            try:
                if self._project.path.stat().st_size <= QUICK_BYTES:
                    self._look(lambda: False, back_up=True)
            except (OSError, SegDeskError, Cancelled) as error:
                log.info("no backup copy at the end: %s", error)

    def _watch(self) -> None:
        while not self._ended.is_set():
            try:
                self._work()
                return
            except Cancelled:
                return
            except Exception as error:
                log.warning("no backup copy: %s", error)
            self._ended.wait(self._retry)

    def _work(self) -> None:
        if self._ended.wait(self._first_look) or not self._look(self._ended.is_set, back_up=self._is_old()):
            return
        while not self._ended.is_set() and self._project.seal_some():
            self._ended.wait(BREATH)
        while not self._ended.wait(self._looks):
            if self._project.commits - self._backed_up >= STEPS and not self._look(self._ended.is_set, back_up=True):
                return

    def _is_old(self) -> bool:
        """Whether the backup copy is missing, or older than a day and than the last change."""
        if self._project.read_only:
            return False
        found = find_backup(self._project.path)
        if found is None:
            return True
        made = found[1]
        # time of day: it is compared with the times of files. A clock that was set back makes a copy "new" at most
        # until the steps are enough for another one.
        return made < time.time() - DAY and made < self._project.path.stat().st_mtime

    def _look(self, cancelled: Callable[[], bool], *, back_up: bool) -> bool:
        """Check the file, and back it up; False if it is damaged."""
        commits = self._project.commits
        found = self._project.look_after(cancelled, back_up=back_up and not self._project.read_only)
        if found:
            self._damaged = True
            log.error("%s is damaged: %s", self._project.path, "; ".join(found))
            self._report(ProjectDamaged(self._project.path, tuple(found)))
        elif back_up:
            self._backed_up = commits
        return not found
