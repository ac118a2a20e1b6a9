"""Half precision: used where the answer stays, left where it does not. Tried on the processor, which has bfloat16."""

from __future__ import annotations

import torch
from torch import nn

from segdesk.engines.precision import Mixed, agreement, suited
from segdesk.nets import torchvision_semantic
from tests.engines.fakes import Boxes, Brightness

CPU, CARD = torch.device("cpu"), torch.device("cuda")


class Spy(nn.Module):
    """A convolution that tells in what precision it was asked."""

    align_corners = True

    def __init__(self, bias: tuple[float, float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        nn.init.zeros_(self.conv.weight)
        self.conv.weight.data[0, 0], self.conv.weight.data[1, 1] = 1.0, 1.0
        self.conv.bias.data = torch.tensor(bias)  # type: ignore[union-attr]
        self.kinds: list[torch.dtype] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer = self.conv(x)
        self.kinds.append(answer.dtype)
        return answer


def picture(scale: float = 1.0) -> torch.Tensor:
    return torch.randn(2, 3, 40, 50, generator=torch.Generator().manual_seed(1)) * scale


@torch.inference_mode()
def test_a_net_whose_answer_stays_is_tried_once_and_then_used() -> None:
    spy = Spy()
    net = Mixed(spy, CPU, torch.bfloat16)
    x = torch.zeros(1, 3, 8, 8)
    x[:, 0, :, :4], x[:, 1, :, 4:] = 1.0, 1.0  # two clear halves
    first, second = net(x), net(x)
    assert net.trusted is True
    assert spy.kinds == [torch.bfloat16, torch.float32, torch.bfloat16]
    assert first.dtype == second.dtype == torch.float32
    assert torch.equal(first.argmax(1), spy(x).argmax(1))


@torch.inference_mode()
def test_a_net_whose_answer_would_change_stays_in_full_precision() -> None:
    spy = Spy(bias=(1000.0, 1000.001))  # a difference that halves do not hold
    net = Mixed(spy, CPU, torch.bfloat16)
    x = picture(scale=1e-3)
    first, second = net(x), net(x)
    assert net.trusted is False
    assert spy.kinds == [torch.bfloat16, torch.float32, torch.float32]
    assert torch.equal(first, second)


@torch.inference_mode()
def test_a_number_that_halves_do_not_hold_ends_it() -> None:
    spy = Spy()
    net = Mixed(spy, CPU, torch.float16)
    x = torch.zeros(1, 3, 8, 8)
    x[:, 0] = 1.0
    net(x)
    assert net.trusted is True
    large = x * 1e6
    assert torch.equal(net(large), spy(large))
    assert net.trusted is False


@torch.inference_mode()
def test_elsewhere_it_computes_in_full_precision_and_says_what_its_net_says() -> None:
    spy = Spy()
    net = Mixed(spy, CARD)
    assert net.align_corners is True
    net(picture())
    assert spy.kinds == [torch.float32]
    assert net.trusted is None


@torch.inference_mode()
def test_a_real_net_keeps_its_answer_within_the_agreement() -> None:
    torch.manual_seed(0)
    net = torchvision_semantic.build({"name": "lraspp_mobilenet_v3_large"}, 5).eval()
    mixed = Mixed(net, CPU, torch.bfloat16)
    x = picture()
    answer = mixed(x)
    whole = net(x)
    whole = whole["out"] if isinstance(whole, dict) else whole
    assert agreement(whole, answer) >= 0.999  # one or the other way
    assert answer.dtype == torch.float32


def test_only_nets_of_scores_on_cards_with_tensor_cores() -> None:
    assert isinstance(suited(Brightness(), CARD, lambda _: (8, 0)), Mixed)
    for net, device, capability in [
        (Brightness(), CARD, (6, 1)),
        (Brightness(), CPU, (8, 0)),
        (Boxes(), CARD, (8, 0)),
    ]:
        assert suited(net, device, lambda _, c=capability: c) is net


def test_agreement_counts_places() -> None:
    a = torch.zeros(1, 2, 2, 2)
    b = a.clone()
    b[0, 1, 0, 0] = 1.0
    assert agreement(a, b) == 0.75
    assert agreement(a[:, :1] - 1, b[:, 1:] - 0.5) == 0.75
