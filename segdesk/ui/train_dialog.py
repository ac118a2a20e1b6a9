"""The page that trains a model: what to start from, on which labels, how long; then the run; then old against new. It
may be closed while the training goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.training import Run, TrainPlan
from segdesk.app.training_set import Survey
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.training.messages import TrainOptions
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.desk_training import ENDED, IDLE
from segdesk.ui.export_dialog import LAYERS
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.train_run import ResultPage, RunPage
from segdesk.ui.widgets import button, label, name, swatch

STARTS = {
    "card": N_("With all its weights"),
    "encoder": N_("With the weights of its encoder only"),
    "scratch": N_("From scratch, with random numbers"),
}
GROUNDS = {
    "auto": N_("As the model has it"),
    "class": N_("The ground: told apart from the classes"),
    "ignored": N_("Unknown: neither learned nor judged"),
}
LOSSES = {
    "ce": N_("Cross-entropy"),
    "ce_dice": N_("Cross-entropy and Dice"),
    "focal": N_("Focal"),
    "ohem": N_("Hard pixels only (OHEM)"),
}
OPTIMISERS = {"adamw": "AdamW", "sgd": N_("SGD with momentum")}
SCHEDULES = {"poly": N_("Polynomial"), "cosine": N_("Cosine")}
AUGMENTATIONS = {"photo": N_("Photographs"), "microscopy": N_("Microscopy, from above"), "none": N_("None")}
Spin = TypeVar("Spin", QSpinBox, QDoubleSpinBox)
KEY, CHECKED = Qt.ItemDataRole.UserRole, Qt.CheckState.Checked


class TrainDialog(QDialog):
    """Form, run and result, one after the other."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setObjectName("train")
        self.setWindowTitle(tr("Train a model"))
        self.resize(780, 680)
        self.survey: Survey | None = None
        self.broken: Run | None = None  # a training that was broken off
        self.pages = QStackedWidget()
        self.form_page, self.run_page, self.result_page = QWidget(), RunPage(desk), ResultPage(desk)
        for page in (self.form_page, self.run_page, self.result_page):
            self.pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 18, 20, 16)
        layout.addWidget(self.pages)
        self._build_fields()
        self._lay_out()
        desk.training.changed.connect(self._turn)
        desk.training.failed.connect(self._failed)
        desk.runs.model_changed.connect(self._model)
        self.result_page.over.connect(self.hide)

    @classmethod
    def shown(cls, desk: Desk, window: QWidget) -> TrainDialog:
        """The window's page, made at the first call, shown with the training as it is."""
        page = window.findChild(cls, "train")
        page = page if isinstance(page, TrainDialog) else cls(desk, window)
        page.begin()
        page.show()
        page.raise_()
        return page

    # -- the form --------------------------------------------------------------------------------------------------

    def _build_fields(self) -> None:
        usual = TrainOptions()
        self.model = label()
        self.model.setWordWrap(True)
        self.start = _box(STARTS)
        self.name = QLineEdit()
        self.layer = _box(LAYERS)
        self.verified = QCheckBox(tr("Only verified pictures"))
        self.verified.setChecked(True)
        self.ground = _box(GROUNDS)
        self.classes, self.judging = QListWidget(), QListWidget()
        name(self.classes, tr("Classes that are learned"))
        name(self.judging, tr("Pictures that judge and are never learned from"))
        self.epochs = _spin(QSpinBox(), 0, 9999, usual.epochs)
        self.minutes = _spin(QDoubleSpinBox(), 0, 9999, 0)
        self.loss, self.optimiser = _box(LOSSES), _box(OPTIMISERS)
        self.schedule, self.augmentation = _box(SCHEDULES), _box(AUGMENTATIONS)
        self.weights = QCheckBox(tr("Rare classes count more"))
        self.encoder = QCheckBox(tr("Freeze the encoder"))
        self.batch = _spin(QSpinBox(), 0, 64, 0)
        self.crop = _spin(QSpinBox(), 0, 2048, 0)
        self.seed = _spin(QSpinBox(), 0, 999_999, usual.seed)
        self.patience = _spin(QSpinBox(), 0, 999, 0)
        for spin in (self.batch, self.crop):
            spin.setSpecialValueText(tr("Automatic"))
        for spin in (self.minutes, self.patience, self.epochs):
            spin.setSpecialValueText(tr("No limit"))
        self.why = label(kind="warn")
        self.why.setWordWrap(True)
        self.go_on = button(clicked=self._go_on)
        self.ok = button(tr("Train"), "main", clicked=self.accept)
        for box in (self.layer, self.start):
            box.currentIndexChanged.connect(lambda _: self._look())
        self.verified.toggled.connect(lambda _: self._look())
        self.seed.valueChanged.connect(lambda _: self._look())
        for listing in (self.classes, self.judging):
            listing.itemChanged.connect(lambda _: self.refresh())
        for spin in (self.epochs, self.minutes):
            spin.valueChanged.connect(lambda _: self.refresh())

    def _lay_out(self) -> None:
        left, right = QFormLayout(), QFormLayout()
        for form in (left, right):
            form.setVerticalSpacing(theme.GAP - 2)
            form.setHorizontalSpacing(theme.GAP * 2)
        for text, field in (
            (tr("Network"), self.model),
            (tr("Start"), self.start),
            (tr("Name"), self.name),
            (tr("Labels"), self.layer),
            ("", self.verified),
            (tr("Unlabelled pixels"), self.ground),
            (tr("Epochs"), self.epochs),
            (tr("Minutes at most"), self.minutes),
        ):
            left.addRow(text, field)
        for text, field in (
            (tr("Loss"), self.loss),
            ("", self.weights),
            (tr("Optimiser"), self.optimiser),
            (tr("Rate over time"), self.schedule),
            (tr("Augmentation"), self.augmentation),
            (tr("Crops at a time"), self.batch),
            (tr("Crop in pixels"), self.crop),
            ("", self.encoder),
            (tr("End after epochs without gain"), self.patience),
            (tr("Seed"), self.seed),
        ):
            right.addRow(text, field)
        top, lists, bottom = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        top.setSpacing(24)
        top.addLayout(left, 1)
        top.addLayout(right, 1)
        for text, listing in ((tr("Classes"), self.classes), (tr("Hold-out"), self.judging)):
            column = QVBoxLayout()
            head = label(text, "soft")
            head.setBuddy(listing)
            column.addWidget(head)
            column.addWidget(listing)
            lists.addLayout(column)
        bottom.addWidget(self.go_on)
        bottom.addStretch(1)
        bottom.addWidget(button(tr("Cancel"), clicked=self.reject))
        bottom.addWidget(self.ok)
        layout = QVBoxLayout(self.form_page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP + 2)
        for part in (top, lists):
            layout.addLayout(part, 1 if part is lists else 0)
        layout.addWidget(self.why)
        layout.addLayout(bottom)

    def begin(self) -> None:
        """Show the page that the training is at; the form for the model that was asked for."""
        self._turn()
        if self.desk.training.stage == IDLE:
            self._model()
            self.broken = None
            self.go_on.hide()
            found = self.desk.session.training.unfinished()
            self.desk.track(found, N_("Looking for trainings"), then=self._found, shown=False)
            self._look()

    def _model(self) -> None:
        card = self.desk.session.card(self.desk.training.card_id)
        if card is None:
            return
        text = card.name.get(i18n.language())
        status = self.desk.session.weights_status(card.id)
        here = status.path is not None or card.weights is None
        if not here:
            untrained = tr("nobody has published weights of it") if status.kind == "untrained" else ""
            text += " · " + (untrained or tr("its weights are not here: download them, or start from scratch"))
        self.model.setText(text)
        wanted = self.start.findData("card" if here else "scratch")
        if self.start.property("card") != card.id:
            self.start.setProperty("card", card.id)
            self.start.setCurrentIndex(wanted)
            project = self.desk.session.project
            self.name.setText(f"{card.system or card.name.en} · {project.path.stem if project else ''}")
        self.start.setProperty("here", here)
        self.start.setProperty("fits", card.trainable and card.task == "semantic")
        self.refresh()

    def _look(self) -> None:
        """See what there is to train on with the form as it is."""
        self.verified.setEnabled(self.layer.currentData() == "annotation")
        self.refresh()
        if self.desk.session.project is None:
            return
        only = self.verified.isChecked() and self.verified.isEnabled()
        job = self.desk.session.training.survey(self.layer.currentData(), only_verified=only, seed=self.seed.value())
        self.desk.track(job, N_("Looking at the labels"), then=self._surveyed, failed=self._failed, shown=False)

    def _surveyed(self, value: object) -> None:
        if not isinstance(value, Survey):
            return
        self.survey = value
        _fill(self.judging, [(p, p, p in value.judging) for p in value.paths])
        rows = []
        for info in self.desk.session.classes:
            count = value.pictures.get(info.id, 0)
            share = f"{100 * value.shares.get(info.id, 0.0):.1f}"
            text = tr("{name}: {share} % of the pixels, in %n picture(s)", count, name=info.name, share=share)
            rows.append((text, info.id, count > 0))
        _fill(self.classes, rows)
        for at, info in enumerate(self.desk.session.classes):
            self.classes.item(at).setIcon(swatch(info.color))
        self.refresh()

    def _found(self, value: object) -> None:
        if isinstance(value, list) and value:
            run: Run = value[0]
            self.broken = run
            self.go_on.setText(tr("Go on with {name}", name=str(run.table["name"])))
            name(self.go_on, tr("A training that was broken off goes on where it was"))
            self.go_on.show()

    # -- what is chosen --------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Why it cannot start, or ""."""
        survey = self.survey
        if not self.start.property("fits"):
            return tr("This model cannot be trained: choose one that gives a class for each pixel.")
        if survey is None:
            return tr("Looking at the labels…")
        if len(survey.paths) < 2:
            return tr("Training needs at least two labelled pictures: verify more, or take all labelled ones.")
        judging = _checked(self.judging)
        if not judging or len(judging) == len(survey.paths):
            return tr("Some pictures must judge, and some must be learned from.")
        if not _checked(self.classes):
            return tr("Choose a class.")
        if not self.start.property("here") and self.start.currentData() != "scratch":
            return tr("The weights of this model are not here: download them, or start from scratch.")
        if not self.epochs.value() and not self.minutes.value():
            return tr("A training needs an end: epochs or minutes.")
        return ""

    def refresh(self) -> None:
        """Look at the form again."""
        why = self.problem()
        self.why.setText(why)
        self.why.setVisible(bool(why))
        self.ok.setEnabled(not why)
        self.ok.setToolTip(why)

    def plan(self) -> TrainPlan:
        """The form as a value."""
        options = TrainOptions(
            loss=self.loss.currentData(),
            class_weights=self.weights.isChecked(),
            optimiser=self.optimiser.currentData(),
            schedule=self.schedule.currentData(),
            epochs=self.epochs.value(),
            minutes=float(self.minutes.value()),
            batch=self.batch.value(),
            crop=self.crop.value(),
            augmentation=self.augmentation.currentData(),
            freeze_encoder=self.encoder.isChecked(),
            patience=self.patience.value(),
            seed=self.seed.value(),
            device=self.desk.session.device,
        )
        return TrainPlan(
            self.desk.training.card_id,
            self.name.text(),
            mode=self.start.currentData(),
            layer=self.layer.currentData(),
            only_verified=self.verified.isChecked() and self.verified.isEnabled(),
            classes=tuple(int(key) for key in _checked(self.classes)),
            ground=self.ground.currentData(),
            judging=frozenset(str(key) for key in _checked(self.judging)),
            options=options,
        )

    def accept(self) -> None:
        """Start the training; the page stays."""
        if self.pages.currentWidget() is self.form_page and not self.problem():
            self.desk.attempt(lambda: self.desk.training.prepare(self.plan()))

    def _go_on(self) -> None:
        if self.broken is not None:
            self.desk.training.start(self.broken)

    def _turn(self) -> None:
        """Show the page of the stage."""
        training = self.desk.training
        if training.stage == IDLE:
            self.pages.setCurrentWidget(self.form_page)
        elif training.stage == ENDED and training.result is not None:
            self.result_page.fill(training.result)
            self.pages.setCurrentWidget(self.result_page)
        else:
            self.pages.setCurrentWidget(self.run_page)
            self.run_page.begin()

    def _failed(self, error: SegDeskError) -> None:
        self.refresh()
        self.why.setText(" ".join(error_text(error)))
        self.why.show()


def _box(rows: dict[str, str]) -> QComboBox:
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for key, text in rows.items():
        box.addItem(tr(text), key)
    return box


def _spin(spin: Spin, least: int, most: int, value: int) -> Spin:
    spin.setRange(least, most)
    spin.setValue(value)
    return spin


def _fill(listing: QListWidget, rows: Sequence[tuple[str, object, bool]]) -> None:
    """Checkable rows of (text, key, checked)."""
    listing.blockSignals(True)
    listing.clear()
    for text, key, on in rows:
        item = QListWidgetItem(text, listing)
        item.setData(KEY, key)
        item.setCheckState(CHECKED if on else Qt.CheckState.Unchecked)
    listing.blockSignals(False)


def _checked(listing: QListWidget) -> list[Any]:
    items = [listing.item(i) for i in range(listing.count())]
    return [item.data(KEY) for item in items if item.checkState() == CHECKED]
