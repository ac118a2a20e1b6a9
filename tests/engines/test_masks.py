"""Objects traced from small masks: as if each mask had been enlarged to the whole picture and cut at the threshold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from segdesk.domain import rle
from segdesk.domain.card import InputSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import decide
from segdesk.engines import ladder
from segdesk.engines.inputs import prepare
from segdesk.engines.masks import Axis, instances, traced
from segdesk.engines.predict import Loaded
from tests.engines.fakes import PLAIN, brightness_card

CPU = torch.device("cpu")


def _samples(values: np.ndarray, axis: Axis, side: int, pixels: int) -> np.ndarray:
    """Plain sampling along one side; NaN outside."""
    position = np.clip(axis.scale * np.arange(pixels) + axis.shift, 0, values.shape[side] - 1)
    low = np.floor(position).astype(int)
    high = np.minimum(low + 1, values.shape[side] - 1)
    part = (position - low).reshape((-1, 1) if side == 0 else (1, -1))
    found = values.take(low, side) * (1 - part) + values.take(high, side) * part
    outside = (np.arange(pixels) < axis.begin) | (np.arange(pixels) >= axis.end)
    found[outside if side == 0 else (slice(None), outside)] = np.nan
    return found


@st.composite
def _cases(draw: st.DrawFn) -> tuple[np.ndarray, tuple[Axis, Axis], tuple[int, int]]:
    def axis(pixels: int) -> Axis:
        begin = draw(st.integers(0, pixels - 1))
        end = draw(st.integers(begin + 1, pixels))
        return Axis(draw(st.floats(0.02, 3)), draw(st.floats(-3, 3)), begin, end)

    size = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    shape = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    seed = draw(st.integers(0, 1000))
    values = np.random.default_rng(seed).random(shape, np.float32)
    return values, (axis(size[0]), axis(size[1])), size


@given(_cases(), st.floats(0.1, 0.9))
def test_tracing_is_sampling_and_cutting(case: tuple[np.ndarray, tuple[Axis, Axis], tuple[int, int]], threshold: float):
    values, (rows, cols), size = case
    whole = _samples(_samples(values.astype(np.float64), cols, 1, size[1]), rows, 0, size[0])
    found = traced(values, threshold, rows, cols, size=size)
    mask = np.zeros(size, bool) if found is None else rle.decode(found)
    sure = ~(np.abs(whole - threshold) < 1e-6)  # at the threshold itself either may be
    assert np.array_equal(mask[sure], (whole > threshold)[sure])


@pytest.mark.parametrize("size", [(1, 1), (90, 120), (37, 11), (200, 301)])
def test_it_is_what_torch_makes_of_the_whole_mask(size: tuple[int, int]):
    masks = torch.nn.functional.interpolate(
        torch.rand((5, 1, 6, 7), generator=torch.Generator().manual_seed(1)), size=(24, 32), mode="bicubic"
    )[:, 0].clamp(0, 1)
    found = {"labels": torch.zeros(5), "scores": torch.linspace(0.9, 0.5, 5), "masks": masks}
    ours = instances(found, size, (96, 128), (96, 128), channel_ids=(4,))
    theirs = torch.nn.functional.interpolate(masks[:, None], size=size, mode="bilinear")[:, 0] > 0.5
    assert len(ours) == int(theirs.flatten(1).any(1).sum())
    kept = iter(ours)
    for mask in theirs.numpy():
        if mask.any():
            assert (rle.decode(next(kept).mask) != mask).sum() <= 1


def test_padding_of_the_input_is_no_part_of_the_picture():
    mask = torch.zeros(1, 8, 8)
    mask[0, :, 4:] = 1  # the right half of the net's input, of which the picture fills the left three quarters
    found = {"labels": torch.tensor([0]), "scores": torch.tensor([0.9]), "masks": mask}
    (only,) = instances(found, (64, 96), (32, 24), (32, 32), channel_ids=(1,))
    assert rle.bounding_box(only.mask) == (64, 0, 96, 64)


def test_best_first_background_left_out_threshold_of_the_net():
    found = {
        "labels": torch.tensor([0, 1, 2, 7]),
        "scores": torch.tensor([0.2, 0.9, 0.8, 0.7]),
        "masks": torch.full((4, 2, 2), 0.4),
        "threshold": torch.tensor(0.3),
    }
    result = instances(found, (3, 4), (8, 8), (8, 8), channel_ids=(5, 0, 6))
    assert [(i.class_id, round(i.score, 1), i.mask.area) for i in result] == [(6, 0.8, 12), (5, 0.2, 12)]
    assert instances({**found, "threshold": torch.tensor(0.5)}, (3, 4), (8, 8), (8, 8), channel_ids=(5, 0, 6)) == ()


def test_nothing_found():
    found = {"labels": torch.empty(0), "scores": torch.empty(0), "masks": torch.empty(0, 3, 3)}
    assert instances(found, (5, 5), (5, 5), (5, 5), channel_ids=(1,)) == ()


class Halves(nn.Module):
    """Answers with two overlapping objects: the left two thirds and, surer, the right half of the input. Runs out of
    memory above one picture, as a graphics card does."""

    output = "instances"

    def __init__(self, most: int = 99) -> None:
        super().__init__()
        self.most = most
        self.shapes: list[tuple[int, ...]] = []

    def forward(self, x: torch.Tensor) -> list[Mapping[str, torch.Tensor]]:
        self.shapes.append(tuple(x.shape))
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate too much")
        masks = torch.zeros(2, 6, 6)
        masks[0, :, 3:] = 1
        masks[1, :, :4] = 1
        return [{"labels": torch.tensor([0, 0]), "scores": torch.tensor([0.9, 0.7]), "masks": masks} for _ in x]


def _loaded(net: nn.Module, spec: InputSpec = PLAIN) -> Loaded:
    classes = ClassSet.from_names(["half"], things=["half"])
    card = brightness_card(task="instance", classes=classes, channel_ids=(1,), input=spec)
    return Loaded(card, net, CPU)


@pytest.mark.parametrize("size", [(1, 1), (60, 90)])
def test_overlaps_are_kept_and_the_map_takes_the_better(size: tuple[int, int]):
    picture = prepare(np.zeros((*size, 3), np.uint8), PLAIN)
    (raw,) = ladder.predict(_loaded(Halves()), [picture], lambda: False)
    assert raw.prediction.task == "instance"
    assert raw.prediction.size == size
    if size == (60, 90):
        assert [rle.bounding_box(i.mask) for i in raw.prediction.instances] == [(45, 0, 90, 60), (0, 0, 60, 60)]
        ids = decide(raw.prediction).ids
        assert len(np.unique(ids[:, :45])) == len(np.unique(ids[:, 45:])) == 1
        assert ids[0, 0] != ids[0, -1]


def test_several_pictures_at_once_and_less_when_memory_runs_out():
    net = Halves(most=1)
    pictures = [prepare(np.zeros((20, 30, 3), np.uint8), PLAIN) for _ in range(3)]
    raws = ladder.predict(_loaded(net), pictures, lambda: False)
    assert [len(raw.prediction.instances) for raw in raws] == [2, 2, 2]
    assert [shape[0] for shape in net.shapes] == [3, 1, 1, 1]


def test_the_pictures_part_of_a_padded_input():
    spec = InputSpec(fit="native", multiple=32, pad="zero")
    picture = prepare(np.zeros((24, 24, 3), np.uint8), spec)
    (raw,) = ladder.predict(_loaded(Halves(), spec), [picture], lambda: False)
    assert [rle.bounding_box(i.mask) for i in raw.prediction.instances] == [(16, 0, 24, 24), (0, 0, 21, 24)]
