"""Runs of nets that find objects: they learn, go on bit for bit, are judged, and say what is wrong."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.domain.card import InputSpec, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance, Prediction
from segdesk.domain.rle import encode
from segdesk.engines.loading import load_net, net_module
from segdesk.engines.training import holdout_objects, recipe, start
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import CROWD, IGNORED, STATE, EpochEnd, TrainItem, TrainRequest, TrainStart
from segdesk.engines.training.sampling import Pictures
from tests.engines.training.data import QUICK, object_card, objects_request, objects_scene, put_objects

PARTS = ("png", "labels.png", "objects.png")
LEARNING = replace(QUICK, augmentation="none", batch=2, epoch_crops=8, ema=0.0)


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def judged_by_what_it_learned(folder: Path, net: str, task: str, **more: object) -> TrainRequest:
    """Two scenes to learn from; the one that judges is the first of them again."""
    made = objects_request(folder, net, task, replace(LEARNING, **more), count=3, ground=task == "panoptic")
    for part in PARTS:
        shutil.copy(folder / "set" / f"0000.{part}", folder / "set" / f"0002.{part}")
    return made


@pytest.mark.parametrize(
    ("net", "task", "epochs", "rate", "drop"),
    [
        ("panoptic_deeplab", "panoptic", 14, 6e-3, 0.25),
        ("solo", "instance", 16, 8e-3, 0.6),
        ("solov2", "instance", 10, 6e-3, 0.7),
        ("decoupled_solo", "instance", 10, 6e-3, 0.7),
        ("mask_rcnn", "instance", 6, 3e-3, 0.6),
    ],
)
def test_a_net_learns_the_objects_of_two_pictures(
    tmp_path: Path, net: str, task: str, epochs: int, rate: float, drop: float
):
    told: list[object] = []
    run = judged_by_what_it_learned(tmp_path, net, task, epochs=epochs, rate=rate)
    result = Trainer(run, told.append).run()
    losses = [m.loss for m in told if isinstance(m, EpochEnd)]
    assert losses[-1] < drop * losses[0]
    assert result.new.metric == {"panoptic": "PQ", "instance": "AP"}[task]
    assert result.new.ap50 is not None
    assert len(result.new.by_class) == 2


def test_the_cells_net_learns_its_one_class(tmp_path: Path):
    net = replace(object_card("panoptic_deeplab", "instance", ground=False).net, type="nuclei_unet")
    card = replace(
        object_card("panoptic_deeplab", "instance", ground=False),
        net=replace(net, options={"widths": [8, 12, 16]}),
        classes=ClassSet.from_names(["cell"], things=["cell"]),
        channel_ids=(1,),
        input=InputSpec(mean=(0, 0, 0), std=(255, 255, 255)),
    )
    items = []
    for i in range(3):
        picture, labels, ids = objects_scene(0 if i == 2 else i, ground=False)
        put_objects(tmp_path, f"{i}", picture, np.where(labels == IGNORED, IGNORED, 0).astype(np.uint8), ids)
        items.append(TrainItem(f"{i}.png", f"{i}", i == 2))
    options = replace(LEARNING, epochs=12, rate=1e-2)
    result = Trainer(TrainRequest(str(tmp_path), card, tuple(items), TrainStart(card, mode="scratch"), options)).run()
    assert result.new.ap50 is not None
    assert result.new.ap50 > 0.5


@pytest.mark.parametrize(("net", "task"), [("panoptic_deeplab", "panoptic"), ("mask_rcnn", "instance")])
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path, net: str, task: str):
    options = replace(QUICK, batch=2, epoch_crops=4)
    runs = [objects_request(tmp_path / name, net, task, options, count=3) for name in ("whole", "parts")]
    whole = Trainer(runs[0]).run()
    heard = iter(["go"] * 3)
    Trainer(runs[1], hear=lambda: next(heard, "stop")).run()
    result = Trainer(runs[1]).run()
    one, other = (torch.load(tmp_path / f / STATE, weights_only=True)["net"] for f in ("whole", "parts"))
    assert all(torch.equal(one[k], other[k]) for k in one)
    assert result.curve == whole.curve
    assert result.new == whole.new


# -- judging --------------------------------------------------------------------------------------------------------


def test_the_truth_as_an_answer_is_perfect_and_the_unknown_does_not_count(tmp_path: Path):
    card = object_card("panoptic_deeplab")
    _, labels, ids = objects_scene(1)
    ids[ids == 2] = CROWD
    labels[ids == CROWD] = IGNORED
    truth, unknown = holdout_objects.truth_of(labels, ids, card)
    assert sorted(s.class_id for s in truth.segments.values()) == sorted(
        {int(i): int(labels[ids == i][0]) for i in np.unique(ids) if 0 < i < CROWD}.values()
    )
    wild = truth.copy()
    wild.ids[unknown] = 9
    wild.segments[9] = truth.segments[1]
    kept = holdout_objects.without(wild, unknown)
    assert (kept.ids == truth.ids).all()
    found = holdout_objects.references(truth, unknown, card.classes)
    assert found.crowd.sum() == 2  # whatever class is found there
    masks = tuple(Instance(s.class_id, 0.9, encode(truth.ids == key)) for key, s in truth.segments.items())
    answer = Prediction("instance", truth.size, card.classes, instances=masks)
    assert len(holdout_objects.detections(answer)) == len(found) - 2


def test_another_models_answer_is_read_in_the_classes_of_the_run():
    classes = ClassSet.from_names(["a", "b"], things=["a", "b"])
    scores = np.zeros((3, 2, 2), np.float16)
    mask = encode(np.ones((4, 4), bool))
    theirs = Prediction(
        "panoptic", (4, 4), classes, scores, (0, 7, 9), (Instance(7, 0.5, mask), Instance(9, 0.4, mask))
    )
    ours = holdout_objects.translated(theirs, {7: 2}, classes)
    assert ours.score_ids == (0, 2, 0)
    assert [i.class_id for i in ours.instances] == [2]


def test_the_old_model_is_judged_and_the_best_weights_load(tmp_path: Path):
    made = object_card("panoptic_deeplab_mobilenetv2")
    torch.manual_seed(1)
    net = net_module(made.net.type).build(made.net.options, 3)
    torch.save(net.state_dict(), tmp_path / "w.pth")
    old = replace(made, weights=WeightsSpec("w.pth"))
    run = objects_request(
        tmp_path / "run", made.net.type, "panoptic", replace(QUICK, epochs=1, batch=2, epoch_crops=2), count=2
    )
    begun = TrainStart(old, str(tmp_path / "w.pth"), "card", (0, 1, 2))
    result = Trainer(replace(run, start=begun)).run()
    assert result.old is not None
    assert result.old.metric == "PQ"
    loaded = load_net(replace(made, weights=WeightsSpec("best.pth")), result.weights, torch.device("cpu"))
    assert set(loaded(torch.zeros(1, 3, 64, 64))) == {"scores", "centres", "offsets"}


def test_a_frozen_encoder_and_frozen_parts_stay(tmp_path: Path):
    options = replace(QUICK, epochs=1, batch=2, epoch_crops=2, freeze_encoder=True, frozen=("decoder.",), ema=0.0)
    run = objects_request(tmp_path, "panoptic_deeplab_mobilenetv2", "panoptic", options, count=2)
    torch.manual_seed(options.seed)
    before = start.begin(run.card, run.start).net.state_dict()
    Trainer(run).run()
    after = torch.load(tmp_path / STATE, weights_only=True)["net"]
    same = {k for k in before if torch.equal(before[k], after[k])}
    assert {k for k in before if k.startswith(("backbone.", "decoder."))} <= same
    assert any(k.startswith("ins_embed_head.") for k in before.keys() - same)


def test_what_is_wrong_with_objects_is_told(tmp_path: Path):
    run = objects_request(tmp_path, "panoptic_deeplab", "panoptic", count=2)
    pictures = Pictures(tmp_path, run.card.input, 3, objects=True)
    (tmp_path / "set" / "0000.objects.png").unlink()
    with pytest.raises(SegDeskError, match="cannot be read"):
        pictures.original(run.items[0])
    picture, labels, ids = objects_scene(0)
    put_objects(tmp_path, "0000", picture, labels, ids[:-1])
    with pytest.raises(SegDeskError, match="not of the picture's size"):
        pictures.original(run.items[0])
    other = replace(run.card, net=replace(run.card.net, type="yolact", options=net_module("yolact").SMALL))
    with pytest.raises(SegDeskError, match="does not know the loss"):
        start.begin(replace(other, task="instance"), TrainStart(other, mode="scratch"))


def test_norms_that_were_folded_into_weights_learn_no_statistics():
    folded, new, known = (nn.BatchNorm2d(3) for _ in range(3))
    nn.init.constant_(folded.bias, 0.7)
    nn.init.constant_(known.bias, 0.7)
    assert known.running_mean is not None
    known.running_mean.fill_(0.5)
    assert [recipe.is_folded(m) for m in (folded, new, known)] == [True, False, False]
    net = nn.Sequential(folded, new)
    frozen, _ = recipe.freeze(net, QUICK, trained=False, batch=8, steps=0)
    assert frozen == [folded]
    assert not folded.bias.requires_grad
    assert new.bias.requires_grad
