"""`Prompting`: answers clicks, boxes and words with objects. A picture is encoded once and kept, so that a click costs
what the small decoder costs. Runs in the engine process."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter

import torch
from torch import nn

from segdesk.domain.errors import Cancelled
from segdesk.engines import device as devices_of
from segdesk.engines.messages import NotKept, PromptAnswer, PromptRequest, Proposed
from segdesk.engines.prompt_nets import Pointer, Seen, load

KEEP_MODELS = 2
KEEP_BYTES = 256 << 20

log = logging.getLogger("segdesk.engine")

Cancel = Callable[[], bool]
Progress = Callable[[int, int], None]


def _never() -> bool:
    return False


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


class Prompting:
    """Owns the models that answer prompts and the pictures that they have encoded. One thread at a time."""

    def __init__(self, device: str = "auto", keep_models: int = KEEP_MODELS, keep_bytes: int = KEEP_BYTES) -> None:
        """`device`: for requests that say "auto". `keep_models`: models in memory. `keep_bytes`: for encoded pictures;
        the last one is kept whatever it weighs."""
        self._device = device
        self._keep_models = keep_models
        self._keep_bytes = keep_bytes
        self._models: OrderedDict[tuple[object, ...], Pointer] = OrderedDict()
        self._seen: OrderedDict[tuple[object, ...], Seen] = OrderedDict()

    def answer(
        self, request: PromptRequest, cancelled: Cancel = _never, progress: Progress = _silent
    ) -> PromptAnswer | NotKept:
        """Answer a prompt, or only encode the picture where it asks nothing. Raises `SegDeskError` and `Cancelled`; the
        token is asked before each layer of the models, and `progress(done, total)` counts layers of the encoder."""
        device = devices_of.choose(self._device if request.device == "auto" else request.device)
        try:
            return self._on(device, request, cancelled, progress)
        except (RuntimeError, MemoryError) as error:
            if not devices_of.is_out_of_memory(error) or device.type == "cpu":
                raise
            log.warning("%s: no memory left on %s", request.card.id, device)
        self._models.clear()
        self._seen.clear()
        devices_of.free_memory(device)
        return self._on(torch.device("cpu"), request, cancelled, progress)

    def _on(
        self, device: torch.device, request: PromptRequest, cancelled: Cancel, progress: Progress
    ) -> PromptAnswer | NotKept:
        seconds: dict[str, float] = {}
        name = self._name(request, device)
        key = (request.key, *name)
        if request.image is None and key not in self._seen:
            return NotKept(request.key, request.card.id)
        with _timed(seconds, "load"):
            model = self._loaded(name, request, device)
        encoded = key not in self._seen
        found: Sequence[Proposed] = ()
        with torch.inference_mode(), stopping(model, cancelled, progress):
            if encoded:
                assert request.image is not None
                with _timed(seconds, "encode"):
                    self._keep(key, model.encode(request.image))
            self._seen.move_to_end(key)
            if request.asks:
                with _timed(seconds, "answer"):
                    found = model.answer(self._seen[key], request)
        return PromptAnswer(request.key, request.card.id, tuple(found), encoded, seconds, str(device))

    @staticmethod
    def _name(request: PromptRequest, device: torch.device) -> tuple[object, ...]:
        """What tells one loaded model from another."""
        return request.card.id, tuple(sorted(request.weights.items())), str(device)

    def _loaded(self, name: tuple[object, ...], request: PromptRequest, device: torch.device) -> Pointer:
        if name not in self._models:
            while len(self._models) >= self._keep_models:
                self._models.popitem(last=False)
            devices_of.free_memory(device)
            self._models[name] = load(request.card, request, device)
        self._models.move_to_end(name)
        return self._models[name]

    def _keep(self, key: tuple[object, ...], seen: Seen) -> None:
        self._seen[key] = seen
        while len(self._seen) > 1 and sum(s.nbytes for s in self._seen.values()) > self._keep_bytes:
            self._seen.popitem(last=False)


@contextmanager
def stopping(model: Pointer, cancelled: Cancel, progress: Progress) -> Iterator[None]:
    """Within it, the model raises `Cancelled` before the next of its layers once the token says so, and counts those of
    its encoder."""
    encoder = set(_layers(model.encoders))
    done = 0

    def check(layer: nn.Module | None = None, *_: object) -> None:
        nonlocal done
        if cancelled():
            raise Cancelled
        if layer in encoder and done < len(encoder):
            progress(done, len(encoder))
            done += 1

    hooks = [layer.register_forward_pre_hook(check) for layer in _layers(model.modules)]
    try:
        check()
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _layers(nets: Sequence[nn.Module]) -> list[nn.Module]:
    """The nets' repeated parts, the outer ones of those within each other."""
    found: dict[nn.Module, None] = {}
    inside: set[nn.Module] = set()
    for group in (part for net in nets for part in net.modules() if isinstance(part, nn.ModuleList)):
        if group not in inside:
            found.update(dict.fromkeys(group))
            inside.update(part for layer in group for part in layer.modules())
    return list(found)


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = perf_counter()
    yield
    seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - start
