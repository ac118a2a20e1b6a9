"""`Unsaved`: the steps of a document whose state has not been copied for the disk yet."""

from __future__ import annotations

import weakref
from collections.abc import Sequence

from segdesk.domain.edit import TileKey
from segdesk.domain.patch import Patch


class Unsaved:
    """Patches of one label map. Whoever is going to write to the map says so first."""

    def __init__(self) -> None:
        self._patches: list[weakref.ref[Patch]] = []

    def add(self, patch: Patch) -> Patch:
        """From now on, keep this one. UI thread."""
        self._patches.append(weakref.ref(patch))
        return patch

    def keep(self, tiles: Sequence[TileKey]) -> None:
        """The 64x64 `tiles` are about to be written to. UI thread."""
        for patch in self._needed():
            patch.keep(tiles)

    def keep_all(self) -> None:
        """The whole map is about to be written to, which is small. UI thread."""
        for patch in self._needed():
            patch.keep_all()

    def pack_all(self) -> None:
        """The whole map is about to be written to, by this thread, while nobody else writes to it or adds a patch."""
        for patch in self._needed():
            patch.packed()

    def _needed(self) -> list[Patch]:
        patches = [patch for ref in self._patches if (patch := ref()) is not None and not patch.settled]
        self._patches = [weakref.ref(patch) for patch in patches]
        return patches
