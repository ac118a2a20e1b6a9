"""From card and file to net: strict, and clear about what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.domain.card import ModelCard, NetSpec, WeightsSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines.loading import load_net
from tests.engines.fakes import Brightness, add_net, brightness_card, with_weights

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _nets(monkeypatch: pytest.MonkeyPatch):
    add_net(monkeypatch, "brightness", lambda options, classes: Brightness())


def load(state: object, folder: Path, card: ModelCard | None = None) -> Brightness:
    torch.save(state, folder / "net.pth")
    net = load_net(card or with_weights(brightness_card()), str(folder / "net.pth"), CPU)
    assert isinstance(net, Brightness)
    return net


def test_it_takes_the_file_s_values_and_is_ready_to_answer(tmp_path: Path):
    net = load({"state_dict": {"module.scale": torch.full((1,), 3.0)}}, tmp_path)
    assert net.scale.item() == 3.0
    assert not net.training
    assert not net.scale.requires_grad


def test_half_precision_weights_are_widened(tmp_path: Path):
    assert load({"scale": torch.full((1,), 3.0, dtype=torch.float16)}, tmp_path).scale.dtype == torch.float32


def test_auxiliary_heads_are_dropped_where_the_layout_says_so(tmp_path: Path):
    state = {"scale": torch.ones(1), "aux_classifier.0.weight": torch.ones(2)}
    card = brightness_card(weights=WeightsSpec("net.pth", layout="torchvision"))
    assert load(state, tmp_path, card).scale.item() == 1.0
    with pytest.raises(SegDeskError, match="1 are foreign"):
        load(state, tmp_path)


def test_a_card_without_weights_starts_anew():
    assert load_net(brightness_card(), None, CPU)(torch.ones(1, 3, 2, 2)).shape == (1, 2, 2, 2)


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ({"weight": torch.ones(1)}, "1 of 1 are missing, and 1 are foreign (such as scale)"),
        ({"scale": torch.ones(2, 3)}, "scale has the shape 2x3 instead of 1"),
    ],
)
def test_other_weights_are_refused_by_name(tmp_path: Path, state: object, part: str):
    with pytest.raises(SegDeskError) as caught:
        load(state, tmp_path)
    assert part in caught.value.text()
    assert caught.value.hint_text()


def test_weights_that_are_not_there_yet():
    with pytest.raises(SegDeskError, match="not here yet"):
        load_net(with_weights(brightness_card()), None, CPU)


@pytest.mark.parametrize("name", ["no_such_net", "__init__", "os", "nuclei_unet.os"])
def test_an_unknown_architecture(name: str):
    with pytest.raises(SegDeskError, match="no architecture called"):
        load_net(brightness_card(net=NetSpec(name)), None, CPU)


def test_an_unknown_layout(tmp_path: Path):
    with pytest.raises(SegDeskError, match="unknown layout"):
        load({"scale": torch.ones(1)}, tmp_path, brightness_card(weights=WeightsSpec("n.pth", layout="caffe")))
