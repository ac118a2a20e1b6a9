"""Dividing a data set into train, val and test: by seed, pictures of one group always on one side."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from segdesk.domain.errors import SegDeskError
from segdesk.domain.holdout import groups_of

NAMES = ("train", "val", "test")


@dataclass(frozen=True)
class SplitRule:
    """`shares`: of train, val and test, scaled so that they add up to 1.

    `group`: "" = pictures of one folder stay together (each is alone where all lie in one folder); else a regular
    expression, and pictures whose path it finds the same text in (its first bracket, if it has one) stay together.
    """

    shares: tuple[float, float, float] = (0.8, 0.2, 0.0)
    seed: int = 1
    group: str = ""

    def __post_init__(self) -> None:
        if min(self.shares) < 0 or not sum(self.shares) > 0:
            raise SegDeskError("The shares of train, val and test must be 0 or more, and not all 0.")
        try:
            re.compile(self.group)
        except re.error as error:
            raise SegDeskError(
                "{rule} is no regular expression: {reason}.", "Leave it empty to group by folder.",
                rule=self.group, reason=str(error),
            ) from error  # fmt: skip

    def assign(self, paths: Iterable[str]) -> dict[str, str]:
        """ "train", "val" or "test" for each path. Depends on the seed and on the names alone, not on their order."""
        groups = self._groups(sorted(set(paths)))
        total = sum(self.shares)
        goal = [share / total * sum(map(len, groups.values())) for share in self.shares]
        filled, result = [0, 0, 0], {}
        for name in sorted(groups, key=self._rank):
            wanting = [goal[n] - filled[n] if self.shares[n] else float("-inf") for n in range(3)]
            side = max(range(3), key=lambda n: wanting[n])
            filled[side] += len(groups[name])
            result.update(dict.fromkeys(groups[name], NAMES[side]))
        return result

    def _groups(self, paths: list[str]) -> dict[str, list[str]]:
        if not self.group:
            return groups_of(paths)
        groups: dict[str, list[str]] = {}
        for path in paths:
            found = re.search(self.group, path)
            key = (found[1] if found.re.groups else found[0]) if found else None
            groups.setdefault(f"group {key}" if key is not None else f"path {path}", []).append(path)
        return groups

    def _rank(self, name: str) -> str:
        return hashlib.sha256(f"{self.seed} {name}".encode(errors="surrogateescape")).hexdigest()
