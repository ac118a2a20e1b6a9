"""Point Transformer: what the paper says of its parts, and clouds of any number of points."""

from __future__ import annotations

import pytest
import torch

from segdesk.nets.whole import point_transformer as pt

SMALL = {"widths": (8, 16, 16), "blocks": (2, 2, 2), "neighbours": (4, 6, 6), "share": 4}


@pytest.fixture
def net() -> torch.nn.Module:
    torch.manual_seed(0)
    return pt.build(SMALL, 5).eval()


def cloud(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(count, 3, generator=rng) * 4, torch.rand(count, 3, generator=rng)


def test_neighbours_are_the_nearest_however_they_are_chunked(monkeypatch: pytest.MonkeyPatch):
    points, _ = cloud(50)
    queries, _ = cloud(20, seed=1)
    all_distances = (queries[:, None] - points[None]).square().sum(2).sqrt()
    wanted, order = all_distances.sort(dim=1)
    for chunk in (1, 70, 1 << 20):
        monkeypatch.setattr(pt, "CHUNK", chunk)
        distance, index = pt.nearest(queries, points, 7)
        torch.testing.assert_close(distance, wanted[:, :7])
        assert torch.equal(index, order[:, :7])


def test_neighbours_stay_exact_far_from_the_origin():
    points = cloud(40)[0] + 5000
    index = pt.nearest(points, points, 1)[1]
    assert torch.equal(index[:, 0], torch.arange(40))


def test_fewer_points_than_neighbours_give_fewer_columns():
    points, _ = cloud(3)
    assert pt.nearest(points, points, 8)[1].shape == (3, 3)


def test_farthest_points_are_each_the_farthest_from_those_before():
    points, _ = cloud(60)
    taken = pt.farthest(points, 12).tolist()
    assert taken[0] == 0
    assert len(set(taken)) == 12
    for i in range(1, 12):
        nearest_taken = torch.cdist(points, points[taken[:i]]).amin(1)
        assert nearest_taken[taken[i]] == pytest.approx(nearest_taken.max().item(), abs=1e-5)


def test_attention_weights_sum_to_1_over_the_neighbours():
    attention = pt.VectorAttention(8, 4).eval()
    points, _ = cloud(30)
    level = pt.Level(points, 5)
    place = pt._rows(attention.linear_p, level.offsets)
    weights = attention.weights(torch.randn(30, 8), level, place)
    assert weights.shape == (30, 5, 2)  # 8 channels, 4 of which share each weight
    torch.testing.assert_close(weights.sum(1), torch.ones(30, 2))


def test_attention_sees_neighbours_only_and_offsets_only():
    attention = pt.VectorAttention(8, 2).eval()
    points, _ = cloud(30)
    x = torch.randn(30, 8, requires_grad=True)
    level = pt.Level(points, 4)
    attention(x, level)[7].sum().backward()
    assert x.grad is not None
    assert set(x.grad.abs().sum(1).nonzero()[:, 0].tolist()) == set(level.neighbours[7].tolist())
    moved = pt.Level(points + 1, 4)
    torch.testing.assert_close(attention(x, moved), attention(x, level), atol=1e-4, rtol=1e-4)


def test_a_transition_keeps_a_quarter_of_the_points_and_the_largest_features():
    down = pt.Down(4, 6, first=False).eval()
    points, _ = cloud(40)
    level = pt.Level(points, 4)
    below = pt.Level(points[pt.farthest(points, 10)], 4)
    x = torch.randn(40, 4)
    found = down(x, level, below, 5)
    assert found.shape == (10, 6)
    index = pt.nearest(below.points, points, 5)[1]
    rows = torch.cat([points[index] - below.points[:, None], x[index]], 2)
    wanted = torch.relu(down.bn(down.linear(rows).flatten(0, 1))).reshape(10, 5, 6).max(1).values
    torch.testing.assert_close(found, wanted)


def test_interpolation_gives_a_kept_point_its_own_features():
    up = pt.Up(6, 4).eval()
    points, _ = cloud(20)
    level, above = pt.Level(points, 4), pt.Level(points[:5], 4)
    x, coarse = torch.randn(20, 4), torch.randn(5, 6)
    found = up(x, level, coarse, above)
    torch.testing.assert_close(found[:5], (up.linear1(x)[:5] + up.linear2(coarse)), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5, 33, 200])
def test_any_number_of_points(net: torch.nn.Module, count: int):
    with torch.inference_mode():
        logits = net(*cloud(count))
    assert logits.shape == (count, 5)
    assert torch.isfinite(logits).all()


def test_equal_points_are_no_trouble(net: torch.nn.Module):
    points, colours = cloud(1)
    with torch.inference_mode():
        logits = net(points.repeat(40, 1), colours.repeat(40, 1))
    assert torch.isfinite(logits).all()
    torch.testing.assert_close(logits, logits[:1].expand_as(logits))


def test_one_step_of_training_lowers_the_loss():
    torch.manual_seed(0)
    net = pt.build(SMALL, 3)
    points, colours = cloud(120)
    labels = (points[:, 0] > 2).long() + (points[:, 1] > 3).long()
    optimiser = torch.optim.SGD(net.parameters(), lr=1e-3)
    before = torch.nn.functional.cross_entropy(net(points, colours), labels)
    before.backward()
    optimiser.step()
    with torch.no_grad():
        assert torch.nn.functional.cross_entropy(net(points, colours), labels) < before


def test_the_papers_net_has_its_size_and_the_authors_names():
    with torch.device("meta"):
        net = pt.build({}, 13)
    assert sum(p.numel() for p in net.parameters()) == 7_767_729
    names = set(net.state_dict())
    for name in (
        "enc1.0.linear.weight",
        "enc2.1.transformer2.linear_w.5.bias",
        "dec5.0.linear2.0.bias",
        "cls.3.weight",
    ):
        assert name in names
    assert [len(getattr(net, f"enc{i}")) for i in range(1, 6)] == [2, 3, 4, 6, 3]


def test_colours_are_optional_and_unknown_options_refused():
    assert pt.build({**SMALL, "colours": False}, 2).enc1[0].linear.in_features == 3
    with pytest.raises(ValueError, match="colour"):
        pt.build({"colour": True}, 2)
