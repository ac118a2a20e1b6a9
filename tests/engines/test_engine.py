"""The engine: answers, memory of answers, what it does when memory runs out, cancelling, panoptic merging."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch

from segdesk.domain.card import ModelCard, NetSpec
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.engines import crf, dense
from segdesk.engines.engine import Engine
from segdesk.engines.ladder import NOTE_TILES
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from segdesk.engines.stacking import NOTE_REGIONS
from tests.engines.fakes import Boxes, Brightness, add_net, boxes_card, brightness_card

CARD = brightness_card()


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> list[Brightness]:
    """Every net that was built, in order."""
    built: list[Brightness] = []

    def build(options: object, classes: int) -> Brightness:
        assert isinstance(options, dict)
        built.append(Brightness(**options))
        return built[-1]

    add_net(monkeypatch, "brightness", build)  # type: ignore[arg-type]
    add_net(monkeypatch, "boxes", lambda options, classes: Boxes())
    return built


def picture(height: int = 40, width: int = 60) -> np.ndarray:
    """The right half is bright."""
    image = np.full((height, width, 3), 20, np.uint8)
    image[:, width // 2 :] = 235
    return image


def ask(card: ModelCard = CARD, key: str = "a", **changes: object) -> PredictRequest:
    return replace(PredictRequest(key, card, picture()), **changes)  # type: ignore[arg-type]


def answer(engine: Engine, request: PredictRequest, cancelled: Callable[[], bool] = lambda: False) -> Answer:
    result = engine.answer(request, cancelled)
    assert isinstance(result, Answer)
    return result


@pytest.mark.usefixtures("nets")
def test_a_semantic_answer():
    result = answer(Engine(), ask())
    assert np.array_equal(result.segmentation.class_map(), picture()[..., 0] > 100)
    assert result.classes == CARD.classes
    assert 0 <= result.doubt < 0.1
    assert list(result.seconds) == ["load", "prepare", "forward", "decide"]
    assert (result.device, result.notes) == ("cpu", ())


@pytest.mark.usefixtures("nets")
def test_an_instance_answer_keeps_the_raw_objects():
    card = boxes_card()
    result = answer(Engine(), ask(card, options=RunOptions(DecideOptions(confidence=0.95))))
    assert not result.segmentation.ids.any()
    assert [(i.class_id, round(i.score, 2)) for i in result.instances] == [(1, 0.9)]
    assert abs(result.instances[0].mask.area - 40 * 30) <= 40


def test_deciding_again_runs_no_net(nets: list[Brightness]):
    engine = Engine()
    answer(engine, ask())
    again = answer(engine, ask(image=None, options=RunOptions(DecideOptions(pixel_confidence=1.1))))
    assert not again.segmentation.ids.any()
    assert list(again.seconds) == ["decide"]
    assert len(nets[0].sizes) == 1


@pytest.mark.usefixtures("nets")
def test_predictions_are_kept_by_their_bytes():
    engine = Engine(keep_bytes=20_000)  # two pictures of 40 x 60 and their scores
    for key in "abc":
        answer(engine, ask(key=key))
    assert engine.answer(ask(key="a", image=None)) == NotKept("a", CARD.id)
    answer(engine, ask(key="b", image=None))
    answer(engine, ask(key="d"))  # b was looked at last, so c gives way
    assert isinstance(engine.answer(ask(key="c", image=None)), NotKept)
    assert isinstance(engine.answer(ask(key="b", image=None)), Answer)


def test_two_models_stay_and_the_third_takes_the_oldest_one_s_place(nets: list[Brightness]):
    engine = Engine(keep_models=2)
    cards = [brightness_card(id=name) for name in "xyz"]
    for card in (cards[0], cards[1], cards[0], cards[2], cards[0]):
        answer(engine, ask(card))
    assert len(nets) == 3
    answer(engine, ask(cards[1]))
    assert len(nets) == 4


def test_a_model_that_is_there_answers_while_another_is_loaded(monkeypatch: pytest.MonkeyPatch):
    loading, go_on = threading.Event(), threading.Event()

    def build(options: object, classes: int) -> Brightness:
        if options:
            loading.set()
            assert go_on.wait(30)
        return Brightness()

    add_net(monkeypatch, "brightness", build)
    engine = Engine()
    answer(engine, ask(CARD))
    slow = ask(brightness_card(id="slow", net=NetSpec("brightness", {"stride": 1})))
    with ThreadPoolExecutor() as pool:
        first = pool.submit(answer, engine, slow)
        try:
            assert loading.wait(30)
            second = pool.submit(answer, engine, ask(CARD, "b"))
            assert second.result(30).card_id == CARD.id
            assert not first.done()
        finally:
            go_on.set()
        assert first.result(30).card_id == "slow"


@pytest.mark.skipif(not crf.available(), reason="numba is not installed")
def test_the_crf_is_computed_once_for_its_parameters(nets: list[Brightness]):
    engine = Engine()
    card = brightness_card(net=NetSpec("brightness", {"stride": 8}))
    image = picture(40, 56)
    image[:, 28:30] = 20  # the edge lies inside a block
    plain = answer(engine, ask(card, image=image))
    with_crf = RunOptions(crf=CrfOptions())
    refined = answer(engine, ask(card, image=None, options=with_crf))
    again = answer(engine, ask(card, image=None, options=replace(with_crf, decide=DecideOptions(min_area=5))))
    edge = image[..., 0] > 100
    assert (refined.segmentation.class_map() != edge).sum() < (plain.segmentation.class_map() != edge).sum()
    assert again.seconds["refine"] < 0.2 * refined.seconds["refine"]
    assert len(nets[0].sizes) == 1


def test_regions_leave_the_crf_out_and_say_so():
    card = brightness_card(id="r", task="instance", net=NetSpec("regions"), channel_ids=())
    result = answer(Engine(), ask(card, options=RunOptions(DecideOptions(0.0, overlap=0.0), CrfOptions())))
    assert result.notes == (NOTE_REGIONS,)
    assert len(result.segmentation.segments) == 2


def test_out_of_memory_goes_to_tiles_and_gives_the_same(nets: list[Brightness]):
    image = np.random.default_rng(0).integers(0, 256, (600, 500, 3), dtype=np.uint8)
    image = np.kron(image[::50, ::50], np.ones((50, 50, 1), np.uint8))
    whole = answer(Engine(), ask(image=image))
    tiled = answer(Engine(), ask(brightness_card(net=NetSpec("brightness", {"limit": 100_000})), image=image))
    assert tiled.notes == (NOTE_TILES,)
    assert np.array_equal(tiled.segmentation.ids, whole.segmentation.ids)
    assert nets[1].sizes[1][2:] == (256, 256)


@pytest.mark.usefixtures("nets")
def test_when_no_tile_is_small_enough_it_is_said():
    with pytest.raises(SegDeskError, match="not enough memory to run Brightness on this picture of 60 x 40"):
        Engine().answer(ask(brightness_card(net=NetSpec("brightness", {"limit": 10}))))


def test_a_batch_shares_a_pass_and_is_halved_when_memory_runs_out(nets: list[Brightness]):
    engine = Engine()
    requests = [ask(key=str(i)) for i in range(4)]
    results = engine.answer_batch(requests)
    assert [r.key for r in results if isinstance(r, Answer)] == ["0", "1", "2", "3"]
    assert nets[0].sizes == [(4, 3, 40, 60)]
    small = brightness_card(id="s", net=NetSpec("brightness", {"limit": 2 * 40 * 60}))
    assert all(isinstance(r, Answer) for r in engine.answer_batch([replace(r, card=small) for r in requests]))
    assert [size[0] for size in nets[1].sizes] == [4, 2, 2]


@pytest.mark.usefixtures("nets")
def test_an_error_in_a_batch_touches_its_picture_only():
    bad = np.zeros((40, 60, 3), np.float32)
    results = Engine().answer_batch([ask(key="0"), ask(key="1", image=bad), ask(key="2"), ask(key="3", image=None)])
    assert [type(r) for r in results] == [Answer, SegDeskError, Answer, NotKept]


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize("stage", [1, 2, 3])
def test_the_token_is_asked_between_the_stages(stage: int):
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) >= stage

    with pytest.raises(Cancelled):
        Engine().answer(ask(), cancelled)
    assert len(asked) == stage


def test_a_fault_of_a_net_becomes_a_sentence(monkeypatch: pytest.MonkeyPatch):
    class Faulty(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("size mismatch\nlong tail")

    add_net(monkeypatch, "brightness", lambda options, classes: Faulty())
    with pytest.raises(SegDeskError) as caught:
        Engine().answer(ask())
    assert caught.value.text() == "The model Brightness failed on this picture: size mismatch"


@pytest.mark.usefixtures("nets")
def test_a_device_that_is_not_there():
    with pytest.raises(SegDeskError, match="cuda:77 is not available"):
        Engine().answer(ask(device="cuda:77"))


@pytest.mark.usefixtures("nets")
def test_panoptic_by_merging_two_models():
    classes = ClassSet([ClassInfo(4, "HALF", (1, 1, 1), True), ClassInfo(9, "ground", (2, 2, 2))])
    card = brightness_card(
        id="both",
        task="panoptic",
        net=NetSpec("merge", {"rename": {"bright": "half"}, "background": "ground"}),
        classes=classes,
        parts=("brightness", "boxes"),
    )
    parts = {"brightness": CARD, "boxes": boxes_card()}
    engine = Engine()
    result = answer(engine, ask(card, parts=parts))
    class_map = result.segmentation.class_map()
    assert (class_map[:, :29] == 9).all()  # background became ground
    assert (class_map[:, 31:] == 4).all()  # the object
    assert {s.class_id for s in result.segmentation.segments.values()} == {4, 9}
    unsure = answer(engine, ask(card, parts=parts, image=None, options=RunOptions(DecideOptions(confidence=0.95))))
    assert (unsure.segmentation.class_map()[:, 31:] == 0).all()  # a thing that no object claims is void


@pytest.mark.usefixtures("nets")
def test_large_pictures_are_tiled_before_memory_runs_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(dense.MAX_PIXELS, "cpu", 256 * 256)
    image = picture(300, 600)
    result = answer(Engine(), ask(image=image))
    assert np.array_equal(result.segmentation.class_map(), image[..., 0] > 100)
    assert result.notes == ()
