"""Panoptic-DeepLab against its paper and against the names in detectron2's files."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.engines.loading import builder, load_net, named
from segdesk.io.cards import read_cards
from segdesk.nets.instance import panoptic_deeplab
from segdesk.nets.instance.panoptic_deeplab import Pool, Pyramid, build
from segdesk.nets.layouts import LAYOUTS
from segdesk.paths import models_dir

NARROW: dict[str, object] = {
    "encoder_options": {"output_stride": 16, "multi_grid": (2, 4, 8), "base": 4, "stem_width": 8},
    "project": (3, 5),
    "pyramid_width": 8,
    "semantic": {"width": 8, "head_width": 6},
    "instance": {"width": 6, "head_width": 4},
}


def meta(variant: str, classes: int = 19) -> nn.Module:
    with torch.device("meta"):
        return build(panoptic_deeplab.VARIANTS[variant], classes)


def normed(name: str) -> Iterator[str]:
    """A convolution with its norm inside, as detectron2 names it."""
    yield f"{name}.weight"
    yield from (f"{name}.norm.{part}" for part in ("weight", "bias", "running_mean", "running_var"))


def detectron2_names(*, separable: bool) -> Iterator[str]:
    for i in (1, 2, 3):
        yield from normed(f"backbone.stem.conv{i}")
    for stage, blocks in ((2, 3), (3, 4), (4, 6), (5, 3)):
        yield from normed(f"backbone.res{stage}.0.shortcut")
        for block in range(blocks):
            for i in (1, 2, 3):
                yield from normed(f"backbone.res{stage}.{block}.conv{i}")
    for head in ("sem_seg_head", "ins_embed_head"):
        for stage in ("res2", "res3"):
            yield from normed(f"{head}.decoder.{stage}.project_conv")
            yield from two(f"{head}.decoder.{stage}.fuse_conv", separable=separable)
        pyramid = f"{head}.decoder.res5.project_conv"
        yield from normed(f"{pyramid}.convs.0")
        for i in (1, 2, 3):
            if separable:
                yield from two(f"{pyramid}.convs.{i}", separable=True)
            else:
                yield from normed(f"{pyramid}.convs.{i}")
        yield from (f"{pyramid}.convs.4.1.{part}" for part in ("weight", "bias"))
        yield from normed(f"{pyramid}.project")
    yield from two("sem_seg_head.head", separable=separable)
    yield from two("ins_embed_head.center_head", separable=False)
    yield from two("ins_embed_head.offset_head", separable=separable)
    for name in ("sem_seg_head.predictor", "ins_embed_head.center_predictor", "ins_embed_head.offset_predictor"):
        yield from (f"{name}.{part}" for part in ("weight", "bias"))


def two(name: str, *, separable: bool) -> Iterator[str]:
    for part in ("depthwise", "pointwise") if separable else ("0", "1"):
        yield from normed(f"{name}.{part}")


@pytest.mark.parametrize("variant", ["r52-os16-mg124", "r52-os16-mg124-dsconv"])
def test_detectron2_s_names_are_all_ours_and_ours_all_theirs(variant: str):
    theirs = list(detectron2_names(separable="dsconv" in variant))
    ours = {key for key in meta(variant).state_dict() if not key.endswith("num_batches_tracked")}
    found = LAYOUTS["detectron2"].keys([*theirs, "pixel_mean", "pixel_std"])
    assert set(found.values()) == ours
    assert len(found) == len(theirs) == len(ours)


@pytest.mark.parametrize("separable", [False, True])
def test_a_pickle_of_arrays_is_loaded_as_it_is_published(tmp_path: Path, separable: bool):
    torch.manual_seed(0)
    options = {**NARROW, "separable": separable}
    net = build(options, 3).eval()
    state, layout = net.state_dict(), LAYOUTS["detectron2"]
    file = tmp_path / "model_final_000000.pkl"
    names = layout.keys(detectron2_names(separable=separable))
    file.write_bytes(pickle.dumps({"model": {name: state[ours].numpy() for name, ours in names.items()}}, protocol=2))
    card = ModelCard(
        "c",
        Text("c"),
        "panoptic",
        "",
        Text(""),
        NetSpec("panoptic_deeplab", options),
        ClassSet.from_names(["a", "b", "c"]),
        channel_ids=(1, 2, 3),
        weights=WeightsSpec(file.name, layout="detectron2"),
    )
    loaded, x = load_net(card, str(file), torch.device("cpu")), torch.rand(1, 3, 70, 90)
    with torch.inference_mode():
        ours, theirs = net(x), loaded(x)
    for key in ("scores", "centres", "offsets"):
        assert torch.allclose(ours[key], theirs[key], atol=1e-4 * float(ours[key].abs().max()))


@pytest.mark.parametrize(
    ("variant", "classes", "millions"),
    [("r52-os16-mg124", 19, 59.770166), ("r52-os16-mg124-dsconv", 19, 30.271350), ("r50-os16", 19, 59.646390)],
)
def test_the_number_of_parameters_is_the_reference_s(variant: str, classes: int, millions: float):
    assert sum(p.numel() for p in meta(variant, classes).parameters()) == round(millions * 1e6)


def test_the_encoder_keeps_a_sixteenth_and_dilates_as_the_grid_says():
    backbone = meta("r52-os16-mg124").backbone
    assert list(backbone.strides) == [4, 8, 16, 16]
    assert [block.conv2.dilation for block in backbone.layer4] == [(2, 2), (4, 4), (8, 8)]
    assert [block.conv2.stride for block in backbone.layer4] == [(1, 1)] * 3
    assert [m.out_channels for m in backbone.stem if isinstance(m, nn.Conv2d)] == [64, 64, 128]


def test_two_decoders_that_share_nothing_but_the_encoder():
    net = meta("r52-os16-mg124")
    semantic, objects = net.sem_seg_head, net.ins_embed_head
    assert not {id(p) for p in semantic.parameters()} & {id(p) for p in objects.parameters()}
    for head, width, last in ((semantic, 256, 256), (objects, 128, 32)):
        assert list(head.decoder) == ["res2", "res3", "res5"]
        assert [head.decoder[k]["project_conv"].conv.out_channels for k in ("res2", "res3")] == [32, 64]
        assert [head.decoder[k]["fuse_conv"][0].conv.in_channels for k in ("res3", "res2")] == [64 + 256, 32 + width]
        pyramid = head.decoder["res5"]["project_conv"]
        assert [b.conv.dilation[0] for b in pyramid.convs[:4]] == [1, 6, 12, 18]
        assert pyramid.project.conv.in_channels == 5 * 256
        assert (head.predictor if head is semantic else head.offset_predictor).in_channels == last
    assert (semantic.predictor.out_channels, objects.center_predictor.out_channels) == (19, 1)
    assert objects.offset_predictor.out_channels == 2


def test_separable_is_five_by_five_but_not_before_the_centres():
    net = meta("r52-os16-mg124-dsconv")
    fuse = net.sem_seg_head.decoder["res2"]["fuse_conv"].depthwise_conv.conv
    assert (fuse.kernel_size, fuse.groups) == ((5, 5), 32 + 256)
    assert net.ins_embed_head.offset_head.depthwise_conv.conv.kernel_size == (5, 5)
    assert net.ins_embed_head.center_head[0].conv.groups == 1


def test_offsets_are_in_pixels_of_the_picture():
    torch.manual_seed(0)
    net = build(NARROW, 3).eval()
    x = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        answer = net(x)
        maps = net.backbone(x)
        _, offsets = net.ins_embed_head({name: maps[i] for name, i in net.levels.items()})
    assert answer["scores"].shape == (2, 3, 16, 24)
    assert answer["centres"].shape == (2, 1, 16, 24)
    assert torch.equal(answer["offsets"], 4 * offsets)


@pytest.mark.parametrize("variant", panoptic_deeplab.VARIANTS)
def test_every_encoder_answers_at_a_quarter_of_an_odd_size(variant: str):
    net = meta(variant).eval()
    with torch.inference_mode():
        answer = net(torch.empty(2, 3, 333, 501, device="meta"))
    assert {key: tuple(value.shape) for key, value in answer.items()} == {
        "scores": (2, 19, 84, 126),
        "centres": (2, 1, 84, 126),
        "offsets": (2, 2, 84, 126),
    }


def test_the_pool_is_the_mean_of_a_window_or_of_all_there_is():
    x = torch.rand(1, 2, 5, 7)
    assert torch.allclose(Pool(None)(x)[..., 0, 0], x.mean((2, 3)))
    assert torch.allclose(Pool((9, 9))(x)[..., 0, 0], x.mean((2, 3)))
    windows = Pool((3, 4))(x)
    assert windows.shape == (1, 2, 3, 4)
    assert torch.allclose(windows[0, 1, 2, 1], x[0, 1, 2:5, 1:5].mean())


def test_the_pyramid_sees_the_whole_picture():
    torch.manual_seed(0)
    x = torch.rand(1, 4, 9, 40, requires_grad=True)
    Pyramid(4, 8, (1, 2, 3)).eval()(x)[0, :, 4, 0].sum().backward()
    assert x.grad is not None
    assert (x.grad[0, :, 4, 20:].abs().sum(0) > 0).all()  # through the pooled branch


@pytest.mark.parametrize("options", [{"colour": 1}, {"project": (32,)}, {"semantic": {"depth": 3}}])
def test_an_option_that_does_not_fit_is_refused(options: dict[str, object]):
    with torch.device("meta"), pytest.raises(ValueError, match=r"option|project"):
        build(options, 3)


def test_the_engine_s_grouping_is_no_option_of_the_net():
    with torch.device("meta"):
        assert len(build({"groups": {"window": 41}}, 3).state_dict()) == len(build({}, 3).state_dict())


def test_every_card_can_be_built_and_the_published_ones_by_their_layout():
    cards = {card.id: card for card in read_cards(models_dir() / "panoptic-deeplab.toml")}
    assert len(cards) == 5
    for card in cards.values():
        with torch.device("meta"):
            net = builder(card.net.type)(card.net.options, len(card.channel_ids))
        assert sum(p.numel() for p in net.parameters()) == card.parameters
        assert card.weights is not None
        assert card.weights.layout in LAYOUTS
        assert card.decide.confidence == 0  # the published map has every object
        assert 0 < len(card.classes.things) < len(card.classes)
    street = cards["panoptic-deeplab-r52-cityscapes"]
    state = {name: torch.zeros(1) for name in detectron2_names(separable=False)}
    assert len(named(state, LAYOUTS["detectron2"])) == len(state)
    assert (street.licence.weights, street.decide.stuff_area) == ("CC BY-SA 3.0", 2048)
