"""A tiny world for trainings: light discs on a dark ground, as a run's folder holds them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from segdesk.domain.card import InputSpec, ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet
from segdesk.engines.training.messages import TrainItem, TrainOptions, TrainRequest, TrainStart

SIDE = 64
QUICK = TrainOptions(epoch_crops=0, epochs=2, batch=4, crop=64, seed=3, threads=1, device="cpu", augmentation="photo")


def card(net: str = "fast_scnn", *, names: tuple[str, ...] = ("disc",), ground: bool = True) -> ModelCard:
    """A card of a tiny net for a ground and `names`."""
    from segdesk.engines.loading import net_module

    classes = ClassSet.from_names(list(names))
    channels = ((0,) if ground else ()) + tuple(range(1, len(names) + 1))
    options = net_module(net).SMALL
    return ModelCard(
        "tiny", Text("Tiny"), "semantic", "", Text(""), NetSpec(net, options), classes, channels, InputSpec()
    )


def scene(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A picture (SIDE, SIDE, 3) and its labels: 1 on the discs, 0 beside them."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((SIDE, SIDE), np.uint8)
    for _ in range(2):
        x, y = (int(v) for v in rng.integers(12, SIDE - 12, 2))
        cv2.circle(labels, (x, y), int(rng.integers(8, 14)), 1, -1)
    picture = np.where(labels[..., None] == 1, (210, 150, 60), (50, 60, 80)) + rng.integers(-20, 21, (SIDE, SIDE, 3))
    return picture.clip(0, 255).astype(np.uint8), labels


def put(folder: Path, stem: str, picture: np.ndarray, labels: np.ndarray) -> None:
    """Write a picture and its labels into a run's folder."""
    (folder / "set").mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(folder / "set" / f"{stem}.png"), picture[..., ::-1])
    cv2.imwrite(str(folder / "set" / f"{stem}.labels.png"), labels)


def request(folder: Path, options: TrainOptions = QUICK, *, count: int = 6, net: str = "fast_scnn") -> TrainRequest:
    """A run from scratch on `count` scenes, the last two held out."""
    items = []
    for i in range(count):
        put(folder, f"{i:04}", *scene(i))
        items.append(TrainItem(f"{i}.png", f"{i:04}", i >= count - 2))
    made = card(net)
    return TrainRequest(str(folder), made, tuple(items), TrainStart(made, mode="scratch"), options)


def object_card(net: str, task: str = "panoptic", *, ground: bool = True) -> ModelCard:
    """A card of a tiny net for two kinds of things, discs and squares, on a ground."""
    from segdesk.engines.loading import net_module

    names = ("disc", "square")
    classes = ClassSet.from_names(list(names), things=names)
    channels = ((0,) if ground else ()) + (1, 2)
    small = {"encoder_options": {"base": 8, "stem_width": 8}} if net == "mask_rcnn" else {}
    spec = NetSpec(net, {**net_module(net).SMALL, **small})
    return ModelCard("tiny", Text("Tiny"), task, "", Text(""), spec, classes, channels, InputSpec(multiple=32))


def objects_scene(seed: int, *, ground: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture (SIDE, SIDE, 3), its labels and ids: two discs and two squares that do not touch."""
    rng = np.random.default_rng(seed)
    ids = np.zeros((SIDE, SIDE), np.uint16)
    kind = np.zeros(5, np.uint8)
    for number, corner in enumerate(rng.permutation(4), 1):
        y, x = (int(v) for v in 16 + 32 * np.array(divmod(int(corner), 2)) + rng.integers(-3, 4, 2))
        half = int(rng.integers(8, 11))
        kind[number] = 1 + number % 2
        if kind[number] == 1:
            cv2.circle(ids, (x, y), half, number, -1)
        else:
            cv2.rectangle(ids, (x - half, y - half), (x + half, y + half), number, -1)
    classes = kind[ids]
    colours = np.array([(50, 60, 80), (210, 150, 60), (90, 200, 90)])
    picture = colours[classes] + rng.integers(-15, 16, (SIDE, SIDE, 3))
    labels = classes if ground else np.where(ids > 0, classes - 1, 255).astype(np.uint8)
    return picture.clip(0, 255).astype(np.uint8), labels, ids


def put_objects(folder: Path, stem: str, picture: np.ndarray, labels: np.ndarray, ids: np.ndarray) -> None:
    """Write a picture, its labels and its objects into a run's folder."""
    put(folder, stem, picture, labels)
    cv2.imwrite(str(folder / "set" / f"{stem}.objects.png"), ids)


def objects_request(
    folder: Path, net: str, task: str, options: TrainOptions = QUICK, *, count: int = 4, ground: bool = True
) -> TrainRequest:
    """A run from scratch on `count` scenes with objects, the last one held out."""
    items = []
    for i in range(count):
        put_objects(folder, f"{i:04}", *objects_scene(i, ground=ground))
        items.append(TrainItem(f"{i}.png", f"{i:04}", i >= count - 1))
    made = object_card(net, task, ground=ground)
    return TrainRequest(str(folder), made, tuple(items), TrainStart(made, mode="scratch"), options)
