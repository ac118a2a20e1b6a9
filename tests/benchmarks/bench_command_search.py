"""How much of the processor's time the command search takes to open, to find and to draw, as shares of what it may
take (50 ms and 16 ms).

QT_QPA_PLATFORM=offscreen python tests/benchmarks/bench_command_search.py [PICTURES]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from PySide6.QtWidgets import QApplication

from segdesk.app.settings import Settings
from segdesk.io.project import PictureRow
from segdesk.io.samples import write_samples
from segdesk.ui.command_search import CommandSearch
from segdesk.ui.command_sources import PictureNames
from segdesk.ui.main_window import MainWindow
from segdesk.ui.start import make_application

OPEN_MS, FRAME_MS = 50.0, 16.0
TYPED = ("r", "ru", "run", "run a", "d", "de", "dee", "deep", "deepl", "bsh", "zo", "img_0", "IMG 99")


def main(arguments: list[str]) -> None:
    """Print the figures."""
    count = int(arguments[0]) if arguments else 100_000
    settings = Settings(language="en", theme="light")
    make_application(settings)
    window = MainWindow(settings)
    window.resize(1360, 850)
    window.show()
    with tempfile.TemporaryDirectory() as folder:
        window.begin(write_samples(Path(folder) / "samples"))
        _until(lambda: window.desk.labels.document is not None)
        window.desk.ask("command_search")
        palette = window.findChild(CommandSearch)
        assert isinstance(palette, CommandSearch)
        _until(lambda: bool(palette._models) and not palette._idle.isActive())
        palette.leave()
        opening = median(_ms(lambda p=palette: _open(window, p)) for _ in range(9))
        rows = [PictureRow(n, f"day {n % 40}/IMG_{n:06}.jpg", 8, 8, "new", 0.0, 0.0, 0, "") for n in range(count)]
        building = _ms(lambda: PictureNames(rows))
        palette._names = PictureNames(rows)
        window.desk.ask("command_search")
        _until(lambda: not palette._idle.isActive())
        found = {text: median(_find(palette, text) for _ in range(5)) for text in TYPED}
        drawn = {text: _draw(palette, text) for text in TYPED}
        print(f"{len(palette._commands)} commands, {len(palette._models)} models, {count} pictures")
        print(f"open        {opening:6.1f} ms = {opening / OPEN_MS:.2f} of what it may take")
        print(f"names       {building:6.1f} ms, once a project")
        for text in TYPED:
            both = found[text] + drawn[text]
            print(
                f"{text!r:9} find {found[text]:5.1f} ms, draw {drawn[text]:4.1f} ms = {both / FRAME_MS:.2f} of a frame"
            )
        window.close()
        _until(lambda: window.closing.finished)


def _open(window: MainWindow, palette: CommandSearch) -> None:
    palette.leave()
    window.desk.ask("command_search")
    palette.repaint()


def _find(palette: CommandSearch, text: str) -> float:
    palette.field.clear()
    return _ms(lambda: palette.field.setText(text))


def _draw(palette: CommandSearch, text: str) -> float:
    palette.field.setText(text)
    return median(_ms(palette.view.viewport().repaint) for _ in range(5))


def _ms(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return 1000 * (time.thread_time() - start)


def _until(check: Callable[[], bool]) -> None:
    while not check():
        QApplication.processEvents()
        time.sleep(0.005)


if __name__ == "__main__":
    main(sys.argv[1:])
