"""What the review of many pictures needs: thumbnails with their labels over them, and which pictures have which
classes. Part of `Session`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.queue import Wanted, arrange
from segdesk.app.reports import ThumbReady
from segdesk.app.workers import Workers
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.text import N_
from segdesk.io import thumbnails

OPACITY = 0.45
THREADS = 2


class Review:
    """Verbs of `Session.review`; called from the session's thread."""

    def __init__(self, desk: Desk, workers: Workers) -> None:
        self._desk = desk
        self._workers = workers
        self._wanted: deque[tuple[OpenProject, int]] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._threads: list[threading.Thread] = []

    def want_thumbs(self, picture_ids: Sequence[int]) -> None:
        """Make these thumbnails, the first first, and report `ThumbReady` for each; what was wanted before and has not
        begun is forgotten. Nothing happens without an open project."""
        opened = self._desk.open
        with self._changed:
            self._wanted = deque() if opened is None else deque((opened, i) for i in picture_ids)
            self._changed.notify_all()
        if not self._threads and self._wanted:
            self._threads = [
                threading.Thread(target=self._loop, name=f"segdesk-thumbs-{n}", daemon=True) for n in range(THREADS)
            ]
            self._threads.append(threading.Thread(target=thumbnails.trim, name="segdesk-thumbs-trim", daemon=True))
            for thread in self._threads:
                thread.start()

    def count_segments(self, class_ids: Sequence[int]) -> int:
        """Count the segments of these classes in each picture. Done value: dict of picture id -> number; pictures
        without any are left out. Steps that wait to be saved are not seen yet. The latest call wins."""
        opened = self._desk.opened()

        def run(ctx: Context) -> dict[int, int]:
            return opened.project.count_segments(class_ids)

        return self._workers.submit("lists", N_("Searching"), run, key="count segments")

    def arrange(self, wanted: Wanted) -> int:
        """Sort and filter the list of pictures in a thread. Done value: what `segdesk.app.queue.arrange` gives. The
        latest call wins."""
        rows = self._desk.opened().roster.rows
        return self._workers.submit("lists", N_("Sorting"), lambda _: arrange(rows, wanted), key="arrange")

    def close(self, timeout: float = 5.0) -> None:
        """End the threads."""
        with self._changed:
            self._closing = True
            self._wanted.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout)

    def _loop(self) -> None:
        while True:
            with self._changed:
                while not self._wanted and not self._closing:
                    self._changed.wait()
                if self._closing:
                    return
                opened, picture_id = self._wanted.popleft()
            pixels = _thumb(opened, picture_id)
            if self._desk.open is opened:
                self._desk.report(ThumbReady(picture_id, pixels))


def _thumb(opened: OpenProject, picture_id: int) -> np.ndarray | None:
    """The picture with its labels over it, or None."""
    try:
        pixels = thumbnails.thumbnail(opened.path_of(picture_id))
        labels = opened.project.load_reduced(picture_id, "annotation", 2 * thumbnails.SIDE)
    except SegDeskError:  # the row says what is wrong with the picture, once it has been opened or run
        return None
    except (KeyError, OSError):  # the picture has just left the project
        return None
    return pixels if labels is None else overlaid(pixels, labels, opened.book.classes)


def overlaid(pixels: np.ndarray, labels: Segmentation, classes: ClassSet, opacity: float = OPACITY) -> np.ndarray:
    """(h, w, 3) uint8: a picture with its labels over it in the colours of their classes; void shows the picture.

    `labels` may be of another size (every n-th pixel of the picture's map)."""
    class_map = labels.class_map()
    size = (pixels.shape[1], pixels.shape[0])
    if class_map.shape != pixels.shape[:2]:
        class_map = np.asarray(cv2.resize(class_map, size, interpolation=cv2.INTER_NEAREST), np.uint16)
    colors = classes.color_table()[class_map]
    mixed = cv2.addWeighted(pixels, 1.0 - opacity, colors, opacity, 0.0)
    return np.where((class_map > 0)[:, :, None], mixed, pixels)
