"""The engine's side of teach mode: samples of a picture, learning, and the net of a card of type "taught"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import torch
from torch import nn

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines.teach import classifier, features
from segdesk.engines.teach.messages import Learned, LearnRequest, SampleRequest, Samples, TeachAnswer, TeachRequest

Cancel = Callable[[], bool]


def answer(request: TeachRequest, cancelled: Cancel = lambda: False) -> TeachAnswer:
    """Samples for a `SampleRequest`, a classifier for a `LearnRequest`. Raises `SegDeskError` and `Cancelled`."""
    if isinstance(request, LearnRequest):
        classifier.warm()  # here, so that no picture waits for it, which may be given up and ends the process then
        begun = perf_counter()
        taught = classifier.learn(request.values, request.labels, request.classes, request.seed, cancelled)
        return Learned(taught.dumped(), perf_counter() - begun)
    return _samples(request, cancelled)


def _samples(request: SampleRequest, cancelled: Cancel) -> Samples:
    if request.image is None or not request.rows.size:
        features.RECENT.clear()
        return Samples(features.no_samples())
    return Samples(features.at_pixels(request.image, request.rows, request.columns, cancelled))


class TaughtNet(nn.Module):
    """A classifier in the place of a net. Has no parameters of torch."""

    output = "taught"

    def __init__(self, taught: classifier.Taught) -> None:
        super().__init__()
        self.taught = taught

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """It is not asked as a net is: see `classifier.scores`."""
        raise NotImplementedError


def load(card: ModelCard, path: Path) -> TaughtNet:
    """The classifier of a card. Raises `SegDeskError` where the file is missing, none, or has other classes."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SegDeskError(
            "The file {name} cannot be read: {reason}.",
            "Choose it again with “Locate file”.",
            name=path.name,
            reason=error.strerror or str(error),
        ) from error
    taught = classifier.load(data, path.name)
    if taught.classes != len(card.channel_ids):
        raise SegDeskError(
            "{name} tells {found} classes apart, its card names {wanted}.",
            "Choose the file that was kept with its card.",
            name=path.name,
            found=taught.classes,
            wanted=len(card.channel_ids),
        )
    return TaughtNet(taught)


def failure(error: BaseException) -> SegDeskError:
    """The error to show for one that nobody foresaw."""
    return SegDeskError(
        "The strokes cannot be learned from: {reason}",
        "Often memory ran out: close other programs. The log of the engine has the details.",
        reason=str(error).strip().split("\n")[0] or type(error).__name__,
    )
