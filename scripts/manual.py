"""Makes the manual's pictures from the real window, in both languages, and its page of keys from the table of actions.

    python scripts/manual.py [--keys] [--only NAME,...] [--out FOLDER] [--size 1280x800]

`--keys`: only the page of keys. Without a screen it starts itself again under Xvfb. Pictures have 128 colours: the
whole set stays under 4 MB.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from scripts import screenshots  # noqa: E402  # the folder above must be known first

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap
    from PySide6.QtWidgets import QWidget

    from segdesk.ui.desk import Desk
    from segdesk.ui.main_window import MainWindow

LANGUAGES = {"en": "en", "zh": "zh_CN"}
COLOURS = 128
KEYS = {
    "en": ("Keys", "This page is made from the program's own table by `scripts/manual.py --keys`. Keys can be changed:"
           " *Help, Change keys*, with presets of labelme, CVAT and Photoshop.", "key", "what it does"),
    "zh": ("快捷键", "本页由 `scripts/manual.py --keys` 根据程序自身的动作表生成。快捷键可以修改：“帮助 → 更改快捷键”，"
           "并提供 labelme、CVAT 和 Photoshop 的预设。", "按键", "作用"),
}  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", action="store_true", help="only the page of keys")
    parser.add_argument("--only", metavar="NAME,...", default="", help="only these pictures")
    parser.add_argument("--out", type=Path, default=ROOT / "docs")
    parser.add_argument("--size", default="1280x800")
    options = parser.parse_args(arguments)
    if options.keys:
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    elif sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
        return screenshots.under_xvfb(__file__, arguments, options.size)
    with tempfile.TemporaryDirectory(
        ignore_cleanup_errors=True
    ) as home:  # nothing of the person who runs this is read or changed
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(home) / name)
        width, height = (int(part) for part in options.size.split("x"))
        Studio(Path(home), (width, height)).make(options)
    return 0


def keys_page(desk: Desk, language: str) -> str:
    """The page of keys in the window's current language, which is `language` ("en" or "zh")."""
    from segdesk.ui.cheat_sheet import groups

    title, note, key, text = KEYS[language]
    lines = [f"# {title}", "", note]
    for group in groups(desk.shortcuts):
        lines += ["", f"## {group.title}", "", f"| {key} | {text} |", "|---|---|"]
        lines += [f"| {_cell(keys)} | {_cell(words)} |" for keys, words in group.lines]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    text = text.replace("空格", "Space")  # as it stands on keyboards, whatever language Qt was first asked in
    return text.replace("|", "\\|").replace("`", "\\`").replace("\n", " ")


class Studio:
    """The window on the sample project, in which one state after the other is brought about and taken."""

    def __init__(self, home: Path, size: tuple[int, int]) -> None:
        from segdesk.app.settings import Settings
        from segdesk.ui.main_window import MainWindow
        from segdesk.ui.start import make_application

        self.home = home
        settings = Settings(language="en", theme="light")
        self.app = make_application(settings)
        self.window: MainWindow = MainWindow(settings)
        self.window.setGeometry(0, 0, *size)
        self.window.show()

    def make(self, options: argparse.Namespace) -> None:
        """All that the options ask for."""
        if not options.keys:
            wanted = set(options.only.split(",")) if options.only else set()
            self._pictures(options.out / "images" / "manual", wanted)
        if options.keys or not options.only:
            for short, language in LANGUAGES.items():
                self.window.desk.change_settings(language=language)
                screenshots.pause(0.5)
                page = options.out / "manual" / short / "keys.md"
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_text(keys_page(self.window.desk, short), encoding="utf-8")
                print(page)
        self.window.close()
        screenshots.wait(lambda: self.window.closing.finished)

    def _pictures(self, out: Path, wanted: set[str]) -> None:
        from segdesk.io.samples import write_samples

        out.mkdir(parents=True, exist_ok=True)
        self._take(out, "welcome", lambda: None, wanted)
        self.window.begin(write_samples(self.home / "samples"))
        desk = self.window.desk
        screenshots.wait(lambda: desk.labels.document is not None)
        screenshots.wait(lambda: bool(desk.runs.devices))
        screenshots.work(self.window)
        self._take(out, "work", lambda: None, wanted)
        for name, ask in SCENES.items():
            self._take(out, name, lambda ask=ask: ask(self.window), wanted)

    def _take(self, out: Path, name: str, show: Callable[[], object], wanted: set[str]) -> None:
        """One picture in each language; what was opened is closed after it."""
        if wanted and name not in wanted:
            return
        for short, language in LANGUAGES.items():
            self.window.desk.change_settings(language=language)
            screenshots.pause(0.5)  # until all parts have heard of it
            show()
            screenshots.pause(PATIENCE.get(name, 1.5))
            for toast in list(self.window.toasts.shown):
                toast.dismiss()
            screenshots.pause(0.3)
            target = out / f"{name}-{short}.png"
            self._grabbed().save(str(target))
            _reduce(target)
            print(target, target.stat().st_size)
            self._tidy(name)

    def _grabbed(self) -> QPixmap:
        """The dialog or card that is open, else the screen."""
        above = _above(self.window)
        return above[-1].grab() if above else self.window.screen().grabWindow(0)

    def _tidy(self, name: str) -> None:
        from PySide6.QtWidgets import QDockWidget

        for widget in _above(self.window):
            widget.close()
        for dock in self.window.findChildren(QDockWidget):
            if dock not in self.window.docks.values():
                dock.hide()
        AFTER.get(name, lambda window: None)(self.window)
        screenshots.pause(0.3)


def _above(window: MainWindow) -> list[QWidget]:
    """What lies over the main window: dialogs, cards that drop down, the search for commands."""
    from PySide6.QtWidgets import QApplication

    from segdesk.ui.command_search import CommandSearch

    over = [*QApplication.topLevelWidgets(), *window.findChildren(CommandSearch)]
    return [w for w in over if w.isVisible() and w is not window and w.width() > 300]


def _reduce(file: Path) -> None:
    from PIL import Image

    with Image.open(file) as picture:
        small = picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(file, optimize=True)


def _asked(dialog: str) -> Callable[[MainWindow], object]:
    return lambda window: window.desk.ask(dialog)


def _teach(window: MainWindow) -> None:
    window.desk.teaching.toggle(True)
    screenshots.wait(lambda: window.teach_card.isVisible())
    screenshots.pause(1.0)
    window.desk.teaching.from_labels()


def _export(window: MainWindow) -> None:
    from segdesk.ui.export_dialog import ExportDialog

    window.desk.ask("export")
    screenshots.wait(lambda: any(isinstance(w, ExportDialog) for w in _above(window)))
    (dialog,) = (w for w in _above(window) if isinstance(w, ExportDialog))
    dialog.folder.setText(str(Path("/home/you/pictures") / Path(dialog.folder.text()).name))  # not that of the moment


def _report(window: MainWindow) -> None:
    from segdesk.ui.report_dock import ReportDock

    ReportDock.shown(window.desk, window).compare()


SCENES: dict[str, Callable[[MainWindow], object]] = {
    "gallery": _asked("gallery"),
    "refinements": lambda window: window.desk.runs.ask_refinements(),
    "split": lambda window: window.desk.split.toggle(True),
    "classes": _asked("classes"),
    "search": _asked("command_search"),
    "export": _export,
    "train": lambda window: window.desk.train_model(),
    "report": _report,
    "batch": lambda window: window.desk.runs.batches.show_page(),
    "teach": _teach,
}
AFTER: dict[str, Callable[[MainWindow], object]] = {
    "split": lambda window: window.desk.split.toggle(False),
    "teach": lambda window: window.desk.teaching.toggle(False),
}
# Seconds until a picture is as a person sees it.
PATIENCE = {"gallery": 12.0, "report": 10.0, "teach": 10.0, "train": 8.0}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
