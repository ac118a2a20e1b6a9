"""The small card that floats on the canvas: opacity, outlines, colouring, brightness; and the bar for an answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from segdesk.ui import icons, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import ValueSlider, button, label, name


class ViewCard(Translated, QFrame):
    """Sets `desk.view`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "panel")
        self.opacity = ValueSlider(0.0, 1.0, 0.05, width=96)
        self.brightness = ValueSlider(-0.5, 0.5, 0.05, "{:+.2f}", width=96)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 6, 10, 6)
        layout.setSpacing(2)
        for icon, slider in (("opacity", self.opacity), ("brightness", self.brightness)):
            line = QHBoxLayout()
            sign = QLabel()
            sign.setObjectName(icon)
            line.addWidget(sign)
            line.addWidget(slider, 1)
            slider.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            layout.addLayout(line)
        row = QHBoxLayout()
        row.setSpacing(2)
        for key in ("outline", "by_object", "hide_labels"):
            part = QToolButton()
            part.setDefaultAction(actions.by_id[key])
            part.setIconSize(QSize(16, 16))
            part.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(part)
        row.addStretch(1)
        for key in ("fit", "actual"):
            part = QToolButton()
            part.setDefaultAction(actions.by_id[key])
            part.setIconSize(QSize(16, 16))
            part.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(part)
        layout.addLayout(row)
        self._actions = actions
        self.built = True
        self.opacity.changed.connect(desk.view.set_opacity)
        self.brightness.changed.connect(desk.view.set_brightness)
        desk.view.changed.connect(self.refresh)
        self.refresh()
        self.retranslate()

    def refresh(self) -> None:
        """Show the values in use."""
        view = self._desk.view
        self.opacity.set_value(view.opacity)
        self.brightness.set_value(view.brightness)
        for key, on in (("outline", view.outline), ("by_object", view.by_object), ("hide_labels", view.hidden)):
            self._actions.by_id[key].setChecked(on)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.opacity.set_text("", tr("How strong the labels are"))
        self.brightness.set_text("", tr("Brightness of the picture, for the eye only"))
        self.opacity.slider.setAccessibleName(tr("How strong the labels are"))
        self.brightness.slider.setAccessibleName(tr("Brightness of the picture, for the eye only"))
        self._draw_signs()

    def _draw_signs(self) -> None:
        for sign in self.findChildren(QLabel):
            if sign.objectName():
                sign.setPixmap(icons.icon(sign.objectName()).pixmap(QSize(16, 16), self.devicePixelRatioF()))

    def recolour(self) -> None:
        """The signs have the theme's colours."""
        self._draw_signs()


class PreviewBar(Translated, QFrame):
    """Shown when a new answer waits because hand work came after the last one: apply or discard."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "panel")
        self.text = label()
        self.apply = button(kind="main", clicked=desk.labels.accept_preview)
        self.discard = button(clicked=desk.labels.discard_preview)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 10, 8)
        layout.setSpacing(theme.GAP)
        for part in (self.text, self.apply, self.discard):
            layout.addWidget(part)
        desk.labels.state_changed.connect(self.refresh)
        self.retranslate()
        self.hide()

    def refresh(self) -> None:
        """Show or hide."""
        document = self._desk.labels.document
        self.setVisible(document is not None and document.preview is not None)

    def retranslate(self) -> None:
        """Set the texts again."""
        self.text.setText(tr("New answer: applying it replaces your corrections."))
        self.apply.setText(tr("Apply"))
        self.discard.setText(tr("Discard"))
        name(self.apply, tr("Replace the labels; you can undo it"))
        name(self.discard, tr("Keep the labels as they are"))
        self.adjustSize()


class Floating(QObject):
    """Keeps the card in the upper right corner of the canvas and the bar in the middle below."""

    def __init__(self, canvas: QWidget, card: ViewCard, bar: PreviewBar) -> None:
        super().__init__(canvas)
        self._canvas, self._card, self._bar = canvas, card, bar
        for widget in (canvas, card, bar):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: place both again when a size changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            margin = theme.GAP + 2
            for widget in (self._card, self._bar):
                if widget.size() != widget.sizeHint():
                    widget.resize(widget.sizeHint())
            self._card.move(self._canvas.width() - self._card.width() - margin, margin)
            self._bar.move(
                (self._canvas.width() - self._bar.width()) // 2, self._canvas.height() - self._bar.height() - 24
            )
        return False
