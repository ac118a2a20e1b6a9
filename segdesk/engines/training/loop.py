"""`Trainer`: a run from its start, or from its checkpoint, to its end."""

from __future__ import annotations

import copy
import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.engines import device as devices_of
from segdesk.engines.training import holdout_objects, state, teacher
from segdesk.engines.training.failures import came_apart, check_classes, readable
from segdesk.engines.training.holdout import judge
from segdesk.engines.training.messages import (
    BEST,
    STATE,
    EpochEnd,
    Judged,
    Sample,
    TrainBegun,
    TrainProgress,
    TrainRequest,
    TrainResult,
)
from segdesk.engines.training.objectives import objective_of
from segdesk.engines.training.recipe import BATCHES, crop_side, freeze, optimiser_of, tensors
from segdesk.engines.training.sampling import Batch, Crops, Pictures
from segdesk.engines.training.schedule import factor
from segdesk.engines.training.semantic import SemanticLoss
from segdesk.engines.training.start import Begun, begin, old_net

TELL_SECONDS = 0.3
SAVE_SECONDS = 120.0
SMOOTH = 0.9

log = logging.getLogger("segdesk.engine")
Tell = Callable[[object], None]
Hear = Callable[[], str]


@dataclass
class Place:
    """Where a run stands: all of it is in the checkpoint."""

    epoch: int = 0
    step: int = 0  # within the epoch
    seconds: float = 0.0  # that were spent on it
    loss: float = 0.0  # smoothed
    epoch_loss: float = 0.0  # sum
    best: float = -1.0
    best_epoch: int = 0


class Trainer:
    """One run in its folder. `tell` gets what `messages` has from the training process; `hear` says what the person
    wants now: "go", "pause" or "stop". One thread."""

    def __init__(self, request: TrainRequest, tell: Tell = lambda _: None, hear: Hear = lambda: "go") -> None:
        self.request, self.options = request, request.options
        self._tell, self._hear = tell, hear
        self._folder = Path(request.folder)
        self._place = Place()
        self._curve: list[tuple[int, float, float | None]] = []
        self._bests: Judged | None = None
        self._old: Judged | None = None

    def run(self) -> TrainResult:
        """Train to the end. Raises `SegDeskError` where there is no net to show for it; an error after the first good
        epoch comes with the result instead. A word to stop ends it at once, with a checkpoint to go on from."""
        try:
            self._prepare()
            reason, error = self._train(), None
        except Cancelled:
            raise
        except Exception as problem:
            device, epoch = str(getattr(self, "_device", "")), self._place.epoch + 1
            reason, error = "failed", readable(problem, device=device, epoch=epoch)
            if self._bests is None:
                raise error from problem
        return self._result(reason, error)

    # -- before the first step -----------------------------------------------------------------------------------

    def _prepare(self) -> None:
        options, request = self.options, self.request
        if options.threads:
            torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        self._device = devices_of.choose(options.device)
        learned = [i for i in request.items if not i.held_out]
        self._judging = [i for i in request.items if i.held_out]
        channels = len(request.card.channel_ids)
        if not learned or not self._judging:
            raise SegDeskError(
                "Training needs at least two labelled pictures: one to learn from and one to judge by.",
                "Label or verify another picture.",
            )
        finds_objects = request.card.task != "semantic"
        self._pictures = Pictures(self._folder, request.card.input, channels, objects=finds_objects)
        stored = state.load(self._folder / STATE) if (self._folder / STATE).exists() else None
        begun = self._begin(stored)
        self._plain = begun.plain_keys
        self._objective = objective_of(begun.net) if finds_objects else None
        self._net = begun.net.to(self._device)
        if self._device.type == "cpu":  # suits depth-wise convolutions
            self._net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        self._crop = options.crop or crop_side([self._pictures.fitted(i)[1].shape for i in learned], self._device)
        batch = options.batch or BATCHES.get(self._device.type, BATCHES["cpu"])
        self._crops = Crops(
            self._pictures,
            learned,
            crop=self._crop,
            batch=batch,
            seed=options.seed,
            augmentation=options.augmentation,
            least=options.epoch_crops,
            taught=cache(partial(teacher.read_answer, self._folder)) if options.teacher else None,
        )
        counts = self._crops.counts[:channels]
        known = request.start.positions if options.teacher or options.frozen else ()
        check_classes(request.card, counts, taught=known)
        steps = options.epochs * self._crops.steps
        self._frozen, notes = freeze(self._net, options, trained=begun.trained_norms, batch=batch, steps=steps)
        self._optimiser = optimiser_of(self._net, options, scratch=request.start.mode == "scratch")
        self._slow = copy.deepcopy(self._net).eval().requires_grad_(False) if options.ema else None
        self._loss = None if self._objective else SemanticLoss(options, counts, device=self._device)
        if options.teacher:  # before the random numbers go on where they were
            teacher.ask(request, self._pictures, learned, device=self._device, cancelled=self._is_stopped)
        if stored is not None:
            self._restore(stored)
        else:
            self._judge_old()
        place, device = self._place, str(self._device)
        self._tell(
            TrainBegun(
                device,
                place.epoch,
                options.epochs,
                self._crops.steps,
                batch,
                self._crop,
                self._old,
                (*begun.notes, *notes),
            )
        )

    def _begin(self, stored: dict[str, Any] | None) -> Begun:
        """The net, with its stored weights if it goes on: which norms are folded shows in their values."""
        begun = begin(self.request.card, self.request.start, blank=stored is not None)
        if stored is not None:
            with state.of_this_version():
                begun.net.load_state_dict(stored["net"])
        return begun

    def _judge_old(self) -> None:
        start = self.request.start
        if start.card.task != self.request.card.task:  # it answers another question
            return
        net = old_net(start, self._device)
        if net is not None:
            self._old = self._judged(net, start.card, start.positions)[0]

    # -- training ------------------------------------------------------------------------------------------------

    def _train(self) -> str:
        self._begun, self._told, self._saved = time.monotonic() - self._place.seconds, 0.0, time.monotonic()
        if self._place.step >= self._crops.steps:
            self._end_epoch()  # it was stopped while it was judged
        with closing(self._crops.ahead(self._place.epoch, self._place.step)) as batches:
            for epoch, step, batch in batches:
                reason = self._over()
                if reason:
                    return reason
                self._place.epoch, self._place.step = epoch, step
                self._step(batch)
                self._place.step += 1
                if self._place.step == self._crops.steps:
                    self._end_epoch()
                elif time.monotonic() - self._saved > SAVE_SECONDS:
                    self._save()
        raise AssertionError("the batches have no end")

    def _over(self) -> str:
        """Why the run ends here; "" = it does not. Waits while it is paused."""
        options, place = self.options, self._place
        if options.epochs and place.epoch >= options.epochs:
            return "done"
        if options.minutes and place.seconds >= options.minutes * 60.0:
            return self._cut("time")
        if options.patience and place.best_epoch and place.epoch - place.best_epoch >= options.patience:
            return "early"
        return self._cut("stopped") if self._wait() else ""

    def _is_stopped(self) -> bool:
        return self._hear() == "stop"

    def _wait(self) -> bool:
        """Whether the person wants it to stop; first wait while it is to pause."""
        word = self._hear()
        if word == "pause":
            self._save()
            self._tell(self._progress(paused=True))
            while word == "pause":
                time.sleep(0.05)
                word = self._hear()
            self._begun = time.monotonic() - self._place.seconds
        return word == "stop"

    def _cut(self, reason: str) -> str:
        """The run ends within an epoch: keep where it is, and judge it if nothing has been judged since."""
        self._save()
        if self._place.step and (reason == "time" or self._bests is None):
            self._tell(self._judge_epoch(lambda: False))
        return reason

    def _step(self, batch: Batch) -> None:
        place, options = self._place, self.options
        done = self._fraction()
        scale = factor(done, schedule=options.schedule, warm_up=options.warm_up)
        for group in self._optimiser.param_groups:
            group["lr"] = group["full"] * scale
        x, truth = tensors(batch, self.request, self._device)
        self._net.train()
        for module in self._frozen:
            module.eval()
        self._optimiser.zero_grad(set_to_none=True)
        mixed = options.mixed and self._device.type == "cuda"
        with torch.autocast(self._device.type, dtype=torch.bfloat16, enabled=mixed):
            if self._loss is not None:
                loss = self._loss(self._net, x, truth, batch.taught)
            else:
                assert self._objective is not None
                loss = self._objective(self._net, x, truth)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self._net.parameters(), options.clip or math.inf)
        value = float(loss.detach())
        if not math.isfinite(value) or not math.isfinite(float(norm)):
            raise came_apart(place.epoch + 1)
        self._optimiser.step()
        if self._loss is not None:
            self._loss.learn(x, truth)
        self._follow(place.epoch * self._crops.steps + place.step)
        first = not place.epoch and not place.step
        place.loss = value if first else SMOOTH * place.loss + (1.0 - SMOOTH) * value
        place.epoch_loss += value
        place.seconds = time.monotonic() - self._begun
        if time.monotonic() - self._told > TELL_SECONDS:
            self._told = time.monotonic()
            self._tell(self._progress())

    def _follow(self, step: int) -> None:
        """The averaged net follows; quickly at first."""
        if self._slow is None:
            return
        decay = min(self.options.ema, (1 + step) / (10 + step))
        with torch.no_grad():
            for slow, fast in zip(self._slow.state_dict().values(), self._net.state_dict().values(), strict=True):
                if slow.dtype.is_floating_point:
                    slow.lerp_(fast, 1.0 - decay)
                else:
                    slow.copy_(fast)

    def _end_epoch(self) -> None:
        try:
            end = self._judge_epoch(self._is_stopped)
        except Cancelled:
            return
        place = self._place
        place.epoch, place.step, place.epoch_loss = place.epoch + 1, 0, 0.0
        self._save()
        self._tell(end)  # what is told is kept

    def _judge_epoch(self, cancelled: Callable[[], bool]) -> EpochEnd:
        place, card = self._place, self.request.card
        epoch, loss = place.epoch + 1, place.epoch_loss / place.step
        net = self._slow or self._net
        judged, sample = self._judged(net, card, card.channel_ids, cancelled)
        score = judged.score if judged.score is not None else -0.5
        best = score > place.best
        if best:
            kept = {k: v.detach().cpu() for k, v in net.state_dict().items() if k in self._plain}
            state.save(self._folder / BEST, kept)
            place.best, place.best_epoch, self._bests = score, epoch, judged
        self._curve.append((epoch, loss, judged.score))
        place.seconds = time.monotonic() - self._begun
        return EpochEnd(epoch, loss, judged, best, place.seconds, sample)

    def _judged(
        self, net: nn.Module, card: ModelCard, meant: Sequence[int], cancelled: Callable[[], bool] = lambda: False
    ) -> tuple[Judged, Sample | None]:
        """`card`: of the net that is judged; `meant`: the position that each of its channels means."""
        run, common = self.request.card, {"device": self._device, "cancelled": cancelled}
        if self._objective is not None:
            return holdout_objects.judge(
                net, self._pictures, self._judging, card=card, run=run, positions=meant, **common
            )
        return judge(
            net,
            self._pictures,
            self._judging,
            spec=card.input,
            classes=run.classes,
            answers=meant,
            truths=run.channel_ids,
            **common,
        )

    # -- where it stands -----------------------------------------------------------------------------------------

    def _fraction(self) -> float:
        options, place = self.options, self._place
        steps = (place.epoch + place.step / self._crops.steps) / options.epochs if options.epochs else 0.0
        return min(1.0, max(steps, place.seconds / (options.minutes * 60.0) if options.minutes else 0.0))

    def _progress(self, *, paused: bool = False) -> TrainProgress:
        place, done = self._place, self._fraction()
        left = place.seconds * (1.0 - done) / done if done > 0 and place.seconds > 1.0 else None
        rate = max(float(group["lr"]) for group in self._optimiser.param_groups)
        return TrainProgress(place.step, place.epoch + 1, done, place.loss, rate, left, paused)

    def _save(self) -> None:
        self._saved = time.monotonic()
        content = {
            "version": state.VERSION,
            "net": self._net.state_dict(),
            "slow": self._slow.state_dict() if self._slow is not None else None,
            "optimiser": self._optimiser.state_dict(),
            "loss": self._loss.state() if self._loss is not None else {},
            "random": state.random_state(self._device),
            "place": vars(self._place).copy(),
            "curve": [list(entry) for entry in self._curve],
            "best": _plain(self._bests),
            "old": _plain(self._old),
        }
        state.save(self._folder / STATE, content)

    def _restore(self, content: dict[str, Any]) -> None:
        with state.of_this_version():
            if content["version"] != state.VERSION:
                raise ValueError("another version")
            if self._slow is not None:
                self._slow.load_state_dict(content["slow"])
            self._optimiser.load_state_dict(content["optimiser"])
            if self._loss is not None:
                self._loss.restore(content.get("loss", {}))
            state.set_random_state(content["random"], self._device)
            self._place = Place(**content["place"])
            self._curve = [(int(e), float(v), m) for e, v, m in content["curve"]]
            self._bests, self._old = _judged_of(content["best"]), _judged_of(content["old"])

    def _result(self, reason: str, error: SegDeskError | None) -> TrainResult:
        if self._bests is None:
            raise Cancelled
        return TrainResult(
            reason,
            str(self._folder / BEST),
            self._bests,
            self._old,
            self._place.best_epoch,
            tuple(self._curve),
            self._place.seconds,
            error,
        )


def _plain(judged: Judged | None) -> dict[str, Any] | None:
    return None if judged is None else {**vars(judged), "ious": list(judged.ious), "values": list(judged.values)}


def _judged_of(value: dict[str, Any] | None) -> Judged | None:
    if value is None:
        return None
    return Judged(**{**value, "ious": tuple(value["ious"]), "values": tuple(value.get("values", ()))})
