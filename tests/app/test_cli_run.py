"""`segdesk run` with classes matched and with several looks at a picture."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from segdesk.cli import NOTHING_DONE, OK
from segdesk.io.project import Project
from tests.app.test_cli import block_picture, lines, run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "p.png"), block_picture(0))
    return folder


def names(folder: Path) -> set[str]:
    """The names of the classes that the labels of the picture have."""
    with Project.open(folder / "photos.segdesk") as project:
        map_ = project.load_map(1, "annotation")
        return {project.classes.get(s.class_id).name for s in map_.segments.values()}


def test_a_class_becomes_another_one_and_stays_so(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photo, "--model", "regions", "--map", "region=stone", "--quiet") == OK
    assert names(photo) == {"stone"}
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    assert "1 were done before" in lines(capsys)[0]
    assert run("run", photo, "--model", "regions", "--map", "Region=Stone", "--again", "--quiet") == OK
    assert names(photo) == {"stone"}


def test_another_match_is_another_run(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    assert names(photo) == {"region"}
    assert run("run", photo, "--model", "regions", "--ignore-rest", "--quiet") == OK
    assert "1 segmented" in lines(capsys)[0]
    assert names(photo) == set()
    with Project.open(photo / "photos.segdesk") as project:
        assert project.label_source(1).options["classes"] == {"region": {"to": 0, "whole": False}}


@pytest.mark.parametrize(("rule", "told"), [("region", "car=vehicle"), ("moon=sky", "Its classes are: region")])
def test_a_wrong_rule_is_one_sentence(photo: Path, rule: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photo, "--model", "regions", "--map", rule) == NOTHING_DONE
    assert told in lines(capsys)[1]


@pytest.mark.parametrize("words", [("--scales", "0"), ("--scales", "one"), ("--samples", "-1"), ("--samples", "1000")])
def test_senseless_looks_are_refused(photo: Path, words: tuple[str, str]) -> None:
    assert run("run", photo, "--model", "regions", *words) == NOTHING_DONE


def test_several_looks_are_recorded(shared: Path, photo: Path) -> None:
    folder = shared / "data" / "checkpoints"
    words = ("--weights", folder, "--scales", "0.75,1,1.25", "--mirror", "--quiet", "--device", "cpu")
    assert run("run", photo, "--model", "deeplabv3-mobilenetv2-voc21", *words) == OK
    with Project.open(photo / "photos.segdesk") as project:
        looks = project.label_source(1).options["average"]
        assert looks == {"scales": [0.75, 1, 1.25], "mirror": True, "samples": 0}


def test_thresholds_of_objects_and_stuff_are_recorded(photo: Path) -> None:
    words = ("--overlap", "0.75", "--stuff-area", "400", "--confidence", "0.2", "--min-area", "7")
    assert run("run", photo, "--model", "regions", *words, "--quiet") == OK
    with Project.open(photo / "photos.segdesk") as project:
        decide = project.label_source(1).options["decide"]
    expected = {"overlap": 0.75, "stuff_area": 400, "confidence": 0.2, "min_area": 7}
    assert {key: decide[key] for key in expected} == expected


def test_a_run_from_before_a_threshold_came_is_the_same_run(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    with Project.open(photo / "photos.segdesk") as project:
        assert set(project.label_source(1).options["decide"]) == {
            "confidence",
            "pixel_confidence",
            "min_area",
            "overlap",
        }
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    assert "1 were done before" in lines(capsys)[0]


@pytest.mark.parametrize("words", [("--overlap", "1.5"), ("--stuff-area", "-3")])
def test_senseless_thresholds_are_refused(photo: Path, words: tuple[str, str]) -> None:
    assert run("run", photo, "--model", "regions", *words) == NOTHING_DONE


def test_a_model_of_points_is_not_run_on_pictures(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("run", photo, "--model", "point-transformer-s3dis13") == NOTHING_DONE
    assert "segdesk points FILE" in lines(capsys)[1]
    assert run("models", "--task", "points") == OK
    assert lines(capsys)[0].startswith("point-transformer-s3dis13")
