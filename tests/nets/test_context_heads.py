"""Context heads over a dilated ResNet, and the heads over a feature pyramid: what their papers say, the reference's
numbers of parameters and answers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from segdesk.engines.loading import net_module
from segdesk.nets.heads import ann, apcnet, dmnet, dnlnet, emanet, gcnet, isanet, point_rend, psanet, sem_fpn
from tests.nets.openmmlab import assert_same_keys
from tests.nets.places import Reference, assert_like_reference, parameters

# Parameters with auxiliary heads, and logits, of the reference's ResNet-50 nets of Cityscapes' 19 classes.
REFERENCES = {
    "gcnet": Reference(49630215, (0.0123, -0.1462, 0.2695, 0.0547, 0.4818), 1.136),
    "dnlnet": Reference(50024327, (-0.0932, -0.2234, 0.2106, -0.011, 0.4487), 1.231),
    "ann": Reference(46228614, (-0.0868, -0.298, 0.2015, -0.2221, 0.1785), 0.761),
    "isanet": Reference(37707398, (-0.0968, -0.2503, 0.0398, -0.212, 0.1554), 0.73),
    "apcnet": Reference(56357560, (-0.3758, -0.0568, -0.1, -0.5037, 0.6008), 1.547),
    "dmnet": Reference(53175942, (-0.0124, 0.3648, 0.4763, -0.5579, 0.7943), 3.006),
    "emanet": Reference(42349958, (-0.1825, -0.3644, -0.0153, 0.1189, 0.107), 1.11),
    "sem_fpn": Reference(28497907, (0.1453, -0.2382, -0.2493, 0.1622, 0.8222), 2.138),
    "point_rend": Reference(28715119, (0.0295, -0.2172, -0.0836, 0.1462, 0.1582), 0.674),
    "psanet": Reference(59138694, (-0.1105, -0.1246, 0.0887, -0.17, 0.0979), 0.781),
}
OPTIONS: dict[str, dict[str, object]] = {"emanet": {"align_corners": True}}  # published so only


@pytest.mark.parametrize("name", REFERENCES)
def test_the_net_has_the_references_number_of_parameters(name: str):
    with torch.device("meta"):
        net = net_module(name).build({**OPTIONS.get(name, {}), "auxiliary": True}, 19)
    assert parameters(net) == REFERENCES[name].parameters


@pytest.mark.parametrize("name", REFERENCES)
def test_answers_are_the_references(shared: Path, name: str):
    with torch.device("meta"):
        net = net_module(name).build(OPTIONS.get(name, {}), 19)
    assert_like_reference(shared, net.to_empty(device="cpu"), REFERENCES[name])


def test_parameters_of_point_rend_are_the_references(shared: Path):
    with torch.device("meta"):
        net = point_rend.build({"auxiliary": True}, 150)
    assert_same_keys(shared, "mmseg_pointrend_r50", net)


def test_gcnet_adds_one_vector_to_all_pixels_and_starts_as_the_identity():
    block = gcnet.GlobalContext(8, 0.25)
    x = torch.randn(2, 8, 5, 7)
    torch.testing.assert_close(block(x), x)
    torch.testing.assert_close(block.weights(x).sum(1), torch.ones(2))
    torch.nn.init.normal_(block.channel_add_conv[3].weight)
    added = block(x) - x
    torch.testing.assert_close(added, added[:, :, :1, :1].expand_as(added), atol=1e-5, rtol=1e-5)


def test_dnlnet_is_blind_to_a_shift_of_all_queries_and_keys():
    torch.manual_seed(0)
    block = dnlnet.Disentangled(8, reduction=2, temperature=0.05).eval()
    torch.nn.init.ones_(block.conv_out.bn.weight)
    x = torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        before = block(x)
        for part in (block.theta, block.phi):
            part.conv.bias += 3.0
        torch.testing.assert_close(block(x), before, atol=1e-4, rtol=1e-4)


def test_ann_looks_at_110_places():
    assert ann.sampled(torch.rand(2, 4, 20, 30)).shape == (2, 4, 110)
    x = torch.full((1, 2, 9, 9), 3.0)
    torch.testing.assert_close(ann.sampled(x), torch.full((1, 2, 110), 3.0))
    within = ann.build(ann.SMALL, 3).decode_head.context.stages[0]
    assert within.query_project is within.key_project


def test_isanet_sees_its_block_and_all_pixels_like_those_in_it():
    torch.manual_seed(0)
    head = isanet.Head([6], 3, width=8, inner=4, block=2).eval()
    x = torch.randn(1, 8, 6, 6, requires_grad=True)
    head.global_relation = torch.nn.Identity()
    head.related(x)[0, :, 0, 0].sum().backward()
    assert x.grad is not None
    assert {tuple(p) for p in x.grad[0].abs().sum(0).nonzero().tolist()} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_isanets_padding_is_cut_off_again():
    head = isanet.Head([6], 3, width=8, inner=4, block=8).eval()
    head.global_relation = head.local_relation = torch.nn.Identity()
    x = torch.randn(1, 8, 5, 11)
    torch.testing.assert_close(head.related(x), x)


def test_apcnets_weights_are_between_0_and_1():
    part = apcnet.AdaptiveContext(4, 6, 3).eval()
    weights = part.weights(torch.randn(1, 6, 5, 5))
    assert weights.shape == (1, 9, 5, 5)
    assert ((weights > 0) & (weights < 1)).all()


@pytest.mark.parametrize("side", [1, 2, 3, 4])
def test_dmnet_filters_each_picture_with_its_own_filters(side: int):
    part = dmnet.DynamicConv(3, 4, side).eval()
    x = torch.randn(2, 3, 6, 5)
    with torch.no_grad():
        both = part(x)
        assert both.shape == (2, 4, 6, 5)
        torch.testing.assert_close(both[1:], part(x[1:]))
        filters = part.filter_gen_conv(F.adaptive_avg_pool2d(x[:1], side))
        reduced = part.input_redu_conv(x[:1])
        before, behind = side // 2, side - 1 - side // 2
        padded = F.pad(reduced, (before, behind, before, behind))
        place = padded[0, :, 2 : 2 + side, 3 : 3 + side]
        wanted = F.relu(part.norm((place * filters[0]).sum((1, 2))[None, :, None, None]))
        torch.testing.assert_close(both[0, :, 2, 3], wanted[0, :, 0, 0])


def test_emanet_rebuilds_with_few_bases_and_learns_them_in_training_only():
    part = emanet.Expectation(8, count=2, stages=3, momentum=0.5)
    x = torch.rand(1, 8, 6, 6)
    before = part.bases.clone()
    rebuilt = part.eval()(x)
    assert torch.equal(part.bases, before)
    assert torch.linalg.matrix_rank(rebuilt.flatten(2)[0]) <= 2
    part.train()(x)
    assert not torch.equal(part.bases, before)
    assert not any(p.requires_grad for p in emanet.build(emanet.SMALL, 3).decode_head.ema_mid_conv.parameters())


def spread_slowly(masks: torch.Tensor, side: int) -> torch.Tensor:
    """`psanet.spread` of all places and pixels, entry by entry."""
    h, w = masks.shape[2:]
    half = (side - 1) // 2
    found = torch.zeros(len(masks), h * w, h * w)
    for y in range(h):
        for x in range(w):
            for row in range(side):
                for column in range(side):
                    place_y, place_x = y + row - half, x + column - half
                    if 0 <= place_y < h and 0 <= place_x < w:
                        found[:, place_y * w + place_x, y * w + x] = masks[:, row * side + column, y, x]
    return found


@pytest.mark.parametrize("side", [1, 2, 3, 4, 9])
def test_psanets_masks_lie_around_their_pixels(side: int):
    torch.manual_seed(0)
    masks = torch.randn(2, side**2, 4, 5)
    every = torch.arange(20)
    wanted = spread_slowly(masks, side)
    torch.testing.assert_close(psanet.spread(masks, side, every, every), wanted)
    x = torch.randn(2, 3, 4, 5)
    collected = (x.flatten(2) @ wanted.softmax(1)).reshape(x.shape)
    distributed = (x.flatten(2) @ wanted.transpose(1, 2).softmax(1)).reshape(x.shape)
    for numbers in (1, 200, 1 << 20):
        torch.testing.assert_close(psanet.collected(x, masks, side, numbers=numbers), collected)
        torch.testing.assert_close(psanet.distributed(x, masks, side, numbers=numbers), distributed)


def test_the_pyramid_of_semantic_fpn_has_a_convolution_for_each_halving():
    net = sem_fpn.build(sem_fpn.SMALL, 3).eval()
    convolutions = [sum(hasattr(step, "conv") for step in head) for head in net.decode_head.scale_heads]
    assert convolutions == [1, 1, 2, 3]
    with torch.inference_mode():
        assert net(torch.rand(1, 3, 64, 96)).shape[2:] == (16, 24)


def test_point_rend_changes_the_least_sure_points_only():
    torch.manual_seed(0)
    logits = torch.randn(1, 4, 6, 6)
    index = point_rend.unsure(logits, 5)
    best = logits.flatten(2).topk(2, dim=1).values
    gaps = best[0, 0] - best[0, 1]
    assert set(index[0].tolist()) == set(gaps.argsort()[:5].tolist())
    head = point_rend.Head([8, 8], 4, width=4, point_width=8, steps=1, points=7).eval()
    with torch.inference_mode():
        refined = head.refined(torch.rand(1, 8, 6, 6), logits)
    plain = F.interpolate(logits, scale_factor=2, mode="bilinear")
    assert (refined != plain).any(1).sum() == 7


def test_point_rend_samples_pixel_centres_exactly():
    x = torch.randn(1, 3, 4, 5)
    points = torch.tensor([[[(2 + 0.5) / 5, (3 + 0.5) / 4]]])
    torch.testing.assert_close(point_rend.at(x, points)[0, :, 0], x[0, :, 3, 2])
