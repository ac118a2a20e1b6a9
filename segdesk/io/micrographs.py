"""Rendered micrographs with exact ground truth: fluorescent nuclei, and nuclei in stained tissue.

Nothing here comes from a real picture. A nucleus is a smooth closed outline, an ellipse whose radius wobbles; the truth
is its pixels before blur and noise, so it is exact whatever the picture looks like.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from segdesk.domain.components import components

Pair = tuple[np.ndarray, np.ndarray]  # (H, W, 3) uint8 RGB, (H, W) uint16 object numbers


@dataclass(frozen=True)
class Field:
    """What a field of view looks like. Lengths in pixels.

    `radius`: typical radius of a nucleus; `clustering` 0..1: how many lie against another one; `noise`: photons at full
    brightness (fewer = noisier); `blur`: sigma of the optics.
    """

    height: int
    width: int
    count: int
    radius: float
    clustering: float = 0.4
    noise: float = 200.0
    blur: float = 1.2
    seed: int = 0


FLUORESCENCE = {
    "nuclei-1-sparse.png": Field(512, 640, count=46, radius=17, clustering=0.35, noise=260, blur=1.3, seed=11),
    "nuclei-2-dense.png": Field(768, 1024, count=230, radius=19, clustering=0.75, noise=180, blur=1.4, seed=22),
    "nuclei-3-dim.png": Field(520, 696, count=70, radius=14, clustering=0.5, noise=60, blur=1.6, seed=33),
    "nuclei-4-small.png": Field(640, 640, count=320, radius=8.5, clustering=0.5, noise=220, blur=1, seed=44),
}
TISSUE = {
    "tissue-1.jpg": Field(768, 1024, count=260, radius=14, clustering=0.45, noise=900, blur=1, seed=55),
    "tissue-2-large.jpg": Field(640, 800, count=120, radius=20, clustering=0.4, noise=700, blur=1.2, seed=66),
}
SAMPLES = {**FLUORESCENCE, **TISSUE}
_BLUE = (0.30, 0.42, 1.0)


def samples() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The micrographs of the sample project: (name, picture, truth), rendered one at a time."""
    for name, field in FLUORESCENCE.items():
        yield name, *fluorescence(field, tint=_BLUE if "small" in name else (1, 1, 1))
    for name, field in TISSUE.items():
        yield name, *stained(field)


def fluorescence(field: Field, *, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Pair:
    """Bright nuclei on a dark, uneven background, as of a DNA stain; `tint` colours the grey picture."""
    rng = np.random.default_rng(field.seed)
    labels = scatter(field, rng)
    light = 0.035 + 0.05 * _clouds((field.height, field.width), rng, scale=field.width / 3)
    texture = _clouds((field.height, field.width), rng, scale=field.radius / 4)
    fine = _clouds((field.height, field.width), rng, scale=1.6)
    for mask, box in _nuclei(labels):
        brightness = float(np.clip(rng.lognormal(-0.75, 0.42), 0.16, 0.95))
        depth = _depth(mask)
        profile = 1 - np.exp(-depth / (0.16 * field.radius + 1))
        inner = 0.55 + 0.55 * texture[box] + 0.22 * fine[box]
        light[box] += np.where(mask, brightness * profile * inner, 0.0)
    light = light + 0.10 * ndimage.gaussian_filter(light, field.radius * 0.8)  # light from above and below the focus
    light = ndimage.gaussian_filter(light, field.blur)
    grey = _photographed(light, field.noise, rng)
    return _as_rgb(grey[..., None] * np.array(tint)), labels


def stained(field: Field) -> Pair:
    """Violet nuclei in pink tissue with paler fibres and gaps, as of a haematoxylin and eosin stain."""
    rng = np.random.default_rng(field.seed)
    size = field.height, field.width
    labels = scatter(field, rng)
    fibres = _fibres(size, rng)
    patches = _clouds(size, rng, scale=field.radius * 3)
    near = ndimage.gaussian_filter((labels > 0).astype(float), field.radius * 0.7)  # cells do not float in gaps
    gaps = np.clip((_clouds(size, rng, scale=field.radius * 5) - 0.62 - 0.9 * near) * 9, 0, 1)
    eosin = (0.26 + 0.34 * fibres + 0.20 * patches) * (1 - 0.93 * gaps)
    haematoxylin = 0.05 + 0.07 * _clouds(size, rng, scale=field.radius)
    chromatin = _clouds(size, rng, scale=field.radius / 4.5)
    for mask, box in _nuclei(labels):
        depth = _depth(mask)
        rim = np.exp(-((depth - 1.5) ** 2) / 3)
        strength = float(np.clip(rng.normal(0.95, 0.26), 0.45, 1.5))
        inner = strength * (0.35 + 0.85 * chromatin[box] + 0.30 * rim)
        haematoxylin[box] = np.where(mask, inner, haematoxylin[box])
        eosin[box] = np.where(mask, 0.45 * eosin[box], eosin[box])
    # Beer-Lambert: the stains take light away, each in its own colours.
    absorbed = haematoxylin[..., None] * np.array([0.95, 1.15, 0.52]) + eosin[..., None] * np.array([0.14, 0.88, 0.38])
    light = 0.97 * np.exp(-ndimage.gaussian_filter(absorbed, (field.blur, field.blur, 0)))
    return _as_rgb(_photographed(light, field.noise, rng)), labels


def scatter(field: Field, rng: np.random.Generator) -> np.ndarray:
    """(H, W) uint16: nuclei numbered 1..n that may touch but never overlap; each is one connected region."""
    labels = np.zeros((field.height, field.width), np.uint16)
    centres: list[tuple[float, float, float]] = []
    number = 0
    for _ in range(field.count * 12):
        if number == field.count:
            break
        y, x = rng.uniform(0, field.height), rng.uniform(0, field.width)
        if centres and rng.random() < field.clustering:  # beside one that is there
            cy, cx, reach = centres[int(rng.integers(len(centres)))]
            angle = rng.uniform(0, 2 * np.pi)
            y, x = cy + 1.85 * reach * np.sin(angle), cx + 1.85 * reach * np.cos(angle)
        radius = field.radius * float(np.clip(rng.lognormal(0, 0.22), 0.55, 1.7))
        if _placed(labels, (y, x), _outline(radius, rng), number + 1):
            number += 1
            centres.append((y, x, radius))
    return labels


def _outline(radius: float, rng: np.random.Generator) -> np.ndarray:
    """(360,) radius at every degree: an ellipse with slow wobbles."""
    angle = np.deg2rad(np.arange(360))
    stretch = float(np.clip(rng.normal(1.28, 0.16), 1.0, 1.75))
    a, b = radius * np.sqrt(stretch), radius / np.sqrt(stretch)
    turn = rng.uniform(0, np.pi)
    result = a * b / np.hypot(b * np.cos(angle - turn), a * np.sin(angle - turn))
    for wave in (2, 3, 4, 5):
        result *= 1 + rng.normal(0, 0.055 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    return result


def _placed(labels: np.ndarray, centre: tuple[float, float], outline: np.ndarray, number: int) -> bool:
    """Draw a nucleus where nothing is yet; refused if more than a sixth of it is taken or too little is in view."""
    reach = int(np.ceil(outline.max())) + 1
    y0, x0 = int(centre[0]) - reach, int(centre[1]) - reach
    y, x = np.mgrid[y0 : y0 + 2 * reach + 1, x0 : x0 + 2 * reach + 1]
    dy, dx = y - centre[0], x - centre[1]
    degree = np.rad2deg(np.arctan2(dy, dx)).round().astype(int) % 360
    whole = np.hypot(dy, dx) <= outline[degree]
    inside = (y >= 0) & (x >= 0) & (y < labels.shape[0]) & (x < labels.shape[1])
    if not inside[reach, reach]:
        return False
    view = (slice(max(0, y0), y0 + 2 * reach + 1), slice(max(0, x0), x0 + 2 * reach + 1))
    rows, cols = inside.any(axis=1), inside.any(axis=0)
    shape = whole[np.ix_(rows, cols)]
    area = labels[view]
    free = shape & (area == 0)
    if shape.sum() < 0.25 * whole.sum() or free.sum() < 0.84 * shape.sum():
        return False
    parts, count = components(free.astype(np.uint16))
    areas = np.bincount(parts.ravel(), weights=free.ravel(), minlength=count)
    free = parts == int(np.argmax(areas))
    area[free] = number
    return True


def _nuclei(labels: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[slice, slice]]]:
    """(mask, box) of every nucleus."""
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if box is not None:
            yield labels[box] == number, box


def _depth(mask: np.ndarray) -> np.ndarray:
    """Distance of each pixel of a mask to its border, in pixels."""
    return np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1)))[1:-1, 1:-1]


def _clouds(size: tuple[int, int], rng: np.random.Generator, *, scale: float) -> np.ndarray:
    """(H, W) smooth noise in 0..1 whose blobs are about `scale` pixels."""
    step = max(1.0, scale / 3)
    coarse = rng.standard_normal((int(size[0] / step) + 4, int(size[1] / step) + 4))
    coarse = ndimage.gaussian_filter(coarse, scale / step / 2)
    fine = np.asarray(ndimage.zoom(coarse, step, order=1)) if step > 1 else coarse
    noise = fine[: size[0], : size[1]]
    low, high = np.percentile(noise, (1, 99))
    return np.clip((noise - low) / (high - low), 0, 1)


def _fibres(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """(H, W) wavy strands in 0..1: ridges of noise along a field of directions."""
    height, width = size
    y, x = np.mgrid[:height, :width].astype(float)
    bend_y, bend_x = (90 * _clouds(size, rng, scale=width / 3) for _ in range(2))
    turn = rng.uniform(0, np.pi)
    across = (y + bend_y) * np.cos(turn) + (x + bend_x) * np.sin(turn)
    along = (x + bend_x) * np.cos(turn) - (y + bend_y) * np.sin(turn)
    grain = rng.standard_normal((height + width, 64))
    grain = ndimage.gaussian_filter(grain, (1.6, 1.2))
    rows = np.clip(across + (height + width) / 4, 0, height + width - 1)
    strands = ndimage.map_coordinates(grain, [rows, along / 55 % 63], order=1)
    low, high = np.percentile(strands, (2, 98))
    return np.clip((strands - low) / (high - low), 0, 1)


def _photographed(light: np.ndarray, photons: float, rng: np.random.Generator) -> np.ndarray:
    """The light as a camera counts it: shot noise, and a little noise of reading."""
    counted = rng.poisson(np.clip(light, 0, None) * photons) / photons
    return counted + rng.normal(0, 0.006, light.shape)


def _as_rgb(light: np.ndarray) -> np.ndarray:
    return np.clip(light * 255 + 0.5, 0, 255).astype(np.uint8)
