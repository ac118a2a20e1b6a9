"""Nets that answer with classes and objects at once: the whole way through the engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from segdesk.domain import rle
from segdesk.domain.card import ModelCard, NetSpec
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.decide import DecideOptions
from segdesk.domain.options import Averaging, RunOptions
from segdesk.engines import dense
from segdesk.engines.engine import Engine
from segdesk.engines.ladder import NOTE_TILES
from segdesk.engines.messages import Answer, PredictRequest
from tests.engines.fakes import add_net, brightness_card

CLASSES = ClassSet([ClassInfo(1, "floor", (9, 9, 9)), ClassInfo(2, "block", (200, 0, 0), is_thing=True)])
EVERYTHING = RunOptions(DecideOptions(confidence=0.0))
MIRRORED = replace(EVERYTHING, average=Averaging(mirror=True))


class Blocks(nn.Module):
    """Red is a block, green the height of a centre; every pixel points at itself. A cell for each 4 x 4 pixels."""

    output = "centres"

    def __init__(self, limit: int = 1 << 40) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1,), 20.0))
        self.limit = limit
        self.sizes: list[tuple[int, ...]] = []

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        self.sizes.append(tuple(x.shape))
        if x[:, 0].numel() > self.limit:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate too much")
        red, green = F.avg_pool2d(x[:, :1], 4, ceil_mode=True), F.max_pool2d(x[:, 1:2], 4, ceil_mode=True)
        scores = torch.cat([0.5 - red, red - 0.5], 1) * self.scale
        return {"scores": scores, "centres": green, "offsets": torch.zeros_like(scores)}


class Boxed(Blocks):
    """The same classes, and an object over the left half of the picture, either as a box or as a mask."""

    output = "panoptic"

    def __init__(self, *, box: bool, limit: int = 1 << 40) -> None:
        super().__init__(limit)
        self.box = box

    def forward(self, x: torch.Tensor) -> dict[str, object]:  # type: ignore[override]
        scores = super().forward(x)["scores"]
        height, width = x.shape[2:]
        found: dict[str, torch.Tensor] = {"labels": torch.tensor([1]), "scores": torch.tensor([0.75])}
        if self.box:
            found["boxes"] = torch.tensor([[0.0, 0.0, width / 2, height]])
            found["masks"] = torch.ones(1, 28, 28)
        else:
            found["masks"] = torch.zeros(1, height // 4, width // 4)
            found["masks"][:, :, : width // 8] = 1
        return {"scores": scores, "objects": [found for _ in x]}


def card(**options: object) -> ModelCard:
    return brightness_card(
        id="blocks", task="panoptic", classes=CLASSES, channel_ids=(1, 2), net=NetSpec("blocks", options)
    )


def picture(height: int = 64, width: int = 96) -> np.ndarray:
    """One red plate, with two green middles: two blocks that touch in the column half way."""
    image = np.zeros((height, width, 3), np.uint8)
    image[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4, 0] = 255
    for share, green in ((3, 255), (5, 204)):
        y, x = height // 2 // 4 * 4, share * width // 8 // 4 * 4
        image[y : y + 4, x : x + 4, 1] = green
    return image


@pytest.fixture
def nets(monkeypatch: pytest.MonkeyPatch) -> list[Blocks]:
    built: list[Blocks] = []

    def use(make: Callable[[], Blocks]) -> None:
        def build(_options: object, _classes: int) -> Blocks:
            built.append(make())
            return built[-1]

        add_net(monkeypatch, "blocks", build)

    monkeypatch.setattr(Blocks, "use", staticmethod(use), raising=False)
    use(Blocks)
    return built


def answer(
    image: np.ndarray | None, options: RunOptions = EVERYTHING, *, engine: Engine | None = None, **groups: object
) -> Answer:
    asked = PredictRequest("a", card(**({"groups": groups} if groups else {})), image, options=options)
    result = (engine or Engine()).answer(asked)
    assert isinstance(result, Answer)
    return result


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize("size", [(64, 96), (97, 131), (1, 1)])
def test_every_pixel_of_a_block_goes_to_the_nearer_middle(size: tuple[int, int]):
    image = picture(*size)
    result = answer(image)
    result.segmentation.check(CLASSES)
    classes = result.segmentation.class_map()
    assert (classes > 0).all()
    if size == (64, 96):
        # A centre of one cell is 7/8 as high, in rows and columns, at the nearest pixels; borders are unsure.
        assert [i.score for i in result.instances] == pytest.approx([49 / 64, 0.8 * 49 / 64], abs=0.05)
        assert np.mean((classes == 2) != (image[..., 0] > 0)) < 0.01  # corners of the plate are rounded
        left, right = (s.mask for s in result.instances)
        assert rle.bounding_box(left)[2] == rle.bounding_box(right)[0]
        assert left.area + right.area == np.count_nonzero(classes == 2)


@pytest.mark.usefixtures("nets")
def test_the_card_says_how_to_group():
    assert len(answer(picture(), threshold=0.7).instances) == 1
    assert len(answer(picture(), most=1).instances) == 1
    assert len(answer(picture(), window=63).instances) == 1


def test_sliders_need_no_second_pass(nets: list[Blocks]):
    engine = Engine()
    answer(picture(), engine=engine)
    unsure = answer(None, RunOptions(DecideOptions(confidence=0.7)), engine=engine)
    assert sorted(s.class_id for s in unsure.segmentation.segments.values()) == [1, 2]
    plain = answer(None, RunOptions(DecideOptions(confidence=0.7, stuff_area=64 * 96)), engine=engine)
    assert [s.class_id for s in plain.segmentation.segments.values()] == [2]
    assert len(nets[0].sizes) == 1


def test_tiles_give_what_the_whole_picture_gives(nets: list[Blocks], monkeypatch: pytest.MonkeyPatch):
    image = picture(512, 640)
    whole = answer(image)
    monkeypatch.setattr(dense, "MIN_TILE", 64)
    Blocks.use(lambda: Blocks(limit=256 * 256))  # type: ignore[attr-defined]
    tiled = answer(image)
    assert tiled.notes == (NOTE_TILES,)
    assert max(h * w for _, _, h, w in nets[1].sizes[1:]) <= 512 * 512
    assert np.mean(tiled.segmentation.class_map() != whole.segmentation.class_map()) < 0.01
    assert [i.class_id for i in tiled.instances] == [2, 2]
    assert all(abs(a.mask.area - b.mask.area) < 600 for a, b in zip(tiled.instances, whole.instances, strict=True))


def test_further_looks_are_averaged_for_the_classes_only(nets: list[Blocks]):
    once, twice = answer(picture()), answer(picture(), MIRRORED)
    assert twice.notes == ()
    assert len(nets[1].sizes) == 2  # the first look serves both
    assert np.array_equal(once.segmentation.ids > 0, twice.segmentation.ids > 0)
    assert [i.mask for i in once.instances] == [i.mask for i in twice.instances]


@pytest.mark.parametrize("box", [True, False])
def test_classes_and_objects_of_one_pass(nets: list[Blocks], box: bool):
    Blocks.use(lambda: Boxed(box=box))  # type: ignore[attr-defined]
    result = answer(picture(), MIRRORED)
    assert len(nets[0].sizes) == 2
    result.segmentation.check(CLASSES)
    (found,) = result.instances
    assert (found.class_id, found.score) == (2, 0.75)
    assert abs(found.mask.area - 64 * 48) <= 64
    classes = result.segmentation.class_map()
    assert (classes[:, 2:46] == 2).all()
    assert (classes[17:47, 50:70] == 0).all()  # a thing that no object claims is void
    assert (classes[:15, 50:] == 1).all()


def test_a_net_says_which_classes_its_scores_are_of(monkeypatch: pytest.MonkeyPatch, nets: list[Blocks]):
    monkeypatch.setattr(Boxed, "score_channels", (0, -1), raising=False)
    Blocks.use(lambda: Boxed(box=True))  # type: ignore[attr-defined]
    classes = answer(picture()).segmentation.class_map()
    assert sorted(np.unique(classes).tolist()) == [0, 1, 2]
    assert len(nets) == 1


def test_objects_are_not_looked_for_in_tiles(nets: list[Blocks]):
    Blocks.use(lambda: Boxed(box=True, limit=10))  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="not enough memory"):
        answer(picture())
    assert all(size[2:] == (64, 96) for size in nets[0].sizes)


@pytest.mark.usefixtures("nets")
def test_pictures_of_one_size_share_a_pass():
    requests = [PredictRequest(key, card(), picture(), options=EVERYTHING) for key in "ab"]
    first, second = Engine().answer_batch(requests)
    assert isinstance(first, Answer)
    assert isinstance(second, Answer)
    assert np.array_equal(first.segmentation.ids, second.segmentation.ids)
    assert len(first.instances) == 2
