"""The net that a run begins with: built for the run's classes, with the weights of a card as far as they fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.loading import builder, named, net_classes, net_module
from segdesk.engines.safeload import State, read_checkpoint, spellings
from segdesk.engines.training.messages import TrainStart
from segdesk.engines.training.objectives import objective_of
from segdesk.nets.layouts import LAYOUTS, Layout

ENCODER = ("backbone.", "encoder.")
MIXED = -1  # of a parameter: its size follows the number of classes, but not one entry for each of them
NOTE_NEW_LAYER = N_("The classes differ from the model's: its last layer is made anew.")
NOTE_SCRATCH = N_("The network starts from random numbers: it needs many pictures and epochs.")
NOTE_HEAD = N_("The encoder starts with the model's weights, all else from random numbers.")


@dataclass(eq=False)
class Begun:
    """`net` to train; `plain_keys`: the names of the parameters that the card's net has (an auxiliary head serves the
    training only); `trained_norms`: its batch norms know pictures already. `fitted`: share of parameters taken over."""

    net: nn.Module
    plain_keys: frozenset[str]
    trained_norms: bool
    fitted: float
    notes: tuple[str, ...] = ()


def can_train(card: ModelCard) -> bool:
    """Whether the card's net can be built here and might have a loss; `has_loss` knows when it is built."""
    try:
        module = net_module(card.net.type)
    except SegDeskError:
        return False
    return card.task != "semantic" or getattr(module, "OUTPUT", "scores") == "scores"


def has_loss(net: nn.Module, task: str) -> bool:
    """Whether somebody has written down how such a net is trained."""
    if task == "semantic":
        return getattr(net, "output", "scores") == "scores"
    return objective_of(net) is not None


def begin(card: ModelCard, start: TrainStart, *, blank: bool = False) -> Begun:
    """Build the net of `card`, on the processor, in training mode. Uses torch's random numbers. Raises `SegDeskError`
    where the net cannot be trained, or the weights' file cannot be read or belongs to another net. `blank`: its weights
    will come from a checkpoint."""
    if not can_train(card):
        raise _cannot(start.card)
    try:
        net, plain = built(card)
    except (ValueError, TypeError) as error:
        raise SegDeskError(
            "{model} cannot be built for these classes: {reason}.",
            "Choose other classes, or another model of the list.",
            model=start.card.name.en,
            reason=str(error).rstrip("."),
        ) from error
    if not has_loss(net, card.task):
        raise _cannot(start.card)
    net.train().requires_grad_(True)
    if start.mode == "scratch" or start.weights is None:
        return Begun(net, plain, False, 0.0, (NOTE_SCRATCH,))
    only = ENCODER if start.mode == "encoder" else None
    if blank:
        return Begun(net, plain, only is None, 0.0)
    rows = _rows(start, card)
    states = _states(start.card, Path(start.weights))
    same = rows == {i: i for i in range(net_classes(card))} and net_classes(start.card) == net_classes(card)
    fitted = taken_over(net, states, by_class={} if same else _by_class(card), rows=rows, only=only)
    if not fitted:
        raise SegDeskError(
            "The weights file does not fit {model}: none of its parameters is there.",
            "Choose the file that was made for this model, or start from scratch.",
            model=start.card.name.en,
        )
    note = (NOTE_HEAD,) if only else () if len(rows) == net_classes(card) else (NOTE_NEW_LAYER,)
    return Begun(net, plain, only is None, fitted, note)


def _cannot(card: ModelCard) -> SegDeskError:
    return SegDeskError(
        "{model} cannot be trained here: the program does not know the loss of such a network.",
        "Choose another model of the list.",
        model=card.name.en,
    )


def built(card: ModelCard) -> tuple[nn.Module, frozenset[str]]:
    """The card's net, with its auxiliary head where it has one, and the parameters' names without it."""
    build, count = builder(card.net.type), net_classes(card)
    with torch.device("meta"):
        plain = frozenset(build(card.net.options, count).state_dict())
    return build(_options(card), count), plain


def _options(card: ModelCard) -> Mapping[str, object]:
    """The options of the net that is trained: with the auxiliary head, if there is such an option."""
    more = {**card.net.options, "auxiliary": True}
    try:
        with torch.device("meta"):
            builder(card.net.type)(more, net_classes(card))
    except (ValueError, TypeError, IndexError):  # there is no such option, or no map for such a head
        return card.net.options
    return more


def old_net(start: TrainStart, device: torch.device) -> nn.Module | None:
    """The starting model as it is, ready to judge; None where there is none whose answers mean the run's classes."""
    if start.weights is None or not start.positions:
        return None
    net = builder(start.card.net.type)(start.card.net.options, net_classes(start.card))
    wanted = net.state_dict()
    for state in _states(start.card, Path(start.weights)):
        fits = {k: v for k, v in state.items() if k in wanted and v.shape == wanted[k].shape}
        if len(fits) >= sum(not k.endswith("num_batches_tracked") for k in wanted):
            net.load_state_dict({k: v.to(wanted[k].dtype) for k, v in fits.items()}, strict=False)
            return net.eval().requires_grad_(False).to(device)
    return None


def taken_over(
    net: nn.Module,
    states: Sequence[State],
    *,
    by_class: Mapping[str, int],
    rows: Mapping[int, int],
    only: tuple[str, ...] | None,
) -> float:
    """Give the net what fits of the best of `states`; returns the share of its parameters that got a value.

    `by_class`: of the parameters that have a size by the number of classes, which of their dimensions it is: there the
    entries of known classes go to their new places (`rows`: new channel -> old channel), and those of new classes keep
    their random numbers. `only`: parameters whose names begin so.
    """
    mine = net.state_dict()
    state = max(states, key=lambda s: len(mine.keys() & s.keys()))
    got = [
        _copied(value, state[key].to(value.dtype), by_class.get(key), rows)
        for key, value in mine.items()
        if key in state and (only is None or key.startswith(only))
    ]
    return sum(got) / max(1, len(mine))


def _copied(value: torch.Tensor, found: torch.Tensor, dimension: int | None, rows: Mapping[int, int]) -> bool:
    """Copy a parameter, or its entries of the classes in `rows`; whether anything was."""
    if dimension is None:
        if found.shape == value.shape:
            value.copy_(found)
        return found.shape == value.shape
    if dimension == MIXED:
        return False
    alike = [i for i in range(value.ndim) if i != dimension]
    if found.ndim != value.ndim or any(found.shape[i] != value.shape[i] for i in alike):
        return False
    for new, old in rows.items():
        if old < found.shape[dimension]:
            value.select(dimension, new).copy_(found.select(dimension, old))
    return bool(rows)


def _by_class(card: ModelCard) -> dict[str, int]:
    """The parameters whose size follows the number of classes, with the dimension that does."""
    build, count, options = builder(card.net.type), net_classes(card), _options(card)
    with torch.device("meta"):
        one, other = (build(options, count + more).state_dict() for more in (0, 1))
    result = {}
    for key, value in one.items():
        differing = [i for i, (a, b) in enumerate(zip(value.shape, other[key].shape, strict=True)) if a != b]
        if differing:
            result[key] = differing[0] if len(differing) == 1 and value.shape[differing[0]] == count else MIXED
    return result


def _rows(start: TrainStart, card: ModelCard) -> dict[int, int]:
    """For each channel of the new net that the old one has too, the old one's."""
    first = {position: old for old, position in reversed(list(enumerate(start.positions)))}
    known = {new: first.get(position) for new, position in enumerate(card.channel_ids)}
    if 0 in start.positions and start.card.channel_ids and 0 not in start.card.channel_ids:
        known = {new: old for new, old in known.items() if card.channel_ids[new]}  # "none of the classes" is no ground
    return {new: old for new, old in known.items() if old is not None}


def _states(card: ModelCard, path: Path) -> list[State]:
    """The file's parameters by our names, those of auxiliary heads with them."""
    layout = LAYOUTS.get(card.weights.layout if card.weights else "plain", LAYOUTS["plain"])
    renames = card.weights.rename if card.weights else ()
    whole = Layout((*layout.renames, *renames), ())
    return [named(state, whole) for state in spellings(read_checkpoint(path).state)]
