"""What it costs to bring the small masks of a net to a picture's own resolution, as runs of pixels.

    python tests/benchmarks/bench_instances.py [--megapixels N] [--objects N]

Three kinds of objects: those of COCO's sizes (a few large ones, many small), large ones only, and masks over boxes.
Prints seconds for all objects of one picture (median of several), and the ratio to enlarging each mask within its box
by OpenCV, cutting it at the threshold and encoding the pixels.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from statistics import median

import cv2
import numpy as np

from segdesk.domain.rle import encode_at

INPUT = (800, 1200)
GRID = (200, 300)


def blobs(count: int, share: np.ndarray, *, seed: int) -> np.ndarray:
    """(count, *GRID) soft ellipses, each over about `share` of the picture, with a wavy outline."""
    rng = np.random.default_rng(seed)
    rows, cols = np.mgrid[: GRID[0], : GRID[1]].astype(np.float32)
    found = []
    for part in share:
        radius = np.sqrt(part * GRID[0] * GRID[1] / np.pi)
        y, x, turn, stretch = rng.random() * GRID[0], rng.random() * GRID[1], rng.random() * 6, 0.6 + rng.random()
        dy, dx = (rows - y) / stretch, (cols - x) * stretch
        edge = radius * (1 + 0.15 * np.sin(5 * np.arctan2(dy, dx) + turn))
        found.append(1 / (1 + np.exp((np.hypot(dy, dx) - edge).clip(-30, 30))))
    return np.stack(found).astype(np.float32)[:count]


def plainly(found: np.ndarray, size: tuple[int, int]) -> list[object]:
    """Enlarged, cut and encoded, each within the box of its cells."""
    done: list[object] = []
    step = size[0] / GRID[0], size[1] / GRID[1]
    for mask in found:
        rows, cols = (np.flatnonzero((mask > 0.5).any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            continue
        top, left = max(0, rows[0] - 1), max(0, cols[0] - 1)
        part = mask[top : rows[-1] + 2, left : cols[-1] + 2]
        y, x = int(top * step[0]), int(left * step[1])
        height, width = min(size[0] - y, int(part.shape[0] * step[0])), min(size[1] - x, int(part.shape[1] * step[1]))
        done.append(encode_at(cv2.resize(part, (width, height)) > 0.5, x, y, size))
    return done


def seconds(work: Callable[[], object]) -> float:
    """The median of five."""
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return median(taken)


def main() -> None:
    """Print the figures."""
    import torch

    from segdesk.engines import detections, masks

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, default=24)
    parser.add_argument("--objects", type=int, default=100)
    asked = parser.parse_args()
    count, height = asked.objects, int((asked.megapixels * 1e6 / 1.5) ** 0.5)
    size = height, height * 3 // 2
    rng = np.random.default_rng(0)
    coco = np.exp(rng.normal(-4.4, 1.6, count)).clip(1e-4, 0.6)  # median 1.2 % of the picture, mean 4 %
    kinds = {"as in COCO": coco, "each a quarter": np.full(count, 0.25), "each nearly all": np.full(count, 0.9)}
    labels, scores = torch.zeros(count), torch.linspace(1, 0, count)
    for name, share in kinds.items():
        small = blobs(count, share, seed=1)
        found = {"labels": labels, "scores": scores, "masks": torch.from_numpy(small)}
        ours = seconds(lambda found=found: masks.instances(found, size, INPUT, INPUT, channel_ids=(1,)))
        plain = seconds(lambda small=small: plainly(small, size))
        print(f"{name}: {ours:.3f} s, {plain / ours:.1f} times faster than enlarging")
    side = torch.from_numpy(np.sqrt(coco).astype(np.float32))
    corner = torch.rand((count, 2), generator=torch.Generator().manual_seed(2)) * (1 - side[:, None])
    boxes = torch.cat([corner, corner + side[:, None]], 1) * torch.tensor([INPUT[1], INPUT[0]] * 2)
    over_box = torch.from_numpy(blobs(count, np.full(count, 0.3), seed=3)[:, ::8, ::12])
    boxed = {"boxes": boxes, "labels": labels, "scores": scores, "masks": over_box}
    ours = seconds(lambda: detections.instances(boxed, size, INPUT, (1,)))
    print(f"25 x 25 over boxes: {ours:.3f} s")


if __name__ == "__main__":
    main()
