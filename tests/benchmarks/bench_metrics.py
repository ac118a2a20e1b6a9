"""What judging one picture costs, against the plain way of doing the same with `numpy.unique` and boolean masks.

    python tests/benchmarks/bench_metrics.py

Prints milliseconds a picture (median of several) and the ratio to the plain way; ratios hold on any machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from segdesk.app.evaluate import EvalItem, Evaluation
from segdesk.domain.classes import ClassSet
from segdesk.domain.metrics.confusion import Confusion
from segdesk.domain.metrics.overlaps import Overlaps
from segdesk.domain.metrics.panoptic import Panoptic
from segdesk.domain.segmentation import Segment, Segmentation

CLASSES = ClassSet.from_names([f"class {k}" for k in range(1, 134)], things=[f"class {k}" for k in range(1, 81)])


def make_map(height: int, width: int, segments: int, *, seed: int, jagged: float = 0.0) -> Segmentation:
    """Nearest-seed regions, each of a random class; `jagged`: the share of pixels that get a random id."""
    rng = np.random.default_rng(seed)
    small = (max(1, height // 8), max(1, width // 8))
    ys, xs = rng.integers(0, small[0], segments), rng.integers(0, small[1], segments)
    best, ids = np.full(small, np.inf), np.zeros(small, np.uint16)
    rows, columns = np.mgrid[: small[0], : small[1]]
    for number, (y, x) in enumerate(zip(ys, xs, strict=True), start=1):
        distance = (rows - y) ** 2 + (columns - x) ** 2
        ids[distance < best] = number
        best = np.minimum(best, distance)
    full = np.repeat(np.repeat(ids, 8, axis=0), 8, axis=1)[:height, :width].copy()
    noisy = rng.random(full.shape) < jagged
    full[noisy] = rng.integers(0, segments + 1, int(noisy.sum()))
    return Segmentation(full, {k: Segment(int(rng.integers(1, 134))) for k in range(1, segments + 1)})


def plain_way(prediction: Segmentation, reference: Segmentation) -> tuple[np.ndarray, int]:
    """The confusion matrix of class maps and the number of matched segments, as one would first write it."""
    size = len(CLASSES) + 1
    pixels = reference.class_map().astype(np.int64) * size + prediction.class_map()
    matrix = np.bincount(pixels.ravel(), minlength=size * size).reshape(size, size)
    keys, counts = np.unique(
        reference.ids.astype(np.uint64) * 65536 + prediction.ids.astype(np.uint64), return_counts=True
    )
    ref_area = dict(zip(*np.unique(reference.ids, return_counts=True), strict=True))
    pred_area = dict(zip(*np.unique(prediction.ids, return_counts=True), strict=True))
    matched = 0
    for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
        r, p = key >> 16, key & 65535
        if r and p and reference.segments[r].class_id == prediction.segments[p].class_id:
            matched += count / (ref_area[r] + pred_area[p] - count) > 0.5
    return matrix, matched


def milliseconds(work: Callable[[], object], times: int = 9) -> float:
    """Median time of a call."""
    work()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds) * 1000


def main() -> None:
    """Print a line for each kind of map."""
    print(
        f"{'maps':38} {'overlaps':>9} {'confusion':>9} {'panoptic':>9} {'evaluate':>9} {'plain':>9} {'plain/ours':>11}"
    )
    for name, height, width, segments, jagged in (
        ("480 x 360, 12 segments", 360, 480, 12, 0.0),
        ("1280 x 720, 60 segments", 720, 1280, 60, 0.0),
        ("2048 x 1024, 120 segments", 1024, 2048, 120, 0.0),
        ("2048 x 1024, 120 segments, 2 % noise", 1024, 2048, 120, 0.02),
        ("1024 x 1024, 60 segments, all noise", 1024, 1024, 60, 1.0),
        ("6000 x 4000, 400 segments", 4000, 6000, 400, 0.0),
    ):
        reference = make_map(height, width, segments, seed=1, jagged=jagged)
        prediction = Segmentation(np.roll(reference.ids, 5, axis=1), reference.segments)
        overlaps = Overlaps.of(prediction, reference)
        confusion, panoptic, evaluation = Confusion(CLASSES), Panoptic(CLASSES), Evaluation(CLASSES, worst=0)
        item = EvalItem(name, prediction, reference)
        whole = milliseconds(lambda e=evaluation, i=item: e.add(i))
        plain = milliseconds(lambda p=prediction, r=reference: plain_way(p, r), 3)
        print(
            f"{name:38} {milliseconds(lambda p=prediction, r=reference: Overlaps.of(p, r)):9.2f}"
            f" {milliseconds(lambda c=confusion, o=overlaps: c.add(o)):9.2f}"
            f" {milliseconds(lambda q=panoptic, o=overlaps: q.add(o)):9.2f}"
            f" {whole:9.2f} {plain:9.2f} {plain / whole:11.1f}"
        )


if __name__ == "__main__":
    main()
