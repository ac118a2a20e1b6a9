"""Languages: complete, switched at run time, errors translated before they are filled."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from segdesk.domain.errors import SegDeskError
from segdesk.ui import i18n
from segdesk.ui.i18n import error_text, tr
from segdesk.ui.main_window import MainWindow

ROOT = Path(__file__).resolve().parents[2]


def test_chinese_is_complete():
    script = ROOT / "scripts" / "translate.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_plural(app):
    assert tr("%n picture(s) segmented", 1) == "1 picture segmented"
    assert tr("%n picture(s) segmented", 3) == "3 pictures segmented"
    i18n.install(app, "zh_CN")
    assert tr("%n picture(s) segmented", 3) == "已分割 3 张图片"
    i18n.install(app, "en")


def test_the_translation_is_compiled_before_it_is_wanted(app, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(i18n.paths, "user_cache_dir", lambda: tmp_path)
    monkeypatch.setattr(i18n, "_prepared", threading.Event())
    i18n.prepare()
    for thread in threading.enumerate():
        if thread.name == "translations":
            thread.join()
    released: list[Path] = []
    monkeypatch.setattr(i18n, "_release", lambda source, target: released.append(target))
    assert i18n.install(app, "zh_CN") == "zh_CN"
    assert i18n.install(app, "en") == "en"
    assert released == []


def test_error_is_translated_then_filled(app):
    error = SegDeskError("{path} does not exist.", "It may have been moved or renamed.", path="/x/图.png")
    assert error_text(error) == ("/x/图.png does not exist.", "It may have been moved or renamed.")
    i18n.install(app, "zh_CN")
    assert error_text(error) == ("/x/图.png 不存在。", "它可能已被移动或重命名。")
    i18n.install(app, "en")


def test_unknown_language_gives_english(app):
    assert i18n.install(app, "xx") == "en"


def test_every_label_changes_at_run_time(opened: MainWindow, until):
    opened.desk.change_settings(language="zh_CN")
    until(lambda: opened.footer.counter.text() == "3 张中已确认 0 张")
    assert i18n.language() == "zh_CN"
    english = {
        "Run here",
        "Pictures",
        "Classes",
        "Objects",
        "Confidence",
        "Brush",
        "Undo",
        "All saved",
        "File",
        "Find by name",
    }
    shown = set()
    for widget in opened.findChildren(type(opened.footer.counter)):
        shown.add(widget.text())
    for action in [*opened.action_set.by_id.values(), *opened.tools.by_id.values()]:
        shown |= {action.text(), action.iconText()}
    shown |= {dock.windowTitle() for dock in opened.docks.values()}
    shown |= {opened.files.search.placeholderText(), opened.model_panel.run_here.text()}
    assert not english & shown
    assert {"处理本张", "图片", "类别", "对象", "置信度", "画笔"} <= shown
