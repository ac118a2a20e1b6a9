"""Recent projects as cards: a small labelled picture, how many pictures, how many verified, when it was open last."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QDateTime, QEvent, QLocale, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QFontMetrics, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from segdesk.app.recents import RecentProject
from segdesk.ui import icons, theme
from segdesk.ui.desk_thumbs import as_image
from segdesk.ui.i18n import Translated, error_text, language, tr
from segdesk.ui.widgets import icon_button, name

SHOWN = 8  # cards
DAY = 86_400


def opened_text(when: float, now: float) -> str:
    """When a project was open last, in words for the last days; "" if it is not known. Seconds since 1970."""
    if when <= 0:
        return ""
    then = QDateTime.fromSecsSinceEpoch(int(when))
    days = then.date().daysTo(QDateTime.fromSecsSinceEpoch(int(now)).date())
    locale = QLocale(language())
    if days <= 0:
        return tr("today {time}", time=locale.toString(then.time(), QLocale.FormatType.ShortFormat))
    if days == 1:
        return tr("yesterday")
    if days < 7:
        return tr("%n day(s) ago", days)
    return locale.toString(then.date(), QLocale.FormatType.ShortFormat)


class RecentCard(Translated, QAbstractButton):
    """One project; a click opens it. One that is gone is grey and can only be taken off the list.

    Signals:
        forget(Path): take it off the list.
    """

    forget = Signal(object)

    def __init__(self, path: Path, opened: float) -> None:
        super().__init__()
        self.path = path
        self._opened = opened
        self._told: RecentProject | None = None
        self._image: QImage | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.remove = icon_button("close", lambda: self.forget.emit(self.path), size=12)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 6, 6, 0)
        row.addStretch(1)
        row.addWidget(self.remove, 0, Qt.AlignmentFlag.AlignTop)
        self.retranslate()
        self.built = True

    @property
    def gone(self) -> bool:
        """Its file was looked for and is not there."""
        return self._told is not None and not self._told.found

    def take(self, told: RecentProject) -> None:
        """Show what was found."""
        self._told = told
        self._image = None if told.picture is None else as_image(told.picture)
        self.setCursor(Qt.CursorShape.ArrowCursor if self.gone else Qt.CursorShape.PointingHandCursor)
        self.setEnabled(True)
        self.retranslate()

    def counts(self) -> str:
        """ "12 pictures · 8 verified", or why that is not known."""
        told = self._told
        if told is None:
            return ""
        if not told.found:
            return tr("No longer there: moved, renamed, or on a drive that is not connected.")
        if told.pictures is None:
            return error_text(told.error)[0] if told.error is not None else ""
        pictures = tr("%n picture(s)", told.pictures)
        return f"{pictures}  ·  " + tr("{done} of {total} verified", done=told.verified, total=told.pictures)

    def where(self) -> str:
        """When it was open last, and its folder."""
        folder = str(self.path.parent)
        home = str(Path.home())
        folder = "~" + folder[len(home) :] if folder.startswith(home) and home != "/" else folder
        return "  ·  ".join(part for part in (opened_text(self._opened, time.time()), folder) if part)

    def sizeHint(self) -> QSize:
        """Qt: three lines of text and their margins."""
        line = self.fontMetrics().height()
        return QSize(20 * line, 3 * line + 2 * theme.GAP + 12)

    def minimumSizeHint(self) -> QSize:
        """Qt: it may become narrow; its texts end in an ellipsis then."""
        return QSize(200, self.sizeHint().height())

    def enterEvent(self, event: QEnterEvent) -> None:
        """Qt: the pointer is over it."""
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Qt: the pointer has left."""
        self.update()
        super().leaveEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: ground, picture, three lines, and how much is verified."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        look = theme.current()
        ground = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        over = self.underMouse() and not self.gone
        painter.setBrush(QColor(look.select if self.isDown() and not self.gone else look.hover if over else look.field))
        painter.setPen(QPen(QColor(look.accent if self.hasFocus() else look.line), 1))
        painter.drawRoundedRect(ground, 6, 6)
        height = self.height() - 2 * theme.GAP
        picture = QRect(theme.GAP, theme.GAP, height * 4 // 3, height)
        self._paint_picture(painter, picture)
        self._paint_words(painter, picture.right() + theme.GAP + 4)
        painter.end()

    def _paint_picture(self, painter: QPainter, room: QRect) -> None:
        look = theme.current()
        clip = QPainterPath()
        clip.addRoundedRect(QRectF(room), 4, 4)
        painter.fillPath(clip, QColor(look.sunken))
        if self._image is None:
            sign = icons.icon("warning" if self.gone else "samples", "soft")
            side = room.height() // 2
            sign.paint(painter, QRect(room.center().x() - side // 2, room.center().y() - side // 2, side, side))
            return
        painter.save()
        painter.setClipPath(clip)
        size = self._image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        corner = QPointF(room.center()) - QPointF(size.width() / 2, size.height() / 2)
        painter.drawImage(QRectF(corner, size.toSizeF()), self._image)
        painter.restore()

    def _paint_words(self, painter: QPainter, left: int) -> None:
        look, told = theme.current(), self._told
        line = self.fontMetrics().height()
        width = self.width() - left - theme.GAP - self.remove.width() - 6
        top = (self.height() - 3 * line - 8) // 2
        title = self.font()
        title.setWeight(title.Weight.DemiBold)
        soft = QColor(look.soft)
        for at, (text, color, font) in enumerate(
            (
                (self.path.stem, soft if self.gone else QColor(look.text), title),
                (self.counts(), QColor(look.warn) if self.gone else QColor(look.text), self.font()),
                (self.where(), soft, theme.small(self.font())),
            )
        ):
            painter.setFont(font)
            painter.setPen(color)
            mode = Qt.TextElideMode.ElideRight if at < 2 else Qt.TextElideMode.ElideMiddle
            shown = QFontMetrics(font).elidedText(text, mode, width)
            place = QRect(left, top + at * line + (8 if at == 2 else 0), width, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if told is not None and told.pictures:
            bar = QRectF(left, top + 2 * line + 3, min(width, 220), 3)
            painter.fillRect(bar, QColor(look.line))
            bar.setWidth(bar.width() * told.verified / told.pictures)
            painter.fillRect(bar, QColor(look.good))

    def retranslate(self) -> None:
        """Set the texts again."""
        lines = [self.path.stem, self.counts(), self.where()]
        self.setAccessibleName(", ".join(part for part in lines if part))
        self.setToolTip("\n".join(part for part in (str(self.path), self.counts()) if part))
        name(self.remove, tr("Take {name} off the list; its files stay", name=self.path.stem))
        self.update()

    def recolour(self) -> None:
        """It is painted in the theme's colours."""
        self.update()


class RecentCards(QScrollArea):
    """The cards, one below the other.

    Signals:
        opened(Path): this one; forgotten(Path): off the list.
    """

    opened = Signal(object)
    forgotten = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cards: list[RecentCard] = []
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner = QWidget()
        inner.setObjectName("plain")
        self.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        self._layout = QVBoxLayout(inner)
        self._layout.setContentsMargins(0, 0, 4, 0)
        self._layout.setSpacing(theme.GAP)
        self._layout.addStretch(1)
        self.setWidget(inner)

    def show_paths(self, paths: Sequence[tuple[Path, float]]) -> list[Path]:
        """Cards for these, each with the time it was open last; returns those that must be looked at."""
        known = {card.path: card for card in self.cards}
        wanted = [path for path, _ in paths[:SHOWN]]
        if wanted == [card.path for card in self.cards]:
            return []
        for path, card in known.items():
            self._layout.removeWidget(card)
            if path not in wanted:
                card.hide()
                card.deleteLater()
        self.cards = []
        for at, (path, opened) in enumerate(paths[:SHOWN]):
            card = known.get(path) or self._card(path, opened)
            self._layout.insertWidget(at, card)
            self.cards.append(card)
        return [path for path in wanted if path not in known]

    def _card(self, path: Path, opened: float) -> RecentCard:
        card = RecentCard(path, opened)
        card.clicked.connect(lambda _=False: None if card.gone else self.opened.emit(path))
        card.forget.connect(self.forgotten.emit)
        return card

    def take(self, told: RecentProject) -> None:
        """What was found of one of them."""
        for card in self.cards:
            if card.path == told.path:
                card.take(told)
