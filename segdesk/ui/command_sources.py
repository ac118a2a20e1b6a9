"""What the command search can find: actions, tools, operations, choices, classes, models, projects and pictures, each
with what it does, its keys, and why it cannot be done now."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QIcon

from segdesk.app import fuzzy
from segdesk.app.model_search import Listing
from segdesk.domain.text import N_
from segdesk.io.project import PictureRow
from segdesk.ui import i18n, icons
from segdesk.ui.actions import HELD, plain_title
from segdesk.ui.footer import device_name
from segdesk.ui.i18n import tr
from segdesk.ui.model_text import row_text, weights_text
from segdesk.ui.welcome import THEMES
from segdesk.ui.widgets import swatch

if TYPE_CHECKING:
    from segdesk.ui.main_window import MainWindow

# kind: what stands at the right of a line; the first are the more likely ones
KINDS = {
    "action": N_("command"),
    "tool": N_("tool"),
    "operation": N_("command"),
    "class": N_("class"),
    "choice": N_("setting"),
    "model": N_("model"),
    "project": N_("project"),
    "picture": N_("picture"),
}
MOST_PICTURES = 12
LEAST_LETTERS = 2  # of a word that pictures are searched for
DOCKS = {"files": N_("Pictures"), "classes": N_("Classes"), "objects": N_("Objects")}


@dataclass(frozen=True)
class Entry:
    """A line of the command search. `text` in the current language, `english` as in the source; `detail`: a second,
    softer text; `why`: the reason why it cannot be done now, "" if it can; `run` does it."""

    id: str
    kind: str
    text: str
    english: str
    run: Callable[[], object] = field(compare=False)
    detail: str = ""
    keys: str = ""
    why: str = ""
    checked: bool | None = None
    icon: QIcon | None = field(default=None, compare=False)

    @cached_property
    def names(self) -> tuple[fuzzy.Name, fuzzy.Name | None, fuzzy.Name | None]:
        """Prepared for the search: the text, the English one where it is another, and all words with the detail."""
        english = fuzzy.name(self.english) if self.english != self.text else None
        whole = fuzzy.name(f"{self.english} {self.text} {self.detail}") if self.detail else None
        return fuzzy.name(self.text), english, whole


def commands(window: MainWindow) -> Iterator[Entry]:
    """Everything but models and pictures."""
    yield from _actions(window)
    yield from _tools(window)
    yield from _operations(window)
    yield from _classes(window)
    yield from _choices(window)
    yield from _projects(window)


def _actions(window: MainWindow) -> Iterator[Entry]:
    shortcuts = window.desk.shortcuts
    held = {command.id for command in HELD}
    for key, action in window.action_set.by_id.items():
        if key == "command_search" or key in held:
            continue
        info, command = window.action_set.infos[key], shortcuts.commands[key]
        text = action.text().partition("\t")[0].replace("…", "")
        why = window.action_set.enabling.why(key)
        yield Entry(
            key, "action", text, info.text.replace("…", ""), action.trigger, plain_title(command.group),
            shortcuts.shown(key), why, _checked(action), action.icon(),
        )  # fmt: skip


def _checked(action: QAction) -> bool | None:
    return action.isChecked() if action.isCheckable() else None


def _tools(window: MainWindow) -> Iterator[Entry]:
    for key, action in window.tools.by_id.items():
        info = window.tools.infos[key]
        why = window.tools.enabling.why(key)
        yield Entry(
            f"tool_{key}", "tool", tr(info.title), info.title, action.trigger, "",
            window.desk.shortcuts.shown(f"tool_{key}"), why, None, action.icon(),
        )  # fmt: skip


def _operations(window: MainWindow) -> Iterator[Entry]:
    for key, action in window.operations.by_id.items():
        title = window.operations.plugins[key].info.title
        yield Entry(
            f"operation_{key}", "operation", tr(title), title, action.trigger, plain_title("&Labels"),
            window.desk.shortcuts.shown(f"operation_{key}"), window.operations.enabling.why(key),
        )  # fmt: skip


def _classes(window: MainWindow) -> Iterator[Entry]:
    desk = window.desk
    for at, info in enumerate(desk.session.classes):
        keys = desk.shortcuts.shown(f"class_{at + 1}") if at < 9 else ""
        choose = lambda class_id=info.id: desk.labels.choose_class(class_id)  # noqa: E731
        yield Entry(
            f"class:{info.name}", "class", info.name, info.name, choose, tr("paint this class"), keys, "", None,
            swatch(info.color),
        )  # fmt: skip


def _choices(window: MainWindow) -> Iterator[Entry]:
    desk = window.desk
    for code, text in i18n.LANGUAGES.items():
        run = lambda c=code: desk.change_settings(language=c)  # noqa: E731
        yield _choice("language", N_("Language"), text, text, run, code == i18n.language())
    for theme, text in THEMES.items():
        run = lambda t=theme: desk.change_settings(theme=t)  # noqa: E731
        yield _choice("theme", N_("Look"), tr(text), text, run, theme == desk.session.settings.theme)
    devices = [("auto", tr("Automatic"), "Automatic")]
    devices += [(d.id, device_name(d), d.name) for d in desk.runs.devices]
    for device, text, english in devices:
        run = lambda d=device: desk.runs.set_device(d)  # noqa: E731
        yield _choice("device", N_("Device"), text, english, run, device == desk.session.device)
    for key, title in DOCKS.items():
        action = window.docks[key].toggleViewAction()
        shown = window.docks[key].isVisible()
        why = "" if desk.session.project is not None else tr("Open a folder or a project first.")
        yield _choice("", N_("Panel"), tr(title), title, action.trigger, shown, why=why)


def _choice(
    icon: str, head: str, text: str, english: str, run: Callable[[], object], holds: bool, *, why: str = ""
) -> Entry:
    sign = icons.icon(icon) if icon else None
    return Entry(
        f"{head}:{english}", "choice", f"{tr(head)}: {text}", f"{head}: {english}", run, "", "", why, holds, sign
    )


def _projects(window: MainWindow) -> Iterator[Entry]:
    sign = icons.icon("recent")
    for text in window.desk.session.settings.recent:
        path = Path(text)
        run = lambda p=path: window.desk.open_path(p)  # noqa: E731
        yield Entry(f"project:{text}", "project", path.stem, path.stem, run, str(path.parent), icon=sign)


def models(window: MainWindow, listing: Listing) -> Iterator[Entry]:
    """The models that can be run on pictures, those that are ready first."""
    desk, sign = window.desk, icons.icon("model")
    for item in sorted(listing.for_pictures().entries, key=lambda e: not e.ready):
        card = item.card
        run = lambda card_id=card.id: desk.runs.choose_model(card_id)  # noqa: E731
        detail = " · ".join(part for part in (row_text(card), weights_text(item.status)[0]) if part)
        text = card.name.get(i18n.language())
        yield Entry(
            f"model:{card.id}", "model", text, f"{card.name.en} {card.id}", run, detail,
            checked=True if card.id == desk.session.model_id else None, icon=sign,
        )  # fmt: skip


class PictureNames:
    """The names of a project's pictures as one text, in which words are found quickly: 100,000 in a few
    milliseconds."""

    def __init__(self, rows: Sequence[PictureRow]) -> None:
        self._rows = rows
        self._text = "\n".join([row.path for row in rows]).lower()
        self._begins = [0]
        at = self._text.find("\n")
        while at >= 0:
            self._begins.append(at + 1)
            at = self._text.find("\n", at + 1)

    def search(self, wanted: Sequence[str], most: int = MOST_PICTURES) -> list[PictureRow]:
        """The first pictures in whose path all words occur."""
        longest = max(wanted, key=len, default="")
        found: list[PictureRow] = []
        at = self._text.find(longest) if len(longest) >= LEAST_LETTERS else -1
        while at >= 0 and len(found) < most:
            line = bisect.bisect_right(self._begins, at) - 1
            end = self._begins[line + 1] if line + 1 < len(self._begins) else len(self._text)
            path = self._text[self._begins[line] : end]
            if all(word in path for word in wanted) and line < len(self._rows):
                found.append(self._rows[line])
            at = self._text.find(longest, end)
        return found


def pictures(window: MainWindow, rows: Iterable[PictureRow]) -> Iterator[Entry]:
    """Lines that go to pictures."""
    for row in rows:
        folder, _, file = row.path.rpartition("/")
        run = lambda picture=row.id: window.desk.go_to(picture)  # noqa: E731
        yield Entry(f"picture:{row.path}", "picture", file, file, run, folder)
