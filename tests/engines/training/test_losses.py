"""The losses against their plain formulas in numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.engines.training import losses
from segdesk.engines.training.messages import IGNORED


@pytest.fixture
def case() -> tuple[torch.Tensor, torch.Tensor]:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (2, 3, 6, 5)).astype(np.float32)
    labels = rng.integers(0, 3, (2, 6, 5))
    labels[rng.random(labels.shape) < 0.2] = IGNORED
    return torch.from_numpy(logits), torch.from_numpy(labels)


def rows(case: tuple[torch.Tensor, torch.Tensor]) -> tuple[np.ndarray, np.ndarray]:
    """(n, K) probabilities and (n,) labels of the pixels that count."""
    logits, labels = case[0].double().numpy(), case[1].numpy()
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    known = labels != IGNORED
    return p.transpose(0, 2, 3, 1)[known], labels[known]


WEIGHTS = np.array([0.5, 2.0, 1.5])


def test_cross_entropy_is_the_mean_of_minus_log_p(case):
    p, y = rows(case)
    nll = -np.log(p[np.arange(len(y)), y])
    assert float(losses.cross_entropy(*case)) == pytest.approx(nll.mean(), rel=1e-5)
    weighted = (nll * WEIGHTS[y]).sum() / WEIGHTS[y].sum()
    found = losses.cross_entropy(*case, weights=torch.from_numpy(WEIGHTS).float())
    assert float(found) == pytest.approx(weighted, rel=1e-5)


def test_dice_is_meaned_over_the_classes_that_are_there(case):
    p, y = rows(case)
    scores = []
    for k in np.unique(y):
        t = y == k
        scores.append(1 - (2 * (p[:, k] * t).sum() + 1) / (p[:, k].sum() + t.sum() + 1))
    assert float(losses.dice(*case)) == pytest.approx(np.mean(scores), rel=1e-5)
    both = losses.cross_entropy_dice(*case)
    assert float(both) == pytest.approx(float(losses.cross_entropy(*case)) + np.mean(scores), rel=1e-5)


def test_dice_leaves_absent_classes_out(case):
    logits, labels = case
    only = torch.where(labels == IGNORED, labels, torch.zeros_like(labels))
    p, y = rows((logits, only))
    wanted = 1 - (2 * p[:, 0].sum() + 1) / (p[:, 0].sum() + len(y) + 1)
    assert float(losses.dice(logits, only)) == pytest.approx(wanted, rel=1e-5)


def test_focal_dampens_what_is_sure(case):
    p, y = rows(case)
    right = p[np.arange(len(y)), y]
    each = -((1 - right) ** 2) * np.log(right)
    assert float(losses.focal(*case)) == pytest.approx(each.mean(), rel=1e-4)
    found = losses.focal(*case, weights=torch.from_numpy(WEIGHTS).float())
    assert float(found) == pytest.approx((each * WEIGHTS[y]).sum() / WEIGHTS[y].sum(), rel=1e-4)


def test_ohem_takes_the_hard_pixels_and_never_too_few(case):
    p, y = rows(case)
    right = p[np.arange(len(y)), y]
    hard = -np.log(right[right < 0.7])
    assert float(losses.ohem(*case)) == pytest.approx(hard.mean(), rel=1e-5)
    logits, labels = case
    sure = torch.zeros_like(logits).scatter_(1, labels.clamp(max=2)[:, None], 9.0)
    sure += torch.linspace(0, 0.1, sure.numel()).reshape(sure.shape)
    p, y = rows((sure, labels))
    right = np.sort(p[np.arange(len(y)), y])
    least = len(right) // 16
    assert float(losses.ohem(sure, labels)) == pytest.approx(-np.log(right[:least]).mean(), rel=1e-3)


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_where_nothing_counts_the_loss_and_its_gradient_are_zero(name):
    logits = torch.randn(1, 3, 4, 4, requires_grad=True)
    loss = losses.loss_of(name, None)(logits, torch.full((1, 4, 4), IGNORED))
    loss.backward()
    assert float(loss.detach()) == 0.0
    assert not logits.grad.any()


def test_l1_is_the_mean_distance_from_the_labels(case):
    p, y = rows(case)
    each = np.abs(p - np.eye(3)[y]).mean(1)
    assert float(losses.l1(*case)) == pytest.approx(each.mean(), rel=1e-5)
    found = losses.l1(*case, weights=torch.from_numpy(WEIGHTS).float())
    assert float(found) == pytest.approx((each * WEIGHTS[y]).sum() / WEIGHTS[y].sum(), rel=1e-5)


def test_class_weights_raise_the_rare():
    found = losses.class_weights(torch.tensor([0.9, 0.09, 0.01]))
    plain = 1 / np.log(1.1 + np.array([0.9, 0.09, 0.01]))
    assert found.numpy() == pytest.approx(plain / plain.mean(), rel=1e-5)


class Two(nn.Module):
    """A net with an auxiliary answer at half its size."""

    def training_outputs(self, x: torch.Tensor) -> list[tuple[torch.Tensor, float]]:
        return [(x, 1.0), (x[:, :, ::2, ::2], 0.4)]


def test_all_answers_of_a_net_count_with_their_weights():
    x, labels = torch.randn(1, 3, 8, 8), torch.randint(0, 3, (1, 8, 8))
    small = nn.functional.interpolate(x[:, :, ::2, ::2], size=(8, 8), mode="bilinear")
    wanted = losses.cross_entropy(x, labels) + 0.4 * losses.cross_entropy(small, labels)
    found = losses.total_loss(Two(), x, labels, losses.cross_entropy)
    assert float(found) == pytest.approx(float(wanted), rel=1e-6)
