"""Finding the picture that a foreign file means by its path, name or stem."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from segdesk.domain.errors import SegDeskError
from segdesk.io.project import PictureRow


class PictureIndex:
    """Pictures by relative path, then by path without suffix, by file name and by stem; letter case is ignored."""

    def __init__(self, rows: Iterable[PictureRow]) -> None:
        self._by_name: dict[tuple[str, str], list[PictureRow]] = {}
        for row in rows:
            for key in _names(row.path):
                self._by_name.setdefault(key, []).append(row)

    def row(self, name: str) -> PictureRow:
        """The picture. Raises `SegDeskError` if there is none, or more than one."""
        for key in _names(name):
            found = self._by_name.get(key, [])
            if len(found) == 1:
                return found[0]
            if found:
                raise SegDeskError(
                    "{name} could be any of {count} pictures.",
                    "Give the pictures or the labels names that differ.",
                    name=name,
                    count=len(found),
                )
        raise SegDeskError("The project has no picture {name}.", "Add it to the picture folder.", name=name)


def _names(path: str) -> list[tuple[str, str]]:
    """What a picture may be called by others, best first: ("path", "a/b.jpg"), ("root", "a/b"), ("name", ...), ..."""
    pure = PurePosixPath(path.replace("\\", "/").casefold())
    root = pure.with_suffix("") if pure.name else pure
    return [("path", str(pure)), ("root", str(root)), ("name", pure.name), ("stem", pure.stem)]
