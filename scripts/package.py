"""Build the double-click program: `python3 scripts/package.py [--smoke]`.

Makes `dist/SegDesk`, a folder that runs without Python, by PyInstaller and `scripts/packaging/segdesk.spec`; `--smoke`
starts it afterwards as a person would, on sample pictures, and fails if it does not do its job. The libraries of
graphics cards are as large as all else together; they are left out where torch is built without them:
`--torch-index URL` installs torch and torchvision from such an index first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import environment

BUILD, DIST = environment.ROOT / "build", environment.ROOT / "dist"
SPEC = environment.ROOT / "scripts" / "packaging" / "segdesk.spec"
FOLDER = DIST / "SegDesk"
ICONS = environment.ROOT / "scripts" / "packaging" / "icons.py"
GRAB = """
import sys
from PySide6.QtGui import QGuiApplication
app = QGuiApplication([])
app.primaryScreen().grabWindow(0).save(sys.argv[1])
"""
SECONDS = 120  # until the window must have come


def install_torch(index: str) -> None:
    """torch and torchvision of another index (builds for processors alone), in place of those that are there."""
    pip = (environment.PYTHON, "-m", "pip", "install", "--quiet", "--upgrade", "--index-url", index)
    if environment.run(*pip, "torch", "torchvision") != 0:
        environment.stop("torch cannot be installed from there; the lines above say why.")


def build() -> None:
    """Icons, translations, then PyInstaller; `dist/SegDesk` is replaced when all went well."""
    environment.run(environment.PYTHON, "scripts/build_translations.py")
    if environment.run(environment.PYTHON, ICONS, BUILD / "icons") != 0:
        environment.stop("The icons could not be drawn.")
    command = (environment.PYTHON, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN")
    if environment.run(*command, "--workpath", BUILD / "work", "--distpath", BUILD / "dist", SPEC) != 0:
        environment.stop("The build failed; the lines above say why.")
    shutil.rmtree(FOLDER, ignore_errors=True)
    DIST.mkdir(exist_ok=True)
    for made in (BUILD / "dist").iterdir():
        shutil.rmtree(DIST / made.name, ignore_errors=True)
        shutil.move(made, DIST / made.name)


def megabytes(folder: Path) -> float:
    """What its files take."""
    return sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink()) / 1e6


def program(name: str) -> Path:
    """One of the two programs of the build."""
    return FOLDER / (name + (".exe" if os.name == "nt" else ""))


def smoke() -> None:
    """The console does the whole job on the samples; the window opens the project that it made, and ends by its key."""
    with tempfile.TemporaryDirectory() as name:
        home, job = Path(name) / "home", Path(name) / "job"
        home.mkdir()
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "SEGDESK"))}
        clean |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "c"), "XDG_CONFIG_HOME": str(home / "s")}
        clean |= {"XDG_DATA_HOME": str(home / "d")}
        for words in (["--version"], ["models"], ["demo", str(job)]):
            environment.say(f"$ segdesk-cli {' '.join(words)}")
            done = subprocess.run([program("segdesk-cli"), *words], env=clean, capture_output=True, text=True)
            environment.say("\n".join(done.stdout.strip().splitlines()[-6:]))
            if done.returncode != 0:
                environment.stop(f"The console program failed:\n{done.stderr[-2000:]}")
        if shutil.which("Xvfb") and shutil.which("xdotool"):
            window(next(job.rglob("*.segdesk")), clean)
        else:
            environment.say("The window was not tried: that needs Xvfb and xdotool.")


def window(project: Path, clean: dict[str, str]) -> None:
    """The window on a virtual screen shows the project, and closes when asked to by its key."""
    reading, writing = os.pipe()
    screen = ("Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp")
    server = subprocess.Popen(screen, pass_fds=[writing], stderr=subprocess.DEVNULL)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        clean = {**clean, "DISPLAY": f":{pipe.readline().strip()}", "QT_QPA_PLATFORM": "xcb"}
    started = subprocess.Popen([program("SegDesk"), project], env=clean)

    def hands(*words: str) -> str:
        return subprocess.run(["xdotool", *words], env=clean, capture_output=True, text=True).stdout.strip()

    try:
        end = time.monotonic() + SECONDS
        while not (found := hands("search", "--pid", str(started.pid), "--onlyvisible", "--name", project.stem)):
            if started.poll() is not None or time.monotonic() > end:
                environment.stop("The window did not come up with the project.")
            time.sleep(0.2)
        time.sleep(3)  # the picture is drawn
        subprocess.run([environment.PYTHON, "-c", GRAB, BUILD / "window.png"], env=clean, check=True)
        hands("windowfocus", "--sync", found.splitlines()[-1], "key", "ctrl+q")
        if started.wait(SECONDS) != 0:
            environment.stop(f"The window ended with {started.returncode}.")
        environment.say(f"The window showed {project.name} and closed: {BUILD.name}/window.png")
    finally:
        started.kill()
        server.terminate()


def main(arguments: list[str]) -> int:
    """Build, and try it if wished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch-index", metavar="URL", help="where torch without graphics card libraries is found")
    parser.add_argument("--smoke", action="store_true", help="start what was built, on sample pictures")
    parser.add_argument("--only-smoke", action="store_true", help="only start what was built before")
    options = parser.parse_args(arguments)
    if not options.only_smoke:
        environment.prepare("package")
        if options.torch_index:
            install_torch(options.torch_index)
        build()
        environment.say(f"Built {FOLDER.relative_to(environment.ROOT)}: {megabytes(FOLDER):.0f} MB")
    if options.smoke or options.only_smoke:
        smoke()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
