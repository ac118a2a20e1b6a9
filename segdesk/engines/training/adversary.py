"""A second net that learns to tell a net's answers from true label maps, and so says where an answer does not look like
one (Luc et al., arXiv:1611.08408; pix2pix: Isola et al., arXiv:1611.07004). It serves the training only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from segdesk.engines.training.messages import IGNORED

RATE, MOMENTA = 2e-4, (0.5, 0.999)  # pix2pix's


class LabelMaps(nn.Sequential):
    """Looks at a label map alone (N, K, h, w), one channel a class, and gives a score for each place: 3x3 convolutions
    and two max pools, so that a score is about some tens of pixels (Luc et al., section 4, the smaller adversary)."""

    def __init__(self, classes: int, width: int) -> None:
        steps: list[nn.Module] = []
        inputs = classes
        for outputs, pooled in ((width, False), (2 * width, True), (4 * width, True), (4 * width, False)):
            steps += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.ReLU(inplace=True)]
            steps += [nn.MaxPool2d(2, ceil_mode=True)] if pooled else []
            inputs = outputs
        super().__init__(*steps, nn.Conv2d(inputs, 1, 3, padding=1))


class Patches(nn.Sequential):
    """pix2pix's discriminator, which sees 70 x 70 pixels at a time: picture and label map together, (N, 3 + K, h, w),
    to a score for each patch (section 6.1.2)."""

    def __init__(self, classes: int, width: int) -> None:
        steps: list[nn.Module] = [nn.Conv2d(3 + classes, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        inputs = width
        for outputs, stride in ((2 * width, 2), (4 * width, 2), (8 * width, 1)):
            steps += [nn.Conv2d(inputs, outputs, 4, stride=stride, padding=1, bias=False)]
            steps += [nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
            inputs = outputs
        super().__init__(*steps, nn.Conv2d(inputs, 1, 4, padding=1))


class Adversary:
    """The second net with its own optimiser. Pixels without a label are 0 in all channels of what it sees, so that it
    cannot tell by them. Made with torch's random numbers; one thread."""

    def __init__(self, kind: str, classes: int, *, device: torch.device, weight: float, width: int = 64) -> None:
        """`kind`: "labels" or "patches"; `weight`: of the net's wish to mislead, beside its loss; `width`: channels of
        the first convolution."""
        self._with_picture = kind == "patches"
        self._weight = weight
        self.net = (Patches if self._with_picture else LabelMaps)(classes, width).to(device)
        self._optimiser = torch.optim.Adam(self.net.parameters(), lr=RATE, betas=MOMENTA)
        self._answer: torch.Tensor | None = None

    def loss(self, logits: torch.Tensor, labels: torch.Tensor, *, x: torch.Tensor) -> torch.Tensor:
        """What the net's answer adds to its loss: how sure the adversary is that it is one. The answer is kept for
        `learn`."""
        self._answer = torch.softmax(logits, 1) * (labels != IGNORED)[:, None]
        self.net.requires_grad_(False)
        said = self.net(self._seen(self._answer, x))
        return self._weight * F.binary_cross_entropy_with_logits(said, torch.ones_like(said))

    def learn(self, labels: torch.Tensor, *, x: torch.Tensor) -> float:
        """A step of its own: labels are to be 1, the last answer 0. Returns its loss; a half each (pix2pix)."""
        assert self._answer is not None
        known = labels != IGNORED
        maps = F.one_hot(labels.masked_fill(~known, 0), self._answer.shape[1]).permute(0, 3, 1, 2) * known[:, None]
        self.net.requires_grad_(True).train()
        self._optimiser.zero_grad(set_to_none=True)
        true, false = self.net(self._seen(maps.float(), x)), self.net(self._seen(self._answer.detach(), x))
        loss = 0.5 * F.binary_cross_entropy_with_logits(true, torch.ones_like(true))
        loss = loss + 0.5 * F.binary_cross_entropy_with_logits(false, torch.zeros_like(false))
        loss.backward()
        self._optimiser.step()
        self._answer = None
        return float(loss.detach())

    def _seen(self, maps: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, maps], 1) if self._with_picture else maps

    def state(self) -> dict[str, Any]:
        """For a checkpoint."""
        return {"net": self.net.state_dict(), "optimiser": self._optimiser.state_dict()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self.net.load_state_dict(state["net"])
        self._optimiser.load_state_dict(state["optimiser"])
