"""The first page: open a folder, the samples, recent projects, the tour, what this computer has, language and theme.
Shown while no project is open."""

from __future__ import annotations

import os
import time
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from segdesk.app.recents import RecentProject
from segdesk.app.reports import ProjectOpened
from segdesk.domain.text import N_
from segdesk.ui import i18n, icons, theme
from segdesk.ui.actions import ActionSet
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import Translated, tr
from segdesk.ui.recent_cards import RecentCards
from segdesk.ui.widgets import EmptyNote, action_button, label, name

THEMES = {"": N_("System"), "light": N_("Light"), "dark": N_("Dark")}
WIDEST = 1080  # pixels of the page's content
LEFT = 330  # pixels of the column with the buttons


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


class DropArea(Translated, QFrame):
    """Says that things may be dropped, and lights up while something is held over the window."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "drop")
        self.sign, self.text = QLabel(), label(kind="soft")
        self.text.setWordWrap(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 14, 14, 14)
        layout.setSpacing(theme.GAP + 2)
        layout.addWidget(self.sign)
        layout.addWidget(self.text, 1)
        self.recolour()
        self.retranslate()
        self.built = True

    def light(self, on: bool) -> None:
        """Something that can be dropped is over the window."""
        self.setProperty("kind", "drop-lit" if on else "drop")
        self.style().unpolish(self)
        self.style().polish(self)

    def recolour(self) -> None:
        """The sign has the theme's colour."""
        self.sign.setPixmap(icons.icon("import", "soft").pixmap(QSize(24, 24), self.devicePixelRatioF()))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.text.setText(tr("Or drop a folder, a picture or a project anywhere on this window."))


class Welcome(Translated, QScrollArea):
    """Language and theme go through `desk.settings_changed`."""

    def __init__(self, desk: Desk, actions: ActionSet, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.title = label("SegDesk", "title")
        self.line = label(kind="soft")
        self.line.setWordWrap(True)
        by_id = actions.by_id
        self.folder = action_button(by_id["open_folder"], "main", "open", whole=True)
        self.project = action_button(by_id["open_project"], icon="project")
        self.samples = action_button(by_id["samples"], icon="samples")
        self.tour = action_button(by_id["tour"], icon="info")
        self.samples_note = label(kind="soft")
        self.samples_note.setWordWrap(True)
        self.drop = DropArea()
        self.recent_head = label(kind="head")
        self.recent = RecentCards()
        self.no_recent = EmptyNote("recent")
        self.no_recent.setProperty("kind", "panel")
        self.no_recent.setMinimumHeight(290)
        self.device_sign, self.device = QLabel(), label(kind="soft")
        self.device.setWordWrap(True)
        self.language_head, self.theme_head = label(kind="soft"), label(kind="soft")
        self.languages, self.themes = Choice(), Choice()
        self._fill_choices()
        self._lay_out()
        self._connect()
        self.recolour()
        self.retranslate()
        self.built = True

    def _fill_choices(self) -> None:
        for code, text in i18n.LANGUAGES.items():
            self.languages.add(code, text)
            self.languages.buttons[code].clicked.connect(lambda _=False, c=code: self._desk.change_settings(language=c))
        for key, text in THEMES.items():
            self.themes.add(key, text)
            self.themes.buttons[key].clicked.connect(lambda _=False, k=key: self._desk.change_settings(theme=k))

    def _connect(self) -> None:
        desk = self._desk
        self.recent.opened.connect(desk.open_path)
        self.recent.forgotten.connect(self._forget)
        desk.recent_told.connect(self._told)
        desk.settings_changed.connect(self.refresh)
        desk.project_opened.connect(self._project_opened)
        desk.project_closed.connect(self._look_again)
        desk.project_moved.connect(self.refresh)
        desk.runs.devices_changed.connect(self._show_device)
        desk.telling.told.connect(self._show_device)
        desk.job_started.connect(lambda _id, _job: self._show_device())

    def _lay_out(self) -> None:
        page = QWidget()
        page.setMaximumWidth(WIDEST)
        body = QHBoxLayout()
        body.setSpacing(theme.GAP * 4)
        body.addWidget(self._left())
        body.addWidget(self._right(), 1)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(theme.GAP * 4, theme.GAP * 4, theme.GAP * 4, theme.GAP * 2)
        layout.setSpacing(theme.GAP * 3)
        layout.addLayout(self._head())
        layout.addLayout(body, 1)
        layout.addLayout(self._foot())
        outer = QWidget()
        row = QHBoxLayout(outer)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(page, 1000)
        row.addStretch(1)
        self.setWidget(outer)

    def _head(self) -> QHBoxLayout:
        head, words = QHBoxLayout(), QVBoxLayout()
        self.sign = QLabel()
        self.sign.setFixedSize(44, 44)
        head.setSpacing(0)
        words.setSpacing(2)
        words.addWidget(self.title)
        words.addWidget(self.line)
        head.addWidget(self.sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addSpacing(theme.GAP)
        head.addLayout(words, 1)
        return head

    def _left(self) -> QWidget:
        result = QWidget()
        result.setFixedWidth(LEFT)
        layout = QVBoxLayout(result)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        for part in (self.folder, self.project, self.samples):
            part.setMinimumHeight(38)
            layout.addWidget(part)
        layout.addWidget(self.samples_note)
        layout.addWidget(self.tour)
        layout.addSpacing(theme.GAP)
        layout.addWidget(self.drop)
        layout.addStretch(1)
        return result

    def _right(self) -> QWidget:
        result = QWidget()
        layout = QVBoxLayout(result)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.GAP)
        layout.addWidget(self.recent_head)
        layout.addWidget(self.recent, 1000)
        layout.addWidget(self.no_recent)
        layout.addStretch(1)
        return result

    def _foot(self) -> QHBoxLayout:
        foot = QHBoxLayout()
        foot.setSpacing(theme.GAP)
        foot.addWidget(self.device_sign)
        foot.addWidget(self.device, 1)
        foot.addWidget(self.language_head)
        foot.addWidget(self.languages)
        foot.addSpacing(theme.GAP)
        foot.addWidget(self.theme_head)
        foot.addWidget(self.themes)
        return foot

    def refresh(self) -> None:
        """Show recent projects and what is chosen."""
        settings = self._desk.session.settings
        self.languages.check(i18n.language())
        self.themes.check(settings.theme if settings.theme in THEMES else "")
        opened = settings.ui.get("opened")
        times = opened if isinstance(opened, dict) else {}
        paths = [(Path(text), _seconds(times.get(text))) for text in settings.recent]
        fresh = self.recent.show_paths(paths)
        self._desk.session.recents.look(fresh)
        self.recent.setVisible(bool(paths))
        self.no_recent.setVisible(not paths)

    def _look_again(self) -> None:
        self.recent.show_paths([])
        self.refresh()

    def _told(self, told: RecentProject) -> None:
        self.recent.take(told)

    def _project_opened(self, report: ProjectOpened) -> None:
        """Keep when it was; of projects off the list it is forgotten."""
        settings = self._desk.session.settings
        kept = settings.ui.get("opened")
        times = {**(kept if isinstance(kept, dict) else {}), str(report.path): round(time.time())}
        self._desk.remember(opened={path: when for path, when in times.items() if path in settings.recent})

    def _forget(self, path: Path) -> None:
        recent = self._desk.session.settings.recent
        self._desk.change_settings(recent=tuple(r for r in recent if r != str(path)))

    def _show_device(self) -> None:
        """Processor and graphics cards; the latter are known once the engine process has started."""
        found = self._desk.runs.devices
        words = [tr("%n processor core(s)", _cores())]
        cards = [device for device in found if device.id != "cpu"]
        for card in cards:
            memory = f"  {card.memory_bytes / 2**30:.0f} GB" if card.memory_bytes else ""
            words.append(card.name + memory)
        if not found and any(job.name == "Starting the engine" for job in self._desk.jobs.values()):
            words.append(tr("looking for a graphics card…"))
        elif found and not cards:
            words.append(tr("no graphics card that models can use: they run on the processor"))
        self.device.setText(tr("This computer: {parts}", parts="  ·  ".join(words)))

    def recolour(self) -> None:
        """The signs have the theme's colours."""
        ratio = self.devicePixelRatioF()
        self.sign.setPixmap(icons.icon("segdesk", "accent").pixmap(QSize(44, 44), ratio))
        self.device_sign.setPixmap(icons.icon("device", "soft").pixmap(QSize(16, 16), ratio))

    def retranslate(self) -> None:
        """Set the texts again."""
        self.line.setText(tr("Segment a folder of pictures, correct the masks, export them and prove their quality."))
        self.samples_note.setText(tr("Micrographs with exact labels, and photographs. Nothing is downloaded."))
        self.recent_head.setText(tr("Recent projects"))
        self.no_recent.say(
            tr("Nothing has been opened yet."),
            tr("Projects that you open appear here with their progress. The sample project is a good start."),
        )
        self.recent.setAccessibleName(tr("Recent projects"))
        self.language_head.setText(tr("Language"))
        self.theme_head.setText(tr("Look"))
        for key, text in THEMES.items():
            self.themes.buttons[key].setText(tr(text))
            name(self.themes.buttons[key], tr(text))
        self._show_device()
        self.refresh()


def _cores() -> int:
    """Those that this program may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _seconds(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
