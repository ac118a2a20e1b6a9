"""Train, score and pack the nuclei net that ships with the program (`models/nuclei-unet.*`).

    python scripts/train_nuclei.py --data FOLDER --out RUN --seed 1 --minutes 60     # trains; RUN/last.pth at any time
    python scripts/train_nuclei.py --data FOLDER --out RUN --evaluate                # scores RUN/last.pth

`FOLDER` holds `images` and `instances` (16-bit PNG, 0 = background) of the Data Science Bowl 2018, stage 1. The split
is read from `--split`, or made from `--seed` and frozen there. Thresholds are chosen on the part "tune", which is
neither trained on nor scored.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import itertools
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nuclei_data
import nuclei_score
from nuclei_data import Picture

from segdesk.engines.cells import instances
from segdesk.engines.training.objectives.cells import loss_parts
from segdesk.nets.nuclei_unet import build

ROOT = Path(__file__).resolve().parent.parent
BATCH = 8
EMA = 0.998
RATE, DECAY = 2e-3, 0.03
WARM_UP = 0.03


def prefetched(batches: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The same batches as tensors, made one ahead in a thread; in order, so that a seed fixes them."""
    ready: queue.Queue[tuple[torch.Tensor, torch.Tensor]] = queue.Queue(maxsize=3)

    def fill() -> None:
        for pixels, wanted in batches:
            image = torch.from_numpy(pixels).to(memory_format=torch.channels_last)
            ready.put((image, torch.from_numpy(wanted)))

    threading.Thread(target=fill, daemon=True).start()
    while True:
        yield ready.get()


def averaged(slow: nn.Module, fast: nn.Module, *, decay: float) -> None:
    """Move the weights and statistics of `slow` towards those of `fast`."""
    with torch.no_grad():
        for a, b in zip(slow.state_dict().values(), fast.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1.0 - decay)
            else:
                a.copy_(b)


def rate_at(done: float) -> float:
    """The learning rate at a fraction of the run: a short linear rise, then half a cosine to nearly nothing."""
    if done < WARM_UP:
        return RATE * done / WARM_UP + 1e-6
    return RATE * 0.5 * (1.0 + float(np.cos(np.pi * min(1.0, (done - WARM_UP) / (1.0 - WARM_UP))))) + 1e-6


def train(pictures: Sequence[Picture], tune: Sequence[Picture], arguments: argparse.Namespace) -> None:
    """Train until the minutes or the steps are over; leaves `last.pth` and `curve.jsonl` in the run's folder."""
    torch.manual_seed(arguments.seed)
    net = build({}, 1).to(memory_format=torch.channels_last).train()
    slow = copy.deepcopy(net).eval()
    optimizer = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    stream = prefetched(nuclei_data.Crops(pictures, seed=arguments.seed).batches(BATCH))
    begun, reported, sums, seen = time.monotonic(), time.monotonic(), {}, 0
    for step in itertools.count():
        elapsed = (time.monotonic() - begun) / 60.0
        done = step / arguments.steps if arguments.steps else elapsed / arguments.minutes
        if done >= 1.0:
            break
        for group in optimizer.param_groups:
            group["lr"] = rate_at(done)
        parts = one_step(net, optimizer, *next(stream))
        averaged(slow, net, decay=min(EMA, (1 + step) / (20 + step)))
        seen += 1
        sums = {k: sums.get(k, 0.0) + v for k, v in parts.items()}
        if time.monotonic() - reported > arguments.report * 60.0:
            note(arguments.out, slow, tune, {"step": step + 1, "minutes": elapsed, **mean_of(sums, seen)})
            reported, sums, seen = time.monotonic(), {}, 0
    note(arguments.out, slow, tune, {"step": step, "minutes": elapsed, **mean_of(sums, max(1, seen))})


def one_step(
    net: nn.Module, optimizer: torch.optim.Optimizer, image: torch.Tensor, wanted: torch.Tensor
) -> dict[str, float]:
    """One update; the values of the loss's terms."""
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = net(image)
    parts = loss_parts(output.float(), wanted)
    sum(parts.values()).backward()  # type: ignore[union-attr]  # sum() of tensors is a tensor
    nn.utils.clip_grad_norm_(net.parameters(), 5.0)
    optimizer.step()
    return {k: float(v.detach()) for k, v in parts.items()}


def mean_of(sums: dict[str, float], count: int) -> dict[str, float]:
    """The mean of each term."""
    return {k: v / count for k, v in sums.items()}


def note(out: Path, slow: nn.Module, tune: Sequence[Picture], entry: dict[str, float]) -> None:
    """Save the averaged net, score it on some pictures of "tune", and add a line to the curve."""
    torch.save(packed(slow), out / "last.tmp")
    (out / "last.tmp").replace(out / "last.pth")
    ap50, ap = nuclei_score.mean_dsb(tune[::2], [label_map(slow, p) for p in tune[::2]])
    entry = {**{k: round(v, 4) for k, v in entry.items()}, "tune_ap50": round(ap50, 4), "tune_ap": round(ap, 4)}
    with (out / "curve.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
    print(entry, flush=True)


def packed(net: nn.Module) -> dict[str, torch.Tensor]:
    """The state dict in half precision."""
    return {k: v.half() if v.dtype.is_floating_point else v for k, v in net.state_dict().items()}


def forward(net: nn.Module, picture: Picture) -> np.ndarray:
    """(4, H, W) float32 output of the net for a whole picture."""
    image = torch.from_numpy(picture.pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None]
    with torch.inference_mode():
        return net(image.contiguous(memory_format=torch.channels_last))[0].numpy()


def label_map(net: nn.Module, picture: Picture) -> np.ndarray:
    """The net's answer with the thresholds as they come."""
    size = (picture.ids.shape[0], picture.ids.shape[1])
    return nuclei_score.painted(instances(forward(net, picture), size), size, confidence=0.5)


def load_net(path: Path) -> nn.Module:
    """The net with the weights of a file."""
    net = build({}, 1)
    state = torch.load(path, weights_only=True)
    net.load_state_dict({k: v.float() if v.dtype.is_floating_point else v for k, v in state.items()})
    return net.to(memory_format=torch.channels_last).eval()


def evaluate(net: nn.Module, tune: Sequence[Picture], held: Sequence[Picture]) -> dict[str, object]:
    """Thresholds from "tune", scores on "held_out", of the net and of the classical baseline."""
    raw = [forward(net, p) for p in tune]

    @cache
    def objects(index: int, foreground: float, core: float) -> nuclei_score.Found:
        return instances(raw[index], tune[index].ids.shape, foreground=foreground, core=core)

    def answer(index: int, *, confidence: float, foreground: float, core: float) -> np.ndarray:
        return nuclei_score.painted(objects(index, foreground, core), tune[index].ids.shape, confidence=confidence)

    grid = [
        {"foreground": f, "core": c, "confidence": s}
        for f in (0.5, 0.6, 0.7)
        for c in (0.3, 0.35, 0.4, 0.45, 0.5)
        for s in (0.3, 0.4, 0.5, 0.6)
    ]
    chosen, on_tune = nuclei_score.best_of(tune, grid, answer)
    confidence = chosen.pop("confidence")
    found = [instances(forward(net, p), (p.ids.shape[0], p.ids.shape[1]), **chosen) for p in held]
    maps = [nuclei_score.painted(f, p.ids.shape, confidence=confidence) for f, p in zip(found, held, strict=True)]
    old, _ = nuclei_score.best_of(
        tune,
        [{"distance": d} for d in (3, 5, 7, 10, 14)],
        lambda i, distance: nuclei_score.baseline(tune[i].pixels, distance=int(distance)),
    )
    old_maps = [nuclei_score.baseline(p.pixels, distance=int(old["distance"])) for p in held]
    return {
        "options": {**chosen, "confidence": confidence},
        "tune_ap": on_tune,
        "net": table(held, maps, found),
        "baseline": {
            "distance": old["distance"],
            **table(held, old_maps, [nuclei_score.as_found(m) for m in old_maps]),
        },
    }


def table(
    held: Sequence[Picture], maps: Sequence[np.ndarray], found: Sequence[nuclei_score.Found]
) -> dict[str, object]:
    """Scores in both conventions, and the 2018 one by kind of picture."""
    ap50, ap = nuclei_score.mean_dsb(held, maps)
    coco50, coco_ap = nuclei_score.coco(held, found)
    kinds = {}
    for kind in sorted({p.kind for p in held}):
        chosen = [i for i, p in enumerate(held) if p.kind == kind]
        pair = nuclei_score.mean_dsb([held[i] for i in chosen], [maps[i] for i in chosen])
        kinds[kind] = {"pictures": len(chosen), "ap50": round(pair[0], 4), "ap": round(pair[1], 4)}
    return {
        "dsb": {"ap50": round(ap50, 4), "ap": round(ap, 4)},
        "coco": {"ap50": round(coco50, 4), "ap": round(coco_ap, 4)},
        "kinds": kinds,
    }


def main() -> None:
    """Train, or score with `--evaluate`."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", type=Path, default=ROOT / "models" / "nuclei-unet.split.json")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=0, help="a fixed number of steps instead of minutes: repeatable")
    parser.add_argument("--report", type=float, default=5.0, help="minutes between two lines of the curve")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--weights", type=Path, help="the file to evaluate (default: OUT/last.pth)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    pictures = nuclei_data.load(arguments.data)
    if not arguments.split.exists():
        nuclei_data.write_split(arguments.split, pictures, seed=arguments.seed)
    parts = nuclei_data.read_split(arguments.split)
    train_part, tune, held = ([p for p in pictures if p.name in set(parts[k])] for k in ("train", "tune", "held_out"))
    if not arguments.evaluate:
        train(train_part, tune, arguments)
        return
    weights = arguments.weights or arguments.out / "last.pth"
    result = evaluate(load_net(weights), tune, held)
    result["sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (arguments.out / "scores.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
