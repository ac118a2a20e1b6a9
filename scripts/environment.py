"""Make the virtual environment that `start.py` and `check.py` run in. Standard library only: nothing is there yet."""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
CONSTRAINTS = ROOT / "constraints.txt"
OLDEST = (3, 11)

# Shared libraries that Qt's wheels expect from the system, and the Debian packages that hold them.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def say(text: str) -> None:
    """Print at once, so that the lines stay in order with those of the commands."""
    print(text, flush=True)


def stop(text: str) -> None:
    """End with one sentence."""
    raise SystemExit(f"\n{text}")


def run(*command: object, **options: object) -> int:
    """Run a command in the checkout and return its exit code."""
    return subprocess.run([str(c) for c in command], cwd=ROOT, **options).returncode  # type: ignore[call-overload]


def administrator() -> list[str] | None:
    """The prefix with which packages can be installed without asking: [] for root, sudo where it needs no password."""
    if not hasattr(os, "geteuid"):
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True).returncode == 0:
        return [sudo, "-n"]
    return None


def install_debian(packages: list[str], why: str) -> bool:
    """Install Debian packages where we may; otherwise say what a person would have to type. True if installed."""
    if not packages:
        return True
    prefix = administrator()
    if shutil.which("apt-get") is None:
        say(f"{why}: please install the equivalents of {' '.join(packages)} with your system's package manager.")
        return False
    if prefix is None:
        say(f"{why}: please run  sudo apt-get install {' '.join(packages)}")
        return False
    say(f"{why}: installing {' '.join(packages)}")
    quiet = {"capture_output": True, "text": True, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
    subprocess.run([*prefix, "apt-get", "update", "-qq"], **quiet)
    apt = [*prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    done = subprocess.run(apt, **quiet)
    if done.returncode != 0:
        say(done.stderr.strip())
    return done.returncode == 0


def need_qt_libraries() -> None:
    """On Linux, install the shared libraries that Qt misses."""
    if not sys.platform.startswith("linux"):
        return
    missing = []
    for library, package in QT_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    install_debian(missing, "Qt needs system libraries that are missing here")


def make_venv() -> None:
    """Create `.venv`; on a Debian without the venv module, install that first."""
    if PYTHON.exists() and run(PYTHON, "-m", "pip", "--version", stdout=subprocess.DEVNULL) == 0:
        return
    say(f"Making a virtual environment in {VENV.name}")
    command = (sys.executable, "-m", "venv", "--clear", VENV)
    if run(*command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) != 0:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        install_debian([f"python{version}-venv"], "Python's venv module is missing")
        if run(*command) != 0:
            stop("The virtual environment could not be made; the lines above say why.")


def stamp(extras: str) -> str:
    """Changes when what is to be installed changes."""
    digest = hashlib.sha256(f"{extras}|{ROOT}".encode())
    for path in (ROOT / "pyproject.toml", CONSTRAINTS, *sorted((ROOT / "resources" / "i18n").glob("*.ts"))):
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()


def install(extras: str = "") -> None:
    """Install the package in editable form with its dependencies, unless that is already done.

    The constraints file holds the versions that were tested together; where they do not exist for this Python or
    system, any versions that the package allows will do.
    """
    mark = VENV / f"installed-{extras or 'base'}.txt"
    if mark.exists() and mark.read_text() == stamp(extras):
        return
    target = f".[{extras}]" if extras else "."
    say("Installing SegDesk and what it needs (the first time this fetches a few gigabytes for PyTorch)")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", target)
    if run(*pip, "-c", CONSTRAINTS) != 0:
        say("The tested versions cannot be installed here; trying the newest that fit.")
        if run(*pip) != 0:
            stop("The installation failed; the lines above say why. Is this machine online?")
    mark.write_text(stamp(extras))


def missing_to_compile() -> list[str]:
    """The Debian packages that a C++ extension needs and that are not here."""
    packages = [] if shutil.which("g++") else ["g++"]
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        packages.append(f"python{sys.version_info[0]}.{sys.version_info[1]}-dev")
    return packages


def install_reference_crf() -> bool:
    """pydensecrf2, which the tests compare our dense CRF with. It is a C++ extension: try it, and go on without it.
    True if it is there."""
    try_import = (PYTHON, "-c", "import pydensecrf.densecrf")
    if run(*try_import, stderr=subprocess.DEVNULL) == 0:
        return True
    mark = VENV / "crf-failed.txt"
    if mark.exists() and mark.read_text() == stamp("crf"):
        return False
    if sys.platform.startswith("linux"):
        install_debian(missing_to_compile(), "The reference CRF of the tests needs a compiler and Python's headers")
    say("Building the reference CRF for the tests (pydensecrf2), about two minutes")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-c", CONSTRAINTS, "pydensecrf2")
    if run(*pip, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0 and run(*try_import) == 0:
        return True
    mark.write_text(stamp("crf"))
    say("It cannot be built here (it needs a C++ compiler and Python 3.10 to 3.12): the tests against it are skipped.")
    return False


def prepare(extras: str = "") -> None:
    """Everything that both commands need, in order."""
    if sys.version_info < OLDEST:
        stop(f"SegDesk needs Python {OLDEST[0]}.{OLDEST[1]} or newer; this is {sys.version.split()[0]}.")
    need_qt_libraries()
    make_venv()
    install(extras)
