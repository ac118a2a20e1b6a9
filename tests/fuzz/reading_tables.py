"""The readers of everything else: cards, class lists, settings, projects, point clouds, folders of weights, runs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np

from segdesk.app import class_lists, settings, training_runs
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.prediction import Instance
from segdesk.domain.rle import encode
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io import cards, class_tables, folders, picture_names, point_clouds, project_maps
from segdesk.io.project import Project
from segdesk.io.project_types import LAYERS, STATES
from segdesk.paths import models_dir
from tests.fuzz.mutate import Files
from tests.fuzz.oracle import sentence_faults
from tests.fuzz.readers import Reader
from tests.fuzz.reading_labels import is_color

# -- cards and class lists -------------------------------------------------------------------------------------------

_CARD = b"""
[[card]]
like = ["shared"]
id = "one"
name = {en = "One", zh = "\xe4\xb8\x80"}
task = "semantic"
[card.classes]
names = ["", "cat", "dog"]
things = ["cat"]
colors = ["#000000", "#ff0000", "#00ff00"]
[card.weights]
file = "one.pth"
urls = ["https://example.org/one.pth"]
sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
bytes = 12
rename = [["^a", "b"]]
[[card.score]]
metric = "mIoU"
value = 50.5
data = "VOC"
[defaults]
group = "Group"
[like.shared]
net = {type = "unet", options = {width = 4}}
input = {mean = [1, 2, 3.5], std = [1, 1, 1], order = "rgb", fit = "short:520", multiple = 8}
decide = {confidence = 0.5, min_area = 0}
"""


def card_seeds(_: Path) -> list[Files]:
    """The shortest and the longest card files that ship, and one with all that a card may have."""
    files = sorted(models_dir().glob("*.toml"), key=lambda p: p.stat().st_size)
    chosen = [*files[:4], *files[len(files) // 2 :][:2], files[-1]]
    return [
        {"a.toml": _CARD},
        *({"a.toml": path.read_bytes()[:20_000]} for path in chosen if path.stat().st_size < 20_000),
    ]


def read_cards(folder: Path) -> None:
    """A broken card never hides the others; the reason is fit to be shown."""
    (folder / "good.toml").write_bytes(_CARD)
    try:
        found, broken = cards.load_cards([folder])
        assert any(card.id == "one" for card in found)
        for fault in broken:
            faults = sentence_faults(fault.reason)
            assert not faults, faults[0].words
        for card in found:
            assert cards.find_card([folder], card.id) is not None, card.id
            repr(card).encode()
    finally:
        (folder / "good.toml").unlink(missing_ok=True)


def list_seeds(_: Path) -> list[Files]:
    """A class list in each of its forms, and the names of pictures."""
    table = class_tables.WriteTable.of(
        ClassSet([ClassInfo(1, "cat", (1, 2, 3), True), ClassInfo(2, "天空", (4, 5, 6))])
    )
    return [
        {"classes.json": table.to_json({"a": "sub/a.jpg"}).encode(), "pictures.json": b'{"pictures": {"a": "b.jpg"}}'},
        {"classes.json": b'["background", "cat"]'},
        {"classes.json": b'{"0": "background", "7": "cat"}'},
        {"classes.txt": b"background\ncat\ndog\n"},
        {"labelmap.txt": b"# label:color_rgb:parts:actions\ncat:1,2,3::\ndog:4,5,6:head:run\n"},
        {"labels.txt": b"0: background\n1, cat\n2\tdog\n"},
        {"class_names.txt": b"1 2 3 cat\n4,5,6 dog\n"},
    ]


def read_list(folder: Path) -> None:
    """A class list that is one has names, numbers and colours that a project takes."""
    for stem, path in picture_names.known_names(folder).items():
        (stem + path).encode(errors="surrogatepass")
    table = class_tables.ReadTable.find([folder])
    merged, mapping = ClassSet().merged(table.classes)
    assert len(mapping) >= len(table.classes)
    for info in merged:
        info.name.encode()
        assert is_color(info.color), info
    assert all(isinstance(number, int) for number in table.void)


def class_file_seeds(folder: Path) -> list[Files]:
    """A list of classes in each form that we write."""
    classes = ClassSet([ClassInfo(1, "cat", (1, 2, 3), True), ClassInfo(2, "天空", (4, 5, 6))])
    made: list[Files] = []
    for form in class_lists.FORMATS:
        class_lists.write(folder / form.usual, classes, form.id)
        made.append({form.usual: (folder / form.usual).read_bytes()})
    return made


def read_class_file(folder: Path) -> None:
    """Classes that a project takes."""
    classes = class_lists.read(next((p for p in sorted(folder.rglob("*")) if p.is_file()), folder / "a.json"))
    for info in classes:
        info.name.encode()
        assert is_color(info.color), info


# -- settings --------------------------------------------------------------------------------------------------------


def settings_seeds(folder: Path) -> list[Files]:
    """Settings as the window leaves them."""
    full = settings.Settings(
        "en", "dark", "cpu", "unet", ("/a", "/b"), ("/c.segdesk",), ui={"size": [1, 2], "keys": {"a": "B"}}
    )
    settings.save(full, folder / "settings.json")
    return [{"settings.json": (folder / "settings.json").read_bytes()}, {"settings.json": b"{}"}]


def read_settings(folder: Path) -> None:
    """Always settings; what was read can be written and read again."""
    found, note = settings.load(folder / "settings.json")
    assert isinstance(found, settings.Settings)
    assert isinstance(note, str)
    assert all(isinstance(text, str) for text in (*found.model_folders, *found.recent, found.language, found.theme))
    settings.save(found.with_recent(folder), folder.parent / "cache" / "again.json")
    again, _ = settings.load(folder.parent / "cache" / "again.json")
    assert repr(again.ui) == repr(found.ui)


# -- projects --------------------------------------------------------------------------------------------------------


def project_seeds(folder: Path) -> list[Files]:
    """A project with all that it can hold."""
    labels = Segmentation(
        np.repeat(np.arange(3, dtype=np.uint16), 100).reshape(20, 15), {1: Segment(1), 2: Segment(2, 0.5)}
    )
    with Project.create(
        folder / "p.segdesk", folder, ClassSet([ClassInfo(1, "cat", (1, 2, 3), True), ClassInfo(2, "sky", (4, 5, 6))])
    ) as project:
        project.add_pictures(["a.png", "sub/b.png", "c.png"])
        run = project.add_run("unet", "U-Net", {"confidence": 0.5}, "cpu")
        for row in project.pictures():
            project.set_size(row.id, 15, 20)
            project.save_map(row.id, "reference", labels)
            instance = Instance(1, 0.5, encode(labels.ids == 1))
            project.save_prediction(row.id, run, labels, (instance,), 0.25, to_annotation=True)
        project.save_map(1, "annotation", labels.remapped({1: 2, 2: 1}))
        project.save_scribbles(2, labels.size, project_maps.pack_all(labels), labels.segments)
        project.set_locks(1, [1])
        project.set_mark(1, "verified", "edited")
        project.set_meta("operations", ["x"])
    return [{"p.segdesk": (folder / "p.segdesk").read_bytes()}]


def read_project(folder: Path) -> None:
    """Open it and ask for everything; one row that cannot be read does not take the others with it."""
    fault: SegDeskError | None = None
    with Project.open(folder / "p.segdesk") as project:
        for ask in (project.pictures, project.marks, project.locks, project.counts, project.load_scribbles):
            fault = _asked(ask) or fault
        rows = _rows(project)
        for row in rows:
            assert row.state in STATES, row.state
            for layer in LAYERS:
                fault = _asked(lambda row=row, layer=layer: _map(project, row.id, layer)) or fault
            for ask in (project.load_instances, project.load_doubts, project.load_history, project.label_source):
                fault = _asked(lambda ask=ask, row=row: ask(row.id)) or fault
        fault = _asked(lambda: project.copy_to(folder.parent / "cache" / "copy.segdesk")) or fault
        fault = _asked(lambda: project.set_meta("a", 1)) or fault
    if fault is not None:
        raise fault


def _rows(project: Project) -> list:  # type: ignore[type-arg]
    try:
        return project.pictures()
    except SegDeskError:
        return []


def _map(project: Project, picture_id: int, layer: str) -> None:
    labels = project.load_map(picture_id, layer)
    if labels is not None:
        labels.check()
        project.load_reduced(picture_id, layer, 8)


def _asked(ask) -> SegDeskError | None:  # type: ignore[no-untyped-def]
    try:
        ask()
    except SegDeskError as error:
        return error
    return None


# -- point clouds ----------------------------------------------------------------------------------------------------


def cloud_seeds(folder: Path) -> list[Files]:
    """PLY as we write it, as text, with lists and other tables; NPY."""
    places = np.random.default_rng(0).random((12, 3)).astype(np.float32)
    cloud = point_clouds.PointCloud(places)
    point_clouds.write_points(
        folder / "a.ply", cloud, np.ones(12, np.uint16), ClassSet([ClassInfo(1, "cat", (1, 2, 3))])
    )
    text = (
        "ply\nformat ascii 1.0\ncomment x\nelement vertex 3\nproperty double x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nelement face 1\n"
        "property list uchar int vertex_indices\nend_header\n"
        "0 0 0 1 2 3\n1 2 3 4 5 6\n1e3 2 3 7 8 9\n3 0 1 2\n"
    )
    big = (
        text.replace("ascii", "binary_big_endian").partition("end_header\n")[0].encode() + b"end_header\n" + bytes(100)
    )
    made: list[Files] = [{"a.ply": (folder / "a.ply").read_bytes()}, {"a.ply": text.encode()}, {"a.ply": big}]
    for values in (places, np.ones((4, 6), np.uint16) * 300, np.ones((4, 6))):
        file = io.BytesIO()
        np.save(file, values)
        made.append({"a.npy": file.getvalue()})
    return made


def read_cloud(folder: Path) -> None:
    """Whole, finite points."""
    path = next((p for p in sorted(folder.iterdir()) if p.suffix in point_clouds.SUFFIXES), folder / "a.ply")
    cloud = point_clouds.read_points(path)
    assert cloud.xyz.shape == (len(cloud), 3)
    assert len(cloud)
    assert np.isfinite(cloud.xyz).all()
    assert cloud.colors is None or (cloud.colors.shape == cloud.xyz.shape and cloud.colors.dtype == np.uint8)


# -- downloads and runs ----------------------------------------------------------------------------------------------


def hub_seeds(_: Path) -> list[Files]:
    """The files of a Hugging Face folder as they come from the network."""
    head = json.dumps(
        {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "__metadata__": {"format": "pt"}}
    ).encode()
    return [
        {
            "model.safetensors": len(head).to_bytes(8, "little") + head + bytes(16),
            "config.json": b'{"a": [1, {"b": 2}]}',
        }
    ]


def read_hub(folder: Path) -> None:
    """The look into a file that has been fetched."""
    fault = None
    for path in sorted(folder.iterdir()):
        try:
            folders.check(path)
        except SegDeskError as error:
            fault = error
    if fault is not None:
        raise fault


def run_seeds(folder: Path) -> list[Files]:
    """What a training leaves beside its checkpoint."""
    card = cards.read_cards(next(p for p in sorted(models_dir().glob("*.toml")) if cards.read_cards(p)[0].trainable))[0]
    stored = {
        "table": {
            "id": "x",
            "name": "x",
            "task": "semantic",
            "net": {"type": card.net.type},
            "classes": {"names": ["a"]},
        },
        "items": [{"picture": "a.png", "labels": "b.png", "width": 3, "height": 4}],
        "start": {"card": card.id, "weights": "w.pth", "mode": "finetune", "positions": [0, 1]},
        "options": {"epochs": 3},
        "project": "p.segdesk",
    }
    return [{"run.json": json.dumps(stored).encode(), "progress.json": b'{"epoch": 3, "score": 0.5}'}]


def read_run(folder: Path) -> None:
    """A run or nothing."""
    for name, own in (("run.json", training_runs.RUN), ("progress.json", training_runs.PROGRESS)):
        if (folder / name).is_file():
            (folder / name).rename(folder / own)
    card = cards.read_cards(next(p for p in sorted(models_dir().glob("*.toml"))))[0]
    training_runs.read_run(folder, lambda _: card)


READERS = [
    Reader("cards", card_seeds, read_cards, writes=True),
    Reader("class list", list_seeds, read_list),
    Reader("class file", class_file_seeds, read_class_file),
    Reader("settings", settings_seeds, read_settings, writes=True),
    Reader("project", project_seeds, read_project, writes=True),
    Reader("point cloud", cloud_seeds, read_cloud),
    Reader("fetched file", hub_seeds, read_hub),
    Reader("training run", run_seeds, read_run, writes=True),
]
