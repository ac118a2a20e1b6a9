"""The table of actions: complete, without conflicts, and every icon is there."""

from __future__ import annotations

from collections import Counter

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QKeySequence

from segdesk.ui import icons, theme
from segdesk.ui.actions import ACTIONS, MENUS, REASONS, called
from segdesk.ui.cheat_sheet import CheatSheet, as_html, groups
from segdesk.ui.main_window import MainWindow
from segdesk.ui.menus import TITLES


def test_ids_are_unique_and_each_is_in_a_menu():
    counts = Counter(a.id for a in ACTIONS)
    assert max(counts.values()) == 1
    in_menus = [i for _, ids in MENUS for i in ids if i != "-"]
    assert set(in_menus) == set(counts) | set(TITLES)
    assert max(Counter(in_menus).values()) == 1


def test_every_condition_has_its_reason(window: MainWindow):
    needed = {n for a in ACTIONS for n in a.needs}
    assert needed <= set(REASONS)
    assert needed <= set(window.desk.conditions())


def test_every_call_exists(window: MainWindow):
    for action in ACTIONS:
        assert callable(called(window.desk, action.call)), action.id


def test_the_key_back_has_one_name():
    """Qt takes one press of Shift+Tab for both of its names, and where an action has both, for neither."""
    assert not any({"Shift+Tab", "Backtab"} <= set(a.keys) for a in ACTIONS)
    assert any("Shift+Tab" in a.keys for a in ACTIONS)


def test_no_key_is_taken_twice(window: MainWindow):
    keys = [QKeySequence(k).toString() for a in ACTIONS for k in a.keys]
    keys += [info.key for info in window.tools.infos.values() if info.key]
    assert all(keys)
    assert max(Counter(keys).values()) == 1


def test_disabled_actions_say_why(window: MainWindow):
    for key, action in window.action_set.by_id.items():
        if not action.isEnabled():
            assert "\n" in action.toolTip(), key


@pytest.mark.parametrize("name", ["light", "dark"])
def test_icons_draw_something(app, window: MainWindow, name: str):
    theme.apply(app, name)
    wanted = {a.icon for a in ACTIONS if a.icon} | {i.icon for i in window.tools.infos.values()}
    for icon in sorted(wanted):
        assert icons.exists(icon), icon
        image = icons.icon(icon).pixmap(QSize(24, 24)).toImage()
        assert any(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)), icon


def test_cheat_sheet_is_built_from_the_table(window: MainWindow, qtbot):
    window.desk.shortcuts.give("report", "Ctrl+Alt+R")
    dialog = CheatSheet(window.desk, window)
    qtbot.addWidget(dialog)
    dialog.show()
    texts = {part.text() for part in dialog.findChildren(type(window.footer.counter))}
    assert {"Ctrl+B", "Run on all", "B", "Brush", "F1", "1 … 9", "Ctrl+Shift+R, Ctrl+Alt+R"} <= texts
    dialog.search.setText("brush tools")
    assert [group.title for group in dialog.shown] == ["Tools"]
    dialog.search.setText("nothing is called so")
    assert not dialog.shown
    page = as_html(groups(window.desk.shortcuts))
    assert "<kbd>Ctrl+Shift+R, Ctrl+Alt+R</kbd>" in page
    assert "&amp;" not in page


def test_cheat_sheet_is_saved_as_a_page(window: MainWindow, qtbot, tmp_path):
    dialog = CheatSheet(window.desk, window)
    qtbot.addWidget(dialog)
    dialog.save_to(tmp_path / "keys.html")
    assert "Run on all" in (tmp_path / "keys.html").read_text("utf-8")
    dialog.save_to(tmp_path / "no such folder" / "keys.html")
    assert window.toasts.shown[-1].key[0] in ("good", "error")


@pytest.mark.parametrize("look", [theme.LIGHT, theme.DARK])
def test_text_has_contrast(look: theme.Theme):
    def luminance(color: str) -> float:
        parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    pairs = [
        (text, ground) for text in ("text", "soft", "good", "warn", "bad", "info") for ground in ("window", "panel")
    ]
    for text, ground in [*pairs, ("text", "select"), ("on_accent", "accent"), ("accent", "panel")]:
        high, low = sorted((luminance(getattr(look, text)), luminance(getattr(look, ground))), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (look.name, text, ground)
