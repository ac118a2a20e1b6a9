"""Changes a picture and its labels alike: scale, turn, mirror, bend, crop by one map of coordinates; colours of the
picture only. Labels are sampled at the nearest pixel, so that no label appears that was not there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from segdesk.engines.training.messages import IGNORED

CELL = 4  # pixels of a side, of maps that are coarser than the picture
Places = tuple[np.ndarray, np.ndarray]  # x and y in the picture, of each pixel of a crop


@dataclass(frozen=True)
class Augmentation:
    """How much may change. `scale`: least and most; `turn`: degrees either way; `flip`, `upside_down`: mirrors;
    `colour`: 0..1; `bend`: pixels that an elastic deformation moves at most, smooth over about `stiffness` pixels."""

    scale: tuple[float, float] = (1.0, 1.0)
    turn: float = 0.0
    flip: bool = False
    upside_down: bool = False
    colour: float = 0.0
    bend: float = 0.0
    stiffness: int = 48


KINDS = {
    "none": Augmentation(),
    "photo": Augmentation(scale=(0.5, 2.0), turn=10.0, flip=True, colour=0.4),
    "microscopy": Augmentation(scale=(0.7, 1.4), turn=180.0, flip=True, upside_down=True, colour=0.2, bend=8.0),
}


def augmented(
    picture: np.ndarray,
    labels: np.ndarray,
    *,
    kind: Augmentation,
    crop: int,
    centre: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """A crop of `crop` x `crop` pixels of an (H, W, 3) uint8 picture and its (H, W) uint8 labels, changed.

    `centre`: (x, y) in the picture that the crop would like to show in its middle; it moves so that the crop lies in
    the picture as far as it can. Beyond the picture there is grey, and no label counts.
    """
    return warped(picture, labels, coordinates(picture.shape[:2], kind, crop=crop, centre=centre, rng=rng), kind, rng)


def warped(
    picture: np.ndarray, labels: np.ndarray, at: Places, kind: Augmentation, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The picture and its labels at the places `at`, the picture's colours changed."""
    x, y = at
    mean = [float(v) for v in cv2.mean(picture)[:3]]
    seen = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=mean)
    known = cv2.remap(labels, x, y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=IGNORED)
    return recoloured(seen, kind.colour, rng) if kind.colour else seen, known


def cells_at(cells: np.ndarray, size: tuple[int, ...], at: Places) -> np.ndarray:
    """A map (h, w, C) of cells of `CELL` pixels over a picture of `size`, at the middle of each cell of a crop: the
    nearest cell's values; 0 beyond the picture."""
    x, y = (places[CELL // 2 :: CELL, CELL // 2 :: CELL] for places in at)
    inside = (x > -0.5) & (y > -0.5) & (x < size[1] - 0.5) & (y < size[0] - 0.5)
    rows = ((y + 0.5) / size[0] * cells.shape[0]).astype(np.int64).clip(0, cells.shape[0] - 1)
    columns = ((x + 0.5) / size[1] * cells.shape[1]).astype(np.int64).clip(0, cells.shape[1] - 1)
    return cells[rows, columns] * inside[..., None]


def coordinates(
    size: tuple[int, ...], kind: Augmentation, *, crop: int, centre: tuple[float, float], rng: np.random.Generator
) -> Places:
    """For each pixel of the crop the place (x, y) of the picture that it shows: two (crop, crop) float32 maps."""
    height, width = size[:2]
    scale = float(np.exp(rng.uniform(*np.log(kind.scale))))
    angle = np.deg2rad(rng.uniform(-kind.turn, kind.turn)) if kind.turn else 0.0
    across = -1.0 if kind.flip and rng.random() < 0.5 else 1.0
    down = -1.0 if kind.upside_down and rng.random() < 0.5 else 1.0
    reach = crop / scale  # of the picture's pixels, that the crop shows
    cx, cy = _inside(centre[0], width, reach), _inside(centre[1], height, reach)
    steps = (np.arange(crop, dtype=np.float64) - (crop - 1) / 2) / scale
    u, v = np.meshgrid(steps * across, steps * down)
    x = cx + np.cos(angle) * u - np.sin(angle) * v
    y = cy + np.sin(angle) * u + np.cos(angle) * v
    if kind.bend:
        x, y = x + _waves(crop, kind, rng), y + _waves(crop, kind, rng)
    return x.astype(np.float32), y.astype(np.float32)


def _inside(wanted: float, side: int, reach: float) -> float:
    """The middle of the crop along a side: as wanted, but in the picture; of a picture that is smaller, its own."""
    half = (reach - 1) / 2
    if reach >= side:
        return (side - 1) / 2
    moved = min(max(wanted, half), side - 1 - half)
    return round(moved - half) + half  # on whole pixels, where nothing else changes


def _waves(crop: int, kind: Augmentation, rng: np.random.Generator) -> np.ndarray:
    """A smooth random field (crop, crop) within `kind.bend`: random values on a coarse grid, bent into each other."""
    cells = max(2, crop // kind.stiffness + 2)
    coarse = rng.uniform(-kind.bend, kind.bend, (cells, cells)).astype(np.float32)
    return np.clip(cv2.resize(coarse, (crop, crop), interpolation=cv2.INTER_CUBIC), -kind.bend, kind.bend)


def recoloured(picture: np.ndarray, amount: float, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast, saturation and the channels' gains changed by up to `amount`."""
    pixels = picture.astype(np.float32)
    grey = pixels.mean(2, keepdims=True)
    saturation, contrast, light = 1.0 + amount * rng.uniform(-1.0, 1.0, 3)
    gains = 1.0 + 0.25 * amount * rng.uniform(-1.0, 1.0, 3)
    pixels = (grey + (pixels - grey) * saturation) * gains
    mean = float(grey.mean())
    pixels = (pixels - mean) * contrast + mean * (1.0 + 0.5 * (light - 1.0))
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
