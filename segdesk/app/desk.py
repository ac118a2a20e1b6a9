"""What the verbs of a session share: the open project with its list and classes, the store thread, the decoded
pictures, the engine. No verb lives here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from segdesk.app.class_book import Choices, ClassBook, Memory
from segdesk.app.engine_process import EngineProcess
from segdesk.app.guarding import Guard
from segdesk.app.models import RunPlan
from segdesk.app.prefetch import Prefetch
from segdesk.app.reports import ClassesChanged, PictureChanged
from segdesk.app.roster import MACHINE_STATES, Roster
from segdesk.app.saver import Saver
from segdesk.domain.classes import ClassInfo, ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.domain.matching import Match
from segdesk.io.project import Project

CLASS_MEMORY = "class_memory"
CLASS_CHOICES = "class_choices"
LOCKED_CLASSES = "locked_classes"
RETIRED_CLASSES = "retired_classes"
CLASS_KEYS = "class_keys"
MARKS = ("verified", "skipped")


@dataclass(eq=False)
class OpenProject:
    """An open project. Jobs keep the one they began with, so that a late one cannot write into another project."""

    project: Project
    roster: Roster
    book: ClassBook
    saver: Saver
    report: Callable[[object], None]
    run_ids: dict[str, int] = field(default_factory=dict)
    errors: dict[int, SegDeskError] = field(default_factory=dict)
    before_mark: dict[int, str] = field(default_factory=dict)  # picture -> its state before "verified" or "skipped"
    locks: dict[int, frozenset[int]] = field(default_factory=dict)  # picture -> its locked objects
    locked_classes: frozenset[int] = frozenset()
    class_keys: Mapping[int, str] = field(default_factory=dict)  # class -> the key that a person has given it

    def path_of(self, picture_id: int) -> Path:
        """The file of a picture."""
        row = self.roster.row(picture_id)
        return self.project.folder / row.path if row else self.project.picture_path(picture_id)

    def show(self, picture_id: int, **values: object) -> None:
        """Change a row in memory and report it."""
        changed = self.roster.change(picture_id, **values)
        if changed is not None:
            self.report(PictureChanged(*changed))

    def set_state(self, picture_id: int, state: str, error: str = "") -> None:
        """Set a picture's state, here at once and on the disk soon."""
        self.show(picture_id, state=state, error=error)
        self.saver.put(
            lambda: self.project.set_state(picture_id, state, error or None),
            key=f"state:{picture_id}",
            owner=picture_id,
        )

    def mark(self, picture_id: int, state: str) -> None:
        """Set "verified" or "skipped"; `unmark` takes it back."""
        row = self.roster.row(picture_id)
        if row is not None and row.state not in MARKS:
            self.before_mark[picture_id] = row.state
        self._set_mark(picture_id, state, self.before_mark.get(picture_id, ""))

    def unmark(self, picture_id: int) -> None:
        """Give a picture the state from before `mark`; "edited", which no batch touches, where that is not known or the
        person has worked on it since (`touched`)."""
        before = self.before_mark.pop(picture_id, "edited")
        self._set_mark(picture_id, "edited" if before == "failed" else before, "")

    def _set_mark(self, picture_id: int, state: str, before: str) -> None:
        self.show(picture_id, state=state, error="")
        self.saver.put(
            lambda: self.project.set_mark(picture_id, state, before), key=f"state:{picture_id}", owner=picture_id
        )

    def touched(self, picture_id: int) -> None:
        """A person has worked on the picture's labels."""
        if self.before_mark.pop(picture_id, None) is not None:
            self.saver.put(lambda: self.project.set_before(picture_id, ""), owner=picture_id)

    def set_locks(self, picture_id: int, segment_ids: frozenset[int]) -> None:
        """Which objects of a picture are locked from now on."""
        if segment_ids != self.locks.get(picture_id, frozenset()):
            self.locks = {key: ids for key, ids in {**self.locks, picture_id: segment_ids}.items() if ids}
            self.saver.put(
                lambda: self.project.set_locks(picture_id, segment_ids), key=f"locks:{picture_id}", owner=picture_id
            )

    def set_locked_classes(self, class_ids: frozenset[int]) -> None:
        """Which classes are locked from now on."""
        if class_ids != self.locked_classes:
            self.locked_classes = class_ids
            self.saver.put(lambda: self.project.set_meta(LOCKED_CLASSES, sorted(class_ids)), key="locked classes")

    def set_class_keys(self, keys: Mapping[int, str]) -> None:
        """Which keys choose which classes from now on."""
        if dict(keys) != dict(self.class_keys):
            self.class_keys = dict(keys)
            self.saver.put(lambda: self.project.set_meta(CLASS_KEYS, keys_as_json(keys)), key="class keys")

    def mark_failed(self, picture_id: int, error: SegDeskError) -> None:
        """Note on the row why a picture could not be done; the state of a person's work stays what it is."""
        row = self.roster.row(picture_id)
        if row is not None:
            self.errors[picture_id] = error
            state = "failed" if row.state in MACHINE_STATES else row.state
            self.set_state(picture_id, state, error.text())

    def run_id(self, plan: RunPlan, device: str) -> int:
        """The project's number for a run with this plan: that of an equal run before, or a new one. Store thread."""
        record = plan.record()
        key = repr((plan.card.id, record, device))
        if key not in self.run_ids:
            known = self.project.find_run(plan.card.id, record, device)
            if known is None:
                known = self.project.add_run(plan.card.id, plan.card.name.en, record, device)
            self.run_ids[key] = known
        return self.run_ids[key]


def take_project(project: Project, saver: Saver, report: Callable[[object], None]) -> OpenProject:
    """Wrap a project that was just opened."""

    def on_classes(classes: ClassSet, memory: Memory, choices: Choices) -> None:
        def write() -> None:
            project.set_classes(classes)
            project.set_meta(CLASS_MEMORY, memory)
            project.set_meta(CLASS_CHOICES, {card: {n: asdict(m) for n, m in c.items()} for card, c in choices.items()})
            if retired or project.get_meta(RETIRED_CLASSES):
                project.set_meta(RETIRED_CLASSES, retired)

        retired = retired_as_json(book.retired)
        saver.put(write, key="classes")
        report(ClassesChanged(classes))

    memory, choices = _memory(project.get_meta(CLASS_MEMORY, {})), _choices(project.get_meta(CLASS_CHOICES, {}))
    stored = _retired(project.get_meta(RETIRED_CLASSES, []))
    book = ClassBook(project.classes, memory, on_classes, choices, stored)
    locked = project.get_meta(LOCKED_CLASSES, [])
    return OpenProject(
        project,
        Roster(),
        book,
        saver,
        report,
        before_mark=project.marks(),
        locks=project.locks(),
        locked_classes=frozenset(i for i in locked if isinstance(i, int)) if isinstance(locked, list) else frozenset(),
        class_keys=_keys(project.get_meta(CLASS_KEYS, {})),
    )


def retired_as_json(retired: Mapping[int, ClassInfo]) -> list[dict[str, object]]:
    """As the project keeps them."""
    return [asdict(info) for info in retired.values()]


def keys_as_json(keys: Mapping[int, str]) -> dict[str, str]:
    """As the project keeps them."""
    return {str(class_id): key for class_id, key in keys.items()}


def _keys(value: object) -> dict[int, str]:
    if not isinstance(value, dict):
        return {}
    return {int(i): k for i, k in value.items() if str(i).isdecimal() and isinstance(k, str)}


def _retired(value: object) -> dict[int, ClassInfo]:
    """The classes that are gone from their JSON form; entries of a form that we do not know are left out."""
    found = {}
    for entry in value if isinstance(value, list) else []:
        try:
            red, green, blue = entry["color"]
            found[int(entry["id"])] = ClassInfo(
                int(entry["id"]), str(entry["name"]), (int(red), int(green), int(blue)), bool(entry["is_thing"])
            )
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _memory(value: object) -> Memory:
    """The remembered maps from their JSON form; entries of a form that we do not know are left out."""
    if not isinstance(value, dict):
        return {}
    cards = {card: ids for card, ids in value.items() if isinstance(ids, dict)}
    return {card: {n: i for n, i in ids.items() if isinstance(i, int)} for card, ids in cards.items()}


def _choices(value: object) -> Choices:
    """The choices of `ClassBook` from their JSON form; entries of a form that we do not know are left out."""
    if not isinstance(value, dict):
        return {}
    cards = {card: found for card, found in value.items() if isinstance(found, dict)}
    return {card: {n: m for n, v in found.items() if (m := _match(v)) is not None} for card, found in cards.items()}


def _match(value: object) -> Match | None:
    if not isinstance(value, dict) or not isinstance(to := value.get("to"), int):
        return None
    return Match(to, bool(value.get("whole", False)))


@dataclass(eq=False)
class Desk:
    """The shared parts of a session. `open` and `current_id` are set by the session."""

    report: Callable[[object], None]
    saver: Saver
    prefetch: Prefetch
    engine: EngineProcess
    undo_bytes: int
    open: OpenProject | None = None
    current_id: int | None = None
    guard: Guard | None = None  # of the open project

    def end_guard(self) -> None:
        """Nobody looks after the project any more; before it is closed."""
        guard, self.guard = self.guard, None
        if guard is not None:
            guard.stop()

    def opened(self) -> OpenProject:
        """The open project; raises `SegDeskError` if there is none."""
        if self.open is None:
            raise SegDeskError("No project is open.", "Open a folder of pictures or a project first.")
        return self.open

    def set_budgets(self, undo_bytes: int, prefetch_bytes: int) -> None:
        """Memory for undo (of each picture, on the disk as well) and for decoded pictures."""
        self.undo_bytes = undo_bytes
        self.prefetch.set_budget(prefetch_bytes)
        if self.open is not None:
            self.open.project.journal_budget = undo_bytes
