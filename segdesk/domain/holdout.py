"""Which labelled pictures judge a training and are never learned from: chosen by folder and seed, and kept."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping


def groups_of(paths: Iterable[str]) -> dict[str, list[str]]:
    """Paths by folder: pictures of one folder are alike, so they stay on one side. Where all lie in one folder, each is
    a group of its own."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for path in paths:
        groups[path.rpartition("/")[0]].append(path)
    if len(groups) > 1:
        return dict(groups)
    return {path: [path] for paths in groups.values() for path in paths}


def held_out(
    paths: Iterable[str], *, share: float = 0.2, seed: int = 1, known: Mapping[str, bool] | None = None
) -> frozenset[str]:
    """The paths that judge: about `share` of them (0 to 1), at least one, and at least one is left to learn from.

    `known`: paths that an earlier choice put on one side (True = judges); they stay there, and new pictures of their
    folders follow. Groups are taken in an order that depends on seed and name only. One path alone is learned from.
    """
    groups = groups_of(sorted(set(paths)))
    total = sum(map(len, groups.values()))
    known = known or {}
    kept = {name: side for name, members in groups.items() if (side := _side(members, known)) is not None}
    chosen = [name for name, side in kept.items() if side]
    count = sum(len(groups[name]) for name in chosen)
    order = sorted((name for name in groups if name not in kept), key=lambda name: _rank(name, seed))
    room = total - max(1, sum(len(groups[name]) for name, side in kept.items() if not side))
    for name in order:
        size = len(groups[name])
        enough = count >= share * total or (count and count + size / 2 > share * total)
        if not enough and count + size <= room:
            chosen.append(name)
            count += size
    return frozenset(path for name in chosen for path in groups[name])


def _side(members: list[str], known: Mapping[str, bool]) -> bool | None:
    sides = [known[path] for path in members if path in known]
    return any(sides) if sides else None


def _rank(name: str, seed: int) -> str:
    return hashlib.sha256(f"{seed} {name}".encode(errors="surrogateescape")).hexdigest()
