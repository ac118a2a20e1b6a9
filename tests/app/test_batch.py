"""What a batch takes, what it tells on its way, and what it does again."""

from __future__ import annotations

import io
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import pytest

from segdesk.app.jobs import Pace, Progress
from segdesk.app.load import Meter, computed_seconds, resident_bytes
from segdesk.app.reports import BatchResult
from segdesk.cli import OK, SOME_FAILED, main
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError
from segdesk.domain.segmentation import Segmentation
from segdesk.engines.messages import Answer
from tests.app.conftest import HEIGHT, WIDTH, Desktop, picture
from tests.app.fake_engine import CLASSES


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


def test_a_meter_tells_pictures_and_pixels_each_second_of_the_last_half_minute() -> None:
    now, pace = [100.0], None
    meter = Meter(lambda: None, clock=lambda: now[0])
    assert meter.pace() is None
    for _ in range(50):  # two a second, half a megapixel each
        now[0] += 0.5
        meter.add(answer("cpu", forward=0.25), 500_000)
        pace = meter.pace()
    assert pace == Pace(2.0, 1.0)
    for _ in range(400):  # now ten a second
        now[0] += 0.1
        meter.add(answer("cpu", forward=0.05), 500_000)
        pace = meter.pace()
    assert pace is not None
    assert (pace.pictures, pace.megapixels) == (pytest.approx(10.0, rel=0.02), pytest.approx(5.0, rel=0.02))
    assert meter.megapixels == pytest.approx(225.0)
    now[0] += 3600.0  # a pause of an hour is not a slow picture
    meter.add(answer("cpu"), 500_000)
    assert meter.pace() is None


def test_a_meter_tells_how_long_nets_ran_on_a_graphics_card() -> None:
    now, pace = [0.0], None
    meter = Meter(lambda: None, clock=lambda: now[0])
    meter.pace()
    for _ in range(20):
        now[0] += 0.5
        meter.add(answer("cuda:0", forward=0.45, taken=3 << 30), 1)
        pace = meter.pace()
    assert pace is not None
    assert (pace.graphics, pace.graphics_bytes) == (pytest.approx(0.9), 3 << 30)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of another process what it computed")
def test_a_meter_counts_both_processes() -> None:
    before = computed_seconds(os.getpid())
    first = time.process_time()
    while time.process_time() - first < 0.05:
        pass
    after = computed_seconds(os.getpid())  # this process twice, in the place of the engine
    assert before is not None
    assert after is not None
    assert after - before >= 0.05
    assert (resident_bytes(os.getpid()) or 0) > 20 << 20
    assert computed_seconds(2**22 + 1) is None


def test_progress_tells_the_pace(opened: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segdesk.app.load.STEP_SECONDS", 0.0)
    job = opened.session.run_all()
    result = opened.value(job)
    paces = [p.pace for p in opened.heard.progress(job) if p.pace is not None]
    assert paces
    assert all(p.pictures > 0 and p.megapixels > 0 for p in paces)
    assert result.megapixels == pytest.approx(4 * HEIGHT * WIDTH / 1e6)


def answer(device: str, *, forward: float = 0.0, taken: int = 0) -> Answer:
    return Answer(
        "p", "c", Segmentation.empty(1, 1), CLASSES, seconds={"forward": forward}, device=device, device_bytes=taken
    )


def test_the_command_line_tells_how_fast_and_how_busy() -> None:
    out, err = io.StringIO(), io.StringIO()
    output = Output(out, err)
    output(Progress(1, "Running", 5, 10, eta_seconds=65.0, pace=Pace(0.5, 1.0, processor=0.934, graphics=0.5)))
    output(Progress(1, "Running", 10, 10, eta_seconds=0.0, pace=Pace(12.345, 1.0)))
    assert err.getvalue().splitlines() == [
        "Running: 5/10, 0.5 pictures/s, graphics card 50%, processor 93%, 1 min 5 s left",
        "Running: 10/10, 12.3 pictures/s",
    ]
    assert out.getvalue() == ""
