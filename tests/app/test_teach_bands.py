"""A taught model's answer for a large picture, band by band."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segdesk.app.teach_bands import MARGIN, in_bands
from segdesk.domain.errors import Cancelled
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, PredictRequest
from tests.engines.teach.test_classifier import card, picture, taught


class Told:
    """A job's context that remembers what was told, and wants to end after `patience` looks."""

    job_id = 1

    def __init__(self, patience: int = 100) -> None:
        self.steps: list[tuple[int, int]] = []
        self.patience = patience

    def cancelled(self) -> bool:
        return self.patience <= 0

    def check(self) -> None:
        self.patience -= 1
        if self.cancelled():
            raise Cancelled

    def progress(self, done: int, total: int, text: str = "") -> None:
        self.steps.append((done, total))

    def report(self, value: object) -> None:
        raise NotImplementedError


def test_bands_are_the_picture_in_one_piece(tmp_path: Path):
    image = picture(330, 170)
    file = tmp_path / "mine.npz"
    file.write_bytes(taught(image).dumped())
    engine, heights = Engine(device="cpu"), []

    def ask(part: np.ndarray) -> Segmentation:
        heights.append(len(part))
        found = engine.answer(PredictRequest("p", card("mine.npz"), part, weights={"mine": str(file)}))
        assert isinstance(found, Answer)
        assert isinstance(found.segmentation, Segmentation)
        return found.segmentation

    whole, told = in_bands(image, ask, Told()), Told()
    banded = in_bands(image, ask, told, pixels=64 * 170)
    same = whole.class_table()[whole.unpacked().ids] == banded.class_table()[banded.unpacked().ids]
    assert same.mean() > 0.999
    assert banded.segments.keys() == {1}
    assert told.steps == [(at, 6) for at in range(6)]
    assert heights[0] == 330
    assert max(heights[1:]) == 64 + 2 * MARGIN
    with pytest.raises(Cancelled):
        in_bands(image, ask, Told(patience=3), pixels=64 * 170)
