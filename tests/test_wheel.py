"""The wheel alone: built, installed into an empty environment, and used there, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
WINDOW = """
import sys
from segdesk.app.settings import Settings
from segdesk.ui.start import make_application
from segdesk.ui.i18n import tr
import segdesk
app = make_application(Settings(language="zh_CN"))
print(segdesk.__file__)
print(tr("Open folder…").encode("unicode_escape").decode())
print(not app.windowIcon().isNull())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As a release is built; the build tools are those of the test environment, so that nothing is fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run([*command, "-w", folder, ROOT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("segdesk-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an empty environment with the wheel in it. The libraries that it needs are lent by the
    test environment through a line in a path file, in which that environment's own link to the checkout is not read."""
    home = tmp_path_factory.mktemp("empty")
    venv.create(home, with_pip=False)
    programs = home / ("Scripts" if os.name == "nt" else "bin")
    scheme = {"base": str(home), "platbase": str(home)}
    site = Path(sysconfig.get_path("purelib", "venv" if os.name != "nt" else "nt", scheme))
    command = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps"]
    done = subprocess.run([*command, "--no-index", str(wheel)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return programs


def clean(tmp_path: Path) -> dict[str, str]:
    """An environment that knows nothing of the checkout."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "SEGDESK", "VIRTUAL_ENV"))}
    env |= {f"XDG_{name}_HOME": str(tmp_path / name) for name in ("CACHE", "CONFIG", "DATA")}
    return {**env, "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}


def run(programs: Path, words: list[str], tmp_path: Path) -> str:
    done = subprocess.run([programs / words[0], *words[1:]], cwd=tmp_path, env=clean(tmp_path), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_it_holds_models_resources_and_translations(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [p for p in (ROOT / "models").iterdir() if p.is_file()]
    assert {f"segdesk/_data/models/{p.name}" for p in shipped} <= names
    assert "segdesk/_data/resources/i18n/segdesk_zh_CN.qm" in names
    assert "segdesk/_data/resources/segdesk.svg" in names
    assert {"segdesk/py.typed", "segdesk/__init__.pyi"} <= names
    assert not [name for name in names if name.startswith(("tests/", "scripts/", "docs/"))]


def test_its_window_speaks_chinese_and_has_its_icon(installed: Path, tmp_path: Path) -> None:
    where, words, icon = run(installed, ["python", "-c", WINDOW], tmp_path).splitlines()
    assert not where.startswith(str(ROOT))
    assert words.encode().decode("unicode_escape").startswith("打开")
    assert icon == "True"


def test_its_command_does_the_main_job(installed: Path, tmp_path: Path) -> None:
    """With a net whose weights are in the wheel."""
    run(installed, ["segdesk", "samples", str(tmp_path / "job")], tmp_path)
    model = ["--model", "deeplabv3plus-mobilenetv2-everyday", "--limit", "1"]
    run(installed, ["segdesk", "run", str(tmp_path / "job"), *model], tmp_path)
    out = ["--format", "index_png", "--out", str(tmp_path / "labels")]
    run(installed, ["segdesk", "export", str(tmp_path / "job"), *out], tmp_path)
    assert list((tmp_path / "labels").rglob("*.png"))
