"""What fuzzing found, each fault once and on purpose: one sentence that can be shown, or a value, and nothing else."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from segdesk.app import settings, training_runs
from segdesk.app.discover import formats
from segdesk.domain.classes import ClassInfo, ClassSet, plain_name
from segdesk.domain.errors import LONGEST, SegDeskError, fill
from segdesk.domain.segmentation import Segmentation
from segdesk.io import array_files, cards, coco, folders, geo_tags, point_clouds, thumbnails
from segdesk.io.class_tables import ReadTable
from segdesk.io.objects_in import color_of
from segdesk.io.project import Project
from tests.fuzz.reading_labels import Sink
from tests.fuzz.reading_pictures import scene

FORMATS = {plugin.info.id: plugin.module for plugin in formats()[0]}
ODD_NAMES = ("\ud800", "a\0b", "a\nb\rc", "\u202egnp.exe", "x" * 70_000, "\ufeff", "\x85")


def short(value: object) -> str:
    """For `ids=`."""
    return ascii(value)[:24]


def sentence(error: pytest.ExceptionInfo[SegDeskError]) -> str:
    """The words, which must be one line that can be printed."""
    text = error.value.text()
    text.encode()
    assert "\n" not in text
    assert len(text) < 3 * LONGEST
    return text


def imported(format_id: str, path: Path) -> list[str]:
    """The complaints of an import; each can be printed."""
    sink = Sink()
    result = FORMATS[format_id].read(path, sink, layer="annotation", progress=lambda *_: None, cancelled=lambda: False)
    words = [problem.error.text() for problem in result.problems]
    for text in words:
        text.encode()
        assert "\n" not in text
    return words


# -- sentences and names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD_NAMES, ids=short)
def test_a_name_of_any_kind_fits_into_a_sentence(name: str) -> None:
    text = fill("{name} is damaged.", {"name": name})
    text.encode()
    assert text.endswith(" is damaged.")
    assert not set(text) & set("\0\n\r\x85\u202e")
    assert len(text) < LONGEST + 30


@pytest.mark.parametrize("name", ODD_NAMES, ids=short)
def test_a_name_of_any_kind_can_be_a_class(name: str) -> None:
    plain = plain_name(f"{name} cat ")
    plain.encode()
    assert plain.isprintable()
    assert len(plain) <= 200
    assert name[0] == "x" or plain.endswith("cat")


def test_names_keep_their_letters() -> None:
    for name in ("天空", "straße", "می\u200cشود", "été (2)"):
        assert plain_name(f" {name}\n") == name


def test_a_file_of_coco_with_names_that_are_no_text(tmp_path: Path) -> None:
    rows = [{"id": n, "name": name} for n, name in enumerate(("\ud800", "\ud800", "\0", "a\nb"))]
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"images": [{"id": 1, "file_name": "\ud800"}], "annotations": [], "categories": rows}))
    document = coco.load(file)
    assert [c.name for c in document.classes] == ["class 1", "class 2", "class 3", "ab"]
    imported("coco_instances", file)


@pytest.mark.parametrize("color", [[True, 0, 255], [0, 0, "\u202e"], [0, 0], "#12345", [0, 0, 256], None], ids=short)
def test_a_colour_that_is_none(color: object) -> None:
    assert color_of(color) is None
    assert coco._color(color, 0) == coco.spread_color(0)


# -- lists, cards, settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        '{"names": ["a"], "colors": [{}]}',
        '{"names": ["a"], "colors": [[]]}',
        '{"names": ["a"], "colors": [[1, 2, Infinity]]}',
        '{"names": ["\\ud800", "\\u0000"]}',
        '["a", "A", " a"]',
    ],
    ids=short,
)
def test_class_lists_with_odd_entries_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text(text)
    for info in ReadTable.find([tmp_path]).classes:
        info.name.encode()
        assert all(type(v) is int for v in info.color)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"names": {"1e400": 1}}', '{"names": 5}', '{"names": {"' + "9" * 5000 + '": "a"}}'],
    ids=short,
)
def test_class_lists_that_are_none_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text(text)
    with pytest.raises(SegDeskError, match=r"classes\.json is not a class list") as error:
        ReadTable.find([tmp_path])
    sentence(error)


@pytest.mark.parametrize(
    "text", ["a = " + "[" * 30_000, "a." * 5000 + "b = 1", "[[card]]\nid = 1979-05-27\n", "[card]\na = 1"], ids=short
)
def test_a_card_of_any_depth_is_one_broken_card(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(text)
    found, broken = cards.load_cards([tmp_path])
    assert found == []
    assert [card.path.name for card in broken] == ["a.toml"]


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "\udcff", "nan"], ids=short)
def test_settings_of_any_depth_give_the_defaults(text: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text(text, errors="surrogateescape")
    found, note = settings.load(file)
    assert found == settings.Settings()
    assert note
    assert (tmp_path / "settings.json.damaged").exists()


def test_a_recent_folder_whose_name_is_no_text_can_be_kept(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    settings.save(settings.Settings(recent=("/a/\udcff",), language="zh_CN"), file)
    assert settings.load(file)[0].recent == ("/a/\udcff",)


@pytest.mark.parametrize(
    "text", ['{"options": [], "start": {}}', "[" * 100_000, '{"start": null}', '{"table": null}', "5"], ids=short
)
def test_a_training_that_cannot_be_gone_on_with_is_none(text: str, tmp_path: Path) -> None:
    (tmp_path / training_runs.RUN).write_text(text)
    (tmp_path / training_runs.PROGRESS).write_text('{"epoch": Infinity, "score": 1}')
    assert training_runs.read_run(tmp_path, lambda card_id: cards.read_cards(_any_card())[0]) is None


def _any_card() -> Path:
    from segdesk.paths import models_dir

    return sorted(models_dir().glob("*.toml"))[0]


# -- arrays, points, pictures ----------------------------------------------------------------------------------------


def npy(head: str, body: bytes = bytes(64)) -> bytes:
    """A NumPy file with any head."""
    coded = head.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(coded)) + coded + body


HEADS = (
    "{'descr': '<u1', 'fortran_order': False, 'shape': (2, 4L), (",
    "{'descr': '<u1', 'fortran_order': False, 'shape': (True, 4), }\n",
    "{'descr': '<u1', 'fortran_order': False, 'shape': " + "(" * 300 + ")" * 300 + ", }\n",
    "{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (2, 4), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 9), }\n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 3), }\n",
    "'''",
)


def test_a_list_of_results_beside_a_file_without_images(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"categories": []}')
    (tmp_path / "results.json").write_text('[["no row"]]')
    with pytest.raises(SegDeskError, match="without images") as error:
        coco.load(tmp_path / "results.json")
    sentence(error)


@pytest.mark.parametrize("number", [-(10**30), 10**400], ids=short)
def test_a_class_number_that_no_map_can_hold_is_told(number: int, tmp_path: Path) -> None:
    (tmp_path / "data.yaml").write_text(f"names: {{{number}: odd}}")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text(f"{number} 0.1 0.1 0.9 0.1 0.9 0.9\n")
    imported("yolo_seg", tmp_path)


def test_an_area_without_outlines_is_left_out_alone(tmp_path: Path) -> None:
    features = [
        {"type": "Feature", "properties": {"class": "a"}, "geometry": {"type": "MultiPolygon", "coordinates": parts}}
        for parts in ([], [[[[1, 1], [9, 1], [9, 9], [1, 1]]]])
    ]
    file = tmp_path / "a.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert len(imported("geojson", tmp_path)) == 1


@pytest.mark.parametrize("value", [["x" * 70_000], {"a\n": "b"}, 10**4000, ODD_NAMES], ids=short)
def test_a_value_of_a_file_that_is_no_text_is_fit_for_a_sentence(value: object) -> None:
    text = fill("Object {id} was left out.", {"id": value})
    text.encode()
    assert "\n" not in text
    assert len(text) < LONGEST + 100


@pytest.mark.parametrize("head", HEADS, ids=short)
def test_arrays_with_odd_heads_are_refused(head: str, tmp_path: Path) -> None:
    for name in ("a.npy", "b.npz"):
        file = tmp_path / name
        file.write_bytes(npy(head))
        if name == "b.npz":
            with zipfile.ZipFile(file, "w") as archive:
                archive.writestr("map.npy", npy(head))
        with pytest.raises(SegDeskError) as error:
            array_files.load_array(file, (2, 4))
        sentence(error)
    with pytest.raises(SegDeskError, match="cannot be read") as error:
        point_clouds.read_points(tmp_path / "a.npy")
    sentence(error)


def test_an_archive_with_damaged_packing_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.npz"
    np.savez_compressed(file, map=np.random.default_rng(0).integers(0, 9, (40, 40)))
    data = bytearray(file.read_bytes())
    for at in range(60, 200):
        data[at] ^= 0x5A
    file.write_bytes(bytes(data))
    with pytest.raises(SegDeskError, match=r"a\.npz is no array of numbers"):
        array_files.load_array(file, (40, 40))


def test_a_georeference_that_is_infinite_is_none(tmp_path: Path) -> None:
    tags = [(geo_tags.SCALE, 12, 3, (0.5, 0.5, 0.0), True), (geo_tags.TIE, 12, 6, (0.0,) * 6, True)]
    endless = (geo_tags.KEYS, 12, 4, (float("inf"), 1.0, 2.0, 3.0), True)
    tifffile.imwrite(tmp_path / "a.tif", scene()[..., 0], extratags=tags)
    tifffile.imwrite(tmp_path / "b.tif", scene()[..., 0], extratags=[*tags, endless])
    assert geo_tags.Georeference.of(tmp_path / "a.tif") is not None
    assert geo_tags.Georeference.of(tmp_path / "b.tif") is None


def test_a_kept_thumbnail_of_another_size_is_made_anew(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    Image.fromarray(scene()).save(picture)
    right = thumbnails.thumbnail(picture, side=20, folder=tmp_path / "cache")
    kept = next((tmp_path / "cache").rglob("*.jpg"))
    data = bytearray(kept.read_bytes())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 65_000, 65_000)  # its head says so: 12 GB of pixels
    kept.write_bytes(bytes(data))
    again = thumbnails.thumbnail(picture, side=20, folder=tmp_path / "cache")
    assert again.shape == right.shape


# -- formats ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coding", ["nothing", "rot13", "undefined", "hex", "idna", "\xff"], ids=short)
def test_xml_in_an_encoding_that_is_none_is_refused(coding: str, tmp_path: Path) -> None:
    file = tmp_path / "annotations.xml"
    file.write_text(f'<?xml version="1.0" encoding="{coding}"?><annotations></annotations>', encoding="latin-1")
    with pytest.raises(SegDeskError, match="is not a CVAT file") as error:
        imported("cvat", file)
    sentence(error)


def test_sizes_with_thousands_of_digits_are_no_sizes(tmp_path: Path) -> None:
    long = "9" * 5000
    (tmp_path / "Annotations").mkdir()
    (tmp_path / "Annotations" / "a.xml").write_text(
        f"<annotation><filename>a.jpg</filename><size><width>{long}</width><height>{long}</height></size></annotation>"
    )
    imported("voc", tmp_path)
    file = tmp_path / "annotations.xml"
    file.write_text(f'<annotations><image name="a.jpg" width="{long}" height="²"><box/></image></annotations>')
    assert any("damaged" in words for words in imported("cvat", file))


@pytest.mark.parametrize(
    "data", ["[]", '{"a": {"data_offsets": "x"}}', '{"a": {"data_offsets": []}}', '{"a": 5}', "[" * 50_000], ids=short
)
def test_a_fetched_file_with_an_odd_head_is_damaged(data: str, tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(len(data).to_bytes(8, "little") + data.encode())
    with pytest.raises(SegDeskError, match="is damaged"):
        folders.check(file)


def test_options_of_a_run_that_are_damaged_do_not_hide_the_run(tmp_path: Path) -> None:
    import sqlite3

    file = tmp_path / "p.segdesk"
    labels = Segmentation.empty(4, 4)
    with Project.create(file, tmp_path, ClassSet([ClassInfo(1, "a", (1, 2, 3))])) as project:
        project.add_pictures(["a.png"])
        run = project.add_run("unet", "U-Net", {"a": 1}, "cpu")
        project.save_prediction(1, run, labels, (), 0.0, to_annotation=False)
    with sqlite3.connect(file) as base:
        base.execute("UPDATE runs SET options = '{x'")
    base.close()
    with Project.open(file) as project:
        found = project.label_source(1)
        assert found is not None
        assert found.options == {}
