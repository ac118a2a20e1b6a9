"""Long changes of a document: how far they are, cancelling, and that the map is as it was then."""

from __future__ import annotations

import importlib
from collections.abc import Callable

import numpy as np
import pytest

from segdesk.app import changes
from segdesk.app.document import Document
from segdesk.app.held import patches, windows
from segdesk.app.runs import Runs
from segdesk.domain.errors import Cancelled
from segdesk.domain.segmentation import Segment, Segmentation
from tests.app.documents import CAR, SKY, check, halves, make

OPERATIONS = ("fill_holes", "grow", "keep_largest", "merge_class", "no_void", "remove_islands", "shrink", "smooth")


class Thread:
    """A background that works when the test says so, and stops a change after some ticks."""

    def __init__(self, doc: Document) -> None:
        self.doc = doc
        self.waiting: list[tuple[Callable[[], object], Callable[[object], None]]] = []
        doc.background = lambda work, then: self.waiting.append((work, then))

    def run(self) -> None:
        while self.waiting:
            work, then = self.waiting.pop(0)
            then(work())


def spotted() -> Segmentation:
    """Objects with holes, islands and void between them."""
    random = np.random.default_rng(3)
    map_ = halves()
    map_.ids[random.random(map_.ids.shape) < 0.1] = 0
    map_.ids[random.random(map_.ids.shape) < 0.02] = 10
    return map_


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("after", [0, 1, 7, 40])
def test_a_cancelled_operation_leaves_the_map_as_it_was(name: str, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdesk.app.morphology.BAND_PIXELS", 1_000)
    monkeypatch.setattr("segdesk.app.runs.BAND_PIXELS", 1_000)
    doc = make(segmentation=spotted())
    doc.active_class = CAR
    thread = Thread(doc)
    before = doc.segmentation.copy()
    module = importlib.import_module(f"segdesk.app.operations.{name}")
    module.run(doc, **({"scope": "picture"} if any(o.id == "scope" for o in module.INFO.options) else {}))
    assert doc.busy
    watch = doc.changes.watch
    assert watch is not None
    heard: list[tuple[int, int]] = []
    tick = watch.tick

    def counted(done: int, total: int) -> None:
        heard.append((done, total))
        if len(heard) > after:
            assert doc.cancel_change()
        tick(done, total)

    monkeypatch.setattr(watch, "tick", counted)
    thread.run()
    assert not doc.busy
    assert doc.changes.watch is None
    assert all(0 <= done <= total for done, total in heard)
    if len(heard) > after:
        assert np.array_equal(doc.segmentation.ids, before.ids)
        assert doc.segmentation.segments == before.segments
        assert not doc.can_undo
    check(doc)


@pytest.mark.parametrize("name", ["smooth", "no_void", "remove_islands"])
def test_progress_never_goes_back(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdesk.app.morphology.BAND_PIXELS", 1_000)
    monkeypatch.setattr("segdesk.app.morphology.PASSES", ((16, 2), (32, 8)))
    map_ = spotted()
    map_.ids[:50, :70] = 0
    doc = make(segmentation=map_)
    thread = Thread(doc)
    module = importlib.import_module(f"segdesk.app.operations.{name}")
    module.run(doc, **({"scope": "picture"} if any(o.id == "scope" for o in module.INFO.options) else {}))
    watch = doc.changes.watch
    assert watch is not None
    parts: list[float] = []
    tick = watch.tick
    monkeypatch.setattr(watch, "tick", lambda done, total: (parts.append(done / total), tick(done, total)))
    thread.run()
    assert len(parts) > 5
    assert parts == sorted(parts)


def test_a_cancelled_undo_can_be_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEAVY_TILES", 0)
    doc = make(segmentation=halves())
    doc.apply(Segmentation(np.full((120, 160), 5, np.uint16), {5: Segment(SKY)}), "Import")
    thread = Thread(doc)
    doc.undo()
    assert doc.cancel_change()
    thread.run()
    assert doc.segment_at(3, 3) == 5
    assert (len(doc.history.done), len(doc.history.undone)) == (1, 0)
    doc.undo()
    thread.run()
    assert np.array_equal(doc.segmentation.ids, halves().ids)
    check(doc)


def test_there_is_nothing_to_cancel_most_of_the_time() -> None:
    doc = make(segmentation=halves())
    assert not doc.cancel_change()


def test_an_answer_that_comes_by_itself_is_no_ones_wish_to_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "HEAVY_PIXELS", 100)
    doc = make(segmentation=halves())
    thread = Thread(doc)
    doc.apply_result(Segmentation(np.full((120, 160), 5, np.uint16), {5: Segment(SKY)}), "Model")
    assert not doc.busy
    assert not doc.cancel_change()
    work, then = thread.waiting.pop(0)
    then(work())
    assert doc.busy, "while it is written, nobody paints"
    with pytest.raises(RuntimeError):
        doc.begin("Brush")
    thread.run()
    assert not doc.busy
    assert doc.segment_at(3, 3) == 5


def test_what_waits_for_the_disk_is_kept_when_a_thread_changes_the_map(monkeypatch: pytest.MonkeyPatch) -> None:
    doc = make(segmentation=halves())
    thread = Thread(doc)
    taken = []
    doc.on_edit.append(lambda edit, kind: taken.append((doc.snapshot(edit), edit, doc.segmentation.copy())))
    doc.begin("Brush")
    doc.paint(10, 10, np.ones((30, 30), bool), 1)
    doc.commit()
    doc.changes.edit("All", lambda target, stroke, tick: stroke.write(0, 0, np.ones((120, 160), bool), 1))
    thread.run()
    doc.undo()
    for patch, edit, then in taken:
        for key in edit.tiles:
            y, x = key[0] * 64, key[1] * 64
            assert np.array_equal(patch.tile(key), then.ids[y : y + 64, x : x + 64])


def test_what_is_held_comes_out_as_it_went_in() -> None:
    random = np.random.default_rng(1)
    some = [(n, 2 * n, random.integers(0, 9, (5 + n, 70)).astype(np.uint16)) for n in range(4)]
    masks = [(n, 2 * n, random.random((5 + n, 71)) < 0.5, n) for n in range(4)]
    heard: list[float] = []

    def tick(done: int, total: int) -> None:
        heard.append(done / total)

    for (x, y, new), (x2, y2, new2) in zip(some, windows(lambda _: some, tick), strict=True):
        assert (x, y, new.tolist()) == (x2, y2, new2.tolist())
    for (x, y, mask, key), (x2, y2, mask2, key2) in zip(masks, patches(lambda _: masks, tick), strict=True):
        assert (x, y, mask.tolist(), key) == (x2, y2, mask2.tolist(), key2)
    assert heard

    def stop(done: int, total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        list(windows(lambda _: some, stop))


@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_runs_hang_together_as_pixels_do(seed: int, corners: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy import ndimage

    monkeypatch.setattr("segdesk.app.runs.BAND_PIXELS", 100)
    random = np.random.default_rng(seed)
    mask = random.random(random.integers(1, 40, 2)) < random.choice([0.2, 0.5, 0.8])
    runs = Runs.where(mask.astype(np.uint16), lambda part: part == 1)
    part_of_run, count = runs.connected(corners=corners)
    labels, wanted = ndimage.label(mask, np.ones((3, 3)) if corners else None)
    assert count == wanted
    assert runs.areas(part_of_run, count).sum() == mask.sum()
    seen = np.zeros(mask.shape, int)
    for n, (x, y, part) in enumerate(runs.one_by_one(part_of_run), 1):
        seen[y : y + part.shape[0], x : x + part.shape[1]][part] = n
    assert np.array_equal(seen > 0, mask)
    pairs = set(zip(seen[mask].tolist(), labels[mask].tolist(), strict=True))
    assert len(pairs) == count
    whole = np.zeros(mask.shape, bool)
    for y, band in runs.masks(mask.shape[1]):
        whole[y : y + band.shape[0]] |= band
    assert np.array_equal(whole, mask)
    border = np.zeros(mask.shape, bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    touching = {int(k) for k in seen[border & mask]}
    assert touching == {int(part_of_run[i]) + 1 for i in np.flatnonzero(runs.at_border(mask.shape))}
