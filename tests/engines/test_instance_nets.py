"""Every small net that answers with instances goes the whole way: card and weights file, load, predict, decide."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.domain.card import InputSpec, ModelCard, NetSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.engines import ladder
from segdesk.engines.inputs import prepare
from segdesk.engines.loading import load_net
from segdesk.engines.predict import Loaded
from segdesk.nets import instance
from tests.engines.fakes import brightness_card, with_weights

CPU = torch.device("cpu")
SPEC = InputSpec(fit="short:96/160", multiple=32, pad="zero")
NAMES = ["cat", "dog", "bird"]


def _modules() -> list[str]:
    found = [m.name for m in pkgutil.iter_modules(instance.__path__)]
    return [
        n for n in found if getattr(importlib.import_module(f"segdesk.nets.instance.{n}"), "OUTPUT", "") == "instances"
    ]


@pytest.fixture(params=_modules())
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> Loaded:
    """The net with random weights that find something, from a file."""
    torch.manual_seed(2)
    module = importlib.import_module(f"segdesk.nets.instance.{request.param}")
    net = module.build(module.SMALL, len(NAMES))
    for name, value in net.named_parameters():
        if "conv_mask_list" in name and name.endswith("bias"):
            value.data.fill_(1.5)  # the product of two probabilities of one half is no mask
        if name.endswith(".scale") or ("rtm_reg" in name and name.endswith("bias")):
            value.data.fill_(30.0)  # boxes of no size are no objects
        if ("rtm_kernel" in name or "controller" in name) and name.endswith("bias"):
            value.data[-1] = 1.0  # the last number of an object's own network is its mask's bias
    torch.save({"state_dict": net.state_dict()}, tmp_path / "net.pth")
    card: ModelCard = with_weights(
        brightness_card(
            task="instance",
            net=NetSpec(request.param, module.SMALL),
            classes=ClassSet.from_names(NAMES, things=NAMES),
            channel_ids=(1, 2, 3),
            input=SPEC,
        )
    )
    return Loaded(card, load_net(card, str(tmp_path / "net.pth"), CPU), CPU)


@pytest.mark.parametrize("size", [(333, 500), (1, 1)])
def test_the_whole_way(loaded: Loaded, size: tuple[int, int]):
    picture = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    prepared = prepare(picture, SPEC)
    one, two = ladder.predict(loaded, [prepared, prepared], lambda: False)
    assert one.prediction.size == size
    assert [i.class_id for i in one.prediction.instances] == [i.class_id for i in two.prediction.instances]
    assert all(i.mask.size == size and i.class_id in (1, 2, 3) for i in one.prediction.instances)
    assert decide(one.prediction, DecideOptions(confidence=0.0)).ids.shape == size
    if size != (1, 1):
        assert one.prediction.instances
        assert max(i.mask.area for i in one.prediction.instances) > 100
