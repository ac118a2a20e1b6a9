"""Finding a name by a few of its letters: "roa" finds "Run on all", "dl3" "DeepLab v3". No Qt, no files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_STARTS = re.compile(r"(?<![^\W_])[^\W_]|(?<=[a-z])[A-Z]|(?<=[^\W\d_])\d|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
WHOLE, START, INSIDE, HUMPS, LOOSE = 130.0, 100.0, 60.0, 45.0, 12.0
LEAST_INSIDE = 2  # letters of a word that may be found in the middle of another
LEAST_LOOSE = 3  # letters of a word that may lie scattered in another


@dataclass(frozen=True)
class Name:
    """A text prepared for `match`: `folded` has its length and small letters; `starts`: where words begin, by the
    letters there."""

    text: str
    folded: str
    starts: Mapping[str, tuple[int, ...]]
    begins: frozenset[int]


@dataclass(frozen=True)
class Found:
    """How well a text fits (more is better) and which of its letters were meant."""

    score: float
    letters: frozenset[int]


@lru_cache(maxsize=8192)
def name(text: str) -> Name:
    """Prepare a text. Words begin at letters after a space or sign, at capitals and figures, at each Chinese sign."""
    folded = text.lower()
    if len(folded) != len(text):
        folded = "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)
    begins = [found.start() for found in _STARTS.finditer(text)]
    starts: dict[str, tuple[int, ...]] = {}
    for at in begins:
        starts[folded[at]] = (*starts.get(folded[at], ()), at)
    return Name(text, folded, starts, frozenset(begins))


def words(query: str) -> tuple[str, ...]:
    """What is looked for, word by word."""
    return tuple(query.lower().split())


def match(wanted: tuple[str, ...], target: Name, *, spelled: bool = False) -> Found | None:
    """Whether all words occur in the text, each as (in falling order of score) a whole word, the beginning of one, a
    part of one, letters at the beginnings of words, or letters in their order within one word; with `spelled` only the
    first three. None: not all do."""
    score, letters = 0.0, set[int]()
    for word in wanted:
        hit = _spelled(word, target)
        if hit is None and not spelled and word[0] in target.starts:
            hit = _humps(word, target) or _loose(word, target)
        if hit is None:
            return None
        score += hit.score
        letters |= hit.letters
    return Found(score - 0.2 * len(target.folded) + (8.0 if 0 in letters else 0.0), frozenset(letters))


def _spelled(word: str, target: Name) -> Found | None:
    """The word as it is, best at the beginning of a word."""
    first = at = target.folded.find(word)
    while at >= 0:
        if at in target.begins:
            end = at + len(word)
            ends = end == len(target.folded) or not target.folded[end].isalnum() or end in target.begins
            return Found(WHOLE if ends else START, frozenset(range(at, end)))
        at = target.folded.find(word, at + 1)
    if first >= 0 and len(word) >= LEAST_INSIDE:
        return Found(INSIDE, frozenset(range(first, first + len(word))))
    return None


def _humps(word: str, target: Name) -> Found | None:
    """Each letter follows the one before it or begins a word."""
    folded, starts = target.folded, target.starts

    def rest(at: int, used: tuple[int, ...]) -> tuple[int, ...] | None:
        if at == len(word):
            return used
        last = used[-1]
        if last + 1 < len(folded) and folded[last + 1] == word[at] and (found := rest(at + 1, (*used, last + 1))):
            return found
        for place in starts.get(word[at], ()):
            if place > last + 1 and (found := rest(at + 1, (*used, place))):
                return found
        return None

    if len(word) < LEAST_INSIDE:
        return None
    for place in starts[word[0]]:
        if found := rest(1, (place,)):
            return Found(HUMPS, frozenset(found))
    return None


def _loose(word: str, target: Name) -> Found | None:
    """The letters occur in their order within one word, which begins with the first of them."""
    if len(word) < LEAST_LOOSE:
        return None
    folded = target.folded
    for start in target.starts[word[0]]:
        places = [start]
        for letter in word[1:]:
            place = folded.find(letter, places[-1] + 1)
            if place < 0 or not folded[places[-1] : place].isalnum():
                break
            places.append(place)
        else:
            return Found(LOOSE - 0.5 * (places[-1] - start - len(word)), frozenset(places))
    return None
