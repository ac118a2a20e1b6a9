"""`Engine`: loads models, predicts, refines, decides, and remembers recent predictions so that a slider needs no
second forward pass. Runs in the engine process; the command line and tests may use it in their own."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from segdesk.domain.card import InputSpec, ModelCard
from segdesk.domain.doubt import doubts
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import Averaging
from segdesk.domain.prediction import Prediction
from segdesk.domain.text import N_
from segdesk.engines import device as devices_of
from segdesk.engines.glance import Glances, glanced
from segdesk.engines.inputs import Prepared, prepare
from segdesk.engines.ladder import predict
from segdesk.engines.limits import Limits
from segdesk.engines.loading import load_net
from segdesk.engines.merge import merged
from segdesk.engines.messages import Answer, DeviceInfo, NotKept, PredictRequest
from segdesk.engines.precision import suited
from segdesk.engines.predict import ONCE, Loaded, Raw
from segdesk.engines.stacking import Stages, stacked
from segdesk.engines.teach.messages import TYPE as TAUGHT

NOTE_LOADED_ON_PROCESSOR = N_("The graphics card has no room for this model: it runs on the processor.")

NOTE_LOST = N_("The graphics card has stopped working: the processor goes on in its place.")

KEEP_WORKS = 128  # predictions that are kept, however small: a person comes back to the last few

log = logging.getLogger("segdesk.engine")

Cancel = Callable[[], bool]
T = TypeVar("T")
Result = Answer | NotKept | SegDeskError


def _never() -> bool:
    return False


@dataclass
class Work:
    """A prediction with what is needed to decide it, again and again."""

    prediction: Prediction
    image: np.ndarray
    device: str
    notes: tuple[str, ...] = ()
    seconds: dict[str, float] = field(default_factory=dict)
    flipped: Prediction | None = None  # of the mirrored picture, where it was asked for
    average: Averaging = ONCE  # how the model looked
    spread: np.ndarray | None = None  # where its samples disagree
    stages: Stages = field(default_factory=Stages)  # what each refinement gave
    glances: Glances = field(default_factory=Glances)  # for sliders that move

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        more = sum(part.nbytes for part in (self.flipped, self.glances.last) if part is not None)
        return self.prediction.nbytes + self.image.nbytes + self.stages.nbytes + more


class Engine:
    """Owns torch and the device. Any thread may call any method; `answer` is `predict` and `finish` in turn."""

    def __init__(
        self,
        device: str = "auto",
        keep_models: int = 2,
        keep_bytes: int = 1 << 30,
        limits: Limits | None = None,
    ) -> None:
        """`device`: for requests that say "auto". `keep_models`: nets in memory. `keep_bytes`: for predictions; the
        last one is kept whatever it weighs. `limits`: what did not fit into memory in earlier runs."""
        self._limits = limits or Limits()
        self._device = device
        self._lost = False  # a graphics card has stopped working
        self._keep_models = keep_models
        self._keep_bytes = keep_bytes
        self._models: OrderedDict[tuple[object, ...], Loaded] = OrderedDict()
        self._works: OrderedDict[tuple[str, str], Work] = OrderedDict()
        self._lock = threading.Lock()  # of _works and _models; held for moments
        self._loading = threading.Lock()  # one net is loaded at a time; those that are there answer meanwhile

    def devices(self) -> list[DeviceInfo]:
        """Where it can compute, the best first."""
        return devices_of.devices()

    def answer(self, request: PredictRequest, cancelled: Cancel = _never) -> Answer | NotKept:
        """Segment one picture, or decide it again. Raises `SegDeskError` and `Cancelled`; the token is asked between
        the stages and, where a stage is long and can be stopped, within it."""
        with _failures(request.card):
            work = self.kept(request) if request.image is None else self.predict([request], cancelled)[0]
            return NotKept(request.key, request.card.id) if work is None else self.finish(request, work, cancelled)

    def answer_batch(self, requests: Sequence[PredictRequest], cancelled: Cancel = _never) -> list[Result]:
        """Segment several pictures; those of one model and input size share a pass. One result each, in order: an
        error of one picture is its result and does not touch the others. Raises `Cancelled` only."""
        results: list[Result] = []
        for group in _alike(requests):
            results.extend(self._group(group, cancelled))
        return results

    def _group(self, group: Sequence[PredictRequest], cancelled: Cancel) -> list[Result]:
        if len(group) > 1:
            try:
                works = self.predict(group, cancelled)
                pairs = zip(group, works, strict=True)
                return [self._outcome(r, lambda r=r, w=w: self.finish(r, w, cancelled)) for r, w in pairs]
            except Cancelled:
                raise
            except Exception:  # one of them is to blame: each alone will tell which
                pass
        return [self._outcome(r, lambda r=r: self.answer(r, cancelled)) for r in group]

    @staticmethod
    def _outcome(request: PredictRequest, run: Callable[[], Answer | NotKept]) -> Result:
        try:
            with _failures(request.card):
                return run()
        except SegDeskError as error:
            return error

    def shares_passes(self, request: PredictRequest) -> bool:
        """Whether several pictures in one pass are faster than one by one: on a graphics card."""
        wanted = self._wanted(request)
        return wanted.startswith("cuda") or (wanted == "auto" and torch.cuda.is_available())

    def on_processor(self, request: PredictRequest) -> bool:
        """Whether the request's model computes on the processor."""
        wanted = self._wanted(request)
        return wanted == "cpu" or (wanted == "auto" and not torch.cuda.is_available())

    def _wanted(self, request: PredictRequest) -> str:
        if self._lost:
            return "cpu"
        return self._device if request.device == "auto" else request.device

    def kept(self, request: PredictRequest) -> Work | None:
        """The kept prediction of the request's picture and card, or None if it is gone, lacks the mirrored picture that
        is asked for, or was made by other looks."""
        with self._lock:
            work = self._works.get((request.key, request.card.id))
            options = request.options
            if work is not None and (work.average != options.average or (options.flip and work.flipped is None)):
                return None
            if work is not None:
                self._works.move_to_end((request.key, request.card.id))
                work = replace(work, seconds={})
        return work

    def predict(self, requests: Sequence[PredictRequest], cancelled: Cancel = _never) -> list[Work]:
        """The first half of an answer, for pictures of one card and device: load, prepare, forward; kept."""
        first = requests[0]
        images = [request.image for request in requests if request.image is not None]
        sizes = [request.full_size for request in requests]
        seconds: dict[str, float] = {}
        raws = self._raw(first, first.card, images, sizes, seconds, cancelled)
        mirrored: list[Raw] = []
        if first.options.flip:
            images_turned = [np.ascontiguousarray(image[:, ::-1]) for image in images]
            mirrored = self._raw(first, first.card, images_turned, sizes, seconds, cancelled)
        share = {stage: spent / len(requests) for stage, spent in seconds.items()}
        works = []
        for request, image, raw in zip(requests, images, raws, strict=True):
            work = Work(raw.prediction, image, raw.device, raw.notes, dict(share))
            work.average, work.spread = request.options.average, raw.spread
            work.flipped = mirrored[len(works)].prediction if mirrored else None
            if request.full_size is None:  # refinements that are asked for later need the whole picture
                self._keep((request.key, request.card.id), work)
            works.append(work)
        return works

    def finish(self, request: PredictRequest, work: Work, cancelled: Cancel = _never) -> Answer:
        """The second half: refine where the options ask for it, decide."""
        if cancelled():
            raise Cancelled
        if request.glance is not None:
            return glanced(request, request.glance, work, cancelled)
        seconds = dict(work.seconds)
        regions = request.card.net.type == "regions"
        try:
            done = stacked(work.prediction, work.image, request.options, cancelled, kept=work.stages, regions=regions)
        finally:  # what was done before it was stopped is kept, too
            with self._lock:
                self._shed()
        spent = dict(done.seconds)
        if request.options.crf is not None:
            seconds["refine"] = spent.pop("crf", 0.0)
        start = perf_counter() - spent.pop("decide", 0.0)
        segmentation = done.segmentation
        unsure = doubts(
            work.prediction,
            segmentation,
            flipped=work.flipped if request.options.flip else None,
            spread=work.spread,
            confidence=request.options.decide.confidence,
        )
        seconds["decide"] = perf_counter() - start
        if spent:
            seconds["steps"] = sum(spent.values())
        return Answer(
            key=request.key,
            card_id=request.card.id,
            segmentation=segmentation,
            classes=done.prediction.classes,
            instances=done.prediction.instances,
            doubt=unsure.value,
            doubts=unsure,
            seconds=seconds,
            device=work.device,
            notes=(*work.notes, *done.notes),
            device_bytes=devices_of.taken_bytes(work.device),
        )

    # -- parts of predict ----------------------------------------------------------------------------------------

    def _raw(
        self,
        request: PredictRequest,
        card: ModelCard,
        images: Sequence[np.ndarray],
        sizes: Sequence[tuple[int, int] | None],
        seconds: dict[str, float],
        cancelled: Cancel,
    ) -> list[Raw]:
        """The raw predictions of `card`, which is the request's or a part of it; adds to `seconds`."""
        if card.net.type == "merge":
            parts = [request.parts[part] for part in card.parts]
            both = [self._raw(request, part, images, sizes, seconds, cancelled) for part in parts]
            return [
                Raw(merged(card, a.prediction, b.prediction), b.device, tuple(dict.fromkeys(a.notes + b.notes)))
                for a, b in zip(*both, strict=True)
            ]
        loaded, notes = _timed(seconds, "load", lambda: self._loaded(request, card))
        try:
            return self._computed(request, loaded, notes, images, sizes, seconds, cancelled)
        except RuntimeError as error:
            if not devices_of.is_lost(error, loaded.device):
                raise
            log.exception("%s has stopped working", loaded.device)
        with self._lock:
            self._lost = True
            self._models.clear()
        return self._raw(request, card, images, sizes, seconds, cancelled)

    def _computed(
        self,
        request: PredictRequest,
        loaded: Loaded,
        notes: tuple[str, ...],
        images: Sequence[np.ndarray],
        sizes: Sequence[tuple[int, int] | None],
        seconds: dict[str, float],
        cancelled: Cancel,
    ) -> list[Raw]:
        if cancelled():
            raise Cancelled
        both = list(zip(images, sizes, strict=True))
        pictures: list[Prepared] = _timed(
            seconds, "prepare", lambda: [prepare(image, loaded.card.input, full) for image, full in both]
        )
        raws = _timed(
            seconds, "forward", lambda: predict(loaded, pictures, cancelled, request.options.average, self._limits)
        )
        return [replace(raw, notes=notes + raw.notes) for raw in raws]

    def _loaded(self, request: PredictRequest, card: ModelCard) -> tuple[Loaded, tuple[str, ...]]:
        """The net on the device, from memory or from its file; the least recently used one gives way."""
        device = torch.device("cpu") if self._lost else devices_of.choose(self._wanted(request))
        weights = request.weights.get(card.id)
        key = (card.id, weights, str(device), repr(card.net), card.channel_ids)
        loaded = self._there(key)
        if loaded is None:
            with self._loading:
                loaded = self._there(key)  # another thread may have loaded it meanwhile
                if loaded is None:
                    self._make_room(card)
                    devices_of.free_memory(device)
                    loaded = self._load(card, weights, device)
                    with self._lock:
                        self._models[key] = loaded
        # Regions have no net; they and taught models always run on the processor.
        elsewhere = loaded.device != device and loaded.output not in ("regions", "taught")
        if self._lost:
            return loaded, (NOTE_LOST,)
        return loaded, (NOTE_LOADED_ON_PROCESSOR,) if elsewhere else ()

    def _there(self, key: tuple[object, ...]) -> Loaded | None:
        """The net if it is in memory: from now on the last to give way."""
        with self._lock:
            if key in self._models:
                self._models.move_to_end(key)
            return self._models.get(key)

    def _make_room(self, card: ModelCard) -> None:
        """Let go of the nets that were used least recently. Taught models are counted apart: they are small, and each
        stroke makes another, which must not drive out the net that the person works with."""
        taught = card.net.type == TAUGHT
        with self._lock:
            alike = [key for key, loaded in self._models.items() if (loaded.card.net.type == TAUGHT) == taught]
            for key in alike[: max(0, len(alike) + 1 - self._keep_models)]:
                del self._models[key]

    def _load(self, card: ModelCard, weights: str | None, device: torch.device) -> Loaded:
        if card.net.type == "regions":
            return Loaded(card, None, torch.device("cpu"))
        if card.net.type == TAUGHT:
            device = torch.device("cpu")
        try:
            return _ready(card, suited(load_net(card, weights, device), device), device)
        except (RuntimeError, MemoryError) as error:
            if not devices_of.is_out_of_memory(error) or device.type == "cpu":
                raise
        with self._lock:
            self._models.clear()
        devices_of.free_memory(device)
        return _ready(card, load_net(card, weights, torch.device("cpu")), torch.device("cpu"))

    def _keep(self, key: tuple[str, str], work: Work) -> None:
        with self._lock:
            self._works[key] = work
            self._works.move_to_end(key)
            self._shed()

    def _shed(self) -> None:
        while len(self._works) > KEEP_WORKS:
            self._works.popitem(last=False)
        while len(self._works) > 1 and sum(w.nbytes for w in self._works.values()) > self._keep_bytes:
            self._works.popitem(last=False)


def _ready(card: ModelCard, net: nn.Module, device: torch.device) -> Loaded:
    """The net with its card; a net that knows how it wants its pictures has an `input` of its own."""
    spec = getattr(net, "input", None)
    return Loaded(replace(card, input=spec) if isinstance(spec, InputSpec) else card, net, device)


def _timed(seconds: dict[str, float], stage: str, run: Callable[[], T]) -> T:
    start = perf_counter()
    result = run()
    seconds[stage] = seconds.get(stage, 0.0) + perf_counter() - start
    return result


def _alike(requests: Sequence[PredictRequest]) -> list[list[PredictRequest]]:
    """Neighbours that may share a pass: one card, one device, pictures of one size."""
    groups: list[list[PredictRequest]] = []
    for request in requests:
        if groups and _can_share(groups[-1][0], request):
            groups[-1].append(request)
        else:
            groups.append([request])
    return groups


def _can_share(a: PredictRequest, b: PredictRequest) -> bool:
    if a.image is None or b.image is None or a.options != b.options:
        return False
    if a.image.shape != b.image.shape or (a.full_size is None) != (b.full_size is None):
        return False
    return a.card == b.card and a.device == b.device and dict(a.weights) == dict(b.weights)


@contextmanager
def _failures(card: ModelCard) -> Iterator[None]:
    """Whatever goes wrong inside becomes a `SegDeskError` that names the model."""
    try:
        yield
    except (SegDeskError, Cancelled):
        raise
    except Exception as error:
        log.exception("%s failed", card.id)
        raise failure(error, card) from error


def failure(error: BaseException, card: ModelCard) -> SegDeskError:
    """The error to show for one that nobody foresaw."""
    return SegDeskError(
        "The model {model} failed on this picture: {reason}",
        "Try another model or device; the log of the engine has the details.",
        model=card.name.en,
        reason=str(error).strip().split("\n")[0] or type(error).__name__,
    )
