"""The sample project: complete, the same each time, and its truth is true."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from segdesk.domain.components import components
from segdesk.io import images, micrographs, samples
from segdesk.io.micrographs import Field, fluorescence, stained
from segdesk.io.project import Project


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return samples.write_samples(tmp_path_factory.mktemp("samples"))


def test_all_pictures_are_readable_and_micrographs_have_a_reference(written: Path) -> None:
    names = {*micrographs.SAMPLES, *samples.PHOTOGRAPHS}
    with Project.open(written) as project:
        assert {r.path for r in project.pictures()} == names
        assert [(c.name, c.is_thing) for c in project.classes] == [("nucleus", True)]
        assert project.folder == written.parent / "pictures"
        for row in project.pictures():
            pixels = images.read(project.picture_path(row.id))
            truth = project.load_map(row.id, "reference")
            if row.path in samples.PHOTOGRAPHS:
                assert truth is None
                continue
            assert truth is not None
            truth.check(project.classes)
            assert truth.size == pixels.shape[:2]
            assert len(truth.segments) == micrographs.SAMPLES[row.path].count
    assert sorted(os.listdir(written.parent)) == ["SegDesk-samples.segdesk", "pictures"]


def test_work_in_the_samples_is_kept(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    path = samples.write_samples(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert told == [(n, 12) for n in range(1, 13)]
    with Project.open(path) as project:
        project.set_state(1, "verified")
    assert samples.write_samples(tmp_path) == path
    with Project.open(path) as project:
        assert project.picture(1).state == "verified"


@pytest.mark.parametrize("render", [fluorescence, stained])
def test_truth_is_exact(render) -> None:
    field = Field(200, 260, count=30, radius=11, clustering=0.6, seed=3)
    picture, truth = render(field)
    assert picture.shape == (200, 260, 3)
    assert picture.dtype == np.uint8
    assert truth.max() == 30
    parts, _ = components(truth)
    pairs = np.unique(np.stack([truth[truth > 0], parts[truth > 0]]), axis=1)
    assert pairs.shape[1] == 30  # each nucleus is one region
    again, same = render(field)
    assert np.array_equal(picture, again)
    assert np.array_equal(truth, same)
    other, _ = render(Field(200, 260, count=30, radius=11, clustering=0.6, seed=4))
    assert not np.array_equal(picture, other)
    grey = picture.astype(float).mean(axis=2)
    inside, outside = grey[truth > 0].mean(), grey[truth == 0].mean()
    assert (inside > outside + 30) if render is fluorescence else (inside < outside - 30)


def test_nuclei_touch_where_they_are_clustered() -> None:
    _, truth = fluorescence(Field(300, 300, count=60, radius=12, clustering=0.8, seed=5))
    beside = (truth[:, 1:] != truth[:, :-1]) & (truth[:, 1:] > 0) & (truth[:, :-1] > 0)
    assert beside.sum() > 50
