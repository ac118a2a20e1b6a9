from __future__ import annotations

import pytest
import torch
from torch import nn

from segdesk.engines.quicken import quickened
from segdesk.nets import deeplabv3_mobilenetv2, nuclei_unet, torchvision_semantic

NETS = {
    "deeplabv3_mobilenetv2": lambda: deeplabv3_mobilenetv2.build({}, 5),
    "nuclei_unet": lambda: nuclei_unet.build({}, 1),
    "lraspp": lambda: torchvision_semantic.build({"name": "lraspp_mobilenet_v3_large"}, 5),
}


def unsettled(net: nn.Module) -> nn.Module:
    """A net whose batch norms have statistics of their own, so that leaving one out would show."""
    torch.manual_seed(3)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
    return net.eval().requires_grad_(False)


@pytest.mark.parametrize("name", sorted(NETS))
def test_the_answer_stays(name: str):
    net = unsettled(NETS[name]())
    picture = torch.rand(1, 3, 70, 93)
    with torch.inference_mode():
        before = net(picture)
        norms = sum(isinstance(m, nn.BatchNorm2d) for m in net.modules())
        after = quickened(net, torch.device("cpu"))(picture)
    left = sum(isinstance(m, nn.BatchNorm2d) for m in net.modules())
    before, after = (a["out"] if isinstance(a, dict) else a for a in (before, after))
    assert (after - before).abs().max() <= 1e-4 * (before.max() - before.min())
    assert left < norms


def test_only_a_norm_that_follows_its_convolution_is_folded():
    chain = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4))
    chain = unsettled(chain)
    picture = torch.rand(2, 3, 5, 5)
    before = chain(picture)
    result = quickened(chain, torch.device("cpu"))
    assert [type(m).__name__ for m in result] == ["DirectConv", "Identity", "BatchNorm2d", "DirectConv", "Identity"]
    assert torch.allclose(result(picture), before, atol=1e-5)


def test_light_convolutions_take_their_activation_in_and_heavy_ones_stay():
    chain = unsettled(
        nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.BatchNorm2d(8),
            nn.ReLU6(),
            nn.Conv2d(8, 16, 1, bias=False),
            nn.BatchNorm2d(16),
            nn.Hardswish(),
            nn.Conv2d(16, 16, 3, stride=2, padding=2, dilation=2, groups=16),
            nn.SiLU(),
            nn.Conv2d(16, 4, 1, groups=2),
        )
    )
    picture = torch.randn(2, 3, 21, 18)
    before = chain(picture)
    result = quickened(chain, torch.device("cpu"))
    kinds = [type(m).__name__ for m in result]
    assert kinds[:3] == ["Conv2d", "Identity", "ReLU6"]
    assert kinds[3:] == ["DirectConv", "Identity", "Identity", "DirectConv", "Identity", "DirectConv"]
    threads = torch.get_num_threads()
    for count in (1, 2):
        torch.set_num_threads(count)
        assert torch.allclose(result(picture), before, atol=1e-5)
    torch.set_num_threads(threads)
    light = result[3:]  # of no objects, and of one without its batch
    assert light(torch.zeros(0, 8, 5, 5)).shape == (0, 4, 3, 3)
    assert torch.allclose(
        light(picture[0, :1].expand(8, -1, -1)), light(picture[:1, :1].expand(-1, 8, -1, -1))[0], atol=1e-6
    )


def test_a_chain_that_runs_its_parts_its_own_way_keeps_its_activations():
    class Backwards(nn.Sequential):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self[0](self[1](x))

    net = unsettled(Backwards(nn.Conv2d(3, 4, 1), nn.ReLU()))
    picture = torch.randn(1, 3, 5, 5)
    before = net(picture)
    assert torch.allclose(quickened(net, torch.device("cpu"))(picture), before, atol=1e-6)
