"""The class list while a person changes it: nothing holds in the project before `Classing.apply` gets its change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from segdesk.domain.classes import VOID, ClassInfo, ClassSet, Color, spread_color
from segdesk.domain.errors import SegDeskError
from segdesk.domain.recasting import Recast

# Okabe and Ito's eight colours (Color Universal Design, 2008) without black, as red-green blindness keeps them apart,
# then the same lighter and darker.
_OKABE_ITO = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
LONGEST_NAME = 200  # letters


@dataclass(frozen=True)
class Draft:
    """A class list on its way. Each method gives another draft.

    `classes`: as it would be. `become`: class of the project that would go -> class of the project (or of the draft)
    that takes its labels, `VOID` = none. `keys`: class id -> key.
    """

    classes: ClassSet
    become: Mapping[int, int] = field(default_factory=dict)
    keys: Mapping[int, str] = field(default_factory=dict)

    @property
    def change(self) -> Recast:
        """For `Classing.apply`."""
        return Recast(self.classes, self.become)

    def renamed(self, class_id: int, name: str) -> Draft:
        """With another name. Raises `SegDeskError` for one that is taken or empty."""
        name = checked_name(name)
        known = self.classes.named(name)
        if known is not None and known.id != class_id:
            raise SegDeskError(
                "There is already a class named {name}.", "Merge the two, if they mean the same.", name=known.name
            )
        return self._with(class_id, name=name)

    def recoloured(self, class_id: int, color: Color) -> Draft:
        """With another colour."""
        return self._with(class_id, color=color)

    def of_kind(self, class_ids: Collection[int], *, is_thing: bool) -> Draft:
        """With these classes countable (things) or not (stuff)."""
        draft = self
        for class_id in class_ids:
            draft = draft._with(class_id, is_thing=is_thing)
        return draft

    def with_colours(self, colors: Sequence[Color]) -> Draft:
        """With new colours for all, in their order."""
        infos = [replace(c, color=colors[at % len(colors)]) for at, c in enumerate(self.classes)]
        return replace(self, classes=ClassSet(infos, reserved=self.classes.reserved))

    def added(self, name: str, color: Color | None = None, *, is_thing: bool = True) -> tuple[Draft, int]:
        """With one more class, and its id. Raises `SegDeskError` for a name that is taken or empty."""
        name = checked_name(name)
        known = self.classes.named(name)
        if known is not None:
            raise SegDeskError("There is already a class named {name}.", name=known.name)
        class_id = self._next_id()
        info = ClassInfo(class_id, name, color or free_colour(self.classes), is_thing)
        return replace(self, classes=self.classes.with_class(info)), class_id

    def joined(self, other: ClassSet) -> Draft:
        """With the classes of a list that it lacks by name; those that it has take the list's colour and kind."""
        draft = self
        for info in other:
            known = draft.classes.named(info.name)
            if known is None:
                draft, _ = draft.added(info.name, info.color, is_thing=info.is_thing)
            else:
                draft = draft._with(known.id, color=info.color, is_thing=info.is_thing)
        return draft

    def merged(self, class_ids: Collection[int], into: int) -> Draft:
        """With all labels of some classes given to another one, and those classes gone."""
        return self._without([i for i in class_ids if i != into], into)

    def removed(self, class_ids: Collection[int]) -> Draft:
        """Without some classes; their labels become void."""
        return self._without(class_ids, VOID)

    def moved(self, class_ids: Collection[int], to: int) -> Draft:
        """With some classes, in their order, standing from place `to` (among the others, counted from 0) on."""
        picked = [c for c in self.classes if c.id in class_ids]
        rest = [c for c in self.classes if c.id not in class_ids]
        to = max(0, min(to, len(rest)))
        order = [*rest[:to], *picked, *rest[to:]]
        return replace(self, classes=ClassSet(order, reserved=self.classes.reserved))

    def stepped(self, class_ids: Collection[int], by: int) -> Draft:
        """With some classes one place further up (-1) or down (1)."""
        places = [at for at, c in enumerate(self.classes) if c.id in class_ids]
        return self.moved(class_ids, places[0] + by) if places else self

    def sorted_by_name(self) -> Draft:
        """In the order of the names."""
        infos = sorted(self.classes, key=lambda c: c.name.casefold())
        return replace(self, classes=ClassSet(infos, reserved=self.classes.reserved))

    def with_key(self, class_id: int, key: str) -> Draft:
        """With a key for a class; whoever had it loses it, "" takes it away."""
        keys = {i: k for i, k in self.keys.items() if k != key and i != class_id}
        return replace(self, keys={**keys, class_id: key} if key else keys)

    def _with(self, class_id: int, **values: object) -> Draft:
        info = self.classes.get(class_id)
        if info is None:
            return self
        return replace(self, classes=self.classes.with_class(replace(info, **values)))  # type: ignore[arg-type]

    def _without(self, class_ids: Collection[int], to: int) -> Draft:
        """What was to become one of these classes becomes `to` as well. Classes that the project does not have yet are
        named, too; nothing has labels of them, so this does no harm."""
        gone = {i for i in class_ids if self.classes.get(i) is not None}
        become = {i: to if old in gone else old for i, old in self.become.items()}
        classes = self.classes
        for class_id in gone:
            classes, become[class_id] = classes.without(class_id), to
        keys = {i: k for i, k in self.keys.items() if i not in gone}
        return Draft(classes, become, keys)

    def _next_id(self) -> int:
        """Not the id of a class that is about to go: its labels are still there."""
        return self.classes.with_reserved(self.become).next_id()


class Drafting:
    """A draft with its undo steps.

    Attributes:
        start: as the project has it; draft: as it is now.
    """

    def __init__(self, start: Draft) -> None:
        self.start = self.draft = start
        self._done: list[tuple[str, Draft]] = []
        self._undone: list[tuple[str, Draft]] = []

    @property
    def changed(self) -> bool:
        """Whether there is anything to apply."""
        return self.draft != self.start

    def take(self, name: str, draft: Draft) -> bool:
        """Go on with another draft; `name`: of the step, in English. False if it is the same."""
        if draft == self.draft:
            return False
        self._done.append((name, self.draft))
        self._undone.clear()
        self.draft = draft
        return True

    @property
    def names(self) -> tuple[str, str]:
        """The steps that undo and redo would take, "" where there is none."""
        return self._done[-1][0] if self._done else "", self._undone[-1][0] if self._undone else ""

    def undo(self) -> None:
        """Take the last step back."""
        self._move(self._done, self._undone)

    def redo(self) -> None:
        """Take it again."""
        self._move(self._undone, self._done)

    def _move(self, source: list[tuple[str, Draft]], sink: list[tuple[str, Draft]]) -> None:
        if source:
            name, draft = source.pop()
            sink.append((name, self.draft))
            self.draft = draft


def digit_keys(classes: Iterable[ClassInfo], own: Mapping[int, str]) -> dict[int, str]:
    """Class id -> the number key that it has without having been given a key: those that are left, in order."""
    given = set(own.values())
    free = [str(n) for n in range(1, 10) if str(n) not in given]
    plain = [c.id for c in classes if c.id not in own]
    return dict(zip(plain, free, strict=False))


def class_of_key(key: str, classes: Sequence[ClassInfo], own: Mapping[int, str]) -> int | None:
    """The class that a key chooses, None if there is none."""
    keys = {**digit_keys(classes, own), **own}
    return next((c.id for c in classes if keys.get(c.id) == key), None)


def checked_name(name: str) -> str:
    """A name without blanks around it and signs that cannot be seen. Raises `SegDeskError` for an empty or very long
    one."""
    name = "".join(c for c in name if c.isprintable()).strip()
    if not name:
        raise SegDeskError("A class needs a name.", "Type at least one letter.")
    if len(name) > LONGEST_NAME:
        raise SegDeskError("This name is too long for a class.", "Use at most {most} letters.", most=LONGEST_NAME)
    return name


def free_colour(classes: ClassSet) -> Color:
    """A calm colour that no class has."""
    taken = {c.color for c in classes}
    at = len(classes)
    while spread_color(at) in taken and at < 4 * len(classes) + 4:
        at += 1
    return spread_color(at)


def calm_colours(count: int) -> list[Color]:
    """The program's own colours."""
    return [spread_color(at) for at in range(count)]


def safe_colours(count: int) -> list[Color]:
    """Colours that stay apart for people who see red and green alike; beyond 21 they repeat."""
    shades = [tuple(_shade(c, by) for c in color) for by in (0.0, 0.5, -0.4) for color in _OKABE_ITO]
    return [shades[at % len(shades)] for at in range(count)]  # type: ignore[misc]


def _shade(value: int, by: float) -> int:
    return round(value + (255 - value) * by) if by >= 0 else round(value * (1 + by))
