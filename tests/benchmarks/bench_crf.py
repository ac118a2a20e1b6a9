"""The dense CRF against pydensecrf2 in one run: speed, processor time, agreement of the winner, mIoU.

    python tests/benchmarks/bench_crf.py [SHARED_DATA_FOLDER] [--quick] [--large]

Street scenes (the labels blurred and noised as softmax, and a model's scores of low resolution) and photographs with
the VOC model. All figures are ratios: how many times faster than the reference by the clock (on as many cores as torch
may use) and by processor time (on one). `--quick`: fewer pictures. `--large`: also 24 megapixels with 21 classes.
"""

# pyright: reportArgumentType=false, reportOptionalSubscript=false, reportCallIssue=false

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from segdesk.domain.options import CrfOptions
from segdesk.engines import crf

OURS = CrfOptions()
PUBLISHED = CrfOptions(4, 67, 3, 3, 1, 10)
STRONG = CrfOptions(10, 80, 13, 3, 3, 5)
VOID = 11


class Case(NamedTuple):
    """A picture with the probabilities to refine and, where it is known, what is true."""

    name: str
    scores: np.ndarray
    image: np.ndarray
    truth: np.ndarray | None


@dataclass
class Timed:
    """What a call gave and took."""

    value: np.ndarray
    clock: float
    processor: float


def timed(call: Callable[[], np.ndarray]) -> Timed:
    """Call it once."""
    clock, processor = time.perf_counter(), time.process_time()
    value = call()
    return Timed(value, time.perf_counter() - clock, time.process_time() - processor)


def reference(scores: np.ndarray, image: np.ndarray, options: CrfOptions) -> np.ndarray:
    """The same by pydensecrf2."""
    from pydensecrf.densecrf import DenseCRF2D

    count, height, width = scores.shape
    field = DenseCRF2D(width, height, count)
    field.setUnaryEnergy(-np.log(np.clip(scores, 1e-5, 1)).reshape(count, -1))
    field.addPairwiseGaussian(sxy=options.sigma_gamma, compat=options.w2)
    field.addPairwiseBilateral(sxy=options.sigma_alpha, srgb=options.sigma_beta, rgbim=image, compat=options.w1)
    return np.array(field.inference(options.iterations)).reshape(count, height, width)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the first axis."""
    odds = np.exp(logits - logits.max(0))
    return (odds / odds.sum(0)).astype(np.float32)


def street(folder: Path, size: tuple[int, int], classes: int, count: int) -> Iterator[Case]:
    """Street scenes at `size` (width, height): two kinds of unaries each, `classes` >= 11 of them."""
    pictures = sorted((folder / "images").iterdir())
    for i, path in enumerate(pictures[:: len(pictures) // count][:count]):
        image = cv2.resize(cv2.imread(str(path)), size, interpolation=cv2.INTER_CUBIC)[..., ::-1]
        truth = cv2.imread(str(folder / "labels" / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
        truth = cv2.resize(truth, size, interpolation=cv2.INTER_NEAREST)
        rng = np.random.default_rng(i)
        planes = [(truth == k).astype(np.float32) for k in range(classes)]
        noise = [cv2.resize(rng.normal(0, 1, (45, 60)).astype(np.float32), size) for _ in planes]
        wide = size[1] / 60
        blurred = np.stack([cv2.GaussianBlur(p, (0, 0), wide) * 4 + n for p, n in zip(planes, noise, strict=True)])
        coarse = [
            cv2.resize(cv2.resize(p, None, fx=1 / 16, fy=1 / 16, interpolation=cv2.INTER_AREA), size) for p in planes
        ]
        image = np.ascontiguousarray(image)
        yield Case("blurred and noised", softmax(blurred), image, truth)
        yield Case("coarse and sure", softmax(np.stack(coarse) * 8), image, truth)


def photographs(shared: Path, count: int) -> Iterator[Case]:
    """Photographs and the VOC model's probabilities at their size."""
    from segdesk.engines.engine import Engine
    from segdesk.engines.messages import PredictRequest
    from segdesk.io.cards import find_card
    from segdesk.io.images import read
    from segdesk.paths import models_dir

    card = find_card([models_dir()], "deeplabv3-mobilenetv2-voc21")
    weights = shared / "checkpoints" / "deeplabv3_mobilenetv2_voc21.pth"
    if card is None or not weights.exists():
        return
    engine = Engine()
    for path in sorted((shared / "photos" / "coco" / "train2017").iterdir())[:count]:
        image = np.ascontiguousarray(read(path))
        work = engine.predict([PredictRequest(path.name, card, image, {card.id: str(weights)})])[0]
        assert work.prediction.scores is not None
        size = (image.shape[1], image.shape[0])
        planes = [cv2.resize(plane.astype(np.float32), size) for plane in work.prediction.scores]
        yield Case("VOC model", np.stack(planes), image, None)


def miou(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the classes that occur in either, void left out."""
    valid = truth != VOID
    shares = []
    for k in range(VOID):
        a, b = (found == k) & valid, truth == k
        if (a | b).any():
            shares.append((a & b).sum() / (a | b).sum())
    return float(np.mean(shares))


def compare(title: str, cases: Iterator[Case], options: CrfOptions) -> None:
    """Print one line for each quality and kind of case, with medians."""
    lines: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for case in cases:
        wanted = timed(lambda case=case: reference(case.scores, case.image, options))
        for quality in ("exact", "fast"):
            chosen = replace(options, quality=quality)
            found = timed(lambda case=case, chosen=chosen: crf.refine(case.scores, case.image, chosen))
            a, b = found.value.argmax(0), wanted.value.argmax(0)
            gain = (np.nan, np.nan)
            if case.truth is not None:
                gain = (
                    miou(a, case.truth) - miou(b, case.truth),
                    miou(b, case.truth) - miou(case.scores.argmax(0), case.truth),
                )
            row = (wanted.clock / found.clock, wanted.processor / found.processor, float((a == b).mean()), *gain)
            lines.setdefault((case.name, quality), []).append(row)
    for (name, quality), rows in lines.items():
        clock, processor, agree, against, gain = np.median(rows, axis=0)
        least = min(row[2] for row in rows)
        print(
            f"{title:>14} {name:>18} {quality:>5}: {clock:5.1f}x by the clock, {processor:5.1f}x processor time, "
            f"agreement {agree:.4%} (least {least:.4%}), mIoU {against:+.4f} to the reference's {gain:+.4f}",
            flush=True,
        )


def large(shared: Path) -> None:
    """24 megapixels with 21 classes: seconds a megapixel, against one of the size of a window."""
    image = cv2.imread(str(sorted((shared / "camvid" / "val" / "images").iterdir())[0]))[..., ::-1]
    for width, height in ((1280, 720), (6000, 4000)):
        picture = np.ascontiguousarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC))
        scores = softmax(np.random.default_rng(0).normal(0, 2, (21, height // 64, width // 64)).astype(np.float32))
        for quality in ("fast", "exact"):
            start = time.perf_counter()
            crf.refine_present(scores, picture, CrfOptions(quality=quality))
            spent = time.perf_counter() - start
            print(f"{width} x {height} x 21 {quality}: {spent / (width * height / 1e6):.2f} s a megapixel", flush=True)


def main() -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--large", action="store_true")
    arguments = parser.parse_args()
    crf.warm()
    count = 2 if arguments.quick else 6
    folder = arguments.shared / "camvid" / "val"
    for name, options in (("ours", OURS), ("DeepLab's", PUBLISHED), ("80/13/10", STRONG)):
        compare(f"480x360 {name}", street(folder, (480, 360), 11, count), options)
    compare("1280x720x21", street(folder, (1280, 720), 21, count // 2), OURS)
    compare("photographs", photographs(arguments.shared, 2 * count), OURS)
    if arguments.large:
        large(arguments.shared)


if __name__ == "__main__":
    main()
