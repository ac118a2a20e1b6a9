"""How long it takes to list all models, to find one, to search, and to open the menu.

    python tests/benchmarks/bench_models.py

Figures are also given as ratios to reading and parsing the card files alone.
"""

from __future__ import annotations

import os
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def best(call: Callable[[], object], rounds: int = 5) -> float:
    """CPU seconds of the fastest of some calls."""
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return min(times)


def main() -> None:
    """Print the figures."""
    from segdesk.app.model_search import ModelFilter, arrange
    from segdesk.app.models import Models
    from segdesk.io import cards
    from segdesk.paths import models_dir

    files = sorted(models_dir().glob("*.toml"))
    bare = best(lambda: [tomllib.loads(file.read_text(encoding="utf-8")) for file in files])
    print(f"{'parse ' + str(len(files)) + ' card files':34} {bare * 1000:7.1f} ms")

    def show(name: str, seconds: float) -> None:
        print(f"{name:34} {seconds * 1000:7.1f} ms  ({seconds / bare:.2f} x parsing)")

    def cold() -> None:
        cards._read.cache_clear()
        Models().cards  # noqa: B018  # reads them

    show("all cards, cold", best(cold))
    show("all cards, files seen before", best(lambda: Models().cards))
    show("one card of none read", best(lambda: (cards._read.cache_clear(), Models().find("nuclei-unet"))))
    models = Models()
    listing = models.listing()
    show(f"states of {len(listing.entries)} models", best(models.listing))
    show("a search", best(lambda: arrange(listing, ModelFilter(text="deeplab city"))))
    show("the whole menu", best(lambda: arrange(listing, ModelFilter())))
    _window(listing, show)


def _window(listing: object, show: Callable[[str, float], None]) -> None:
    """The menu in a window."""
    from PySide6.QtWidgets import QApplication, QPushButton

    from segdesk.app.settings import Settings
    from segdesk.ui.model_browser import ModelBrowser
    from segdesk.ui.start import make_application

    make_application(Settings(language="en", theme="light"))
    under = QPushButton()
    under.show()
    browsers: list[ModelBrowser] = []
    show("make the menu", best(lambda: browsers.append(ModelBrowser(under)), 3))
    show("fill it", best(lambda: browsers.pop().take(listing), 3))  # type: ignore[arg-type]
    browser = ModelBrowser(under)
    browser.take(listing)  # type: ignore[arg-type]

    def opened() -> None:
        browser.open_under(under)
        QApplication.processEvents()
        browser.close()

    show("open and draw it", best(opened))
    browser.open_under(under)
    show("a key of the search", best(lambda: (browser.search.setText("psp"), browser.search.setText(""))) / 2)


if __name__ == "__main__":
    main()
