"""ReSeg: a ReNet layer sweeps the whole picture; features of stride 4 come back to full size."""

from __future__ import annotations

import pytest
import torch

from segdesk.nets.whole import reseg
from segdesk.nets.whole.reseg import ReNet, ReSeg


@pytest.mark.parametrize("patch", [1, 2])
def test_every_place_sees_the_whole_picture(patch: int):
    torch.manual_seed(0)
    layer = ReNet(2, 3, patch=patch).double()
    x = torch.randn(1, 2, 6, 8, dtype=torch.float64, requires_grad=True)
    y = layer(x)
    assert y.shape == (1, 6, 6 // patch, 8 // patch)
    for row, column in ((0, 0), (1, 3)):
        (seen,) = torch.autograd.grad(y[0, :, row, column].sum(), x, retain_graph=True)
        assert (seen != 0).any(1).all()


def test_the_first_sweep_stays_in_its_column():
    torch.manual_seed(0)
    layer = ReNet(2, 3)
    x = torch.randn(1, 2, 4, 5, requires_grad=True)
    columns = reseg.swept(layer.vertical, x.permute(0, 3, 2, 1))  # N w h C
    (seen,) = torch.autograd.grad(columns[0, 2, 1].sum(), x)
    assert (seen != 0).any(1)[0].sum(0).tolist() == [0, 0, 4, 0, 0]


def test_four_recurrent_nets_a_layer_on_seven_convolutions_of_vgg16():
    with torch.device("meta"):
        net = reseg.build({}, 12)
    assert isinstance(net, ReSeg)
    assert [sum(p.ndim == 4 for p in net.backbone.parameters())] == [7]
    assert net.backbone.strides[-1] == 4
    for layer in net.renet:
        assert isinstance(layer, ReNet)
        assert layer.vertical.bidirectional
        assert layer.horizontal.bidirectional
        assert layer.vertical.hidden_size == 100
