"""Where the engine says that it is unsure, and the second pass over the mirrored picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from segdesk.domain.options import RunOptions
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from tests.engines.fakes import Boxes, Brightness, add_net, boxes_card, brightness_card

FLIP = RunOptions(flip=True)


@pytest.fixture(autouse=True)
def nets(monkeypatch: pytest.MonkeyPatch) -> list[Brightness]:
    """Every brightness net that was built."""
    built: list[Brightness] = []

    def build(options: object, classes: int) -> Brightness:
        built.append(Brightness())
        return built[-1]

    add_net(monkeypatch, "brightness", build)  # type: ignore[arg-type]
    add_net(monkeypatch, "boxes", lambda options, classes: Boxes())
    return built


def picture() -> np.ndarray:
    """Dark, the right half bright, and a grey square that is neither."""
    image = np.full((80, 120, 3), 20, np.uint8)
    image[:, 60:] = 235
    image[20:52, 8:40] = 127
    return image


def answer(engine: Engine, request: PredictRequest) -> Answer:
    result = engine.answer(request)
    assert isinstance(result, Answer)
    return result


def test_the_doubtful_place_is_the_grey_square():
    result = answer(Engine(), PredictRequest("a", brightness_card(), picture()))
    assert result.doubts is not None
    assert result.doubts.value == result.doubt
    height, width = result.doubts.map.shape
    assert result.doubts.map[36 * height // 80, 24 * width // 120] > 200
    assert result.doubts.map[36 * height // 80, 100 * width // 120] < 20
    assert [p.kind for p in result.doubts.places] == ["margin"]
    x0, y0, x1, y1 = result.doubts.places[0].box
    assert x0 < 24 < x1 <= 60
    assert y0 < 36 < y1 < 80


def test_a_net_that_treats_both_sides_alike_agrees_with_its_mirrored_self(nets: list[Brightness]):
    plain = answer(Engine(), PredictRequest("a", brightness_card(), picture()))
    both = answer(Engine(), PredictRequest("a", brightness_card(), picture(), options=FLIP))
    assert [len(net.sizes) for net in nets] == [1, 2]
    assert plain.doubts is not None
    assert both.doubts is not None
    assert np.abs(plain.doubts.map.astype(int) - both.doubts.map).max() <= 1
    assert np.array_equal(plain.segmentation.ids, both.segmentation.ids)


def test_a_net_that_does_not_is_doubted():
    plain = answer(Engine(), PredictRequest("a", boxes_card(), picture()))
    both = answer(Engine(), PredictRequest("a", boxes_card(), picture(), options=FLIP))
    assert plain.doubts is not None
    assert both.doubts is not None
    assert np.median(both.doubts.map) == 255
    assert both.doubt > 0.9
    assert "flip" in {p.kind for p in both.doubts.places}
    assert plain.doubts.map[40, 10] == 0


def test_a_kept_answer_without_the_mirrored_picture_is_no_answer_to_a_flip():
    engine = Engine()
    request = PredictRequest("a", brightness_card(), picture())
    answer(engine, request)
    assert isinstance(engine.answer(replace(request, image=None, options=FLIP)), NotKept)
    answer(engine, replace(request, options=FLIP))
    assert answer(engine, replace(request, image=None, options=FLIP)).doubts is not None


def test_pictures_that_ask_for_it_and_such_that_do_not_share_no_pass(nets: list[Brightness]):
    requests = [
        PredictRequest(str(n), brightness_card(), picture(), options=RunOptions(flip=flip))
        for n, flip in enumerate((False, False, True, True))
    ]
    results = Engine().answer_batch(requests)
    assert all(isinstance(r, Answer) for r in results)
    assert [size[0] for size in nets[0].sizes] == [2, 2, 2]
