"""`Taught`: the pixel classifier of teach mode. Learns from samples of `features`, and tells the class probabilities of
each pixel of a picture. Kept as an npz file of plain arrays."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from segdesk.domain.errors import SegDeskError
from segdesk.engines.crf.team import Team
from segdesk.engines.teach import features, trees

TREES = 24
TRIES = 12  # features that each node looks at
LEAST = 10  # samples in a leaf, fewer where there are few: neighbours in a stroke are alike, less learns the noise
SHARE = 8  # a class of middling size fills this many leaves
DEEPEST = 24
MOST_SAMPLES = 4000  # of a class
FINE = (64, 12, 4, 1)  # how often features of the pixel itself and of each copy are looked at, against each other
MOST_SCORES = 24_000_000  # values; where a picture has more, one score stands for a square of pixels
CHUNK = 1 << 14  # pixels between two looks at the token
FORMAT = 1
MOST_BYTES = 256 << 20  # of a file, unpacked
ARRAYS = ("feature", "threshold", "child", "leaves", "roots")

Cancel = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Taught:
    """Trees as `trees` describes them; `leaves` has a column for each class."""

    feature: np.ndarray
    threshold: np.ndarray
    child: np.ndarray
    leaves: np.ndarray
    roots: np.ndarray

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        return self.leaves.shape[1]

    def dumped(self) -> bytes:
        """The file."""
        stream = io.BytesIO()
        arrays = {name: getattr(self, name) for name in ARRAYS}
        np.savez_compressed(stream, format=np.array([FORMAT, features.COUNT]), **arrays)
        return stream.getvalue()


def learn(
    samples: np.ndarray, labels: np.ndarray, classes: int, seed: int = 0, cancelled: Cancel = lambda: False
) -> Taught:
    """A classifier from (N, COUNT) features and (N,) labels 0..`classes` - 1, each of which has samples. A class with
    many more samples than another weighs more, but not in proportion. The same samples and seed give the same trees.
    Raises `Cancelled`."""
    kept = _chosen(labels, classes, seed)
    samples, labels = np.ascontiguousarray(samples[kept], np.float32), labels[kept].astype(np.int64)
    counts = np.bincount(labels, minlength=classes)
    weights = (1 / np.sqrt(np.maximum(counts, 1)))[labels]
    picks, least = _picks(), max(1, min(LEAST, len(labels) // (SHARE * classes)))
    with Team(cancelled) as team:
        grown = team.all(
            [
                lambda at=at: trees.grow(
                    samples, labels, weights, classes, picks, TRIES, least, DEEPEST, seed * TREES + at
                )
                for at in range(TREES)
            ]
        )
    return _joined(grown)


def _chosen(labels: np.ndarray, classes: int, seed: int) -> np.ndarray:
    """Indices of at most `MOST_SAMPLES` samples of each class."""
    random = np.random.default_rng(seed)
    found = [np.flatnonzero(labels == k) for k in range(classes)]
    few = [f if f.size <= MOST_SAMPLES else random.choice(f, MOST_SAMPLES, replace=False) for f in found]
    return np.sort(np.concatenate(few))


def _picks() -> np.ndarray:
    """Which features the nodes draw from: those of the coarse copies are there fewer times, for they tell one stroke
    from another rather than one class from another."""
    of = [0] * 3 + [1 + level for level in range(features.LEVELS) for _ in range(features.PER_LEVEL)]
    return np.repeat(np.arange(features.COUNT), [FINE[group] for group in of])


def _joined(grown: Sequence[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]) -> Taught:
    nodes = np.cumsum([0, *(len(tree[0]) for tree in grown)])
    rows = np.cumsum([0, *(len(tree[3]) for tree in grown)])
    child = [
        np.where(feature >= 0, below + node, below + row)
        for (feature, _, below, _), node, row in zip(grown, nodes[:-1], rows[:-1], strict=True)
    ]
    return Taught(
        np.concatenate([tree[0] for tree in grown]),
        np.concatenate([tree[1] for tree in grown]),
        np.concatenate(child).astype(np.int32),
        np.concatenate([tree[3] for tree in grown]),
        nodes[:-1].astype(np.int32),
    )


def load(data: bytes, name: str) -> Taught:
    """The classifier of a file called `name`. Raises `SegDeskError` for anything that is none; such a file cannot do
    harm."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            if sum(entry.file_size for entry in stored.zip.infolist()) > MOST_BYTES:
                raise ValueError("it unpacks to more than any taught model")
            if stored["format"].tolist() != [FORMAT, features.COUNT]:
                raise SegDeskError("{name} was taught by another version of the program.", "Teach it again.", name=name)
            taught = Taught(*(stored[key] for key in ARRAYS))
        _check(taught)
    except SegDeskError:
        raise
    except Exception as error:  # a damaged file may fail in zlib as in NumPy, each in its own way
        raise SegDeskError(
            "{name} is not a taught model.", "Choose the file that was kept with its card.", name=name
        ) from error
    return taught


def _check(taught: Taught) -> None:
    """Each path ends in a leaf that is there."""
    kinds = {"feature": "i2", "threshold": "f4", "child": "i4", "leaves": "f4", "roots": "i4"}
    for key, kind in kinds.items():
        if getattr(taught, key).dtype != np.dtype(kind):
            raise ValueError(key)
    feature, child, nodes = taught.feature, taught.child, taught.feature.size
    if not (feature.ndim == child.ndim == taught.threshold.ndim == taught.roots.ndim == 1 and taught.leaves.ndim == 2):
        raise ValueError("shapes")
    if not (child.size == taught.threshold.size == nodes and taught.roots.size and taught.classes):
        raise ValueError("sizes")
    inner = feature >= 0
    forward = (child[inner] > np.flatnonzero(inner)) & (child[inner] < nodes - 1)
    ends = (child[~inner] >= 0) & (child[~inner] < len(taught.leaves))
    roots = (taught.roots >= 0) & (taught.roots < nodes)
    if feature.max() >= features.COUNT or not (forward.all() and ends.all() and roots.all()):
        raise ValueError("paths")


def score_step(size: tuple[int, int], classes: int) -> int:
    """How many pixels a side a score of a picture (H, W) stands for: 1, 2, 4 ..."""
    step = 1
    while size[0] * size[1] * classes > MOST_SCORES * step * step and step < features.STEP:
        step *= 2
    return step


def scores(
    taught: Taught, image: np.ndarray, cancelled: Cancel = lambda: False, tile: int = features.TILE
) -> np.ndarray:
    """(K, h, w) float16 probabilities of an (H, W, 3) uint8 RGB picture, at its size or, see `score_step`, reduced.
    Computed in tiles; raises `Cancelled`."""
    height, width = image.shape[:2]
    step = score_step((height, width), taught.classes)
    out = np.empty((taught.classes, -(-height // step), -(-width // step)), np.float16)
    with Team(cancelled) as team:
        for rect in features.tiles((height, width), tile):
            team.check()
            maps = features.of_tile(image, rect)
            if step > 1:
                maps = _reduced(maps, step)
            x, y = rect[0] // step, rect[1] // step
            found = asked(taught, maps.reshape(features.COUNT, -1), team)
            out[:, y : y + maps.shape[1], x : x + maps.shape[2]] = found.reshape(taught.classes, *maps.shape[1:])
    return out


def _reduced(maps: np.ndarray, step: int) -> np.ndarray:
    """The means of squares of pixels; those at the lower and right border may be cut."""
    _, height, width = maps.shape
    h, w = -(-height // step), -(-width // step)
    border = (0, h * step - height, 0, w * step - width)
    full = (cv2.copyMakeBorder(m.astype(np.float32), *border, cv2.BORDER_REPLICATE) for m in maps)
    return np.stack([cv2.resize(m, (w, h), interpolation=cv2.INTER_AREA).astype(np.float16) for m in full])


def asked(taught: Taught, maps: np.ndarray, team: Team) -> np.ndarray:
    """(K, P) float32 probabilities of pixels with the features `maps` (COUNT, P)."""
    out = np.empty((taught.classes, maps.shape[1]), np.float32)
    parts = (taught.feature, taught.threshold, taught.child, taught.leaves, taught.roots)

    def work(thread: int) -> None:
        for first in range(thread * CHUNK, maps.shape[1], team.size * CHUNK):
            if team.stop[0]:
                return
            last = first + CHUNK
            trees.ask(np.ascontiguousarray(maps[:, first:last], np.float32), *parts, out[:, first:last])

    team.all([lambda thread=thread: work(thread) for thread in range(team.size)])
    return out


@cache
def warm() -> None:
    """Have the trees compiled, or read from the cache of an earlier start; once a process."""
    samples = np.linspace(0, 1, 8 * features.COUNT, dtype=np.float32).reshape(8, features.COUNT)
    taught = learn(samples, np.arange(8) % 2, 2)
    with Team(lambda: False) as team:
        asked(taught, samples.T, team)
