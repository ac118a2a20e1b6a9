"""What the starting model says of the pictures that are learned from, averaged over sizes and mirrored: targets where
no label is known, and beside the labels that agree with it a reminder of what the net knew (Hinton et al.,
arXiv:1503.02531; Li and Hoiem, arXiv:1606.09282)."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import Averaging
from segdesk.engines import dense
from segdesk.engines.averaging import averaged
from segdesk.engines.inputs import prepare
from segdesk.engines.training import state
from segdesk.engines.training.augment import CELL
from segdesk.engines.training.messages import IGNORED, SET, TrainItem, TrainRequest
from segdesk.engines.training.sampling import Pictures
from segdesk.engines.training.start import old_net

AVERAGE = Averaging(scales=(0.75, 1.0, 1.25), mirror=True)
SURE = 255  # what is kept of a probability of 1


def channel_table(old: Sequence[int], new: Sequence[int]) -> np.ndarray:
    """(old channels, new channels) float32: 1 where an old channel's probability goes. `old`, `new`: the position that
    each channel means. An old channel whose meaning the new net lacks goes to the ground, if there is one."""
    table = np.zeros((len(old), len(new)), np.float32)
    for row, position in enumerate(old):
        for at in (position, 0):
            if at in new:
                table[row, list(new).index(at)] = 1.0
                break
    return table


def ask(
    request: TrainRequest,
    pictures: Pictures,
    items: Sequence[TrainItem],
    *,
    device: torch.device,
    cancelled: Callable[[], bool],
) -> None:
    """Write what the starting model says of all `items` that have no answer yet: `STEM.taught.npy`, (h, w, channels)
    uint8 of probabilities for cells of `CELL` pixels. Raises `SegDeskError` if it cannot, or `Cancelled`."""
    start, folder = request.start, Path(request.folder)
    net = old_net(start, device)
    if net is None:
        raise SegDeskError(
            "The model to start from cannot teach: none of its classes is trained, or it has no weights.",
            "Begin a training without a teacher.",
        )
    spec, table = start.card.input, channel_table(start.positions, request.card.channel_ids)
    channels_last = net.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    for item in items:
        path = answer_path(folder, item)
        if path.exists():
            continue
        if cancelled():
            raise Cancelled
        pixels, labels, *_ = pictures.fitted(item)
        grid = dense.grid_of(labels.shape[0], labels.shape[1], CELL)

        def look(answerer: nn.Module, seen: list[np.ndarray], grid: dense.Grid = grid) -> Sequence[np.ndarray]:
            return list(dense.whole_maps(answerer, seen, spec, device, grid=grid, finish=dense.softmax))

        scores = averaged(channels_last, [prepare(pixels, spec).pixels], AVERAGE, look)[0].scores
        taught = np.rint(np.einsum("khw,kn->hwn", scores, table) * SURE).astype(np.uint8)
        memory = io.BytesIO()
        np.save(memory, taught)
        state.write(path, memory.getvalue())


def answer_path(folder: Path, item: TrainItem) -> Path:
    """Where the answer for a picture lies in a run's folder."""
    return folder / SET / f"{item.stem}.taught.npy"


def read_answer(folder: Path, item: TrainItem) -> np.ndarray:
    """What `ask` wrote for a picture. Raises `SegDeskError`."""
    try:
        return np.load(answer_path(folder, item), allow_pickle=False)
    except (OSError, ValueError) as error:
        raise SegDeskError(
            "The training's copy of {name} cannot be read.", "Begin a new training.", name=item.name
        ) from error


def distilled(logits: torch.Tensor, labels: torch.Tensor, taught: torch.Tensor, *, share: float) -> torch.Tensor:
    """Cross-entropy with the starting model's probabilities, meaned over the cells that it knows.

    `logits` (N, K, H, W) and `labels` (N, H, W) at the crop's size, `taught` (N, H / CELL, W / CELL, K) uint8, all 0
    where nothing is known. A cell counts fully where no label is known, by `share` where the label is what the model
    says too, and not at all where the label contradicts it.
    """
    half = CELL // 2
    cells, labels = logits[:, :, half::CELL, half::CELL], labels[:, half::CELL, half::CELL]
    target = taught.permute(0, 3, 1, 2).float() / SURE
    known = target.sum(1) > 0
    agree = labels == target.argmax(1)
    weight = known * torch.where(labels == IGNORED, 1.0, share * agree)
    each = -(target * F.log_softmax(cells, 1)).sum(1)
    return (each * weight).sum() / known.sum().clamp(min=1)
