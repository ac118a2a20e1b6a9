"""From a card and a weights file to a net that is ready to run."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines.quicken import quickened
from segdesk.engines.safeload import State, read_state

# Where the file of a card's [net] type is looked for.
NET_FOLDERS = ("segdesk.nets", "segdesk.nets.heads", "segdesk.nets.whole")

# What a layout drops before the strict comparison: auxiliary heads serve training only.
_DROPPED: Mapping[str, str] = {
    "plain": r"$^",
    "torchvision": r"aux_classifier\.",
    "openmmlab": r"auxiliary_head\.",
}


def load_net(card: ModelCard, weights: str | None, device: torch.device) -> nn.Module:
    """Build the card's net, give it its weights, move it to the device, in evaluation mode.

    The net is built without memory and takes over the file's tensors, so that a large one is never there twice. Raises
    `SegDeskError` where the architecture is unknown, the file is missing or unreadable, or its parameters do not fit.
    """
    build = builder(card.net.type)
    if card.weights is not None and weights is None:
        raise _no_weights(card)
    state = _state(card, Path(weights)) if weights is not None else None
    with torch.device("meta" if state is not None else "cpu"):
        net = build(card.net.options, net_classes(card))
    if state is not None:
        _fill(net, state, card)
    return quickened(net.eval().requires_grad_(False).to(device), device)


def builder(net_type: str) -> Callable[[Mapping[str, object], int], nn.Module]:
    """The `build(options, num_classes)` of the file that `net_module` finds."""
    return net_module(net_type).build


def net_module(net_type: str) -> ModuleType:
    """`TYPE.py` of `segdesk/nets` or of one of its folders of whole systems. Raises `SegDeskError` if there is none."""
    if net_type.isidentifier() and not net_type.startswith("_"):
        for folder in NET_FOLDERS:
            found = _imported(f"{folder}.{net_type}")
            if found is not None and hasattr(found, "build"):
                return found
    raise SegDeskError(
        "There is no architecture called {net}.",
        "Check the card's [net] type: it must be the name of a file in segdesk/nets.",
        net=net_type,
    )


def _imported(name: str) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # it is there, and what it needs is not
            raise
    return None


def net_classes(card: ModelCard) -> int:
    """Channels of the net's answer; objects of a card without channels are of one class."""
    return max(1, len(card.channel_ids))


def _no_weights(card: ModelCard) -> SegDeskError:
    return SegDeskError(
        "The weights of {model} are not here yet.",
        "Download them, or choose the file with “Locate file”.",
        model=card.name.en,
    )


def _state(card: ModelCard, path: Path) -> State:
    layout = card.weights.layout if card.weights else "plain"
    if layout not in _DROPPED:
        raise SegDeskError(
            "The card of {model} names an unknown layout of weights, {layout}.",
            "Known are: {known}.",
            model=card.name.en,
            layout=layout,
            known=", ".join(_DROPPED),
        )
    drop = re.compile(_DROPPED[layout])
    return {key: value for key, value in read_state(path).items() if not drop.match(key)}


def _fill(net: nn.Module, state: State, card: ModelCard) -> None:
    wanted = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    found = {key: tuple(value.shape) for key, value in state.items()}
    if wanted != found:
        raise _misfit(card, wanted, found)
    dtypes = {key: value.dtype for key, value in net.state_dict().items()}
    net.load_state_dict({key: value.to(dtypes[key]) for key, value in state.items()}, strict=True, assign=True)


Shapes = Mapping[str, tuple[int, ...]]


def _misfit(card: ModelCard, wanted: Shapes, found: Shapes) -> SegDeskError:
    """The first thing that differs, in the order that helps most: other keys, then other shapes."""
    missing = [key for key in wanted if key not in found]
    surplus = [key for key in found if key not in wanted]
    if missing or surplus:
        return SegDeskError(
            "The weights file does not belong to {model}: {missing} of its {count} parameters are missing"
            " and {surplus} are foreign (such as {example}).",
            "Choose the file that was made for this model.",
            model=card.name.en,
            missing=len(missing),
            count=len(wanted),
            surplus=len(surplus),
            example=(missing or surplus)[0],
        )
    key = next(key for key in wanted if wanted[key] != found[key])
    return SegDeskError(
        "The weights file does not fit {model}: {parameter} has the shape {found} instead of {wanted}.",
        "It may have been trained with another number of classes.",
        model=card.name.en,
        parameter=key,
        found="x".join(map(str, found[key])) or "1",
        wanted="x".join(map(str, wanted[key])) or "1",
    )
