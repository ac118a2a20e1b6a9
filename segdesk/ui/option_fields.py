"""Controls for the options of tools and operations, built from what they say of themselves (`Option`)."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QCheckBox, QComboBox, QDialogButtonBox, QDoubleSpinBox, QFormLayout, QSpinBox, QWidget

from segdesk.app.operations.base import OperationInfo
from segdesk.app.tools.base import Option, Value
from segdesk.ui.dialogs import box
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import ValueSlider, label, name, roomy

Take = Callable[[Value], object]


def field(option: Option, value: Value, take: Take) -> QWidget:
    """A control that shows `value` and calls `take(new)` when the person changes it."""
    make = {"bool": _check, "choice": _choice}.get(option.kind, _share if option.unit == "%" else _number)
    result = make(option, value, take)
    name(result, tr(option.title))
    return result


def _share(option: Option, value: Value, take: Take) -> QWidget:
    """A part of a whole is set by feel."""
    result = ValueSlider(option.minimum, option.maximum, 1, "{:.0f} %", width=90)
    result.set_value(float(value))
    result.setMaximumWidth(220)
    result.slider.setAccessibleName(tr(option.title))
    result.changed.connect(lambda new: take(new))
    return result


def _check(option: Option, value: Value, take: Take) -> QWidget:
    result = QCheckBox()
    result.setChecked(bool(value))
    result.toggled.connect(lambda on: take(on))
    return result


def _choice(option: Option, value: Value, take: Take) -> QWidget:
    result = QComboBox()
    for key, title in option.choices:
        result.addItem(tr(title), key)
    result.setCurrentIndex(max(0, result.findData(value)))
    result.currentIndexChanged.connect(lambda _: take(result.currentData()))
    return result


def _number(option: Option, value: Value, take: Take) -> QWidget:
    whole = option.kind == "int"
    result = roomy(QSpinBox() if whole else QDoubleSpinBox())
    if isinstance(result, QSpinBox):
        result.setRange(int(option.minimum), int(option.maximum))
        result.setValue(int(value))
    else:
        result.setRange(option.minimum, option.maximum)
        result.setSingleStep((option.maximum - option.minimum) / 50 or 0.1)
        result.setValue(float(value))
    result.setSuffix(f" {option.unit}" if option.unit else "")
    result.setKeyboardTracking(False)
    result.valueChanged.connect(lambda new: take(new))
    return result


def ask(parent: QWidget, info: OperationInfo, values: dict[str, Value], run: Callable[[], object]) -> None:
    """Show the options of an operation; `values` is changed in place, `run()` is called on OK."""
    dialog, layout = box(parent, tr(info.title))
    if info.note:
        note = label(tr(info.note), "soft")
        note.setWordWrap(True)
        layout.addWidget(note)
    form = QFormLayout()
    for option in info.options:
        part = field(option, values[option.id], lambda new, key=option.id: values.__setitem__(key, new))
        form.addRow(tr(option.title), part)
    layout.addLayout(form)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
    buttons.button(QDialogButtonBox.StandardButton.Ok).setText(tr("Apply"))
    buttons.button(QDialogButtonBox.StandardButton.Ok).setProperty("kind", "main")
    buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
    buttons.accepted.connect(dialog.accept)
    buttons.rejected.connect(dialog.reject)
    dialog.accepted.connect(lambda: run())
    layout.addWidget(buttons)
    dialog.setMinimumWidth(380)
    dialog.open()
