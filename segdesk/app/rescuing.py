"""The session's verbs for a damaged project: recover what is readable, go back to the backup copy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from segdesk.app.jobs import Context
from segdesk.app.workers import Workers
from segdesk.domain.text import N_
from segdesk.io.project_care import find_backup, take_backup
from segdesk.io.project_rescue import Rescued, free_name, recovered_copies, rescue


class Rescuing:
    """Part of `Session`. `leave`: saves and closes the open project, on the loader's thread; a file that is open here
    must not be read by hand."""

    def __init__(self, workers: Workers, leave: Callable[[Context], None]) -> None:
        self._workers, self._leave = workers, leave

    def rescue(self, path: Path, target: Path | None = None) -> int:
        """Copy what can be read of a project into a new one beside it (or at `target`); the project that is open is
        closed first. Reports Progress. Done value: `Rescued`."""

        def run(ctx: Context) -> Rescued:
            self._leave(ctx)
            return rescue(path, target or free_name(path), lambda done, total: (ctx.check(), ctx.progress(done, total)))

        return self._workers.submit("loader", N_("Recovering the project"), run)

    def restore(self, path: Path) -> int:
        """Put the backup copy of a project beside it, under a free name; the open project is closed first. Done value:
        its path."""

        def run(ctx: Context) -> Path:
            self._leave(ctx)
            target = free_name(path, "backup")
            take_backup(path, target)
            return target

        return self._workers.submit("loader", N_("Opening the backup copy"), run)

    @staticmethod
    def backup_time(path: Path) -> float | None:
        """When the backup copy of a project was made, seconds since 1970; None if there is none. Quick."""
        found = find_backup(path)
        return None if found is None else found[1]

    @staticmethod
    def recovered(path: Path) -> list[Path]:
        """Copies of a project that were recovered before, the newest first. Quick."""
        return recovered_copies(path)
