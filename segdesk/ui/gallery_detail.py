"""The pane beside the gallery's cards: the chosen model on the open picture, what is known of it, what can be done."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from segdesk.app.model_search import ModelEntry
from segdesk.domain.card import PICTURE_TASKS
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, error_text, tr
from segdesk.ui.model_text import TASKS, facts, size_text, speed_text, weights_text
from segdesk.ui.widgets import button, label, name

CLASSES_SHOWN = 24
NOT_READY = {
    "download": N_("Its weights are not here yet: download them to see it on your picture."),
    "untrained": N_("No public weights: untrained, it would answer with noise. Train it, or locate a file."),
    "missing": N_("Its weights are missing: locate the file to see it on your picture."),
}


class Preview(QWidget):
    """An image as large as it fits, or words in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.words, self.is_bad = "", False
        self.setFixedHeight(self.fontMetrics().height() * 11)

    def show_image(self, image: QImage | None, words: str = "", *, is_bad: bool = False) -> None:
        """The image, or why there is none."""
        self.image, self.words, self.is_bad = image, words, is_bad
        self.setAccessibleName(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw it."""
        painter, look = QPainter(self), theme.current()
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(QPen(QColor(look.line), 1))
        painter.setBrush(QColor(look.sunken))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 6, 6)
        if self.image is not None:
            inner = self.rect().adjusted(3, 3, -3, -3)
            target = QRect(QPoint(0, 0), self.image.size().scaled(inner.size(), Qt.AspectRatioMode.KeepAspectRatio))
            target.moveCenter(inner.center())
            painter.drawImage(target, self.image)
        else:
            painter.setPen(QColor(look.bad if self.is_bad else look.soft))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect().adjusted(14, 8, -14, -8), int(flags), self.words)


class ModelDetail(Translated, QWidget):
    """Shows one model.

    Signals:
        used(str), compare_asked(str), train_asked(str), download_asked(str): of the model by its id
    """

    used = Signal(str)
    compare_asked = Signal(str)
    train_asked = Signal(str)
    download_asked = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._trials = desk.runs.trials
        self.entry: ModelEntry | None = None
        self._why: dict[str, SegDeskError] = {}
        self.preview = Preview()
        self.told = label(kind="soft")
        self.title, self.about = label(kind="head"), label()
        for part in (self.title, self.about):
            part.setWordWrap(True)
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.heads = [label(kind="soft") for _ in range(5)]
        self.values = [label() for _ in range(5)]
        self.automatic = QCheckBox()
        self.automatic.setChecked(bool(desk.session.settings.ui.get("gallery_preview", True)))
        self.use = button(kind="main", clicked=lambda: self._send(self.used))
        self.look = button(icon="eye", clicked=self.look_now)
        self.measure = button(clicked=self._measure)
        self.compare = button(icon="compare", clicked=lambda: self._send(self.compare_asked))
        self.train = button(clicked=lambda: self._send(self.train_asked))
        self.download = button(icon="download", clicked=lambda: self._send(self.download_asked))
        self._build()
        self.automatic.toggled.connect(lambda on: desk.remember(gallery_preview=on))
        self._trials.previewed.connect(lambda _: self.refresh())
        self._trials.failed.connect(self._refused)
        self._trials.changed.connect(self.refresh)
        desk.loading.connect(lambda _: self._why.clear())
        self.built = True
        self.retranslate()

    def _build(self) -> None:
        words = QWidget()
        inner = QVBoxLayout(words)
        inner.setContentsMargins(0, 0, theme.GAP, 0)
        inner.setSpacing(theme.GAP)
        grid = QGridLayout()
        grid.setHorizontalSpacing(theme.GAP * 2)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for at, (head, value) in enumerate(zip(self.heads, self.values, strict=True)):
            value.setWordWrap(True)
            grid.addWidget(head, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, at, 1)
        inner.addWidget(self.title)
        inner.addLayout(grid)
        inner.addWidget(self.about)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(words)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        words.setAutoFillBackground(False)
        first, second = QHBoxLayout(), QHBoxLayout()
        for row, parts in ((first, (self.look, self.measure)), (second, (self.compare, self.train, self.download))):
            for part in parts:
                row.addWidget(part, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.preview)
        layout.addWidget(self.told)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.automatic)
        layout.addLayout(first)
        layout.addLayout(second)
        layout.addWidget(self.use)

    # -- hand ---------------------------------------------------------------------------------------------------------

    def _send(self, signal: object) -> None:
        if self.entry is not None:
            signal.emit(self.entry.card.id)  # type: ignore[attr-defined]

    def look_now(self) -> None:
        """Preview the model, also where it was refused before."""
        if self.entry is not None:
            self._why.pop(self.entry.card.id, None)
            self._trials.preview([self.entry.card.id])

    def _measure(self) -> None:
        if self.entry is not None:
            self._trials.measure(self.entry.card.id)

    def may_preview(self) -> bool:
        """Whether the chosen model is to be previewed by itself now: it can run, and nothing more important does."""
        entry = self.entry
        return (
            entry is not None
            and entry.ready
            and self.automatic.isChecked()
            and self._trials.can_try()
            and self._desk.runs.batch_id is None
            and entry.card.id not in self._why
            and self._trials.image(entry.card.id) is None
        )

    def _refused(self, card_id: str, error: SegDeskError) -> None:
        self._why[card_id] = error
        self.refresh()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def show_model(self, entry: ModelEntry | None) -> None:
        """Another model."""
        self.entry = entry
        self.refresh()

    def refresh(self) -> None:
        """Show the model as things are."""
        entry = self.entry
        ready = entry is not None and entry.ready
        can_try, idle = self._trials.can_try(), not self._trials.busy
        self._show_preview()
        self.look.setEnabled(ready and can_try and (idle or entry is None or self._trials.busy != entry.card.id))
        self.measure.setEnabled(ready and can_try and idle)
        self.compare.setEnabled(ready)
        self.use.setEnabled(entry is not None)
        self.train.setEnabled(entry is not None and entry.card.trainable and entry.card.task in PICTURE_TASKS)
        self.train.setVisible(self.train.isEnabled())
        self.download.setVisible(entry is not None and entry.status.kind == "download")
        if entry is None:
            for part in (self.title, self.about, *self.values, *self.heads):
                part.clear()
            return
        card = entry.card
        self.title.setText(card.name.get(i18n.language()))
        speed = self._trials.speed(card.id)
        score = "\n".join(f"{s.metric} {s.value:g} · {s.data}" for s in card.scores[:2])
        weights = weights_text(entry.status, card)[0]
        rows = (
            (tr("Task"), " · ".join(t for t in (tr(TASKS[card.task]), size_text(card)) if t)),
            (tr("Score"), score or tr("no published score")),
            (tr("Speed here"), tr("not measured yet") if speed is None else _speed_words(speed.seconds, speed.runs)),
            (tr("Weights"), weights),
            (tr("Classes"), _classes(entry)),
        )
        for head, value, (title, text) in zip(self.heads, self.values, rows, strict=True):
            head.setText(title)
            value.setText(text)
        self.about.setText(facts(card))

    def _show_preview(self) -> None:
        entry = self.entry
        image = None if entry is None else self._trials.image(entry.card.id)
        words, bad = "", False
        if entry is not None and image is None:
            words, bad = self._no_preview(entry)
        self.preview.show_image(image, words, is_bad=bad)
        trial = None if entry is None else self._trials.trial(entry.card.id)
        if trial is None:
            self.told.clear()
        else:
            seconds, size = f"{trial.seconds:.2f}", f"{trial.megapixels:.1f}"
            self.told.setText(tr("{seconds} s on a copy of {size} MP", seconds=seconds, size=size))

    def _no_preview(self, entry: ModelEntry) -> tuple[str, bool]:
        """Why there is no preview, and whether that is an error."""
        why = self._why.get(entry.card.id)
        if why is not None:
            return "\n".join(t for t in error_text(why) if t), True
        if not entry.ready:
            if entry.status.kind == "download":
                return tr("Its weights are not here yet: download them to see it on your picture."), False
            if entry.status.kind == "untrained":
                return tr(
                    "No public weights: untrained, it would answer with noise. Train it, or locate a file."
                ), False
            return tr("Its weights are missing: locate the file to see it on your picture."), False
        if not self._trials.can_try():
            return tr("Open a picture to see the model on it."), False
        if self._trials.busy == entry.card.id:
            return tr("Running on a copy of the open picture…"), False
        return tr("“Preview” shows it on the open picture. The project stays as it is."), False

    def recolour(self) -> None:
        """It draws itself."""
        self.preview.update()

    def retranslate(self) -> None:
        """Set the texts again."""
        self.automatic.setText(tr("Preview when a card is chosen"))
        for part, text, tip in (
            (self.use, tr("Use this model"), tr("Choose it for the next runs")),
            (self.look, tr("Preview"), tr("Run it on a reduced copy of the open picture")),
            (self.measure, tr("Measure"), tr("Measure how fast it is on this machine, on the open picture")),
            (self.compare, tr("Compare…"), tr("See it beside another model on the open picture")),
            (self.train, tr("Train it…"), tr("Train this network on the labels of the project")),
            (self.download, tr("Download"), tr("Download weights")),
        ):
            part.setText(text)
            name(part, tip)
        self.refresh()


def _speed_words(seconds: float, runs: int) -> str:
    return f"{speed_text(seconds)}  ·  " + tr("%n run(s)", runs)


def _classes(entry: ModelEntry) -> str:
    """The names of the classes, as many as fit."""
    names = [info.name for info in entry.card.classes]
    if not names:
        return "–"
    shown = tr(", ").join(names[:CLASSES_SHOWN])
    return shown + (" …" if len(names) > CLASSES_SHOWN else "") + f"  ({len(names)})"
