"""From a card and a weights file to a net that is ready to run."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import ModuleType

import torch
from torch import nn

from segdesk import plugins
from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines import foreign, transformers_model, word_net
from segdesk.engines.quicken import quickened
from segdesk.engines.safeload import State, read_checkpoint, spellings
from segdesk.engines.teach import answering as teach
from segdesk.engines.teach.messages import TYPE as TAUGHT
from segdesk.nets.layouts import LAYOUTS, Layout

# Where the file of a card's [net] type is looked for.
NET_FOLDERS = ("segdesk.nets", "segdesk.nets.heads", "segdesk.nets.whole", "segdesk.nets.instance")
COUNTER = "num_batches_tracked"


def load_net(card: ModelCard, weights: str | None, device: torch.device) -> nn.Module:
    """Build the card's net, give it its weights, move it to the device, in evaluation mode.

    The net is built without memory and takes over the file's tensors, so that a large one is never there twice. Raises
    `SegDeskError` where the architecture is unknown, the file is missing or unreadable, or its parameters do not fit.
    """
    if card.weights is not None and weights is None:
        raise _no_weights(card)
    if card.net.type in foreign.TYPES and weights is not None:
        return foreign.load(card, Path(weights), device)
    if card.net.type == transformers_model.TYPE:
        if weights is None:
            raise _no_weights(card)
        return transformers_model.load(card, Path(weights), device)
    if card.net.type == word_net.TYPE and weights is not None:
        return word_net.load(card, Path(weights), device)
    if card.net.type == TAUGHT:
        if weights is None:
            raise _no_weights(card)
        return teach.load(card, Path(weights))
    build = builder(card.net.type)
    state = _states(card, Path(weights)) if weights is not None else None
    with torch.device("meta" if state is not None else "cpu"):
        net = build(card.net.options, net_classes(card))
    if state is not None:
        _fill(net, state, card)
    return _owned(quickened(net.eval().requires_grad_(False).to(device), device), state or [])


def _owned(net: nn.Module, states: list[State]) -> nn.Module:
    """The net without the mapped file: what still lies there (most weights have been laid out anew, or moved to a
    graphics card) is copied, so that the file may be moved or deleted while the net is used."""
    mapped = {value.untyped_storage().data_ptr() for state in states for value in state.values()}
    for value in (*net.parameters(), *net.buffers()):
        if value.untyped_storage().data_ptr() in mapped:
            value.data = value.data.clone()
    return net


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
    for loaded in plugins.load("segdesk.nets"):
        if loaded.entry.name == net_type and loaded.module is not None and hasattr(loaded.module, "build"):
            return loaded.module
        if loaded.entry.name == net_type:
            raise SegDeskError(
                "The plug-in {name} of the package {package} cannot be used: {reason}.",
                "Ask its makers for another version, or switch it off under Plug-ins.",
                name=net_type,
                package=loaded.entry.package,
                reason=loaded.fault.rstrip(".") or "it has no function build",
            )
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


def _states(card: ModelCard, path: Path) -> list[State]:
    """The file's parameters in the net's names, as they are and with the wrappings of a training program taken off."""
    layout = _layout(card)
    return [named(state, layout) for state in spellings(read_checkpoint(path).state)]


def _layout(card: ModelCard) -> Layout:
    """The layout that the card names, with its own renames and drops behind it."""
    name = card.weights.layout if card.weights else "plain"
    if name not in LAYOUTS:
        raise SegDeskError(
            "The card of {model} names an unknown layout of weights, {layout}.",
            "Known are: {known}.",
            model=card.name.en,
            layout=name,
            known=", ".join(LAYOUTS),
        )
    renames, drop = getattr(card.weights, "rename", ()), getattr(card.weights, "drop", ())
    return Layout((*LAYOUTS[name].renames, *renames), (*LAYOUTS[name].drop, *drop))


def named(state: State, layout: Layout) -> State:
    """The state in our names, without what the layout leaves out."""
    return {ours: state[name] for name, ours in layout.keys(state).items()}


def _fill(net: nn.Module, states: list[State], card: ModelCard) -> None:
    wanted = {key: tuple(value.shape) for key, value in net.state_dict().items()}
    state = max(states, key=lambda state: len(wanted.keys() & state.keys()))
    state = completed(state, wanted)
    found = {key: tuple(value.shape) for key, value in state.items()}
    if wanted != found:
        raise _misfit(card, wanted, found)
    dtypes = {key: value.dtype for key, value in net.state_dict().items()}
    net.load_state_dict({key: value.to(dtypes[key]) for key, value in state.items()}, strict=True, assign=True)


def completed(state: State, wanted: Iterable[str]) -> State:
    """The state with the counters that batch norms keep since torch 0.4 and that older or scripted files lack, and
    without those that the net does not have. They serve training only."""
    names = set(wanted)
    counter = torch.zeros((), dtype=torch.long)
    known = {key: value for key, value in state.items() if key in names or not key.endswith(COUNTER)}
    return known | {key: counter.clone() for key in names if key.endswith(COUNTER) and key not in known}


Shapes = Mapping[str, tuple[int, ...]]


def _misfit(card: ModelCard, wanted: Shapes, found: Shapes) -> SegDeskError:
    """The first thing that differs, in the order that helps most: other keys, then other shapes."""
    missing = [key for key in wanted if key not in found]
    surplus = [key for key in found if key not in wanted]
    if missing or surplus:
        return SegDeskError(
            "The weights file does not belong to {model}: of its parameters {missing} of {count} are missing, and"
            " {surplus} are foreign (such as {example}).",
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
