"""What is only looked at: quick answers, the answer before refinement, the reference. None of it is stored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from segdesk.app.jobs import Done, Stopped
from segdesk.app.looking import Before, Glimpse
from segdesk.domain.options import CrfOptions
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.domain.stack import Stack
from segdesk.engines.messages import Glance
from tests.app.conftest import HEIGHT, WIDTH, Desktop

PART = Glance((8, 4, 40, 36), (16, 16))


def answered(opened: Desktop) -> Desktop:
    opened.value(opened.session.go_to(opened.id("img1.png")))
    result = opened.value(opened.session.run_here())
    opened.session.settle(result)
    return opened


def confident(opened: Desktop, confidence: float) -> None:
    options = opened.session.options
    opened.session.set_options(replace(options, decide=replace(options.decide, confidence=confidence)))


def test_a_glimpse_is_the_part_of_the_answer_in_the_projects_classes(opened: Desktop) -> None:
    full = opened.value(answered(opened).session.decide_again()).segmentation.unpacked()
    glimpse = opened.value(opened.session.looking.glance(PART))
    assert isinstance(glimpse, Glimpse)
    assert glimpse.rect == PART.rect
    assert np.array_equal(glimpse.ids, full.ids[4:36:2, 8:40:2])
    assert {s.class_id for s in glimpse.segments.values()} <= {c.id for c in opened.session.classes}


def test_a_glimpse_follows_the_options_and_is_not_stored(opened: Desktop) -> None:
    answered(opened)
    before = opened.saved().load_packed(opened.id("img1.png"), "prediction").unpacked()
    confident(opened, 0.9)
    glimpse = opened.value(opened.session.looking.glance(PART))
    assert len(np.unique(glimpse.ids)) == 1
    after = opened.saved().load_packed(opened.id("img1.png"), "prediction").unpacked()
    assert np.array_equal(before.ids, after.ids)


def test_what_the_engine_has_forgotten_has_no_glimpse(opened: Desktop) -> None:
    answered(opened)
    opened.engine.kept.clear()
    assert opened.value(opened.session.looking.glance(PART)) is None
    assert opened.engine.asked[-1] == ("img1.png", False)


def test_a_glimpse_takes_the_place_of_an_answer_on_its_way(opened: Desktop) -> None:
    answered(opened)
    opened.engine.hold("img1.png")
    jobs = [opened.session.decide_again(), opened.session.looking.glance(PART), opened.session.looking.glance(PART)]
    opened.engine.let_go("img1.png")
    assert [type(opened.end(job)) for job in jobs] == [Stopped, Stopped, Done]


def test_the_answer_before_refinement_leaves_the_options_as_they_are(opened: Desktop) -> None:
    answered(opened)
    options = replace(opened.session.options, crf=CrfOptions(), stack=Stack().changed("close", {"pixels": 3}))
    opened.session.set_options(options)
    seen = []
    answer = opened.engine.answer
    opened.engine.answer = lambda request, cancelled: seen.append(request.options) or answer(request, cancelled)
    before = opened.value(opened.session.looking.unrefined())
    assert isinstance(before, Before)
    assert before.labels.size == (HEIGHT, WIDTH)
    assert seen == [replace(options, crf=None, stack=Stack())]
    assert opened.session.options == options


def test_the_answer_before_refinement_is_made_anew_where_it_was_forgotten(opened: Desktop) -> None:
    answered(opened)
    opened.engine.kept.clear()
    assert opened.value(opened.session.looking.unrefined()).labels is not None
    assert opened.engine.asked[-2:] == [("img1.png", False), ("img1.png", True)]


def test_the_reference_or_nothing(opened: Desktop) -> None:
    picture = opened.id("img1.png")
    opened.value(opened.session.go_to(picture))
    assert opened.value(opened.session.looking.reference()).labels is None
    truth = Segmentation(np.full((HEIGHT, WIDTH), 1, np.uint16), {1: Segment(1)})
    project = opened.saved()
    project.set_size(picture, WIDTH, HEIGHT)
    project.save_map(picture, "reference", truth)
    found = opened.value(opened.session.looking.reference())
    assert found.picture_id == picture
    assert np.array_equal(found.labels.unpacked().ids, truth.ids)
