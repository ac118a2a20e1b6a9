"""The preferences: language, look, device, letters, motion, keys, and how much memory undo and decoded pictures may
take."""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QDialogButtonBox, QFormLayout, QLabel, QSpinBox, QWidget

from segdesk.domain.text import N_
from segdesk.ui import comfort, dialogs, i18n
from segdesk.ui.desk import Desk
from segdesk.ui.footer import device_name
from segdesk.ui.i18n import tr
from segdesk.ui.welcome import THEMES
from segdesk.ui.widgets import button, label, roomy

# setting: (least, most, step, text, tip)
BUDGETS: dict[str, tuple[int, int, int, str, str]] = {
    "undo_megabytes": (
        1,
        16_384,
        64,
        N_("Undo for each picture"),
        N_("Undo is kept in the project, also after closing. Beyond this size the oldest steps are dropped."),
    ),
    "prefetch_megabytes": (
        64,
        16_384,
        128,
        N_("Pictures read ahead"),
        N_("Memory for the pictures around the open one, so that the next one shows at once."),
    ),
}


class Preferences:
    """The dialog; `show` opens it. What is chosen holds when it is accepted."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self.dialog, layout = dialogs.box(parent, tr("Preferences"))
        settings = desk.session.settings
        form = QFormLayout()
        form.setHorizontalSpacing(24)
        self.language = _combo([("", tr("As the system")), *i18n.LANGUAGES.items()], settings.language)
        self.theme = _combo([(key, tr(text)) for key, text in THEMES.items()], settings.theme)
        devices = [(d.id, device_name(d)) for d in desk.runs.devices]
        if desk.session.device not in ("auto", *(key for key, _ in devices)):
            devices.append((desk.session.device, desk.session.device))
        self.device = _combo([("auto", tr("Automatic")), *devices], desk.session.device)
        for text, field in ((tr("Language"), self.language), (tr("Look"), self.theme), (tr("Device"), self.device)):
            form.addRow(_named(text, field), field)
        percent = comfort.text_percent(settings.ui)
        sizes = [(f"{p}", tr("{percent} %", percent=p)) for p in comfort.SIZES]
        self.letters = _combo(sizes, f"{percent}")
        self.letters.setToolTip(tr("Against the letters that the system is set to."))
        self.motion = _combo([(key, tr(text)) for key, text in comfort.MOTIONS.items()], settings.ui.get("motion", ""))
        self.motion.setToolTip(tr("Whether messages and the tour glide, or change at once."))
        self.keys = button(tr("Change keys…"), icon="keyboard", clicked=lambda: desk.ask("edit_keys"))
        self.keys.setAutoDefault(False)
        comforts = ((tr("Size of letters"), self.letters), (tr("Motion"), self.motion), (tr("Keys"), self.keys))
        for text, field in comforts:
            form.addRow(_named(text, field), field)
        self.budgets = {key: _spin(key, getattr(settings, key)) for key in BUDGETS}
        for key, spin in self.budgets.items():
            form.addRow(_named(tr(BUDGETS[key][3]), spin), spin)
            note = label(tr(BUDGETS[key][4]), "soft")
            note.setWordWrap(True)
            form.addRow(note)
        layout.addLayout(form)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Apply"))
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        buttons.accepted.connect(lambda: self.accept())  # a lambda keeps this object alive with the dialog
        buttons.rejected.connect(self.dialog.reject)
        layout.addWidget(buttons)
        self.dialog.setMinimumWidth(460)

    def show(self) -> None:
        """Open the dialog over the window."""
        layout = self.dialog.layout()
        if layout is not None:  # with wrapped lines the height follows from the width
            width = max(self.dialog.minimumWidth(), self.dialog.fontMetrics().horizontalAdvance("n") * 60)
            self.dialog.resize(width, layout.totalHeightForWidth(width))
        self.dialog.open()

    def accept(self) -> None:
        """Take what is chosen, and close."""
        desk = self._desk
        self.dialog.accept()
        if self.device.currentData() != desk.session.device:
            desk.runs.set_device(self.device.currentData())
        desk.set_budgets(**{key: spin.value() for key, spin in self.budgets.items()})
        desk.remember(text_percent=int(self.letters.currentData()), motion=self.motion.currentData())
        desk.change_settings(language=self.language.currentData(), theme=self.theme.currentData())


def _combo(entries: list[tuple[str, str]], chosen: str) -> QComboBox:
    combo = QComboBox()
    for key, text in entries:
        combo.addItem(text, key)
    combo.setCurrentIndex(max(0, [key for key, _ in entries].index(chosen) if chosen in dict(entries) else 0))
    return combo


def _spin(key: str, value: int) -> QSpinBox:
    least, most, step, _, tip = BUDGETS[key]
    spin = roomy(QSpinBox())
    spin.setRange(least, most)
    spin.setSingleStep(step)
    spin.setSuffix(" MB")
    spin.setValue(value)
    spin.setToolTip(tr(tip))
    return spin


def _named(text: str, field: QWidget) -> QLabel:
    field.setAccessibleName(text)
    return label(text)
