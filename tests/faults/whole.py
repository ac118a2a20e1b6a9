"""A project that has everything that one can have, a picture of all that is in it, and what of it is gone unsaid.

`python -m tests.faults.whole --cases 1000` damages such a file so many times and prints how each time ended: told, or
not. A smaller number belongs to the tests.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.edit import Stroke
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import encode
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import project_mending as mending
from segdesk.io.project import Project
from segdesk.io.project_rescue import rescue
from tests.faults.damage import SIZE, blobs, damage

PICTURES = 24
BUDGET = 6_000  # bytes of undo steps of a picture: the oldest have gone
Contents = dict[tuple[str, str], object]
MAPS = {mending.OLD, mending.STRAYS, mending.SOME_LABELS}
WORDS = {  # what tells of the loss of what; each also by the picture's line or labels, which take it along
    "annotation": {mending.LABELS, *MAPS},
    "prediction": {mending.ANSWER, *MAPS},
    "reference": {mending.REFERENCE, *MAPS},
    "scribbles": {mending.STROKES, *MAPS},
    "undo": {mending.UNDO},
    "objects": {mending.OBJECTS},
    "doubts": {mending.DOUBTS},
    "marks": {mending.MARKS},
    "source": {mending.RUNS},
    "line": {mending.ENTRY, mending.LIST},
    "classes": {mending.CLASSES},
    "notes": {mending.PROJECT},
}


def make_whole(path: Path) -> Contents:
    """Make the project; returns what is in it."""
    rng = np.random.default_rng(8)
    with Project.create(path, path.parent, ClassSet.from_names(["cell", "soil", "root"])) as project:
        project.journal_budget = BUDGET
        project.set_meta("strength", {"snap": 3, "words": "grass, sky"})
        project.add_pictures([f"field {n:03}/picture number {n}.png" for n in range(PICTURES)])
        for row in project.pictures():
            _fill(project, row.id, rng)
        return contents(project)


def _fill(project: Project, key: int, rng: np.random.Generator) -> None:
    if key % 8 == 7:
        return  # a picture that nobody has come to
    labels = blobs(rng)
    run = project.add_run(f"card{key % 4}", "Card", {"n": key % 4}, "cpu")
    objects = [Instance(1 + n, 0.5, encode(labels.ids == n + 1)) for n in range(min(3, len(labels.segments)))]
    doubts = Doubts(rng.integers(0, 255, (20, 30)).astype(np.uint8), (), 0.25)
    project.save_prediction(key, run, labels, objects, 0.5, to_annotation=key % 3 > 0, doubts=doubts)
    if key % 3 == 0:
        project.save_map(key, "reference", blobs(rng))
        labels = Segmentation.empty(*SIZE)
    history = project.load_history(key)
    for _ in range(int(rng.integers(1, 7))):
        stroke = Stroke(labels, "brush")
        x, y = int(rng.integers(0, SIZE[1] - 70)), int(rng.integers(0, SIZE[0] - 70))
        value = next(iter(labels.segments), 1)
        if not labels.segments:
            stroke.set_segment(value, Segment(1))
        stroke.write(x, y, rng.random((60, 60)) < 0.6, value)
        edit = stroke.commit()
        if edit is not None:
            history.push(edit)
            project.save_step(key, labels, edit, "push")
    if key % 2 and history.done:
        undone = history.undo(labels)
        assert undone is not None
        project.save_step(key, labels, undone, "undo")
    if key % 5 == 0:
        small = blobs(rng)
        packed = PackedMap.of(small)
        project.save_scribbles(key, SIZE, dict(packed.tiles), small.segments)
    if key % 4 == 0:
        project.set_mark(key, "verified", "edited")
        project.set_locks(key, [1, 2, 3])
    project.add_cost(key, key * 1.5, key * 100)


def contents(project: Project) -> Contents:
    """All that is in a project: (path of the picture or "", what) -> something that can be compared."""
    found: Contents = {
        ("", "classes"): project.classes,
        ("", "notes"): (project.get_meta("folder"), project.get_meta("strength")),
    }
    marks, locks, scribbles = project.marks(), project.locks(), project.load_scribbles()
    for row in project.pictures():
        line = (row.id, row.width, row.height, row.state, row.doubt, row.seconds, row.pixels_changed, row.error)
        found[row.path, "line"] = line
        for layer in ("annotation", "prediction", "reference"):
            found[row.path, layer] = _plain(_or_damaged(project.load_packed, row.id, layer))
        found[row.path, "source"] = tuple(project.label_source(row.id, layer) for layer in ("annotation", "prediction"))
        found[row.path, "scribbles"] = _plain(scribbles.get(row.id))
        history = project.load_history(row.id)
        found[row.path, "undo"] = tuple(tuple(e.to_bytes() for e in s) for s in (history.done, history.undone))
        found[row.path, "objects"] = _objects(_or_damaged(project.load_instances, row.id))
        doubts = project.load_doubts(row.id)
        found[row.path, "doubts"] = None if doubts is None else (doubts.map.tobytes(), doubts.places)
        found[row.path, "marks"] = (marks.get(row.id), locks.get(row.id))
    return found


def _or_damaged(load: object, *keys: object) -> object:
    try:
        return load(*keys)  # type: ignore[operator]
    except (SegDeskError, KeyError):
        return "damaged"


def _plain(labels: object) -> object:
    if not isinstance(labels, PackedMap):
        return labels
    try:
        plain = labels.unpacked()
    except ValueError:
        return "damaged"
    return plain.ids.tobytes(), tuple(sorted(plain.segments.items()))


def _objects(found: object) -> object:
    if not isinstance(found, tuple):
        return found
    return tuple((i.class_id, i.score, i.mask.counts.tobytes()) for i in found)


def differences(before: Contents, after: Contents) -> list[tuple[str, str]]:
    """What of a project is not as it was."""
    return sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))


def unsaid(before: Contents, after: Contents, damaged: tuple[mending.Damage, ...]) -> list[tuple[str, str]]:
    """What a rescue has lost or changed and did not name. What depends on lost labels or a lost line goes with them."""
    said: dict[str, set[str]] = {}
    for one in damaged:
        said.setdefault(one.picture, set()).add(one.what)
    labels = set().union(*(WORDS[layer] for layer in ("annotation", "prediction", "reference", "scribbles")))
    left = []
    for path, what in differences(before, after):
        heard = said.get(path, set()) | said.get("", set())
        words = WORDS[what] | WORDS["line"]
        if what in ("line", "undo", "marks"):  # a picture with damaged labels is marked, and its steps go
            words |= labels
        if what == "source":
            words |= WORDS["annotation"] | WORDS["prediction"]
        if not heard & words:
            left.append((path, what))
    return left


def trial(data: bytes, before: Contents, seed: int, folder: Path) -> tuple[str, object]:
    """Damage the project once, look at it, and rescue it: how it ended, and what is to be known of it."""
    path, target = folder / "x.segdesk", folder / "recovered.segdesk"
    changed = damage(data, np.random.default_rng(seed))
    path.write_bytes(changed)
    with _leaving_nothing(folder):
        told, shown = _opened(path, before)
        if not told and shown:
            return "the check is silent", shown
        path.write_bytes(changed)
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        try:
            found = rescue(path, target)
        except SegDeskError as error:
            return "nothing readable", str(error)
        with Project.open(target) as project:
            assert project.look_after() == []
            after = contents(project)
        left = unsaid(before, after, found.damaged)
        if not left:
            return ("named" if found.damaged else "only pages that hold nothing" if found.broken else "whole"), ""
        if found.damaged or found.broken:
            return "not all is named", (left, len(found.damaged), found.broken)
        return "silent", left


def _opened(path: Path, before: Contents) -> tuple[bool, object]:
    """(whether the program tells of the damage, what it would show otherwise than it was)."""
    try:
        with Project.open(path) as project:
            if project.look_after():
                return True, None
            return False, differences(before, contents(project))
    except SegDeskError:
        return True, None


@contextlib.contextmanager
def _leaving_nothing(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        for file in folder.iterdir():
            file.unlink()


def main() -> int:
    """Run a campaign; exit code 1 if something was not told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="segdesk-damage-") as name:
        whole = Path(name) / "whole.segdesk"
        before = make_whole(whole)
        data = whole.read_bytes()
        folder = Path(name) / "trial"
        folder.mkdir()
        for seed in range(arguments.seed, arguments.seed + arguments.cases):
            end, what = trial(data, before, seed, folder)
            ends[end] += 1
            if end in ("silent", "the check is silent", "not all is named"):
                print(f"seed {seed}: {end}: {str(what)[:400]}", flush=True)
    print(f"{len(data)} bytes, {arguments.cases} damages: {dict(ends)}")
    return 1 if ends["silent"] or ends["the check is silent"] or ends["not all is named"] else 0


if __name__ == "__main__":
    sys.exit(main())
