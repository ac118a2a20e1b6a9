"""The dialog that makes a model of a dropped file: what it holds, what only a person knows, and how that looks on the
open picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLabel, QLineEdit, QMessageBox, QVBoxLayout, QWidget

from segdesk.app.adding import Choice, Tried, class_table, first_choice, presets
from segdesk.domain.card import InputSpec
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.messages import Inspected
from segdesk.ui.desk import Desk
from segdesk.ui.export_dialog import FormDialog
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.model_text import megabytes
from segdesk.ui.widgets import label, set_kind

REST = 250  # milliseconds that the form must rest before the preview is computed
PREVIEW = QSize(460, 380)
OPACITY = 0.55

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))
INPUTS: dict[str, InputSpec] = {
    N_("ImageNet mean and deviation, RGB"): InputSpec(),
    N_("ImageNet mean and deviation, BGR"): InputSpec(IMAGENET[0][::-1], IMAGENET[1][::-1], "bgr"),  # type: ignore[arg-type]
    N_("Caffe: mean only, BGR"): InputSpec((104.008, 116.669, 122.675), (1.0, 1.0, 1.0), "bgr"),
    N_("0 to 1"): InputSpec((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    N_("−1 to 1"): InputSpec((127.5, 127.5, 127.5), (127.5, 127.5, 127.5)),
    N_("0 to 255"): InputSpec((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
FITS = {
    "native": N_("As it is"),
    "long:1024": N_("Longer side at most 1024"),
    "short:512": N_("Shorter side 512"),
    "square:512": N_("Squeezed to 512 x 512"),
    "slide:512/341": N_("Windows of 512, every 341 pixels"),
    "slide:769/513": N_("Windows of 769, every 513 pixels"),
}
CONSENT = N_(
    "Its weights fit no known architecture. It can run as the program that it is. It names no operation on files or the"
    " network, but it may use much memory or time: run it only if you trust where it comes from."
)


class AddModelDialog(FormDialog):
    """Shows what a file holds and asks for the rest. The preview is computed in the engine; the latest form counts."""

    def __init__(self, desk: Desk, found: Inspected, parent: QWidget) -> None:
        super().__init__(desk, tr("Add a model"), tr("Add"), parent)
        self.found = found
        self.first = first_choice(found)
        self._job: int | None = None
        self._build_fields()
        self._build_preview()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self.try_it)
        self.note.setText(" ".join(tr(note) for note in found.notes))
        self.note.setVisible(bool(found.notes))
        self.changed()

    def _build_fields(self) -> None:
        found, first = self.found, self.first
        self.name = QLineEdit(first.name)
        self.net = self._box([(_title(c.title, c.variant), at) for at, c in enumerate(found.candidates)])
        self.classes = self._box(self._class_rows(), first.classes)
        self.classes.setEditable(True)
        self.classes.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.classes.setToolTip(tr("A list, or names separated by commas"))
        self.stride = self._box([])
        self.align = QCheckBox(tr("Scores lie on the corners of the picture (align_corners)"))
        self.align.setChecked(first.align_corners)
        rows: list[tuple[str, object]] = [(tr(text), spec) for text, spec in INPUTS.items()]
        normal = InputSpec(found.input.mean, found.input.std, found.input.order)
        if normal not in INPUTS.values() or "input" in found.told:
            text = tr("As the file says") if "input" in found.told else tr("As usual for this network")
            rows.insert(0, (text, normal))
        self.input = self._box(rows)
        fits = dict(FITS) if found.input.fit in FITS else {found.input.fit: found.input.fit, **FITS}
        self.fit = self._box([(tr(text), fit) for fit, text in fits.items()], found.input.fit)
        self.copy = self._box(
            [(tr("Copy them ({size})", size=megabytes(found.bytes)), True), (tr("Link to them where they are"), False)]
        )
        for text, field in (
            (tr("File"), self._file()),
            (tr("Name"), self.name),
            (tr("Network"), self.net),
            (tr("Classes"), self.classes),
            (tr("Output stride"), self.stride),
            (tr("Normalisation"), self.input),
            (tr("Size"), self.fit),
            ("", self.align),
            (tr("Weights"), self.copy),
        ):
            self.form.addRow(text, field)
        self._connect()

    def _connect(self) -> None:
        self.name.textChanged.connect(lambda _: self.refresh())
        self.copy.currentIndexChanged.connect(lambda _: self.refresh())
        self.net.currentIndexChanged.connect(lambda _: self._net_changed())
        self.classes.editTextChanged.connect(lambda _: self.changed())
        self.align.toggled.connect(lambda _: self.changed())
        for field in (self.stride, self.input, self.fit):
            field.currentIndexChanged.connect(lambda _: self.changed())
        self._net_changed()

    def _box(self, rows: list[tuple[str, object]], chosen: object = None) -> QComboBox:
        box = QComboBox()
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for text, value in rows:
            box.addItem(text, value)
        if chosen is not None:
            box.setCurrentIndex(max(0, box.findData(chosen)))
        return box

    def _file(self) -> QLabel:
        path = Path(self.found.path)
        count = self.found.parameters
        size = (
            tr("{count} million parameters", count=f"{count / 1e6:.1f}")
            if count >= 50_000
            else megabytes(self.found.bytes)
        )
        line = label(f"{path.name} · {size}")
        line.setToolTip(str(path))
        line.setWordWrap(True)
        return line

    def _class_rows(self) -> list[tuple[str, object]]:
        count = self.found.num_classes
        own = tr("%n as the file names them", count) if self.found.names else tr("%n, numbered", count)
        return [(own, ""), *((name, name) for name in presets(count))]

    def _build_preview(self) -> None:
        self.picture = QLabel()
        self.picture.setFixedSize(PREVIEW)
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setAccessibleName(tr("Preview"))
        self.state = label(kind="soft")
        self.state.setWordWrap(True)
        self.state.setFixedWidth(PREVIEW.width())
        side = QVBoxLayout()
        side.addWidget(self.picture)
        side.addWidget(self.state)
        side.addStretch(1)
        whole = self.layout()
        assert isinstance(whole, QVBoxLayout)
        whole.removeItem(self.form)
        both = QHBoxLayout()
        both.setSpacing(20)
        both.addLayout(self.form, 1)
        both.addLayout(side)
        whole.insertLayout(0, both, 1)
        self.setMinimumWidth(940)

    def _net_changed(self) -> None:
        candidate = self.found.candidates[self.net.currentIndex()]
        self.net.setEnabled(self.net.count() > 1)
        self.stride.blockSignals(True)
        self.stride.clear()
        for stride in candidate.strides:
            self.stride.addItem(str(stride), stride)
        told = self.stride.findData(self.found.stride)
        self.stride.setCurrentIndex(max(0, told))
        self.stride.blockSignals(False)
        self.form.setRowVisible(self.stride, len(candidate.strides) > 1)
        self.form.setRowVisible(self.align, candidate.aligns)
        self.changed()

    # -- what is chosen -------------------------------------------------------------------------------------------

    def choice(self) -> Choice:
        """The form as a value."""
        at = self.classes.findText(self.classes.currentText())
        spec: InputSpec = self.input.currentData()
        return Choice(
            self.name.text().strip(),
            candidate=self.net.currentIndex(),
            stride=self.stride.currentData() or 0,
            align_corners=self.align.isChecked(),
            input=replace(self.found.input, mean=spec.mean, std=spec.std, order=spec.order, fit=self.fit.currentData()),
            classes=self.classes.itemData(at) if at >= 0 else self.classes.currentText(),
            copy=self.copy.currentData(),
        )

    def problem(self) -> str:
        """Why the model cannot be added yet."""
        if not self.name.text().strip():
            return tr("Give it a name.")
        try:
            class_table(self.found, self.choice().classes)
        except SegDeskError as error:
            return error_text(error)[0]
        return ""

    def changed(self) -> None:
        """Something that the answer depends on has changed."""
        if not hasattr(self, "_rest"):
            return
        self.refresh()
        self._rest.start()

    # -- the preview ----------------------------------------------------------------------------------------------

    def try_it(self) -> None:
        """Ask the engine for an answer to the open picture with the form as it is."""
        row = self.desk.current
        if self.desk.session.project is None or row is None:
            self._say(tr("Open a picture to see what the model makes of it."))
            return
        if self.problem():
            return
        self._say(tr("Computing…"))
        desk = self.desk
        self._job = desk.session.adding.preview(self.found, self.choice(), row.id)
        job = self._job
        desk.track(job, N_("Trying the model"), then=lambda v: self._tried(job, v), failed=self._failed, shown=False)

    def _tried(self, job: int, value: object) -> None:
        if job != self._job or not isinstance(value, Tried):
            return
        answer = value.answer
        seen = {s.class_id for s in answer.segmentation.segments.values()}
        names = [c.name for c in answer.classes if c.id in seen]
        self.picture.setPixmap(overlaid(value))
        seconds = sum(answer.seconds.values())
        words = ", ".join(names) or tr("nothing")
        self._say(tr("It sees: {names} ({seconds} s).", names=words, seconds=f"{seconds:.1f}"))

    def _failed(self, error: SegDeskError) -> None:
        self._say(" ".join(error_text(error)), "warn")

    def _say(self, text: str, kind: str = "soft") -> None:
        self.state.setText(text)
        set_kind(self.state, kind)

    def done(self, result: int) -> None:
        """Qt: closed, one way or the other; nobody waits for a preview any more."""
        self._rest.stop()
        if self._job is not None:
            self.desk.session.cancel(self._job)
            self._job = None
        super().done(result)

    def accept(self) -> None:
        """Save card and weights; the model is then chosen."""
        desk, found, choice = self.desk, self.found, self.choice()
        super().accept()
        job = desk.session.adding.save(found, choice)
        desk.track(job, N_("Adding the model"), then=lambda card_id: added(desk, str(card_id)))


def _title(title: str, variant: str) -> str:
    return f"{title} · {variant}" if variant else title


def added(desk: Desk, card_id: str) -> None:
    """Choose the new model and say so."""
    desk.session.use_settings(desk.session.settings)
    desk.runs.choose_model(card_id)
    card = desk.session.card(card_id)
    name = card.name.en if card is not None else card_id
    desk.notice.emit("good", tr("The model {model} was added and is chosen.", model=name), "")


def overlaid(value: Tried) -> QPixmap:
    """The picture with the answer's classes over it, as large as the preview."""
    height, width = value.picture.shape[:2]
    ids = value.answer.segmentation.read((0, 0, width, height))
    table = np.zeros((int(ids.max()) + 1, 3), np.float32)
    for number, segment in value.answer.segmentation.segments.items():
        info = value.answer.classes.get(segment.class_id)
        if info is not None and number < len(table):
            table[number] = info.color
    over = table[ids]
    shown = np.where((ids > 0)[..., None], value.picture * (1 - OPACITY) + over * OPACITY, value.picture)
    pixels = np.ascontiguousarray(shown.astype(np.uint8))
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    kept, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
    return QPixmap.fromImage(image).scaled(PREVIEW, kept, smooth)


# -- from the drop to the dialog -----------------------------------------------------------------------------------


def look_into(desk: Desk, path: Path, window: QWidget, *, run_program: bool = False) -> None:
    """Have the engine read a file or folder, then show the dialog."""
    job = desk.session.adding.inspect(path, run_program=run_program)
    desk.track(job, N_("Reading the model"), then=lambda value: _read(desk, value, window))


def _read(desk: Desk, value: object, window: QWidget) -> None:
    if not isinstance(value, Inspected):
        return
    if not value.needs_consent:
        AddModelDialog(desk, value, window).open()
        return
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle(tr("Add a model"))
    box.setText(tr("{file} is a TorchScript program.", file=Path(value.path).name))
    box.setInformativeText(tr(CONSENT))
    run = box.addButton(tr("Run the program"), QMessageBox.ButtonRole.AcceptRole)
    box.setDefaultButton(box.addButton(tr("Cancel"), QMessageBox.ButtonRole.RejectRole))
    run.clicked.connect(lambda: look_into(desk, Path(value.path), window, run_program=True))
    box.open()


def dropped(desk: Desk, path: Path, window: QWidget) -> None:
    """A path from outside: a model to add, or pictures or a project to open. Folders are looked into by a worker."""
    if path.name.casefold().endswith(".segdesk"):
        desk.open_path(path)
        return

    def decided(value: object) -> None:
        if value:
            look_into(desk, path, window)
        else:
            desk.open_path(path)

    desk.track(desk.session.adding.is_model(path), N_("Looking at what was dropped"), then=decided, shown=False)
