"""The program's own line icons: SVG drawn in the text colour of the theme, crisp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap, QPixmapCache
from PySide6.QtSvg import QSvgRenderer

from segdesk import paths
from segdesk.ui import theme


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    file = paths.resources_dir() / "icons" / f"{name}.svg"
    return file.read_text("utf-8") if file.exists() else '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>'


@lru_cache(maxsize=512)
def _renderer(name: str, color: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(_source(name).replace("currentColor", color).encode()))


class _Engine(QIconEngine):
    """Draws one SVG in the theme's colours at the moment of painting, so that a change of theme needs no new icons."""

    def __init__(self, name: str, color: str = "") -> None:
        super().__init__()
        self._name = name
        self._color = color

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:  # type: ignore[override]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        _renderer(self._name, self._color_now(mode)).render(painter, QRectF(rect))
        painter.restore()

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        width, height = max(1, size.width()), max(1, size.height())  # a style may ask for an icon of no size
        key = f"segdesk {self._name} {self._color_now(mode)} {width} {height}"
        result = QPixmap()
        if QPixmapCache.find(key, result):
            return result
        result = QPixmap(width, height)
        result.fill(QColor(Qt.GlobalColor.transparent))
        painter = QPainter(result)
        self.paint(painter, result.rect(), mode, state)
        painter.end()
        QPixmapCache.insert(key, result)
        return result

    def _color_now(self, mode: QIcon.Mode) -> str:
        look = theme.current()
        if mode == QIcon.Mode.Disabled:
            return look.soft if self._color == "on_accent" else look.faint
        return getattr(look, self._color or "text")

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._color)


def icon(name: str, color: str = "") -> QIcon:
    """The icon `resources/icons/NAME.svg`; `color` names a field of `Theme` (the text colour if empty)."""
    return QIcon(_Engine(name, color))


def exists(name: str) -> bool:
    """Whether there is such an icon file."""
    return (paths.resources_dir() / "icons" / f"{name}.svg").exists()
