"""A strip of controls that takes a second line where it is narrow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from segdesk.ui import theme


class TwoGroups(QFrame):
    """A strip of controls over the picture: two groups side by side, or one below the other where there is less room
    (large letters, a small window).

    Attributes:
        first, second: the layouts of the groups.
    """

    def __init__(self, parent: QWidget | None = None, *, stretch: tuple[int, int, int] = (6, 1, 0)) -> None:
        super().__init__(parent)
        self.setProperty("kind", "strip")
        self.first, self.second = QHBoxLayout(), QHBoxLayout()
        self._groups = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._groups.setContentsMargins(theme.GAP + 2, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        for layout in (self._groups, self.first, self.second):
            layout.setSpacing(theme.GAP * 2)
        self._groups.addLayout(self.first, stretch[0])
        self._groups.addStretch(stretch[1])
        self._groups.addLayout(self.second, stretch[2])

    @property
    def stacked(self) -> bool:
        """Whether the second group is below the first."""
        return self._groups.direction() == QBoxLayout.Direction.TopToBottom

    def _widths(self) -> list[int]:
        """What the groups need at least; an empty one nothing."""
        margins = self._groups.contentsMargins()
        return [group.minimumSize().width() + margins.left() + margins.right() for group in (self.first, self.second)]

    def minimumSizeHint(self) -> QSize:
        """Qt: the wider group must fit."""
        return QSize(max(self._widths()), self._groups.minimumSize().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: place the groups."""
        super().resizeEvent(event)
        self.place()

    def place(self) -> None:
        """Side by side, or one below the other."""
        margins = self._groups.contentsMargins()
        whole = sum(self._widths()) - margins.left() - margins.right() + 2 * self._groups.spacing()
        fits = whole <= self.width()
        wanted = QBoxLayout.Direction.LeftToRight if fits else QBoxLayout.Direction.TopToBottom
        if wanted != self._groups.direction():
            self._groups.setDirection(wanted)
            self._groups.setSpacing(theme.GAP * 2 if fits else theme.GAP // 2)
            for group in (self.first, self.second):
                self._groups.setAlignment(group, Qt.AlignmentFlag(0) if fits else Qt.AlignmentFlag.AlignLeft)

    def event(self, event: QEvent) -> bool:
        """Qt: other texts or other controls need other room."""
        result = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.place()
        return result
