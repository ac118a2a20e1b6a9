"""What the person has added from outside: cards and weights in the folder of their own, and Python packages with
plug-ins. Also what the program itself stands on, for the page of licences."""

from __future__ import annotations

from dataclasses import dataclass

from segdesk import plugins
from segdesk.app.jobs import Context
from segdesk.app.licences import Facts, collect
from segdesk.app.models import own_models_dir
from segdesk.app.workers import Workers
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.cards import load_cards

KINDS = {
    "segdesk.tools": N_("Tools"),
    "segdesk.operations": N_("Operations"),
    "segdesk.formats": N_("Formats"),
    "segdesk.steps": N_("Refinements"),
    "segdesk.nets": N_("Architectures"),
}


@dataclass(frozen=True)
class Package:
    """A Python package with plug-ins. `adds`: (group of `KINDS`, name) pairs."""

    name: str
    version: str
    adds: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class OwnCard:
    """A card file in the person's folder: the ids of its models, or why it cannot be used."""

    file: str
    models: tuple[str, ...] = ()
    reason: SegDeskError | None = None


@dataclass(frozen=True)
class Outside:
    """All that was found."""

    packages: tuple[Package, ...]
    cards: tuple[OwnCard, ...]


class Extras:
    """Part of `Session`; called from the same thread."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    def look(self) -> int:
        """See what there is; no plug-in is imported. Done value: `Outside`."""
        return self._workers.submit("lists", N_("Looking for plug-ins"), lambda ctx: outside(), key="plug-ins")

    def facts(self) -> int:
        """Collect versions and licences of what the program stands on. Done value: `Facts`."""

        def run(ctx: Context) -> Facts:
            return collect()

        return self._workers.submit("lists", N_("Collecting the licences"), run, key="licences")


def outside() -> Outside:
    """Packages with plug-ins, and the cards in the person's folder."""
    packages: dict[str, Package] = {}
    for entry in plugins.installed():
        known = packages.get(entry.package)
        adds = (*(known.adds if known else ()), (entry.group, entry.name))
        packages[entry.package] = Package(entry.package, entry.version, adds)
    return Outside(tuple(packages.values()), own_cards())


def own_cards() -> tuple[OwnCard, ...]:
    """The card files of the person's folder by name; those that cannot be used with their reason."""
    folder = own_models_dir()
    good, broken = load_cards([folder]) if folder.is_dir() else ([], [])
    models: dict[str, list[str]] = {}
    for card in good:
        models.setdefault(card.origin.replace("\\", "/").rpartition("/")[2], []).append(card.id)
    rows = [OwnCard(name, tuple(ids)) for name, ids in models.items()]
    rows += [OwnCard(card.path.name, reason=card.reason) for card in broken if card.path.name not in models]
    return tuple(sorted(rows, key=lambda row: row.file))
