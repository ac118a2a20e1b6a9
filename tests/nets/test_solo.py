"""SOLO's family: the reference's parameters, matrix NMS against a plain loop, the masks of points, any grid."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from segdesk.nets.instance import decoupled_solo, solo, solov2
from segdesk.nets.instance.fpn import FPN
from segdesk.nets.instance.matrix_nms import Rule, chosen, decays
from segdesk.nets.instance.parts import coordinates, local_maxima
from tests.nets.openmmlab import assert_same_keys

SYSTEMS = [solo, decoupled_solo, solov2]


@pytest.mark.parametrize(
    ("name", "module", "variant"),
    [
        ("mmdet_solo_r50", solo, "r50"),
        ("mmdet_decoupled-solo_r50", decoupled_solo, "r50"),
        ("mmdet_solov2_r50", solov2, "r50"),
        ("mmdet_solov2-light_r18", solov2, "light_r18"),
    ],
)
def test_parameters_are_the_references(shared: Path, name: str, module, variant: str):
    with torch.device("meta"):
        net = module.build(module.VARIANTS[variant], 80)
    assert_same_keys(shared, name, net)


def _masks(count: int, seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand((count, 1, 3, 3), generator=generator)
    return F.interpolate(coarse, size=(12, 14), mode="bilinear")[:, 0]


def _looped(masks: torch.Tensor, labels: torch.Tensor, kernel: str, sigma: float) -> list[float]:
    """Equation 5, word by word: for each mask the least of f(its overlap with a better one) / f(the better one's own
    largest overlap with those before it)."""

    def overlap(a: int, b: int) -> float:
        if labels[a] != labels[b]:
            return 0.0
        common = (masks[a] & masks[b]).sum().item()
        return common / max(1, (masks[a] | masks[b]).sum().item())

    def f(x: float) -> float:
        return 1 - x if kernel == "linear" else math.exp(-sigma * x * x)

    found = []
    for j in range(len(masks)):
        best = 1.0
        for i in range(j):
            covered = max((overlap(k, i) for k in range(i)), default=0.0)
            best = min(best, f(overlap(i, j)) / max(f(covered), 1e-6))
        found.append(best)
    return found


@given(st.integers(1, 9), st.integers(0, 500), st.sampled_from(["gaussian", "linear"]), st.floats(0.5, 3))
def test_matrix_nms_is_the_loop(count: int, seed: int, kernel: str, sigma: float):
    masks = _masks(count, seed) > 0.5
    labels = torch.randint(0, 2, (count,), generator=torch.Generator().manual_seed(seed))
    ours = decays(masks, labels, kernel=kernel, sigma=sigma)
    assert ours.tolist() == pytest.approx(_looped(masks, labels, kernel, sigma), abs=1e-4)


def test_a_double_falls_and_one_of_another_class_does_not():
    mask = torch.zeros(8, 8, dtype=torch.bool)
    mask[2:6] = True
    kept = decays(torch.stack([mask, mask, mask]), torch.tensor([0, 0, 1]))
    assert kept.tolist() == pytest.approx([1, math.exp(-2), 1])


@pytest.mark.parametrize("block", [3, 256])
def test_the_choice_does_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch, block: int):
    monkeypatch.setattr("segdesk.nets.instance.matrix_nms.BLOCK", block)
    masks = _masks(20, 1)
    scores = torch.rand((20, 3), generator=torch.Generator().manual_seed(2))
    found = chosen(scores, torch.full((20,), 4.0), lambda points: masks[points], Rule(score=0.3, before=12, most=6))
    assert len(found["scores"]) == 6
    plain, count = [], (masks > 0.5).sum((1, 2))
    for point in range(20):
        for label in range(3):
            if scores[point, label] > 0.3 and count[point] > 4:
                inside = masks[point][masks[point] > 0.5]
                plain.append((float(scores[point, label] * inside.mean()), point, label))
    plain = sorted(plain, reverse=True)[:12]
    points, labels = [p for _, p, _ in plain], torch.tensor([k for _, _, k in plain])
    factors = _looped(masks[points] > 0.5, labels, "gaussian", 2.0)
    best = sorted(((value * f, p, k) for (value, p, k), f in zip(plain, factors, strict=True)), reverse=True)[:6]
    assert found["scores"].tolist() == pytest.approx([value for value, _, _ in best], abs=1e-5)
    assert found["labels"].tolist() == [k for _, _, k in best]
    for mask, (_, point, _) in zip(found["masks"], best, strict=True):
        assert torch.equal(mask, masks[point])


def test_of_very_many_candidates_the_most_probable_are_looked_at(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("segdesk.nets.instance.matrix_nms.CANDIDATES", 3)
    masks, asked = torch.ones(10, 4, 4), []

    def masks_of(points: torch.Tensor) -> torch.Tensor:
        asked.extend(points.tolist())
        return masks[points]

    chosen(torch.linspace(0.2, 0.9, 10)[:, None], torch.zeros(10), masks_of, Rule())
    assert asked == [9, 8, 7]


def test_a_mask_that_is_too_small_is_nothing_and_an_unknown_kernel_is_told():
    masks = torch.zeros(2, 8, 8)
    masks[0, 0, :3] = masks[1, 0, :5] = 1.0
    found = chosen(torch.ones(2, 1), torch.full((2,), 4.0), lambda points: masks[points], Rule())
    assert found["masks"].sum().item() == 5
    with pytest.raises(ValueError, match="kernel"):
        Rule(kernel="cubic")


def test_only_local_maxima_stay():
    scores = torch.tensor([[0.1, 0.9, 0.2], [0.3, 0.8, 0.7], [0.6, 0.1, 0.85]])[None, None]
    kept = local_maxima(scores)[0, 0]
    # compared with itself, above, left, and above left
    assert (kept > 0).tolist() == [[True, True, False], [True, False, False], [True, False, True]]


def test_coordinates_run_from_minus_one_to_one():
    across, down = coordinates(torch.zeros(2, 5, 3, 4))[1]
    assert across[0].tolist() == pytest.approx([-1, -1 / 3, 1 / 3, 1])
    assert down[:, 0].tolist() == [-1, 0, 1]


def _small(module, **more):
    torch.manual_seed(0)
    return module.build({**module.SMALL, **more}, 4).eval()


def test_solo_s_point_has_the_channel_of_its_cell():
    head = _small(solo).mask_head
    features = [torch.rand(1, 8, size, size) for size in (12, 12, 6, 3, 3)]
    points = torch.tensor([head.begin[2] + 3, 5, head.begin[4], 5, head.begin[1]])
    masks = head.masks(features, points)
    for mask, (level, cell) in zip(masks, [(2, 3), (0, 5), (4, 0), (0, 5), (1, 0)], strict=True):
        whole = head.conv_mask_list[level](features[level]).sigmoid()
        assert torch.allclose(mask, F.interpolate(whole, size=(12, 12), mode="bilinear")[0, cell], atol=1e-6)


def test_decoupled_solo_s_point_is_its_column_times_its_row():
    head = _small(decoupled_solo, grids=(3, 2, 2, 1, 1)).mask_head
    columns, rows = torch.rand(9, 4, 4), torch.rand(9, 4, 4)
    points = torch.tensor([5, 9 + 2, 18])  # row 1 and column 2 of the first grid; 1 and 0 of the second; the last cell
    masks = head.masks(columns, rows, points)
    for mask, (column, row) in zip(masks, [(2, 1), (3, 4), (8, 8)], strict=True):
        assert torch.equal(mask, columns[column] * rows[row])


def test_solov2_s_mask_is_a_convolution_with_its_kernel():
    features, kernels = torch.randn(8, 5, 6), torch.randn(3, 8)
    plain = F.conv2d(features[None], kernels[:, :, None, None])[0].sigmoid()
    assert torch.allclose(solov2.masks(features, kernels), plain, atol=1e-6)


@pytest.mark.parametrize("module", SYSTEMS)
def test_a_picture_is_answered_alone_as_in_a_batch(module):
    net = _small(module)
    for name, value in net.named_parameters():
        if "conv_mask_list" in name and name.endswith("bias"):
            value.data.fill_(2.0)  # so that a column times a row is over one half somewhere
    x = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(3))
    with torch.inference_mode():
        both = net(x)
        alone = net(x[1:])[0]
    assert len(alone["scores"])
    assert both[1]["labels"].tolist() == alone["labels"].tolist()
    assert torch.allclose(both[1]["masks"], alone["masks"], atol=1e-5)
    assert alone["masks"].shape[1:] == (16, 24)  # a quarter of the input


@pytest.mark.parametrize("module", SYSTEMS)
def test_nothing_is_found_above_an_impossible_score(module):
    net = _small(module, rule={"score": 1.0})
    with torch.inference_mode():
        (found,) = net(torch.rand(1, 3, 40, 40))
    assert found["masks"].shape[0] == found["scores"].numel() == found["labels"].numel() == 0
    assert found["masks"].ndim == 3


@pytest.mark.parametrize("options", [{"grid": 3}, {"rule": {"scor": 1}}, {"grids": (3, 2)}, {"neck_options": 3}])
def test_an_unknown_option_is_told(options: dict[str, object]):
    with pytest.raises(ValueError, match=r"option|grid"):
        solo.build({**solo.SMALL, **options}, 3)


def test_the_pyramid_sums_from_coarse_to_fine():
    neck = FPN([2, 3], width=4, num_outs=2)
    fine, coarse = torch.rand(1, 2, 5, 7), torch.rand(1, 3, 3, 4)
    first, second = neck([fine, coarse])
    top = neck.lateral_convs[1](coarse)
    assert torch.equal(second, neck.fpn_convs[1](top))
    lower = neck.lateral_convs[0](fine) + F.interpolate(top, size=(5, 7))
    assert torch.equal(first, neck.fpn_convs[0](lower))


@pytest.mark.parametrize("extra", ["pool", "input", "lateral", "output"])
def test_further_maps_of_the_pyramid(extra: str):
    neck = FPN([2, 3], width=4, num_outs=4, extra=extra, relu=True)
    maps = [torch.rand(1, 2, 9, 9), torch.rand(1, 3, 5, 5)]
    found = neck(maps)
    assert [m.shape[2] for m in found] == [9, 5, 3, 2]
    if extra == "pool":
        assert len(neck.fpn_convs) == 2
        assert torch.equal(found[2], found[1][:, :, ::2, ::2])
        return
    source = {"input": maps[1], "lateral": neck.lateral_convs[1](maps[1]), "output": found[1]}[extra]
    assert torch.equal(found[2], neck.fpn_convs[2](source))
    assert torch.equal(found[3], neck.fpn_convs[3](found[2].relu()))


def test_a_pyramid_that_cannot_be_is_told():
    with pytest.raises(ValueError, match="extra"):
        FPN([2], extra="more")
    with pytest.raises(ValueError, match="num_outs"):
        FPN([2, 3, 4], num_outs=2)
