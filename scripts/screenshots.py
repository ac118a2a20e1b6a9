"""Makes the pictures of the documentation: starts the real window on the sample project, works in it, and saves
`docs/images/{en,zh}-{light,dark}.png`. Without a screen it starts itself again under Xvfb.

    python scripts/screenshots.py [--out FOLDER] [--size 1440x900]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parent.parent
MODELS = ("nuclei-unet", "regions")  # the first one whose weights are here
PATIENCE = 300.0  # seconds for any one step


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--size", default="1440x900")
    options = parser.parse_args(arguments)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return under_xvfb(__file__, arguments, options.size)
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as home:  # nothing of the person who runs this is read or changed
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(home) / name)
        width, height = (int(part) for part in options.size.split("x"))
        _take_all(Path(home), options.out, (width, height))
    return 0


def under_xvfb(script: str, arguments: list[str], size: str) -> int:
    """Start a script again on a screen that nobody sees."""
    program = shutil.which("xvfb-run")
    if program is None:
        print("There is no screen and no xvfb-run: install xvfb.")
        return 2
    command = [program, "-a", "-s", f"-screen 0 {size}x24", sys.executable, script, *arguments]
    return subprocess.run(command, check=False).returncode


def _take_all(home: Path, out: Path, size: tuple[int, int]) -> None:
    from segdesk.app.settings import Settings
    from segdesk.io.samples import write_samples
    from segdesk.ui.main_window import MainWindow
    from segdesk.ui.start import make_application

    settings = Settings(language="en", theme="light")
    app = make_application(settings)
    window = MainWindow(settings)
    window.setGeometry(0, 0, *size)
    window.show()
    window.begin(write_samples(home / "samples"))
    wait(lambda: window.desk.labels.document is not None)
    wait(lambda: bool(window.desk.runs.devices))
    work(window)
    out.mkdir(parents=True, exist_ok=True)
    for language in ("en", "zh_CN"):
        for theme in ("light", "dark"):
            window.desk.change_settings(language=language, theme=theme)
            pause(0.6)
            for toast in list(window.toasts.shown):
                toast.dismiss()
            pause(0.2)
            target = out / f"{language[:2]}-{theme}.png"
            window.screen().grabWindow(window.winId()).save(str(target))
            print(target)
    window.close()
    wait(lambda: window.closing.finished)
    app.processEvents()


def work(window: MainWindow) -> None:
    """What a person would have done: run on all, verify two, look at a third with an object selected."""
    desk = window.desk
    ready = [
        m for m in MODELS if desk.session.card(m) and desk.session.weights_status(m).kind in ("shipped", "not_needed")
    ]
    desk.runs.choose_model(ready[0])
    desk.runs.run_all()
    wait(lambda: desk.runs.batch_id is None)
    for _ in range(2):
        current = desk.labels.document
        wait(lambda: desk.labels.document is not None and not desk.labels.document.busy)
        desk.queue.accept()
        wait(lambda before=current: desk.labels.document is not None and desk.labels.document is not before)
    document = desk.labels.document
    assert document is not None
    wait(lambda: bool(window.objects.model.rows))
    pause(0.5)
    largest = max(window.objects.model.rows, key=lambda row: row.area)
    desk.labels.select(largest.segment)


def wait(check: Callable[[], bool]) -> None:
    """Let the window live until something holds."""
    from PySide6.QtWidgets import QApplication

    end = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > end:
            raise TimeoutError("the window did not get so far")
        QApplication.processEvents()
        time.sleep(0.005)


def pause(seconds: float) -> None:
    """Let the window live for a while."""
    end = time.monotonic() + seconds
    wait(lambda: time.monotonic() > end)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
