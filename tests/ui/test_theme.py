"""Both themes can be read: contrast of text on its grounds after WCAG 2.1; icons are crisp at every scale."""

from __future__ import annotations

import re
from dataclasses import fields

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QIcon, QImage, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from segdesk import paths
from segdesk.domain.classes import FIRST_COLORS
from segdesk.ui import icons, theme
from segdesk.ui.actions import ACTIONS
from segdesk.ui.theme import DARK, FAINT_PAIRS, GROUNDS, LIGHT, PAIRS, SHEET, TEXTS, Theme

BOTH = pytest.mark.parametrize("look", [LIGHT, DARK], ids=["light", "dark"])
ICONS = sorted(f.stem for f in (paths.resources_dir() / "icons").glob("*.svg"))


def luminance(color: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1, 1.4.3)."""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_of_black_on_white():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
def test_text_on_its_ground(look: Theme):
    low = {(a, b): contrast(getattr(look, a), getattr(look, b)) for a, b in PAIRS}
    assert {pair: value for pair, value in low.items() if value < 4.5} == {}


@BOTH
def test_what_cannot_be_used_can_still_be_read(look: Theme):
    assert min(contrast(getattr(look, a), getattr(look, b)) for a, b in FAINT_PAIRS) >= 3
    assert contrast(look.faint, look.panel) < contrast(look.soft, look.panel)


@BOTH
def test_focus_and_checks_stand_out(look: Theme):
    """Borders of what has the focus, and signs, are no text: 3:1 (WCAG 1.4.11)."""
    assert min(contrast(look.accent, getattr(look, ground)) for ground in GROUNDS) >= 3
    assert min(contrast(getattr(look, c), look.panel) for c in ("good", "warn", "bad", "info", "soft")) >= 3


@BOTH
def test_rows_in_the_colours_of_their_classes(look: Theme, app: QApplication):
    theme.apply(app, look.name)
    grounds = [theme.tinted(color).name() for color in (*FIRST_COLORS, (255, 255, 0), (0, 0, 0), (255, 255, 255))]
    theme.apply(app, "light")
    assert min(contrast(text, ground) for text in (look.text, look.soft) for ground in grounds) >= 4.5


def rules() -> dict[str, dict[str, str]]:
    """The style sheet: selector -> property -> value."""
    found = re.findall(r"([^{}]+)\{([^{}]*)\}", SHEET)
    return {
        " ".join(selector.split()): {
            k.strip(): v.strip() for k, _, v in (p.partition(":") for p in body.split(";")) if k.strip()
        }
        for selector, body in found
    }


def test_every_pair_of_the_style_sheet_is_one_of_the_theme():
    """A rule that sets both a text colour and a ground uses a pair whose contrast is tested above."""
    pairs = set()
    for body in rules().values():
        text, ground = body.get("color", ""), body.get("background", "")
        if text.startswith("@") and ground.startswith("@"):
            pairs.add((text[1:], ground[1:]))
        assert not re.search(r"(?:^|\W)color: #", "; ".join(f"{k}: {v}" for k, v in body.items()))
    assert pairs
    assert pairs <= {*PAIRS, *FAINT_PAIRS}
    texts = {body["color"][1:] for body in rules().values() if body.get("color", "").startswith("@")}
    assert texts <= {*TEXTS, "on_accent", "faint"}


def test_a_state_stands_after_the_part_it_belongs_to():
    """Qt reads "A:focus::part" as a rule for A without any state: it would hold always."""
    assert [s for s in rules() if re.search(r":(?!:)[\w-]+::", s)] == []


@BOTH
def test_every_name_of_the_sheet_is_a_colour(look: Theme, app: QApplication):
    used = set(re.findall(r"@(\w+);?", SHEET)) - {"icons", "name", "title"}
    assert used <= {f.name for f in fields(look)}
    theme.apply(app, look.name)
    assert "@" not in theme.sheet()
    disabled = app.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled.name() == look.faint
    theme.apply(app, "light")


# -- icons


def alpha(image: QImage) -> np.ndarray:
    """(h, w) uint8 opacity."""
    image = image.convertToFormat(QImage.Format.Format_Alpha8)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width()].copy()


def reference(name: str, side: int) -> np.ndarray:
    """The icon drawn straight at a size in device pixels."""
    image = QPixmap(side, side)
    image.fill("transparent")
    from PySide6.QtGui import QPainter

    painter = QPainter(image)
    icons.icon(name).paint(painter, QRect(0, 0, side, side))
    painter.end()
    return alpha(image.toImage())


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_icons_are_drawn_at_the_screens_own_pixels(app: QApplication, ratio: float):
    """None is drawn small and enlarged: each pixmap has as many pixels as the screen shows, and their sharpness."""
    for name in ("brush", "polygon", "verify", "run"):
        side = round(22 * ratio)
        pixmap = icons.icon(name).pixmap(QSize(22, 22), ratio)
        assert pixmap.size() == QSize(side, side)
        assert pixmap.devicePixelRatio() == ratio
        drawn, wanted = alpha(pixmap.toImage()).astype(int), reference(name, side).astype(int)
        assert np.abs(drawn - wanted).max() <= 2
        assert (drawn > 200).mean() > 0.02, "lines reach their full strength"


@pytest.mark.parametrize("name", ICONS)
def test_each_icon_shows_something_inside_its_square(app: QApplication, name: str):
    drawn = alpha(icons.icon(name).pixmap(QSize(24, 24), 2.0).toImage())
    assert drawn.any()
    assert (drawn > 128).mean() < 0.7
    if not name.startswith(("arrow", "up-arrow", "check", "close")):
        assert not drawn[0].any(), "nothing is cut off at the edge"
        assert not drawn[-1].any()


def test_every_action_has_the_icon_that_it_names():
    assert [a.id for a in ACTIONS if a.icon and not icons.exists(a.icon)] == []


@BOTH
def test_an_icon_that_cannot_be_used_is_faint_in_full_strength(app: QApplication, look: Theme):
    theme.apply(app, look.name)
    image = icons.icon("brush").pixmap(QSize(24, 24), 2.0, QIcon.Mode.Disabled).toImage()
    solid = np.argwhere(alpha(image) == 255)
    row, column = solid[len(solid) // 2]
    assert image.pixelColor(int(column), int(row)).name() == look.faint
    theme.apply(app, "light")
