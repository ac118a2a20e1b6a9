"""Teach mode on a picture of one megapixel: how long learning and predicting take, against decoding and deciding, and
how well it does from simulated strokes, against the colour alone.

    python -m tests.benchmarks.bench_teach [DATA]

DATA: the folder with `camvid`, `nuclei` and `field`; without it only times are measured.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.prediction import Prediction
from segdesk.engines.teach import classifier, features

SIDE = 1000
SEEDS = (1, 2, 3)
STROKES, LENGTH, WIDTH = 3, 40, 5  # of each class in a picture; pixels


def timed(run: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """The best (wall, processor) seconds."""
    best = []
    for _ in range(times):
        wall, spent = time.perf_counter(), time.process_time()
        run()
        best.append((time.perf_counter() - wall, time.process_time() - spent))
    return min(best)


def stroke(inside: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(H, W) bool: a wavy line that a careful hand draws within an area."""
    depth = cv2.distanceTransform(np.pad(inside, 1).astype(np.uint8), cv2.DIST_L2, 3)[1:-1, 1:-1]
    places = np.argwhere(depth >= min(3, depth.max() * 0.7))
    y, x = places[random.integers(len(places))]
    angle, points = random.uniform(0, 2 * np.pi), [(int(x), int(y))]
    for _ in range(LENGTH // 4):
        angle += random.normal(0, 0.4)
        nx, ny = round(x + 4 * np.cos(angle)), round(y + 4 * np.sin(angle))
        if not (0 <= ny < inside.shape[0] and 0 <= nx < inside.shape[1] and inside[ny, nx]):
            break
        x, y = nx, ny
        points.append((x, y))
    line = np.zeros(inside.shape, np.uint8)
    cv2.polylines(line, [np.array(points, np.int32)], False, 1, WIDTH)
    return (line > 0) & inside


def marks(truth: np.ndarray, classes: list[int], random: np.random.Generator) -> np.ndarray:
    """(H, W) int: the position of a class in `classes` where it has a stroke, else -1."""
    found = np.full(truth.shape, -1)
    for at, class_id in enumerate(classes):
        count, parts, stats, _ = cv2.connectedComponentsWithStats((truth == class_id).astype(np.uint8), connectivity=4)
        largest = np.argsort(-stats[1:, cv2.CC_STAT_AREA])[:STROKES] + 1
        for k in range(STROKES if count > 1 else 0):
            found[stroke(parts == largest[k % len(largest)], random)] = at
    return found


def mean_iou(answers: list[np.ndarray], truths: list[np.ndarray], classes: list[int]) -> float:
    """Percent, over the classes that are there."""
    total = np.zeros((len(classes), len(classes)))
    for answer, truth in zip(answers, truths, strict=True):
        for at, class_id in enumerate(classes):
            total[at] += np.bincount(answer[truth == class_id], minlength=len(classes))
    there = np.diag(total) / np.maximum(1, total.sum(0) + total.sum(1) - np.diag(total))
    return 100 * float(there[total.sum(1) > 0].mean())


Pair = tuple[np.ndarray, np.ndarray]


def sets(data: Path) -> Iterator[tuple[str, list[int], list[Pair], list[Pair]]]:
    """(name, class ids, painted pictures, other pictures) with their true classes."""

    def pair(image: Path, truth: Path) -> Pair:
        labels, pixels = cv2.imread(str(truth), cv2.IMREAD_UNCHANGED), cv2.imread(str(image))
        assert labels is not None
        assert pixels is not None
        return pixels[..., ::-1].copy(), labels

    frames = sorted((data / "camvid/train/images").glob("*.jpg"))
    chosen = [pair(f, data / "camvid/train/labels" / f"{f.stem}.png") for f in frames[:160:20]]
    yield "street scenes", list(range(11)), chosen[:3], chosen[3:]
    plants = sorted((data / "field/images").glob("*"))
    chosen = [pair(f, data / "field/semantic" / f"{f.stem}.png") for f in plants[:4]]
    yield "crop and weed", [1, 2, 3], chosen[:2], chosen[2:]
    cells = sorted((data / "nuclei/images").glob("*"))[::3]
    found = (pair(f, data / "nuclei/instances" / f"{f.stem}.png") for f in cells)
    alike = [(image, (labels > 0).astype(np.uint8)) for image, labels in found if labels.shape == (520, 696)]
    yield "nuclei", [0, 1], alike[:2], alike[2:6]


def quality(data: Path) -> None:
    """Mean IoU from strokes in some pictures, with all features and with the colour alone; mean of `SEEDS`."""
    for name, classes, painted, others in sets(data):
        found = np.mean([from_strokes(classes, painted, others, seed) for seed in SEEDS], axis=0)
        line = f"{name:14}"
        for kind, values in zip(("colour", "taught"), found, strict=True):
            line += f"  {kind} painted {values[0]:5.1f}  {kind} others {values[1]:5.1f}"
        print(line, flush=True)


def from_strokes(classes: list[int], painted: list[Pair], others: list[Pair], seed: int) -> list[list[float]]:
    """Mean IoU of painted and other pictures, of the colour alone and of all features."""
    random = np.random.default_rng(seed)
    values, labels = [], []
    for image, truth in painted:
        found = marks(truth, classes, random)
        rows, columns = np.nonzero(found >= 0)
        values.append(features.at_pixels(image, rows, columns))
        labels.append(found[rows, columns])
    samples, wanted = np.concatenate(values), np.concatenate(labels)
    colour = samples.copy()
    colour[:, 3:] = 0
    reached = []
    for given in (colour, samples):
        taught = classifier.learn(given, wanted, len(classes))
        groups = []
        for pairs in (painted, others):
            answers = [classifier.scores(taught, image).argmax(axis=0) for image, _ in pairs]
            groups.append(mean_iou(answers, [truth for _, truth in pairs], classes))
        reached.append(groups)
    return reached


def main() -> None:
    """Print the figures."""
    random = np.random.default_rng(0)
    image = cv2.GaussianBlur(random.integers(0, 256, (SIDE, SIDE, 3), np.uint8), (0, 0), 2)
    classifier.warm()
    rows, columns = random.integers(0, SIDE, (2, 4000))
    labels = (image[rows, columns, 0] // 64).astype(int).clip(1, 2) - 1
    samples = features.at_pixels(image, rows, columns)
    taught = classifier.learn(samples, labels, 2)
    file = cv2.imencode(".jpg", image)[1]
    classes = ClassSet.from_names(["a", "b"])
    prediction = Prediction("semantic", (SIDE, SIDE), classes, classifier.scores(taught, image), (1, 2))
    decode = timed(lambda: cv2.imdecode(file, cv2.IMREAD_COLOR))
    steps = {
        "decode the JPEG": decode,
        "decide": timed(lambda: decide(prediction, DecideOptions())),
        "features": timed(lambda: features.whole(image)),
        "learn": timed(lambda: classifier.learn(samples, labels, 2)),
        "predict, features kept": timed(lambda: classifier.scores(taught, image)),
    }
    for name, (wall, spent) in steps.items():
        print(f"{name:24} {wall / decode[0]:7.1f} x decoding   {wall:6.3f} s   {spent:6.3f} processor s", flush=True)
    parts = ("features", "learn", "predict, features kept")
    wall, spent = (sum(steps[part][i] for part in parts) for i in (0, 1))
    print(f"{'from stroke to answer':24} {wall / decode[0]:7.1f} x decoding   {wall:6.3f} s   {spent:6.3f} processor s")
    if len(sys.argv) > 1:
        quality(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
