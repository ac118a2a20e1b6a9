"""A second net that tells answers from labels: its two losses, its place in a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from segdesk.engines.training import adversary as module
from segdesk.engines.training.adversary import Adversary
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import IGNORED, STATE
from tests.engines.training.data import QUICK, request

KINDS = ("labels", "patches")


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch):
    """Narrow adversaries: this is about where things go, not about how good they are."""
    real = Adversary.__init__
    monkeypatch.setattr(Adversary, "__init__", lambda self, *a, **more: real(self, *a, **{**more, "width": 4}))


def made(kind: str, *, weight: float = 0.5) -> Adversary:
    torch.manual_seed(2)
    return Adversary(kind, 3, device=torch.device("cpu"), weight=weight)


def case() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures, logits and labels with a hole."""
    rng = torch.Generator().manual_seed(1)
    labels = torch.randint(0, 3, (2, 48, 48), generator=rng)
    labels[:, :9, :9] = IGNORED
    logits = torch.randn(2, 3, 48, 48, generator=rng, requires_grad=True)
    return torch.randn(2, 3, 48, 48, generator=rng), logits, labels


def log_sigmoid(values: np.ndarray) -> np.ndarray:
    return -np.log1p(np.exp(-values))


@pytest.mark.parametrize("kind", KINDS)
def test_both_losses_are_their_plain_formulas(kind: str):
    x, logits, labels = case()
    known = (labels != IGNORED)[:, None]
    answer = torch.softmax(logits.detach(), 1) * known
    truth = torch.stack([labels == k for k in range(3)], 1).float()
    if kind == "patches":
        answer, truth = (torch.cat([x, maps], 1) for maps in (answer, truth))
    net = made(kind).net.train()
    false, true = (net(maps).detach().double().numpy() for maps in (answer, truth))
    found = made(kind)
    misled = found.loss(logits, labels, x=x)
    assert float(misled.detach()) == pytest.approx(-0.5 * log_sigmoid(false).mean(), rel=1e-4)
    again = made(kind)
    again.loss(logits, labels, x=x)
    if kind == "labels":  # batch norm sees the answer once more before it learns
        assert again.learn(labels, x=x) == pytest.approx(
            -0.5 * log_sigmoid(true).mean() - 0.5 * log_sigmoid(-false).mean(), rel=1e-4
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_net_is_moved_and_the_adversary_only_by_its_own_step(kind: str):
    x, logits, labels = case()
    found = made(kind)
    before = [p.clone() for p in found.net.parameters()]
    found.loss(logits, labels, x=x).backward()
    assert logits.grad is not None
    assert logits.grad[:, :, 9:].any()
    assert not logits.grad[:, :, :9, :9].any()  # what has no label cannot be told
    assert all(p.grad is None for p in found.net.parameters())
    first = found.learn(labels, x=x)
    assert any(not torch.equal(a, b) for a, b in zip(before, found.net.parameters(), strict=True))
    for _ in range(30):
        found.loss(logits.detach(), labels, x=x)
        last = found.learn(labels, x=x)
    assert last < first


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_with_an_adversary_repeats_and_goes_on_bit_for_bit(tmp_path: Path, kind: str):
    options = replace(
        QUICK, adversary=kind, adversary_weight=0.1, epoch_crops=12, loss="l1" if kind == "patches" else "ce"
    )
    Trainer(request(tmp_path / "whole", options)).run()
    heard = iter(["go"] * 4)
    broken = request(tmp_path / "parts", options)
    Trainer(broken, hear=lambda: next(heard, "stop")).run()
    Trainer(broken).run()
    one, other = (torch.load(tmp_path / f / STATE, weights_only=True) for f in ("whole", "parts"))
    for part in ("net", "loss"):
        a, b = (s["net"] if part == "net" else s["loss"]["net"] for s in (one, other))
        assert a.keys() == b.keys()
        assert all(torch.equal(a[k], b[k]) for k in a)
    Trainer(request(tmp_path / "without", replace(options, adversary="none"))).run()
    plain = torch.load(tmp_path / "without" / STATE, weights_only=True)["net"]
    assert not all(torch.equal(plain[k], one["net"][k]) for k in plain)


def test_what_a_patch_sees_is_70_pixels():
    net = module.Patches(3, 2).eval()
    x = torch.zeros(1, 6, 256, 256, requires_grad=True)
    net(x)[0, 0, 15, 15].backward()
    assert x.grad is not None
    rows = torch.nonzero(x.grad.abs().sum((0, 1, 3)))
    assert int(rows.max() - rows.min()) + 1 <= 70
