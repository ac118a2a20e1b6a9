"""The nuclei net: sizes, what it can see, that exposure does not matter, and the weights that ship with it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from segdesk.domain import rle
from segdesk.domain.card import ModelCard
from segdesk.engines.cells import instances
from segdesk.io.cards import read_cards
from segdesk.nets.nuclei_unet import NucleiUNet, build, standardised

MODELS = Path(__file__).resolve().parents[2] / "models"

SMALL = {"widths": [8, 8, 8, 8, 8, 8]}


@pytest.mark.parametrize("size", [(32, 32), (64, 96), (33, 47), (2, 2), (1, 5), (70, 31)])
def test_the_output_has_the_pictures_size(size: tuple[int, int]):
    net = build(SMALL, 1).eval()
    assert net(torch.rand(2, 3, *size)).shape == (2, 4, *size)


def test_size_of_the_net():
    net = build({}, 1)
    assert net.output == "cells"
    assert sum(p.numel() for p in net.parameters()) == 2_572_316


def test_it_knows_one_class():
    with pytest.raises(ValueError, match="one class"):
        build({}, 2)


def test_a_pixel_sees_a_whole_large_nucleus():
    # Nuclei of the training data are up to about 100 pixels wide: the middle must see both borders.
    net = NucleiUNet((4, 4, 4, 4, 4, 4)).eval()
    x = torch.rand(1, 3, 256, 256, requires_grad=True)
    features = x
    skips = [features := net.stem(features)]
    for step in net.down:
        skips.append(features := step(features))
    features = net.bottom(skips.pop())
    for step in net.up:
        features = step(features, skips.pop())
    features[0, :, 128, 128].sum().backward()
    assert x.grad is not None
    touched = (x.grad[0].abs().sum(0) > 0).nonzero()
    assert touched.min() <= 64
    assert touched.max() >= 192


def test_exposure_does_not_matter():
    x = torch.rand(1, 3, 40, 40) * 0.5 + 0.2
    assert torch.allclose(standardised(x), standardised(x * 1.5 + 0.05), atol=0.05)


def test_a_flat_picture_stays_flat():
    assert standardised(torch.full((1, 3, 16, 16), 0.3)).abs().max() < 1e-3


def test_pictures_of_a_batch_do_not_mix():
    net = build(SMALL, 1).eval()
    a, b = torch.rand(1, 3, 40, 40), torch.rand(1, 3, 40, 40) * 0.1
    together = net(torch.cat([a, b]))
    assert torch.allclose(together[0], net(a)[0], atol=1e-5)
    assert torch.allclose(together[1], net(b)[0], atol=1e-5)


@pytest.fixture(scope="module")
def card() -> ModelCard:
    (only,) = read_cards(MODELS / "nuclei-unet.toml")
    return only


@pytest.fixture(scope="module")
def shipped(card: ModelCard) -> torch.nn.Module:
    assert card.weights is not None
    net = build(card.net.options, len(card.classes))
    net.load_state_dict(torch.load(MODELS / card.weights.file, weights_only=True))
    return net.eval()


def test_the_card_tells_the_weights(card: ModelCard):
    assert card.weights is not None
    content = (MODELS / card.weights.file).read_bytes()
    assert hashlib.sha256(content).hexdigest() == card.weights.sha256
    assert len(content) == card.weights.bytes < 12_000_000
    assert card.name.zh
    assert card.about.zh
    assert [c.name for c in card.classes] == ["nucleus"]
    assert card.classes.things == {1}
    assert {s.metric.split(",")[0] for s in card.scores} >= {"AP50", "mean AP 0.5:0.95", "mask AP", "mask AP50"}


def micrograph(*, ink: float, paper: float) -> tuple[np.ndarray, np.ndarray]:
    """((200, 240, 3) uint8 RGB, (200, 240) int32): eight shaded ellipses, some touching, with blur and noise."""
    rng = np.random.default_rng(4)
    ids = np.zeros((200, 240), np.int32)
    places = [(40, 40), (40, 66), (120, 50), (60, 150), (130, 130), (150, 150), (40, 200), (160, 210)]
    for index, (y, x) in enumerate(places, start=1):
        cv2.ellipse(ids, (x, y), (14, 11), 25.0 * index, 0, 360, index, -1)
    grey = np.where(ids > 0, ink, paper).astype(np.float32)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.2) + rng.normal(0, 2.0, ids.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)[..., None].repeat(3, 2), ids


@pytest.mark.parametrize(("ink", "paper"), [(180, 15), (30, 8)], ids=["bright", "dim"])
def test_the_shipped_weights_find_rendered_nuclei(shipped: torch.nn.Module, card: ModelCard, ink: int, paper: int):
    pixels, ids = micrograph(ink=ink, paper=paper)
    image = torch.from_numpy(pixels.astype(np.float32) / 255.0).permute(2, 0, 1)[None]
    with torch.inference_mode():
        output = shipped(image)[0].numpy()
    found = instances(output, ids.shape, **card.net.options["cells"])
    masks = [rle.decode(m) for score, m in found if score >= card.decide.confidence]
    cells = [ids == i for i in range(1, int(ids.max()) + 1)]
    hits = [max((c & m).sum() / (c | m).sum() for m in masks) > 0.5 for c in cells]
    assert sum(hits) >= 7
    assert len(masks) <= 10


def test_the_shipped_weights_find_nothing_in_a_blank_picture(shipped: torch.nn.Module, card: ModelCard):
    with torch.inference_mode():
        output = shipped(torch.full((1, 3, 96, 96), 0.1))[0].numpy()
    found = instances(output, (96, 96), **card.net.options["cells"])
    assert [s for s, _ in found if s >= card.decide.confidence] == []
