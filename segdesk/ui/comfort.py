"""What makes the window easier for the person before it: larger letters, less motion, letters for both languages."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from segdesk.domain.text import N_
from segdesk.ui import motion, theme

# Families for Latin letters, then those with Chinese letters that come with Windows, macOS and Linux; Qt takes each
# letter from the first family that has it.
LATIN = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans")
CHINESE = (
    "Microsoft YaHei UI", "Microsoft YaHei", "PingFang SC", "Hiragino Sans GB", "Noto Sans CJK SC", "Noto Sans SC",
    "Source Han Sans SC", "Source Han Sans CN", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Heiti SC", "SimHei",
    "SimSun", "Droid Sans Fallback", "AR PL UMing CN",
)  # fmt: skip
SIZES = (90, 100, 115, 130, 150, 175)  # per cent of the system's letters
MOTIONS = {"": N_("As the system"), "full": N_("Move"), "less": N_("Do not move")}
_points: list[float] = []  # the system's size of letters, as it was at the start


def text_percent(kept: Mapping[str, object]) -> int:
    """The size of letters in the window's settings, in per cent; 100 where there is none or a wrong one."""
    value = kept.get("text_percent")
    return value if value in SIZES and isinstance(value, int) else 100


def apply(app: QApplication, kept: Mapping[str, object]) -> None:
    """Give the program letters and motion as the window's settings say; widgets get a FontChange event."""
    wish = kept.get("motion")
    motion.choose(wish if isinstance(wish, str) and wish in MOTIONS else "")
    for effect in (Qt.UIEffect.UI_AnimateMenu, Qt.UIEffect.UI_AnimateCombo, Qt.UIEffect.UI_FadeMenu):
        app.setEffectEnabled(effect, not motion.reduced())
    if not _points:
        _points.append(app.font().pointSizeF())
    scale = text_percent(kept) / 100
    font = QFont(app.font())
    families = [*LATIN, *CHINESE]
    font.setFamilies([*families, *(f for f in font.families() if f not in families)])
    font.setPointSizeF(_points[0] * scale)
    if font != app.font():
        app.setFont(font)
        theme.set_scale(app, scale)
