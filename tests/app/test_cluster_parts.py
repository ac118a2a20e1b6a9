"""The parts of a cluster run, the places they lie in, and what a run is told to segment: all of it without Ray."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("fsspec", reason="fsspec is not installed")
pytest.importorskip("pyarrow", reason="pyarrow is not installed")

from segdesk.app import cluster_source
from segdesk.app.cluster_parts import FORMATS, Row, decode, encode, map_of, masks_of
from segdesk.app.cluster_source import listing
from segdesk.app.cluster_store import Place, joined
from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.doubt import Doubts
from segdesk.domain.doubt import Place as Spot
from segdesk.domain.errors import SegDeskError
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.engines.messages import Answer
from segdesk.io import images
from segdesk.io.formats import coco_panoptic
from tests.app.conftest import picture
from tests.app.web_store import WebStore

CLASSES = ClassSet.from_names(["Wolke", "猫", "car"], things=["car"])
scores = st.floats(0, 1, allow_nan=False)


@st.composite
def label_maps(draw: st.DrawFn) -> Segmentation:
    height, width = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    keys = draw(st.lists(st.integers(1, 65_535), max_size=4, unique=True))
    choice = st.sampled_from([0, *keys])
    flat = draw(st.lists(choice, min_size=height * width, max_size=height * width))
    table = {k: Segment(draw(st.integers(1, 3)), draw(scores), crowd=draw(st.booleans())) for k in keys}
    return Segmentation(np.array(flat, np.uint16).reshape(height, width), table)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    labels = draw(label_maps())
    bits = st.lists(st.booleans(), min_size=labels.ids.size, max_size=labels.ids.size)
    masks = [np.array(draw(bits)).reshape(labels.size) for _ in range(draw(st.integers(0, 2)))]
    doubts = None
    if draw(st.booleans()):
        spots = tuple(Spot("margin", (0, 1, 2, 3), draw(scores)) for _ in range(draw(st.integers(0, 2))))
        cells = np.array(draw(st.lists(st.integers(0, 255), min_size=6, max_size=6)), np.uint8).reshape(2, 3)
        doubts = Doubts(cells, spots, draw(scores))
    return Answer(
        key="p",
        card_id="card",
        segmentation=PackedMap.of(labels) if draw(st.booleans()) else labels,
        classes=draw(st.sampled_from([CLASSES, ClassSet.from_names(["Wolke", "b", "c"])])),
        instances=tuple(Instance(n + 1, draw(scores), rle.encode(m)) for n, m in enumerate(masks)),
        doubt=draw(scores),
        seconds={"forward": draw(st.floats(0, 9))},
        device="cpu",
        notes=("A note.",),
        doubts=doubts,
    )


def same(a: Answer, b: Answer) -> bool:
    x, y = PackedMap.of(a.segmentation), PackedMap.of(b.segmentation)
    labels = x.size == y.size and dict(x.tiles) == dict(y.tiles) and x.segments == y.segments
    p, q = a.doubts, b.doubts
    if p is None or q is None:
        doubts = p is q
    else:
        doubts = np.array_equal(p.map, q.map) and (p.places, p.value) == (q.places, q.value)
    rest = [(n.instances, n.doubt, n.classes, n.card_id, n.device, n.notes, dict(n.seconds)) for n in (a, b)]
    return labels and doubts and rest[0] == rest[1]


@given(st.lists(answers(), max_size=3), st.sampled_from(FORMATS))
@settings(max_examples=60)
def test_a_part_gives_back_what_went_in_bit_for_bit(found: list[Answer], kind: str) -> None:
    error = SegDeskError("{name} is empty (0 bytes).", "Copy it again.", name="x.png", size=0)
    rows = [Row(f"n{n}.png", f"s3://b/n{n}.png", answer) for n, answer in enumerate(found)]
    rows.append(Row("bad.png", "/bad.png", None, error, unreadable=True))
    back = {row.name: row for row in decode(encode(rows, kind), kind)}
    assert set(back) == {row.name for row in rows}
    for row in rows:
        assert back[row.name].where == row.where
        assert row.answer is None or same(row.answer, back[row.name].answer)  # type: ignore[arg-type]
    bad = back["bad.png"]
    assert bad.unreadable
    assert (bad.error.text(), bad.error.hint_text()) == (error.text(), error.hint_text())  # type: ignore[union-attr]


@given(label_maps())
def test_masks_make_the_map_again(labels: Segmentation) -> None:
    masks = masks_of(labels)
    for key, mask in masks.items():
        assert mask == rle.encode(labels.ids == key)
    assert np.array_equal(map_of(masks, labels.size), labels.ids)


def test_masks_that_overlap_are_refused() -> None:
    full = rle.encode(np.ones((2, 2), bool))
    with pytest.raises(ValueError, match="overlap"):
        map_of({1: full, 2: full}, (2, 2))


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("data", [b"", b"PK", b"PAR1 nonsense PAR1"])
def test_a_damaged_part_is_one_sentence(kind: str, data: bytes) -> None:
    with pytest.raises(SegDeskError, match="damaged"):
        list(decode(data, kind))


@pytest.mark.parametrize("kind", FORMATS)
def test_flipped_bits_in_a_part_are_never_another_answer(kind: str) -> None:
    rng = np.random.default_rng(5)
    rows = []
    for number in range(3):
        ids = np.kron(rng.integers(0, 4, (6, 8)), np.ones((9, 9))).astype(np.uint16)
        labels = Segmentation(ids, {key: Segment(key, 0.5) for key in range(1, 4)})
        objects = tuple(Instance(key, 0.25, rle.encode(ids == key)) for key in range(1, 4))
        doubts = Doubts(rng.integers(0, 255, (6, 8)).astype(np.uint8), (), 0.5)
        found = Answer("p", "card", labels, CLASSES, instances=objects, doubt=0.25, doubts=doubts)
        rows.append(Row(f"p{number}", "", found))
    data, told = encode(rows, kind), 0
    for _ in range(60):
        flipped = bytearray(data)
        flipped[int(rng.integers(0, len(data)))] ^= 1 << int(rng.integers(0, 8))
        try:
            got = list(decode(bytes(flipped), kind))
        except SegDeskError:
            told += 1
            continue
        assert [row.name for row in got] == [row.name for row in rows]
        for row, wanted in zip(got, rows, strict=True):
            assert row.answer is not None
            assert wanted.answer is not None
            assert same(replace(row.answer, key="p"), wanted.answer)
    assert told > 30


def test_a_part_of_an_impossible_size_takes_no_memory() -> None:
    import pyarrow as pa
    from pyarrow import parquet

    answer = Answer("p", "card", Segmentation.empty(2, 2), CLASSES)
    table = parquet.read_table(io.BytesIO(encode([Row("p", "", answer)], "parquet")))
    for column in ("height", "width"):
        at = table.schema.get_field_index(column)
        table = table.set_column(at, table.schema.field(at), pa.array([1 << 30], pa.int32()))
    file = io.BytesIO()
    parquet.write_table(table, file)
    with pytest.raises(SegDeskError, match="no picture has this size"):
        list(decode(file.getvalue(), "parquet"))


def test_a_panoptic_part_is_a_data_set_that_other_programs_read(tmp_path: Path) -> None:
    labels = Segmentation(np.array([[1, 1, 0], [7, 7, 7]], np.uint16), {1: Segment(1), 7: Segment(3, 0.5)})
    answer = Answer("a.png", "card", labels, CLASSES)
    file = tmp_path / "part.zip"
    file.write_bytes(encode([Row("sub/a.png", "", answer)], "coco-panoptic"))
    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "set")
    got: dict[str, Segmentation] = {}

    class Sink:
        def class_ids(self, classes: ClassSet) -> dict[int, int]:
            assert [c.name for c in classes] == [c.name for c in CLASSES]
            return {c.id: c.id for c in classes}

        def size_of(self, name: str) -> tuple[int, int]:
            return labels.size

        def put(self, name: str, segmentation: Segmentation, *, instances: object = None) -> None:
            got[name] = segmentation

    document = tmp_path / "set" / "annotations" / "panoptic_default.json"
    result = coco_panoptic.read(
        document, Sink(), layer="reference", progress=lambda done, total: None, cancelled=lambda: False
    )
    assert result.problems == ()
    assert np.array_equal(got["sub/a.png"].class_map(), labels.class_map())


# -- places ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["", "file://", "local://", "memory://", "webhdfs"])
def test_a_place_keeps_whole_files(scheme: str, tmp_path: Path, store: WebStore) -> None:
    base = store.url if scheme == "webhdfs" else f"{scheme}{tmp_path}"
    place = Place(f"{base}/out").child("run")
    assert place.names() == []
    place.write("b.bin", b"old")
    place.write("b.bin", b"new")
    place.write("a.bin", b"")
    place.child("inner").write("c.bin", b"c")
    assert place.names() == ["a.bin", "b.bin"]
    assert place.read("b.bin") == b"new"
    with pytest.raises(SegDeskError):
        place.read("missing.bin")


def test_a_store_that_loses_what_it_was_given_is_one_sentence(store: WebStore, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(f"{store.url}/out")
    place.write("a.bin", b"a")
    monkeypatch.setattr(type(place._system), "mv", lambda *_: None)
    with pytest.raises(SegDeskError, match="did not take its place"):
        place.write("b.bin", b"b")
    store.close()
    with pytest.raises(SegDeskError, match="cannot be reached"):
        place.write("c.bin", b"c")


def test_an_unknown_kind_of_address_is_one_sentence() -> None:
    with pytest.raises(SegDeskError, match="cannot be reached"):
        Place("nonsense://bucket/folder")


def test_a_name_below_a_chain_of_addresses() -> None:
    assert joined("zip://::file:///x.zip", "a/b.png") == "zip://a/b.png::file:///x.zip"
    assert joined("s3://bucket/in", "a.png") == "s3://bucket/in/a.png"


# -- sources -----------------------------------------------------------------------------------------------------------


def test_a_folder_of_this_machine_is_opened_as_always(tmp_path: Path) -> None:
    assert listing(str(tmp_path)) is None
    assert listing(f"file://{tmp_path}") is None


def test_everything_below_an_address_in_natural_order() -> None:
    place = Place("memory://pictures/in")
    for name in ("img10.PNG", "img9.jpg", "notes.txt"):
        place.write(name, b"x")
    place.child("deep").write("a.tif", b"x")
    place.child(".hidden").write("a.tif", b"x")
    found = listing("memory://pictures/in")
    assert found is not None
    assert [p.name for p in found.pictures] == ["deep/a.tif", "img9.jpg", "img10.PNG"]
    assert found.pictures[1].where == "memory://pictures/in/img9.jpg"
    assert (found.title, found.folder) == ("in", None)
    with pytest.raises(SegDeskError, match="no pictures"):
        listing("memory://pictures/in/.hidden/none")


@pytest.mark.parametrize("kind", ["txt", "csv", "tsv", "parquet"])
def test_lists_of_paths(kind: str, tmp_path: Path) -> None:
    file = tmp_path / f"list.{kind}"
    entries = ["a/1.png", f"{tmp_path}/b/2.png", "a/1.png"]
    if kind == "parquet":
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"n": [1, 2, 3], "url": entries}), file)
    elif kind == "txt":
        file.write_text("# mine\n" + "\n".join(entries) + "\n\n", encoding="utf-8")
    else:
        comma = "\t" if kind == "tsv" else ","
        file.write_text("".join(f"{n}{comma}{e}\n" for n, e in [("size", "path"), *enumerate(entries)]), "utf-8")
    found = listing(str(file))
    assert found is not None
    assert [p.name for p in found.pictures] == ["a/1.png", "b/2.png"]
    assert [p.where for p in found.pictures] == [f"{tmp_path}/a/1.png", f"{tmp_path}/b/2.png"]
    assert (found.title, found.folder) == ("list", tmp_path)


def test_a_list_over_several_stores_has_names_that_differ_and_stay_inside(tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    entries = ["s3://one/x.png?sig=1", "gs://one/x.png", "https://h/../../etc/x.png"]
    file.write_text("\n".join(entries), encoding="utf-8")
    found = listing(str(file))
    assert found is not None
    assert [p.name for p in found.pictures] == ["one/x.png", "one/x-2.png", "h/_/_/etc/x.png"]
    assert [p.where for p in found.pictures] == entries
    assert found.folder is None


@pytest.mark.parametrize(
    ("name", "data"),
    [
        *[("a.txt", b"\xff\xfe\x00"), ("a.csv", b""), ("a.parquet", b"PAR1")],
        ("a.csv", b'path\n"' + b"x" * 200_000),
    ],
)
def test_a_list_that_is_none_is_one_sentence(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SegDeskError):
        listing(str(tmp_path / name))


def test_a_missing_list_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SegDeskError, match="not there"):
        listing(str(tmp_path / "none.txt"))


def test_a_picture_behind_an_address_is_read_as_one_in_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "p.png"
    cv2.imwrite(str(file), picture(3))
    place = Place("memory://reading")
    place.write("p.png", file.read_bytes())
    place.write("broken.png", b"nonsense")
    assert np.array_equal(cluster_source.read("memory://reading/p.png", images.read), images.read(file))
    with pytest.raises(SegDeskError, match=r"broken\.png is not a picture"):
        cluster_source.read("memory://reading/broken.png", images.read)
    with pytest.raises(SegDeskError, match=r"none\.png is not there"):
        cluster_source.read("memory://reading/none.png", images.read)


def test_the_parts_say_what_version_they_are() -> None:
    answer = Answer("a", "card", Segmentation.empty(2, 2), CLASSES)
    data = encode([Row("a", "", replace(answer, notes=()))], "coco-panoptic")

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert json.loads(archive.read("annotations/panoptic_default.json"))["segdesk"]["version"] == 1
