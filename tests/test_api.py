"""The Python API on real pictures with the real engine: what it does, what it refuses, and what it leaves behind."""

from __future__ import annotations

import inspect
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import segdesk

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three small pictures, one of them broken."""
    from PIL import Image

    folder = tmp_path / "photos"
    folder.mkdir()
    for n, name in enumerate(("a.png", "b.png")):
        pixels = np.full((48, 64, 3), 40, np.uint8)
        pixels[8:30, 10 + 6 * n : 40 + 6 * n] = (220, 150, 60)
        Image.fromarray(pixels).save(folder / name)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def project(folder: Path) -> Iterator[segdesk.Project]:
    with segdesk.open(folder) as project:
        yield project


def test_importing_it_brings_nothing_heavy() -> None:
    code = (
        "import sys; before = set(sys.modules); import segdesk; "
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('segdesk')))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("['__future__']", "[]")


def test_the_whole_way_in_a_process_without_screen_torch_or_qt(folder: Path, tmp_path: Path) -> None:
    code = f"""
import os, sys
os.environ.pop("DISPLAY", None); os.environ.pop("QT_QPA_PLATFORM", None)
import segdesk
seen = []
with segdesk.open({str(folder)!r}, progress=lambda *values: seen.append(values)) as project:
    result = project.run("regions", device="cpu")
    print(result.answered, [path for path, _ in result.failed], len(seen) > 2, seen[-1][:2])
    engine = project._session._desk.engine.pid
print([m for m in ("torch", "PySide6", "numba") if m in sys.modules])
try:
    os.kill(engine, 0)
    print("alive")
except ProcessLookupError:
    print("gone")
import threading
print([t.name for t in threading.enumerate() if t.name.startswith("segdesk")])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["2 ['broken.png'] True (3, 3)", "[]", "gone", "[]"]


def test_who_forgets_to_close_loses_nothing(folder: Path) -> None:
    code = f"""
import segdesk
project = segdesk.open({str(folder)!r})
project.add_class("car")
project.verify("b.png")
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    with segdesk.open(folder) as project:
        assert project.classes.named("car") is not None
        assert project.pictures[1].state == "verified"


def test_labels_go_in_and_out_and_undo_takes_them_back(project: segdesk.Project, folder: Path) -> None:
    car = project.add_class("car", (1, 2, 3))
    assert project.classes.named("CAR") == car
    assert project.labels("a.png") is None
    class_map = np.zeros((48, 64), np.int64)
    class_map[5:20, 5:30] = car.id
    assert project.set_class_map("a.png", class_map)
    assert not project.set_class_map("a.png", class_map)
    assert np.array_equal(project.labels("a.png").class_map(), class_map)
    labels = project.labels("a.png")
    labels.ids[0, 0] = 7
    labels.segments[7] = segdesk.Segment(car.id)
    assert project.set_labels(project.pictures[0], labels)
    assert project.pictures[0].state == "edited"
    assert project.undo("a.png")
    assert np.array_equal(project.labels("a.png").class_map(), class_map)
    assert project.redo("a.png")
    assert project.labels("a.png").segments.keys() == {car.id, 7}
    assert project.undo("a.png")
    assert project.undo("a.png")
    assert not project.undo("a.png")
    assert not project.undo("b.png")
    project.redo("a.png")
    project.verify("b.png")
    project.close()
    project.close()  # twice does no harm
    with segdesk.open(project_file(folder)) as again:
        assert np.array_equal(again.labels("a.png").class_map(), class_map)
        assert again.pictures[1].state == "verified"


def project_file(folder: Path) -> Path:
    return next(folder.glob("*.segdesk"))


def test_what_is_refused_has_a_sentence(project: segdesk.Project, tmp_path: Path) -> None:
    void = np.zeros((48, 64), np.uint16)
    bad = segdesk.Segmentation(void + 3, {})
    other = segdesk.Segmentation(void + 3, {3: segdesk.Segment(99)})
    for call in (
        lambda: project.set_class_map("a.png", np.zeros((48, 63), np.uint16)),
        lambda: project.set_class_map("a.png", void.astype(float)),
        lambda: project.set_class_map("a.png", void[0]),
        lambda: project.set_class_map("a.png", void.astype(np.int64) - 1),
        lambda: project.set_class_map("a.png", void + 9),
        lambda: project.set_labels("a.png", bad),
        lambda: project.set_labels("a.png", other),
        lambda: project.labels("absent.png"),
        lambda: project.labels("a.png", "truth"),
        lambda: project.run("no-such-model"),
        lambda: project.run("regions", confidence=3.0),
        lambda: project.run("regions", ["absent.png"]),
        lambda: project.export("no-such-format", tmp_path / "out"),
        lambda: project.export("index_png", tmp_path / "out"),  # there are no labels yet
        lambda: project.import_labels("index_png", tmp_path / "absent"),
        lambda: project.evaluate(),
        lambda: project.rename_class("absent", "x"),
        lambda: project.pixels("broken.png"),
        lambda: segdesk.open(project.path),  # it is open already
        lambda: segdesk.open(tmp_path / "nowhere"),
        lambda: segdesk.open(EXAMPLES),  # no pictures
    ):
        with pytest.raises(segdesk.SegDeskError) as caught:
            call()
        assert caught.value.text()
    assert project.pixels("a.png").shape == (48, 64, 3)
    project.close()
    with pytest.raises(segdesk.SegDeskError, match="closed"):
        project.labels("a.png")
    with pytest.raises(AttributeError):
        _ = segdesk.no_such_name


def test_classes_are_merged_in_all_labels_and_exports_come_back(project: segdesk.Project, tmp_path: Path) -> None:
    for name in ("car", "bus", "road"):
        project.add_class(name, is_thing=name != "road")
    car, bus, road = (project.classes.named(n).id for n in ("car", "bus", "road"))
    class_map = np.zeros((48, 64), np.uint16)
    class_map[:10], class_map[10:20], class_map[30:] = car, bus, road
    for picture in ("a.png", "b.png"):
        project.set_class_map(picture, class_map)
    project.verify("b.png")
    assert project.pictures[1].state == "verified"
    project.merge_classes(["bus"], into="car")
    merged = np.where(class_map == bus, car, class_map)
    assert np.array_equal(project.labels("b.png").class_map(), merged)
    assert project.undo("b.png")  # brings the class back
    assert project.classes.named("bus").id == bus
    done = project.export("index_png", tmp_path / "out", classes=["car", "road"], pictures="none")
    assert done.pictures == 2
    assert done.verified.exact
    taken = project.import_labels("index_png", tmp_path / "out", become={"road": ""})
    assert taken.pictures == 2
    assert not (project.labels("a.png", "reference").class_map() == road).any()
    report = project.evaluate("annotation", "reference", out=tmp_path / "report")
    assert 0 < report.headline["miou"] <= 1
    assert list((tmp_path / "report").iterdir())
    project.unverify("b.png")
    project.remove_class("road")
    assert not (project.labels("a.png").ids[30:] != 0).any()


def public(thing: object) -> set[str]:
    return {name for name in vars(thing) if not name.startswith("_")}


def test_the_reference_names_what_there_is() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    module, of_project = text.split("## Project")
    rows = [row.split("|")[1] for row in module.partition("## Module")[2].splitlines() if row.startswith("| `")]
    named = {name for row in rows for name in re.findall(r"`(?:segdesk\.)?(\w+)", row)}
    assert named == set(segdesk.__all__)
    first_column = [row.split("|")[1] for row in of_project.splitlines() if row.startswith("| `")]
    calls = {m[1]: m[2] for cell in first_column for m in re.finditer(r"`(\w+)(\(.*?\))?`", cell)}
    assert set(calls) == public(segdesk.Project)
    for name, written in calls.items():
        if written:
            real = inspect.signature(getattr(segdesk.Project, name))
            plain = [p.replace(annotation=inspect.Parameter.empty) for n, p in real.parameters.items() if n != "self"]
            assert str(inspect.Signature(plain)).replace("'", '"') == written
    for name in segdesk.__all__:
        assert getattr(segdesk, name).__doc__


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project with two of its micrographs and two photographs alone."""
    path = segdesk.samples(tmp_path_factory.mktemp("samples"))
    for picture in sorted((path.parent / "pictures").iterdir()):
        if picture.name not in ("nuclei-1-sparse.png", "nuclei-4-small.png", "photo-cat.png", "photo-rocket.jpg"):
            picture.unlink()
    return path


def example(name: str, *arguments: str, home: Path) -> str:
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        cwd=home,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_example_compares_two_models_then_one_corrects_and_exports(samples: Path, tmp_path: Path) -> None:
    if not any(card.id == "nuclei-unet" for card in segdesk.models()):
        pytest.skip("the nuclei model is not here")
    out = example("evaluate_two_models.py", str(samples), "nuclei-unet", "regions", home=tmp_path)
    head, *rows = [line.split() for line in out.splitlines()]
    assert head == ["nuclei-unet", "regions"]
    figures = {key: values for key, *values in rows}
    assert float(figures["pq"][0]) > 0.6
    assert float(figures["miou"][0]) > float(figures["miou"][1])
    out = example("fix_and_export.py", str(samples), str(tmp_path / "labels"), "400", home=tmp_path)
    assert int(out.split()[0]) >= 1
    assert (tmp_path / "labels" / "classes.json").exists()
    with segdesk.open(samples) as project:
        picture = next(p for p in project.pictures if p.state == "edited")
        labels = project.labels(picture)
        assert min(area for key, area in labels.areas().items() if key) >= 400
        assert project.undo(picture)


def test_example_segments_a_folder(samples: Path, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    shutil.copy(samples.parent / "pictures" / "nuclei-4-small.png", folder)
    out = example("segment_folder.py", str(folder), home=tmp_path)
    assert out.startswith("1 of 1 pictures segmented")
    assert (tmp_path / "mine-coco").is_dir()
