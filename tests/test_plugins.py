"""Plug-ins of other packages, in programs of their own: nothing is imported before consent, what fails is told and the
rest goes on, and what is on works, in the engine's process too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.plugin_package import BAD, CARD, GOOD, install

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder of packages: a good one, a bad one, and one that SegDesk does not care about."""
    site = tmp_path / "site"
    install(site, "seg-good", GOOD, version="1.2")
    install(site, "seg-bad", BAD)
    install(site, "other", {("console_scripts", "other"): ""})
    return site


def run(code: str, site: Path, home: Path, *, expect: int = 0) -> list[str]:
    """The lines that a program prints, with the packages on its path and a home of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(site)))}
    environment.update(dict.fromkeys(("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"), str(home)))
    environment.pop("SEGDESK_PLUGINS", None)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=home, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == expect, done.stderr
    return done.stdout.splitlines()


FOUND = """
from segdesk import plugins
from segdesk.app import discover
from segdesk.app.extras import outside
from segdesk.engines import steps
if {on!r}:
    plugins.enable({on!r})
found = (discover.tools(), discover.operations(), discover.formats())
names = [p.name for good, bad in found for p in good] + [m.INFO.id for m in steps.found()[0]]
print(*sorted({{"stamp", "greet", "points", "half", "brush"}} & set(names)))
print(*sorted(b.name for good, bad in found for b in bad))
for good, bad in found:
    for item in bad:
        print(item.reason.text())
for error in steps.found()[1]:
    print(error.text())
for package in outside().packages:
    if package.name.startswith("seg-"):
        print(package.name, package.version, len(package.adds))
print(sorted(plugins.faults()))
"""


def test_nothing_is_imported_before_consent(site: Path, tmp_path: Path) -> None:
    lines = run(FOUND.format(on=[]), site, tmp_path)
    assert lines == ["brush", "", "seg-bad 1.0 7", "seg-good 1.2 5", "[]"]
    assert not (site / "imported").exists()


def test_what_fails_is_told_and_the_rest_goes_on(site: Path, tmp_path: Path) -> None:
    lines = run(FOUND.format(on=["seg-good", "seg-bad"]), site, tmp_path)
    assert lines[0] == "brush greet half points stamp"
    assert lines[1] == "brush crash empty iconless quits"
    told = "\n".join(lines[2:])
    for name, reason in (
        ("quits", "SystemExit: bye"),
        ("brush", "there is one of this name already"),
        ("iconless", "there is no icon 'none'"),
        ("crash", "ZeroDivisionError: division by zero"),
        ("empty", "it has no INFO"),
    ):
        assert f"The plug-in {name} of the package seg-bad cannot be used: {reason}." in told
    assert "its INFO.id is 'half'" in told
    assert lines[-1] == "['seg-bad']"
    assert not list(tmp_path.rglob("plugin-being-loaded"))


def test_a_package_that_ends_the_program_is_off_the_next_time(site: Path, tmp_path: Path) -> None:
    install(site, "seg-deadly", {("segdesk.tools", "deadly"): "import os; os._exit(7)"})
    code = "from segdesk import plugins\nfrom segdesk.app import discover\nplugins.enable(['seg-deadly', 'seg-good'])\n"
    run(code + "discover.tools()", site, tmp_path, expect=7)
    mark = next(tmp_path.rglob("plugin-being-loaded"))
    os.utime(mark, (1.0, 1.0))  # it is not of a program that is loading it just now
    lines = run(code + "print(sorted(plugins.enabled()), plugins.stuck())\ndiscover.tools()", site, tmp_path)
    assert lines == ["['seg-good'] ('seg-deadly',)"]


RUN = """
import segdesk
with segdesk.open({folder!r}) as project:
    result = project.run("bright", device="cpu")
    print(result.answered, [str(error) for _, error in result.failed])
    labels = project.labels("a.png")
    if labels is not None:
        print(bool(labels.ids[12:18, 12:28].all()), bool(labels.ids[25:].any()), [c.name for c in project.classes])
        print(project.export("points", {out!r}).folder.name)
"""


def test_a_net_and_a_format_of_a_package_work_once_it_is_on(site: Path, tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "photos"
    (home / "segdesk" / "models").mkdir(parents=True)
    (home / "segdesk" / "models" / "bright.toml").write_text(CARD, encoding="utf-8")
    folder.mkdir()
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[10:20, 10:30] = 255
    Image.fromarray(pixels).save(folder / "a.png")
    code = RUN.format(folder=str(folder), out=str(tmp_path / "points"))
    lines = run(code, site, home)
    assert lines == ["0 ['There is no architecture called bright_net.']"]
    assert not (site / "imported").exists()
    settings = home / "segdesk" / "settings.json"
    settings.write_text(json.dumps({"plugins": ["seg-good"]}), encoding="utf-8")
    lines = run(code, site, home)
    assert lines == ["1 []", "True False ['light']", "points"]
    assert (tmp_path / "points" / "points.csv").read_text() == "a.png,1"


SWITCH = """
from segdesk.cli import main
for words in ([], ["--on", "absent"], ["--on", "seg-good"], ["--off", "seg-good"]):
    print("exit", main(["plugins", *words]))
"""


def test_the_command_line_lists_and_switches(site: Path, tmp_path: Path) -> None:
    lines = [line.split() for line in run(SWITCH, site, tmp_path) if "seg-" in line or "exit" in line]
    assert "stamp," in lines[1]
    off, on = [["off", "seg-bad"], ["off", "seg-good"]], [["off", "seg-bad"], ["on", "seg-good"]]
    assert [line[:2] for line in lines] == [*off, ["exit", "0"], ["exit", "2"], *on, ["exit", "0"], *off, ["exit", "0"]]
    assert (site / "imported").read_text() == "seg-good"  # by the command after the one that switched it on
