"""Runs over many pictures in the real window: the queue, how each picture fares, pause, failures and retry, what a
later session is offered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from segdesk.app.batch_queue import BatchQueue, Ledger, Order, options_record
from segdesk.app.reports import BatchBegun, BatchStep
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import RunOptions
from segdesk.ui.batch_pictures import PictureFares
from segdesk.ui.main_window import MainWindow

Until = Callable[[Callable[[], object]], None]


@pytest.fixture
def page(opened: MainWindow):
    """The page, shown by its action."""
    opened.action_set.by_id["batch"].trigger()
    return opened.batch_page


def listed(page) -> list[tuple[str, str]]:
    model = page.fares.model
    return [(model.path(model.picture(at)[0]), model.picture(at)[1]) for at in range(model.rowCount())]


def idle(window: MainWindow) -> bool:
    batches = window.desk.runs.batches
    return batches.current is None and not batches.queue.waiting and batches.job_id is None


def test_without_a_run_it_says_how_to_begin_one(page):
    assert page.none.isVisible()
    assert page.first.isVisible()
    assert not page.left.isVisible()


def test_a_run_is_followed_picture_by_picture_and_failures_are_tried_again(
    opened: MainWindow, page, pictures: Path, until: Until
):
    whole = (pictures / "b.png").read_bytes()
    (pictures / "b.png").write_bytes(b"not a picture")
    opened.action_set.by_id["run_all"].trigger()
    assert page.cancel.isVisible()
    until(lambda: idle(opened))
    until(lambda: ("b.png", "failed") in listed(page))
    assert listed(page) == [("a.png", "done"), ("b.png", "failed"), ("c.png", "done")]
    assert opened.toasts.shown[-1].key[1] == "2 pictures segmented, 1 failed."
    page.fares.pills["failed"].click()
    assert listed(page) == [("b.png", "failed")]
    page.fares.copy.click()
    assert QGuiApplication.clipboard().text().startswith("b.png\tfailed\t")
    (pictures / "b.png").write_bytes(whole)
    page.fares.pills["all"].click()
    page.fares.again.click()
    until(lambda: idle(opened) and len(opened.desk.runs.batches.queue.orders) == 2)
    until(lambda: listed(page) == [("b.png", "done")])
    assert opened.desk.session.counts() == {"predicted": 3}


def test_several_runs_wait_for_each_other_and_change_places(opened: MainWindow, page, until: Until):
    batches = opened.desk.runs.batches
    batches.add()
    batches.pause()
    batches.add("new")
    batches.add("failed")
    page.refresh()
    page.list.setCurrentIndex(page.rows.index(2))
    assert not page.down.isEnabled() or page.up.isEnabled()
    page.up.click()
    assert [o.which for o in batches.queue.waiting] == ["failed", "new"]
    page.remove.click()
    assert [o.which for o in batches.queue.waiting] == ["new"]
    assert page.pause.text() == "Go on"
    page.pause.click()
    until(lambda: idle(opened))
    assert [(o.which, o.state) for o in batches.queue.orders] == [("all", "done"), ("new", "done")]
    page.clear.click()
    assert batches.queue.orders == []
    assert page.none.isVisible()


def test_a_run_is_added_with_its_model_and_pictures(opened: MainWindow, page, until: Until):
    adding = page.adding
    page.first.click()
    until(lambda: adding.model.findData("nuclei-unet") >= 0)
    assert adding.model.currentData() == "regions"
    assert not adding.crf.isEnabled()
    adding.model.setCurrentIndex(adding.model.findData("nuclei-unet"))
    adding.which.setCurrentIndex(adding.which.findData("listed"))
    adding.crf.setChecked(True)
    adding.add.click()
    order = opened.desk.runs.batches.current
    assert order is not None
    assert (order.card_id, order.which, len(order.ids)) == ("nuclei-unet", "chosen", 3)
    assert order.run_options.crf == opened.desk.runs.crf
    page.cancel.click()
    until(lambda: idle(opened))
    assert opened.desk.session.model_id == "regions"
    assert opened.desk.runs.batches.queue.orders[-1].state in ("stopped", "done")


def test_an_error_of_the_whole_run_is_shown_and_the_next_begins(opened: MainWindow, page, until: Until):
    bare = next(c for c in opened.desk.session.cards if opened.desk.session.weights_status(c.id).kind == "untrained")
    opened.desk.runs.batches.add(card_id=bare.id)
    opened.desk.runs.batches.add()
    until(lambda: idle(opened))
    first, second = opened.desk.runs.batches.queue.orders
    assert (first.state, second.state) == ("failed", "done")
    page.list.setCurrentIndex(page.rows.index(0))
    assert "noise" in page.why.text()


def test_what_an_earlier_session_did_not_finish_is_offered(opened: MainWindow, pictures: Path, until: Until):
    desk, options = opened.desk, options_record(opened.desk.session.options)
    left = Order(1, "regions", "Regions", options, state="running", done=1, total=3)
    desk.session.queueing.keep(BatchQueue([left]))
    desk.open_path(pictures)
    until(lambda: opened.batch_offer.isVisible())
    assert "stopped at 1 of 3" in opened.batch_offer.text.text()
    opened.batch_offer.go_on.click()
    assert not opened.batch_offer.isVisible()
    until(lambda: idle(opened))
    order = desk.runs.batches.queue.orders[0]
    assert (order.state, order.answered, order.before) == ("done", 3, 0)
    assert desk.session.counts() == {"predicted": 3}


def test_leaving_the_project_interrupts_a_run_and_letting_it_be_keeps_what_was_done(
    opened: MainWindow, pictures: Path, until: Until
):
    batches = opened.desk.runs.batches
    batches.add()
    batches.pause()
    opened.desk.close_project()
    until(lambda: opened.desk.session.project is None and batches.queue.orders == [])
    opened.desk.open_path(pictures)
    until(lambda: opened.batch_offer.isVisible())
    opened.batch_offer.forget.click()
    assert not opened.batch_offer.isVisible()
    assert not batches.queue.interrupted


def test_a_hundred_thousand_pictures_are_listed_and_followed(opened: MainWindow):
    batches = opened.desk.runs.batches
    order = batches.queue.add(Order(0, "regions", "Regions", options_record(RunOptions())))
    batches.ledgers[order.number] = ledger = Ledger(BatchBegun(7, tuple(range(100_000))))
    fares = PictureFares(opened.desk)
    fares.resize(600, 400)
    fares.show_run(order)
    assert fares.model.rowCount() == 100_000
    fares.choose("done")
    assert fares.model.rowCount() == 0
    for picture_id in range(0, 100_000, 20):
        ledger.take(BatchStep(7, picture_id, "done"))
    ledger.take(BatchStep(7, 99_999, "failed", error=SegDeskError("It is broken.")))
    fares.show_run(order)
    assert fares.model.rowCount() == 5_000
    fares.choose("failed")
    assert fares.model.picture(0) == (99_999, "failed", "It is broken.")
    assert "100,000" in fares.pills["all"].text()
    fares.deleteLater()


def test_it_is_drawn_in_both_languages_and_looks(opened: MainWindow, page, until: Until):
    opened.action_set.by_id["run_all"].trigger()
    until(lambda: idle(opened))
    opened.desk.change_settings(language="zh_CN", theme="dark")
    until(lambda: page.cancel.text() != "Stop")
    image = page.grab().toImage()
    colors = {image.pixelColor(x, y).rgb() for x in range(0, image.width(), 5) for y in range(0, image.height(), 5)}
    assert len(colors) > 8
    QTest.keyClick(page.list, Qt.Key.Key_Down)
