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
    assert [type(m).__name__ for m in result] == ["Conv2d", "ReLU", "BatchNorm2d", "Conv2d", "Identity"]
    assert torch.allclose(result(picture), before, atol=1e-5)
