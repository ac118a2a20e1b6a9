"""Files of other programs: what fits comes in exactly, what does not is listed, nothing else is harmed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco_mask

from segdesk.domain import rle
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segment
from segdesk.io import coco
from segdesk.io.formats import coco_instances, coco_panoptic, index_png, voc
from segdesk.io.project import Project
from segdesk.io.project_exchange import ProjectSink
from tests.io.formats.exchange import add_picture, blocks, load, make_project, names_of, never, silent

# pycocotools' own decoder warns under NumPy 2
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def empty_project(folder: Path, *names: str, size: tuple[int, int] = (20, 30)) -> Project:
    return make_project(folder, {n: blocks(np.zeros(size, int), {}) for n in names}, ClassSet())


def coco_file(folder: Path, **parts: object) -> Path:
    data = {
        "images": [{"id": 5, "file_name": "a.png", "height": 20, "width": 30}],
        "categories": [{"id": 90, "name": "cat"}, {"id": 3, "name": "dog"}],
        "annotations": [],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps({**data, **parts}))
    return path


def annotation(segmentation: object, **more: object) -> dict[str, object]:
    return {"id": 1, "image_id": 5, "category_id": 3, "segmentation": segmentation, **more}


@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 1 << 30), st.sampled_from([0.0, 0.02, 0.5, 1.0]))
def test_run_lengths_equal_pycocotools(height: int, width: int, seed: int, share: float) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    theirs = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))["counts"].decode()
    ours = coco.compressed(rle.encode(mask))
    assert ours == {"size": [height, width], "counts": theirs}
    for how in ("compressed", "uncompressed", "polygons") if mask.any() else ("compressed", "uncompressed"):
        found = coco.decode({"segmentation": coco.encoded(rle.encode(mask), how)}, (height, width))
        assert np.array_equal(rle.decode(found.mask), mask)
        assert not found.cut
        assert not found.swapped


@pytest.mark.parametrize(
    "segmentation",
    [
        None,
        [],
        "text",
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5]],
        [[1, 2, "x", 4, 5, 6]],
        [[1, 2, float("nan"), 4, 5, 6]],
        {"size": [30, 20], "counts": [600]},
        {"size": [20, 30], "counts": [599]},
        {"size": [20, 30], "counts": [-1, 601]},
        {"size": [20, 30], "counts": ""},
        {"size": [20, 30], "counts": "ÿÿ"},
        {"size": [20, 30], "counts": "o" * 40},
        {"size": [20, 30], "counts": "oooooooo0"},
        {"size": [20, 30]},
        {"counts": [600]},
        {"size": 5, "counts": [600]},
        {"size": [20, 30], "counts": [10**40]},
        {"size": [20, 30], "counts": [1 << 62, 1 << 62, 600]},
        [[1, 2, 1e300, 4, 5, 6]],
        [[100, 100, 110, 100, 110, 110]],
        [[0, 0, 1e8, 0, 0, 1] * 100_000],
    ],
)
def test_masks_that_make_no_sense_are_listed_and_the_rest_comes_in(tmp_path: Path, segmentation: object) -> None:
    good = annotation([[0, 0, 10, 0, 10, 10, 0, 10]], id=2)
    path = coco_file(tmp_path, annotations=[annotation(segmentation), good])
    with empty_project(tmp_path, "a.png") as project:
        result = load(project, coco_instances, path)
        assert (result.pictures, result.objects) == (1, 1)
        assert ["Object 1 of a.png" in str(p.error) for p in result.problems] == [True]


@given(st.text(alphabet=[chr(c) for c in range(48, 112)], max_size=30))
def test_random_run_length_text_never_breaks_out(text: str) -> None:
    try:
        found = coco.decode({"segmentation": {"size": [20, 30], "counts": text}}, (20, 30))
    except ValueError:
        return
    assert rle.decode(found.mask).shape == (20, 30)


@pytest.mark.parametrize(("flag", "crowd"), [(0, False), (1, True), (False, False), (True, True), ("1", True)])
def test_crowd_flags(tmp_path: Path, flag: object, crowd: bool) -> None:
    mask = {"size": [20, 30], "counts": [0, 100, 500]}
    path = coco_file(tmp_path, annotations=[annotation(mask, iscrowd=flag)])
    with empty_project(tmp_path, "a.png") as project:
        assert load(project, coco_instances, path).problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert found.segments == {1: Segment(1 if project.classes[0].name == "dog" else 2, crowd=crowd)}


def test_polygons_with_parts_and_overlap(tmp_path: Path) -> None:
    parts = [[2.0, 2.0, 8.5, 2.0, 8.5, 9.0, 2.0, 9.0], [20, 10, 29, 10, 25, 18.5]]
    small = [[4, 4, 6, 4, 6, 6, 4, 6]]
    far = [[-50, 12, 3, 12, 3, 15, -50, 15]]
    rows = [annotation(small, category_id=90), annotation(parts, id=2), annotation(far, id=3)]
    with empty_project(tmp_path, "a.png") as project:
        result = load(project, coco_instances, coco_file(tmp_path, annotations=rows))
        assert [str(note) for note in result.notes] == [
            "1 object lies over others; the one with the higher score, else the smaller one, keeps the shared pixels.",
            "1 polygon reached out of its picture and was cut.",
        ]
        found = project.load_map(1, "reference")
        assert found is not None
        names = names_of(found, project.classes)
    cat = coco_mask.decode(coco_mask.frPyObjects(small, 20, 30))[..., 0] > 0
    dog = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(parts, 20, 30))) > 0
    assert np.array_equal(names == "cat", cat)
    assert np.array_equal((names == "dog")[:12], (dog & ~cat)[:12])


@given(st.lists(st.tuples(st.floats(-29, 49), st.floats(-29, 49)), min_size=3, max_size=8))
def test_polygons_out_of_range_are_drawn_as_by_pycocotools(points: list[tuple[float, float]]) -> None:
    flat = [v for point in points for v in point]
    drawn = coco_mask.decode(coco_mask.frPyObjects([flat], 20, 30))[..., 0] > 0
    found = coco.decode({"segmentation": [flat]}, (20, 30))
    assert np.array_equal(rle.decode(found.mask), drawn)


def test_a_polygon_that_is_far_too_large_covers_the_picture() -> None:
    found = coco.decode({"segmentation": [[-1e8, -1e8, 1e8, -1e8, 1e8, 1e8, -1e8, 1e8]]}, (20, 30))
    assert found.mask.area == 600
    assert found.cut


@pytest.mark.parametrize("by_rows", [False, True])
def test_sizes_the_wrong_way_round_are_turned_by_the_box_or_listed(tmp_path: Path, by_rows: bool) -> None:
    mask = np.zeros((20, 30), bool)
    mask[3:9, 11:29] = True
    runs = rle.encode(mask.T if by_rows else mask).counts.tolist()
    field = {"size": [30, 20], "counts": runs}
    rows = [
        annotation(field, bbox=[11, 3, 18, 6]),
        annotation(field, id=2),
        annotation(field, id=3, bbox=[0, 0, 1, "x"]),
    ]
    with empty_project(tmp_path, "a.png") as project:
        result = load(project, coco_instances, coco_file(tmp_path, annotations=rows))
        assert ["width and height" in str(p.error) for p in result.problems] == [True, True]
        assert "1 mask gave its size" in str(result.notes[0])
        found = project.load_map(1, "reference")
        assert found is not None
        assert np.array_equal(found.ids > 0, mask)


def test_coco_files_with_nonsense_ids_and_repeated_pictures(tmp_path: Path) -> None:
    images = [
        {"id": [], "file_name": "a.png"},
        {"id": 5, "file_name": "a.png", "height": 20, "width": 30},
        {"id": 6, "file_name": "a.png", "height": "20", "width": None},
        {"id": 7, "file_name": "../../a.png", "height": 20, "width": 30},
    ]
    box = [[0, 0, 9, 0, 9, 9]]
    rows = [annotation(box, id=0, image_id=n) for n in (5, 6)]
    rows += [annotation(box, image_id={}), annotation(box, category_id=[]), annotation(box, category_id={})]
    with empty_project(tmp_path, "a.png") as project:
        result = load(project, coco_instances, coco_file(tmp_path, images=images, annotations=rows))
        assert result.objects == 1
        assert ["category" in str(p.error) for p in result.problems] == [True, True, False]
        assert "more than once" in str(result.problems[2].error)
        assert "1 annotation belongs to no picture" in str(result.notes[0])


def test_missing_pictures_sizes_and_categories_are_listed(tmp_path: Path) -> None:
    images = [
        {"id": 5, "file_name": "a.png", "height": 20, "width": 30},
        {"id": 6, "file_name": "gone.png", "height": 20, "width": 30},
        {"id": 7, "file_name": "b.png", "height": 30, "width": 20},
    ]
    box = [[0, 0, 9, 0, 9, 9]]
    rows = [annotation(box, image_id=n, id=n) for n in (5, 6, 7)]
    rows += [annotation(box, id=8, category_id=77), annotation(box, id=9, image_id=99)]
    with empty_project(tmp_path, "a.png", "b.png") as project:
        result = load(project, coco_instances, coco_file(tmp_path, images=images, annotations=rows))
        assert (result.pictures, result.objects) == (1, 1)
        said = {p.name: str(p.error) for p in result.problems}
        assert "category" in said["a.png"]
        assert "no picture gone.png" in said["gone.png"]
        assert "20 x 30" in said["b.png"]
        assert "1 annotation belongs to no picture of the file." in [str(n) for n in result.notes]


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"images": 3, "annotations": []}', "\x00\xff", "[" * 100_000]
)
def test_files_that_are_not_coco(tmp_path: Path, text: str) -> None:
    path = tmp_path / "labels.json"
    path.write_text(text, encoding="latin-1")
    with empty_project(tmp_path, "a.png") as project:
        for module in (coco_instances, coco_panoptic):
            with pytest.raises(SegDeskError, match="not a COCO"):
                load(project, module, path)
            with pytest.raises(SegDeskError, match="not there"):
                load(project, module, tmp_path / "gone.json")


def test_work_of_a_person_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    path = coco_file(tmp_path, annotations=[annotation([[0, 0, 9, 0, 9, 9]])])
    with empty_project(tmp_path, "a.png") as project:
        project.set_state(1, "verified")
        result = load(project, coco_instances, path, "annotation")
        assert result.pictures == 0
        assert "corrected by a person" in str(result.problems[0].error)
        assert project.picture(1).state == "verified"
        sink = ProjectSink(project, "annotation", replace_work=True)
        coco_instances.read(path, sink, layer="annotation", progress=silent, cancelled=never)
        assert project.picture(1).state == "edited"
        assert len(project.load_history(1).done) == 1


def test_ambiguous_names_are_listed(tmp_path: Path) -> None:
    path = coco_file(tmp_path, annotations=[annotation([[0, 0, 9, 0, 9, 9]])])
    with empty_project(tmp_path, "x/a.png", "y/a.png") as project:
        assert "any of 2 pictures" in str(load(project, coco_instances, path).problems[0].error)
    with empty_project(tmp_path / "2", "x/A.PNG", "y/a.jpg") as project:
        assert load(project, coco_instances, path).pictures == 1


def test_real_coco_photographs(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "photos" / "coco"
    path = folder / "annotations" / "instances_train2017.json"
    data = json.loads(path.read_text())
    with Project.create(tmp_path / "p.segdesk", folder / "train2017") as project:
        project.add_pictures(i["file_name"] for i in data["images"])
        result = load(project, coco_instances, path)
        assert result.problems == ()
        labelled = {a["image_id"] for a in data["annotations"]}
        assert (result.pictures, len(labelled)) == (50, 49)
        assert len(project.classes) == len(data["categories"])
        covered = np.zeros(0)
        image = next(i for i in data["images"] if i["id"] in labelled)
        rows = [a for a in data["annotations"] if a["image_id"] == image["id"]]
        covered = np.zeros((image["height"], image["width"]), bool)
        for row in rows:
            mask = row["segmentation"]
            packed = coco_mask.frPyObjects(mask, *covered.shape)
            covered |= coco_mask.decode(coco_mask.merge(packed) if isinstance(mask, list) else packed) > 0
        row = project.find(image["file_name"])
        assert row is not None
        found = project.load_map(row.id, "reference")
        assert found is not None
        assert np.array_equal(found.ids > 0, covered)


def test_real_coco_panoptic(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "golden" / "coco-panoptic"
    data = json.loads((folder / "panoptic_examples.json").read_text())
    with Project.create(tmp_path / "p.segdesk", folder / "input_images") as project:
        project.add_pictures(i["file_name"] for i in data["images"])
        result = load(project, coco_panoptic, folder / "panoptic_examples.json")
        assert result.problems == ()
        assert result.notes == ()
        names = {c["id"]: c["name"] for c in data["categories"]}
        for image, row in zip(data["images"], data["annotations"], strict=True):
            assert image["id"] == row["image_id"]
            picture = project.find(image["file_name"])
            assert picture is not None
            found = project.load_map(picture.id, "reference")
            assert found is not None
            areas = found.areas()
            ours = sorted((areas[k], names_by_id(project)[s.class_id]) for k, s in found.segments.items())
            assert ours == sorted((s["area"], names[s["category_id"]]) for s in row["segments_info"])


def names_by_id(project: Project) -> dict[int, str]:
    return {c.id: c.name for c in project.classes}


def test_panoptic_faults_are_listed(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    Image.fromarray(np.full((20, 30, 3), 1, np.uint8)).save(tmp_path / "labels" / "a.png")
    Image.fromarray(np.full((20, 30), 1, np.uint8)).save(tmp_path / "labels" / "b.png")
    images = [{"id": n, "file_name": f"{n}.png", "height": 20, "width": 30} for n in "abcd"]
    infos = [{"id": 65793, "category_id": 3}, {"id": 9, "category_id": 4}]
    files = {"a": "a.png", "b": "b.png", "c": "none.png", "d": "../../secret.png"}
    rows = [{"image_id": n, "file_name": f, "segments_info": infos} for n, f in files.items()]
    with empty_project(tmp_path, "a.png", "b.png", "c.png", "d.png") as project:
        result = load(project, coco_panoptic, coco_file(tmp_path, images=images, annotations=rows))
        assert result.pictures == 1
        assert [p.name for p in result.problems if "no category" not in str(p.error)] == ["b.png", "c.png", "d.png"]
        found = project.load_map(1, "reference")
        assert found is not None
        assert set(names_of(found, project.classes).ravel()) == {"dog"}


CAMVID = [
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "sign",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
    "void",
]


def test_real_camvid_labels_with_a_class_list(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "camvid" / "val"
    files = sorted((source / "labels").glob("*.png"))[:3]
    (tmp_path / "labels").mkdir()
    for file in files:
        shutil.copy(file, tmp_path / "labels")
    (tmp_path / "classes.txt").write_text("\n".join(CAMVID))
    with Project.create(tmp_path / "p.segdesk", source / "images") as project:
        project.add_pictures(f"{f.stem}.jpg" for f in files)
        for choice in (tmp_path, tmp_path / "labels"):
            result = load(project, index_png, choice)
            assert (result.pictures, result.problems) == (3, ())
        assert [c.name for c in project.classes] == CAMVID[:-1]
        for row, file in zip(project.pictures(), files, strict=True):
            found = project.load_map(row.id, "reference")
            assert found is not None
            with Image.open(file) as png:
                wanted = np.array([*CAMVID[:-1], ""])[np.asarray(png)]
            assert np.array_equal(names_of(found, project.classes), wanted)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.txt", "background\ncell\n"),
        ("labels.txt", "0 background\n1 cell\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncell:1,2,3::\n"),
        ("classes.json", '["background", "cell"]'),
        ("classes.json", '{"0": "background", "1": "cell"}'),
        ("classes.json", '{"names": {"0": "background", "1": "cell"}}'),
    ],
)
def test_kinds_of_class_lists(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / "masks").mkdir()
    index = np.zeros((20, 30), np.uint8)
    index[3:5], index[9], index[15] = 1, 255, 6
    Image.fromarray(index).save(tmp_path / "masks" / "a.png")
    with empty_project(tmp_path, "a.jpg") as project:
        result = load(project, index_png, tmp_path)
        assert ["6" in str(p.error) for p in result.problems] == [True]
        found = project.load_map(1, "reference")
        assert found is not None
        assert np.array_equal(names_of(found, project.classes), np.where(index == 1, "cell", ""))


def test_numbers_without_a_list_name_themselves(tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    index = np.arange(600).reshape(20, 30) % 4
    Image.fromarray(index.astype(np.uint8)).save(tmp_path / "labels" / "a.png")
    with empty_project(tmp_path, "a.jpg") as project:
        result = load(project, index_png, tmp_path)
        assert "no class list" in str(result.notes[0])
        assert [c.name for c in project.classes] == ["class 1", "class 2", "class 3"]


def test_object_numbers_alone_and_with_classes(shared: Path, tmp_path: Path) -> None:
    """The shared nuclei (objects only) and crop rows (classes and objects)."""
    file = sorted((shared / "data" / "nuclei" / "instances").glob("*.png"))[0]
    nuclei = tmp_path / "nuclei" / "instances"
    nuclei.mkdir(parents=True)
    shutil.copy(file, nuclei)
    (nuclei.parent / "classes.txt").write_text("background\nnucleus")
    with Image.open(file) as png:
        truth = np.asarray(png)
    with empty_project(tmp_path, f"{file.stem}.png", size=truth.shape) as project:
        for choice in (nuclei, nuclei.parent):
            assert load(project, index_png, choice).problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert [(c.name, c.is_thing) for c in project.classes] == [("nucleus", True)]
        assert len(found.segments) == np.unique(truth[truth > 0]).size
        assert np.array_equal(found.ids > 0, truth > 0)


def test_real_crop_rows(shared: Path, tmp_path: Path) -> None:
    source = shared / "data" / "field"
    name = sorted(f.stem for f in (source / "semantic").glob("*.png"))[0]
    for part in ("semantic", "instances"):
        (tmp_path / part).mkdir()
        shutil.copy(source / part / f"{name}.png", tmp_path / part)
    (tmp_path / "classes.txt").write_text("void\nsoil\ncrop\nweed\n")
    with Image.open(tmp_path / "semantic" / f"{name}.png") as png:
        semantic = np.asarray(png)
    with Image.open(tmp_path / "instances" / f"{name}.png") as png:
        plants = np.asarray(png)
    with empty_project(tmp_path, f"{name}.png", size=semantic.shape) as project:
        assert load(project, index_png, tmp_path).problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert np.array_equal(names_of(found, project.classes), np.array(["", "soil", "crop", "weed"])[semantic])
        assert {c.name for c in project.classes if not c.is_thing} == {"soil"}
        assert len(found.segments) >= np.unique(plants[(plants > 0) & (semantic > 0)]).size


def test_voc_without_a_class_list_has_vocs_classes(tmp_path: Path) -> None:
    root = tmp_path / "VOCdevkit" / "VOC2012"
    index = np.zeros((20, 30), np.uint8)
    index[2:9], index[9], index[10:15] = 15, 255, 20
    objects = np.zeros((20, 30), np.uint8)
    objects[2:9, :10], objects[2:9, 10:], objects[9], objects[10:15] = 1, 2, 255, 3
    for part, values in (("SegmentationClass", index), ("SegmentationObject", objects)):
        (root / part).mkdir(parents=True)
        Image.fromarray(values).save(root / part / "a.png")
    with empty_project(tmp_path, "a.jpg") as project:
        for choice in (tmp_path, tmp_path / "VOCdevkit", root):
            assert load(project, voc, choice).problems == ()
        found = project.load_map(1, "reference")
        assert found is not None
        assert len(found.segments) == 3
        assert len(project.classes) == 20
        assert all(c.is_thing for c in project.classes)
        assert set(names_of(found, project.classes)[index == 15]) == {"person"}
        assert not found.ids[9].any()
        with pytest.raises(SegDeskError, match="no VOC labels"):
            load(project, voc, tmp_path / "pictures")


def test_label_folders_with_faults(tmp_path: Path) -> None:
    masks = tmp_path / "masks"
    masks.mkdir()
    (tmp_path / "classes.txt").write_text("background\ncell")
    Image.fromarray(np.ones((20, 30), np.uint8)).save(masks / "good.png")
    Image.fromarray(np.ones((30, 20), np.uint8)).save(masks / "turned.png")
    add_picture(masks, "colour.png", (20, 30))
    (masks / "text.png").write_text("no picture")
    Image.fromarray(np.ones((20, 30), np.uint8)).save(masks / "nobody.png")
    Image.fromarray(np.ones((20, 30, 3), np.uint8)).save(masks / "grey-as-rgb.png")
    names = ["good.jpg", "turned.jpg", "colour.jpg", "text.jpg", "grey-as-rgb.jpg"]
    with empty_project(tmp_path, *names) as project:
        result = load(project, index_png, tmp_path)
        assert result.pictures == 2
        assert sorted(p.name for p in result.problems) == ["colour", "nobody", "text", "turned"]
        (tmp_path / "none").mkdir()
        with pytest.raises(SegDeskError, match="no label pictures"):
            load(project, index_png, tmp_path / "none")
        with pytest.raises(SegDeskError, match="not a folder"):
            load(project, index_png, tmp_path / "classes.txt")
        (tmp_path / "classes.txt").unlink()
        (tmp_path / "classes.json").write_text("{broken")
        with pytest.raises(SegDeskError, match="not a class list"):
            load(project, index_png, tmp_path)
