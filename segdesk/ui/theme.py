"""The program's own light and dark look on Qt's Fusion style: palettes, a small style sheet, spacing."""

from __future__ import annotations

from dataclasses import dataclass, fields

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication

from segdesk import paths
from segdesk.ui.restyle import Restyle

GAP = 8  # the one distance; halves and doubles of it where needed


@dataclass(frozen=True)
class Theme:
    """Colours by their use, as #rrggbb. `sunken` is the ground behind the picture; `soft` text is secondary, `faint` is
    what cannot be used now. `PAIRS` says which colours of text stand on which grounds."""

    name: str
    window: str
    panel: str
    field: str
    sunken: str
    line: str
    text: str
    soft: str
    faint: str
    accent: str
    on_accent: str
    hover: str
    select: str
    good: str
    warn: str
    bad: str
    info: str


LIGHT = Theme(
    name="light", window="#f3f4f6", panel="#fbfbfc", field="#ffffff", sunken="#dfe2e6", line="#d3d7dd",
    text="#1d232b", soft="#566170", faint="#79838f", accent="#1d6b87", on_accent="#ffffff", hover="#e6ebef",
    select="#d5e7ee", good="#27714a", warn="#895708", bad="#b0352d", info="#2a65a8",
)  # fmt: skip
DARK = Theme(
    name="dark", window="#1d2126", panel="#24292f", field="#1a1e22", sunken="#14171a", line="#383f48",
    text="#e4e8ec", soft="#a5b0bc", faint="#7f8995", accent="#66b8d3", on_accent="#0d2028", hover="#2f363e",
    select="#253f4b", good="#6cc08b", warn="#dda84f", bad="#f2938a", info="#7fb2ea",
)  # fmt: skip
TEXTS = ("text", "soft", "good", "warn", "bad", "info", "accent")
GROUNDS = ("window", "panel", "field", "hover", "select", "sunken")
PAIRS = (*((text, ground) for text in TEXTS for ground in GROUNDS), ("on_accent", "accent"))
FAINT_PAIRS = (("faint", "window"), ("faint", "panel"), ("faint", "field"), ("soft", "line"))  # what cannot be used
THEMES = {"light": LIGHT, "dark": DARK}
STYLED = "segdesk_styled"  # a property of the application that has its style
_current = [LIGHT]
_scale = [1.0]
_restyle: list[Restyle] = []  # one for each application
TITLE_PIXELS = 21


def current() -> Theme:
    """The theme in use."""
    return _current[0]


def system_theme(app: QApplication) -> str:
    """The desktop's own choice where Qt knows it, else light."""
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


def apply(app: QApplication, name: str) -> Theme:
    """Give the whole program a theme ("light", "dark" or "auto"); widgets get a PaletteChange event."""
    theme = THEMES.get(name) or THEMES[system_theme(app)]
    _current[0] = theme
    if not app.property(STYLED):  # under a style sheet the style no longer tells its own name
        app.setStyle("Fusion")
        app.setProperty(STYLED, True)
    app.setPalette(_palette(theme))
    restyle(app).use(sheet())
    return theme


def set_scale(app: QApplication, scale: float) -> None:
    """How large letters are against the system's, for those whose size the style sheet sets."""
    _scale[0] = scale
    restyle(app).use(sheet(), at_once=True)


def restyle(app: QApplication) -> Restyle:
    """What gives the application its style sheet."""
    if not _restyle:
        _restyle.append(Restyle(app))
    return _restyle[0]


def state_color(state: str) -> QColor:
    """The colour of a review state's dot."""
    theme = current()
    names = {
        "new": theme.line, "predicted": theme.info, "edited": theme.warn,
        "verified": theme.good, "skipped": theme.soft, "failed": theme.bad,
    }  # fmt: skip
    return QColor(names.get(state, theme.line))


def draw_state(painter: QPainter, at: QPoint, state: str) -> None:
    """The dot of a review state around a point; a ring where nothing of the model or of the person is there yet."""
    if state in ("new", "skipped"):
        painter.setPen(QPen(QColor(current().soft), 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(state_color(state))
    painter.drawEllipse(at, 4, 4)


def tinted(color: tuple[int, int, int], strength: float = 0.12) -> QColor:
    """A list row's ground: a class colour mixed into the panel's."""
    base = QColor(current().panel)
    mix = [round(b + (c - b) * strength) for b, c in zip((base.red(), base.green(), base.blue()), color, strict=True)]
    return QColor(*mix)


def small(font: QFont) -> QFont:
    """The font of secondary text."""
    result = QFont(font)
    result.setPointSizeF(max(7.0, font.pointSizeF() * 0.9))
    return result


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: theme.window, role.WindowText: theme.text, role.Base: theme.field, role.AlternateBase: theme.panel,
        role.Text: theme.text, role.Button: theme.panel, role.ButtonText: theme.text, role.BrightText: theme.bad,
        role.Highlight: theme.accent, role.HighlightedText: theme.on_accent, role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text, role.Link: theme.accent, role.LinkVisited: theme.accent,
        role.PlaceholderText: theme.soft, role.Light: theme.hover, role.Midlight: theme.line, role.Mid: theme.line,
        role.Dark: theme.line, role.Shadow: theme.line, role.Accent: theme.accent,
    }  # fmt: skip
    for key, value in pairs.items():
        palette.setColor(key, QColor(value))
    for key in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, QColor(theme.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(theme.line))
    return palette


def sheet() -> str:
    """The style sheet of the theme in use."""
    theme = current()
    result = SHEET.replace("@name;", theme.name).replace("@icons;", (paths.resources_dir() / "icons").as_posix())
    result = result.replace("@title;", f"{round(TITLE_PIXELS * _scale[0])}px;")
    for field in fields(theme):
        result = result.replace(f"@{field.name};", f"{getattr(theme, field.name)};")
    return result


SHEET = """
QMainWindow::separator { background: @window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: @line; }
QMenuBar { background: @window; padding: 1px 4px; }
QMenuBar::item { padding: 4px 9px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: @hover; color: @text; }
QMenu { background: @panel; border: 1px solid @line; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 10px; border-radius: 4px; }
QMenu::icon { padding-left: 8px; }
QMenu::item:selected { background: @select; color: @text; }
QMenu::item:disabled { color: @faint; }
QMenu::separator { height: 1px; background: @line; margin: 4px 6px; }
QToolTip { background: @panel; color: @text; border: 1px solid @line; padding: 4px; }
QDockWidget { font-weight: 600; }
QDockWidget::title { background: @window; padding: 5px 8px 3px 8px; }
QToolBar { background: @window; border: none; spacing: 2px; padding: 4px; }
QToolBar::separator { background: @line; height: 1px; width: 1px; margin: 5px 7px; }
QToolButton { border: 1px solid transparent; border-radius: 5px; padding: 4px 6px; background: transparent; }
QToolButton:hover { background: @hover; }
QToolButton:checked, QToolButton:pressed { background: @select; border-color: @accent; }
QToolButton:focus { border-color: @accent; }
QToolButton:checked:focus { border: 2px solid @accent; padding: 3px 5px; }
QToolButton[kind="tool"]:checked:focus { padding: 2px 0 1px 0; }
QToolButton[kind="tool"] { padding: 3px 1px 2px 1px; }
QPushButton { border: 1px solid @line; border-radius: 5px; padding: 5px 12px; background: @field; }
QPushButton:hover { background: @hover; }
QPushButton:pressed { background: @select; }
QPushButton:focus { border-color: @accent; }
QPushButton:disabled { background: @window; }
QPushButton[kind="main"] { background: @accent; color: @on_accent; border-color: @accent; font-weight: 600; }
QPushButton[kind="main"]:focus { border: 2px solid @text; padding: 4px 11px; }
QPushButton[kind="main"]:disabled { background: @line; border-color: @line; color: @soft; }
QPushButton[kind="quiet"] { border-color: transparent; background: transparent; padding: 4px 8px; }
QPushButton[kind="quiet"]:hover { background: @hover; }
QPushButton[kind="quiet"]:focus { border-color: @accent; }
QPushButton[kind="pill"] { padding: 4px 10px; }
QPushButton[kind="pill"]:checked { background: @select; border-color: @accent; }
QPushButton:checked:focus { border: 2px solid @accent; padding: 4px 11px; }
QPushButton[kind="pill"]:checked:focus { border: 2px solid @accent; padding: 3px 9px; }
QPushButton::menu-indicator { width: 0; }
QToolButton::menu-indicator { image: none; width: 0; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox {
    border: 1px solid @line; border-radius: 5px; padding: 3px 6px; background: @field;
    selection-background-color: @accent; selection-color: @on_accent; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus { border-color: @accent; }
QComboBox::drop-down { border: none; width: 22px; }
QComboBox::down-arrow { image: url("@icons;/arrow-@name;.svg"); width: 12px; height: 12px; }
QSpinBox, QDoubleSpinBox { padding: 3px 20px 3px 6px; }
QSpinBox::up-button, QDoubleSpinBox::up-button, QSpinBox::down-button, QDoubleSpinBox::down-button {
    border: none; width: 18px; background: transparent; subcontrol-origin: border; }
QSpinBox::up-button, QDoubleSpinBox::up-button { subcontrol-position: top right; margin-top: 1px; }
QSpinBox::down-button, QDoubleSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 1px; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {
    image: url("@icons;/up-arrow-@name;.svg"); width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {
    image: url("@icons;/arrow-@name;.svg"); width: 10px; height: 10px; }
QDockWidget { titlebar-close-icon: url("@icons;/close-@name;.svg");
    titlebar-normal-icon: url("@icons;/float-@name;.svg"); }
QDockWidget::close-button, QDockWidget::float-button { border: none; padding: 0; icon-size: 18px; position: absolute;
    top: 4px; right: 6px; width: 20px; height: 20px; }
QDockWidget::float-button { right: 30px; }
QDockWidget::close-button:hover, QDockWidget::float-button:hover { background: @hover; border-radius: 4px; }
QTabWidget::pane { border: 1px solid @line; border-radius: 5px; background: @panel; top: -1px; }
QTabBar { qproperty-drawBase: 0; }
QTabBar::tab { padding: 6px 12px; border: none; border-bottom: 2px solid transparent; background: transparent;
    color: @soft; }
QTabBar::tab:hover { color: @text; }
QTabBar::tab:selected { color: @text; border-bottom-color: @accent; }
QTabBar::tab:focus { background: @hover; color: @text; }
QPlainTextEdit, QTextEdit { border: 1px solid @line; border-radius: 5px; padding: 4px; background: @field; }
QPlainTextEdit:focus, QTextEdit:focus { border-color: @accent; }
QAbstractItemView { border: 1px solid @line; border-radius: 5px; background: @panel; outline: none; }
QAbstractItemView:focus { border-color: @accent; }
QAbstractItemView::item:selected { background: @select; color: @text; }
QHeaderView::section { background: @window; color: @soft; border: none; padding: 3px 6px; }
QCheckBox::indicator, QAbstractItemView::indicator {
    width: 14px; height: 14px; border: 1px solid @soft; border-radius: 3px; background: @field; }
QCheckBox::indicator:hover, QCheckBox::indicator:focus { border-color: @accent; }
QCheckBox, QRadioButton { border: 1px solid transparent; border-radius: 4px; padding: 1px 3px; }
QCheckBox:focus, QRadioButton:focus { border-color: @accent; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {
    background: @accent; border-color: @accent; image: url("@icons;/check-@name;.svg"); }
QCheckBox::indicator:disabled { border-color: @line; background: @window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QFrame[kind="panel"] { background: @panel; border: 1px solid @line; border-radius: 7px; }
QFrame[kind="strip"] { background: @panel; border: none; border-bottom: 1px solid @line; }
QFrame[kind="foot"] { background: @panel; border: none; border-top: 1px solid @line; }
QFrame[kind="drop"] { border: 1px dashed @soft; border-radius: 7px; }
QFrame[kind="drop-lit"] { border: 2px dashed @accent; border-radius: 7px; background: @select; }
QLabel[kind="soft"] { color: @soft; }
QLabel[kind="good"] { color: @good; }
QLabel[kind="warn"] { color: @warn; }
QLabel[kind="bad"] { color: @bad; }
QLabel[kind="title"] { font-size: @title; font-weight: 600; }
QLabel[kind="head"] { font-weight: 600; }
QProgressBar { border: none; border-radius: 3px; background: @line; max-height: 6px; min-height: 6px; }
QProgressBar::chunk { background: @accent; border-radius: 3px; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: @line; border-radius: 4px; min-height: 28px; min-width: 28px; margin: 1px; }
QScrollBar::handle:hover { background: @soft; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: @line; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: @accent; }
QSlider::sub-page:horizontal:disabled { background: @line; }
QSlider::handle:horizontal {
    width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: @field; border: 1px solid @accent; }
QSlider::handle:horizontal:hover, QSlider::handle:horizontal:focus { background: @accent; }
QSlider::handle:horizontal:disabled { background: @window; border-color: @line; }
"""
