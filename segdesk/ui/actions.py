"""The one table of actions: menus, toolbar, shortcuts, tooltips and the cheat sheet are all built from it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from segdesk.domain.text import N_
from segdesk.ui import icons
from segdesk.ui.enabling import Enabling
from segdesk.ui.i18n import tr
from segdesk.ui.shortcuts import Command, Shortcuts

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk


def called(desk: Desk, call: str) -> Callable[..., object]:
    """What an action's `call` stands for: a verb of the desk or of its parts, or a dialog to show."""
    verb, _, dialog = call.partition(":")
    return partial(desk.ask, dialog) if dialog else attrgetter(verb)(desk)


@dataclass(frozen=True)
class ActionInfo:
    """One action. `call`: see `called`. `keys`: those it comes with; which hold now says
    `Desk.shortcuts`. `needs`: conditions of `REASONS` that must hold.

    `canvas`: its keys act only while the picture has the focus (single letters). `foreign`: the canvas
    itself listens to its one key, as long as it is held. `short`: the word under its icon.
    """

    id: str
    text: str
    call: str
    keys: tuple[str, ...] = ()
    icon: str = ""
    needs: tuple[str, ...] = ()
    canvas: bool = False
    checkable: bool = False
    foreign: bool = False
    short: str = ""


REASONS = {
    "project": N_("Open a folder or a project first."),
    "picture": N_("Open a picture first."),
    "pictures": N_("The project has no pictures yet."),
    "undo": N_("There is nothing to undo."),
    "redo": N_("There is nothing to redo."),
    "segment": N_("Select an object first."),
    "class": N_("There is no class yet: add one, or run a model."),
    "model": N_("Choose a model first."),
    "weights": N_("The weights of this model are not here yet: download or locate them."),
    "downloadable": N_("The weights of this model are here already, or have no address to download from."),
    "files": N_("This model needs no weights file."),
    "no_batch": N_("This run is under way or waits in the queue."),
    "scores": N_("Regions follow the edges of the picture already: there is nothing for the CRF to do."),
    "crf": N_("CRF needs the package numba, which is not installed."),
    "answer": N_("No model has answered for this picture yet."),
    "previous": N_("There is no picture before this one."),
    "marked": N_("This picture is neither verified nor skipped."),
    "annotating": N_("Leave teach mode first."),
    "places": N_("No doubtful places are known: run a model on this picture."),
}

A = ActionInfo
ACTIONS: tuple[ActionInfo, ...] = (
    A("open_folder", N_("Open folder…"), "ask:open_folder", ("Ctrl+O",), "open", short=N_("Open")),
    A("open_project", N_("Open project…"), "ask:open_project", ("Ctrl+Shift+O",), "project"),
    A("samples", N_("Sample project"), "open_samples", (), "samples"),
    A("save_now", N_("Save now"), "save_now", ("Ctrl+S",), "save", ("project",)),
    A("save_elsewhere", N_("Save a copy elsewhere…"), "ask:save_elsewhere", ("Ctrl+Shift+S",), "", ("project",)),
    A("import_labels", N_("Import labels…"), "ask:import", ("Ctrl+I",), "import", ("project", "pictures")),
    A("export_labels", N_("Export labels…"), "ask:export", ("Ctrl+E",), "export", ("project", "pictures")),
    A("report", N_("Quality report…"), "ask:report", ("Ctrl+Shift+R",), "report", ("project", "pictures")),
    A("compare", N_("Compare labels"), "ask:compare", ("Ctrl+Shift+M",), "compare", ("project", "pictures")),
    A("close_project", N_("Close project"), "close_project", ("Ctrl+W",), "close", ("project",)),
    A("preferences", N_("Preferences…"), "ask:preferences", ("Ctrl+,",), "settings"),
    A("quit", N_("Quit"), "quit", ("Ctrl+Q",)),
    A("undo", N_("Undo"), "labels.undo", ("Ctrl+Z",), "undo", ("picture", "undo"), short=N_("Undo")),
    A("redo", N_("Redo"), "labels.redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "redo", ("picture", "redo"), short=N_("Redo")),
    A("delete_object", N_("Delete object"), "labels.delete_selected", ("Del",), "delete", ("picture", "segment"), True),
    A("brush_smaller", N_("Smaller brush"), "labels.smaller", ("[",), "", ("picture",), True),
    A("brush_larger", N_("Larger brush"), "labels.larger", ("]",), "", ("picture",), True),
    A("swap_void", N_("Paint void / class"), "labels.swap_void", ("X",), "", ("picture",), True),
    A("protect", N_("Protect other classes"), "labels.toggle_protect", (), "lock", ("picture",), checkable=True,
      short=N_("Protect")),
    A("only_over", N_("Paint only over the class under the pointer"), "labels.toggle_only_over", ("Shift+O",),
      "only-over", ("picture",), True, checkable=True),
    A("classes", N_("Class manager…"), "ask:classes", ("Ctrl+Shift+K",), "class-list", ("project",)),
    A("previous", N_("Previous picture"), "queue.previous", ("A", "PgUp"), "previous", ("pictures",), True,
      short=N_("Back")),
    A("next", N_("Next picture"), "queue.next", ("D", "PgDown"), "next", ("pictures",), True, short=N_("Next")),
    A("previous_open", N_("Previous not verified"), "queue.previous_open", ("Ctrl+Shift+A",), "previous-open",
      ("pictures",)),
    A("next_open", N_("Next not verified"), "queue.next_open", ("Ctrl+Shift+D",), "next-open", ("pictures",)),
    A("accept", N_("Accept and next"), "queue.accept", ("Ctrl+Return", "Ctrl+Enter"), "verify",
      ("picture", "annotating"),
      short=N_("Accept")),
    A("unverify", N_("Take acceptance or skipping back"), "queue.unverify",
      ("Ctrl+Shift+Return", "Ctrl+Shift+Enter"), "", ("pictures", "marked")),
    A("skip", N_("Skip picture"), "queue.skip", ("Ctrl+Del",), "skip", ("pictures",)),
    A("next_place", N_("Next doubtful place"), "places.next", ("Tab",), "", ("picture", "places"), True),
    A("previous_place", N_("Previous doubtful place"), "places.previous", ("Shift+Tab",), "",
      ("picture", "places"), True),
    A("run_here", N_("Run here"), "runs.run_here", ("R",), "run", ("model", "weights", "picture", "annotating"), True),
    A("run_all", N_("Run on all"), "runs.run_all", ("Ctrl+B",), "run-all",
      ("model", "weights", "pictures", "no_batch")),
    A("gallery", N_("Model gallery…"), "ask:gallery", ("Ctrl+G",), "gallery"),
    A("batch", N_("Batch page"), "runs.batches.show_page", ("Ctrl+Shift+B",), "queue", ("project",), short=N_("Batch")),
    A("crf", N_("CRF refinement"), "runs.toggle_crf", ("C",), "crf", ("model", "scores", "crf"), True, checkable=True),
    A("refinements", N_("Refinements…"), "runs.ask_refinements", ("Shift+R",), "settings", ("model",)),
    A("match_classes", N_("Match classes…"), "runs.ask_matches", ("Ctrl+M",), "", ("model", "project")),
    A("download", N_("Download weights"), "runs.download", (), "download", ("model", "downloadable")),
    A("locate", N_("Locate weights file…"), "runs.locate", (), "locate", ("model", "files"), short=N_("Locate…")),
    A("model_folders", N_("Model folders…"), "runs.model_folders", (), "folders"),
    A("add_model", N_("Add a model from a file…"), "ask:add_model", (), "add"),
    A("train", N_("Train a model…"), "train_model", (), "", ("model", "project", "pictures"), short=N_("Train…")),
    A("teach", N_("Teach by strokes"), "teaching.toggle", ("Ctrl+T",), "teach", ("picture",), checkable=True,
      short=N_("Teach")),
    A("fit", N_("Fit to window"), "view.fit", ("F",), "fit", ("picture",), True, short=N_("Fit")),
    A("actual", N_("100 %"), "view.actual", ("Ctrl+1",), "actual", ("picture",)),
    A("zoom_in", N_("Zoom in"), "view.zoom_in", ("Ctrl++", "Ctrl+="), "zoom-in", ("picture",)),
    A("zoom_out", N_("Zoom out"), "view.zoom_out", ("Ctrl+-",), "zoom-out", ("picture",)),
    A("hide_labels", N_("Hide labels"), "view.hide_labels", ("V",), "eye", ("picture",), True, True, True),
    A("outline", N_("Outlines"), "view.toggle_outline", (), "outline", ("picture",), checkable=True),
    A("by_object", N_("Colour by object"), "view.toggle_mode", (), "thing", ("picture",), checkable=True),
    A("only_class", N_("Only this class"), "view.toggle_only", ("Shift+C",), "only-class", ("picture",), True,
      checkable=True),
    A("dim_others", N_("Other classes faintly"), "view.toggle_dim", (), "", ("picture",), checkable=True),
    A("difference", N_("What was changed"), "view.toggle_difference", ("Shift+V",), "difference", ("picture",), True,
      checkable=True),
    A("doubt", N_("Doubt of the model"), "view.toggle_doubt", ("Shift+D",), "doubt", ("picture",), True,
      checkable=True),
    A("split", N_("Before and after"), "split.toggle", ("Shift+B",), "compare", ("picture",), True, checkable=True),
    A("minimap", N_("Overview map"), "view.toggle_minimap", (), "minimap", ("picture",), checkable=True),
    A("command_search", N_("Find a command…"), "ask:command_search", ("Ctrl+K", "Ctrl+Shift+P"), "search"),
    A("next_panel", N_("Next part of the window"), "ask:next_panel", ("F6",)),
    A("previous_panel", N_("Previous part of the window"), "ask:previous_panel", ("Shift+F6",)),
    A("cheat_sheet", N_("Keys"), "ask:cheat_sheet", ("F1",), "keyboard"),
    A("edit_keys", N_("Change keys…"), "ask:edit_keys", (), "keyboard"),
    A("tour", N_("Tour in five steps"), "ask:tour", (), "samples"),
    A("reset_layout", N_("Reset layout"), "ask:reset_layout", (), "", ("project",)),
    A("plugins", N_("Plug-ins…"), "ask:plugins", (), "plugin"),
    A("about", N_("About SegDesk"), "ask:about", (), "info"),
)  # fmt: skip
BY_ID = {a.id: a for a in ACTIONS}

# Menus as nested lists of ids; "-" is a line, "*name" a menu that the window fills itself.
MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("&File"), ("open_folder", "open_project", "*recent", "samples", "-", "save_now", "save_elsewhere", "-",
                   "import_labels", "export_labels", "compare", "report", "-", "preferences", "-",
                   "close_project", "quit")),
    (N_("&Edit"), ("undo", "redo", "-", "delete_object", "-", "*tools", "brush_smaller", "brush_larger",
                   "swap_void", "protect", "only_over", "*only_over", "-", "classes")),
    (N_("&Picture"), ("previous", "next", "previous_open", "next_open", "-", "accept", "unverify", "skip", "-",
                      "next_place", "previous_place")),
    (N_("&Model"), ("run_here", "run_all", "batch", "-", "crf", "refinements", "match_classes", "-", "gallery",
                    "download", "locate", "model_folders", "add_model", "-", "teach", "train", "*device")),
    (N_("&View"), ("fit", "actual", "zoom_in", "zoom_out", "-", "hide_labels", "outline", "by_object",
                   "only_class", "dim_others", "-", "difference", "doubt", "split", "-", "minimap",
                   "next_panel", "previous_panel", "*panels", "reset_layout", "-", "*language", "*theme")),
    (N_("&Help"), ("command_search", "cheat_sheet", "edit_keys", "tour", "-", "plugins", "about")),
)  # fmt: skip
# Keys that are not actions of a menu, for the cheat sheet: (key, what it does).
GESTURES: tuple[tuple[str, str], ...] = (
    (N_("Middle button"), N_("Pan by dragging")),
    (N_("Wheel"), N_("Zoom at the pointer")),
    (N_("Alt+wheel"), N_("Brush size")),
    (N_("Alt+right button"), N_("Brush size by dragging")),
    (N_("Alt+click"), N_("Pick the class under the cursor")),
    (N_("Ctrl or right button"), N_("Eraser while held with the brush, brush with the eraser")),
    (". ,", N_("Next, previous answer of the tool Clicks")),
    (N_("Double click"), N_("Fit to window")),
    (N_("Right click, or Ctrl+right click with a tool that paints"), N_("Menu of what is under the pointer")),
    (N_("Menu key, Shift+F10"), N_("Menu of what is under the pointer")),
    ("Esc", N_("Take back what is begun, let go of the object")),
)
HELD: tuple[Command, ...] = (
    Command("held_prediction", N_("Show the model's answer while held"), "&View", ("`",), canvas=True, held=True),
    Command("held_pan", N_("Pan while held"), "&View", ("Space",), canvas=True, held=True),
)


def plain_title(title: str) -> str:
    """A menu's title in the current language, without its marked letter: "&File" -> "File", "文件(&F)" -> "文件"."""
    return re.sub(r"\s*\(&\w\)", "", tr(title)).replace("&", "")


def group_of(action_id: str) -> str:
    """The title of the menu that holds an action, English and marked."""
    return next((title for title, ids in MENUS if action_id in ids), "&View")


class ActionSet(QObject):
    """The `QAction`s of the table, bound to a desk.

    Attributes:
        by_id: the actions; enabling: which of them can be done now.
    """

    def __init__(self, desk: Desk, infos: Iterable[ActionInfo], canvas: QWidget, window: QWidget) -> None:
        super().__init__(window)
        self.infos = {i.id: i for i in infos}
        self.by_id: dict[str, QAction] = {}
        self._keys: Shortcuts = desk.shortcuts
        self._holds: dict[str, bool] = {}
        self.enabling = Enabling(self, self.by_id, self._tip)
        for info in self.infos.values():
            action = self.by_id[info.id] = self._build(info, desk)
            group = group_of(info.id)
            command = Command(info.id, info.text, group, info.keys, canvas=info.canvas, held=info.foreign)
            self._keys.bind(command, action, (window, canvas))
        for command in HELD:
            self._keys.bind(command, None)
        self._keys.changed.connect(self.retranslate)
        self.retranslate()

    def _build(self, info: ActionInfo, desk: Desk) -> QAction:
        action = QAction(self)
        action.setObjectName(info.id)
        action.setCheckable(info.checkable)
        if info.icon:
            action.setIcon(icons.icon(info.icon))
        call = called(desk, info.call)

        def do(checked: bool = False) -> None:
            if self.enabling.allows(info.id):
                call(*((checked,) if info.checkable else ()))
            elif info.checkable:
                action.setChecked(not checked)

        action.triggered.connect(do)
        return action

    def retranslate(self) -> None:
        """Set the texts in the current language; a text shows its key where the action's own key cannot."""
        for key, action in self.by_id.items():
            info = self.infos[key]
            held = self._keys.shown(key) if info.foreign else ""
            action.setText(tr(info.text) + (f"\t{held}" if held else ""))
            action.setIconText(tr(info.short or info.text))
        self.enabling.retranslate()

    def name_steps(self, done: str, undone: str) -> None:
        """Say in the menu what undo and redo would do."""
        for key, step in (("undo", done), ("redo", undone)):
            text = tr(self.infos[key].text)
            text = f"{text}: {tr(step)}" if step else text
            if self.by_id[key].text() != text:
                self.by_id[key].setText(text)

    def update_enabled(self, holds: Mapping[str, bool]) -> None:
        """Enable what can be done; what cannot says why in its tooltip. Called again and again with the same."""
        if holds == self._holds:
            return
        self._holds = dict(holds)
        for key, info in self.infos.items():
            missing = next((n for n in info.needs if not holds.get(n, False)), "")
            self.enabling.say(key, REASONS[missing] if missing else "")

    def _tip(self, key: str, why: str) -> str:
        tip = self._keys.tip(tr(self.infos[key].text), key)
        return f"{tip}\n{why}" if why else tip
