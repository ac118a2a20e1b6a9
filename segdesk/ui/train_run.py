"""The pages of a training that runs and of one that has ended: curves and a sample; old against new."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.text import N_
from segdesk.engines.training.messages import EpochEnd, TrainBegun, TrainProgress, TrainResult
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.train_plot import CurvePlot, sample_pixmap
from segdesk.ui.widgets import button, label, name, set_kind

SAMPLE = QSize(640, 190)
REASONS = {
    "done": N_("The training is done."),
    "time": N_("The training ended as its time was over."),
    "early": N_("The training ended early: it did not get better any more."),
    "stopped": N_("The training was stopped."),
    "failed": N_("The training broke off; the best epoch before is kept."),
}


class RunPage(QWidget):
    """What a running training says."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.state = label(kind="soft")
        self.state.setWordWrap(True)
        self.notes = label(kind="soft")
        self.notes.setWordWrap(True)
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.plot = CurvePlot()
        self.sample = QLabel()
        self.sample.setFixedHeight(SAMPLE.height())
        self.sample.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.sample.setAccessibleName(tr("A held-out picture: itself, its labels, the answer"))
        self.sample.setToolTip(self.sample.accessibleName())
        self.pause = button(tr("Pause"), clicked=self._pause)
        self.stop = button(tr("Stop and compare"), clicked=desk.training.stop)
        name(self.stop, tr("End the training with the best epoch so far"))
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self.pause)
        row.addWidget(self.stop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part in (self.bar, self.plot, self.sample, self.notes):
            layout.addWidget(part, 1 if part is self.plot else 0)
        layout.addLayout(row)
        desk.training.news.connect(self.take)

    def begin(self) -> None:
        """Show what is known so far of the training that runs."""
        training = self._desk.training
        preparing = training.stage == "preparing"
        self.state.setText(tr("Copying the labelled pictures…") if preparing else tr("Starting…"))
        self.pause.setText(tr("Go on") if training.paused else tr("Pause"))
        for part in (self.pause, self.stop):
            part.setEnabled(not preparing)
        if not training.epochs:
            self.sample.clear()
            self.bar.setValue(0)
        for value in (training.begun, training.now, *training.epochs[-1:]):
            if value is not None:
                self.take(value)
        self._draw()

    def take(self, value: object) -> None:
        """A word of the training."""
        if isinstance(value, TrainBegun):
            where = tr("{batch} crops of {crop} pixels at a time", batch=value.batch, crop=value.crop)
            self.notes.setText(" · ".join([where, *(tr(note) for note in value.notes)]))
        elif isinstance(value, TrainProgress):
            self._progress(value)
        elif isinstance(value, EpochEnd):
            run = self._desk.training.run
            if value.sample is not None and run is not None:
                pixmap = sample_pixmap(value.sample, run.request.card.classes)
                kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
                self.sample.setPixmap(pixmap.scaled(SAMPLE, kept, smooth))
            self._draw()

    def _progress(self, now: TrainProgress) -> None:
        self.bar.setValue(round(now.fraction * 1000))
        words = tr("Epoch {epoch}, loss {loss}", epoch=now.epoch, loss=f"{now.loss:.3f}")
        if now.paused:
            words = tr("{state}; paused", state=words)
        elif now.eta_seconds is not None:
            words = tr("{state}; about {time} left", state=words, time=duration(now.eta_seconds))
        self.state.setText(words)

    def _draw(self) -> None:
        training = self._desk.training
        old = training.begun.old if training.begun is not None else None
        points = [(e.epoch, e.loss, e.judged.score) for e in training.epochs]
        metric = training.epochs[-1].judged.metric if training.epochs else self.plot.figure
        self.plot.show_curve(points, old.score if old is not None else None, metric=metric)

    def _pause(self) -> None:
        training = self._desk.training
        training.pause(not training.paused)
        self.pause.setText(tr("Go on") if training.paused else tr("Pause"))


def duration(seconds: float) -> str:
    """A time in words: minutes from two of them on."""
    return tr("%n second(s)", round(seconds)) if seconds < 120 else tr("%n minute(s)", round(seconds / 60))


def percent(value: float | None) -> str:
    """A share in percent, or a dash."""
    return "–" if value is None else f"{100 * value:.1f} %"


class ResultPage(QWidget):
    """Old against new on the hold-out; keep it or not.

    Signals:
        over(): it was kept or dropped
    """

    over = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.head = label(kind="head")
        self.why = label(kind="warn")
        self.why.setWordWrap(True)
        self.table = QTableWidget(0, 4)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        self.table.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        name(self.table, tr("Scores on the hold-out"))
        self.plot = CurvePlot()
        self.verdict = label()
        self.verdict.setWordWrap(True)
        self.name = QLineEdit()
        name(self.name, tr("Name of the new model"))
        self.keep = button(tr("Keep the new model"), "main", clicked=lambda: self._keep(run_all=False))
        self.keep_run = button(tr("Keep and run on all"), clicked=lambda: self._keep(run_all=True))
        name(self.keep_run, tr("Pictures that are verified or labelled by hand stay as they are"))
        self.drop = button(tr("Drop it"), clicked=self._drop)
        row = QHBoxLayout()
        row.setSpacing(theme.GAP)
        row.addWidget(self.name, 1)
        for part in (self.drop, self.keep_run, self.keep):
            row.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for part, stretch in ((self.head, 0), (self.why, 0), (self.table, 2), (self.plot, 1), (self.verdict, 0)):
            layout.addWidget(part, stretch)
        layout.addLayout(row)

    def fill(self, result: TrainResult) -> None:
        """Show a result."""
        run = self._desk.training.run
        if run is None:
            return
        self.head.setText(tr(REASONS[result.reason]))
        self.why.setText(" ".join(error_text(result.error)) if result.error is not None else "")
        self.why.setVisible(result.error is not None)
        old, new = result.old, result.new
        figure = tr("IoU") if new.metric == "mIoU" else new.metric
        self.table.setHorizontalHeaderLabels([figure, tr("Old"), tr("New"), tr("Change")])
        names = [info.name for info in run.request.card.classes]
        rows = [
            (tr("Mean"), old.score if old else None, new.score),
            *((n, old.by_class[i] if old else None, new.by_class[i]) for i, n in enumerate(names)),
            *((n, getattr(old, field, None), getattr(new, field)) for n, field in new.further),
        ]
        self.table.setRowCount(len(rows))
        for at, (text, before, after) in enumerate(rows):
            change = f"{100 * (after - before):+.1f}" if before is not None and after is not None else ""
            for column, words in enumerate((text, percent(before), percent(after), change)):
                item = QTableWidgetItem(words)
                if column:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(at, column, item)
        self.plot.show_curve(result.curve, old.score if old else None, metric=new.metric)
        self._judge(result)
        self.name.setText(str(run.table["name"]))

    def _judge(self, result: TrainResult) -> None:
        count = result.new.pictures
        before, after = result.old.score if result.old else None, result.new.score
        if before is None:
            text, kind = tr("There is no old model to compare with; judged by %n picture(s).", count), "soft"
        elif after is not None and after > before:
            text, kind = tr("The new model is better on the hold-out of %n picture(s).", count), "good"
        else:
            text, kind = tr("The new model is not better on the hold-out of %n picture(s).", count), "warn"
        self.verdict.setText(text)
        set_kind(self.verdict, kind)

    def _keep(self, *, run_all: bool) -> None:
        self._desk.training.keep(self.name.text(), run_all=run_all)
        self.over.emit()

    def _drop(self) -> None:
        self._desk.training.drop()
        self.over.emit()
