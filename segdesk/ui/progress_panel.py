"""What is running: a line for each job with progress, time left, pause and cancel. Short jobs never show up."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from segdesk.app.jobs import Progress
from segdesk.ui import icons, theme
from segdesk.ui.desk import Desk, Tracked
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.model_text import duration, megabytes
from segdesk.ui.widgets import ElidedLabel, icon_button, label, name

DELAY = 400  # milliseconds before a job gets its line


class JobLine(Translated, QWidget):
    """One job."""

    def __init__(self, desk: Desk, job_id: int, tracked: Tracked) -> None:
        super().__init__()
        self._desk, self._id, self._tracked = desk, job_id, tracked
        self._paused = False
        self.text = label()
        self.detail = ElidedLabel()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 0)
        self.bar.setFixedWidth(220)
        self.pause = icon_button("pause", self._pause)
        self.pause.setVisible(tracked.pausable)
        self.cancel = icon_button("cancel", tracked.cancel or (lambda: desk.session.cancel(job_id)))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addWidget(self.detail, 1)
        self.page = icon_button("queue", desk.runs.batches.show_page)
        self.page.setVisible(tracked.pausable)
        layout.addWidget(self.page)
        layout.addWidget(self.pause)
        layout.addWidget(self.cancel)
        self.retranslate()

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        self._paused = (self._paused and not (progress.done and not progress.paused)) or progress.paused
        self.bar.setRange(0, min(progress.total, 2**31 - 1) if progress.total < 2**31 else 1000)
        scale = 1 if progress.total < 2**31 else progress.total / 1000
        self.bar.setValue(int(progress.done / scale))
        self.detail.setText(self._words(progress))

    def _words(self, progress: Progress) -> str:
        parts = []
        foreign = self._tracked.cancel is not None and not self._tracked.pausable
        if progress.total and foreign:  # what is counted says nothing to a person
            parts.append(f"{100 * progress.done // progress.total} %")
        elif progress.total:
            in_bytes = progress.total > 500_000
            shown = megabytes if in_bytes else str
            parts.append(tr("{done} of {total}", done=shown(progress.done), total=shown(progress.total)))
        if self._paused:
            parts.append(tr("paused"))
        elif progress.eta_seconds is not None:
            parts.append(duration(progress.eta_seconds))
        if progress.text:
            parts.append(tr(progress.text))
        return "  ·  ".join(parts)

    def _pause(self) -> None:
        batches, session = self._desk.runs.batches, self._desk.session
        if self._id == batches.job_id:
            (batches.resume if self._paused else batches.pause)()
        elif self._paused:
            session.resume(self._id)
        else:
            session.pause(self._id)
        self._paused = not self._paused
        self.retranslate()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.text.setText(tr(self._tracked.name))
        self.pause.setIcon(icons.icon("run" if self._paused else "pause"))
        name(self.pause, tr("Go on") if self._paused else tr("Pause"))
        name(self.cancel, tr("Cancel"))
        name(self.page, tr("Show the batch page"))
        if self._tracked.progress is not None:
            self.detail.setText(self._words(self._tracked.progress))


class ProgressPanel(QFrame):
    """All running jobs, one below the other; hidden while there is none."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.lines: dict[int, JobLine] = {}
        self.setProperty("kind", "foot")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.GAP + 4, 4, theme.GAP, 4)
        self._layout.setSpacing(2)
        self.hide()
        desk.runs.batches.changed.connect(self._settle)
        desk.job_started.connect(self._started)
        desk.job_progress.connect(self._progress)
        desk.job_ended.connect(self._ended)

    def _started(self, job_id: int, tracked: Tracked) -> None:
        QTimer.singleShot(DELAY, self, lambda: self._show(job_id, tracked))

    def _show(self, job_id: int, tracked: Tracked) -> None:
        if job_id in self._desk.jobs and job_id not in self.lines:
            line = self.lines[job_id] = JobLine(self._desk, job_id, tracked)
            self._layout.addWidget(line)
            if tracked.progress is not None:
                line.show_progress(tracked.progress)
            self._settle()

    def _progress(self, progress: Progress) -> None:
        line = self.lines.get(progress.job_id)
        if line is not None:
            line.show_progress(progress)

    def _ended(self, job_id: int) -> None:
        line = self.lines.pop(job_id, None)
        if line is not None:
            self._layout.removeWidget(line)
            line.deleteLater()
        self._settle()

    def _settle(self) -> None:
        """The run over many pictures has no line here while its page is in view."""
        batches = self._desk.runs.batches
        elsewhere = batches.job_id if batches.watched else None
        for job_id, line in self.lines.items():
            line.setVisible(job_id != elsewhere)
        self.setVisible(any(job_id != elsewhere for job_id in self.lines))
