"""Asking for one model while a thread reads all the cards, and a reload in the middle of that."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from segdesk.app import models
from segdesk.app.models import Models

WAIT = 30


class Gate:
    """Reading all cards stops in the middle until it is let on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached, self.on, self.times = threading.Event(), threading.Event(), 0
        real = models.load_cards

        def load(folders: Sequence[Path]):
            self.times += 1
            result = real(folders)
            self.reached.set()
            assert self.on.wait(WAIT)
            return result

        monkeypatch.setattr(models, "load_cards", load)


def test_one_card_does_not_wait_for_all(monkeypatch: pytest.MonkeyPatch):
    gate, known = Gate(monkeypatch), Models()
    thread = threading.Thread(target=lambda: known.cards)
    thread.start()
    try:
        assert gate.reached.wait(WAIT)
        asked: list[object] = []
        other = threading.Thread(target=lambda: asked.append(known.find("regions")))
        other.start()
        other.join(WAIT)
        assert not other.is_alive()
        assert asked[0] is not None
        assert asked[0] is known.find("regions")
    finally:
        gate.on.set()
        thread.join(WAIT)


def test_a_reload_while_cards_are_read_makes_them_read_again(monkeypatch: pytest.MonkeyPatch):
    gate, known = Gate(monkeypatch), Models()
    thread = threading.Thread(target=lambda: known.cards)
    thread.start()
    assert gate.reached.wait(WAIT)
    known.reload()  # does not wait
    gate.on.set()
    thread.join(WAIT)
    assert gate.times == 1
    assert known.cards is known.cards
    assert gate.times == 2
