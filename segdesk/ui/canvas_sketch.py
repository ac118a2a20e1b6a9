"""Drawing of what a tool lays over the picture: its lines, areas and marks, and the outline of its brush."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from segdesk.app.tools.base import Sketch

MARK, HANDLE = 7.0, 3.5  # half sizes in logical pixels
FRAME_GAP = 2.0
TINT = QColor(255, 255, 255, 50)
SWATH = QColor(255, 255, 255, 90)
PENS = ((QColor(0, 0, 0, 160), 2.5), (QColor(255, 255, 255), 1.0))  # a dark line under a light one is seen anywhere
SIGNS = {"plus": QColor(20, 150, 90), "minus": QColor(205, 50, 50)}
ToWidget = Callable[[float, float], QPointF]


def draw(painter: QPainter, sketches: Iterable[Sketch], to_widget: ToWidget) -> None:
    """Draw sketches; `to_widget` turns image into widget coordinates."""
    for sketch in sketches:
        points = [to_widget(*p) for p in sketch.points]
        if sketch.role in SIGNS:
            for point in points:
                _sign(painter, point, sketch.role)
        elif sketch.role == "handle":
            for point in points:
                _twice(painter, lambda p=point: painter.drawRect(_square(p, HANDLE)))
        elif sketch.role == "swath":
            _swath(painter, points, to_widget(sketch.width, 0.0).x() - to_widget(0.0, 0.0).x())
        else:
            _line(painter, QPolygonF(points), closed=sketch.closed or sketch.role == "area", area=sketch.role == "area")


def draw_brush(painter: QPainter, shape: str, centre: QPointF, radius: float) -> None:
    """The outline of a round or square brush."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    outline = painter.drawRect if shape == "square" else painter.drawEllipse
    _twice(painter, lambda: outline(_square(centre, radius)))


def draw_frame(painter: QPainter, first: QPointF, second: QPointF) -> None:
    """A dashed frame just outside a rectangle, to point it out."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    frame = QRectF(first, second).adjusted(-FRAME_GAP, -FRAME_GAP, FRAME_GAP, FRAME_GAP)
    for (color, width), style in zip(PENS, (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine), strict=True):
        painter.setPen(QPen(color, width, style))
        painter.drawRect(frame)


def _swath(painter: QPainter, points: list[QPointF], width: float) -> None:
    """One tint all over, however often the line crosses itself."""
    path = QPainterPath(points[0])
    for point in points[1:] or [points[0] + QPointF(0.01, 0.0)]:  # a line without length has no ends to be drawn
        path.lineTo(point)
    painter.strokePath(
        path, QPen(SWATH, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    )


def _line(painter: QPainter, line: QPolygonF, *, closed: bool, area: bool) -> None:
    if area:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(TINT)
        painter.drawPolygon(line)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _twice(painter, lambda: (painter.drawPolygon if closed else painter.drawPolyline)(line))


def _sign(painter: QPainter, at: QPointF, role: str) -> None:
    painter.setPen(QPen(QColor(255, 255, 255), 1.5))
    painter.setBrush(SIGNS[role])
    painter.drawEllipse(_square(at, MARK))
    arm = MARK / 2
    painter.drawLine(QPointF(at.x() - arm, at.y()), QPointF(at.x() + arm, at.y()))
    if role == "plus":
        painter.drawLine(QPointF(at.x(), at.y() - arm), QPointF(at.x(), at.y() + arm))


def _square(centre: QPointF, half: float) -> QRectF:
    return QRectF(centre.x() - half, centre.y() - half, 2 * half, 2 * half)


def _twice(painter: QPainter, outline: Callable[[], None]) -> None:
    for color, width in PENS:
        painter.setPen(QPen(color, width))
        outline()
