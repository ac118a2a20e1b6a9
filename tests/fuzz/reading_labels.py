"""The import formats: each is fed its own exports, and files as other programs write them, broken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import product
from pathlib import Path
from types import ModuleType

import numpy as np

from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.formats.base import ImportResult, written
from segdesk.io.picture_index import PictureIndex
from segdesk.io.project import PictureRow
from tests.fuzz.mutate import Files
from tests.fuzz.oracle import sentence_faults
from tests.fuzz.readers import Reader, files_of
from tests.io.formats.exchange import MODULES, classes_for, export, make_project

SIZES = {"a.jpg": (18, 24), "sub/b.jpg": (20, 16), "c.jpg": (12, 12)}
SIZE_OF_ALL = tuple(SIZES.values())


def is_color(color: object) -> bool:
    """Whether it is three bytes."""
    return isinstance(color, tuple) and len(color) == 3 and all(type(v) is int and 0 <= v < 256 for v in color)


class Sink:
    """Takes labels as a project does and keeps none of them: what a project could not store is a fault."""

    def __init__(self) -> None:
        rows = enumerate(SIZES.items(), 1)
        self._index = PictureIndex(PictureRow(n, path, w, h, "new", 0.0, 0.0, 0, "") for n, (path, (h, w)) in rows)
        self.classes = ClassSet()
        self.taken = 0

    def class_ids(self, classes: ClassSet) -> dict[int, int]:
        """As `ProjectSink.class_ids`; what is stored of a class is a text of UTF-8, a colour of bytes, a number."""
        self.classes, mapping = self.classes.merged(classes)
        for info in classes:
            info.name.encode()
            assert info.name.strip(), info
            assert is_color(info.color), info
        return mapping

    def size_of(self, name: str) -> tuple[int, int]:
        """As `ProjectSink.size_of`."""
        row = self._index.row(name)
        return row.height, row.width

    def put(self, name: str, segmentation: Segmentation, *, instances: Sequence[Instance] | None = None) -> None:
        """As `ProjectSink.put`."""
        assert segmentation.size == self.size_of(name), segmentation.size
        segmentation.check(self.classes)
        for segment in segmentation.segments.values():
            assert 0 <= segment.score <= 1, segment
        for instance in instances or ():
            assert instance.mask.size == segmentation.size
            assert 0 <= instance.score <= 1, instance
        self.taken += 1


def _labels(seed: int, size: tuple[int, int]) -> Segmentation:
    ids = np.zeros(size, np.uint16)
    ids[: size[0] // 2] = 1
    ids[4:9, 3:10] = 2
    ids[6, 5] = 0
    ids[8:11, 8:12] = 3 + seed
    return Segmentation(ids, {1: Segment(2), 2: Segment(7, 0.5), 3 + seed: Segment(40, crowd=seed == 1)}).pruned()


def export_seeds(module: ModuleType, folder: Path) -> list[Files]:
    """The format's own exports, with each of its options."""
    maps = {name: _labels(n, size) for n, (name, size) in enumerate(SIZES.items())}
    found: list[Files] = []
    with make_project(folder, maps, classes_for(module)) as project:
        choices = [[(option.id, value) for value, _ in option.values] for option in module.INFO.options]
        for n, choice in enumerate(list(product(*choices))[:6]):
            export(project, module, folder / f"out{n}", **dict(choice))
            files = files_of(folder / f"out{n}")
            found.append({name: data for name, data in files.items() if not name.lower().endswith((".jpg", ".jpeg"))})
    return [*found, *FOREIGN.get(module.INFO.id, ())]


def read_import(module: ModuleType, folder: Path) -> None:
    """Read what lies there as a person would choose it, into two layers; each complaint must be fit to be shown."""
    paths = written(module.INFO, folder) or [folder / module.INFO.entries.replace("**/", "")]
    error: SegDeskError | None = None
    for path, layer in product(paths[:2], ("annotation", "prediction")):
        sink = Sink()
        try:
            result = module.read(path, sink, layer=layer, progress=lambda done, total: None, cancelled=lambda: False)
        except SegDeskError as fault:
            error = fault
            continue
        assert isinstance(result, ImportResult)
        assert result.pictures == sink.taken, (result.pictures, sink.taken)
        for problem in result.problems:
            faults = sentence_faults(problem.error)
            assert not faults, f"{problem.error.message}: {faults[0].words}"
        for note in result.notes:
            str(note).encode()
    if error is not None:
        raise error


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


_BOX = (
    b"<annotation><filename>a.jpg</filename><size><width>24</width><height>18</height></size><object><name>cat</name>"
    b"<bndbox><xmin>2</xmin><ymin>3</ymin><xmax>9</xmax><ymax>12</ymax></bndbox></object></annotation>"
)
_CVAT = (
    b'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version><meta><task><labels>'
    b"<label><name>cat</name><color>#ff0000</color></label></labels></task></meta>"
    b'<image id="0" name="a.jpg" width="24" height="18"><polygon label="cat" points="1.5,2;9,3;7,11" z_order="1"/>'
    b'<box label="cat" xtl="1" ytl="2" xbr="8" ybr="9.5"/>'
    b'<ellipse label="dog" cx="9" cy="9" rx="4" ry="3" rotation="20"/>'
    b'<polyline label="cat" points="1,1;2,2"/></image></annotations>'
)
_COCO = {
    "images": [{"id": 5, "file_name": "a.jpg", "height": 18, "width": 24}, {"id": 6, "file_name": "sub/b.jpg"}],
    "categories": [{"id": 90, "name": "cat", "color": [1, 2, 3]}, {"id": 3, "name": "dog", "isthing": 0}],
    "annotations": [
        {"id": 1, "image_id": 5, "category_id": 3, "segmentation": [[1, 1, 9, 1.5, 9, 9]], "iscrowd": 0, "score": 0.5},
        {"id": 2, "image_id": 5, "category_id": 90, "segmentation": {"size": [18, 24], "counts": [20, 30, 382]}},
        {
            "id": 3,
            "image_id": 6,
            "category_id": 90,
            "segmentation": {"size": [20, 16], "counts": "5h03L4"},
            "bbox": [1, 1, 2, 2],
        },
    ],
}
_SHAPES = [
    {"label": "cat", "points": [[1, 1], [9, 1], [9, 9]], "shape_type": "polygon", "group_id": 1, "flags": {}},
    {"label": "cat", "points": [[1, 1], [9, 9]], "shape_type": "rectangle", "group_id": 1},
    {"label": "dog", "points": [[8, 8], [9, 12]], "shape_type": "circle"},
]
_STUDIO = [
    {
        "id": 1,
        "data": {"image": "/data/local-files/?d=folder/a.jpg"},
        "annotations": [
            {
                "result": [
                    {"type": "polygonlabels", "original_width": 24, "original_height": 18,
                     "value": {"points": [[1, 1], [50, 5], [40, 90]], "polygonlabels": ["cat"]}},
                    {"type": "rectanglelabels", "value": {"x": 1, "y": 2, "width": 30, "height": 40, "rotation": 20,
                                                          "rectanglelabels": ["cat"]}},
                    {"type": "ellipselabels", "value": {"x": 50, "y": 50, "radiusX": 10, "radiusY": 20,
                                                        "ellipselabels": ["dog"]}},
                ]
            }
        ],
    }
]  # fmt: skip
_GEO = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"classification": {"name": "cat", "color": [1, 2, 3]}},
         "geometry": {"type": "Polygon", "coordinates": [[[1, 1], [9, 1], [9, 9], [1, 1]], [[3, 2], [5, 2], [5, 4]]]}},
        {"type": "Feature", "properties": {"class": "dog", "score": 0.5},
         "geometry": {"type": "MultiPolygon", "coordinates": [[[[1, 1], [9, 1], [9, 9]]]]}},
    ],
}  # fmt: skip
_VISOR = {
    "objects": [
        {"classTitle": "cat", "geometryType": "polygon", "tags": [{"name": "a"}],
         "points": {"exterior": [[1, 1], [9, 1], [9, 9]], "interior": [[[3, 2], [5, 2], [5, 4]]]}},
        {"classTitle": "dog", "geometryType": "rectangle", "points": {"exterior": [[1, 1], [9, 9]], "interior": []}},
    ],
    "size": {"height": 18, "width": 24},
}  # fmt: skip
_MARUM = {
    "categories": {"label": {"labels": [{"name": "cat", "parent": ""}]},
                   "mask": {"colormap": [{"label_id": 0, "r": 1, "g": 2, "b": 3}]}},
    "items": [
        {"id": "a", "image": {"path": "a.jpg", "size": [18, 24]}, "annotations": [
            {"type": "polygon", "label_id": 0, "points": [1, 1, 9, 1, 9, 9.5], "attributes": {"score": 0.5}},
            {"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4]},
            {"type": "mask", "label_id": 0, "rle": {"size": [18, 24], "counts": [20, 30, 382]}}]}
    ],
}  # fmt: skip
_CITY = {
    "imgHeight": 18,
    "imgWidth": 24,
    "objects": [
        {"label": "road", "polygon": [[1, 1], [9, 1], [9, 9]]},
        {"label": "cargroup", "polygon": [[1, 1], [2, 9], [9, 9]]},
    ],
}
_SCENE = {"annotation": {"object": [{"name_ndx": 5, "name": "wall, bricks"}, {"name_ndx": 300, "name": "cat"}]}}
_RESULTS = [
    {"image_id": 5, "category_id": 3, "segmentation": {"size": [18, 24], "counts": [20, 30, 382]}, "score": 0.5}
]
FOREIGN: dict[str, list[Files]] = {
    "voc": [{"Annotations/a.xml": _BOX}, {"Annotations/a.xml": _BOX, "ImageSets/Segmentation/train.txt": b"a\nb\n"}],
    "cvat": [{"annotations.xml": _CVAT}],
    "coco_instances": [
        {"annotations/instances_train.json": _json(_COCO)},
        {"annotations/instances_a.json": _json(_RESULTS), "annotations/instances_b.json": _json(_COCO)},
    ],
    "labelme": [{"a.json": _json({"shapes": _SHAPES, "imagePath": "a.jpg", "imageHeight": 18, "imageWidth": 24})}],
    "label_studio": [{"tasks.json": _json(_STUDIO)}, {"annotations.json": _json(_STUDIO)}],
    "geojson": [{"a.geojson": _json(_GEO)}, {"c.json": _json(_GEO["features"])}],
    "supervisely": [
        {"ds/ann/a.jpg.json": _json(_VISOR), "meta.json": _json({"classes": [{"title": "cat", "color": "#112233"}]})}
    ],
    "datumaro": [{"annotations/default.json": _json(_MARUM)}],
    "cityscapes": [{"gtFine/x/a_gtFine_polygons.json": _json(_CITY)}],
    "ade20k_full": [{"a.json": _json(_SCENE), "a_atr.txt": b'001 # 0 # 0 # wall # wall # ""\n'}],
    "yolo_seg": [
        {
            "labels/a.txt": b"0 0.1 0.1 0.9 0.1 0.5 0.9\n1 0.2 0.2 0.3 0.2 0.3 0.4 0.9\n",
            "data.yaml": b"names: {0: cat, 1: dog}\nnc: 2\n",
        },
        {"labels/a.txt": b"0 0.5 0.5 0.2 0.2\n", "classes.txt": b"cat\ndog\n"},
    ],
    "index_png": [{"classes.txt": b"0: background\n1: cat\n"}, {"labelmap.txt": b"cat:1,2,3::\ndog:4,5,6::\n"}],
}

READERS = [
    Reader(f"import {module.INFO.id}", partial(export_seeds, module), partial(read_import, module))
    for module in MODULES
    if module.INFO.can_read
]
