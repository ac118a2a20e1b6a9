"""The one table of actions: menus, toolbar, shortcuts, tooltips and the cheat sheet are all built from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from segdesk.domain.text import N_
from segdesk.ui import icons
from segdesk.ui.i18n import tr


@dataclass(frozen=True)
class ActionInfo:
    """One action. `call` is a dotted name on the desk. `needs`: conditions of `REASONS` that must hold.

    `canvas`: its keys act only while the picture has the focus (single letters). `foreign`: the canvas
    itself listens to the key; it is only shown here. `short`: the word under its icon.
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
    "no_batch": N_("A run over all pictures is under way."),
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
    A("open_folder", N_("Open folder…"), "open_folder", ("Ctrl+O",), "open", short=N_("Open")),
    A("open_project", N_("Open project…"), "open_project", ("Ctrl+Shift+O",), "project"),
    A("samples", N_("Sample project"), "open_samples", (), "samples"),
    A("save_now", N_("Save now"), "save_now", ("Ctrl+S",), "save", ("project",)),
    A("save_elsewhere", N_("Save a copy elsewhere…"), "save_elsewhere", ("Ctrl+Shift+S",), "", ("project",)),
    A("import_labels", N_("Import labels…"), "import_labels", ("Ctrl+I",), "import", ("project", "pictures")),
    A("export_labels", N_("Export labels…"), "export_labels", ("Ctrl+E",), "export", ("project", "pictures")),
    A("report", N_("Quality report…"), "report", ("Ctrl+Shift+R",), "report", ("project", "pictures")),
    A("compare", N_("Compare labels"), "compare", ("Ctrl+Shift+M",), "compare", ("project", "pictures")),
    A("close_project", N_("Close project"), "close_project", ("Ctrl+W",), "close", ("project",)),
    A("preferences", N_("Preferences…"), "preferences", ("Ctrl+,",), "settings"),
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
    A("crf", N_("CRF refinement"), "runs.toggle_crf", ("C",), "crf", ("model", "scores", "crf"), True, checkable=True),
    A("refinements", N_("Refinements…"), "runs.ask_refinements", ("Shift+R",), "settings", ("model",)),
    A("match_classes", N_("Match classes…"), "runs.ask_matches", ("Ctrl+M",), "", ("model", "project")),
    A("download", N_("Download weights"), "runs.download", (), "download", ("model", "downloadable")),
    A("locate", N_("Locate weights file…"), "runs.locate", (), "locate", ("model", "files"), short=N_("Locate…")),
    A("model_folders", N_("Model folders…"), "runs.model_folders", (), "folders"),
    A("add_model", N_("Add a model from a file…"), "add_model", (), "add"),
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
    A("cheat_sheet", N_("Keys"), "cheat_sheet", ("F1",), "keyboard"),
    A("about", N_("About SegDesk"), "about", (), "info"),
)  # fmt: skip
BY_ID = {a.id: a for a in ACTIONS}

# Menus as nested lists of ids; "-" is a line, "*name" a menu that the window fills itself.
MENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("&File"), ("open_folder", "open_project", "*recent", "samples", "-", "save_now", "save_elsewhere", "-",
                   "import_labels", "export_labels", "compare", "report", "-", "preferences", "-",
                   "close_project", "quit")),
    (N_("&Edit"), ("undo", "redo", "-", "delete_object", "-", "*tools", "brush_smaller", "brush_larger",
                   "swap_void", "protect", "only_over", "*only_over")),
    (N_("&Picture"), ("previous", "next", "previous_open", "next_open", "-", "accept", "unverify", "skip", "-",
                      "next_place", "previous_place")),
    (N_("&Model"), ("run_here", "run_all", "-", "crf", "refinements", "match_classes", "-", "download", "locate",
                    "model_folders", "add_model", "-", "teach", "train", "*device")),
    (N_("&View"), ("fit", "actual", "zoom_in", "zoom_out", "-", "hide_labels", "outline", "by_object",
                   "only_class", "dim_others", "-", "difference", "doubt", "split", "-", "minimap",
                   "*panels", "*language", "*theme")),
    (N_("&Help"), ("cheat_sheet", "about")),
)  # fmt: skip
# Keys that are not actions of a menu, for the cheat sheet: (key, what it does).
GESTURES: tuple[tuple[str, str], ...] = (
    ("1 … 9", N_("Choose class 1 to 9")),
    ("0", N_("In teach mode: choose “No label”")),
    ("Shift+1 … 9", N_("Give the object under the cursor class 1 to 9")),
    (N_("V held"), N_("Hide the labels while held")),
    ("`", N_("Show the model's answer while held")),
    ("Space", N_("Pan while held")),
    (N_("Middle button"), N_("Pan by dragging")),
    (N_("Wheel"), N_("Zoom at the pointer")),
    (N_("Alt+wheel"), N_("Brush size")),
    (N_("Alt+right button"), N_("Brush size by dragging")),
    (N_("Alt+click"), N_("Pick the class under the cursor")),
    (N_("Ctrl or right button"), N_("Eraser while held with the brush, brush with the eraser")),
    (". ,", N_("Next, previous answer of the tool Clicks")),
    (N_("Double click"), N_("Fit to window")),
    ("Shift+E", N_("Snap my strokes to edges")),
    ("Ctrl+L", N_("Lock or unlock object")),
    ("Ctrl+Shift+L", N_("Lock or unlock class")),
)


class ActionSet(QObject):
    """The `QAction`s of the table, bound to a desk.

    Attributes:
        by_id: the actions.
    """

    def __init__(self, desk: object, infos: Iterable[ActionInfo], canvas: QWidget, window: QWidget) -> None:
        super().__init__(window)
        self.infos = {i.id: i for i in infos}
        self.by_id: dict[str, QAction] = {}
        for info in self.infos.values():
            self.by_id[info.id] = self._build(info, desk, canvas if info.canvas else window)
        self.retranslate()

    def _build(self, info: ActionInfo, desk: object, home: QWidget) -> QAction:
        action = QAction(self)
        action.setObjectName(info.id)
        action.setCheckable(info.checkable)
        if info.icon:
            action.setIcon(icons.icon(info.icon))
        if not info.foreign:
            action.setShortcuts([QKeySequence(k) for k in info.keys])
        action.setShortcutContext(
            Qt.ShortcutContext.WidgetShortcut if info.canvas else Qt.ShortcutContext.WindowShortcut
        )
        home.addAction(action)
        call: Callable[..., object] = attrgetter(info.call)(desk)
        if info.checkable:
            action.triggered.connect(lambda checked: call(checked))
        else:
            action.triggered.connect(lambda _checked=False: call())
        return action

    def retranslate(self) -> None:
        """Set the texts in the current language; a text shows its key where the action's own key cannot."""
        for key, action in self.by_id.items():
            info = self.infos[key]
            action.setText(tr(info.text) + (f"\t{shown_keys(info.keys[:1])}" if info.foreign else ""))
            action.setIconText(tr(info.short or info.text))
            self._set_tip(action, info, "")

    def name_steps(self, done: str, undone: str) -> None:
        """Say in the menu what undo and redo would do."""
        for key, step in (("undo", done), ("redo", undone)):
            text = tr(self.infos[key].text)
            self.by_id[key].setText(f"{text}: {tr(step)}" if step else text)

    def update_enabled(self, holds: Mapping[str, bool]) -> None:
        """Enable what can be done; what cannot says why in its tooltip."""
        for key, action in self.by_id.items():
            info = self.infos[key]
            missing = next((n for n in info.needs if not holds.get(n, False)), "")
            action.setEnabled(not missing)
            self._set_tip(action, info, tr(REASONS[missing]) if missing else "")

    @staticmethod
    def _set_tip(action: QAction, info: ActionInfo, reason: str) -> None:
        keys = shown_keys(info.keys)
        tip = tr(info.text) + (f"  ({keys})" if keys else "")
        tip = tip + "\n" + reason if reason else tip
        if action.toolTip() != tip:
            action.setToolTip(tip)
            action.setStatusTip(reason)


def shown_keys(keys: Iterable[str]) -> str:
    """Keys as this platform writes them: "Ctrl+Z, Ctrl+Y"; the keypad's Enter goes without saying."""
    keys = [key for key in keys if not key.endswith("+Enter")]
    return ", ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) or k for k in keys)
