"""Detectors that answer with boxes go the whole way: card and weights file, load, predict, decide."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.domain.card import InputSpec, NetSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.engines import ladder
from segdesk.engines.inputs import prepare
from segdesk.engines.loading import load_net
from segdesk.engines.predict import Loaded
from tests.engines.fakes import brightness_card, with_weights

CPU = torch.device("cpu")
SPEC = InputSpec(fit="short:90/160")
NAMES = ["cat", "dog", "grass", "sky", "sea"]


def _loaded(name: str, folder: Path) -> Loaded:
    """The system's small net with random weights, two kinds of things and, for panoptic, three of stuff."""
    torch.manual_seed(2)
    module = importlib.import_module(f"segdesk.nets.instance.{name}")
    panoptic = module.OUTPUT == "panoptic"
    options = {**module.SMALL, **({"stuff": 3} if panoptic else {})}
    names = NAMES if panoptic else NAMES[:2]
    net = module.build(options, len(names))
    for key, value in net.named_parameters():
        if key.endswith("bbox_pred.bias"):
            value.data.fill_(3.0)  # boxes of no size are no objects
        if "conv_logits" in key and "roi_head" in key and key.endswith("bias"):
            value.data.fill_(2.0)  # masks that are there
        if "basis_module.tower" in key and key.endswith("bias"):
            value.data.fill_(2.0)
    torch.save({"state_dict": net.state_dict()}, folder / "net.pth")
    card = with_weights(
        brightness_card(
            task="panoptic" if panoptic else "instance",
            net=NetSpec(name, options),
            classes=ClassSet.from_names(names, things=NAMES[:2]),
            channel_ids=tuple(range(1, len(names) + 1)),
            input=SPEC,
        )
    )
    return Loaded(card, load_net(card, str(folder / "net.pth"), CPU), CPU)


@pytest.mark.parametrize("size", [(333, 500), (1, 1)])
@pytest.mark.parametrize("name", ["mask_rcnn", "htc", "blendmask", "panoptic_fpn"])
def test_the_whole_way(name: str, size: tuple[int, int], tmp_path: Path):
    loaded = _loaded(name, tmp_path)
    picture = np.random.default_rng(0).integers(0, 255, (*size, 3), np.uint8)
    prepared = prepare(picture, SPEC)
    one, two = (raw.prediction for raw in ladder.predict(loaded, [prepared, prepared], lambda: False))
    assert one.size == size
    assert [i.class_id for i in one.instances] == [i.class_id for i in two.instances]
    assert all(i.mask.size == size and i.class_id in (1, 2) for i in one.instances)
    found = decide(one, DecideOptions(confidence=0.0))
    assert found.ids.shape == size
    if size != (1, 1):
        assert max(i.mask.area for i in one.instances) > 100
        assert {segment.class_id for segment in found.segments.values()} & {1, 2}


def test_stuff_lies_where_no_object_does(tmp_path: Path):
    """Of a panoptic answer each pixel has one segment: an object, stuff, or nothing where "some thing" is likeliest."""
    loaded = _loaded("panoptic_fpn", tmp_path)
    picture = np.random.default_rng(1).integers(0, 255, (120, 150, 3), np.uint8)
    answer = ladder.predict(loaded, [prepare(picture, SPEC)], lambda: False)[0].prediction
    assert answer.scores is not None
    assert answer.score_ids == (3, 4, 5, 0)
    stuff = decide(answer, DecideOptions(confidence=1.0))
    assert {segment.class_id for segment in stuff.segments.values()} <= {3, 4, 5}
    both = decide(answer, DecideOptions(confidence=0.0))
    objects = [key for key, segment in both.segments.items() if segment.class_id < 3]
    covered = np.isin(both.ids, objects)
    assert covered.any()
    assert np.array_equal(both.ids[~covered], stuff.ids[~covered])
