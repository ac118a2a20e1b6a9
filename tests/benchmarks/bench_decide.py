"""Deciding a large map from kept scores against the plain way, which enlarges every channel; and grouping.

    python tests/benchmarks/bench_decide.py

Prints seconds of the processor and their ratio for 12 megapixels and 21 classes, short and long borders, and what the
grouping of Panoptic-DeepLab takes for 40 centres on 12 megapixels.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.prediction import Prediction
from segdesk.engines import panoptic_groups

SIZE, GRID, CLASSES, CENTRES, ROUNDS = (3000, 4000), (750, 1000), 21, 40, 3


def scores_of(blobs: float) -> np.ndarray:
    """(K, h, w) float16 probabilities whose regions are about `blobs` cells wide."""
    rng = np.random.default_rng(0)
    planes = [rng.standard_normal(GRID).astype(np.float32) for _ in range(CLASSES)]
    logits = np.stack([cv2.GaussianBlur(plane, (0, 0), blobs) * blobs * 7 for plane in planes])
    powers = np.exp(logits - logits.max(0))
    return (powers / powers.sum(0)).astype(np.float16)


def plain(scores: np.ndarray) -> np.ndarray:
    """Every channel at the picture's size, in bands that fit the memory."""
    best = np.full(SIZE, -1, np.float32)
    winner = np.zeros(SIZE, np.uint16)
    for channel, plane in enumerate(scores):
        large = cv2.resize(plane.astype(np.float32), SIZE[::-1], interpolation=cv2.INTER_LINEAR)
        better = large > best
        np.copyto(best, large, where=better)
        np.copyto(winner, np.uint16(channel), where=better)
    return winner


def seconds(run: Callable[[], object]) -> float:
    """The least processor time of some rounds."""
    spent = []
    for _ in range(ROUNDS):
        start = time.process_time()
        run()
        spent.append(time.process_time() - start)
    return min(spent)


def main() -> None:
    """Print the figures."""
    classes = ClassSet([ClassInfo(i, f"class {i}", (i, i, i), is_thing=i > 14) for i in range(1, CLASSES)])
    ids = tuple(range(CLASSES))
    for name, blobs in (("long borders", 6), ("short borders", 40)):
        scores = scores_of(blobs)
        prediction = Prediction("semantic", SIZE, classes, scores, ids)
        ours, theirs = seconds(lambda p=prediction: decide(p)), seconds(lambda s=scores: plain(s))
        print(f"{name}: decide {ours:.2f} s, every channel enlarged {theirs:.2f} s, ratio {theirs / ours:.1f}")
    rng = np.random.default_rng(1)
    points = rng.uniform(5, np.array(GRID) - 5, (CENTRES, 2))
    rows, cols = np.mgrid[0 : GRID[0], 0 : GRID[1]]
    ways = np.stack([points[:, :1, None] - rows, points[:, 1:, None] - cols])
    far = (ways**2).sum(0)
    heat = np.exp(-far / 12).max(0).astype(np.float32)
    offsets = (4 * np.take_along_axis(ways, far.argmin(0)[None, None], 1)[:, 0]).astype(np.float32)
    panoptic = Prediction("panoptic", SIZE, classes, scores_of(40), ids)
    group = seconds(lambda: panoptic_groups.instances(panoptic, heat, offsets, SIZE))
    chosen = DecideOptions(0.0, overlap=0.0, stuff_area=2048)
    found = panoptic_groups.instances(panoptic, heat, offsets, SIZE)
    whole = Prediction("panoptic", SIZE, classes, panoptic.scores, ids, found)
    print(
        f"grouping by {len(found)} centres {group:.2f} s, deciding again {seconds(lambda: decide(whole, chosen)):.2f} s"
    )


if __name__ == "__main__":
    main()
