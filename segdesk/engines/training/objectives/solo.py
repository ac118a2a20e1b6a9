"""SOLO's loss (Wang et al., arXiv:1912.04488, section 3.3): the cells in the middle of an object learn its class by the
focal loss and its mask by Dice. Serves Decoupled SOLO and SOLOv2 too, which differ in how masks are made."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torchvision.ops import sigmoid_focal_loss

from segdesk.engines.training.objects import Things, Truth, things_of
from segdesk.nets.instance.solo import levelled

# Which objects a level of the pyramid is for, by the square root of width times height in pixels.
RANGES = ((1.0, 96.0), (48.0, 192.0), (96.0, 384.0), (192.0, 768.0), (384.0, float("inf")))
MIDDLE = 0.2  # of an object's width and height, in which cells belong to it
MASKS = 3.0
ALPHA, GAMMA = 0.25, 2.0

Cells = list[tuple[torch.Tensor, torch.Tensor]]  # of each level: numbers (m,) of cells, and their objects (m,)


def loss(net: Any, x: torch.Tensor, truth: Truth) -> torch.Tensor:
    """Focal loss of the classes of all cells, and Dice of the masks of those with an object."""
    head = getattr(net, net.head_name)
    maps = net.neck(net.backbone(x))
    logits = head.class_logits(levelled(maps))
    make = head.mask_maker(maps)
    total, count, masks = x.new_zeros((), dtype=torch.float32), 0, []
    for n in range(len(x)):
        things = things_of(truth, n)
        for level, (cells, objects) in enumerate(assigned(things, head.grids)):
            each = logits[level][n].float()
            total = total + class_loss(each, cells, things.labels[objects], things.unknown)
            count += len(cells)
            if len(cells):
                masks.append(dice(make(n, level, cells), things.masks[objects], things.unknown))
    spread = torch.cat(masks).mean() if masks else sum(level.sum() for level in logits) * 0.0
    return total / (count + 1) + MASKS * spread


def assigned(things: Things, grids: list[int]) -> Cells:
    """Of each level the cells that have an object: those that its middle part touches, at most one to each side of the
    cell in which its centre of mass lies. Where two meet, the later one has the cell."""
    height, width = things.unknown.shape
    found: list[dict[int, int]] = [{} for _ in grids]
    for number in range(len(things)):
        x0, y0, x1, y1 = things.boxes[number].tolist()
        rows, columns = things.masks[number].nonzero(as_tuple=True)
        y, x = float(rows.float().mean()) + 0.5, float(columns.float().mean()) + 0.5
        side = ((x1 - x0) * (y1 - y0)) ** 0.5
        for level, grid in enumerate(grids):
            low, high = RANGES[min(level, len(RANGES) - 1)]
            if not low <= side <= high:
                continue
            down = _span(y, MIDDLE * (y1 - y0) / 2, height, grid)
            along = _span(x, MIDDLE * (x1 - x0) / 2, width, grid)
            found[level].update({row * grid + column: number for row in down for column in along})
    device = things.unknown.device
    return [
        (torch.tensor(list(cells), device=device).long(), torch.tensor(list(cells.values()), device=device).long())
        for cells in found
    ]


def _span(centre: float, half: float, length: int, grid: int) -> range:
    """The cells of a side that the middle part touches."""

    def cell(at: float) -> int:
        return min(grid - 1, max(0, int(at / length * grid)))

    own = cell(centre)
    return range(max(cell(centre - half), own - 1), min(cell(centre + half), own + 1) + 1)


def class_loss(logits: torch.Tensor, cells: torch.Tensor, labels: torch.Tensor, unknown: torch.Tensor) -> torch.Tensor:
    """The sum over a level's grid (K, g, g); cells in the midst of what is not known say nothing."""
    grid = logits.shape[-1]
    flat = logits.flatten(1).T
    wanted = torch.zeros_like(flat)
    wanted[cells, labels] = 1.0
    hidden = F.interpolate(unknown[None, None].float(), size=(grid, grid), mode="area")[0, 0].flatten() > 0.5
    hidden[cells] = False
    each = sigmoid_focal_loss(flat, wanted, alpha=ALPHA, gamma=GAMMA, reduction="none")
    return (each * ~hidden[:, None]).sum()


def dice(found: torch.Tensor, masks: torch.Tensor, unknown: torch.Tensor) -> torch.Tensor:
    """(m,) 1 - Dice of probabilities (m, h, w) and true masks (m, H, W), both at the size of the former."""
    size = tuple(found.shape[-2:])
    true = F.interpolate(masks[None].float(), size=size, mode="area")[0] >= 0.5
    known = F.interpolate(unknown[None, None].float(), size=size, mode="area")[0, 0] < 0.5
    p, q = found.float() * known, true.float() * known
    common = (p * q).sum((1, 2))
    both = (p * p).sum((1, 2)) + (q * q).sum((1, 2))
    return 1.0 - 2.0 * common / both.clamp(min=1e-4)
