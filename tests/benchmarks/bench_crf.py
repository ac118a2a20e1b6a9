"""The dense CRF against pydensecrf2 in one run: speed, processor time, memory, agreement of the winner, mIoU.

    python tests/benchmarks/bench_crf.py [SHARED_DATA_FOLDER] [--quick] [--size 1280] [--large] [--defaults]

Street scenes (the labels blurred and noised as softmax, and a model's scores of low resolution) and photographs with
the VOC model. All figures are ratios, medians over pictures and rounds in alternating order: how many times faster than
the reference by the clock (on as many cores as torch may use) and by processor time (on one), and the peak of the
resident memory over what was there before, each measured in a process of its own. `--quick`: fewer pictures. `--size`:
only street scenes of this width. `--large`: also 24 megapixels with 21 classes (1.7 GB). `--defaults`: mIoU for widths
and weights around the defaults.
"""

# pyright: reportArgumentType=false, reportOptionalSubscript=false, reportCallIssue=false

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from segdesk.domain.errors import Cancelled
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


def compare(title: str, cases: Iterator[Case], options: CrfOptions, rounds: int = 1) -> None:
    """Print one line for each quality and kind of case, with medians."""
    lines: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for case in cases:
        for quality in ("exact", "fast"):
            chosen = replace(options, quality=quality)
            calls = [
                lambda case=case: reference(case.scores, case.image, options),
                lambda case=case, chosen=chosen: crf.refine(case.scores, case.image, chosen),
            ]
            for turn in range(rounds):
                order = (0, 1) if turn % 2 == 0 else (1, 0)
                both = {i: timed(calls[i]) for i in order}
                lines.setdefault((case.name, quality), []).append(_row(case, both[0], both[1]))
    for (name, quality), rows in lines.items():
        clock, processor, agree, against, gain = np.median(rows, axis=0)
        least = min(row[2] for row in rows)
        print(
            f"{title:>14} {name:>18} {quality:>5}: {clock:5.1f}x by the clock, {processor:5.1f}x processor time, "
            f"agreement {agree:.4%} (least {least:.4%}), mIoU {against:+.4f} to the reference's {gain:+.4f}",
            flush=True,
        )


def _row(case: Case, wanted: Timed, found: Timed) -> tuple[float, ...]:
    a, b = found.value.argmax(0), wanted.value.argmax(0)
    gain = (np.nan, np.nan)
    if case.truth is not None:
        reached = miou(b, case.truth)
        gain = miou(a, case.truth) - reached, reached - miou(case.scores.argmax(0), case.truth)
    return wanted.clock / found.clock, wanted.processor / found.processor, float((a == b).mean()), *gain


def resident(key: str) -> float:
    """MB of this process: VmRSS now, VmHWM at most since that was reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def peak(call: Callable[[], object]) -> float:
    """MB at most while it runs, over what there was before. Linux only."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    call()
    return resident("VmHWM") - before


def one_peak(folder: Path, what: str) -> None:
    """Print the peak of one kind; in a process of its own."""
    import pydensecrf.densecrf  # noqa: F401 - what it takes to load counts for neither

    case = next(street(folder, (1280, 720), 21, 1))
    crf.warm()
    if what == "reference":
        print(peak(lambda: reference(case.scores, case.image, OURS)))
    elif what.endswith("halves"):  # what the program does
        options = replace(OURS, quality=what.split()[0])
        print(peak(lambda: crf.refine_present(case.scores, case.image, options)))
    else:
        print(peak(lambda: crf.refine(case.scores, case.image, replace(OURS, quality=what))))


def memory(shared: Path) -> None:
    """Peaks at 1280 x 720 x 21, as shares of the reference's."""
    found = {}
    for what in ("reference", "exact", "exact halves", "fast", "fast halves"):
        command = [sys.executable, __file__, str(shared), "--peak", what]
        found[what] = float(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1])
    shares = ", ".join(f"{what} {mb / found['reference']:.2f}" for what, mb in found.items() if what != "reference")
    print(f"peak memory at 1280 x 720 x 21 as a share of the reference's: {shares}", flush=True)


def large(shared: Path) -> None:
    """24 megapixels with 21 classes: seconds a megapixel, against one of the size of a window; peak memory; how soon a
    cancel is heard."""
    case = next(street(shared / "camvid" / "val", (480, 360), 21, 1))
    scores = np.stack([cv2.resize(plane, (240, 180), interpolation=cv2.INTER_AREA) for plane in case.scores])
    for width, height in ((1280, 720), (6000, 4000)):
        picture = np.ascontiguousarray(cv2.resize(case.image, (width, height), interpolation=cv2.INTER_CUBIC))
        for quality in ("fast", "exact"):
            start, told = time.perf_counter(), []
            most = peak(
                lambda p=picture, s=scores, q=quality, t=told: crf.refine_present(
                    s, p, CrfOptions(quality=q), progress=t.append
                )
            )
            spent = (time.perf_counter() - start) / (width * height / 1e6)
            assert told == sorted(told)
            print(
                f"{width} x {height} x 21 {quality}: {spent:.2f} s a megapixel, {most:.0f} MB, told {len(told)} times"
            )
            print(
                f"{'':>20} a cancel is heard after at most {slowest_stop(picture, scores, quality):.0f} ms", flush=True
            )


def slowest_stop(image: np.ndarray, scores: np.ndarray, quality: str) -> float:
    """Milliseconds from a cancel to the end, the longest of some at different moments of the first 4 s."""
    spent = []
    for after in (0.02, 0.1, 0.3, 0.6, 1.0, 2.0, 4.0):
        end = time.perf_counter() + after
        try:
            crf.refine_present(scores, image, CrfOptions(quality=quality), lambda end=end: time.perf_counter() > end)
        except Cancelled:
            spent.append(time.perf_counter() - end)
    return max(spent, default=0) * 1e3


def defaults(shared: Path) -> None:
    """What the CRF gains in mIoU on street scenes, for widths and weights around the defaults; by "fast"."""
    tried = {"defaults": OURS, "DeepLab's": PUBLISHED, "80/13/10": STRONG}
    tried |= {f"sigma_beta {v:g}": replace(OURS, sigma_beta=v) for v in (2, 3, 6, 8)}
    tried |= {f"sigma_alpha {v:g}": replace(OURS, sigma_alpha=v) for v in (12, 20, 33, 67)}
    tried |= {f"w1 {v:g}": replace(OURS, w1=v) for v in (2, 3, 6)}
    tried |= {f"w2 {v:g}, sigma_gamma {g:g}": replace(OURS, w2=v, sigma_gamma=g) for v, g in ((1, 3), (3, 1), (6, 3))}
    tried |= {f"{n} iterations": replace(OURS, iterations=n) for n in (3, 10)}
    gains: dict[tuple[str, str], list[float]] = {}
    for case in street(shared / "camvid" / "val", (480, 360), 11, 4):
        before = miou(case.scores.argmax(0), case.truth)
        for name, options in tried.items():
            found = crf.refine(case.scores, case.image, replace(options, quality="fast"))
            gain = miou(found.argmax(0), case.truth) - before
            gains.setdefault((case.name, name), []).append(gain)
    for (kind, name), values in gains.items():
        print(f"{kind:>18} {name:>22}: mIoU {np.mean(values):+.4f}", flush=True)


def main() -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser()
    parser.add_argument("shared", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--size", type=int, choices=(480, 1280))
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--defaults", action="store_true")
    parser.add_argument("--peak")
    arguments = parser.parse_args()
    folder = arguments.shared / "camvid" / "val"
    if arguments.peak:
        one_peak(folder, arguments.peak)
        return
    start = time.perf_counter()
    crf.warm()
    print(f"loaded or compiled in {time.perf_counter() - start:.1f} s", flush=True)
    count = 2 if arguments.quick else 6
    if arguments.size in (None, 1280):
        compare("1280x720x21", street(folder, (1280, 720), 21, count // 2), OURS, 3)
        memory(arguments.shared)
    if arguments.size in (None, 480):
        for name, options in (("ours", OURS), ("DeepLab's", PUBLISHED), ("80/13/10", STRONG)):
            compare(f"480x360 {name}", street(folder, (480, 360), 11, count), options)
    if arguments.size is None:
        compare("photographs", photographs(arguments.shared, 2 * count), OURS)
    if arguments.large:
        large(arguments.shared)
    if arguments.defaults:
        defaults(arguments.shared)


if __name__ == "__main__":
    main()
