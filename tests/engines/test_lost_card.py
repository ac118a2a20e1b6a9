"""A graphics card that stops working in the middle of a run: the processor goes on in its place, and it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from segdesk.domain.errors import SegDeskError
from segdesk.engines import engine as engine_module
from segdesk.engines.engine import NOTE_LOST, Engine
from segdesk.engines.inputs import Prepared
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.engines.predict import Loaded, Raw
from tests.engines.fakes import Brightness, add_net, brightness_card

CARD = brightness_card()
SAID = "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported"


class Card:
    """A graphics card that computes on the processor, until it has answered `lasts` times."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, lasts: int, said: str = SAID) -> None:
        self.left, self.said = lasts, said
        self.calls: list[str] = []
        real = engine_module.predict

        def predict(loaded: Loaded, pictures: list[Prepared], *rest: object) -> list[Raw]:
            self.calls.append(loaded.device.type)
            if loaded.device.type == "cuda":
                if not self.left:
                    raise RuntimeError(self.said)
                self.left -= 1
                loaded = replace(loaded, device=torch.device("cpu"))
            return real(loaded, pictures, *rest)  # type: ignore[arg-type]

        monkeypatch.setattr(engine_module, "predict", predict)
        monkeypatch.setattr(engine_module, "load_net", lambda *_: Brightness())
        monkeypatch.setattr(engine_module.devices_of, "choose", lambda _: torch.device("cuda:0"))
        monkeypatch.setattr(engine_module.devices_of, "free_memory", lambda _: None)
        monkeypatch.setattr(engine_module.devices_of, "taken_bytes", lambda _: 0)
        add_net(monkeypatch, "brightness", lambda options, classes: Brightness())


def requests(count: int) -> list[PredictRequest]:
    image = np.full((40, 60, 3), 20, np.uint8)
    image[:, 30:] = 235
    return [PredictRequest(str(n), CARD, image, device="cuda") for n in range(count)]


def test_a_graphics_card_that_vanishes_is_replaced_by_the_processor(monkeypatch: pytest.MonkeyPatch):
    card = Card(monkeypatch, lasts=2)
    engine = Engine()
    answers = [engine.answer(request) for request in requests(5)]
    assert card.calls == ["cuda", "cuda", "cuda", "cpu", "cpu", "cpu"]  # the third is computed again, none is lost
    assert all(isinstance(answer, Answer) for answer in answers)
    first = answers[0].segmentation.class_map()
    for answer in answers:
        assert np.array_equal(answer.segmentation.class_map(), first)
        assert (NOTE_LOST in answer.notes) == (answer.key >= "2")
    assert engine.on_processor(requests(1)[0])
    assert not engine.shares_passes(requests(1)[0])


def test_pictures_that_shared_the_lost_pass_are_computed_again(monkeypatch: pytest.MonkeyPatch):
    Card(monkeypatch, lasts=0)
    results = Engine().answer_batch(requests(4))
    assert [result.key for result in results if isinstance(result, Answer)] == ["0", "1", "2", "3"]


def test_any_other_error_of_the_card_is_told_of_its_picture(monkeypatch: pytest.MonkeyPatch):
    card = Card(monkeypatch, lasts=0, said="mat1 and mat2 shapes cannot be multiplied")
    with pytest.raises(SegDeskError, match="shapes cannot"):
        Engine().answer(requests(1)[0])
    assert card.calls == ["cuda"]
