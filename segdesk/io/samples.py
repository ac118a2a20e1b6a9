"""The sample project: micrographs of our own making with exact ground truth, and a dependency's photographs."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.segmentation import Segment, Segmentation
from segdesk.io.atomic import explain_os_error, write_bytes
from segdesk.io.project import SUFFIX, Project
from segdesk.io.scanning import scan

NAME = f"SegDesk-samples{SUFFIX}"
NUCLEUS = ClassInfo(1, "nucleus", (214, 92, 60), is_thing=True)

# name here -> file in scikit-image's data, copied as it is
PHOTOGRAPHS = {
    "photo-astronaut.png": "astronaut.png",
    "photo-cat.png": "chelsea.png",
    "photo-coffee.png": "coffee.png",
    "photo-rocket.jpg": "rocket.jpg",
    "photo-tissue-ihc.png": "ihc.png",
    "photo-motorcycle.png": "motorcycle_left.png",
}


def write_samples(folder: Path, *, progress: Callable[[int, int], None] | None = None) -> Path:
    """Write `folder/pictures` and the project `folder/SegDesk-samples.segdesk`; returns the project's path.

    The micrographs have a reference layer of class "nucleus" (thing). A sample project that is already there is left
    as it is, with the work in it. The project appears last, so that a run that was broken off is simply done again.
    Raises `SegDeskError`.
    """
    folder = Path(folder)
    target = folder / NAME
    if target.exists():
        return target
    part = folder / f".{NAME}.part"
    try:
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        _fill(part, folder / "pictures", progress or (lambda done, total: None))
        os.replace(part, target)
    except OSError as error:
        raise explain_os_error(error, target) from error
    finally:
        part.unlink(missing_ok=True)
    return target


def _fill(project_file: Path, pictures: Path, progress: Callable[[int, int], None]) -> None:
    from segdesk.io import micrographs  # not at the top: it needs scipy, which is slow to import

    total = len(micrographs.SAMPLES) + len(PHOTOGRAPHS)
    truths: dict[str, np.ndarray] = {}
    for done, _ in enumerate(_photographs(pictures), 1):
        progress(done, total)
    for done, (name, picture, truth) in enumerate(micrographs.samples(), len(PHOTOGRAPHS) + 1):
        truths[name] = truth
        write_bytes(pictures / name, _encoded(picture, name))
        progress(done, total)
    with Project.create(project_file, pictures, ClassSet([NUCLEUS])) as project:
        project.add_pictures(scan(pictures))
        for name, truth in truths.items():
            row = project.find(name)
            assert row is not None
            segments = {int(k): Segment(NUCLEUS.id) for k in np.unique(truth) if k}
            project.save_map(row.id, "reference", Segmentation(truth, segments))


def _encoded(picture: np.ndarray, name: str) -> bytes:
    image = Image.fromarray(picture)
    if not np.ptp(picture, axis=2).any():
        image = image.convert("L")
    memory = io.BytesIO()
    if name.endswith(".jpg"):
        image.save(memory, "JPEG", quality=92, subsampling=0)
    else:
        image.save(memory, "PNG", optimize=True)
    return memory.getvalue()


def _photographs(folder: Path) -> Iterator[str]:
    """Copy the photographs that come with scikit-image; one that a later version lacks is left out."""
    data = resources.files("skimage") / "data"
    for name, original in PHOTOGRAPHS.items():
        source = data / original
        if source.is_file():
            with resources.as_file(source) as file:
                shutil.copyfile(file, folder / name)
        yield name
