"""A project with labels in many pages, and ways to damage its file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.edit import Stroke
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.project import Project

SIZE = (300, 520)  # two rows and three columns of tiles
PICTURES = 30
PAGE = 4096


def blobs(rng: np.random.Generator) -> Segmentation:
    """Overlapping boxes, as labels by hand are."""
    labels = Segmentation.empty(*SIZE)
    for key in range(1, int(rng.integers(3, 30))):
        y, x = int(rng.integers(0, SIZE[0] - 9)), int(rng.integers(0, SIZE[1] - 9))
        labels.ids[y : y + int(rng.integers(5, 90)), x : x + int(rng.integers(5, 90))] = key
        labels.segments[key] = Segment(1 + key % 3, round(float(rng.random()), 3), by_human=key % 2 == 0)
    return labels


def make_project(path: Path) -> dict[str, PackedMap]:
    """A project of labelled pictures; returns the annotation of each by its path."""
    rng = np.random.default_rng(3)
    with Project.create(path, path.parent, ClassSet.from_names(["cell", "soil", "root"])) as project:
        project.add_pictures([f"field {n:03}/picture number {n}.png" for n in range(PICTURES)])
        for row in project.pictures():
            labels = blobs(rng)
            run = project.add_run(f"card{row.id % 3}", "Card", {"n": row.id % 3}, "cpu")
            project.save_prediction(row.id, run, labels, (), 0.5, to_annotation=True)
            for _ in range(3):
                stroke = Stroke(labels, "brush")
                y, x = int(rng.integers(0, SIZE[0] - 70)), int(rng.integers(0, SIZE[1] - 70))
                stroke.write(x, y, rng.random((60, 60)) < 0.6, 1)
                edit = stroke.commit()
                assert edit is not None
                project.save_step(row.id, labels, edit, "push")
        return {r.path: project.load_packed(r.id, "annotation") for r in project.pictures()}  # type: ignore[misc]


def damage(data: bytes, rng: np.random.Generator) -> bytes:
    """The file with some bits, bytes or whole pages changed, or an end that is missing."""
    out = bytearray(data)
    kind = int(rng.integers(0, 6))
    pages = len(out) // PAGE
    if kind == 0:
        at = int(rng.integers(0, len(out)))
        out[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 1:
        for at in rng.integers(0, len(out), int(rng.integers(2, 40))):
            out[at] ^= 1 << int(rng.integers(0, 8))
    elif kind == 2:
        at = int(rng.integers(0, pages)) * PAGE
        out[at : at + PAGE] = rng.bytes(PAGE) if rng.random() < 0.5 else bytes(PAGE)
    elif kind == 3:
        a, b = (int(n) * PAGE for n in rng.integers(0, pages, 2))
        out[a : a + PAGE], out[b : b + PAGE] = out[b : b + PAGE], out[a : a + PAGE]
    elif kind == 4:
        at = int(rng.integers(0, len(out) - 600))
        out[at : at + int(rng.integers(1, 600))] = bytes(1)
        del out[len(data) :]
    else:  # the head of a page: its kind, its counts, where its rows are
        at = int(rng.integers(1, pages)) * PAGE + int(rng.integers(0, 30))
        out[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(out)


def same(a: PackedMap | Segmentation | None, b: PackedMap | Segmentation | None) -> bool:
    """Whether two maps have the same labels."""
    if a is None or b is None:
        return a is b
    whole = (0, 0, a.size[1], a.size[0])
    return a.size == b.size and dict(a.segments) == dict(b.segments) and np.array_equal(a.read(whole), b.read(whole))
