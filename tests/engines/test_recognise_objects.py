"""Files of nets that find objects: which net, which task and classes, which input, and a card that can be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from segdesk.app.adding import card_of, card_table, first_choice
from segdesk.domain.card import ModelCard
from segdesk.engines.fingerprints import built
from segdesk.engines.inspecting import inspect
from segdesk.engines.messages import Inspected, InspectRequest
from segdesk.nets.layouts import LAYOUTS
from tests.nets.test_panoptic_deeplab import detectron2_names


def written(path: Path, shapes: Mapping[str, tuple[int, ...]], **more: object) -> Inspected:
    """A checkpoint with parameters of these shapes looked into; zeros of one byte, as only shapes are told by."""
    state = {key: torch.zeros(shape, dtype=torch.uint8) for key, shape in shapes.items()}
    torch.save({"state_dict": state, **more}, path)
    found = inspect(InspectRequest(str(path)))
    path.unlink()
    return found


def shapes(net: str, classes: int, **options: object) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in built(net, options, classes).state_dict().items()}


def card(found: Inspected) -> ModelCard:
    return card_of(card_table(found, first_choice(found), "mine", "mine.pth"))


@pytest.mark.parametrize("net", ["mask_rcnn", "solov2", "solo", "condinst", "decoupled_solo"])
def test_openmmlab_s_nets_have_no_background_channel(tmp_path: Path, net: str):
    found = written(tmp_path / "net.pth", shapes(net, 3), meta={"CLASSES": ("cat", "dog", "background")})
    made = card(found)
    assert (made.net.type, made.task) == (net, "instance")
    assert [(info.name, info.is_thing) for info in made.classes] == [("cat", True), ("dog", True), ("background", True)]
    assert made.channel_ids == (1, 2, 3)
    assert (made.input.fit, made.input.multiple, made.input.pad) == ("short:800/1333", 32, "zero")


def test_the_80_classes_of_coco_are_chosen_by_their_number(tmp_path: Path):
    made = card(written(tmp_path / "mask_rcnn.pth", shapes("mask_rcnn", 80)))
    assert len(made.channel_ids) == 80
    assert made.classes.get(made.channel_ids[0]).name == "person"  # type: ignore[union-attr]


def test_a_file_s_normalisation_goes_with_the_usual_size(tmp_path: Path):
    text = "model = dict(data_preprocessor=dict(mean=[103.5, 116.3, 123.7], std=[1.0, 1.0, 1.0], bgr_to_rgb=False))"
    made = card(written(tmp_path / "a.pth", shapes("solov2", 2), meta={"config": text}))
    assert (made.input.order, made.input.std, made.input.fit) == ("bgr", (1.0, 1.0, 1.0), "short:800/1333")
    assert made.decide.confidence == pytest.approx(0.3)


def test_torchvision_s_channel_0_is_the_background(tmp_path: Path):
    of = shapes("torchvision_instance", 3, name="maskrcnn_resnet50_fpn")
    numbered = card(written(tmp_path / "a.pth", of))
    assert numbered.channel_ids == (0, 1, 2)
    assert [info.name for info in numbered.classes] == ["class 1", "class 2"]
    named = card(written(tmp_path / "b.pth", of, classes=["cat", "dog"]))
    assert named.channel_ids == (0, 1, 2)
    assert [info.name for info in named.classes] == ["cat", "dog"]
    assert named.input.std == (255.0, 255.0, 255.0)


@pytest.mark.parametrize(("classes", "stuff"), [(9, 2), (5, 4), (133, 53)])
def test_panoptic_fpn_tells_things_from_stuff_by_its_classifiers(tmp_path: Path, classes: int, stuff: int):
    made = card(written(tmp_path / "a.pth", shapes("panoptic_fpn", classes, stuff=stuff)))
    assert (made.net.type, made.task) == ("panoptic_fpn", "panoptic")
    assert [info.is_thing for info in made.classes] == [True] * (classes - stuff) + [False] * stuff
    assert made.net.options["stuff"] == stuff
    assert made.decide.stuff_area == 4096
    built(made.net.type, made.net.options, classes)


@pytest.mark.parametrize("separable", [False, True])
def test_panoptic_deeplab_in_detectron2_s_names(tmp_path: Path, separable: bool):
    ours = shapes("panoptic_deeplab", 19, separable=separable)
    names = LAYOUTS["detectron2"].keys(detectron2_names(separable=separable))
    found = written(tmp_path / "model_final_123456.pth", {theirs: ours[key] for theirs, key in names.items()})
    made = card(found)
    assert (made.net.type, made.task) == ("panoptic_deeplab", "panoptic")
    assert made.weights is not None
    assert made.weights.layout == "detectron2"
    assert [info.name for info in made.classes if info.is_thing][:2] == ["person", "rider"]
    assert (made.decide.confidence, made.decide.overlap) == (0.0, 0.0)
    assert made.input.multiple == 16


def test_names_that_class_lists_know_as_things_are_things(tmp_path: Path):
    names = ["road", "sky", "person", "car"]
    made = card(written(tmp_path / "a.pth", shapes("panoptic_deeplab", 4), classes=names))
    assert [info.name for info in made.classes if info.is_thing] == ["person", "car"]
