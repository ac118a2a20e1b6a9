"""What every operation of the plug-in folder must keep to; a new file is tested without a line here."""

from __future__ import annotations

import contextlib
import importlib
import string
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import segdesk.app.operations
from segdesk.app import discover
from segdesk.app.document import Document
from segdesk.app.operations.base import OperationInfo
from segdesk.app.tools.base import Value
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, CELL, ROAD, SKY, check, make
from tests.app.snapper import Snapper

FOLDER = Path(segdesk.app.operations.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "base"))
SCOPES = ("active", "class", "picture")
REFUSES = ("snap", "snap_strokes")  # they say so where no border moves, or nothing was painted


def load(name: str) -> ModuleType:
    return importlib.import_module(f"segdesk.app.operations.{name}")


def noisy(seed: int) -> Segmentation:
    """Blobs of all classes with holes, islands and void."""
    random = np.random.default_rng(seed)
    coarse = np.kron(
        random.choice(np.array([0, SKY, ROAD, 10, 11, 12], np.uint16), (8, 10)), np.ones((15, 16), np.uint16)
    )
    specks = random.random(coarse.shape) < 0.03
    ids = np.where(specks, random.choice(np.array([0, SKY, 10], np.uint16), coarse.shape), coarse)
    segments = {SKY: Segment(SKY), ROAD: Segment(ROAD), 10: Segment(CAR), 11: Segment(CAR), 12: Segment(CELL)}
    return Segmentation(ids, segments).pruned()


def document(seed: int = 3) -> Document:
    doc = make(segmentation=noisy(seed), prediction=noisy(seed + 50))
    doc.active_class = CAR
    doc.active_segment = 10
    doc.hand.snapper = Snapper()
    return doc


def run(module: ModuleType, doc: Document, **options: object) -> None:
    more = {"previous": noisy(77)} if "previous" in module.INFO.needs else {}
    with contextlib.suppress(*(SegDeskError,) if module.INFO.id in REFUSES else ()):
        module.run(doc, **more, **options)


def settings_of(info: OperationInfo) -> list[dict[str, Value]]:
    """Defaults, then each option at each of its extremes."""
    result: list[dict[str, Value]] = [{}]
    for option in info.options:
        if option.kind == "choice":
            result += [{option.id: value} for value, _ in option.choices]
        elif option.kind == "bool":
            result += [{option.id: not option.default}]
        else:
            result += [{option.id: option.accepted(value)} for value in (option.minimum, min(40, option.maximum))]
    return result


def test_the_folder_is_found_and_nothing_is_broken():
    good, bad = discover.operations()
    assert bad == []
    assert sorted(p.name for p in good) == NAMES
    assert [p.info.order for p in good] == sorted(p.info.order for p in good)


def test_ids_keys_and_order_are_their_own():
    infos = [load(name).INFO for name in NAMES]
    for field in ("id", "order"):
        assert len({getattr(i, field) for i in infos}) == len(infos), field
    keys = [i.key for i in infos if i.key]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("name", NAMES)
def test_an_operation_describes_itself(name: str):
    info = load(name).INFO
    assert isinstance(info, OperationInfo)
    assert info.id == name
    assert info.title
    assert info.note.endswith(".")
    assert set(info.needs) <= {"segment", "answer", "previous"}
    assert all(option.accepted(option.default) == option.default for option in info.options)
    assert all(set(option.id) <= set(string.ascii_lowercase + "_") for option in info.options)


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_is_valid_one_step_and_undone_exactly(name: str):
    module = load(name)
    for options in settings_of(module.INFO):
        doc = document()
        changed = np.zeros(doc.segmentation.size, bool)
        doc.on_pixels.append(lambda r, c=changed: c.__setitem__((slice(r[1], r[3]), slice(r[0], r[2])), True))
        run(module, doc, **options)
        check(doc)
        assert len(doc.history.done) <= 1
        assert changed[doc.segmentation.ids != noisy(3).ids].all()
        assert all((doc.segmentation.ids == k).any() for k in doc.segmentation.segments)
        doc.undo()
        assert np.array_equal(doc.segmentation.ids, noisy(3).ids)
        assert doc.segmentation.segments == noisy(3).segments
        doc.redo()
        check(doc)


@pytest.mark.parametrize("name", NAMES)
def test_the_background_gives_the_same_map(name: str):
    at_once, later = document(), document()
    waiting = []
    later.background = lambda work, then: waiting.append((work, then))
    run(load(name), at_once)
    run(load(name), later)
    while waiting:
        work, then = waiting.pop()
        with contextlib.suppress(*(SegDeskError,) if name in REFUSES else ()):
            then(work())
    assert np.array_equal(at_once.segmentation.ids, later.segmentation.ids)
    assert at_once.segmentation.segments == later.segmentation.segments
    check(later)


@pytest.mark.parametrize("name", NAMES)
def test_locked_labels_stay_as_they_are(name: str):
    module = load(name)
    for options in settings_of(module.INFO):
        for lock in ("class", "object"):
            doc = document()
            if lock == "class":
                doc.hand.locked_classes = {CAR}
                locked = np.isin(doc.segmentation.ids, (10, 11))
            else:
                doc.hand.locked_segments = {(doc.row.id, 10)}
                locked = doc.segmentation.ids == 10
            before = doc.segmentation.ids.copy()
            with contextlib.suppress(SegDeskError):
                run(module, doc, **options)
            assert np.array_equal(np.where(locked, doc.segmentation.ids, 0), np.where(locked, before, 0))
            grown = np.isin(doc.segmentation.ids, before[locked]) & ~locked
            assert not grown.any()
            check(doc)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_map_is_no_trouble(name: str):
    doc = make()
    with contextlib.suppress(SegDeskError):
        run(load(name), doc)
    check(doc)
