"""Questions to the background: the latest counts, a dropped one is never heard of, errors arrive."""

from __future__ import annotations

import pytest

from segdesk.app.asking import Question
from tests.app.documents import make
from tests.app.tools.driving import Later


def test_without_a_background_the_answer_is_there_at_once():
    doc, answers, told = make(), [], []
    doc.on_state.append(lambda: told.append(1))
    question = Question()
    question.ask(doc, lambda cancelled: cancelled(), answers.append)
    assert answers == [False]
    assert told == [1]
    assert not question.waiting


def test_the_latest_question_counts_and_tells_the_older_one():
    doc, answers = make(), []
    later = Later(doc)
    question = Question()
    cancels = []

    def work(number):
        def run(cancelled):
            cancels.append((number, cancelled()))
            return number

        return run

    for number in (1, 2):
        question.ask(doc, work(number), answers.append)
    assert question.waiting
    later.run(0)
    assert question.waiting
    later.run(0)
    assert answers == [2]
    assert cancels == [(1, True), (2, False)]


def test_a_dropped_question_is_silent_even_if_it_fails():
    doc, answers = make(), []
    later = Later(doc)
    question = Question()
    question.ask(doc, lambda _: 1 / 0, answers.append)
    question.drop()
    later.run()
    question.ask(doc, lambda _: 1 / 0, answers.append)
    with pytest.raises(ZeroDivisionError):
        later.run()
    assert answers == []
    assert not question.waiting
