"""The cards of OpenMMLab's checkpoints: what the script writes, and that there is nothing else."""

from __future__ import annotations

import importlib
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from segdesk.domain.card import ModelCard
from segdesk.io.cards import read_cards
from segdesk.paths import models_dir

WRITTEN = re.compile(r"# Written by scripts/openmmlab_(cards|objects)\.py ")
FILES = sorted(p for p in models_dir().glob("openmmlab-*.toml") if WRITTEN.match(p.read_text(encoding="utf-8")))


def cards() -> list[ModelCard]:
    return [card for path in FILES for card in read_cards(path)]


@pytest.fixture(scope="module", params=["openmmlab_cards", "openmmlab_objects"])
def script(request: pytest.FixtureRequest) -> ModuleType:
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
    return importlib.import_module(request.param)


def test_the_files_are_what_the_scripts_write(shared: Path, script: ModuleType, tmp_path: Path, monkeypatch):
    sizes = {
        (card.net.type, json.dumps(dict(card.net.options), sort_keys=True), len(card.channel_ids)): (
            card.parameters,
            card.gflops,
        )
        for card in cards()
    }

    def size(net: str, options: str, channels: int) -> tuple[int, float]:  # counted on the nets, which takes minutes
        return sizes[net, json.dumps(json.loads(options), sort_keys=True), channels]

    monkeypatch.setattr(script, "size", size)
    script.main([str(shared / "data" / "openmmlab" / "weights.tsv"), "--out", str(tmp_path)])
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.toml")}
    assert written
    assert written == {name: (models_dir() / name).read_text(encoding="utf-8") for name in written}


def test_each_card_says_all_that_a_person_must_know():
    for card in cards():
        assert card.system, card.id
        assert card.data, card.id
        assert card.about.zh, card.id
        assert card.licence.weights, card.id
        assert card.licence.data, card.id
        assert card.licence.commercial in ("no", "check"), card.id
        assert card.parameters > 100_000, card.id
        assert card.gflops > 1, card.id
        assert card.scores, card.id
        assert card.scores[0].source, card.id
        assert card.scores[0].data, card.id
        assert card.weights is not None
        assert card.weights.layout == "openmmlab"
        assert card.weights.urls[0].endswith(f"-{card.weights.sha256}.pth"), card.id


def test_ids_and_names_tell_them_apart():
    found = cards()
    assert len(found) > 400
    assert len({card.id for card in found}) == len(found)
    assert len({card.name.en for card in found}) == len(found)
    assert all(re.fullmatch(r"[a-z0-9.-]+", card.id) for card in found)


KNOWN = [  # (id, net, options, classes, fit, score) as OpenMMLab's own configurations have them
    ("pspnet-r101-d8-512x512-20k-voc12aug", "psp", {"encoder": "resnet101_v1c"}, 21, "short:512", 78.47),
    ("danet-r101-d8-769x769-80k-cityscapes", "danet", {"align_corners": True}, 19, "slide:769/513", 80.47),
    ("deeplabv3plus-r18-d8-512x1024-80k-cityscapes", "deeplabv3plus", {"low_width": 12}, 19, "native", 76.89),
    ("setr-pup-512x512-160k-b16-ade20k", "setr", {"kind": "pup"}, 150, "short:512 slide:512/341", 48.24),
    ("fcn-d6-r101-d16-512x1024-80k-cityscapes", "fcn", {"dilation": 6}, 19, "native", 78.46),
]  # fmt: skip


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known[0])
def test_known_checkpoints(known):
    name, net, options, classes, fit, score = known
    card = next(card for card in cards() if card.id == f"openmmlab-{name}")
    assert card.net.type == net
    assert {key: card.net.options[key] for key in options} == options
    assert len(card.channel_ids) == classes
    assert card.input.fit == fit
    assert card.scores[0].value == score
