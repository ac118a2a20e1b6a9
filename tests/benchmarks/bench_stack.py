"""What each step of the stack of refinements takes, as a ratio to deciding the same answer.

    python tests/benchmarks/bench_stack.py [--large]

For 1 megapixel, with `--large` for 24 megapixels too: a semantic answer of 21 classes (11 occur) at an eighth of
the resolution, and a panoptic one with 100 objects over it; processor seconds of one thread, the least of some rounds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import cv2
import numpy as np

from segdesk.domain import rle
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.stack import Stack
from segdesk.engines import crf, steps
from segdesk.engines.stacking import Stages, stacked

SIZES = {"1 MP": (1000, 1000), "24 MP": (4000, 6000)}
CLASSES = ClassSet([ClassInfo(i, f"class {i}", (i, i, i), is_thing=i > 14) for i in range(1, 21)])
OBJECTS, ROUNDS = 100, 3


def answer(size: tuple[int, int], objects: int) -> Prediction:
    """Soft blobs of classes 0 to 10, and ellipses."""
    rng = np.random.default_rng(0)
    grid = (size[0] // 8, size[1] // 8)
    wide = min(size) / 200
    logits = np.stack([cv2.GaussianBlur(rng.standard_normal(grid).astype(np.float32), (0, 0), wide) for _ in range(21)])
    logits = logits / logits.std() * 4
    logits[11:] -= 12
    powers = np.exp(logits - logits.max(0))
    found = []
    for n in range(objects):
        mask = np.zeros(size, np.uint8)
        at = int(rng.integers(size[1])), int(rng.integers(size[0]))
        sides = int(rng.integers(size[1] // 60, size[1] // 15)), int(rng.integers(size[1] // 60, size[1] // 15))
        cv2.ellipse(mask, at, sides, 30, 0, 360, 1, -1)
        found.append(Instance(15 + n % 6, 1 - n / 200, rle.encode(mask.astype(bool))))
    task = "panoptic" if objects else "semantic"
    return Prediction(task, size, CLASSES, (powers / powers.sum(0)).astype(np.float16), tuple(range(21)), tuple(found))


def seconds(run: Callable[[], object], rounds: int) -> float:
    """The least processor time of some rounds."""
    spent = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        spent.append(time.process_time() - start)
    return min(spent)


def step_seconds(prediction: Prediction, image: np.ndarray, options: RunOptions, step: str, rounds: int) -> float:
    """The least time that one step alone took."""
    return min(seconds_of(prediction, image, options, step) for _ in range(rounds))


def seconds_of(prediction: Prediction, image: np.ndarray, options: RunOptions, step: str) -> float:
    """What the step took, with all before it kept."""
    stages = Stages()
    stacked(prediction, image, RunOptions(options.decide), kept=stages)
    start = time.process_time()
    found = stacked(prediction, image, options, kept=stages).seconds
    whole = time.process_time() - start
    return whole * found[step] / max(1e-9, sum(found.values()))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true")
    sizes = SIZES if parser.parse_args().large else {"1 MP": SIZES["1 MP"]}
    cv2.setNumThreads(1)
    crf.warm()
    for title, size in sizes.items():
        rounds = ROUNDS if size[0] < 2000 else 1
        rng = np.random.default_rng(2)
        image = cv2.resize(rng.integers(0, 256, (40, 60, 3), np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)
        for objects in (0, OBJECTS):
            prediction = answer(size, objects)
            plain = DecideOptions(0.3, overlap=0.3, pixel_confidence=0.3)
            base = seconds(lambda p=prediction, o=plain: decide(p, o), rounds)
            print(f"{title}, {prediction.task}: decide {base:.3f} s")
            small = title == "1 MP"
            for info in (i for i in steps.order() if i.part in (("scores", "crf", "labels") if small else ("labels",))):
                on = CrfOptions(quality="fast") if info.part == "crf" else None
                stack = Stack() if on else Stack().changed(info.id, info.values())
                spent = step_seconds(prediction, image, RunOptions(plain, on, stack=stack), info.id, rounds)
                print(f"  {info.id:14} {spent:7.3f} s  {spent / base:6.2f} x decide")


if __name__ == "__main__":
    main()
