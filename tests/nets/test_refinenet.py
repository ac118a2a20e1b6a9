"""RefineNet: residual units and chained pooling add, fusion adds, four blocks pass from coarse to fine."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.nets.heads import refinenet


def zeroed(module: nn.Module) -> nn.Module:
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def test_units_whose_convolutions_are_zero_pass_their_input():
    x = torch.randn(1, 4, 6, 5)
    assert torch.equal(zeroed(refinenet.ResidualUnit(4))(x), x)
    assert torch.equal(zeroed(refinenet.ChainedPooling(4, 3))(x), F.relu(x))


def test_each_link_pools_the_one_before_and_all_are_added():
    torch.manual_seed(0)
    chain = refinenet.ChainedPooling(4, 2)
    x = torch.randn(1, 4, 9, 9)
    with torch.no_grad():
        start = F.relu(x)
        first = chain.convs[0](F.max_pool2d(start, 5, stride=1, padding=2))
        second = chain.convs[1](F.max_pool2d(first, 5, stride=1, padding=2))
        assert torch.allclose(chain(x), start + first + second)


def test_fusion_adds_the_enlarged_coarse_map():
    torch.manual_seed(0)
    block = refinenet.RefineBlock(3, 4, 6)
    zeroed(block.pool)
    zeroed(block.output)
    fine, coarse = torch.randn(1, 3, 8, 6), torch.randn(1, 6, 4, 3)
    with torch.no_grad():
        own = block.fuse_fine(block.adapt(block.reduce(fine)))
        other = F.interpolate(block.fuse_coarse(coarse), size=(8, 6), mode="bilinear", align_corners=True)
        assert torch.allclose(block(fine, coarse), F.relu(own + other), atol=1e-6)


def test_four_blocks_of_which_the_coarsest_has_one_input():
    with torch.device("meta"):
        head = refinenet.build({}, 21).decode_head
    assert [hasattr(block, "fuse_coarse") for block in head.blocks] == [True, True, True, False]
    assert [block.reduce.out_channels for block in head.blocks] == [256, 256, 256, 512]
    assert [block.reduce.in_channels for block in head.blocks] == [256, 512, 1024, 2048]
    assert [len(block.output) for block in head.blocks] == [3, 3, 3, 3]


def test_the_encoder_is_not_dilated_and_the_answer_is_as_fine_as_its_finest_map():
    net = refinenet.build(refinenet.SMALL, 3).eval()
    assert net.backbone.strides == [4, 8, 16, 32]
    assert net(torch.rand(1, 3, 64, 96)).shape == (1, 3, 16, 24)


def test_the_light_form_has_no_units_and_1x1_convolutions():
    with torch.device("meta"):
        head = refinenet.build(refinenet.VARIANTS["light-resnet50"], 21).decode_head
    kernels = [m.kernel_size for m in head.modules() if isinstance(m, nn.Conv2d)]
    assert not [m for m in head.modules() if isinstance(m, refinenet.ResidualUnit)]
    assert sorted(kernels)[-1] == (3, 3)  # the classifier
    assert set(sorted(kernels)[:-1]) == {(1, 1)}
