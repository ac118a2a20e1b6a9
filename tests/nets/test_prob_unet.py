"""Probabilistic U-Net: samples of the prior, and the loss that trains prior and posterior."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from segdesk.nets.whole import prob_unet
from segdesk.nets.whole.prob_unet import ProbabilisticUNet


def small() -> ProbabilisticUNet:
    torch.manual_seed(0)
    net = prob_unet.build({"widths": [8, 16, 16], "convs": 1, "latent": 2}, 3)
    assert isinstance(net, ProbabilisticUNet)
    return net


def picture(size: tuple[int, int] = (17, 30)) -> torch.Tensor:
    return torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(3))


def test_samples_differ_with_z_and_repeat_with_a_seed():
    net = small().eval()
    with torch.inference_mode():
        first = net.sample(picture(), 4, torch.Generator().manual_seed(1))
        again = net.sample(picture(), 4, torch.Generator().manual_seed(1))
        other = net.sample(picture(), 4, torch.Generator().manual_seed(2))
    assert first.shape == (4, 2, 3, 17, 30)
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)
    for i in range(1, 4):
        assert not torch.allclose(first[0], first[i])


def test_a_seed_gives_a_picture_the_same_samples_whatever_lies_beside_it():
    net = small().eval()
    x = picture()
    with torch.inference_mode():
        both, alone = (net.sample(pictures, 2, torch.Generator().manual_seed(1)) for pictures in (x, x[1:]))
    torch.testing.assert_close(both[:, 1:], alone)


def test_the_answer_is_the_one_at_the_priors_mean():
    net = small().eval()
    x = picture()
    torch.nn.init.constant_(net.prior.moments.bias[2:], -40.0)  # log standard deviations: the prior is a point
    torch.testing.assert_close(net.sample(x, 2), net(x).expand(2, -1, -1, -1, -1))
    torch.testing.assert_close(net(x), net.decoded(net.features(x), net.prior(x).mean))


def test_the_loss_is_cross_entropy_and_divergence_a_pixel():
    net = small().eval()
    x = picture((8, 8))
    labels = torch.randint(0, 3, (2, 8, 8), generator=torch.Generator().manual_seed(5))
    labels[0, :3] = 255
    for part in (net.posterior, net.prior):  # both become points, one apart in the first dimension
        torch.nn.init.zeros_(part.moments.weight)
        torch.nn.init.zeros_(part.moments.bias)
    torch.nn.init.constant_(net.posterior.moments.bias[:1], 1.0)
    net.beta = 0.0
    torch.nn.init.zeros_(net.mix[0].weight[:, 8:])  # the logits do not depend on z: the cross-entropy is known
    plain = F.cross_entropy(net(x), labels, ignore_index=255)
    torch.testing.assert_close(net.elbo(x, labels), plain)
    net.beta = 2.0
    divergence = 2 * 0.5  # of two unit Gaussians one apart, a half, for each picture
    torch.testing.assert_close(net.elbo(x, labels), plain + 2.0 * divergence / int((labels != 255).sum()))


def test_training_with_the_loss_lowers_it_and_teaches_all_parts():
    net = small()
    x = picture((16, 16))
    labels = (x[:, 0] > 0.5).long()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(12):
        optimiser.zero_grad()
        loss = net.elbo(x, labels)
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0]
    for name, parameter in net.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_the_authors_configuration():
    with torch.device("meta"):
        net = prob_unet.build({}, 24)
    assert isinstance(net, ProbabilisticUNet)
    assert [block[0].out_channels for block in net.down.blocks] == [32, 64, 128, 192, 192, 192, 192]  # type: ignore[index]
    assert [len(block) // 2 for block in net.down.blocks] == [3] * 7  # type: ignore[arg-type]
    shapes = [tuple(p.shape) for name, p in net.mix.named_parameters() if name.endswith("weight")]
    assert shapes == [(32, 38, 1, 1), (32, 32, 1, 1), (32, 32, 1, 1), (24, 32, 1, 1)]


def test_nothing_labelled_is_no_loss_but_the_divergence():
    net = small()
    labels = torch.full((2, 8, 8), 255)
    assert torch.isfinite(net.elbo(picture((8, 8)), labels))
