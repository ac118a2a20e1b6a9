"""Files of CVAT, Label Studio, Datumaro, Supervisely, QuPath: shapes where those programs draw them, damage listed."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from segdesk.domain import rle
from segdesk.domain.errors import SegDeskError
from segdesk.io import brush_rle
from segdesk.io.formats import cvat, datumaro, geojson, geotiff, label_studio, supervisely
from segdesk.io.geo_tags import Georeference
from tests.io.formats.exchange import blocks, export, load, load_again, make_project, names_of

SIZE = 40, 60
EMPTY = blocks(np.zeros(SIZE, int), {})


def read(module: ModuleType, folder: Path, path: Path) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """(class names, ids, what was said) of the picture a.png after reading `path`."""
    with make_project(folder, {"a.png": EMPTY}) as project:
        result = load(project, module, path)
        found = project.load_map(1, "reference") or EMPTY
        said = [str(p.error) for p in result.problems] + [str(n) for n in result.notes]
        return names_of(found, project.classes), found.ids, said


def rectangle(x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    mask = np.zeros(SIZE, bool)
    mask[y0:y1, x0:x1] = True
    return mask


# ---- CVAT


CVAT = """<?xml version="1.0"?><annotations><version>1.1</version><meta><job><labels>
<label><name>cat</name><color>#ff0080</color></label><label><name>R&amp;D</name></label></labels></job></meta>
<image id="0" name="a.png" width="60" height="40">
<box label="cat" xtl="5.0" ytl="6.0" xbr="25.0" ybr="16.0" z_order="0"/>
<polygon label="R&amp;D" points="30.0,10.0;50.0,10.0;50.0,30.0;30.0,30.0" z_order="1"/>
<mask label="cat" rle="1, 2, 3" left="1" top="35" width="3" height="2"/>
<ellipse label="cat" cx="10" cy="25" rx="4" ry="4"/>
<polyline label="cat" points="1,1;2,2"/>
<mask label="cat" rle="1, 2" left="1" top="35" width="3" height="2"/>
<mask label="cat" rle="0, 99999999999" left="0" top="0" width="99999" height="99999"/>
<box label="" xtl="5.0" ytl="6.0" xbr="25.0" ybr="16.0"/>
</image><image id="1" name="gone.png" width="4" height="4"><box label="cat" xtl="0" ytl="0" xbr="3" ybr="3"/></image>
</annotations>"""


def test_cvat(tmp_path: Path) -> None:
    file = tmp_path / "annotations.xml"
    file.write_text(CVAT)
    names, _, said = read(cvat, tmp_path, file)
    assert np.array_equal(names == "R&D", rectangle(30, 10, 50, 30))
    cat = names == "cat"
    assert np.array_equal(cat[6:16, 5:25], np.ones((10, 20), bool))
    assert cat[35:37, 1:4].tolist() == [[False, True, True], [False, False, False]]
    assert abs(int(cat[20:31, 4:16].sum()) - np.pi * 16) < 4
    assert ["was left out" in line for line in said[:3]] == [True] * 3
    assert "no picture gone.png" in said[3]
    assert said[4] == "1 shape has no area (points, lines) and was left out."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html/>",
        "<annotations><image",
        "PK\x03\x04",
    ],
)
def test_what_is_no_cvat_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "annotations.xml"
    file.write_text(text)
    with pytest.raises(SegDeskError, match="not a CVAT file"):
        read(cvat, tmp_path, file)


@pytest.mark.parametrize("before", [0, 8_190, (1 << 20) - 21 - 5])
@pytest.mark.parametrize("coding", ["utf-8", "utf-16"])
def test_a_cvat_file_with_entities_is_refused_wherever_they_are(tmp_path: Path, before: int, coding: str) -> None:
    """The last one lies across two of the chunks that are looked through."""
    text = '<?xml version="1.0"?>' + " " * before + '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>'
    file = tmp_path / "annotations.xml"
    file.write_bytes(text.encode(coding))
    with pytest.raises(SegDeskError, match="has a document type"):
        read(cvat, tmp_path, file)


# ---- Label Studio


def task(*results: dict[str, object], **more: object) -> list[dict[str, object]]:
    rows = [{"original_width": 60, "original_height": 40, **r} for r in results]
    image = {"image": "/data/upload/3/a.png"}
    return [{"id": 1, "data": image, "annotations": [{"was_cancelled": True}, {"result": rows}], **more}]


def test_label_studio(tmp_path: Path) -> None:
    box = {"x": 50, "y": 25, "width": 25, "height": 50, "rotation": 0, "rectanglelabels": ["cat"]}
    corners = [[0, 0], [20, 0], [20, 50], [0, 50]]
    eye = rle.encode(np.eye(40, 60, dtype=bool))
    rows = [
        {"type": "rectanglelabels", "value": box},
        {"type": "polygonlabels", "value": {"points": corners, "polygonlabels": ["dog"]}},
        {"type": "brushlabels", "value": {"format": "rle", "rle": brush_rle.encode(eye), "brushlabels": ["line"]}},
        {"type": "choices", "value": {"choices": ["x"]}},
        {"type": "brushlabels", "value": {"format": "rle", "rle": [1, 2, 3], "brushlabels": ["line"]}},
    ]
    file = tmp_path / "tasks.json"
    file.write_text(json.dumps(task(*rows)))
    names, _, said = read(label_studio, tmp_path, file)
    line = np.eye(40, 60, dtype=bool)
    assert np.array_equal(names == "line", line)
    assert np.array_equal(names == "cat", rectangle(30, 10, 45, 30) & ~line)
    assert np.array_equal(names == "dog", rectangle(0, 0, 12, 20) & ~line)
    assert "Object 5 of a.png" in said[0]


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1 << 30), st.sampled_from([0.0, 0.03, 0.5, 1.0]))
def test_brush_run_lengths_come_back(height: int, width: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    assert np.array_equal(brush_rle.decode(brush_rle.encode(rle.encode(mask)), (height, width)), mask)


def test_brush_run_lengths_longer_than_a_length_can_say() -> None:
    mask = np.ones((300, 400), bool)
    mask[150, 200] = False
    assert np.array_equal(brush_rle.decode(brush_rle.encode(rle.encode(mask)), mask.shape), mask)


@given(st.binary(max_size=60))
def test_damaged_brush_run_lengths_never_break_out(data: bytes) -> None:
    try:
        found = brush_rle.decode(list(data), (2, 2))
    except ValueError:
        return
    assert found.shape == (2, 2)


# ---- Datumaro


def test_datumaro(tmp_path: Path) -> None:
    labels = [{"name": "cat"}, {"name": "dog"}]
    rows = [
        {"type": "polygon", "label_id": 0, "points": [5, 5, 15, 5, 15, 20, 5, 20]},
        {"type": "bbox", "label_id": 1, "bbox": [30, 10, 10, 5]},
        {"type": "label", "label_id": 1},
        {"type": "bbox", "label_id": 7, "bbox": [1, 1, 2, 2]},
        {"type": "polygon", "label_id": 0, "points": [1, 2, 3]},
    ]
    item = {"id": "a", "image": {"path": "a.png", "size": [40, 60]}, "annotations": rows}
    file = tmp_path / "default.json"
    file.write_text(json.dumps({"categories": {"label": {"labels": labels}}, "items": [item]}))
    names, _, said = read(datumaro, tmp_path, file)
    assert np.array_equal(names == "cat", rectangle(5, 5, 15, 20))
    assert np.array_equal(names == "dog", rectangle(30, 10, 40, 15))
    assert ["Object 4" in said[0], "Object 5" in said[1]] == [True, True]


# ---- Supervisely


def bitmap(mask: np.ndarray) -> str:
    pixels = np.dstack([np.full((*mask.shape, 3), 255, np.uint8), mask.astype(np.uint8) * 255])
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(zlib.compress(file.getvalue())).decode()


def test_supervisely(tmp_path: Path) -> None:
    outer, hole = [[5, 5], [20, 5], [20, 20], [5, 20]], [[8, 8], [12, 8], [12, 12], [8, 12]]
    objects = [
        {"classTitle": "cat", "geometryType": "polygon", "points": {"exterior": outer, "interior": [hole]}},
        {"classTitle": "dog", "geometryType": "bitmap", "bitmap": {"data": bitmap(np.eye(6) > 0), "origin": [56, 30]}},
        {
            "classTitle": "box",
            "geometryType": "rectangle",
            "points": {"exterior": [[30, 30], [40, 35]], "interior": []},
        },
        {"classTitle": "dog", "geometryType": "bitmap", "bitmap": {"data": "AAAA", "origin": [1, 1]}},
        {"classTitle": "dog", "geometryType": "point", "points": {"exterior": [[1, 1]], "interior": []}},
    ]
    ann = tmp_path / "s" / "ds" / "ann"
    ann.mkdir(parents=True)
    (ann / "a.png.json").write_text(json.dumps({"size": {"height": 40, "width": 60}, "objects": objects}))
    names, _, said = read(supervisely, tmp_path, tmp_path / "s")
    assert np.array_equal(names == "cat", rectangle(5, 5, 21, 21) & ~rectangle(8, 8, 13, 13))
    assert np.array_equal(names == "box", rectangle(30, 30, 41, 36))
    assert np.argwhere(names == "dog").tolist() == [[30 + n, 56 + n] for n in range(4)]  # cut at the border
    assert "Object 4" in said[0]


# ---- GeoJSON


def test_what_qupath_writes(tmp_path: Path) -> None:
    ring = [[5, 5], [15, 5], [15, 15], [5, 15], [5, 5]]
    hole = [[7, 7], [9, 7], [9, 9], [7, 9], [7, 7]]
    far = [[[30, 10], [40, 10], [40, 20], [30, 20], [30, 10]]]
    tumor = {"objectType": "annotation", "classification": {"name": "Tumor", "color": [200, 0, 0]}}
    features = [
        {"geometry": {"type": "MultiPolygon", "coordinates": [[ring, hole], far]}, "properties": tumor},
        {"geometry": {"type": "Point", "coordinates": [3, 3]}, "properties": tumor},
        {"geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {}},
    ]
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "a.geojson").write_text(json.dumps([{"type": "Feature", **f} for f in features]))
    names, ids, said = read(geojson, tmp_path, tmp_path / "g")
    want = (rectangle(5, 5, 15, 15) & ~rectangle(7, 7, 9, 9)) | rectangle(30, 10, 40, 20)
    assert np.array_equal(names == "Tumor", want)
    assert np.unique(ids[want]).size == 1
    assert "it has no class" in said[0]


def test_map_coordinates_lead_back_to_the_same_pixels(tmp_path: Path) -> None:
    tags = [(33550, 12, 3, (0.5, 0.25, 0.0), True), (33922, 12, 6, (0.0, 0.0, 0.0, 446000.0, 5540000.0, 0.0), True)]
    ids = np.random.default_rng(2).integers(0, 4, SIZE)
    with make_project(tmp_path, {"a.tif": blocks(ids, {1: 7, 2: 2, 3: 40})}) as project:
        picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
        tifffile.imwrite(tmp_path / "pictures" / "a.tif", picture, extratags=tags, photometric="rgb")
        export(project, geojson, tmp_path / "out", coordinates="map")
        data = json.loads((tmp_path / "out" / "labels" / "a.geojson").read_text())
        assert data["segdesk"]["transform"] == [0.5, 0.0, 446000.0, 0.0, -0.25, 5540000.0]
        assert load_again(project, geojson, tmp_path / "out").problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        wanted = blocks(ids, {1: 7, 2: 2, 3: 40})
        assert np.array_equal(names_of(found, project.classes), names_of(wanted, project.classes))


def test_a_georeference_of_pixel_centres_is_turned_to_corners(tmp_path: Path) -> None:
    keys = (1, 1, 0, 1, 1025, 0, 1, 2)
    tags = [
        (33550, 12, 3, (2.0, 2.0, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 100.0, 200.0, 0.0), True),
        (34735, 3, len(keys), keys, True),
    ]
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((4, 4), np.uint8), extratags=tags)
    found = Georeference.of(tmp_path / "a.tif")
    assert found is not None
    assert found.transform == (2.0, 0.0, 99.0, 0.0, -2.0, 201.0)
    places = np.array([[0.0, 0.0], [3.0, 1.5]])
    assert np.allclose(found.to_pixels(found.to_map(places)), places)
    assert {tag[0] for tag in found.tags} == {33550, 33922, 34735}


# ---- GeoTIFF


def test_masks_lie_where_their_picture_lies(tmp_path: Path) -> None:
    keys = (1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633)
    tags = [
        (33550, 12, 3, (0.5, 0.5, 0.0), True),
        (33922, 12, 6, (0.0, 0.0, 0.0, 446000.0, 5540000.0, 0.0), True),
        (34735, 3, len(keys), keys, True),
    ]
    ids = np.random.default_rng(2).integers(0, 4, SIZE)
    with make_project(tmp_path, {"a.tif": blocks(ids, {1: 7, 2: 2, 3: 40}), "b.png": EMPTY}) as project:
        picture = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
        tifffile.imwrite(tmp_path / "pictures" / "a.tif", picture, extratags=tags, photometric="rgb")
        result = export(project, geotiff, tmp_path / "out")
    assert "1 picture has no georeference; its masks are plain TIFF." in [str(n) for n in result.notes]
    for part in ("masks", "instances"):
        with tifffile.TiffFile(tmp_path / "out" / part / "a.tif") as file:
            found = file.pages.first.tags
            assert [found[code].value for code in (33550, 33922, 34735)] == [value for _, _, _, value, _ in tags]
            assert found[42113].value == "0"
            assert np.issubdtype(file.asarray().dtype, np.integer)
    assert Georeference.of(tmp_path / "out" / "masks" / "a.tif") == Georeference.of(tmp_path / "pictures" / "a.tif")
