"""`encoder_decoder`: options of a card to a net of encoder, neck, head and auxiliary heads."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import nn

from segdesk.nets.blocks import ConvBN, Scale, SepConv, attend, up
from segdesk.nets.heads import fcn
from segdesk.nets.net import DecodeHead, chosen_channels, encoder_decoder

TINY = {"encoder": "resnet18", "encoder_options": {"base": 4, "stem_width": 4}, "width": 4}


@pytest.mark.parametrize(
    "wrong",
    [
        {"encoder": "resnet51"},
        {"encoder_options": {"depth": 3}},
        {"encoder_options": 3},
        {"colour": "red"},
        {"auxiliary": True, "auxiliary_options": {"colour": "red"}},
        {"auxiliary": True, "auxiliary_options": 3},
    ],
)
def test_options_that_nobody_knows_are_refused(wrong: dict[str, object]):
    with pytest.raises(ValueError):
        fcn.build({**TINY, **wrong}, 3)


def test_options_of_the_default_encoder_are_kept_beside_new_ones():
    net = encoder_decoder(
        {"encoder_options": {"stem_width": 8}}, 3, fcn.Head, encoder="resnet18", encoder_options={"output_stride": 8}
    )
    assert net.backbone.strides[-1] == 8
    assert net.backbone.conv1.out_channels == 8


def test_default_options_that_an_encoder_of_another_family_lacks_are_left_out():
    net = fcn.build({"encoder": "mit_b0"}, 3)
    assert net.backbone.strides[-1] == 32
    with pytest.raises(ValueError, match="output_stride"):
        fcn.build({"encoder": "mit_b0", "encoder_options": {"output_stride": 8}}, 3)


def test_the_auxiliary_head_is_there_on_demand_and_weighs_less():
    x = torch.rand(2, 3, 32, 32)
    plain = fcn.build(TINY, 3)
    both = fcn.build({**TINY, "auxiliary": True, "auxiliary_options": {"width": 4}}, 3)
    assert [weight for _, weight in plain.training_outputs(x)] == [1.0]
    assert [weight for _, weight in both.training_outputs(x)] == [1.0, 0.4]
    assert both.auxiliary_head.convs[0].conv.in_channels == both.backbone.channels[-2]
    assert {k for k in both.state_dict() if not k.startswith("auxiliary_head")} == set(plain.state_dict())


def test_a_list_makes_several_auxiliary_heads():
    entries = [{"in_index": 0, "width": 4}, {"in_index": 1, "width": 4}]
    net = fcn.build({**TINY, "auxiliary": True, "auxiliary_options": entries}, 3)
    outputs = net.training_outputs(torch.rand(2, 3, 32, 32))
    assert [tuple(logits.shape[2:]) for logits, _ in outputs[1:]] == [(8, 8), (4, 4)]


def test_a_neck_stands_between_encoder_and_heads():
    class Doubling(nn.Module):
        def __init__(self, channels: Sequence[int], *, times: int = 1) -> None:
            super().__init__()
            self.channels = [count * times for count in channels]
            self.times = times

        def forward(self, maps: list[torch.Tensor]) -> list[torch.Tensor]:
            return [x.repeat(1, self.times, 1, 1) for x in maps]

    net = encoder_decoder({**TINY, "neck_options": {"times": 2}}, 3, fcn.Head, neck=Doubling)
    assert net.decode_head.convs[0].conv.in_channels == 2 * net.backbone.channels[-1]
    assert net.eval()(torch.rand(1, 3, 32, 32)).shape == (1, 3, 1, 1)


def test_corners_reach_the_net_and_the_head():
    net = fcn.build({**TINY, "align_corners": True}, 3)
    assert net.align_corners
    assert net.decode_head.align_corners


def test_several_maps_are_brought_to_the_first_ones_size():
    head = DecodeHead(4, 3, in_index=[0, 2])
    maps = [torch.rand(1, 2, 8, 6), torch.rand(1, 3, 4, 3), torch.rand(1, 5, 2, 2)]
    assert head.chosen(maps).shape == (1, 7, 8, 6)
    assert chosen_channels([2, 3, 5], [0, 2]) == 7
    assert chosen_channels([2, 3, 5], -1) == 5


def test_blocks_have_the_references_names():
    assert set(ConvBN(3, 4).state_dict()) == {
        "conv.weight", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var", "bn.num_batches_tracked",
    }  # fmt: skip
    assert set(ConvBN(3, 4, norm=False).state_dict()) == {"conv.weight", "conv.bias"}
    assert "activate.weight" in ConvBN(3, 4, act=nn.PReLU(4)).state_dict()
    assert {key.split(".")[0] for key in SepConv(3, 4).state_dict()} == {"depthwise_conv", "pointwise_conv"}
    assert Scale(0.0).state_dict().keys() == {"scale"}


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (3, 1), (3, 5), (5, 2), ((1, 3), 1)])
def test_convolutions_keep_the_size(kernel: int | tuple[int, int], dilation: int):
    x = torch.rand(2, 3, 7, 9)
    assert ConvBN(3, 4, kernel=kernel, dilation=dilation)(x).shape == (2, 4, 7, 9)


def test_enlarging_a_constant_keeps_it():
    enlarged = up(torch.full((1, 2, 3, 4), 0.25), torch.zeros(1, 1, 7, 5))
    assert torch.allclose(enlarged, torch.full((1, 2, 7, 5), 0.25), rtol=1e-6)


def test_attention_is_the_same_whatever_the_block_of_queries():
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 5, 30).double(), torch.randn(2, 5, 42).double(), torch.randn(2, 3, 42).double()
    whole = (query.transpose(1, 2) @ key).softmax(-1) @ value.transpose(1, 2)
    for numbers in (1, 84, 85, 1000, 2**24):
        found = attend(query, key, value, numbers=numbers)
        assert torch.allclose(found, whole.transpose(1, 2), rtol=0, atol=1e-14)


def test_attention_weights_of_a_query_sum_to_one():
    torch.manual_seed(0)
    seen = attend(torch.randn(1, 4, 9), torch.randn(1, 4, 20), torch.ones(1, 1, 20))
    assert torch.allclose(seen, torch.ones(1, 1, 9))
