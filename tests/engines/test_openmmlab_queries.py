"""OpenMMLab's Mask2Former files in the transformers class: names, shapes, and the same values from the same weights."""

from __future__ import annotations

from ast import literal_eval
from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.options import RunOptions
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.engines.openmmlab_queries import CLASS_NAME, renamed
from segdesk.io.cards import read_cards
from segdesk.nets.encoders.resnet import make as make_resnet
from segdesk.nets.encoders.swin import make as make_swin
from segdesk.paths import models_dir

transformers = pytest.importorskip("transformers", reason='needs pip install "segdesk[transformers]"')

STAGES = ["stage1", "stage2", "stage3", "stage4"]
KEYS = "data/openmmlab/keys/mmdet_mask2former_r50_8xb2-lsj-50e_coco-panoptic.txt"
ENCODER = "model.pixel_level_module.encoder."


def _listed(path: Path, device: str) -> dict[str, torch.Tensor]:
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return {name: torch.empty(literal_eval(shape), device=device) for name, shape in rows}


def _randomised(net: torch.nn.Module) -> torch.nn.Module:
    """Random norms and statistics; the other weights are random as they are made."""
    generator = torch.Generator().manual_seed(0)
    for name, value in net.state_dict().items():
        if value.ndim == 1 and value.is_floating_point():
            low = 0.5 if name.endswith(("weight", "running_var")) else -0.1
            value.copy_(torch.rand(value.shape, generator=generator) * 0.2 + low)
        elif name.endswith("bias_table"):
            value.copy_(torch.randn(value.shape, generator=generator))
    return net.eval()


@pytest.mark.shared
@pytest.mark.parametrize("prefix", ["panoptic_head.", "decode_head."])
def test_every_parameter_has_its_place_and_shape(shared: Path, prefix: str) -> None:
    theirs = {k.replace("panoptic_head.", prefix): v for k, v in _listed(shared / KEYS, "meta").items()}
    ours = {k: tuple(v.shape) for k, v in renamed(theirs, CLASS_NAME).items()}
    config = transformers.Mask2FormerConfig(
        backbone_config=transformers.ResNetConfig(out_features=STAGES), num_queries=100, num_labels=133
    )
    with torch.device("meta"):
        model = getattr(transformers, CLASS_NAME)(config)
    assert ours == {k: tuple(v.shape) for k, v in model.state_dict().items()}


def test_a_swin_encoder_gives_the_same_values() -> None:
    mine = _randomised(make_swin("swin_tiny"))
    config = transformers.SwinConfig(out_features=STAGES, window_size=7)
    theirs = getattr(transformers, CLASS_NAME)(
        transformers.Mask2FormerConfig(backbone_config=config, encoder_layers=1, decoder_layers=2)
    ).model.pixel_level_module.encoder.eval()
    _take(theirs, mine)
    x = torch.rand(1, 3, 70, 100, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        for ours, found in zip(mine(x), theirs(x).feature_maps, strict=True):
            assert float((ours - found).abs().max()) < 1e-3 * float(ours.abs().max())


def test_a_resnet_encoder_gives_the_same_values() -> None:
    mine = _randomised(make_resnet("resnet50"))
    config = transformers.ResNetConfig(out_features=STAGES)
    theirs = transformers.ResNetBackbone(config).eval()
    _take(theirs, mine)
    x = torch.rand(1, 3, 65, 90, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        for ours, found in zip(mine(x), theirs(x).feature_maps, strict=True):
            assert float((ours - found).abs().max()) <= 1e-4 * float(ours.abs().max())


def _take(theirs: torch.nn.Module, mine: torch.nn.Module) -> None:
    state = renamed({f"backbone.{k}": v for k, v in mine.state_dict().items()}, CLASS_NAME)
    theirs.load_state_dict({k.removeprefix(ENCODER): v for k, v in state.items()}, strict=True)


def test_a_file_runs_through_the_engine(tmp_path: Path) -> None:
    backbone = {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]}
    config = {
        "backbone_config": {**backbone, "out_features": STAGES},
        "num_queries": 6,
        "hidden_dim": 32,
        "feature_size": 32,
        "mask_feature_size": 32,
        "encoder_layers": 1,
        "decoder_layers": 2,
        "encoder_feedforward_dim": 16,
        "dim_feedforward": 16,
        "num_attention_heads": 2,
    }
    made = getattr(transformers, CLASS_NAME)
    model = made(made.config_class.from_dict({**config, "num_labels": 3}))
    torch.save({"state_dict": model.state_dict()}, tmp_path / "net.pth")  # names that no rule knows stay as they are
    classes = ClassSet.from_names(["a", "b", "c"], [], ["a"])
    net = NetSpec("transformers", {"class": CLASS_NAME, "config": config})
    spec = WeightsSpec("net.pth", layout="openmmlab")
    card = ModelCard("x", Text("X"), "panoptic", "", Text(""), net, classes, (1, 2, 3), weights=spec)
    image = np.zeros((37, 50, 3), np.uint8)
    request = PredictRequest("p", card, image, weights={"x": str(tmp_path / "net.pth")}, options=RunOptions())
    answer = Engine("cpu").answer(request)
    assert isinstance(answer, Answer)
    assert answer.segmentation.size == (37, 50)


def test_our_cards_build(tmp_path: Path) -> None:
    cards = read_cards(models_dir() / "openmmlab-mask2former.toml")
    assert len({str(card.net.options["config"]) for card in cards}) == 7
    for card in (next(c for c in cards if part in c.id) for part in ("r101", "swin-b", "swin-l-in21k")):
        table = dict(card.net.options["config"])  # type: ignore[call-overload]  # a table
        config = transformers.Mask2FormerConfig.from_dict({**table, "num_labels": len(card.channel_ids)})
        with torch.device("meta"):
            model = getattr(transformers, CLASS_NAME)(config)
        assert model.class_predictor.weight.shape == (len(card.channel_ids) + 1, 256)
        assert model.model.transformer_module.queries_embedder.weight.shape[0] == (200 if "swin-l" in card.id else 100)
