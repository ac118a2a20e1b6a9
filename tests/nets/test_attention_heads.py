"""Non-local, DANet, CCNet: what a pixel sees, that weights sum to 1, and that blocks of queries change nothing."""

from __future__ import annotations

import pytest
import torch

from segdesk.nets.heads import ccnet, danet, nonlocal_net


def seen_by(module: torch.nn.Module, height: int, width: int, y: int, x: int, passes: int = 1) -> torch.Tensor:
    """The pixels (height, width) on which the answer at row y, column x depends, by the gradient."""
    torch.manual_seed(0)
    maps = torch.randn(1, 8, height, width, dtype=torch.float64, requires_grad=True)
    answer = maps
    for _ in range(passes):
        answer = module(answer)
    answer[0, :, y, x].sum().backward()
    assert maps.grad is not None
    return (maps.grad[0] != 0).any(0)


@pytest.fixture
def criss_cross() -> ccnet.CrissCross:
    torch.manual_seed(1)
    module = ccnet.CrissCross(8, reduction=2).double()
    torch.nn.init.constant_(module.gamma.scale, 0.5)
    return module


def test_one_pass_sees_the_cross(criss_cross: ccnet.CrissCross):
    cross = torch.zeros(6, 9, dtype=torch.bool)
    cross[2, :] = cross[:, 5] = True
    assert torch.equal(seen_by(criss_cross, 6, 9, 2, 5), cross)


def test_two_passes_see_everything(criss_cross: ccnet.CrissCross):
    assert seen_by(criss_cross, 6, 9, 2, 5, passes=2).all()


def test_a_cross_has_height_plus_width_minus_one_weights_that_sum_to_one():
    torch.manual_seed(0)
    weights = ccnet.cross_weights(torch.randn(2, 4, 5, 7), torch.randn(2, 4, 5, 7))
    assert weights.shape == (2, 5, 7, 12)
    assert torch.allclose(weights.sum(-1), torch.ones(2, 5, 7))
    assert ((weights > 0).sum(-1) == 5 + 7 - 1).all()


def test_criss_cross_is_what_its_equation_says(criss_cross: ccnet.CrissCross):
    x = torch.randn(1, 8, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        found = criss_cross(x)
        query, key, value = (conv(x)[0] for conv in
                             (criss_cross.query_conv, criss_cross.key_conv, criss_cross.value_conv))  # fmt: skip
        for i in range(4):
            for j in range(5):
                pixels = [(r, j) for r in range(4) if r != i] + [(i, c) for c in range(5)]
                energies = torch.stack([query[:, i, j] @ key[:, r, c] for r, c in pixels])
                gathered = sum(w * value[:, r, c] for w, (r, c) in zip(energies.softmax(0), pixels, strict=True))
                assert torch.allclose(found[0, :, i, j], 0.5 * gathered + x[0, :, i, j])


@pytest.mark.parametrize("numbers", [1, 9 * 15, 2 * 9 * 15, 4 * 9 * 15 + 1])
def test_blocks_of_rows_change_nothing(criss_cross: ccnet.CrissCross, numbers: int):
    x = torch.randn(1, 8, 6, 9, dtype=torch.float64)
    with torch.no_grad():
        whole = criss_cross(x)
        criss_cross.numbers = numbers
        assert torch.allclose(criss_cross(x), whole, rtol=0, atol=1e-13)


def test_recurrence_shares_its_weights():
    with torch.device("meta"):
        once, twice = (ccnet.build({"recurrence": n}, 3).state_dict() for n in (1, 2))
    assert once.keys() == twice.keys()


@pytest.mark.parametrize("module", [nonlocal_net.NonLocal(8), danet.PositionAttention(8, 4)])
def test_every_pixel_sees_all_and_blocks_change_nothing(module):
    torch.manual_seed(2)
    module = module.double().eval()
    for name, parameter in module.named_parameters():
        if name in ("conv_out.bn.weight", "gamma.scale"):
            torch.nn.init.constant_(parameter, 0.5)
    assert seen_by(module, 5, 4, 0, 3).all()
    x = torch.randn(2, 8, 5, 4, dtype=torch.float64)
    with torch.no_grad():
        whole = module(x)
        for numbers in (1, 2 * 20 * 3, 2 * 20 * 7):
            module.numbers = numbers
            assert torch.allclose(module(x), whole, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    "module", [nonlocal_net.NonLocal(8), danet.PositionAttention(8, 4), danet.ChannelAttention(), ccnet.CrissCross(8)]
)
def test_each_block_starts_as_the_identity(module: torch.nn.Module):
    x = torch.randn(2, 8, 5, 4)
    assert torch.equal(module.eval()(x), x)


def test_channel_attention_mixes_channels_by_their_dissimilarity():
    torch.manual_seed(0)
    module = danet.ChannelAttention()
    torch.nn.init.ones_(module.gamma.scale)
    x = torch.randn(1, 4, 5, 6)
    flat = x[0].flatten(1)
    energy = flat @ flat.T
    weights = torch.softmax(-energy, -1)  # what is taken from each row's largest changes nothing
    assert torch.allclose(weights.sum(-1), torch.ones(4))
    with torch.no_grad():
        assert torch.allclose(module(x)[0].flatten(1), weights @ flat + flat, atol=1e-5)


def test_danet_decides_by_the_sum_of_its_branches_and_trains_three_outputs():
    torch.manual_seed(0)
    head = danet.Head([6], 3, width=8, pam_width=4).eval()
    features = [torch.rand(2, 6, 5, 4)]
    with torch.no_grad():
        position, channel = head.branches(features)
        outputs = head.training_outputs(features)
        assert torch.equal(head(features), head.conv_seg(position + channel))
        assert torch.equal(outputs[0][0], head(features))
        assert torch.equal(outputs[1][0], head.pam_conv_seg(position))
    assert [weight for _, weight in outputs] == [1.0, 1.0, 1.0]
