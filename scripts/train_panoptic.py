"""Train and score the net for everyday objects, one by one, that ships (`models/panoptic-deeplab-mobilenetv2.*`).

    python scripts/train_panoptic.py --data PHOTOS --classes FILE --out RUN             # trains, then scores
    python scripts/train_panoptic.py --data PHOTOS --classes FILE --out RUN --score     # scores RUN/best.pth alone
    python scripts/train_panoptic.py --data PHOTOS --classes FILE --out RUN --pack FILE # writes it in half precision

`PHOTOS` is what `photos_set.py` reads; `FILE` the weights of the shipped net of classes (`train_everyday.py`). Encoder
and branch of the classes begin with them and stay; what is trained is the branch of the objects. The split is the one
that those weights were trained with, so no picture that judges was ever learned from. The training itself is `segdesk
train`'s engine with the options below; a run that was broken off goes on.
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
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import photos_set

from segdesk.domain.card import ModelCard, NetSpec
from segdesk.domain.decide import DecideOptions
from segdesk.engines.loading import load_net
from segdesk.engines.training.holdout_objects import judge
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import (
    BEST,
    EpochEnd,
    Judged,
    TrainBegun,
    TrainItem,
    TrainOptions,
    TrainRequest,
    TrainStart,
)
from segdesk.engines.training.sampling import Pictures
from segdesk.io.cards import find_card

ROOT = Path(__file__).resolve().parent.parent
CLASSES, NET = "deeplabv3-mobilenetv2-voc21", "panoptic_deeplab_mobilenetv2"
SHARE, SPLIT_SEED = 0.3, 1
SEMANTIC = ("aspp0.", "pool.", "proj.", "logits.", "decoder.")
GROUPS = {"threshold": 0.1, "window": 41}  # as detectron2 groups photographs
DECIDE = DecideOptions(confidence=0.15, overlap=0.0)
RECIPE = TrainOptions(
    epochs=3,
    epoch_crops=800,
    batch=8,
    crop=289,
    rate=2e-3,
    freeze_encoder=True,
    frozen=SEMANTIC,
    schedule="cosine",
    ema=0.98,
    device="cpu",
)


def _classes_card() -> ModelCard:
    card = find_card([ROOT / "models"], CLASSES)
    assert card is not None
    return card


def card_of(confidence: float = DECIDE.confidence) -> ModelCard:
    """The net to come; its classes are those of the teacher."""
    base = _classes_card()
    decide = replace(DECIDE, confidence=confidence)
    return replace(
        base, id="everyday-objects", task="panoptic", net=NetSpec(NET, {"groups": GROUPS}), weights=None, decide=decide
    )


def request_of(run: Path, weights: Path, *, items: Sequence[TrainItem], options: TrainOptions) -> TrainRequest:
    """The run: it begins with the weights of the net of classes. That one finds no objects, so it is not judged."""
    begin = replace(_classes_card(), net=NetSpec("deeplabv3plus_mobilenetv2"))
    start = TrainStart(begin, str(weights), "card", begin.channel_ids)
    return TrainRequest(str(run), card_of(), tuple(items), start, options)


def told(message: object) -> None:
    """A line for what the training says."""
    if isinstance(message, TrainBegun):
        print("begun:", message.steps_per_epoch, "steps an epoch", flush=True)
    elif isinstance(message, EpochEnd):
        figures = {name: round(100 * (getattr(message.judged, field) or 0.0), 2) for name, field in FIGURES}
        print(f"epoch {message.epoch}: loss {message.loss:.4f}, {figures}, {message.seconds:.0f} s", flush=True)


FIGURES = (("PQ", "pq"), ("SQ", "sq"), ("RQ", "rq"), ("AP", "ap"), ("AP50", "ap50"), ("AP75", "ap75"), ("mIoU", "miou"))


def table(judged: Judged, card: ModelCard) -> dict[str, object]:
    """The figures in percent."""
    whole = {name: round(100 * (getattr(judged, field) or 0.0), 2) for name, field in FIGURES}
    each = {c.name: round(100 * v, 2) for c, v in zip(card.classes, judged.by_class, strict=True) if v is not None}
    return {**whole, "pictures": judged.pictures, "PQ by class": each}


def scored(run: Path, weights: Path, items: Sequence[TrainItem], confidence: float) -> dict[str, object]:
    """The figures of a file of weights on pictures of the run."""
    card, device = card_of(confidence), torch.device("cpu")
    pictures = Pictures(run, card.input, len(card.channel_ids), objects=True)
    net = load_net(card, str(weights), device)
    found, _ = judge(net, pictures, items, card=card, run=card, positions=card.channel_ids, device=device)
    return table(found, card)


def merged(trained: Path, classes: Path) -> dict[str, torch.Tensor]:
    """The trained branch of the objects with the encoder and the branch of the classes of `classes`, if the encoder is
    the one that the branch was trained on. Raises ValueError."""
    mine = torch.load(trained, weights_only=True)
    theirs = {k: v.float() if v.dtype.is_floating_point else v for k, v in _state(classes).items()}
    for key, value in theirs.items():
        if key.startswith("backbone.") and not torch.allclose(value, mine[key].to(value.dtype), rtol=1e-3, atol=1e-4):
            raise ValueError(f"the encoder differs: {key}")
    return {**mine, **{key: value for key, value in theirs.items() if key in mine}}


def _state(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, map_location="cpu", weights_only=True)


def pack(state: dict[str, torch.Tensor], out: Path) -> None:
    """The weights in half precision."""
    torch.save({k: v.half().contiguous() if v.dtype.is_floating_point else v for k, v in state.items()}, out)
    print(out.stat().st_size, "bytes, sha256", hashlib.sha256(out.read_bytes()).hexdigest())


def main() -> None:
    """Train and score, or as the switches say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--classes", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs)
    parser.add_argument("--minutes", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--confidence", type=float, default=DECIDE.confidence)
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--learned", action="store_true", help="score the pictures that were learned from")
    parser.add_argument("--weights", type=Path, help="the file to score (default: OUT/best.pth)")
    parser.add_argument("--pack", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    if arguments.pack:
        pack(merged(arguments.out / BEST, arguments.classes), arguments.pack)
        return
    found = list(photos_set.photos(arguments.data))
    judging = photos_set.split(found, share=SHARE, seed=SPLIT_SEED)
    items = [i for i in photos_set.write(found, judging, arguments.out) if i.held_out or not _unknown(found, i)]
    if not arguments.score:
        end = {"seed": arguments.seed, "epochs": arguments.epochs, "minutes": arguments.minutes}
        options = replace(RECIPE, **end, threads=arguments.threads)
        result = Trainer(request_of(arguments.out, arguments.classes, items=items, options=options), told).run()
        record = {"options": asdict(options), "curve": result.curve, "seconds": round(result.seconds)}
        (arguments.out / "training.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
    weights = arguments.weights or arguments.out / BEST
    shown = [i for i in items if i.held_out != arguments.learned]
    result = scored(arguments.out, weights, shown, arguments.confidence)
    print(json.dumps(result, indent=1))


def _unknown(found: Sequence[photos_set.Photo], item: TrainItem) -> bool:
    """Whether nobody has looked for objects in a picture."""
    return any(p.name == item.name and not p.labelled for p in found)


if __name__ == "__main__":
    main()
