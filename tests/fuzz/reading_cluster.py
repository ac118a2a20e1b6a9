"""The readers of what a run on a cluster goes by: lists of pictures, and the parts that workers have written; and the
rescue of a damaged project."""

from __future__ import annotations

import io
import json
from pathlib import Path, PurePosixPath

import numpy as np

from segdesk.app.cluster_parts import Row, decode, encode
from segdesk.app.cluster_source import LISTS, listing
from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.messages import Answer
from segdesk.io.project import Project
from segdesk.io.project_rescue import rescue
from tests.fuzz.mutate import Files
from tests.fuzz.readers import Reader
from tests.fuzz.reading_tables import project_seeds

KINDS = {".parquet": "parquet", ".zip": "coco-panoptic"}


def part_seeds(_: Path) -> list[Files]:
    """Parts of both formats with all that an answer can have."""
    ids = np.kron(np.arange(6).reshape(2, 3), np.ones((5, 4))).astype(np.uint16)
    labels = Segmentation(ids, {key: Segment(1 + key % 2, 0.5, crowd=key == 2) for key in range(1, 6)})
    found = Answer(
        key="a.png",
        card_id="card",
        segmentation=labels,
        classes=ClassSet.from_names(["cat", "sky"], things=["cat"]),
        instances=(Instance(1, 0.75, rle.encode(ids == 1)),),
        doubt=0.25,
        seconds={"forward": 0.5},
        device="cpu",
        notes=("A note.",),
        doubts=Doubts(ids.astype(np.uint8), (), 0.5),
    )
    rows = [Row("a.png", "s3://b/a.png", found), Row("b.png", "", None, SegDeskError("It is {how}.", how="bad"))]
    return [{f"part{suffix}": encode(rows, kind)} for suffix, kind in KINDS.items()]


def read_part(folder: Path) -> None:
    """Answers whose maps and objects fit each other."""
    path = next((p for p in sorted(folder.iterdir()) if p.suffix in KINDS and p.is_file()), None)
    if path is None:
        return
    for row in decode(path.read_bytes(), KINDS[path.suffix]):
        if row.answer is not None:
            labels = row.answer.segmentation
            assert isinstance(labels, Segmentation)
            assert set(np.unique(labels.ids)) <= {0, *labels.segments}
            assert all(one.mask.size == labels.size for one in row.answer.instances)


def list_seeds(_: Path) -> list[Files]:
    """Lists in all forms, with names that lead elsewhere."""
    import pyarrow as pa
    from pyarrow import parquet

    entries = ["a/1.png", "/data/b/2.png", "s3://bucket/x.png?sig=1", "../../etc/x.png", "zip://q.png::file:///x.zip"]
    file = io.BytesIO()
    parquet.write_table(pa.table({"n": [1, 2, 3, 4, 5], "url": entries}), file)
    lines = "\n".join(entries)
    return [
        {"list.txt": f"# mine\n{lines}\n".encode()},
        {"list.csv": ("size,path\n" + "\n".join(f"{n},{json.dumps(e)}" for n, e in enumerate(entries))).encode()},
        {"list.tsv": ("path\tsize\n" + "\n".join(f"{e}\t1" for e in entries)).encode()},
        {"list.parquet": file.getvalue()},
    ]


def read_list(folder: Path) -> None:
    """Names that differ and stay inside."""
    path = next((p for p in sorted(folder.iterdir()) if p.suffix in LISTS), folder / "list.txt")
    found = listing(str(path))
    assert found is not None
    names = [PurePosixPath(picture.name) for picture in found.pictures]
    assert len(set(names)) == len(names) > 0
    assert not any(name.is_absolute() or ".." in name.parts for name in names)


def read_rescue(folder: Path) -> None:
    """A sound project of what was left of one."""
    path = next((p for p in sorted(folder.iterdir()) if p.suffix == ".segdesk"), folder / "p.segdesk")
    found = rescue(path, folder / "recovered.segdesk")
    with Project.open(found.path) as project:
        assert project.look_after() == []
        for row in project.pictures():
            for layer in project.layers(row.id) - {"scribbles"}:
                labels = project.load_map(row.id, layer)
                assert labels is not None
                labels.check(project.classes)


READERS = [
    Reader("run part", part_seeds, read_part),
    Reader("picture list", list_seeds, read_list),
    Reader("rescue", project_seeds, read_rescue, writes=True),
]
