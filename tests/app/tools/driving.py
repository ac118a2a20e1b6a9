"""Driving a tool in image coordinates, as the canvas does."""

from __future__ import annotations

import numpy as np

from segdesk.app.document import Document
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers
from segdesk.domain.history import History
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CLASSES, row

Point = tuple[float, float]
SHIFT, CTRL, RIGHT = Modifiers(shift=True), Modifiers(ctrl=True), Modifiers(right=True)


def click(tool: BaseTool, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
    tool.hover(doc, x, y, modifiers)
    tool.press(doc, x, y, modifiers)
    tool.release(doc, x, y, modifiers)


def drag(tool: BaseTool, doc: Document, *points: Point, modifiers: Modifiers = PLAIN) -> None:
    tool.press(doc, *points[0], modifiers)
    for point in points[1:]:
        tool.move(doc, *point, modifiers)
    tool.release(doc, *points[-1], modifiers)


def picture(pixels: np.ndarray, segmentation: Segmentation | None = None) -> Document:
    """A document that shows these pixels."""
    pixels.flags.writeable = False
    height, width = pixels.shape[:2]
    return Document(row(), pixels, segmentation or Segmentation.empty(height, width), History(), CLASSES)


def labelled(ids: np.ndarray, classes: dict[int, int]) -> Segmentation:
    """A map whose segment ids have these classes."""
    return Segmentation(ids.astype(np.uint16), {k: Segment(c) for k, c in classes.items()})


def disc(height: int, width: int, x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return (columns + 0.5 - x) ** 2 + (rows + 0.5 - y) ** 2 <= radius**2


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


class Later:
    """A background whose work is done when the test says so."""

    def __init__(self, doc: Document) -> None:
        self.waiting: list[tuple] = []
        doc.background = lambda work, then: self.waiting.append((work, then))

    def run(self, index: int = 0) -> None:
        work, then = self.waiting.pop(index)
        then(work())
