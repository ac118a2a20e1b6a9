"""Pictures for `train_nuclei.py`: reading, kinds, the frozen split, augmented crops and their targets."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from segdesk.engines.training.objectives.cells import targets

CROP = 224
HELD_OUT, TUNE = 0.2, 0.1
SIZES = (0.5, 2.0)


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: (H, W, 3) uint8 RGB, (H, W) int32 nuclei 1..n, its kind, and the nuclei's median diameter."""

    name: str
    pixels: np.ndarray
    ids: np.ndarray
    kind: str
    diameter: float


def load(folder: Path) -> list[Picture]:
    """All pictures of a folder with `images` and `instances`, by name."""
    found = []
    for path in sorted((folder / "images").iterdir()):
        pixels = cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        ids = cv2.imread(str(folder / "instances" / f"{path.stem}.png"), cv2.IMREAD_UNCHANGED).astype(np.int32)
        area = np.bincount(ids.ravel())[1:]
        diameter = 2.0 * float(np.sqrt(np.median(area[area > 0]) / np.pi)) if (area > 0).any() else 20.0
        found.append(Picture(path.stem, pixels, ids, kind_of(pixels), diameter))
    return found


def kind_of(pixels: np.ndarray) -> str:
    """What sort of picture it is, by its colours and its size: "fluorescence 256x256", "purple tissue 320x256"."""
    height, width = pixels.shape[:2]
    colours = pixels.astype(np.float32)
    spread = float((colours.max(2) - colours.min(2)).mean())
    ground = np.percentile(colours.reshape(-1, 3), 75, axis=0)
    if spread < 8:
        modality = "smear" if colours.mean() > 110 else "fluorescence"
    elif ground.max() - ground.min() < 25:
        modality = "tissue on white"
    else:
        modality = "pink tissue" if ground[0] >= ground[2] else "purple tissue"
    return f"{modality} {width}x{height}"


def split(pictures: Sequence[Picture], *, seed: int) -> dict[str, list[str]]:
    """Names under "train", "tune" and "held_out": of every kind a fifth is held out and a tenth of the rest tunes the
    thresholds. Near-duplicates stay together, so that no picture is scored by a net that saw its twin."""
    rng = np.random.default_rng(seed)
    parts: dict[str, list[str]] = {"train": [], "tune": [], "held_out": []}
    for kind in sorted({p.kind for p in pictures}):
        members = [p for p in pictures if p.kind == kind]
        groups = twins(members)
        rng.shuffle(groups)
        # Singles first: a large group of twins would overshoot a small quota.
        groups.sort(key=len)
        wanted = {"held_out": max(1, round(HELD_OUT * len(members))) if len(members) > 1 else 0}
        wanted["tune"] = round(TUNE * (len(members) - wanted["held_out"]))
        for part, quota in wanted.items():
            while quota > 0 and groups and len(groups[0]) <= quota:
                group = groups.pop(0)
                parts[part] += [p.name for p in group]
                quota -= len(group)
            if quota == wanted[part] and quota > 0 and groups:
                parts[part] += [p.name for p in groups.pop(0)]
        parts["train"] += [p.name for group in groups for p in group]
    return {part: sorted(names) for part, names in parts.items()}


def twins(pictures: Sequence[Picture], *, alike: float = 0.95) -> list[list[Picture]]:
    """Group pictures whose 24x24 thumbnails correlate by more than `alike`, chains included."""
    thumbs = np.stack([cv2.resize(p.pixels, (24, 24), interpolation=cv2.INTER_AREA).ravel() for p in pictures])
    centred = thumbs.astype(np.float64) - thumbs.mean(axis=1, keepdims=True)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True) + 1e-9
    near = centred @ centred.T > alike
    group = np.arange(len(pictures))
    for _ in pictures:
        joined = np.where(near, group[None], len(pictures)).min(axis=1)
        if np.array_equal(joined, group):
            break
        group = joined
    return [[p for p, g in zip(pictures, group, strict=True) if g == number] for number in np.unique(group)]


def read_split(path: Path) -> dict[str, list[str]]:
    """The frozen split that `write_split` wrote."""
    return json.loads(path.read_text("utf-8"))["parts"]


def write_split(path: Path, pictures: Sequence[Picture], *, seed: int) -> dict[str, list[str]]:
    """Make the split and freeze it in a JSON file, one part a line."""
    parts = split(pictures, seed=seed)
    lines = [f'    "{part}": {json.dumps(names)}' for part, names in parts.items()]
    path.write_text(f'{{\n  "seed": {seed},\n  "parts": {{\n' + ",\n".join(lines) + "\n  }\n}\n", "utf-8")
    return parts


class Crops:
    """An endless, seeded stream of augmented crops; kinds are drawn by the square root of their number."""

    def __init__(self, pictures: Sequence[Picture], *, seed: int) -> None:
        self._pictures = list(pictures)
        self._rng = np.random.default_rng(seed)
        counts = {p.kind: 0 for p in pictures}
        for p in pictures:
            counts[p.kind] += 1
        weight = np.array([counts[p.kind] ** -0.5 for p in pictures])
        self._weight = weight / weight.sum()

    def batches(self, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Endless (pixels (N, 3, h, w) float32 in 0..1, targets (N, 6, h, w) float32 as `targets` gives them)."""
        while True:
            chosen = self._rng.choice(len(self._pictures), size, p=self._weight)
            pairs = [self._crop(self._pictures[i]) for i in chosen]
            yield np.stack([p for p, _ in pairs]), np.stack([t for _, t in pairs])

    def _crop(self, picture: Picture) -> tuple[np.ndarray, np.ndarray]:
        rng = self._rng
        low = float(np.clip(8.0 / picture.diameter, SIZES[0], 1.0))
        high = float(np.clip(100.0 / picture.diameter, 1.0, SIZES[1]))
        scale = rng.uniform(0.9, 1.1) if rng.random() < 0.35 else float(np.exp(rng.uniform(np.log(low), np.log(high))))
        turn = rng.integers(4) * 90.0 + (rng.uniform(-45, 45) if rng.random() < 0.3 else 0.0)
        matrix = self._affine(picture.ids.shape, scale=scale, turn=turn, mirror=rng.random() < 0.5)
        size = (CROP, CROP)
        shrink = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_LINEAR
        pixels = cv2.warpAffine(picture.pixels, matrix, size, flags=shrink, borderMode=cv2.BORDER_REFLECT_101)
        ids = cv2.warpAffine(picture.ids.astype(np.float32), matrix, size, flags=cv2.INTER_NEAREST, borderValue=-1)
        return recoloured(pixels, rng).transpose(2, 0, 1), targets(ids.astype(np.int32))

    def _affine(self, shape: tuple[int, ...], *, scale: float, turn: float, mirror: bool) -> np.ndarray:
        """(2, 3) matrix from the picture to the crop; the crop's middle lies so that little falls outside."""
        reach = np.minimum(CROP / scale / 2, np.array(shape[:2]) / 2)
        middle = [self._rng.uniform(r, n - r) for r, n in zip(reach, shape, strict=False)]
        angle = np.deg2rad(turn)
        a = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        if mirror:
            a[0] *= -1
        shift = CROP / 2 - a @ np.array(middle[::-1])
        return np.concatenate([a, shift[:, None]], axis=1)


def recoloured(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(h, w, 3) float32 in 0..1: another exposure, stain, polarity and sharpness of the same crop."""
    x = pixels.astype(np.float32) / 255.0
    peak = float(x.max())
    if peak > 0 and rng.random() < 0.5:
        x /= peak
    if rng.random() < 0.5:
        x **= float(np.exp(rng.uniform(-0.6, 0.6)))
    x = _tinted(x, rng)
    if rng.random() < 0.15:
        x = x.max() - x
    if rng.random() < 0.5:
        x = x * float(np.exp(rng.uniform(-0.7, 0.4))) + rng.uniform(0.0, 0.15)
    if rng.random() < 0.15:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.25:
        x = x + rng.normal(0.0, rng.uniform(0.0, 0.06) * max(0.1, float(x.max())), x.shape).astype(np.float32)
    if rng.random() < 0.1:
        slope = np.linspace(0.0, rng.uniform(0.0, 0.3), CROP, dtype=np.float32)
        x = x + (slope[:, None, None] if rng.random() < 0.5 else slope[None, ::-1, None])
    # Cameras save whole grey levels; a dim crop must show that it has few of them.
    return (np.round(np.clip(x, 0.0, 1.0) * 255.0) / 255.0).astype(np.float32)


def _tinted(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change the balance of the colours, drop them, or give a grey crop one."""
    chance = rng.random()
    if chance < 0.45:
        return x * rng.uniform(0.75, 1.25, 3).astype(np.float32)
    if chance < 0.6:
        return np.repeat((x @ rng.dirichlet([2.0, 2.0, 2.0]).astype(np.float32))[..., None], 3, axis=2)
    if chance < 0.7:
        return x[..., rng.permutation(3)]
    if chance < 0.76:
        return x * rng.uniform(0.0, 1.0, 3).astype(np.float32)
    return x
