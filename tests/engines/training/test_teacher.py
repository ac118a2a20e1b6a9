"""What the starting model says is learned where no label is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segdesk.domain.card import WeightsSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines.loading import net_module
from segdesk.engines.training import losses, teacher
from segdesk.engines.training.augment import CELL, KINDS, Augmentation, cells_at, coordinates
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import IGNORED, STATE, TrainRequest, TrainStart
from segdesk.nets import deeplabv3_mobilenetv2, deeplabv3plus_mobilenetv2
from tests.engines.training.data import QUICK, card, request


def test_channels_go_where_they_mean_the_same():
    # The old net: ground, dog, cat, boat; the new one: ground, cat, moon.
    table = teacher.channel_table((0, 7, 1, 9), (0, 1, 2))
    assert table.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0], [1, 0, 0]]
    assert teacher.channel_table((7, 1), (1, 2)).tolist() == [[0, 0], [1, 0]]


def test_the_distillation_is_its_plain_formula():
    rng = np.random.default_rng(2)
    logits = torch.from_numpy(rng.normal(0, 2, (2, 3, 8, 12)).astype(np.float32))
    taught = rng.integers(0, 256, (2, 2, 3, 3)).astype(np.uint8)
    taught[1, 0, 0] = 0
    labels = rng.integers(0, 3, (2, 8, 12))
    labels[:, :4, :8] = IGNORED
    total, known = 0.0, 0
    for n, i, j in np.ndindex(2, 2, 3):
        target = taught[n, i, j] / 255
        if not target.sum():
            continue
        known += 1
        y, x = i * CELL + 2, j * CELL + 2
        values = logits[n, :, y, x].double().numpy()
        log_p = values - np.log(np.exp(values).sum())
        label = labels[n, y, x]
        weight = 1.0 if label == IGNORED else 0.3 if label == target.argmax() else 0.0
        total -= weight * (target * log_p).sum()
    found = teacher.distilled(logits, torch.from_numpy(labels), torch.from_numpy(taught), share=0.3)
    assert float(found) == pytest.approx(total / known, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_cells_are_of_the_same_places_as_the_labels(kind: str):
    labels = np.kron(np.arange(48, dtype=np.uint8).reshape(6, 8), np.ones((16, 16), np.uint8))
    cells = labels[CELL // 2 :: CELL, CELL // 2 :: CELL, None] + 1
    plain = Augmentation(**{**vars(KINDS[kind]), "colour": 0.0})
    at = coordinates(labels.shape, plain, crop=64, centre=(3, 90), rng=np.random.default_rng(4))
    found = cells_at(cells, labels.shape, at)[..., 0]
    x, y = (places[2::CELL, 2::CELL] for places in at)
    inside = (x >= 0) & (y >= 0) & (x <= 127) & (y <= 95)
    assert found.shape == (16, 16)
    near = labels[np.rint(y[inside]).astype(int), np.rint(x[inside]).astype(int)]
    blocks = (np.abs(x % 16 - 7.5) < 7)[inside] & (np.abs(y % 16 - 7.5) < 7)[inside]
    assert (found[inside][blocks] == near[blocks] + 1).all()
    assert not found[(x < -1) | (y < -1) | (x > 128) | (y > 96)].any()


def taught_request(folder: Path, *, names: tuple[str, ...] = ("disc", "moon")) -> TrainRequest:
    """A run that begins with random weights of a net for a ground, discs and moons, which teach it."""
    run = request(folder, replace(QUICK, teacher=0.5, epoch_crops=12, batch=2))
    made = replace(card(names=names), weights=WeightsSpec("w.pth"))
    torch.manual_seed(1)
    net = net_module(made.net.type).build(made.net.options, len(made.channel_ids))
    torch.save(net.state_dict(), folder / "w.pth")
    return replace(
        run, card=replace(made, weights=None), start=TrainStart(made, str(folder / "w.pth"), "card", (0, 1, 2))
    )


def test_a_taught_run_needs_no_pixel_of_a_known_class_and_goes_on_bit_for_bit(tmp_path: Path):
    Trainer(taught_request(tmp_path / "whole")).run()
    heard = iter(["go"] * 9)
    broken = taught_request(tmp_path / "parts")
    Trainer(broken, hear=lambda: next(heard, "stop")).run()
    Trainer(broken).run()
    one, other = (torch.load(tmp_path / f / STATE, weights_only=True)["net"] for f in ("whole", "parts"))
    assert all(torch.equal(one[k], other[k]) for k in one)


def test_without_weights_nothing_teaches(tmp_path: Path):
    run = request(tmp_path, replace(QUICK, teacher=0.5))
    with pytest.raises(SegDeskError, match="cannot teach"):
        Trainer(run).run()


def test_the_decoder_begins_as_the_coarse_answer_and_sharpens_it():
    torch.manual_seed(0)
    coarse = deeplabv3_mobilenetv2.build({}, 3).eval()
    fine = deeplabv3plus_mobilenetv2.build({"width": 16, "high": 8, "low": 8}, 3).eval()
    missing, surplus = fine.load_state_dict(coarse.state_dict(), strict=False)
    assert not surplus
    assert all(name.startswith("decoder.") for name in missing)
    x = torch.randn(1, 3, 65, 97)
    with torch.no_grad():
        answer, old = fine(x), coarse(x)
    assert answer.shape == (1, 3, 17, 25)
    whole = F.interpolate(old, size=answer.shape[2:], mode="bilinear", align_corners=True)
    assert torch.allclose(answer, whole, atol=1e-5)
    # Of another size it is continued, so that the cells stay where they are, and the answer is as large as the picture.
    with torch.no_grad():
        part = fine(x[:, :, :60, :90])
        padded = F.pad(x[:, :, :60, :90], (0, 7, 0, 5), mode="replicate")
        whole = F.interpolate(fine(padded), size=(65, 97), mode="bilinear", align_corners=True)
    assert torch.equal(part, whole[:, :, :60, :90])
    labels = torch.randint(0, 3, (1, 65, 97))
    before = losses.total_loss(fine, x, labels, losses.cross_entropy)
    before.backward()
    assert all(p.grad is not None and p.grad.any() for p in fine.decoder.places.parameters())
    with pytest.raises(ValueError, match="does not fit"):
        deeplabv3plus_mobilenetv2.build({"depth": 3}, 3)
