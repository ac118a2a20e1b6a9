"""The note on the canvas that says why a place is doubtful, and which one of how many it is."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from segdesk.domain.doubt import REASONS
from segdesk.ui import theme
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import icon_button, label, name


class PlaceNote(Translated, QFrame):
    """Floats in the upper left corner of the canvas while a doubtful place is shown."""

    def __init__(self, desk: Desk, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._desk = desk
        self.setProperty("kind", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.number = label(kind="head")
        self.reason = label()
        self.previous = icon_button("previous", desk.places.previous, size=14)
        self.next = icon_button("next", desk.places.next, size=14)
        self.close_button = icon_button("close", desk.places.leave, size=12)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 5, 6, 5)
        layout.setSpacing(theme.GAP)
        for part in (self.number, self.reason, self.previous, self.next, self.close_button):
            layout.addWidget(part)
        for part in (self.previous, self.next, self.close_button):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        desk.places.changed.connect(self.retranslate)
        self.hide()
        self.retranslate()

    def retranslate(self) -> None:
        """Show the place in words."""
        places = self._desk.places
        place = places.current
        self.setVisible(place is not None)
        if place is None:
            return
        total = len(places.places)
        self.number.setText(tr("Doubtful place {number} of {total}", number=places.at + 1, total=total))
        self.reason.setText(
            f"{tr(REASONS.get(place.kind, place.kind))}  {tr('doubt {value}', value=f'{place.doubt:.2f}')}"
        )
        name(self.previous, self._desk.shortcuts.tip(tr("Previous doubtful place"), "previous_place"))
        name(self.next, self._desk.shortcuts.tip(tr("Next doubtful place"), "next_place"))
        name(self.close_button, tr("Back to the whole picture"))
        self.adjustSize()
        self.move(theme.GAP, theme.GAP)
        self.raise_()
