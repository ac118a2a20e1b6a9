"""What a person can choose of a training, with the words for it, and the fields that offer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QListWidget, QListWidgetItem, QSpinBox

from segdesk.domain.text import N_
from segdesk.ui.i18n import tr
from segdesk.ui.widgets import roomy

STARTS = {
    "card": N_("With all its weights"),
    "encoder": N_("With the weights of its encoder only"),
    "other": N_("With the encoder of another model"),
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
    "border": N_("Gaps between objects count more (U-Net)"),
    "l1": N_("Distance of probabilities (L1)"),
}
ADVERSARIES = {
    "none": N_("None"),
    "labels": N_("On label maps"),
    "patches": N_("On patches with the picture (pix2pix)"),
}
REMINDER = 0.5  # how much the starting model's answer counts beside labels that agree with it
DATA = "data"
OPTIMISERS = {"adamw": "AdamW", "sgd": N_("SGD with momentum")}
SCHEDULES = {"poly": N_("Polynomial"), "cosine": N_("Cosine")}
AUGMENTATIONS = {"photo": N_("Photographs"), "microscopy": N_("Microscopy, from above"), "none": N_("None")}
Spin = TypeVar("Spin", QSpinBox, QDoubleSpinBox)
KEY, CHECKED = Qt.ItemDataRole.UserRole, Qt.CheckState.Checked


def box_of(rows: dict[str, str]) -> QComboBox:
    """A box of (key, text) rows; the key is the row's data."""
    box = QComboBox()
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    for key, text in rows.items():
        box.addItem(tr(text), key)
    return box


def ranged(spin: Spin, least: int, most: int, value: int) -> Spin:
    """The field with its limits and value."""
    spin.setRange(least, most)
    spin.setValue(value)
    return roomy(spin)


def fill(listing: QListWidget, rows: Sequence[tuple[str, object, bool]]) -> None:
    """Checkable rows of (text, key, checked)."""
    listing.blockSignals(True)
    listing.clear()
    for text, key, on in rows:
        item = QListWidgetItem(text, listing)
        item.setData(KEY, key)
        item.setCheckState(CHECKED if on else Qt.CheckState.Unchecked)
    listing.blockSignals(False)


def checked(listing: QListWidget) -> list[Any]:
    """The keys of the rows that are checked."""
    items = [listing.item(i) for i in range(listing.count())]
    return [item.data(KEY) for item in items if item.checkState() == CHECKED]
