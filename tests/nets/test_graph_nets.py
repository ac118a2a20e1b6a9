"""Graph-FCN, GPSNet and HMANet: the graph convolution, gates in (0, 1), attention that sees everything."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from segdesk.nets.heads import gpsnet, hmanet
from segdesk.nets.heads.hmanet import ClassAugmentedAttention, RegionShuffleAttention, SelfAttention
from segdesk.nets.whole.graph_fcn import GraphConv, GraphFCN


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (6, 4)])
def test_the_graph_convolution_is_that_of_the_whole_matrix(size: tuple[int, int]):
    torch.manual_seed(0)
    radius, sigma = 2, 1.5
    layer = GraphConv(3, 4, radius=radius, sigma=sigma).double()
    nodes = torch.randn(2, 3, *size, dtype=torch.float64)
    places = torch.cartesian_prod(torch.arange(size[0]), torch.arange(size[1])).double()
    apart = (places[:, None] - places[None]).abs()
    adjacency = torch.exp(-apart.square().sum(-1) / sigma**2) * (apart.amax(-1) <= radius)
    assert torch.equal(adjacency, adjacency.T)
    root = adjacency.sum(1).rsqrt()
    matrix = root[:, None] * adjacency * root[None]
    wanted = layer.weight(matrix @ nodes.flatten(2).transpose(1, 2)).transpose(1, 2).unflatten(2, size)
    torch.testing.assert_close(layer(nodes), wanted)


def test_graph_fcn_adds_a_graph_to_fcn_16s():
    torch.manual_seed(0)
    net = GraphFCN(3, hidden=8, width=4, fc=16).eval()
    x = torch.rand(1, 3, 40, 57)
    graph, fcn = net.both(x)
    torch.testing.assert_close(fcn, net.fcn(x))
    torch.testing.assert_close(net(x), graph)
    assert graph.shape == fcn.shape == (1, 3, 40, 57)
    assert net.fcn.stride == 16
    assert [weight for _, weight in net.training_outputs(x)] == [1.0, 1.0]


def test_gpsnets_gates_lie_between_0_and_1_and_depend_on_the_picture():
    torch.manual_seed(0)
    head = gpsnet.Head([4, 8], 3, width=16, node_width=4, depth=3, rates=(1, 2, 4)).eval()
    gates = head.gates(torch.randn(2, 16, 5, 6))
    assert gates.shape == (2, 2 * 6 + 9, 5, 6)  # paths between the levels, and one from each node
    assert (gates > 0).all()
    assert (gates < 1).all()
    assert not torch.allclose(gates[0], gates[1])


@pytest.mark.parametrize(("opened", "field"), [((), 5), ((0, 1), 11), ((0, 1, 2, 3, 4, 5, 6), 17), ((2, 5), 9)])
def test_gpsnets_gates_choose_the_field(opened: tuple[int, ...], field: int):
    """Gates in their order: the first level's two nodes; the paths 0-0, 0-1 and 1-1; the second level's two nodes. The
    reducing and the last convolution alone see 5 pixels; a node of rate r adds 2 * r."""
    head = gpsnet.Head([1], 1, width=2, node_width=2, depth=2, rates=(1, 3)).eval()
    for parameter in head.parameters():
        nn.init.ones_(parameter)  # nothing is negative: no ReLU hides a path
    nn.init.zeros_(head.gate.weight)
    bias = torch.full((7,), -300.0)
    bias[list(opened)] = 300.0
    head.gate.bias.data = bias
    x = torch.ones(1, 1, 31, 31, requires_grad=True)
    (seen,) = torch.autograd.grad(head([x])[0, 0, 15, 15], x)
    rows = (seen != 0).any(3).any(1)[0].nonzero()
    assert int(rows.max() - rows.min()) + 1 == field


def test_gpsnet_refuses_rates_that_do_not_grow():
    with pytest.raises(ValueError, match="rates must grow"):
        gpsnet.build({"rates": [6, 1]}, 2)


def test_hmanets_class_gates_and_relations():
    torch.manual_seed(0)
    chances = torch.randn(2, 5, 6, 7).softmax(1)
    caa = ClassAugmentedAttention(8, 5, expansion=4).eval()
    gates = caa.cca.gates(chances)
    assert gates.shape == (2, 5)
    assert (gates > 0).all()
    assert (gates < 1).all()
    x = torch.randn(2, 8, 6, 7)
    relation = caa.relation(x, chances)
    for rows in (relation, caa.cca(relation, chances)):
        assert rows.shape == (2, 8, 5)
        torch.testing.assert_close(rows.sum(-1), torch.ones(2, 8))


def test_class_augmented_attention_spreads_what_a_class_is_over_its_pixels():
    torch.manual_seed(0)
    caa = ClassAugmentedAttention(4, 3, expansion=2).eval()
    scores = torch.full((1, 3, 6, 6), -50.0)
    scores[:, 0, :2] = scores[:, 1, 2:5] = scores[:, 2, 5:] = 50.0
    seen: list[torch.Tensor] = []
    caa.spread.register_forward_hook(lambda _m, inputs, _o: seen.append(inputs[0]))
    caa(torch.randn(1, 4, 6, 6), scores)
    for rows in (slice(0, 2), slice(2, 5), slice(5, 6)):  # within a class all pixels get the same
        torch.testing.assert_close(
            seen[0][:, :, rows], seen[0][:, :, rows][:, :, :1, :1].expand_as(seen[0][:, :, rows])
        )
    assert not torch.allclose(seen[0][:, :, 0], seen[0][:, :, 3])


def test_attention_rows_sum_to_1_and_filling_is_not_seen():
    torch.manual_seed(0)
    layer = SelfAttention(6)
    real = torch.tensor([[True, True, False, False], [False, False, False, False]])
    weights = layer.weights(torch.randn(2, 4, 6), real)
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4))
    assert (weights[0, :2, 2:] == 0).all()


@pytest.mark.parametrize("size", [(1, 1), (6, 9), (7, 5)])
def test_region_shuffle_attention_sees_the_whole_picture_in_two_steps(size: tuple[int, int]):
    torch.manual_seed(0)
    layer = RegionShuffleAttention(4, region=3).double()
    x = torch.randn(1, 4, *size, dtype=torch.float64, requires_grad=True)
    torch.testing.assert_close(layer(x), x)  # begins as the identity: the regions find their places again
    nn.init.ones_(layer.between.scale)
    (seen,) = torch.autograd.grad(layer(x)[0, :, 0, 0].sum(), x)
    reached = (seen != 0).any(1)[0].nonzero()
    assert (reached % 3 == 0).all()  # the same place of every region
    nn.init.ones_(layer.within.scale)
    (seen,) = torch.autograd.grad(layer(x)[0, :, 0, 0].sum(), x)
    if size == (6, 9):  # whole regions: every place is reached
        assert (seen != 0).any(1).all()
    assert torch.isfinite(seen).all()


def test_hmanet_supervises_the_coarse_classes():
    torch.manual_seed(0)
    head = hmanet.Head([8], 3, width=8, region=2).eval()
    outputs = head.training_outputs([torch.randn(1, 8, 5, 5)])
    assert [weight for _, weight in outputs] == [1.0, 0.4]
    assert all(logits.shape == (1, 3, 5, 5) for logits, _ in outputs)
