"""What a batch takes, what it tells on its way, and what it does again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from segdesk.app.reports import BatchResult
from segdesk.cli import OK, SOME_FAILED, main
from segdesk.domain.errors import SegDeskError
from tests.app.conftest import Desktop, picture


def test_a_run_of_the_failed_takes_only_those(opened: Desktop) -> None:
    opened.engine.errors["img2.png"] = SegDeskError("It does not like this one.")
    first = opened.value(opened.session.run_all())
    assert [path for path, _ in first.failed] == ["img2.png"]
    del opened.engine.errors["img2.png"]
    opened.engine.asked.clear()
    second = opened.value(opened.session.run_all(failed=True))
    assert (second.answered, second.already, second.failed) == (1, 0, ())
    assert opened.engine.asked == [("img2.png", True)]
    assert opened.state("img2.png") == "predicted"
    third = opened.value(opened.session.run_all(failed=True))
    assert replace(third, seconds=0.0) == BatchResult()


def test_the_command_line_tries_the_failed_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (3, 4):
        (folder / f"img{number}.png").unlink()
    (folder / "img2.png").write_bytes(b"not a picture")
    words = ["run", str(folder), "--model", "regions", "--quiet"]
    assert main(words) == SOME_FAILED
    cv2.imwrite(str(folder / "img2.png"), picture(2))
    cv2.imwrite(str(folder / "img9.png"), picture(9))  # new, so not for this run
    assert main([*words, "--failed"]) == OK
    assert "1 segmented, 0 were done before" in capsys.readouterr().out.splitlines()[-1]
    assert main([*words, "--failed"]) == OK
