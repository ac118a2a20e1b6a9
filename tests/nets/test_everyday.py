"""The shipped model of everyday objects: its card, its file, and that it is better than what it began with."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

from segdesk.engines.loading import load_net
from segdesk.engines.training.holdout import best_channels
from segdesk.io.cards import read_cards
from segdesk.paths import models_dir

NAME = "deeplabv3plus-mobilenetv2-everyday"
ROOT = Path(__file__).resolve().parents[2]
SOME = ("000000000036.jpg", "000000000328.jpg", "000000000349.jpg", "000000000569.jpg", "000000000589.jpg")


def script():
    """`scripts/photos_set.py`."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        return importlib.import_module("photos_set")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


def test_the_card_says_what_the_file_is():
    (card,) = read_cards(models_dir() / f"{NAME}.toml")
    data = (models_dir() / f"{NAME}.pth").read_bytes()
    assert card.weights is not None
    assert hashlib.sha256(data).hexdigest() == card.weights.sha256
    assert len(data) == card.weights.bytes <= 12 << 20
    net = load_net(card, str(models_dir() / f"{NAME}.pth"), torch.device("cpu"))
    answer = net(torch.zeros(1, 3, 65, 97))
    assert answer.shape == (1, 21, 17, 25)
    assert torch.isfinite(answer).all()
    assert card.licence.weights == "Apache-2.0"


def test_the_split_is_that_of_the_script(shared: Path):
    photos_set = script()
    parts = json.loads((models_dir() / f"{NAME}.split.json").read_text("utf-8"))["parts"]
    found = list(photos_set.photos(shared / "data" / "photos"))
    assert set(parts["held_out"]) == photos_set.split(found, share=0.3, seed=1)
    assert {p.name for p in found} == set(parts["held_out"]) | set(parts["learned_from"])
    assert all(p.ids.shape == p.labels.shape for p in found)
    assert [p.name for p in found if not p.labelled] == ["000000000250.jpg", "000000000508.jpg"]


def test_it_is_better_than_what_it_began_with(shared: Path):
    """On some held-out pictures, whole and along the borders; `scripts/train_everyday.py` has the figures of all."""
    (card,) = read_cards(models_dir() / f"{NAME}.toml")
    (old_card,) = read_cards(models_dir() / "deeplabv3-mobilenetv2-voc21.toml")
    old_file = shared / "data" / "checkpoints" / "deeplabv3_mobilenetv2_voc21.pth"
    device = torch.device("cpu")
    nets = [
        (card, load_net(card, str(models_dir() / f"{NAME}.pth"), device)),
        (old_card, load_net(old_card, str(old_file), device)),
    ]
    wrong, wrong_near = [0, 0], [0, 0]
    for photo in (p for p in script().photos(shared / "data" / "photos") if p.name in SOME):
        picture = cv2.imread(str(photo.path), cv2.IMREAD_COLOR_RGB)
        known = photo.labels != 255
        edges = cv2.morphologyEx(photo.labels, cv2.MORPH_GRADIENT, np.ones((17, 17), np.uint8)) > 0
        for at, (one, net) in enumerate(nets):
            answer, _ = best_channels(net, picture, one.input, 21, device, lambda: False)
            missed = (answer != photo.labels) & known
            wrong[at] += int(missed.sum())
            wrong_near[at] += int((missed & edges).sum())
    assert wrong[0] < 0.9 * wrong[1]
    assert wrong_near[0] < 0.95 * wrong_near[1]
