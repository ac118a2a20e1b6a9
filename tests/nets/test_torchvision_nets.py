"""torchvision's models: our cut-down nets take its weights as they are and answer as its whole models do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision.models import detection, segmentation

from segdesk.domain.card import ModelCard
from segdesk.engines import dense
from segdesk.engines.detections import instances
from segdesk.engines.inputs import prepare, tensor
from segdesk.engines.loading import load_net
from segdesk.io.cards import load_cards
from segdesk.nets import torchvision_instance, torchvision_semantic
from segdesk.paths import models_dir

CPU = torch.device("cpu")
CARDS = {card.id: card for card in load_cards([models_dir()])[0]}


def card_of(name: str) -> ModelCard:
    return CARDS[name.replace("_", "-")]


@pytest.mark.parametrize("name", [*torchvision_semantic.NAMES, *torchvision_instance.NAMES])
def test_parameters_are_torchvision_s_without_the_auxiliary_head(name: str):
    card = card_of(name)
    with torch.device("meta"):
        ours = (torchvision_semantic if card.task == "semantic" else torchvision_instance).build(
            card.net.options, len(card.channel_ids)
        )
        package = segmentation if card.task == "semantic" else detection
        theirs = getattr(package, name)(weights=None, weights_backbone=None, num_classes=len(card.channel_ids))
    shapes = {k: v.shape for k, v in theirs.state_dict().items() if not k.startswith("aux_classifier.")}
    assert {k: v.shape for k, v in ours.state_dict().items()} == shapes


@pytest.mark.parametrize("name", ["lraspp_mobilenet_v3_large", "deeplabv3_mobilenet_v3_large"])
def test_a_semantic_card_answers_as_torchvision_with_its_weights(name: str, tmp_path: Path):
    torch.manual_seed(0)
    theirs = getattr(segmentation, name)(
        weights=None, weights_backbone=None, num_classes=21, **({"aux_loss": True} if "deeplab" in name else {})
    ).eval()
    for parameter in theirs.classifier.parameters():
        parameter.data *= 3  # clearer winners
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    card = card_of(name)
    image = np.random.default_rng(0).integers(0, 256, (104, 150, 3), dtype=np.uint8)
    prepared = prepare(image, card.input)
    assert prepared.input_size == (520, 750)
    net = load_net(card, str(tmp_path / "w.pth"), CPU)
    with torch.inference_mode():
        logits = theirs(tensor(prepared.pixels, card.input, CPU))["out"]
    ours = dense.whole_maps(
        net,
        [prepared.pixels],
        card.input,
        CPU,
        grid=dense.grid_of(*prepared.pixels.shape[:2], 1),
        finish=dense.identity,
    )[0]
    assert np.allclose(ours, logits[0].numpy(), atol=1e-3)


def test_mask_rcnn_answers_as_torchvision_with_its_weights(tmp_path: Path):
    torch.manual_seed(1)
    options = {"weights": None, "weights_backbone": None, "num_classes": 91}
    theirs = detection.maskrcnn_resnet50_fpn(**options, box_score_thresh=0.0, box_detections_per_img=5).eval()
    torch.save(theirs.state_dict(), tmp_path / "w.pth")
    card = card_of("maskrcnn_resnet50_fpn")
    net = load_net(card, str(tmp_path / "w.pth"), CPU)
    net.roi_heads.score_thresh, net.roi_heads.detections_per_img = 0.0, 5  # type: ignore[union-attr]  # as theirs
    for model in (net, theirs):
        model.transform.min_size, model.transform.max_size = (160,), 200  # type: ignore[union-attr]  # a quick test
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    x = tensor(prepare(image, card.input).pixels, card.input, CPU)
    with torch.inference_mode():
        whole = theirs(list(x))[0]
        found = net(x)[0]
    assert torch.allclose(found["boxes"], whole["boxes"], atol=1e-3)
    assert torch.equal(found["labels"], whole["labels"])
    everything = tuple(range(91))
    for instance in instances(found, (60, 80), (60, 80), everything):
        assert instance.mask.size == (60, 80)


def test_an_unknown_name_is_refused():
    for module in (torchvision_semantic, torchvision_instance):
        with pytest.raises(ValueError, match="has no resnet1000"):
            module.build({"name": "resnet1000"}, 21)
