"""Finding a model among hundreds: words, filters, and the order in which the window's menu and the command line list
them. No files are read here: it works on what `Models.listing` has gathered."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from segdesk.domain.card import PICTURE_TASKS, ModelCard
from segdesk.domain.classes import ClassSet
from segdesk.domain.text import N_
from segdesk.io.cards import BrokenCard
from segdesk.io.weights import WeightsStatus

READY = frozenset(("shipped", "here", "not_needed"))
# What a filter's value means, by (filter, value): an upper bound of millions of parameters or of gflops.
SMALL, MEDIUM = 10e6, 50e6
QUICK, MODERATE = 60.0, 300.0
CHOICES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "task": (("semantic", N_("semantic")), ("instance", N_("instance")), ("panoptic", N_("panoptic"))),
    "licence": (("commercial", N_("commercial use free")), ("open", N_("commercial use not excluded"))),
    "weights": (("here", N_("ready here")), ("download", N_("to download")), ("none", N_("no public weights"))),
    "size": (("small", N_("up to 10 M parameters")), ("medium", N_("10 to 50 M")), ("large", N_("over 50 M"))),
    "speed": (("quick", N_("quick")), ("moderate", N_("moderate")), ("slow", N_("slow"))),
}


@dataclass(frozen=True)
class ModelEntry:
    """A model of the list: its card and where its weights are. `words`: its names, in which a search finds any
    part; `prose`: what it does and its classes, in which a search finds the beginnings of words. Both in lower case."""

    card: ModelCard
    status: WeightsStatus
    words: str = ""
    prose: str = ""

    def tells(self, word: str) -> bool:
        """Whether a word of a search, in lower case, is found: "ade" in ADE20K and not in "made"."""
        return word in self.words or (f" {word}" if word.isascii() else word) in self.prose

    @property
    def ready(self) -> bool:
        """Whether it can run at once."""
        return self.status.kind in READY


@dataclass(frozen=True)
class Listing:
    """All models, and the card files that cannot be used."""

    entries: tuple[ModelEntry, ...] = ()
    broken: tuple[BrokenCard, ...] = ()

    def for_pictures(self) -> Listing:
        """Only the models that can be run on a folder of pictures."""
        return Listing(tuple(e for e in self.entries if e.card.task in PICTURE_TASKS), self.broken)

    def data_sets(self) -> list[str]:
        """The data sets that occur, in the alphabet's order."""
        return sorted({e.card.data for e in self.entries if e.card.data}, key=str.casefold)

    def systems(self) -> list[str]:
        """The methods that occur, in the alphabet's order."""
        return sorted({system_of(e.card) for e in self.entries}, key=str.casefold)


@dataclass(frozen=True)
class ModelFilter:
    """Which models are wanted; an empty value wants all. `text`: words that must all occur. `data`: a data set, or the
    beginning of its name; `system`: a method, as `system_of` names it; the others hold a value of `CHOICES`."""

    text: str = ""
    task: str = ""
    data: str = ""
    licence: str = ""
    weights: str = ""
    size: str = ""
    speed: str = ""
    system: str = ""

    @property
    def active(self) -> bool:
        """Whether anything is left out."""
        return any(str(getattr(self, f.name)).strip() for f in fields(self))

    def admits(self, entry: ModelEntry) -> bool:
        """Whether the model is wanted."""
        card = entry.card
        return (
            (not self.task or card.task == self.task)
            and (not self.system or system_of(card) == self.system)
            and card.data.casefold().startswith(self.data.casefold())
            and _licence(card.licence.commercial, self.licence)
            and (not self.weights or _state(entry) == self.weights)
            and (not self.size or _size(card) == self.size)
            and (not self.speed or _speed(card) == self.speed)
            and all(entry.tells(word) for word in self.text.casefold().split())
        )


def _licence(commercial: str, wanted: str) -> bool:
    return not wanted or commercial == "yes" or (wanted == "open" and commercial != "no")


def _state(entry: ModelEntry) -> str:
    """The group of `CHOICES["weights"]` that a model belongs to."""
    if entry.ready:
        return "here"
    return "download" if entry.status.kind == "download" else "none"


def _size(card: ModelCard) -> str:
    if not card.parameters:
        return ""
    return "small" if card.parameters <= SMALL else "medium" if card.parameters <= MEDIUM else "large"


def _speed(card: ModelCard) -> str:
    if not card.gflops:
        return ""
    return "quick" if card.gflops <= QUICK else "moderate" if card.gflops <= MODERATE else "slow"


def entries_of(cards: Iterable[ModelCard], statuses: Mapping[str, WeightsStatus]) -> tuple[ModelEntry, ...]:
    """The cards with their states and words. Class lists that cards share are looked through once."""
    seen: dict[int, str] = {}

    def class_words(classes: ClassSet) -> str:
        if id(classes) not in seen:
            seen[id(classes)] = " ".join(info.name for info in classes)
        return seen[id(classes)]

    return tuple(
        ModelEntry(card, statuses[card.id], _words(card).casefold(), _prose(card, class_words(card.classes)))
        for card in cards
    )


def encoder_of(card: ModelCard) -> str:
    """The encoder's name as the net's options give it; "" where it has none."""
    return str(card.net.options.get("encoder", ""))


def _words(card: ModelCard) -> str:
    parts = (card.id, card.name.en, card.name.zh, card.system, card.data, card.group, card.task, card.paper)
    return " ".join((*parts, card.licence.weights, encoder_of(card), card.net.type))


def _prose(card: ModelCard, classes: str) -> str:
    text = f" {card.about.en} {card.about.zh} {classes}".casefold()
    return re.sub(r"\W+", " ", text)


@dataclass(frozen=True)
class Section:
    """A stretch of the list under one head. `kind`: "recent", "here" or "system" (then `title` is its name)."""

    kind: str
    title: str
    entries: tuple[ModelEntry, ...]

    @property
    def key(self) -> str:
        """What tells it from the others."""
        return f"{self.kind}:{self.title}"


def found(listing: Listing, wanted: ModelFilter) -> list[ModelEntry]:
    """The models that the filter admits: by system, data set and score, the best first."""
    return sorted((e for e in listing.entries if wanted.admits(e)), key=_order)


def _order(entry: ModelEntry) -> tuple[str, str, float, str]:
    card = entry.card
    score = card.scores[0].value if card.scores else 0.0
    return system_of(card).casefold(), card.data.casefold(), -score, card.name.en


ORDERS: Mapping[str, str] = {
    "system": N_("Family"),
    "name": N_("Name"),
    "here": N_("Ready first"),
    "score": N_("Score"),
    "speed": N_("Speed here"),
    "size": N_("Size"),
}


def ordered(entries: Sequence[ModelEntry], order: str, speeds: Mapping[str, float]) -> list[ModelEntry]:
    """Entries as `found` gives them in another order, a key of `ORDERS`; equal ones stay as they are. `speeds`: seconds
    a megapixel by card. What is not known comes last."""
    keys: Mapping[str, Callable[[ModelEntry], object]] = {
        "name": lambda e: e.card.name.en.casefold(),
        "here": lambda e: (not e.ready, _state(e) != "download"),
        "score": lambda e: _score(e.card),
        "speed": lambda e: speeds.get(e.card.id, float("inf")),
        "size": lambda e: e.card.parameters or float("inf"),
    }
    key = keys.get(order)
    return list(entries) if key is None else sorted(entries, key=key)  # type: ignore[arg-type]


def _score(card: ModelCard) -> tuple[bool, str, float]:
    """By measure, for a PQ and a mIoU are not of one scale, then the best first."""
    if not card.scores:
        return True, "", 0.0
    first = card.scores[0]
    return False, first.metric.casefold(), -(100 * first.value if first.value <= 1 else first.value)


def system_of(card: ModelCard) -> str:
    """The head that a model is listed under."""
    return card.system or card.name.en


def arrange(listing: Listing, wanted: ModelFilter, recent: Sequence[str] = ()) -> list[Section]:
    """The menu: recently used models, those that are ready here, then all by system. A model that stands in the first
    two stands under its system too. Broken cards are not among them."""
    hits = found(listing, wanted)
    by_id = {entry.card.id: entry for entry in hits}
    sections = [
        Section("recent", "", tuple(by_id[i] for i in recent if i in by_id)),
        Section("here", "", tuple(e for e in hits if e.ready and e.card.id not in recent)),
    ]
    systems: dict[str, list[ModelEntry]] = {}
    for entry in hits:
        systems.setdefault(system_of(entry.card), []).append(entry)
    sections += [Section("system", title, tuple(rows)) for title, rows in systems.items()]
    return [section for section in sections if section.entries]
