"""Keys of other programs for people who have those in their fingers, and the keys that the program needs for itself.

A preset gives the keys of the commands that it names; any other command keeps its own keys, less those that the
preset gave away. Mapped are published defaults of the other programs where SegDesk does the same thing:

- labelme (`default_config.yaml`): open, open folder, save as, the next and previous file, zoom, original size, fit,
  polygon, rectangle, edit label, delete, hide all polygons (T), undo.
- CVAT (shortcuts of the standard workspace): next and previous frame, merge, slice, lock an object, delete, undo,
  redo, save, settings, help, brush, eraser and polygon of the mask toolbox (Shift+1 to 3) and a label by Ctrl and its
  number. Since Ctrl+number also relabels the chosen object there and does not here, the bare numbers do that.
- Photoshop: the tools' letters, brush size, swap of the colours (here void and class), fit, 100 %, zoom, open, save,
  save as, export, close, the next and previous document, preferences, keyboard shortcuts, search.
"""

from __future__ import annotations

from segdesk.domain.text import N_

Keys = dict[str, tuple[str, ...]]

SEGDESK = "segdesk"
LABELME: Keys = {
    "open_project": ("Ctrl+O",),
    "open_folder": ("Ctrl+U",),
    "close_project": ("Ctrl+W",),
    "save_now": ("Ctrl+S",),
    "save_elsewhere": ("Ctrl+Shift+S",),
    "quit": ("Ctrl+Q",),
    "next": ("D", "Ctrl+Shift+D", "PgDown"),
    "previous": ("A", "Ctrl+Shift+A", "PgUp"),
    "zoom_in": ("Ctrl++", "Ctrl+="),
    "zoom_out": ("Ctrl+-",),
    "actual": ("Ctrl+0",),
    "fit": ("Ctrl+F", "F"),
    "tool_polygon": ("Ctrl+N", "P"),
    "tool_rectangle": ("Ctrl+R", "U"),
    "tool_relabel": ("Ctrl+E", "Q"),
    "delete_object": ("Del",),
    "hide_labels": ("T",),
    "undo": ("Ctrl+Z",),
}
CVAT: Keys = {
    "next": ("F", "PgDown"),
    "previous": ("D", "PgUp"),
    "save_now": ("Ctrl+S",),
    "undo": ("Ctrl+Z",),
    "redo": ("Ctrl+Shift+Z", "Ctrl+Y"),
    "tool_merge": ("M",),
    "tool_knife": ("Alt+J", "K"),
    "operation_lock_object": ("L",),
    "delete_object": ("Del", "Shift+Del"),
    "tool_brush": ("Shift+1", "B"),
    "tool_eraser": ("Shift+2", "E"),
    "tool_polygon": ("Shift+3", "P"),
    "cheat_sheet": ("F1",),
    "preferences": ("F2",),
    **{f"class_{n}": (f"Ctrl+{n}",) for n in range(1, 10)},
    **{f"relabel_{n}": (f"{n}",) for n in range(1, 10)},
}
PHOTOSHOP: Keys = {
    "tool_pan": ("H",),
    "tool_rectangle": ("M",),
    "tool_lasso": ("L",),
    "tool_wand": ("W",),
    "tool_pick": ("I",),
    "tool_brush": ("B",),
    "tool_eraser": ("E",),
    "tool_fill": ("G",),
    "tool_polygon": ("P",),
    "swap_void": ("X",),
    "brush_smaller": ("[",),
    "brush_larger": ("]",),
    "fit": ("Ctrl+0",),
    "actual": ("Ctrl+1",),
    "zoom_in": ("Ctrl++", "Ctrl+="),
    "zoom_out": ("Ctrl+-",),
    "open_folder": ("Ctrl+O",),
    "close_project": ("Ctrl+W",),
    "save_now": ("Ctrl+S",),
    "save_elsewhere": ("Ctrl+Shift+S",),
    "export_labels": ("Ctrl+Alt+Shift+W",),
    "quit": ("Ctrl+Q",),
    "undo": ("Ctrl+Z",),
    "redo": ("Ctrl+Shift+Z",),
    "next": ("Ctrl+Tab", "D", "PgDown"),
    "previous": ("Ctrl+Shift+Tab", "A", "PgUp"),
    "preferences": ("Ctrl+K",),
    "edit_keys": ("Ctrl+Alt+Shift+K",),
    "command_search": ("Ctrl+F",),
}
# id: (name as people know it, keys)
PRESETS: dict[str, tuple[str, Keys]] = {
    SEGDESK: ("SegDesk", {}),
    "labelme": ("labelme", LABELME),
    "cvat": ("CVAT", CVAT),
    "photoshop": ("Photoshop", PHOTOSHOP),
}
# Keys that cannot be given: what they do.
FIXED: dict[str, str] = {
    "Esc": N_("Take back what is begun, let go of the object"),
    "Return": N_("Finish what a tool has begun"),
    "Enter": N_("Finish what a tool has begun"),
    "Backspace": N_("Take the last point of a tool back"),
    ".": N_("Next answer of the tool Clicks"),
    ",": N_("Previous answer of the tool Clicks"),
    "Menu": N_("Menu of what is under the pointer"),
    "Shift+F10": N_("Menu of what is under the pointer"),
}
