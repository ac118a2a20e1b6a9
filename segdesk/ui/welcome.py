"""The first page: sample project, open folder, recent projects, language and theme. Shown while no project is open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdesk.domain.text import N_
from segdesk.ui import i18n, icons, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.widgets import action_button, label, name

THEMES = {"": N_("System"), "light": N_("Light"), "dark": N_("Dark")}


class Choice(QWidget):
    """A row of buttons of which one is down."""

    def __init__(self) -> None:
        super().__init__()
        self.group = QButtonGroup(self)
        self.buttons: dict[str, QPushButton] = {}
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)

    def add(self, key: str, text: str) -> None:
        """One more button."""
        part = QPushButton(text)
        part.setCheckable(True)
        part.setProperty("kind", "pill")
        self.group.addButton(part)
        self.buttons[key] = part
        self._layout.addWidget(part)

    def check(self, key: str) -> None:
        """Press a button without a signal."""
        if key in self.buttons:
            self.buttons[key].setChecked(True)


class Welcome(Translated, QWidget):
    """Language and theme go through `desk.settings_changed`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.title = label("SegDesk", "title")
        self.line = label(kind="soft")
        self.line.setWordWrap(True)
        self.samples = action_button(actions.by_id["samples"], "main", "samples")
        self.folder = action_button(actions.by_id["open_folder"], icon="open", whole=True)
        self.project = action_button(actions.by_id["open_project"], icon="project")
        self.drop = label(kind="soft")
        self.recent_head = label(kind="head")
        self.recent = QListWidget()
        self.recent.setIconSize(QSize(18, 18))
        self.recent.setMaximumHeight(210)
        self.no_recent = label(kind="soft")
        self.language_head, self.theme_head = label(kind="soft"), label(kind="soft")
        self.languages, self.themes = Choice(), Choice()
        for code, text in i18n.LANGUAGES.items():
            self.languages.add(code, text)
            self.languages.buttons[code].clicked.connect(lambda _=False, c=code: desk.change_settings(language=c))
        for key, text in THEMES.items():
            self.themes.add(key, text)
            self.themes.buttons[key].clicked.connect(lambda _=False, k=key: desk.change_settings(theme=k))
        self._lay_out()
        self.recent.itemActivated.connect(self._open)
        self.recent.itemClicked.connect(self._open)
        desk.settings_changed.connect(self.refresh)
        self.retranslate()
        self.built = True

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        self.sign = QLabel()
        self.recolour()
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.line)
        head.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addSpacing(theme.GAP)
        head.addLayout(words, 1)
        starts = QHBoxLayout()
        starts.setSpacing(theme.GAP)
        for part in (self.samples, self.folder, self.project):
            part.setMinimumHeight(36)
            starts.addWidget(part, 1)
        choices = QHBoxLayout()
        choices.setSpacing(theme.GAP)
        choices.addWidget(self.language_head)
        choices.addWidget(self.languages)
        choices.addStretch(1)
        choices.addWidget(self.theme_head)
        choices.addWidget(self.themes)
        card = QFrame()
        card.setProperty("kind", "panel")
        card.setFixedWidth(620)
        inner = QVBoxLayout(card)
        inner.setContentsMargins(32, 28, 32, 24)
        inner.setSpacing(theme.GAP * 2)
        inner.addLayout(head)
        inner.addLayout(starts)
        inner.addWidget(self.drop)
        inner.addWidget(self.recent_head)
        inner.addWidget(self.recent)
        inner.addWidget(self.no_recent)
        inner.addLayout(choices)
        layout = QVBoxLayout(self)
        layout.addStretch(2)
        layout.addWidget(card, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def refresh(self) -> None:
        """Show recent projects and what is chosen."""
        settings = self._desk.session.settings
        self.languages.check(i18n.language())
        self.themes.check(settings.theme if settings.theme in THEMES else "")
        self.recent.clear()
        for text in settings.recent[:6]:
            path = Path(text)
            item = QListWidgetItem(icons.icon("recent"), f"{path.stem}    {path.parent}")
            item.setData(Qt.ItemDataRole.UserRole, text)
            item.setToolTip(text)
            self.recent.addItem(item)
        self.recent.setVisible(self.recent.count() > 0)
        self.no_recent.setVisible(self.recent.count() == 0)
        rows = self.recent.sizeHintForRow(0) * self.recent.count() if self.recent.count() else 0
        self.recent.setFixedHeight(min(210, rows + 8))

    def _open(self, item: QListWidgetItem) -> None:
        self._desk.open_path(Path(item.data(Qt.ItemDataRole.UserRole)))

    def recolour(self) -> None:
        """The sign has the theme's colour."""
        self.sign.setPixmap(icons.icon("segdesk", "accent").pixmap(QSize(44, 44), self.devicePixelRatioF()))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.line.setText(tr("Segment a folder of pictures, correct the masks, export them and prove their quality."))
        self.drop.setText(tr("Or drop a folder or a project file anywhere on this window."))
        self.recent_head.setText(tr("Recent projects"))
        self.no_recent.setText(tr("Projects that you open appear here. The sample project is a good start."))
        self.recent.setAccessibleName(tr("Recent projects"))
        self.language_head.setText(tr("Language"))
        self.theme_head.setText(tr("Look"))
        for key, text in THEMES.items():
            self.themes.buttons[key].setText(tr(text))
            name(self.themes.buttons[key], tr(text))
        self.refresh()
