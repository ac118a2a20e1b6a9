"""`Shortcuts`: which keys do what. Every action, tool, operation and class key is a `Command` here; the person's own
keys are kept as differences to a preset, and hold at once wherever a key acts or is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from segdesk.domain.errors import SegDeskError, fill
from segdesk.ui.i18n import tr
from segdesk.ui.shortcut_presets import FIXED, PRESETS, SEGDESK

if TYPE_CHECKING:
    from segdesk.ui.desk import Desk

KIND = "segdesk-keys"  # what an exported file says it is
MOST_KEYS = 8  # of one command
LONGEST_FILE = 200_000  # letters
MODIFIED = ("Ctrl+", "Alt+", "Meta+")


@dataclass(frozen=True)
class Command:
    """Something that keys are given to.

    `id`: of the action; "tool_brush", "operation_grow", "class_1", "relabel_1", "held_prediction" are of this kind.
    `text`: English, marked by `N_`; `fields`: what its `{name}` fields hold. `keys`: the keys it comes with. `canvas`:
    it acts only while the picture has the focus. `held`: the canvas itself listens to its one key, which is a single
    one, as long as it is down.
    """

    id: str
    text: str
    group: str
    keys: tuple[str, ...] = ()
    canvas: bool = False
    held: bool = False
    fields: tuple[tuple[str, object], ...] = ()

    @property
    def title(self) -> str:
        """Its name in the current language."""
        return fill(tr(self.text), dict(self.fields)).replace("…", "")


@dataclass(frozen=True)
class Clash:
    """Why a key cannot simply be given: `command` has it, or, where that is None, the program uses it for `text`."""

    key: str
    command: Command | None
    text: str


def normal(key: str) -> str:
    """A key as Qt writes it in every language ("ctrl+z" -> "Ctrl+Z"); "" if it is none, or more than one press."""
    sequence = QKeySequence.fromString(key, QKeySequence.SequenceFormat.PortableText)
    if sequence.count() != 1 or code(key) in (Qt.Key.Key_unknown, Qt.Key(0)):
        return ""
    text = sequence.toString(QKeySequence.SequenceFormat.PortableText)
    return "Shift+Tab" if text == "Shift+Backtab" or text == "Backtab" else text


def code(key: str) -> Qt.Key:
    """The key of a sequence without what is held with it."""
    return QKeySequence(key)[0].key()  # type: ignore[index]  # the stubs of Qt lack the operator


def shown_keys(keys: Iterable[str]) -> str:
    """Keys as this platform writes them: "Ctrl+Z, Ctrl+Y"; the keypad's Enter goes without saying."""
    keys = [key for key in keys if not key.endswith("+Enter")]
    return ", ".join(QKeySequence(k).toString(QKeySequence.SequenceFormat.NativeText) or k for k in keys)


def acts_in_canvas(key: str) -> bool:
    """Whether a key may act only while the picture has the focus, because it is needed for typing and moving about
    elsewhere: all but the function keys and those with Ctrl, Alt or Meta."""
    bare = key.removeprefix("Shift+")
    return not key.startswith(MODIFIED) and not (bare.startswith("F") and bare[1:].isdigit())


class Shortcuts(QObject):
    """Part of `Desk`. UI thread only.

    Attributes:
        commands: by id, in the order of `bind`; preset: the chosen one of `PRESETS`; guests: functions that tell which
            keys other parts of the program use just now, {key: what for}; those cannot be given to a command.

    Signals:
        changed(): some keys are other ones; texts that show keys are to be set again.
    """

    changed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._desk = desk
        self._actions: dict[str, QAction] = {}
        self._shown: dict[str, str] = {}  # asked for again and again: texts of the keys that hold
        self._canvas: QWidget | None = None
        self.commands: dict[str, Command] = {}
        self.guests: list[Callable[[], Mapping[str, str]]] = []
        kept = desk.session.settings.ui.get("keys")
        self.preset, self._own = _kept(kept if isinstance(kept, Mapping) else {})

    # -- what there is --------------------------------------------------------------------------------------------

    def bind(self, command: Command, action: QAction | None, homes: Sequence[QWidget] = ()) -> None:
        """Make a command known. `action`: what its keys trigger; `homes`: window and canvas, in which they act."""
        self.commands[command.id] = command
        self._shown.clear()
        for home in homes:
            home.addAction(action)  # type: ignore[arg-type]
        if action is not None and not command.held:
            self._actions[command.id] = action
        self._give(command)

    def bind_held(self, canvas: QWidget) -> None:
        """The canvas whose held keys are those of the held commands."""
        self._canvas = canvas
        self._hold()

    def keys(self, command_id: str) -> tuple[str, ...]:
        """The keys of a command now: the person's, else the preset's that the person has not given away."""
        own = self._own.get(command_id)
        if own is not None:
            return own
        given = {key for keys in self._own.values() for key in keys}
        base = self.base(command_id)
        return tuple(k for k in base if k not in given) if given else base

    def base(self, command_id: str) -> tuple[str, ...]:
        """The keys that the preset gives it."""
        given = PRESETS[self.preset][1]
        if command_id in given:
            return given[command_id]
        command = self.commands.get(command_id)
        if command is None or not given:
            return () if command is None else command.keys
        taken = {key for keys in given.values() for key in keys}
        return tuple(key for key in command.keys if key not in taken)

    def is_own(self, command_id: str) -> bool:
        """Whether the person has given it other keys than the preset."""
        return command_id in self._own

    def shown(self, command_id: str) -> str:
        """Its keys as this platform writes them, "" if it has none."""
        if command_id not in self._shown:
            self._shown[command_id] = shown_keys(self.keys(command_id))
        return self._shown[command_id]

    def tip(self, text: str, command_id: str) -> str:
        """A text with the keys of a command behind it: "Delete object  (Del)"."""
        keys = self.shown(command_id)
        return f"{text}  ({keys})" if keys else text

    def holder(self, key: str, but: str = "") -> Command | None:
        """The command that has a key, other than `but`."""
        return next((c for c in self.commands.values() if c.id != but and key in self.keys(c.id)), None)

    def clash(self, command_id: str, key: str) -> Clash | None:
        """Why a key (see `normal`) cannot simply be given to a command, None if it can."""
        command = self.commands[command_id]
        if key in FIXED:
            return Clash(key, None, tr(FIXED[key]))
        if command.held and ("+" in key and key != "+"):
            return Clash(key, None, tr("Only a single key can be held."))
        guest = next((words[key] for words in (guest() for guest in self.guests) if key in words), "")
        if guest:
            return Clash(key, None, guest)
        other = self.holder(key, command_id)
        return None if other is None else Clash(key, other, other.title)

    # -- changing -------------------------------------------------------------------------------------------------

    def give(self, command_id: str, key: str) -> None:
        """Give a command one more key (a held one: another key), taking it from the command that has it."""
        had = () if self.commands[command_id].held else self.keys(command_id)
        self._release({key}, command_id)
        if key not in had:
            self._put(command_id, (*had, key)[-MOST_KEYS:])
        self._settled()

    def take(self, command_id: str, key: str) -> None:
        """Take a key from a command."""
        self._put(command_id, tuple(k for k in self.keys(command_id) if k != key))
        self._settled()

    def reset(self, command_id: str) -> None:
        """The preset's keys again; they are taken from commands that have got them meanwhile."""
        self._own.pop(command_id, None)
        self._release(set(self.base(command_id)), command_id)
        self._settled()

    def use_preset(self, preset: str) -> None:
        """The keys of a preset, and none of the person's own."""
        self.preset, self._own = preset, {}
        self._settled()

    def _put(self, command_id: str, keys: tuple[str, ...]) -> None:
        if keys == self.base(command_id):
            self._own.pop(command_id, None)
        else:
            self._own[command_id] = keys

    def _release(self, keys: set[str], but: str) -> None:
        """Take keys from what the person has given them to."""
        for command_id in [c for c, own in self._own.items() if c != but and keys & set(own)]:
            self._put(command_id, tuple(k for k in self._own[command_id] if k not in keys))

    def _settled(self) -> None:
        self._shown.clear()
        for command in self.commands.values():
            self._give(command)
        self._hold()
        self._desk.remember(keys=self._plain())
        self.changed.emit()

    def _give(self, command: Command) -> None:
        action = self._actions.get(command.id)
        if action is None:
            return
        keys = self.keys(command.id)
        inside = command.canvas or any(acts_in_canvas(key) for key in keys)
        context = Qt.ShortcutContext.WidgetShortcut if inside else Qt.ShortcutContext.WindowShortcut
        action.setShortcutContext(context)
        action.setShortcuts([QKeySequence(key) for key in keys])

    def _hold(self) -> None:
        if self._canvas is None:
            return
        held = {c.id: self.keys(c.id) for c in self.commands.values() if c.held}
        codes = {name: code(keys[0]) for name, keys in held.items() if keys}
        self._canvas.set_held_keys(codes)  # type: ignore[attr-defined]

    # -- files ----------------------------------------------------------------------------------------------------

    def _plain(self) -> dict[str, object]:
        return {"preset": self.preset, "own": {key: list(value) for key, value in sorted(self._own.items())}}

    def as_text(self) -> str:
        """The preset and the person's own keys as a JSON file, which `use_text` reads."""
        return json.dumps({"kind": KIND, "version": 1, **self._plain()}, ensure_ascii=False, indent=1) + "\n"

    def use_text(self, text: str) -> int:
        """Take the keys of a file that `as_text` wrote; returns how many of its commands were left out, because they do
        not exist here or their keys cannot be given. SegDeskError, and nothing changed, if it is no such file."""
        data = _parsed(text)
        self.preset, own = _kept(data)
        self._own = {}
        left_out = len(entries) if isinstance(entries := data.get("own"), Mapping) else 0
        for command_id, keys in own.items():
            command = self.commands.get(command_id)
            if command is not None and (not command.held or _holdable(keys)):
                self._put(command_id, keys)
                left_out -= 1
        self._settled()
        return left_out


def _holdable(keys: tuple[str, ...]) -> bool:
    return len(keys) <= 1 and all("+" not in key for key in keys)


def _parsed(text: str) -> Mapping[str, object]:
    """The object of an exported file."""
    try:
        data = json.loads(text) if len(text) <= LONGEST_FILE else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict) or data.get("kind") != KIND or data.get("preset") not in list(PRESETS):
        raise SegDeskError(
            "This file holds no keys of SegDesk.", "Choose a file that was written by “Export keys…” of this page."
        )
    return data


def _kept(data: Mapping[str, object]) -> tuple[str, dict[str, tuple[str, ...]]]:
    """(preset, own keys) from a file or the settings; what is wrong, fixed or there twice is left out."""
    preset, entries = data.get("preset"), data.get("own")
    own: dict[str, tuple[str, ...]] = {}
    seen: set[str] = set(FIXED)
    for command_id, keys in entries.items() if isinstance(entries, Mapping) else ():
        if not isinstance(keys, list) or not isinstance(command_id, str) or not all(isinstance(k, str) for k in keys):
            continue
        good = tuple(dict.fromkeys(key for key in map(normal, keys[:MOST_KEYS]) if key and key not in seen))
        if good or not keys:
            own[command_id] = good
            seen.update(good)
    return (preset if isinstance(preset, str) and preset in PRESETS else SEGDESK), own
