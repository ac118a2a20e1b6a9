"""The pictures of a run and the batches of crops that are made of them. Each crop has a random generator of its own,
numbered by seed, epoch and place: a run goes on anywhere without any state, and a thread may work ahead."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines.inputs import fitted, resized
from segdesk.engines.training.augment import KINDS, cells_at, coordinates, warped
from segdesk.engines.training.messages import CROWD, IGNORED, SET, TrainItem
from segdesk.engines.training.slivers import without_slivers, zoom_of

CACHE_BYTES = 512 << 20
MOST_CROPS = 8  # of one picture in an epoch
AIMED = 0.5  # of the crops look at a class, each class as often as another; the others anywhere

Maps = tuple[np.ndarray, ...]  # a picture (H, W, 3), its labels (H, W) and, where objects are learned, their ids (H, W)


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops: `pictures` (N, h, w, 3) uint8 RGB, `labels` (N, h, w) uint8, `ids` (N, h, w) uint16 where objects are
    learned, `taught` (N, cells, cells, channels) uint8 where the starting model teaches."""

    pictures: np.ndarray
    labels: np.ndarray
    ids: np.ndarray | None = None
    taught: np.ndarray | None = None


class Pictures:
    """The pictures of a run as arrays; as many as fit stay in memory. One thread at a time."""

    def __init__(
        self, folder: Path, spec: InputSpec, channels: int, *, objects: bool = False, budget: int = CACHE_BYTES
    ) -> None:
        """`spec`: how the net wants its pictures; `channels`: of the net, more than any label; `objects`: there are
        ids of objects, too."""
        self._folder, self._spec, self._channels, self._budget = folder, spec, channels, budget
        self._objects = objects
        self._kept: OrderedDict[str, Maps] = OrderedDict()

    def original(self, item: TrainItem) -> Maps:
        """(H, W, 3) uint8 RGB, (H, W) uint8 labels and, where objects are learned, (H, W) uint16 ids as they lie on
        the disk. Raises `SegDeskError`."""
        picture = _read(self._folder / SET / f"{item.stem}.png", item, cv2.IMREAD_COLOR_RGB)
        labels = _read(self._folder / SET / f"{item.stem}.labels.png", item, cv2.IMREAD_UNCHANGED)
        if labels.shape != picture.shape[:2]:
            raise SegDeskError(
                "The labels of {name} are not of the picture's size.", "Leave this picture out.", name=item.name
            )
        if ((labels >= self._channels) & (labels != IGNORED)).any():
            raise SegDeskError(
                "The labels of {name} name a class that the net does not have.", "Begin a new training.", name=item.name
            )
        return (picture, labels, self._ids(item, labels)) if self._objects else (picture, labels)

    def _ids(self, item: TrainItem, labels: np.ndarray) -> np.ndarray:
        ids = _read(self._folder / SET / f"{item.stem}.objects.png", item, cv2.IMREAD_UNCHANGED).astype(np.uint16)
        if ids.shape != labels.shape:
            raise SegDeskError(
                "The objects of {name} are not of the picture's size.", "Leave this picture out.", name=item.name
            )
        return ids

    def fitted(self, item: TrainItem) -> Maps:
        """The same at the size in which the net gets it."""
        if item.stem not in self._kept:
            picture, *maps = self.original(item)
            h, w = fitted(picture.shape[0], picture.shape[1], self._spec.fit)
            if (h, w) != picture.shape[:2]:
                picture = resized(picture, h, w)
                maps = [cv2.resize(m, (w, h), interpolation=cv2.INTER_NEAREST_EXACT) for m in maps]
            self._kept[item.stem] = (picture, *maps)
            while len(self._kept) > 1 and sum(m.nbytes for kept in self._kept.values() for m in kept) > self._budget:
                self._kept.popitem(last=False)
        self._kept.move_to_end(item.stem)
        return self._kept[item.stem]


def _read(path: Path, item: TrainItem, flags: int) -> np.ndarray:
    try:
        found = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), flags)
    except (OSError, cv2.error):
        found = None
    if found is None:
        raise SegDeskError("The training's copy of {name} cannot be read.", "Begin a new training.", name=item.name)
    return found


class Crops:
    """Endless batches of crops of the training pictures."""

    def __init__(
        self,
        pictures: Pictures,
        items: Sequence[TrainItem],
        *,
        crop: int,
        batch: int,
        seed: int,
        augmentation: str,
        least: int = 0,
        taught: Callable[[TrainItem], np.ndarray] | None = None,
    ) -> None:
        """`least`: crops of an epoch; where the pictures are few, they are shown several times. `taught`: what the
        starting model says of a picture (`segdesk.engines.training.teacher`)."""
        self._pictures, self._items = pictures, list(items)
        self._crop, self._batch, self._seed = crop, batch, seed
        self._kind = KINDS[augmentation]
        self._taught = taught
        self.counts, areas = self._counted()
        turns = [min(MOST_CROPS, max(1, round(area / crop**2))) for area in areas]
        again = max(1, -(-least // sum(turns)))
        self._turns = [again * n for n in turns]
        self.steps = -(-sum(self._turns) // batch)

    def _counted(self) -> tuple[np.ndarray, list[int]]:
        """Pixels of each label (256,), and the area of each picture."""
        counts, areas = np.zeros(256, np.int64), []
        for item in self._items:
            labels = self._pictures.fitted(item)[1]
            counts += np.bincount(labels.ravel(), minlength=256)
            areas.append(labels.size)
        return counts, areas

    def batch(self, epoch: int, step: int) -> Batch:
        """The crops of a step of an epoch."""
        order = np.repeat(np.arange(len(self._items)), self._turns)
        np.random.default_rng([self._seed, epoch, 0]).shuffle(order)
        places = [(step * self._batch + i) for i in range(self._batch)]
        made = [self._one(self._items[order[p % len(order)]], epoch, p) for p in places]
        return Batch(*(None if parts[0] is None else np.stack(parts) for parts in zip(*made, strict=True)))  # pyright: ignore[reportArgumentType]

    def _one(self, item: TrainItem, epoch: int, place: int) -> tuple[np.ndarray | None, ...]:
        """The four parts of a batch, of one crop."""
        rng = np.random.default_rng([self._seed, epoch, place + 1])
        picture, labels, *more = self._pictures.fitted(item)
        centre = self._centre(labels, rng)
        at = coordinates(labels.shape, self._kind, crop=self._crop, centre=centre, rng=rng)
        seen, known = warped(picture, labels, at, self._kind, rng)
        ids = None
        if more:
            ids = cv2.remap(more[0], *at, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=CROWD)
            areas = np.bincount(more[0].ravel(), minlength=CROWD + 1)
            known, ids = without_slivers(known, ids, areas, zoom_of(*at))
        taught = cells_at(self._taught(item), labels.shape, at) if self._taught is not None else None
        return seen, known, ids, taught

    def _centre(self, labels: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
        height, width = labels.shape
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        if rng.random() < AIMED:
            present = np.flatnonzero(np.bincount(labels.ravel(), minlength=256)[:IGNORED])
            if len(present):
                spots = np.flatnonzero(labels.ravel() == rng.choice(present))
                row, column = divmod(int(rng.choice(spots)), width)
                shift = self._crop / 4
                x, y = column + rng.uniform(-shift, shift), row + rng.uniform(-shift, shift)
        return x, y

    def ahead(self, epoch: int, step: int) -> Generator[tuple[int, int, Batch], None, None]:
        """(epoch, step, batch) from there on without end, one made ahead in a thread. Close it to end the thread."""
        with ThreadPoolExecutor(1, thread_name_prefix="crops") as pool:
            waiting = pool.submit(self.batch, epoch, step)
            while True:
                ready, at = waiting.result(), (epoch, step)
                epoch, step = (epoch, step + 1) if step + 1 < self.steps else (epoch + 1, 0)
                waiting = pool.submit(self.batch, epoch, step)
                yield *at, ready
