"""Train and score the net for everyday objects that ships (`models/deeplabv3plus-mobilenetv2-everyday.*`).

    python scripts/train_everyday.py --data PHOTOS --teacher FILE --out RUN             # trains, then scores
    python scripts/train_everyday.py --data PHOTOS --teacher FILE --out RUN --score     # scores RUN/best.pth alone
    python scripts/train_everyday.py --data PHOTOS --teacher FILE --out RUN --pack FILE # writes what is shipped

`PHOTOS` is what `photos_set.py` reads; `FILE` the weights of the card `deeplabv3-mobilenetv2-voc21`, which teaches. The
training itself is `segdesk train`'s engine with the options below; a run that was broken off goes on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import cv2
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import photos_set

from segdesk.domain.card import ModelCard, NetSpec
from segdesk.engines.loading import builder, load_net
from segdesk.engines.training.holdout import best_channels
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import (
    BEST,
    IGNORED,
    EpochEnd,
    TrainBegun,
    TrainItem,
    TrainOptions,
    TrainRequest,
    TrainStart,
)
from segdesk.engines.training.sampling import Pictures
from segdesk.io.cards import find_card

ROOT = Path(__file__).resolve().parent.parent
TEACHER, NET = "deeplabv3-mobilenetv2-voc21", "deeplabv3plus_mobilenetv2"
SHARE, SPLIT_SEED = 0.3, 1
RECIPE = TrainOptions(
    epochs=5,
    epoch_crops=500,
    batch=8,
    crop=321,  # one more than a multiple of the stride: corners of maps are corners of the crop
    rate=1e-3,
    encoder_rate=0.03,
    slow=("aspp0.", "pool.", "proj.", "logits."),
    freeze_encoder=True,
    schedule="cosine",
    teacher=0.5,
    ema=0.995,
    device="cpu",
)
KEPT = 0.9999  # of the pixels must have the same class in half precision
WIDTHS = (0.02, 0.005)  # of the band along a border that counts, in diagonals of the picture


def request_of(
    run: Path, teacher: ModelCard, weights: Path, *, items: Sequence[TrainItem], options: TrainOptions
) -> TrainRequest:
    """The run. It begins with the teacher's weights in the new net, whose decoder then changes nothing: the same
    answer, with its cells where they belong. That is also what teaches."""
    card = replace(teacher, id="everyday", net=NetSpec(NET), weights=None)
    torch.manual_seed(options.seed)
    net = builder(NET)({}, len(card.channel_ids))
    missing, surplus = net.load_state_dict(torch.load(weights, weights_only=True), strict=False)
    assert not surplus
    assert all(name.startswith("decoder.") for name in missing)
    begun = run / "begin.pth"
    torch.save(net.state_dict(), begun)
    return TrainRequest(str(run), card, tuple(items), TrainStart(card, str(begun), "card", card.channel_ids), options)


def told(message: object) -> None:
    """A line for what the training says."""
    if isinstance(message, TrainBegun):
        print("begun:", message.steps_per_epoch, "steps an epoch; the teacher scores", message.old, flush=True)
    elif isinstance(message, EpochEnd):
        miou = message.judged.miou or 0.0
        print(f"epoch {message.epoch}: loss {message.loss:.4f}, mIoU {miou:.4f}, {message.seconds:.0f} s", flush=True)


def scores(card: ModelCard, weights: Path, pictures: Pictures, items: Sequence[TrainItem]) -> dict[str, object]:
    """Mean IoU over the classes that are there, of whole regions and of bands along the borders (Cheng et al.,
    arXiv:2103.16562), and the mean F of borders that may be off by the narrower band's width."""
    net = load_net(card, str(weights), torch.device("cpu"))
    count = len(card.channel_ids)
    sums = {key: np.zeros((count, 2)) for key in ("iou", *WIDTHS)}
    hits = np.zeros((count, 4))
    for item in items:
        picture, truth = pictures.original(item)
        answer, _ = best_channels(net, picture, card.input, count, torch.device("cpu"), lambda: False)
        known = truth != IGNORED
        for k in range(count):
            a, t = (answer == k) & known, truth == k
            if a.any() or t.any():
                _add(sums, hits, k, answer=a, truth=t)
    present = (sums["iou"][:, 1] > 0) & (_truth_there(pictures, items, count))
    shares = {key: np.where(present, value[:, 0] / np.maximum(value[:, 1], 1), np.nan) for key, value in sums.items()}
    precision, recall = hits[:, 0] / np.maximum(hits[:, 1], 1), hits[:, 2] / np.maximum(hits[:, 3], 1)
    f = np.where(present, 2 * precision * recall / np.maximum(precision + recall, 1e-9), np.nan)
    names = ["background", *(c.name for c in card.classes)]
    return {
        "mIoU": _mean(shares["iou"]),
        **{f"boundary IoU {width}": _mean(shares[width]) for width in WIDTHS},
        "boundary F": _mean(f),
        "IoU": {n: round(100 * float(v), 2) for n, v in zip(names, shares["iou"], strict=True) if not np.isnan(v)},
    }


def _mean(values: np.ndarray) -> float:
    return round(100 * float(np.nanmean(values)), 2)


def _truth_there(pictures: Pictures, items: Sequence[TrainItem], count: int) -> np.ndarray:
    seen = sum(np.bincount(pictures.original(i)[1].ravel(), minlength=256) for i in items)
    return np.asarray(seen)[:count] > 0


def _add(sums: dict, hits: np.ndarray, k: int, *, answer: np.ndarray, truth: np.ndarray) -> None:
    a, t = answer, truth
    sums["iou"][k] += (a & t).sum(), (a | t).sum()
    diagonal = float(np.hypot(*a.shape))
    reach = 1
    for width in WIDTHS:
        reach = max(1, round(width * diagonal))
        inner_a, inner_t = _band(a, reach), _band(t, reach)
        sums[width][k] += (inner_a & inner_t).sum(), (inner_a | inner_t).sum()
    edge_a, edge_t = _band(a, 1), _band(t, 1)
    near = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    around_a, around_t = cv2.dilate(edge_a.astype(np.uint8), near), cv2.dilate(edge_t.astype(np.uint8), near)
    hits[k] += (edge_a & (around_t > 0)).sum(), edge_a.sum(), (edge_t & (around_a > 0)).sum(), edge_t.sum()


def _band(mask: np.ndarray, reach: int) -> np.ndarray:
    """The mask's pixels within `reach` of what is not of it; the picture's edge is no border."""
    whole = cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=reach, borderValue=1)
    return mask & (whole == 0)


def pack(card: ModelCard, weights: Path, out: Path, *, pictures: Pictures, items: Sequence[TrainItem]) -> None:
    """Write the weights in half precision, unless too many pixels of `items` change their class by it."""
    state = {k: v.contiguous() for k, v in torch.load(weights, weights_only=True).items()}
    torch.save({k: v.half() if v.dtype.is_floating_point else v for k, v in state.items()}, out)
    device, same, total = torch.device("cpu"), 0, 0
    nets = [load_net(card, str(path), device) for path in (weights, out)]
    for item in items:
        picture, _ = pictures.original(item)
        one, other = (
            best_channels(net, picture, card.input, len(card.channel_ids), device, lambda: False)[0] for net in nets
        )
        same, total = same + int((one == other).sum()), total + one.size
    if same < KEPT * total:
        torch.save(state, out)
    print(out.stat().st_size, "bytes, sha256", hashlib.sha256(out.read_bytes()).hexdigest())
    print(f"{100 * same / total:.4f} % of {total} pixels keep their class in half precision")


def main() -> None:
    """Train and score, or as the switches say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--score", action="store_true", help="only score what is there")
    parser.add_argument("--pack", type=Path, help="only write the weights as they are shipped")
    parser.add_argument("--weights", type=Path, help="the file to score (default: OUT/best.pth)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    found = list(photos_set.photos(arguments.data))
    items = photos_set.write(found, photos_set.split(found, share=SHARE, seed=SPLIT_SEED), arguments.out)
    teacher = find_card([ROOT / "models"], TEACHER)
    assert teacher is not None
    options = replace(RECIPE, seed=arguments.seed, epochs=arguments.epochs, threads=arguments.threads)
    request = request_of(arguments.out, teacher, arguments.teacher, items=items, options=options)
    held = [item for item in items if item.held_out]
    pictures = Pictures(arguments.out, teacher.input, len(teacher.channel_ids))
    weights = arguments.weights or arguments.out / BEST
    if arguments.pack:
        pack(request.card, weights, arguments.pack, pictures=pictures, items=held)
        return
    if not arguments.score:
        result = Trainer(request, told).run()
        (arguments.out / "result.json").write_text(json.dumps(asdict(result), default=str, indent=1))
    table = {
        "teacher": scores(teacher, arguments.teacher, pictures, held),
        "teacher, aligned": scores(request.card, arguments.out / "begin.pth", pictures, held),
        "ours": scores(request.card, weights, pictures, held),
    }
    (arguments.out / "scores.json").write_text(json.dumps(table, indent=1) + "\n")
    print(json.dumps(table, indent=1))


if __name__ == "__main__":
    main()
