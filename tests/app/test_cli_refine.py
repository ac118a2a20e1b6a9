"""Refinements on the command line: the CRF's options, the stack, and what each step changed."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

import cv2
import pytest

from segdesk import cli_refine
from segdesk.app.refinements import rows, stored
from segdesk.cli import NOTHING_DONE, OK, SOME_FAILED
from segdesk.domain.card import ModelCard, NetSpec, Text
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import CRF_PRESETS, CrfOptions, RunOptions
from segdesk.domain.stack import Stack
from segdesk.io.project import Project
from tests.app.test_cli import block_picture, lines, run

CARD = ModelCard("c", Text("C"), "semantic", "", Text(""), NetSpec("n"), ClassSet.from_names(["Sky", "cow"]))
REST = {"confidence": None, "min_area": None, "overlap": None, "stuff_area": None}


def parsed(*words: str) -> RunOptions:
    """The options that the words of `segdesk run` give for a semantic model."""
    parser = ArgumentParser()
    cli_refine.refinement_arguments(parser)
    return cli_refine.refined(RunOptions(), CARD, Namespace(**{**REST, **vars(parser.parse_args(words))}))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    cv2.imwrite(str(folder / "p.png"), block_picture(0))
    return folder


def test_each_parameter_of_the_crf():
    assert parsed().crf is None
    assert parsed("--crf").crf == CrfOptions()
    assert parsed("--crf-quality", "fast").crf == CrfOptions(quality="fast")
    given = ("--crf-w1", "5", "--crf-sigma-alpha", "30", "--crf-sigma-beta", "6", "--crf-w2", "2")
    given += ("--crf-sigma-gamma", "1", "--crf-iterations", "7")
    assert parsed(*given).crf == CrfOptions(5, 30, 6, 2, 1, 7)
    assert parsed("--crf-preset", "deeplab-vgg16").crf == CRF_PRESETS["DeepLab v2, VGG-16"]
    assert parsed("--crf-preset", "strong", "--crf-w1", "1").crf.w1 == 1  # type: ignore[union-attr]
    assert parsed("--crf-off", "sky", "--crf-off", "Cow").crf.off == (1, 2)  # type: ignore[union-attr]
    with pytest.raises(SegDeskError, match="no class called moon"):
        parsed("--crf-off", "moon")


def test_steps_and_their_values():
    assert parsed("--step", "open").stack == Stack().changed("open", {"radius": 2})
    both = parsed("--step", "smooth:width=9", "--step", "fill-holes:area=100,behind=0").stack
    assert both == Stack().changed("smooth", {"width": 9}).changed("fill_holes", {"area": 100, "behind": 0})


@pytest.mark.parametrize("words", ["nothing", "open:width=3", "open:radius", "open:radius=x", "open:radius=99", ""])
def test_a_wrong_step_is_one_sentence(words: str):
    with pytest.raises(ArgumentTypeError):
        cli_refine._step(words)


def test_the_cut_goes_by_the_kind_of_model():
    options = cli_refine.refined(RunOptions(), CARD, Namespace(**{**vars(_plain()), "confidence": 0.8}))
    assert options.decide.pixel_confidence == 0.8
    assert options.decide.confidence == 0.5


def _plain() -> Namespace:
    parser = ArgumentParser()
    cli_refine.refinement_arguments(parser)
    return Namespace(**{**REST, **vars(parser.parse_args([]))})


def test_the_help_names_every_step(capsys: pytest.CaptureFixture[str]):
    assert run("run", "--help") == OK
    told = lines(capsys)[0]
    assert "slow" not in told
    for info in rows():
        assert info.tip in told


def test_a_run_with_steps_is_stored_and_another_run(photo: Path, capsys: pytest.CaptureFixture[str]):
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    capsys.readouterr()
    again = ("run", photo, "--model", "regions", "--step", "open:radius=3", "--step", "smooth", "--quiet")
    assert run(*again) == OK
    assert "1 segmented" in lines(capsys)[0]
    with Project.open(photo / "photos.segdesk") as project:
        source = project.label_source(1)
        assert source is not None
        options = stored(source.options)
    assert options.stack == Stack().changed("open", {"radius": 3}).changed("smooth", {"width": 5})
    assert run(*again) == OK
    assert "1 were done before" in lines(capsys)[0]


def test_a_step_that_the_model_cannot_use_is_refused(photo: Path, capsys: pytest.CaptureFixture[str]):
    assert run("run", photo, "--model", "regions", "--step", "guided", "--quiet") == NOTHING_DONE
    assert "cannot be used" in lines(capsys)[1]
    assert run("run", photo, "--model", "regions", "--step", "sharpen") == NOTHING_DONE
    assert "there are guided, fill_holes" in lines(capsys)[1]


def test_each_step_is_judged(photo: Path, capsys: pytest.CaptureFixture[str]):
    cv2.imwrite(str(photo / "q.png"), block_picture(2))
    assert run("run", photo, "--model", "regions", "--quiet") == OK
    with Project.open(photo / "photos.segdesk") as project:
        for picture_id in (1, 2):
            truth = project.load_map(picture_id, "annotation")
            assert truth is not None
            project.save_map(picture_id, "reference", truth)
    capsys.readouterr()
    assert run("steps", photo, "--model", "regions", "--quiet") == NOTHING_DONE
    assert "No refinement is named" in lines(capsys)[1]
    assert run("steps", photo, "--model", "regions", "--step", "smooth:width=15", "--step", "open", "--quiet") == OK
    out = lines(capsys)[0].splitlines()
    assert out[0].split() == ["step", "mIoU", "PQ", "changed"]
    assert out[2].startswith("+ Cut thin parts (opening) ")
    assert out[3].startswith("+ Smooth borders ")
    assert "100.00" in out[1]
    assert "-" in out[3]  # worse than the reference, which is the answer without it
    assert out[4] == "2 pictures, against reference"
    (photo / "q.png").write_bytes(b"no picture")
    assert run("steps", photo, "--model", "regions", "--step", "open", "--quiet") == SOME_FAILED
    assert "left out: q.png" in lines(capsys)[1]
