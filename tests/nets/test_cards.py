"""Every card that comes with the program: its net can be built with its options and its number of classes, and has the
parameters of the file that it names, where these are known."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch

from segdesk.domain.card import ModelCard
from segdesk.engines.loading import builder, net_classes
from segdesk.io.cards import read_cards
from segdesk.nets.layouts import LAYOUTS
from segdesk.paths import models_dir
from tests.nets.openmmlab import key_list

NO_NET = {"regions", "merge", "onnx", "torchscript", "transformers"}
TORCHVISION = {"torchvision_semantic", "torchvision_instance"}
FILES = sorted(models_dir().glob("*.toml"))


def nets(path: Path) -> dict[tuple[str, str, int], ModelCard]:
    """The different nets of a file's cards, each with one of its cards."""
    cards = [card for card in read_cards(path) if card.net.type not in NO_NET and card.task != "prompt"]
    return {(c.net.type, json.dumps(dict(c.net.options), sort_keys=True), net_classes(c)): c for c in cards}


def built(card: ModelCard, **more: object) -> torch.nn.Module:
    with torch.device("meta"):
        return builder(card.net.type)({**card.net.options, **more}, net_classes(card))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_net_can_be_built(path: Path):
    for card in nets(path).values():
        net = built(card)
        assert card.weights is None or card.weights.layout in LAYOUTS, card.id
        if card.parameters and card.net.type not in TORCHVISION:  # whose figures are torchvision's own
            assert sum(p.numel() for p in net.parameters()) == card.parameters, card.id


def keyed(shared: Path) -> dict[str, Path]:
    """The lists of parameters by the address of the checkpoint they are of."""
    folder = shared / "data" / "openmmlab"
    lists = {path.stem.removeprefix("mmseg_"): path for path in (folder / "keys").glob("mmseg_*.txt")}
    with (folder / "weights.tsv").open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream, delimiter="\t")
        return {row["url"]: lists[row["config"]] for row in rows if row["config"] in lists}


def test_the_cards_of_known_checkpoints_have_their_parameters(shared: Path):
    lists, compared = keyed(shared), 0
    for path in FILES:
        for card in read_cards(path):
            address = card.weights.urls[0] if card.weights and card.weights.urls else ""
            if address not in lists:
                continue
            wanted = key_list(shared, lists[address].stem)
            auxiliary = any(key.startswith("auxiliary_head") for key in wanted)
            state = built(card, **({"auxiliary": True} if auxiliary else {})).state_dict()
            assert {key: tuple(value.shape) for key, value in state.items()} == wanted, card.id
            compared += 1
    assert compared >= 25
