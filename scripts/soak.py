"""Hours of random use of the real window, by simulated mouse and keyboard, held against a plain model of its state.

    python scripts/soak.py [--minutes 120] [--seed 1] [--report FILE]

Everything follows from the seed but the time that things take. Prints what was done, where the UI thread stalled for
more than 100 ms, and how the memory went; exit code 1 if the window did not hold what it must.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow
    from tests.soak.person import Person
    from tests.soak.watch import Watch

ROOT = Path(__file__).resolve().parent.parent
SIZES = ((240, 160), (240, 160), (640, 480), (1200, 900), (320, 600), (2400, 1800))  # width, height
GROWTH = 60.0  # megabytes an hour in the second half that count as flat
STALLS = "stalls over 100 ms"
OWN = "of which over 100 ms without the time in which others had the processors"
BUSY = "of which the UI thread itself computed over 100 ms"
READ = "of those, in which the UI thread waited for the disk to read a page"
SLOPE = "growth in the second half, MB an hour"
USED = "of which the window's data, MB (minutes, data)"
SHORT = ("minutes", "actions", STALLS, OWN, BUSY, SLOPE)  # of the figures, what is told now and then
SETTLED = 20.0  # minutes after which the growth is judged: before that caches fill


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, help="write the figures as JSON, too, every few minutes")
    options = parser.parse_args(arguments)
    if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as home:  # nothing of the person who runs this is read or changed
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(home) / name)
        return _soak(Path(home), options)


def _soak(home: Path, options: argparse.Namespace) -> int:
    from PySide6.QtCore import qInstallMessageHandler

    from segdesk.app.settings import Settings
    from segdesk.ui.housekeeping import Housekeeping
    from segdesk.ui.main_window import MainWindow
    from segdesk.ui.start import make_application
    from tests.soak.person import Person
    from tests.soak.watch import Watch

    project = _make_project(home)
    settings = Settings(language="en", theme="light", model_id="regions")
    make_application(settings)
    window = MainWindow(settings)
    window.resize(1200, 760)
    window.show()
    Housekeeping(window)
    faulthandler.enable()
    qInstallMessageHandler(
        lambda kind, _, text: print(f"Qt {kind.name}: {text} (while {watch.doing})", file=sys.stderr)
    )
    watch = Watch()
    person = Person(window, project, options.seed, watch)
    wrong = _work(person, watch, options)
    figures = _figures(person, watch, wrong)
    _tell(figures, options.report)
    _close(window, person)
    watch.close()
    sys.stdout.flush()
    os._exit(1 if wrong else 0)  # what hangs is reported, and must not keep the command from ending


def _work(person: Person, watch: Watch, options: argparse.Namespace) -> str:
    """Act until the time is over; returns what was wrong, or ""."""
    end = time.monotonic() + 60 * options.minutes
    told = time.monotonic()
    try:
        watch.doing = "begin"
        person.begin()
        while time.monotonic() < end:
            person.act()
            if time.monotonic() - told > 120:
                told = time.monotonic()
                _tell(_figures(person, watch, ""), options.report, short=True)
    except Exception:
        return f"seed {options.seed}, while “{watch.doing}” after {person.done}:\n{traceback.format_exc()}"
    return ""


def _close(window: MainWindow, person: Person) -> None:
    window.close()
    limit = time.monotonic() + 30
    while not window.closing.finished and time.monotonic() < limit:
        person.turn()


def _make_project(home: Path) -> Path:
    """Pictures with some shapes, of several sizes, and classes."""
    import cv2
    import numpy as np

    from segdesk.domain.classes import ClassSet
    from segdesk.io.project import Project

    folder = home / "pictures"
    folder.mkdir()
    for number, (width, height) in enumerate(SIZES, start=1):
        rng = np.random.default_rng(number)
        pixels = np.full((height, width, 3), 60, np.uint8)
        for _ in range(12):
            x, y, side = int(rng.integers(0, width)), int(rng.integers(0, height)), int(min(width, height) // 8)
            cv2.circle(pixels, (x, y), int(rng.integers(5, side + 6)), rng.integers(0, 255, 3).tolist(), -1)
        noise = rng.integers(-6, 7, pixels.shape)
        cv2.imwrite(str(folder / f"picture {number}.png"), (pixels + noise).clip(0, 255).astype(np.uint8))
    path = folder / "pictures.segdesk"
    with Project.create(path, folder, ClassSet.from_names(["cell", "soil", "leaf"], things=["cell"])) as project:
        project.add_pictures([f"picture {n}.png" for n in range(1, len(SIZES) + 1)])
    return path


def _figures(person: Person, watch: Watch, wrong: str) -> dict[str, object]:
    minutes = watch.memory[-1][0] / 60 if watch.memory else 0.0
    curve = watch.memory[:: max(1, len(watch.memory) // 40)]
    own, busy = [s for s in watch.stalls if s.own > 0.1], [s for s in watch.stalls if s.busy > 0.1]
    causes = Counter((s.doing, s.stack[-1] if s.stack else "?") for s in watch.stalls)
    flat = minutes < SETTLED or watch.slope() < GROWTH
    return {
        "wrong": wrong or ("" if flat else f"memory grows by {watch.slope():.0f} MB an hour"),
        "minutes": round(minutes, 1),
        "actions": sum(person.done.values()),
        "by action": person.done,
        "toasts of tools that can do nothing there": dict(person.said),
        STALLS: len(watch.stalls),
        OWN: len(own),
        BUSY: len(busy),
        "longest stall, s": round(max((s.seconds for s in watch.stalls), default=0.0), 3),
        "longest own computing, s": round(max((s.busy for s in watch.stalls), default=0.0), 3),
        "stalls by action and place": [[*key, n] for key, n in causes.most_common(25)],
        READ: sum(s.read > 0 for s in own),
        "worst (seconds, own, computed, pages read from the disk)": [
            [round(s.seconds, 3), round(s.own, 3), round(s.busy, 3), s.read, s.doing, *s.stack[-5:], *_beside(s.others)]
            for s in _worst(watch)
        ],
        "memory, MB (minutes, window, engine)": [[round(t / 60, 1), round(a), round(b)] for t, a, b in curve],
        USED: [[round(t / 60, 1), round(u)] for t, u in watch.used[:: max(1, len(watch.used) // 40)]],
        "its growth in the second half, MB an hour": round(watch.slope_of_use(), 1),
        SLOPE: round(watch.slope(), 1),
        "engine's growth, MB an hour": round(watch.slope_of_children(), 1),
    }


def _worst(watch: Watch) -> list:  # type: ignore[type-arg]
    return sorted(watch.stalls, key=lambda s: s.own, reverse=True)[:25]


def _beside(others: tuple[str, ...]) -> list[str]:
    return ["beside:", *others] if others else []


def _tell(figures: dict[str, object], report: Path | None, *, short: bool = False) -> None:
    if report is not None:
        report.write_text(json.dumps(figures, indent=1, ensure_ascii=False), encoding="utf-8")
    names = SHORT if short else figures
    for name in names:
        value = figures[name]
        if isinstance(value, list):
            print(f"{name}:")
            for line in value:
                print("   ", *line)
        else:
            print(f"{name}: {value}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
