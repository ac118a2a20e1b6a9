"""What each refinement changed, against labels that are known to be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from segdesk.app.jobs import Failed, Progress, Stopped
from segdesk.app.judging import StepsJudged, gains
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.prediction import Prediction
from segdesk.domain.segmentation import Segmentation
from segdesk.domain.stack import Stack
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from segdesk.engines.stacking import stacked
from tests.app.conftest import HEIGHT, WIDTH, Desktop, picture
from tests.app.fake_engine import FakeEngine
from tests.app.reports import TIMEOUT

CLASSES = ClassSet.from_names(["dark", "bright"])


class SpeckledEngine(FakeEngine):
    """Bright pixels are bright, with every 11th pixel wrong; decided by the real stack."""

    def answer(self, request: PredictRequest, cancelled=lambda: False) -> Answer | NotKept:
        key = (request.key, request.card.id)
        if request.image is not None:
            self.kept[key] = request.image
        elif key not in self.kept:
            return NotKept(*key)
        name = Path(request.key).name
        self.asked.append((name, request.image is not None))
        if cancelled():
            raise Cancelled
        if name in self.errors:
            raise self.errors[name]
        bright = self.kept[key].mean(axis=2) > 128
        bright.ravel()[::11] ^= True
        scores = np.stack([~bright, bright]).astype(np.float16)
        prediction = Prediction("semantic", bright.shape, CLASSES, scores, (1, 2))
        done = stacked(prediction, self.kept[key], request.options, cancelled)
        return Answer(request.key, request.card.id, done.segmentation, CLASSES)


@pytest.fixture
def judged(folder: Path) -> Iterator[Desktop]:
    """A project whose first three pictures have references, with a model that needs an opening."""
    desktop = Desktop()
    desktop.session._desk.engine = desktop.engine = SpeckledEngine()  # type: ignore[assignment]
    opened = desktop.open(folder)
    desktop.session.set_classes(CLASSES)
    assert desktop.session.project is not None
    for row in desktop.session.pictures[:3]:
        truth = np.where(picture(row.id).mean(axis=2) > 128, 2, 1).astype(np.uint16)
        desktop.session.project.save_map(row.id, "reference", Segmentation.from_class_map(truth))
    options = desktop.session.options
    stack = Stack().changed("open", {"radius": 1}).changed("smooth", {"width": 3})
    desktop.session.set_options(replace(options, stack=stack))
    assert opened.count == 4
    yield desktop
    assert desktop.session.close(TIMEOUT)


def test_each_step_has_its_figures(judged: Desktop):
    found = judged.value(judged.session.judging.steps())
    assert isinstance(found, StepsJudged)
    assert [s.step.id if s.step else "" for s in found.scores] == ["", "open", "smooth"]
    assert found.pictures == 3
    assert not found.failed
    plain, opened, _ = found.scores
    assert plain.miou is not None
    assert opened.miou is not None
    assert opened.miou > plain.miou + 0.1
    assert plain.changed == 0
    assert 0.05 < opened.changed < 0.12  # every 11th pixel
    change = gains(found, "miou")
    assert change[0] is None
    assert change[1] == pytest.approx(opened.miou - plain.miou)
    forwards = [name for name, with_picture in judged.engine.asked if with_picture]
    assert sorted(forwards) == ["img1.png", "img2.png", "img3.png"]  # one forward pass each
    assert [p.total for p in judged.heard.all if isinstance(p, Progress)][-1] == 3


def test_it_agrees_with_an_evaluation_of_the_whole_stack(judged: Desktop, tmp_path: Path):
    judged.value(judged.session.run_all())
    whole = judged.value(judged.session.evaluate("prediction", "reference", tmp_path / "report"))
    told = whole.report.about["Refinements"]
    assert told == "Cut thin parts (opening) (radius 1), Smooth borders (width 3)"
    assert whole.report.about["Model"]
    assert told in whole.page.read_text(encoding="utf-8")
    found = judged.value(judged.session.judging.steps())
    assert found.scores[-1].miou == pytest.approx(whole.report.headline["miou"])
    assert found.scores[-1].pq == pytest.approx(whole.report.headline["pq"])


def test_nothing_is_stored(judged: Desktop):
    judged.value(judged.session.judging.steps())
    project = judged.saved()
    assert not project.labelled("annotation")
    assert not project.labelled("prediction")
    assert {row.state for row in judged.session.pictures} == {"new"}


def test_only_some_pictures(judged: Desktop):
    found = judged.value(judged.session.judging.steps(among={judged.id("img2.png")}))
    assert found.pictures == 1
    assert judged.value(judged.session.judging.steps(limit=2)).pictures == 2


def test_without_anything_to_compare_with_it_says_so(judged: Desktop):
    end = judged.end(judged.session.judging.steps(among={judged.id("img4.png")}))
    assert isinstance(end, Failed)
    assert "nothing to compare" in end.error.text()
    assert isinstance(judged.end(judged.session.judging.steps(against="annotation")), Failed)
    assert isinstance(judged.end(judged.session.judging.steps(against="prediction")), Failed)


def test_verified_pictures_serve_as_well(judged: Desktop):
    project = judged.session.project
    assert project is not None
    picture_id = judged.id("img4.png")
    truth = Segmentation.from_class_map(np.full((HEIGHT, WIDTH), 1, np.uint16))
    project.save_map(picture_id, "annotation", truth)
    assert isinstance(judged.end(judged.session.judging.steps(against="annotation")), Failed)
    judged.session.verify(picture_id)
    assert judged.value(judged.session.judging.steps(against="annotation")).pictures == 1


def test_pictures_that_fail_are_noted_and_the_rest_goes_on(judged: Desktop, folder: Path):
    judged.engine.errors["img2.png"] = SegDeskError("Too dark.")
    cv2.imwrite(str(folder / "img3.png"), picture(3)[:20])
    found = judged.value(judged.session.judging.steps())
    assert found.pictures == 1
    assert [name for name, _ in found.failed] == ["img2.png", "img3.png"]
    judged.engine.errors["img1.png"] = SegDeskError("Too dark.")
    assert isinstance(judged.end(judged.session.judging.steps()), Failed)


def test_it_can_be_cancelled(judged: Desktop):
    judged.engine.hold("img1.png")
    plain = judged.engine.answer

    def held(request, cancelled=lambda: False):
        judged.engine.entered.release()
        judged.engine._held["img1.png"].wait(TIMEOUT)
        return plain(request, cancelled)

    judged.engine.answer = held  # type: ignore[method-assign]
    job = judged.session.judging.steps()
    assert judged.engine.entered.acquire(timeout=TIMEOUT)
    judged.session.cancel(job)
    judged.engine.let_go("img1.png")
    assert isinstance(judged.end(job), Stopped)
