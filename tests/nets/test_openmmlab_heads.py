"""The context systems against the reference: parameters by name and shape, scores within 1e-4 of their range."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segdesk.engines.loading import net_module
from tests.nets.openmmlab import TOLERANCE, assert_same_keys, golden_error

SYSTEMS = {
    "fcn_r50": ("fcn", "r50-d8"),
    "pspnet_r50": ("psp", "r50-d8"),
    "deeplabv3_r50": ("deeplabv3", "r50-d8"),
    "deeplabv3plus_r50": ("deeplabv3plus", "r50-d8"),
    "upernet_r50": ("uper", "r50"),
    "nonlocal_r50": ("nonlocal_net", "r50-d8"),
    "danet_r50": ("danet", "r50-d8"),
    "ccnet_r50": ("ccnet", "r50-d8"),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_parameters_are_the_references(shared: Path, name: str):
    net_type, variant = SYSTEMS[name]
    file = net_module(net_type)
    with torch.device("meta"):
        net = file.build({**file.VARIANTS[variant], "auxiliary": True}, 21)
    assert_same_keys(shared, f"mmseg_{name}", net)


def test_parameters_with_mobilenet_are_the_references(shared: Path):
    file = net_module("deeplabv3plus")
    with torch.device("meta"):
        net = file.build({**file.VARIANTS["mobilenet-v2-d8"], "auxiliary": True}, 19)
    assert_same_keys(shared, "mmseg_mobilenet-v2-d8_deeplabv3plus", net)


@pytest.mark.parametrize("name", SYSTEMS)
def test_scores_are_the_references(shared: Path, name: str):
    net_type, variant = SYSTEMS[name]
    file = net_module(net_type)
    with torch.device("meta"):
        net = file.build(file.VARIANTS[variant], 21)
    assert golden_error(shared, name, net) < TOLERANCE
