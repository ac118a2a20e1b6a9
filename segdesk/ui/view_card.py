"""The small card that floats on the canvas: how labels and picture are shown; and the bar for an answer."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from segdesk.ui import icons, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.canvas_picture import PictureView
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.tool_buttons import ActionButton
from segdesk.ui.widgets import ValueSlider, button, icon_button, label, name


class ViewCard(Translated, QFrame):
    """Sets `desk.view`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setProperty("kind", "panel")
        self._actions = actions
        self.opacity = ValueSlider(0.0, 1.0, 0.05, width=96)
        self.brightness = ValueSlider(-0.5, 0.5, 0.05, "{:+.2f}", width=96)
        self.contrast = ValueSlider(0.5, 3.0, 0.1, "{:.1f}", width=96)
        self.gamma = ValueSlider(0.4, 2.5, 0.1, "{:.1f}", width=96)
        self.adjust = icon_button("adjust")
        self.adjust.setCheckable(True)
        self.reset = button(kind="quiet", clicked=desk.view.plain_picture)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(10, 6, 10, 6)
        self._layout.setSpacing(2)
        self._slider_row("opacity", self.opacity)
        self._slider_row("brightness", self.brightness)
        self._more = [*self._slider_row("contrast", self.contrast), *self._slider_row("gamma", self.gamma), self.reset]
        self._layout.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignRight)
        self._button_row(("outline", "by_object", "only_class", "difference", "doubt", "split", "hide_labels"))
        self.built = True
        self.opacity.changed.connect(desk.view.set_opacity)
        self.brightness.changed.connect(desk.view.set_brightness)
        self.contrast.changed.connect(desk.view.set_contrast)
        self.gamma.changed.connect(desk.view.set_gamma)
        self.adjust.toggled.connect(self._show_more)
        desk.view.changed.connect(self.refresh)
        self._show_more(False)
        self.refresh()
        self.retranslate()

    def _slider_row(self, icon: str, slider: ValueSlider) -> tuple[QWidget, QWidget]:
        line, sign = QHBoxLayout(), QLabel()
        sign.setObjectName(icon)
        line.addWidget(sign)
        line.addWidget(slider, 1)
        slider.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._layout.addLayout(line)
        return sign, slider

    def _button_row(self, keys: tuple[str, ...]) -> None:
        """Buttons of actions, the one for more sliders, and the two of the zoom on the right."""
        row = QHBoxLayout()
        row.setSpacing(2)
        parts: dict[str, QToolButton] = {
            key: ActionButton(self._actions.by_id[key]) for key in (*keys, "fit", "actual")
        }
        parts["adjust"] = self.adjust
        for key in (*keys, "adjust", "", "fit", "actual"):
            if not key:
                row.addStretch(1)
                continue
            parts[key].setIconSize(QSize(16, 16))
            parts[key].setFocusPolicy(Qt.FocusPolicy.TabFocus)
            row.addWidget(parts[key])
        self._layout.addLayout(row)

    def _show_more(self, on: bool) -> None:
        for part in self._more:
            part.setVisible(on)

    def refresh(self) -> None:
        """Show the values in use."""
        view = self._desk.view
        for slider in ("opacity", "brightness", "contrast", "gamma"):
            getattr(self, slider).set_value(getattr(view, slider))
        for key, on in (
            ("outline", view.outline),
            ("by_object", view.by_object),
            ("only_class", view.only_class),
            ("dim_others", view.dim_others),
            ("difference", view.look == "difference"),
            ("doubt", view.look == "doubt"),
            ("minimap", view.minimap),
            ("hide_labels", view.hidden),
        ):
            self._actions.by_id[key].setChecked(on)

    def retranslate(self) -> None:
        """Set the texts again."""
        for slider, text in (
            (self.opacity, tr("How strong the labels are")),
            (self.brightness, tr("Brightness of the picture, for the eye only")),
            (self.contrast, tr("Contrast of the picture, for the eye only")),
            (self.gamma, tr("Gamma of the picture, for the eye only: larger makes dark parts lighter")),
        ):
            slider.set_text("", text)
            slider.slider.setAccessibleName(text)
        name(self.adjust, tr("Contrast and gamma"))
        self.reset.setText(tr("As it is"))
        name(self.reset, tr("Show the picture as it is"))
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

    def __init__(self, canvas: PictureView, card: ViewCard, bar: PreviewBar) -> None:
        super().__init__(canvas)
        self._canvas, self._card, self._bar = canvas, card, bar
        canvas.resized.connect(self.place)
        for widget in (card, bar):
            widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt: place both again when a size changes."""
        if event.type() in (QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.LayoutRequest):
            self.place()
        return False

    def place(self) -> None:
        """Put both where they belong."""
        margin = theme.GAP + 2
        for widget in (self._card, self._bar):
            if widget.size() != widget.sizeHint():
                widget.resize(widget.sizeHint())
        width, height = self._canvas.width(), self._canvas.height()
        self._card.move(width - self._card.width() - margin, margin)
        self._bar.move((width - self._bar.width()) // 2, height - self._bar.height() - 24)
