"""Comparing what came back with what was exported: counts equal a slow oracle, and one changed pixel is found."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import second_readers
from segdesk.io.export_choice import ChosenLabels, ExportChoice
from segdesk.io.formats import coco_instances
from segdesk.io.verifying import ComparingSink, differing
from tests.io.formats.exchange import CLASSES, blocks, export, make_project, never

THINGS = frozenset({7, 40})


@st.composite
def maps(draw: st.DrawFn) -> Segmentation:
    ids = np.array(draw(st.lists(st.integers(0, 4), min_size=12, max_size=12))).reshape(3, 4)
    return blocks(ids, {k: draw(st.sampled_from([7, 40, 2])) for k in range(1, 5)})


def oracle(a: Segmentation, b: Segmentation) -> int:
    """The fewest pixels of things with the right class that no pairing of objects explains."""
    same = (a.class_map() == b.class_map()) & np.isin(a.class_map(), list(THINGS))
    here, there = np.unique(a.ids[same]).tolist(), np.unique(b.ids[same]).tolist()
    there += [-1] * max(0, len(here) - len(there))
    best = 0
    for chosen in itertools.permutations(there, len(here)):
        pairs = zip(here, chosen, strict=True)
        best = max(best, sum(int((same & (a.ids == x) & (b.ids == y)).sum()) for x, y in pairs))
    return int(same.sum()) - best


@given(maps(), maps())
def test_differences_are_counted(a: Segmentation, b: Segmentation) -> None:
    by_class, by_object = differing(a, b, THINGS)
    assert by_class == int((a.class_map() != b.class_map()).sum())
    assert by_object >= oracle(a, b)
    assert (by_object == 0) == (oracle(a, b) == 0)


@given(maps())
def test_other_numbers_for_the_same_objects_are_no_difference(a: Segmentation) -> None:
    other = Segmentation(a.ids + (a.ids > 0).astype(np.uint16) * 100, {k + 100: s for k, s in a.segments.items()})
    assert differing(a, other, THINGS) == (0, 0)


def test_one_pixel_and_a_lost_picture_are_found(tmp_path: Path) -> None:
    ids = np.kron(np.arange(12).reshape(3, 4), np.ones((5, 5), int))
    labels = blocks(ids, {k: (7, 2)[k % 2] for k in range(1, 12)})
    with make_project(tmp_path, {"a.png": labels, "b.png": labels, "c.png": labels}) as project:
        sink = ComparingSink(ChosenLabels(project, ExportChoice()))
        changed = labels.copy()
        changed.ids[0, 7] = 2
        sink.put("a.png", changed)
        sink.put("b.png", labels)
        missing = sink.finish(frozenset(), never)
        found = sink.result(missing, ("x",), ())
        assert (found.class_pixels, found.object_pixels, found.missing) == (1 + 275, 0, 1)
        assert found.worst == (("c.png", 275), ("a.png", 1))
        assert not found.exact
        sink = ComparingSink(ChosenLabels(project, ExportChoice()))
        sink.put("a.png", labels)
        sink.put("b.png", labels)
        assert sink.finish(frozenset({"c.png"}), never) == 0
        assert sink.result(0, ("x",), ()).exact


def test_foreign_classes_meet_the_projects_by_name(tmp_path: Path) -> None:
    with make_project(tmp_path, {"a.png": blocks(np.ones((4, 4), int), {1: 7})}) as project:
        sink = ComparingSink(ChosenLabels(project, ExportChoice()))
        ids = sink.class_ids(ClassSet([ClassInfo(1, "CELL", (0, 0, 0)), ClassInfo(2, "dragon", (0, 0, 0))]))
        assert ids[1] == 7
        assert CLASSES.get(ids[2]) is None
        assert sink.class_ids(ClassSet([ClassInfo(9, "dragon", (0, 0, 0))]))[9] == ids[2]
        assert len(project.classes) == len(CLASSES)


def test_some_classes_alone(tmp_path: Path) -> None:
    labels = blocks(np.array([[1, 2, 3, 0]]), {1: 7, 2: 2, 3: 40})
    with make_project(tmp_path, {"a.png": labels}) as project:
        chosen = ChosenLabels(project, ExportChoice(class_ids=frozenset({7, 40})))
        (item,) = chosen.source().items()
        assert item.segmentation.class_map().tolist() == [[7, 0, 40, 0]]
        assert [c.id for c in chosen.classes] == [7, 40]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_pycocotools_reads_what_we_read(tmp_path: Path) -> None:
    ids = np.kron(np.arange(12).reshape(3, 4), np.ones((5, 5), int))
    labels = blocks(ids, {k: (7, 2)[k % 2] for k in range(1, 12)})
    with make_project(tmp_path, {"a/1.png": labels}) as project:
        export(project, coco_instances, tmp_path / "out")
        sink = ComparingSink(ChosenLabels(project, ExportChoice()))
        for name, found, classes in second_readers.coco_instances(tmp_path / "out"):
            assert isinstance(next(iter(found.segments.values())), Segment)
            sink.put(name, found.remapped(sink.class_ids(classes)))
        assert sink.result(sink.finish(frozenset(), never), (), ()).exact
        assert sink.pictures == 1
