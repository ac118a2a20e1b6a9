"""Attention U-Net, UNet++, ResNet34-UNet and pix2pix: gates, branches, sums against concatenation, names."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models import resnet34

from segdesk.nets.whole import attention_unet, pix2pix, resnet34_unet, unet_plus_plus
from segdesk.nets.whole.attention_unet import AttentionUNet, Gate
from segdesk.nets.whole.pix2pix import Level, Norm, Pix2Pix
from segdesk.nets.whole.unet_plus_plus import UNetPlusPlus


@pytest.mark.parametrize("size", [(1, 1), (5, 8), (9, 9)])
def test_a_gate_lies_between_0_and_1_and_multiplies_the_skip(size: tuple[int, int]):
    torch.manual_seed(0)
    gate = Gate(4, 8, 2)
    skip = torch.randn(2, 4, *size)
    gating = torch.randn(2, 8, -(-size[0] // 2), -(-size[1] // 2))
    openings = gate.openings(skip, gating)
    assert openings.shape == (2, 1, *size)
    assert (openings > 0).all()
    assert (openings < 1).all()
    torch.testing.assert_close(gate(skip, gating), skip * openings)


def test_a_closed_gate_hides_its_skip():
    torch.manual_seed(0)
    net = AttentionUNet(2, width=4, depth=1).eval()
    for bias, seen in ((-60.0, False), (60.0, True)):
        nn.init.zeros_(net.gates[0].psi.weight)
        nn.init.constant_(net.gates[0].psi.bias, bias)
        skips: list[torch.Tensor] = []
        handle = net.fuse[0].register_forward_hook(lambda _m, inputs, _o, kept=skips: kept.append(inputs[0][:, :4]))
        net(torch.rand(1, 3, 8, 8))
        handle.remove()
        assert bool((skips[0].abs() > 1e-6).any()) == seen


def test_attention_unet_has_a_gate_a_skip():
    with torch.device("meta"):
        net = attention_unet.build({}, 2)
    assert isinstance(net, AttentionUNet)
    assert len(net.gates) == 4


def nested(**options: object) -> UNetPlusPlus:
    torch.manual_seed(0)
    net = unet_plus_plus.build({"width": 4, **options}, 3)
    assert isinstance(net, UNetPlusPlus)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.running_mean, -0.1, 0.1)  # pyright: ignore[reportArgumentType]
    return net.eval()


def test_accurate_is_the_mean_of_the_branches_and_fast_is_one_of_them():
    net = nested()
    x = torch.rand(1, 3, 19, 33)
    branches = net.answers(x, 4)
    assert list(branches) == [1, 2, 3, 4]
    torch.testing.assert_close(net(x), sum(branches.values(), torch.zeros(())) / 4)
    for branch in range(1, 5):
        fast = nested(mode="fast", branch=branch)
        fast.load_state_dict(net.state_dict())
        torch.testing.assert_close(fast(x), branches[branch])
    deepest = nested(mode="fast")
    deepest.load_state_dict(net.state_dict())
    torch.testing.assert_close(deepest(x), branches[4])


def test_a_fast_branch_is_the_net_pruned_to_its_depth():
    net, pruned = nested(mode="fast", branch=2), nested(depth=2, mode="fast")
    kept = {key: value for key, value in net.state_dict().items() if key in pruned.state_dict()}
    pruned.load_state_dict(kept)
    x = torch.rand(1, 3, 16, 16)
    torch.testing.assert_close(pruned(x), net(x))
    used: list[str] = []
    for name, module in net.named_children():
        module.register_forward_hook(lambda *_a, name=name: used.append(name))
    net(x)
    assert sorted(used) == ["conv0_0", "conv0_1", "conv0_2", "conv1_0", "conv1_1", "conv2_0", "final1", "final2"]


def test_a_node_sees_all_earlier_nodes_of_its_row_and_the_one_below():
    with torch.device("meta"):
        net = unet_plus_plus.build({}, 2)
    widths = [32, 64, 128, 256, 512]
    for i in range(4):
        for j in range(1, 5 - i):
            inputs = net.get_parameter(f"conv{i}_{j}.conv1.weight").shape[1]
            assert inputs == j * widths[i] + widths[i + 1]


def test_every_branch_is_supervised():
    net = nested()
    outputs = net.training_outputs(torch.rand(1, 3, 16, 16))
    assert [weight for _, weight in outputs] == [1.0] * 4


def test_without_supervision_only_the_deepest_branch_answers():
    net = nested(supervised=False)
    assert [key for key in net.state_dict() if key.startswith("final")] == ["final.weight", "final.bias"]
    x = torch.rand(1, 3, 16, 16)
    ((answer, weight),) = net.training_outputs(x)
    torch.testing.assert_close(net(x), answer)
    assert weight == 1.0


def test_unet_plus_plus_refuses_a_branch_that_is_not_there():
    for options in ({"branch": 5}, {"mode": "slow"}, {"depth": 2, "branch": 3}):
        with pytest.raises(ValueError):
            unet_plus_plus.build(options, 2)


def test_resnet34_unet_adds_its_skips_and_has_torchvisions_encoder():
    with torch.device("meta"):
        net = resnet34_unet.build({}, 2)
        reference = resnet34(weights=None).state_dict()
    found = {k.removeprefix("backbone."): v.shape for k, v in net.state_dict().items() if k.startswith("backbone.")}
    assert found == {k: v.shape for k, v in reference.items() if not k.startswith("fc.")}
    for level, inputs in ((4, 512), (3, 256), (2, 128), (1, 64)):
        block = net.get_submodule(f"decoder{level}")
        assert block.get_parameter("conv1.weight").shape[:2] == (inputs // 4, inputs)  # a sum keeps the channels
    assert net.get_parameter("finaldeconv1.weight").shape == (64, 32, 4, 4)
    assert 21e6 < sum(p.numel() for p in net.parameters()) < 22e6


def test_the_sum_of_a_decoder_and_a_skip():
    x, skip = torch.rand(1, 2, 6, 6), torch.rand(1, 2, 5, 6)
    torch.testing.assert_close(resnet34_unet.added(x, skip), x[:, :, :5] + skip)


def test_pix2pix_has_the_published_names_and_size():
    with torch.device("meta"):
        net = pix2pix.build({}, 3)
    keys = net.state_dict()
    assert round(sum(p.numel() for p in net.parameters()) / 1e6, 1) == 54.4
    assert keys["model.model.0.weight"].shape == (64, 3, 4, 4)
    assert keys["model.model.3.weight"].shape == (128, 3, 4, 4)
    assert keys["model.model.3.bias"].shape == (3,)
    assert keys["model.model.1.model.1.weight"].shape == (128, 64, 4, 4)
    assert keys["model.model.1.model.6.running_mean"].shape == (64,)
    innermost = "model.model.1" + ".model.3" * 6
    assert {key.removeprefix(innermost) for key in keys if key.startswith(innermost)} == {
        ".model.1.weight", ".model.3.weight",
        *(f".model.4.{part}" for part in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
    }  # fmt: skip
    drops = [name for name, module in net.named_modules() if isinstance(module, nn.Dropout)]
    assert [name.count(".model.3") for name in drops] == [5, 4, 3]


def test_pix2pix_concatenates_what_it_skips():
    level = Level(4, 8, None, own=True)
    x = torch.rand(1, 4, 8, 8)
    assert level(x).shape == (1, 8, 8, 8)
    assert torch.equal(level(x)[:, :4], x)


def test_pix2pix_answers_each_picture_by_its_own_statistics():
    torch.manual_seed(0)
    net = Pix2Pix(2, downs=5, width=4).eval()
    x = torch.rand(2, 3, 32, 64) * torch.tensor([1.0, 3.0])[:, None, None, None]
    torch.testing.assert_close(net(x)[1:], net(x[1:]))
    norm = Norm(3, own=True).train()
    picture = torch.rand(1, 3, 8, 8)
    trained = norm(picture)
    torch.testing.assert_close(norm.eval()(picture), trained)


def test_a_drawn_colour_becomes_the_nearest_class():
    palette = [[0, 0, 0], [255, 0, 0], [255, 255, 255]]
    net = Pix2Pix(3, downs=5, width=4, palette=palette).eval()
    for index, colour in enumerate(palette):
        drawn = (torch.tensor(colour) / 127.5 - 1).clamp(-0.99, 0.99).atanh()[None, :, None, None]
        net.picture = lambda _x, drawn=drawn: drawn.expand(1, 3, 2, 2)
        assert (net(torch.zeros(1, 3, 2, 2)).argmax(1) == index).all()
    with pytest.raises(ValueError, match="one colour a class"):
        pix2pix.build({"palette": palette}, 4)
