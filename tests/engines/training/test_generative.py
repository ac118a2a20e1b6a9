"""Nets that draw random numbers while they learn: a Probabilistic U-Net by its evidence bound, pix2pix against its
discriminator. Runs repeat and go on bit for bit all the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from segdesk.engines.averaging import can_sample
from segdesk.engines.loading import net_module
from segdesk.engines.training import losses
from segdesk.engines.training.adversary import Adversary
from segdesk.engines.training.loop import Trainer
from segdesk.engines.training.messages import BEST, STATE, TrainOptions
from tests.engines.training.data import QUICK, card, request

CASES: dict[str, TrainOptions] = {
    "prob_unet": replace(QUICK, epoch_crops=12, rate=2e-3),
    "pix2pix": replace(QUICK, epoch_crops=12, batch=2, loss="l1", adversary="patches", rate=2e-4),
}


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch):
    """One thread, narrow discriminators."""
    before, real = torch.get_num_threads(), Adversary.__init__
    monkeypatch.setattr(Adversary, "__init__", lambda self, *a, **more: real(self, *a, **{**more, "width": 4}))
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("net", CASES)
def test_it_repeats_and_goes_on_bit_for_bit(tmp_path: Path, net: str):
    options = CASES[net]
    for name in ("whole", "again"):
        Trainer(request(tmp_path / name, options, net=net)).run()
    heard = iter(["go"] * 5)
    broken = request(tmp_path / "parts", options, net=net)
    Trainer(broken, hear=lambda: next(heard, "stop")).run()
    Trainer(broken).run()
    one, *others = (torch.load(tmp_path / f / STATE, weights_only=True)["net"] for f in ("whole", "again", "parts"))
    for other in others:
        assert all(torch.equal(one[k], other[k]) for k in one)


def test_the_evidence_bound_teaches_posterior_and_prior_and_all_of_it_is_kept(tmp_path: Path):
    made = card("prob_unet")
    Trainer(request(tmp_path, replace(CASES["prob_unet"], epochs=1), net="prob_unet")).run()
    kept = torch.load(tmp_path / BEST, weights_only=True)
    net = net_module("prob_unet").build(made.net.options, 2)
    assert kept.keys() == net.state_dict().keys()
    assert any(k.startswith("posterior.") for k in kept)
    net.load_state_dict(kept)
    assert can_sample(net)
    x, labels = torch.zeros(1, 3, 32, 32), torch.ones(1, 32, 32, dtype=torch.int64)
    torch.manual_seed(3)
    bound = losses.total_loss(net, x, labels, losses.cross_entropy)
    bound.backward()
    for part in (net.prior, net.posterior, net.mix):
        assert any(p.grad is not None and p.grad.any() for p in part.parameters())
    torch.manual_seed(3)
    assert float(net.elbo(x, labels).detach()) == pytest.approx(float(bound.detach()))
