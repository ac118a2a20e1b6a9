"""Class lists as files: what is written is read again, what others write is understood, what is hostile is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segdesk.app import class_lists
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.io.class_presets import preset_names

colors = st.tuples(*3 * [st.integers(0, 255)])
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
lists = st.lists(st.tuples(names, colors, st.booleans()), min_size=1, max_size=12, unique_by=lambda r: r[0].casefold())


@given(rows=lists, kind=st.sampled_from(["json", "csv", "cvat", "supervisely", "coco"]))
def test_what_is_written_is_read_again(rows, kind: str, tmp_path_factory) -> None:
    classes = ClassSet(ClassInfo(n, name, color, thing) for n, (name, color, thing) in enumerate(rows, 1))
    path = tmp_path_factory.getbasetemp() / f"list-{kind}"
    class_lists.write(path, classes, kind)
    if kind == "csv" and any(name.startswith("#") or name != name.strip() for name, _, _ in rows):
        return  # a line that begins with this sign is a remark
    again = class_lists.read(path)
    if any(name in class_lists.IGNORED for name, _, _ in rows):
        return
    assert [(c.name, c.color) for c in again] == [(c.name, c.color) for c in classes]
    if kind not in ("cvat", "supervisely"):  # which have no kinds
        assert [c.is_thing for c in again] == [c.is_thing for c in classes]


@pytest.mark.parametrize("kind", ["labelme", "text"])
def test_names_alone(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    class_lists.write(path, ClassSet.from_names(["car", "路", "sky"]), kind)
    found = [c.name for c in class_lists.read(path)]
    assert found == (["_background_", "car", "路", "sky"] if kind == "labelme" else ["car", "路", "sky"])


FOREIGN = {
    "labelme": "__ignore__\n_background_\nperson\ncar\n",
    "lines": "\ufeff# my classes\nperson\n\n car \nPerson\n",
    "csv": "id,Name,red,green,blue,isthing\n1,person,220,20,60,1\n2,car,0,0,142,1\n",
    "cvat": json.dumps(
        [{"name": "person", "id": 3, "color": "#dc143c", "attributes": [{"name": "x"}]}, {"name": "car"}]
    ),
    "supervisely": json.dumps(
        {"classes": [{"title": "person", "shape": "polygon", "color": "#DC143C"}, {"title": "car"}]}
    ),
    "coco": json.dumps({"images": [], "categories": [{"id": 1, "name": "person"}, {"id": 3, "name": "car"}]}),
    "ids": json.dumps({"10": "car", "2": "person"}),
    "index": json.dumps({"names": ["person", "car"], "colors": [[1, 2, 3], [4, 5, 6]], "things": ["car"], "void": 0}),
    "list": json.dumps(["person", "car"]),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_lists_of_others(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text(FOREIGN[kind], encoding="utf-8")
    found = class_lists.read(path)
    assert [c.name for c in found if c.name != "_background_"] == ["person", "car"]
    if kind in ("csv", "cvat", "supervisely"):
        assert found.named("person").color == (220, 20, 60)
    if kind == "index":
        assert [(c.color, c.is_thing) for c in found] == [((1, 2, 3), False), ((4, 5, 6), True)]


HOSTILE = {
    "empty": b"",
    "binary": b"\x89PNG\r\n\x1a\n\0\0\0",
    "zeros": b"car\0bus",
    "deep": b"[" * 100_000,
    "cut": b'{"classes": [',
    "other": b'{"shapes": []}',
    "nothing": b'{"classes": []}',
    "nameless": b'[{"id": 1}]',
    "numbers": b"[1, 2]",
    "nested": b'{"classes": {"a": {"b": 1}}}',
    "latin": "mötör".encode("latin-1"),
    "infinite": b'{"classes": [{"color": [1e999, 0, 0]}]}',
    "remarks": b"# nothing\n",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_one_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "evil.json"
    path.write_bytes(HOSTILE[kind])
    with pytest.raises(SegDeskError) as caught:
        class_lists.read(path)
    assert caught.value.text() == "evil.json is not a list of classes."
    assert caught.value.hint


def test_too_many_too_large_and_absent(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "many.txt"
    path.write_text("\n".join(map(str, range(70_000))))
    with pytest.raises(SegDeskError):
        class_lists.read(path)
    monkeypatch.setattr(class_lists, "LARGEST_FILE", 10)
    with pytest.raises(SegDeskError):
        class_lists.read(path)
    with pytest.raises(SegDeskError):
        class_lists.read(tmp_path / "absent.json")
    with pytest.raises(SegDeskError):
        class_lists.read(tmp_path)


def test_odd_colours_and_long_names_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "odd.json"
    rows = [
        {"name": "a", "color": "#1af"},
        {"name": "b" * 500, "color": [300, 0, 0]},
        {"name": "c\n", "color": "1,2,3"},
    ]
    path.write_text(json.dumps({"classes": rows}))
    first, second, third = class_lists.read(path)
    assert first.color == (0x11, 0xAA, 0xFF)
    assert len(second.name) == 200
    assert (third.name, third.color) == ("c", (1, 2, 3))


@pytest.mark.parametrize("name", [key for key, _ in class_lists.PRESETS])
def test_presets(name: str) -> None:
    assert name in preset_names()
    classes = class_lists.preset(name)
    assert len(classes) >= 5
    assert classes.named("background") is None
