"""Test-time augmentation and drawn samples: mean probabilities, mirrored back, repeatable; disagreement as doubt."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.domain.options import Averaging, RunOptions
from segdesk.engines.averaging import averaged
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from tests.engines.fakes import Brightness, add_net, brightness_card


class Noted(nn.Module):
    """Notes the sizes that it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[tuple[int, int]] = []


def look(net: nn.Module, pictures: list[np.ndarray]) -> list[np.ndarray]:
    """Left half against right half, on a fixed grid of 4 x 6, whatever the picture's size."""
    assert isinstance(net, Noted)
    answers = []
    for picture in pictures:
        net.sizes.append(picture.shape[:2])
        columns = np.array_split(picture[..., 0].astype(np.float32).mean(0), 6)
        dark = np.tile([c.mean() / 255 for c in columns], (4, 1)).astype(np.float32)
        answers.append(np.stack([dark, 1 - dark]))
    return answers


def picture() -> np.ndarray:
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, :20] = 250
    return pixels


def test_once_is_the_answer_itself():
    (result,) = averaged(Noted(), [picture()], Averaging(), look)
    assert np.array_equal(result.scores, look(Noted(), [picture()])[0])
    assert result.spread is None


def test_each_scale_and_its_mirror_image_is_asked_for_and_turned_back():
    net = Noted()
    (result,) = averaged(net, [picture()], Averaging(scales=(0.5, 1.0, 2.0), mirror=True), look)
    assert sorted(net.sizes) == [(20, 30)] * 2 + [(40, 60)] * 2 + [(80, 120)] * 2
    assert Averaging(scales=(0.5, 1.0, 2.0), mirror=True).passes == 6
    assert np.allclose(result.scores, look(Noted(), [picture()])[0], atol=0.01)


def test_a_scale_never_leaves_nothing_of_a_picture():
    net = Noted()
    averaged(net, [np.zeros((1, 60, 3), np.uint8)], Averaging(scales=(0.25,)), look)
    assert net.sizes == [(1, 15)]


class Coin(nn.Module):
    """Says 0 or 1 for each column by a drawn number; certain of column 0."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.zeros(x.shape[0], 2, *x.shape[2:])

    def sample(self, x: torch.Tensor, n: int, generator: torch.Generator) -> torch.Tensor:
        drawn = torch.rand((n, x.shape[0], 1, 1, x.shape[3]), generator=generator) - 0.5
        drawn[..., 0] = 1.0
        drawn = drawn.expand(-1, -1, 1, x.shape[2], -1) * 8
        return torch.cat([drawn, -drawn], 2)


def probabilities(net: nn.Module, pictures: list[np.ndarray]) -> list[np.ndarray]:
    x = torch.stack([torch.from_numpy(p).permute(2, 0, 1).float() for p in pictures])
    return list(torch.softmax(net(x), 1).numpy())


def test_drawn_samples_are_averaged_and_their_disagreement_is_told():
    first, again = (averaged(Coin(), [picture()], Averaging(samples=8), probabilities)[0] for _ in range(2))
    assert np.array_equal(first.scores, again.scores)  # the same question has the same answer
    assert first.spread is not None
    assert first.spread[:, 0].max() == 0
    assert 0.2 < first.spread[:, 1:].mean() <= 0.5
    few = averaged(Coin(), [picture()], Averaging(samples=2), probabilities)[0]
    assert not np.array_equal(first.scores, few.scores)


def test_a_net_with_one_answer_draws_nothing():
    (result,) = averaged(Noted(), [picture()], Averaging(samples=8), look)
    assert result.spread is None


@pytest.mark.parametrize("bad", [{"scales": ()}, {"scales": (0.0,)}, {"samples": -1}, {"samples": 1000}])
def test_senseless_settings_are_refused(bad: dict[str, object]):
    with pytest.raises(ValueError, match="scales"):
        Averaging(**bad)  # type: ignore[arg-type]


def test_the_engine_asks_anew_when_the_looks_change(monkeypatch: pytest.MonkeyPatch):
    add_net(monkeypatch, "brightness", lambda options, classes: Brightness())
    engine, card = Engine(), brightness_card()
    looks = RunOptions(average=Averaging(mirror=True))
    plain = engine.answer(PredictRequest("a", card, picture()))
    assert isinstance(plain, Answer)
    assert isinstance(engine.answer(PredictRequest("a", card, None, options=looks)), NotKept)
    turned = engine.answer(PredictRequest("a", card, picture(), options=looks))
    assert isinstance(turned, Answer)
    assert np.array_equal(turned.segmentation.ids, plain.segmentation.ids)
    assert isinstance(engine.answer(PredictRequest("a", card, None, options=looks)), Answer)
