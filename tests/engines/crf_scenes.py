"""Pictures and probabilities for the tests of the dense CRF."""

from __future__ import annotations

import cv2
import numpy as np


def two_halves(height: int = 60, width: int = 80, shift: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """A picture of a dark and a bright half, and scores whose border lies `shift` pixels off."""
    image = np.full((height, width, 3), 30, np.uint8)
    image[:, width // 2 :] = 220
    right = np.full((height, width), 0.35, np.float32)
    right[:, width // 2 + shift :] = 0.65
    return np.stack([1 - right, right]), image


def scene(height: int, width: int, classes: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Scores and a picture of overlapping discs with noise: many borders, some of them blurred away in the scores."""
    rng = np.random.default_rng(seed)
    labels, image = np.zeros((height, width), np.int32), np.full((height, width, 3), 90, np.uint8)
    for _ in range(4 * classes):
        label = int(rng.integers(classes))
        centre, radius = (int(rng.integers(width)), int(rng.integers(height))), int(rng.integers(4, height // 4))
        cv2.circle(labels, centre, radius, label, -1)
        cv2.circle(image, centre, radius, tuple((37 * label + c * 61) % 223 for c in (1, 2, 3)), -1)
    image = np.clip(image + rng.normal(0, 4, image.shape), 0, 255).astype(np.uint8)
    logits = np.stack([cv2.GaussianBlur((labels == k).astype(np.float32), (0, 0), 4) * 6 for k in range(classes)])
    logits += rng.normal(0, 0.7, logits.shape).astype(np.float32)
    odds = np.exp(logits)
    return (odds / odds.sum(0)).astype(np.float32), image


def same_winner(a: np.ndarray, b: np.ndarray) -> float:
    return float((a.argmax(0) == b.argmax(0)).mean())
