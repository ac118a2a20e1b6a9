"""`Thumbs`: thumbnails with labels over them, kept in memory as images; only those that are asked for are made."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from segdesk.app.reports import ThumbReady

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

KEEP = 600  # images, about 60 MB
SETTLE = 900  # milliseconds after a change of a picture until its thumbnail is made anew: it must be saved first


class Thumbs(QObject):
    """Part of `Desk`.

    Signals:
        ready(int): the thumbnail of a picture is here; stale(): thumbnails that are shown may be old: ask again.
    """

    ready = Signal(int)
    stale = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._images: OrderedDict[int, QImage | None] = OrderedDict()
        self._changed: set[int] = set()
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE)
        self._settle.timeout.connect(self._drop_changed)
        desk.picture_changed.connect(self._picture_changed)
        desk.classes_changed.connect(lambda _: self._all_changed())
        desk.project_opened.connect(lambda _: self._images.clear())

    def image(self, picture_id: int) -> QImage | None:
        """The thumbnail, if it is here and the picture can be read."""
        found = self._images.get(picture_id)
        if found is not None:
            self._images.move_to_end(picture_id)
        return found

    def known(self, picture_id: int) -> bool:
        """Whether there is no need to ask for it."""
        return picture_id in self._images

    def want(self, picture_ids: Sequence[int]) -> None:
        """Make these, the first first; earlier wishes are forgotten."""
        self._desk.session.review.want_thumbs([i for i in picture_ids if i not in self._images])

    def take(self, report: ThumbReady) -> None:
        """One has been made."""
        self._images[report.picture_id] = None if report.pixels is None else as_image(report.pixels)
        self._images.move_to_end(report.picture_id)
        while len(self._images) > KEEP:
            self._images.popitem(last=False)
        self.ready.emit(report.picture_id)

    def _picture_changed(self, index: int) -> None:
        picture_id = self._desk.session.pictures[index].id
        if picture_id in self._images:
            self._changed.add(picture_id)
            self._settle.start()

    def _all_changed(self) -> None:
        self._changed.update(self._images)
        self._settle.start()

    def _drop_changed(self) -> None:
        for picture_id in self._changed:
            self._images.pop(picture_id, None)
        self._changed.clear()
        self.stale.emit()


def as_image(pixels: np.ndarray) -> QImage:
    """(h, w, 3) uint8 RGB as an image of its own memory."""
    height, width = pixels.shape[:2]
    pixels = np.ascontiguousarray(pixels)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
