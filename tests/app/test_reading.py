"""How a run reads its pictures: no larger than the model looks at them, with the same answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from segdesk.app.models import Models, RunPlan
from segdesk.app.reading import reader, reads_reduced
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CrfOptions, RunOptions
from segdesk.domain.stack import Stack
from segdesk.engines.engine import Engine
from segdesk.engines.messages import Answer
from segdesk.io import images

MODEL = "deeplabv3plus-mobilenetv2-everyday"  # it ships with the program; its input is "long:513"


@pytest.fixture(scope="module")
def plan() -> RunPlan:
    return Models().plan(MODEL, RunOptions(), "cpu")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine()


def scene(height: int, width: int) -> np.ndarray:
    """(H, W, 3) uint8: sky over grass with a blurred texture, so that there is something to tell apart."""
    rng = np.random.default_rng(height)
    pixels = rng.normal(0, 25, (height, width, 3))
    pixels[: height // 2] += (110, 160, 220)
    pixels[height // 2 :] += (70, 130, 50)
    pixels[height // 3 : height // 3 * 2, width // 3 : width // 2] = (150, 40, 40)
    return cv2.GaussianBlur(np.clip(pixels, 0, 255).astype(np.uint8), (0, 0), 1.5)


def answered(engine: Engine, request) -> Answer:  # a PredictRequest
    result = engine.answer(request)
    assert isinstance(result, Answer)
    return result


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_jpeg_comes_reduced_and_its_answer_whole_and_upright(
    plan: RunPlan, engine: Engine, tmp_path: Path, orientation: int
) -> None:
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(scene(960, 1280)).save(path, quality=92, exif=exif)
    found = reader(plan)(path)
    size = (960, 1280) if orientation == 1 else (1280, 960)
    assert found.full_size == size
    assert max(found.pixels.shape) == 513
    reduced = answered(engine, found.request(plan, "a"))
    whole = answered(engine, plan.request("b", images.read(path)))
    assert reduced.segmentation.size == size
    same = reduced.segmentation.read((0, 0, size[1], size[0])) == whole.segmentation.read((0, 0, size[1], size[0]))
    assert same.mean() > 0.99


def test_what_no_codec_reduces_gives_the_same_bits(plan: RunPlan, engine: Engine, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(700, 900))
    Image.fromarray(scene(700, 900)).save(tmp_path / "b.jpg")  # less than twice the input
    for name in ("a.png", "b.jpg"):
        found = reader(plan)(tmp_path / name)
        assert (found.full_size, found.pixels.shape) == ((700, 900), (399, 513, 3))
        reduced = answered(engine, found.request(plan, "r" + name))
        whole = answered(engine, plan.request("w" + name, images.read(tmp_path / name)))
        assert np.array_equal(reduced.segmentation.ids, whole.segmentation.ids)  # type: ignore[union-attr]
        assert engine.kept(plan.request("r" + name, None)) is None  # a refinement would need the whole picture
        assert engine.kept(plan.request("w" + name, None)) is not None


def test_a_small_picture_comes_as_it_is(plan: RunPlan, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), scene(200, 300))
    found = reader(plan)(tmp_path / "a.png")
    assert (found.full_size, found.pixels.shape, found.nbytes) == (None, (200, 300, 3), 180_000)


def test_refinements_and_other_kinds_of_models_get_the_whole_picture(plan: RunPlan, tmp_path: Path) -> None:
    assert reads_reduced(plan)
    others = [
        replace(plan, options=RunOptions(crf=CrfOptions())),
        replace(plan, options=RunOptions(stack=Stack((("guided", ()),)))),
        replace(plan, card=replace(plan.card, net=replace(plan.card.net, type="onnx"))),
        replace(plan, parts={"a": plan.card}),
    ]
    cv2.imwrite(str(tmp_path / "a.png"), scene(700, 900))
    for other in others:
        assert not reads_reduced(other)
        assert reader(other)(tmp_path / "a.png").full_size is None


def test_what_cannot_be_read_is_told_as_ever(plan: RunPlan, tmp_path: Path) -> None:
    Image.fromarray(scene(1200, 1300)).save(tmp_path / "a.jpg")
    data = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(SegDeskError, match=r"a\.jpg is cut off or damaged"):
        reader(plan)(tmp_path / "a.jpg")
    with pytest.raises(SegDeskError, match="is not there"):
        reader(plan)(tmp_path / "b.jpg")


@pytest.mark.parametrize(
    ("size", "wanted"), [((1000, 1500), (500, 750)), ((1001, 1499), (37, 51)), ((64, 640), (9, 90))]
)
def test_a_reduced_jpeg_is_never_smaller_than_wanted(
    tmp_path: Path, size: tuple[int, int], wanted: tuple[int, int]
) -> None:
    Image.fromarray(scene(*size)).save(tmp_path / "a.jpg")
    pixels, full = images.read_at_least(tmp_path / "a.jpg", lambda h, w: wanted)
    assert full == size
    assert wanted[0] <= pixels.shape[0] < size[0]
    assert wanted[1] <= pixels.shape[1] < size[1]
