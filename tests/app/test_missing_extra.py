"""What a model needs installed is said where the model is listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segdesk.app import models
from segdesk.domain.card import ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet

CARD = ModelCard("x", Text("X"), "panoptic", "", Text(""), NetSpec("transformers"), ClassSet(()))


def test_the_extra_of_a_model_is_named_where_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_installed", lambda extra: False)
    assert models.missing_extra(CARD) == 'pip install "segdesk[transformers]"'
    assert models.missing_extra(replace(CARD, net=NetSpec("onnx"))) == 'pip install "segdesk[onnx]"'
    assert models.missing_extra(replace(CARD, net=NetSpec("psp"))) == ""
    monkeypatch.setattr(models, "_installed", lambda extra: True)
    assert models.missing_extra(CARD) == ""


def test_the_cards_are_listed_with_or_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "_installed", lambda extra: False)
    listed = {entry.card.id: entry for entry in models.Models().listing().entries}
    for name in ("eomt-small-640-coco", "mask2former-swin-t-coco", "detr-resnet-50-coco", "rf-detr-seg-nano"):
        assert listed[name].status.kind in ("download", "here")
        assert listed[name].card.licence.weights
    assert "Recommended" in listed["eomt-small-640-coco"].card.about.en
