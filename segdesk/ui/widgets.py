"""Small parts that several panels use: buttons, labels, a slider with its value."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap, QPixmapCache, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionButton,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdesk.ui import icons, theme


def button(text: str = "", kind: str = "", icon: str = "", clicked: Callable[[], object] | None = None) -> QPushButton:
    """A push button; `kind`: "main" (one a page), "quiet" or ""."""
    result = QPushButton(text)
    if kind:
        result.setProperty("kind", kind)
    if icon:
        result.setIcon(icons.icon(icon, "on_accent" if kind == "main" else ""))
        result.setIconSize(QSize(16, 16))
    if clicked is not None:
        result.clicked.connect(lambda _checked=False: clicked())
    return result


def icon_button(icon: str, clicked: Callable[[], object] | None = None, *, size: int = 16) -> QToolButton:
    """A small flat button with an icon; give it a tooltip and an accessible name."""
    result = QToolButton()
    result.setIcon(icons.icon(icon))
    result.setIconSize(QSize(size, size))
    result.setAutoRaise(True)
    if clicked is not None:
        result.clicked.connect(lambda _checked=False: clicked())
    return result


def name(widget: QWidget, text: str) -> None:
    """Tooltip and screen-reader name in one."""
    widget.setToolTip(text)
    widget.setAccessibleName(text.split("\n")[0])


def label(text: str = "", kind: str = "") -> QLabel:
    """A label; `kind`: "soft", "good", "warn", "bad", "title", "head" or ""."""
    result = QLabel(text)
    if kind:
        result.setProperty("kind", kind)
    return result


SpinBox = TypeVar("SpinBox", bound=QAbstractSpinBox)


def roomy(spin: SpinBox) -> SpinBox:
    """A field of numbers with the margin of the other fields; the style sheet's padding does not reach its inside."""
    spin.lineEdit().setTextMargins(5, 0, 0, 0)
    return spin


class ElidedLabel(QLabel):
    """One line of secondary text that ends in an ellipsis where the room ends."""

    def __init__(self, kind: str = "soft") -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: draw the text as far as it fits."""
        painter = QPainter(self)
        text = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width())
        self.style().drawItemText(
            painter,
            self.rect(),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.palette(),
            self.isEnabled(),
            text,
            self.foregroundRole(),
        )


class PickerButton(QPushButton):
    """Shows what is chosen, as far as it fits, and an arrow: a click opens what it is chosen from."""

    def __init__(self, width: int = 260) -> None:
        super().__init__()
        self.setFixedWidth(width)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: the button without its text, then text and arrow."""
        painter = QStylePainter(self)
        option = QStyleOptionButton()
        self.initStyleOption(option)
        option.text, option.icon = "", QIcon()  # type: ignore[attr-defined]
        painter.drawControl(QStyle.ControlElement.CE_PushButton, option)
        inner = self.rect().adjusted(10, 0, -30, 0)
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, inner.width())
        painter.setPen(self.palette().buttonText().color())
        painter.drawText(inner, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.setPen(QPen(self.palette().buttonText().color(), 1.4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        x, y = self.width() - 20, self.height() / 2
        painter.drawPolyline([QPointF(x, y - 2), QPointF(x + 4, y + 2), QPointF(x + 8, y - 2)])
        painter.end()


SIGN = 28  # pixels of an empty note's sign


class EmptyNote(QFrame):
    """What an empty part of the window says: a sign, what is missing, what to do about it, maybe a button that does it.

    Attributes:
        button: hidden unless `act` gave it something to do.
    """

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = icon
        self.sign, self.head, self.hint = QLabel(), label(kind="head"), label(kind="soft")
        self.button = button()
        self.button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GAP, theme.GAP // 2, theme.GAP, theme.GAP // 2)
        layout.setSpacing(theme.GAP // 2)
        layout.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        layout.addStretch(2)
        for part in (self.sign, self.head, self.hint):
            part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            part.setWordWrap(True)
            layout.addWidget(part)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)
        self._draw()

    def say(self, head: str, hint: str = "") -> None:
        """What is missing, and what to do."""
        self.head.setText(head)
        self.hint.setText(hint)
        self.setToolTip(hint)
        self._fit()

    def act(self, call: Callable[[], object]) -> None:
        """Give the button something to do; its text is set with `offer`."""
        self.button.clicked.connect(lambda _checked=False: call())

    def offer(self, text: str) -> None:
        """The button's text; "" hides it."""
        self.button.setText(text)
        self._fit()

    def _fit(self) -> None:
        """Show what has room, the most telling first: in a low panel the sign goes, then the button, then the hint."""
        width, gap = self.width() - 2 * theme.GAP, theme.GAP // 2
        left = self.height() - 2 * gap - self.head.heightForWidth(width) - gap
        wanted = (
            (self.hint, self.hint.heightForWidth(width), bool(self.hint.text())),
            (self.button, self.button.sizeHint().height() + gap, bool(self.button.text())),
            (self.sign, SIGN, True),
        )
        for part, height, there in wanted:
            shown = there and height + gap <= left
            part.setVisible(shown)
            left -= height + gap if there else 0

    def minimumSizeHint(self) -> QSize:
        """Qt: an empty panel may be as small as a full one."""
        return QSize(80, 3 * self.fontMetrics().height())

    def changeEvent(self, event: QEvent) -> None:
        """Qt: the sign has the theme's colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and "sign" in self.__dict__:
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Qt: a lower panel has room for less."""
        super().resizeEvent(event)
        self._fit()

    def _draw(self) -> None:
        self.sign.setPixmap(icons.icon(self._icon, "soft").pixmap(QSize(SIGN, SIGN), self.devicePixelRatioF()))


def set_kind(widget: QWidget, kind: str) -> None:
    """Change the kind of a label or button at run time."""
    if widget.property("kind") != kind:
        widget.setProperty("kind", kind)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def action_button(action: QAction, kind: str = "", icon: str = "", *, whole: bool = False) -> QPushButton:
    """A push button that does what an action does, with its short (or `whole`) text, tooltip and state."""
    result = button(kind=kind, icon=icon)

    def sync() -> None:
        result.setText(action.text() if whole else action.iconText())
        result.setEnabled(action.isEnabled())
        name(result, action.toolTip())

    action.changed.connect(sync)
    result.clicked.connect(lambda _checked=False: action.trigger())
    sync()
    return result


def swatch(color: tuple[int, int, int], size: int = 14) -> QIcon:
    """A rounded square of a class colour."""
    key, pixmap = f"segdesk swatch {color} {size}", QPixmap()
    if not QPixmapCache.find(key, pixmap):
        pixmap = _swatch(color, size)
        QPixmapCache.insert(key, pixmap)
    result = QIcon(pixmap)
    result.addPixmap(pixmap, QIcon.Mode.Selected)  # a colour must look the same on a selected row
    return result


def _swatch(color: tuple[int, int, int], size: int) -> QPixmap:
    pixmap = QPixmap(size * 2, size * 2)
    pixmap.setDevicePixelRatio(2.0)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(0, 0, 0, 60))
    painter.setBrush(QColor(*color))
    painter.drawRoundedRect(1, 1, size - 2, size - 2, 3.5, 3.5)
    painter.end()
    return pixmap


class ValueSlider(QWidget):
    """A name, a slider and its value in figures.

    Signals:
        changed(float): the person moved it (never by `set_value`).
    """

    changed = Signal(float)

    def __init__(self, low: float, high: float, step: float, shown: str = "{:.2f}", width: int = 110) -> None:
        super().__init__()
        self._low, self._step, self._format = low, step, shown
        self.text = label()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round((high - low) / step))
        self.slider.setMinimumWidth(width)
        self.slider.setPageStep(max(1, self.slider.maximum() // 10))
        self.figure = label()
        self.figure.setMinimumWidth(self.fontMetrics().horizontalAdvance(shown.format(high)) + 4)
        self.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.text)
        layout.addWidget(self.slider, 1)
        layout.addWidget(self.figure)
        self.slider.valueChanged.connect(self._moved)
        self._show()

    def set_text(self, text: str, tip: str = "") -> None:
        """The name before the slider."""
        self.text.setText(text)
        self.slider.setAccessibleName(text)
        self.setToolTip(tip)

    def value(self) -> float:
        """Where the slider stands."""
        return self._low + self.slider.value() * self._step

    def set_value(self, value: float) -> None:
        """Move it without a signal."""
        self.slider.blockSignals(True)
        self.slider.setValue(round((value - self._low) / self._step))
        self.slider.blockSignals(False)
        self._show()

    def _moved(self) -> None:
        self._show()
        self.changed.emit(self.value())

    def _show(self) -> None:
        self.figure.setText(self._format.format(self.value()))
