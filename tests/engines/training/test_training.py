"""Runs: they learn, repeat bit for bit, go on bit for bit, and end well whatever goes wrong."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.domain.card import WeightsSpec
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines.loading import load_net, net_module
from segdesk.engines.training import losses, recipe, start
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import (
    BEST,
    STATE,
    EpochEnd,
    TrainBegun,
    TrainItem,
    TrainOptions,
    TrainProgress,
    TrainStart,
)
from segdesk.engines.training.schedule import factor
from tests.engines.training.data import QUICK, card, put, request, scene


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / BEST, weights_only=True)


def last(folder: Path) -> dict[str, torch.Tensor]:
    return torch.load(folder / STATE, weights_only=True)["net"]


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_run_learns_and_its_weights_load(tmp_path: Path):
    options = replace(QUICK, epochs=5, epoch_crops=24, rate=5e-3, ema=0.9, crop=32, loss="ce_dice")
    run = request(tmp_path, options, net="lraspp")
    told: list[object] = []
    result = Trainer(run, told.append).run()
    ends = [m for m in told if isinstance(m, EpochEnd)]
    assert [e.epoch for e in ends] == [1, 2, 3, 4, 5]
    assert result.reason == "done"
    assert result.new.miou is not None
    assert result.new.miou > 0.75
    assert result.new.miou > (ends[0].judged.miou or 0.0)
    assert ends[0].sample is not None
    assert ends[0].sample.answer.shape == ends[0].sample.truth.shape == (64, 64)
    made = replace(run.card, weights=WeightsSpec("best.pth"))
    net = load_net(made, result.weights, torch.device("cpu"))
    assert net(torch.zeros(1, 3, 32, 32)).shape[1] == 2


def test_equal_runs_are_equal_bit_for_bit(tmp_path: Path):
    for name in ("a", "b"):
        Trainer(request(tmp_path / name)).run()
    assert same(last(tmp_path / "a"), last(tmp_path / "b"))
    assert same(weights(tmp_path / "a"), weights(tmp_path / "b"))
    Trainer(request(tmp_path / "c", replace(QUICK, seed=4))).run()
    assert not same(last(tmp_path / "a"), last(tmp_path / "c"))


@pytest.mark.parametrize("steps", [1, 4, 6])  # 4: it is asked while it judges, too
def test_a_stopped_run_goes_on_bit_for_bit(tmp_path: Path, steps: int):
    options = replace(QUICK, epochs=3, epoch_crops=12)
    whole = Trainer(request(tmp_path / "whole", options)).run()
    heard = iter(["go"] * steps)
    broken = request(tmp_path / "parts", options)
    Trainer(broken, hear=lambda: next(heard, "stop")).run()
    result = Trainer(broken).run()
    assert same(last(tmp_path / "whole"), last(tmp_path / "parts"))
    assert same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert result.curve == whole.curve
    assert result.new == whole.new


def test_a_pause_waits_and_goes_on(tmp_path: Path):
    told: list[object] = []
    words = iter(["go", "pause", "pause", "go"])
    options = replace(QUICK, epoch_crops=12)
    Trainer(request(tmp_path / "a", options), told.append, lambda: next(words, "go")).run()
    assert any(isinstance(m, TrainProgress) and m.paused for m in told)
    Trainer(request(tmp_path / "b", options)).run()
    assert same(last(tmp_path / "a"), last(tmp_path / "b"))


def test_a_run_that_is_stopped_at_once_leaves_nothing(tmp_path: Path):
    with pytest.raises(Cancelled):
        Trainer(request(tmp_path), hear=lambda: "stop").run()
    assert not (tmp_path / BEST).exists()


def test_it_ends_early_where_nothing_gets_better(tmp_path: Path):
    result = Trainer(request(tmp_path, replace(QUICK, epochs=50, patience=2, rate=1e-9))).run()
    assert result.reason == "early"
    assert result.curve[-1][0] == result.best_epoch + 2


def test_minutes_end_it(tmp_path: Path):
    result = Trainer(request(tmp_path, replace(QUICK, epochs=0, minutes=0.01))).run()
    assert result.reason == "time"


# -- where it starts ------------------------------------------------------------------------------------------------


def trained(tmp_path: Path, names: tuple[str, ...]) -> tuple[object, Path]:
    """A card for `names` and a file with random weights of its net."""
    made = replace(card(names=names), weights=WeightsSpec("w.pth"))
    torch.manual_seed(1)
    net = net_module(made.net.type).build(made.net.options, len(made.channel_ids))
    torch.save(net.state_dict(), tmp_path / "w.pth")
    return made, tmp_path / "w.pth"


def test_other_classes_keep_what_they_have_in_common(tmp_path: Path):
    old, file = trained(tmp_path, ("disc", "square", "star"))
    new = card(names=("star", "moon"))
    # Of the old net's channels: ground, disc, square, star.
    begun = start.begin(new, TrainStart(old, str(file), "card", (0, 0, 0, 1)))
    state, mine = torch.load(file, weights_only=True), begun.net.state_dict()
    last_layer = [k for k in state if state[k].shape[:1] == (4,) and mine[k].shape[:1] == (3,)]
    assert last_layer
    for key in last_layer:
        assert torch.equal(mine[key][0], state[key][0])
        assert torch.equal(mine[key][1], state[key][3])
    rest = [k for k in begun.plain_keys if k not in last_layer]
    assert all(torch.equal(mine[k], state[k]) for k in rest)
    assert begun.notes == (start.NOTE_NEW_LAYER,)


def test_the_same_classes_keep_the_last_layer_and_the_old_model_is_judged(tmp_path: Path):
    old, file = trained(tmp_path, ("disc",))
    run = request(tmp_path / "run", replace(QUICK, epochs=1, rate=1e-9, encoder_rate=1.0))
    run = replace(run, start=TrainStart(old, str(file), "card", (0, 1)))
    told: list[object] = []
    result = Trainer(run, told.append).run()
    begun = next(m for m in told if isinstance(m, TrainBegun))
    assert start.NOTE_NEW_LAYER not in begun.notes
    assert begun.old is not None
    assert result.old == begun.old
    assert result.old.pictures == 2


@pytest.mark.parametrize("net", ["prob_unet", "fcn_vgg", "segmenter", "point_rend"])
def test_equal_classes_take_all_over(tmp_path: Path, net: str):
    made = replace(card(net), weights=WeightsSpec("w.pth"))
    torch.manual_seed(1)
    state = net_module(net).build(made.net.options, 2).state_dict()
    torch.save(state, tmp_path / "w.pth")
    begun = start.begin(made, TrainStart(made, str(tmp_path / "w.pth"), "card", (0, 1)))
    assert all(torch.equal(begun.net.state_dict()[k], state[k]) for k in state)
    assert begun.notes == ()
    other = card(net, names=("disc", "moon"))
    begun = start.begin(other, TrainStart(made, str(tmp_path / "w.pth"), "card", (0, 1)))
    assert all(torch.isfinite(v).all() for v in begun.net.state_dict().values())
    assert begun.notes == (start.NOTE_NEW_LAYER,)


def test_encoder_weights_alone(tmp_path: Path):
    made = replace(card("erfnet"), weights=WeightsSpec("w.pth"))
    torch.manual_seed(1)
    net = net_module("erfnet").build(made.net.options, 2)
    torch.save(net.state_dict(), tmp_path / "w.pth")
    begun = start.begin(made, TrainStart(made, str(tmp_path / "w.pth"), "encoder", (0, 1)))
    mine, state = begun.net.state_dict(), net.state_dict()
    encoder = [k for k in state if k.startswith("backbone.") and state[k].ndim > 1]
    head = [k for k in state if k.startswith("decode_head.") and state[k].ndim > 1]
    assert all(torch.equal(mine[k], state[k]) for k in encoder)
    assert not any(torch.equal(mine[k], state[k]) for k in head)


def test_auxiliary_heads_learn_and_are_not_kept(tmp_path: Path):
    made = card("psp")
    begun = start.begin(made, TrainStart(made, mode="scratch"))
    extra = begun.net.state_dict().keys() - begun.plain_keys
    assert extra
    assert all(k.startswith("auxiliary_head.") for k in extra)
    assert len(losses.outputs_of(begun.net.eval(), torch.zeros(1, 3, 64, 64))) == 2


@pytest.mark.parametrize("net", ["unet_plus_plus", "prob_unet", "ocr", "segformer"])
def test_every_kind_of_net_takes_a_step(tmp_path: Path, net: str):
    result = Trainer(request(tmp_path, replace(QUICK, epochs=1, batch=2), net=net, count=4)).run()
    assert result.new.pictures == 2


def test_norms_are_frozen_where_batches_are_small(tmp_path: Path):
    net = net_module("fast_scnn").build(net_module("fast_scnn").SMALL, 2)
    options = TrainOptions()
    assert recipe.freeze(net, options, trained=True, batch=8, steps=9)[0] == []
    frozen, notes = recipe.freeze(net, options, trained=True, batch=2, steps=9)
    assert frozen
    assert notes == (recipe.NOTE_NORM,)
    net = net_module("fast_scnn").build(net_module("fast_scnn").SMALL, 2)
    assert recipe.freeze(net, options, trained=False, batch=2, steps=9) == ([], (recipe.NOTE_BATCH,))


def test_the_rate_rises_and_falls():
    for schedule in ("poly", "cosine"):
        values = [factor(t / 100, schedule=schedule, warm_up=0.1) for t in range(101)]
        assert values[:10] == sorted(values[:10])
        assert values[10] == pytest.approx(1.0)
        assert values[10:] == sorted(values[10:], reverse=True)
    assert factor(0.55, schedule="poly", warm_up=0.1) == pytest.approx(0.5**0.9)
    assert factor(0.55, schedule="cosine", warm_up=0.1) == pytest.approx(0.5)


# -- what goes wrong --------------------------------------------------------------------------------------------------


def test_a_class_without_a_pixel_is_named(tmp_path: Path):
    run = request(tmp_path)
    run = replace(run, card=card(names=("disc", "moon")))
    with pytest.raises(SegDeskError, match="shows the class moon"):
        Trainer(run).run()


def test_one_picture_is_too_few(tmp_path: Path):
    run = request(tmp_path)
    with pytest.raises(SegDeskError, match="at least two labelled pictures"):
        Trainer(replace(run, items=run.items[:1])).run()


def test_labels_of_another_size_are_named(tmp_path: Path):
    run = request(tmp_path)
    picture, labels = scene(0)
    put(tmp_path, "0000", picture, labels[:-1])
    with pytest.raises(SegDeskError, match=r"The labels of 0\.png are not of the picture's size"):
        Trainer(run).run()


def test_a_loss_that_is_no_number_keeps_the_best(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    real, count = losses.total_loss, [0]

    def breaking(*arguments, **more):
        count[0] += 1
        return real(*arguments) * (float("nan") if count[0] > 4 else 1.0)

    monkeypatch.setattr(losses, "total_loss", breaking)
    result = Trainer(request(tmp_path, replace(QUICK, epochs=9, epoch_crops=12))).run()
    assert result.reason == "failed"
    assert result.error is not None
    assert "came apart in epoch 2" in result.error.text()
    assert all(torch.isfinite(v).all() for v in weights(tmp_path).values())
    count[0] = 9
    with pytest.raises(SegDeskError, match="came apart in epoch 1"):
        Trainer(request(tmp_path / "other")).run()


def full_after(writes: int) -> Callable[[int], None]:
    real, count = os.fsync, [0]

    def fsync(handle: int) -> None:
        count[0] += 1
        if count[0] > writes:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    return fsync


def test_a_full_disk_leaves_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    options = replace(QUICK, epochs=4)
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_after(2))
        result = Trainer(request(tmp_path, options)).run()
    assert result.error is not None
    assert "disk is full" in result.error.text()
    assert not list(tmp_path.glob(".*part"))
    assert Trainer(request(tmp_path, options)).run().curve[-1][0] == 4
    Trainer(request(tmp_path / "whole", options)).run()
    assert same(last(tmp_path), last(tmp_path / "whole"))


def test_memory_that_runs_out_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def breaking(*arguments, **more):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(losses, "total_loss", breaking)
    with pytest.raises(SegDeskError, match="memory of cpu ran out in epoch 1"):
        Trainer(request(tmp_path)).run()


def test_a_net_that_cannot_be_built_for_the_classes_is_told(tmp_path: Path):
    run = request(tmp_path)
    run = replace(run, card=replace(run.card, net=replace(run.card.net, type="nuclei_unet")))
    with pytest.raises(SegDeskError, match="cannot be built for these classes"):
        Trainer(run).run()


def test_everything_frozen_is_told(tmp_path: Path):
    net = torch.nn.Conv2d(3, 2, 1).requires_grad_(False)
    with pytest.raises(SegDeskError, match="nothing to train"):
        recipe.optimiser_of(net, QUICK, scratch=True)


def test_a_held_out_picture_is_never_learned_from(tmp_path: Path):
    run = request(tmp_path)
    Trainer(run).run()
    before = last(tmp_path)
    other = request(tmp_path / "other")
    for stem in ("0004", "0005"):
        put(tmp_path / "other", stem, np.zeros((64, 64, 3), np.uint8), np.ones((64, 64), np.uint8))
    Trainer(other).run()
    assert same(before, last(tmp_path / "other"))
    assert all(isinstance(i, TrainItem) for i in run.items)
