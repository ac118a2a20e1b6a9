"""What is said when a training cannot begin or fails."""

from __future__ import annotations

import logging
from collections.abc import Collection

import numpy as np

from segdesk.domain.card import ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines import device as devices_of

log = logging.getLogger("segdesk.engine")


def check_classes(card: ModelCard, counts: np.ndarray, *, taught: Collection[int] = ()) -> None:
    """Each class of `card` must have a pixel to learn from (`counts` by channel), or be one that the starting model
    teaches (its position in `taught`). Raises `SegDeskError`."""
    for channel, class_id in enumerate(card.channel_ids):
        info = card.classes.get(class_id)
        if not counts[channel] and info is not None and class_id not in taught:
            raise SegDeskError(
                "No picture that is learned from shows the class {name}.",
                "Label some of it, choose another hold-out, or leave the class out.",
                name=info.name,
            )


def came_apart(epoch: int) -> SegDeskError:
    """The loss is no number any more."""
    return SegDeskError(
        "The training came apart in epoch {epoch}: its loss is no number any more.",
        "Train with a lower rate; the last good checkpoint is kept.",
        epoch=epoch,
    )


def readable(problem: Exception, *, device: str, epoch: int) -> SegDeskError:
    """Whatever else went wrong, in a sentence; the log has the rest."""
    if isinstance(problem, SegDeskError):
        return problem
    log.error("training failed", exc_info=problem)
    if devices_of.is_out_of_memory(problem):
        return SegDeskError(
            "The memory of {device} ran out in epoch {epoch}.",
            "Go on with smaller crops or fewer pictures at a time; the last checkpoint is kept.",
            device=device,
            epoch=epoch,
        )
    return SegDeskError(
        "The training failed: {reason}.",
        "The last checkpoint is kept; the log of the engine has the details.",
        reason=(str(problem).strip().split("\n")[0] or type(problem).__name__).rstrip("."),
    )
