"""The page that trains a model: what to start from, on which labels, how long; then the run; then old against new. It
may be closed while the training goes on."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QSpinBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.training import Run, TrainPlan
from segdesk.app.training_set import Survey
from segdesk.domain.card import PICTURE_TASKS
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.training.messages import TrainOptions
from segdesk.ui import i18n, theme
from segdesk.ui.desk import Desk
from segdesk.ui.desk_training import ENDED, IDLE
from segdesk.ui.export_dialog import LAYERS
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.train_choices import (
    ADVERSARIES,
    AUGMENTATIONS,
    DATA,
    GROUNDS,
    LOSSES,
    OPTIMISERS,
    REMINDER,
    SCHEDULES,
    STARTS,
    box_of,
    checked,
    fill,
    ranged,
)
from segdesk.ui.train_run import ResultPage, RunPage
from segdesk.ui.train_sources import DataSetFields, EarlierTrainings, EncoderBox
from segdesk.ui.widgets import button, label, name, swatch


class TrainDialog(QDialog):
    """Form, run and result, one after the other."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setObjectName("train")
        self.language = i18n.language()
        self.setWindowTitle(tr("Train a model"))
        self.resize(780, 680)
        self.survey: Survey | None = None
        self.earlier: list[Run] = []  # trainings that were broken off
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
        """The window's page, made at the first call, shown with the training as it is; made anew in another language
        as long as nothing has been begun in it."""
        page = window.findChild(cls, "train")
        if isinstance(page, TrainDialog) and page.language != i18n.language() and desk.training.stage == IDLE:
            page.hide()
            page.setObjectName("")  # by which it would be found again
            page.deleteLater()
            page = None
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
        self.start = box_of(STARTS)
        self.encoders, self.data = EncoderBox(self.desk), DataSetFields(self.desk)
        self.name = QLineEdit()
        self.layer = box_of({**LAYERS, DATA: N_("From a data set…")})
        self.verified = QCheckBox(tr("Only verified pictures"))
        self.verified.setChecked(True)
        self.ground = box_of(GROUNDS)
        self.classes, self.judging = QListWidget(), QListWidget()
        name(self.classes, tr("Classes that are learned"))
        name(self.judging, tr("Pictures that judge and are never learned from"))
        self.epochs = ranged(QSpinBox(), 0, 9999, usual.epochs)
        self.minutes = ranged(QDoubleSpinBox(), 0, 9999, 0)
        self.loss, self.optimiser = box_of(LOSSES), box_of(OPTIMISERS)
        self.schedule, self.augmentation = box_of(SCHEDULES), box_of(AUGMENTATIONS)
        self.weights = QCheckBox(tr("Rare classes count more"))
        self.encoder = QCheckBox(tr("Freeze the encoder"))
        self.teacher = QCheckBox(tr("Remember what the model knows"))
        self.teacher.setToolTip(tr("Its own answer is learned too, where no label says otherwise"))
        self.adversary = box_of(ADVERSARIES)
        self.batch = ranged(QSpinBox(), 0, 64, 0)
        self.crop = ranged(QSpinBox(), 0, 2048, 0)
        self.seed = ranged(QSpinBox(), 0, 999_999, usual.seed)
        self.patience = ranged(QSpinBox(), 0, 999, 0)
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
        self.data.changed.connect(self.refresh)
        self.teacher.toggled.connect(lambda _: self.refresh())
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
            (tr("Its encoder"), self.encoders),
            (tr("Name"), self.name),
            (tr("Labels"), self.layer),
            ("", self.verified),
            (tr("Unlabelled pixels"), self.ground),
            (tr("Epochs"), self.epochs),
            (tr("Minutes at most"), self.minutes),
        ):
            left.addRow(text, field)
        self.left = left
        for text, field in (
            (tr("Loss"), self.loss),
            ("", self.weights),
            (tr("Adversary"), self.adversary),
            (tr("Optimiser"), self.optimiser),
            (tr("Rate over time"), self.schedule),
            (tr("Augmentation"), self.augmentation),
            (tr("Crops at a time"), self.batch),
            (tr("Crop in pixels"), self.crop),
            ("", self.encoder),
            ("", self.teacher),
            (tr("End after epochs without gain"), self.patience),
            (tr("Seed"), self.seed),
        ):
            right.addRow(text, field)
        self.lists = QWidget()
        top, lists, bottom = QHBoxLayout(), QHBoxLayout(self.lists), QHBoxLayout()
        lists.setContentsMargins(0, 0, 0, 0)
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
        layout.addLayout(top)
        layout.addWidget(self.lists, 1)
        layout.addWidget(self.data, 1)
        layout.addWidget(self.why)
        layout.addLayout(bottom)

    def begin(self) -> None:
        """Show the page that the training is at; the form for the model that was asked for."""
        self._turn()
        if self.desk.training.stage == IDLE:
            self._model()
            self.earlier = []
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
            self.name.setText(f"{card.system or card.name.en} · {project.path.stem}" if project else "")
        self.start.setProperty("here", here)
        self.start.setProperty("fits", card.trainable and card.task in PICTURE_TASKS)
        for part in (self.loss, self.weights):  # a network that finds objects has a loss of its own
            part.setEnabled(card.task == "semantic")
            part.setToolTip("" if card.task == "semantic" else tr("This network has a loss of its own."))
        self.refresh()

    def _look(self) -> None:
        """See what there is to train on with the form as it is."""
        outside = self.layer.currentData() == DATA
        self.data.setVisible(outside)
        self.lists.setVisible(not outside)
        other = self.start.currentData() == "other"
        self.left.setRowVisible(self.encoders, other)
        if other:
            self.encoders.fill(self.desk.training.card_id)
        self.verified.setEnabled(self.layer.currentData() == "annotation")
        self.refresh()
        if self.desk.session.project is None or outside:
            return
        only = self.verified.isChecked() and self.verified.isEnabled()
        job = self.desk.session.training.survey(self.layer.currentData(), only_verified=only, seed=self.seed.value())
        self.desk.track(job, N_("Looking at the labels"), then=self._surveyed, failed=self._failed, shown=False)

    def _surveyed(self, value: object) -> None:
        if not isinstance(value, Survey):
            return
        self.survey = value
        fill(self.judging, [(p, p, p in value.judging) for p in value.paths])
        rows = []
        for info in self.desk.session.classes:
            count = value.pictures.get(info.id, 0)
            share = f"{100 * value.shares.get(info.id, 0.0):.1f}"
            text = tr("{name}: {share} % of the pixels, in %n picture(s)", count, name=info.name, share=share)
            rows.append((text, info.id, count > 0))
        fill(self.classes, rows)
        for at, info in enumerate(self.desk.session.classes):
            self.classes.item(at).setIcon(swatch(info.color))
        self.refresh()

    def _found(self, value: object) -> None:
        if isinstance(value, list) and value:
            self.earlier = value
            self.go_on.setText(tr("Earlier trainings…"))
            name(self.go_on, tr("Trainings that were broken off go on where they were"))
            self.go_on.show()

    # -- what is chosen --------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Why it cannot start, or ""."""
        survey = self.survey
        if not self.start.property("fits"):
            return tr("This model cannot be trained: choose another one.")
        if self.layer.currentData() == DATA:
            return self.data.problem() or self._start_problem()
        if survey is None:
            return tr("Looking at the labels…")
        if len(survey.paths) < 2:
            return tr("Training needs at least two labelled pictures: verify more, or take all labelled ones.")
        judging = checked(self.judging)
        if not judging or len(judging) == len(survey.paths):
            return tr("Some pictures must judge, and some must be learned from.")
        if not checked(self.classes):
            return tr("Choose a class.")
        return self._start_problem()

    def _start_problem(self) -> str:
        """What is wrong with the start or the end."""
        start = self.start.currentData()
        if not self.start.property("here") and start in ("card", "encoder"):
            return tr("The weights of this model are not here: download them, or start from scratch.")
        if start == "other" and self.encoders.currentData() is None:
            return tr("No other model has its weights here.")
        if self.teacher.isChecked() and start != "card":
            return tr("Only a model with all its weights knows something to remember.")
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
            teacher=REMINDER if self.teacher.isChecked() else 0.0,
            adversary=self.adversary.currentData(),
            patience=self.patience.value(),
            seed=self.seed.value(),
            device=self.desk.session.device,
        )
        outside = self.layer.currentData() == DATA
        start = self.start.currentData()
        plan = TrainPlan(
            self.desk.training.card_id,
            self.name.text(),
            mode="encoder" if start == "other" else start,
            encoder_from=str(self.encoders.currentData()) if start == "other" else "",
            ground=self.ground.currentData(),
            data=self.data.value() if outside else None,
            options=options,
        )
        if outside:
            return plan
        return replace(
            plan,
            layer=self.layer.currentData(),
            only_verified=self.verified.isChecked() and self.verified.isEnabled(),
            classes=tuple(int(key) for key in checked(self.classes)),
            judging=frozenset(str(key) for key in checked(self.judging)),
        )

    def accept(self) -> None:
        """Start the training; the page stays."""
        if self.pages.currentWidget() is self.form_page and not self.problem():
            self.desk.attempt(lambda: self.desk.training.prepare(self.plan()))

    def _go_on(self) -> None:
        page = EarlierTrainings(self.desk, self.earlier, self)
        page.accepted.connect(lambda: self._resume(page.chosen()))
        page.finished.connect(lambda _: self._left(page.runs))
        page.open()

    def _resume(self, run: Run | None) -> None:
        if run is not None:
            self.desk.training.start(run)

    def _left(self, runs: list[Run]) -> None:
        self.earlier = runs
        self.go_on.setVisible(bool(runs))

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
