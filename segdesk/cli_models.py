"""`segdesk models`: the list of models on the command line, with the filters of the window's menu."""

from __future__ import annotations

import argparse
import json

from segdesk.app.model_search import CHOICES, ModelEntry, ModelFilter, encoder_of, found
from segdesk.app.session import Session
from segdesk.cli_output import Output, value_of
from segdesk.domain.card import TASKS

OK, NOTHING_FOUND = 0, 2


def arguments(command: argparse.ArgumentParser) -> None:
    """Add the filters to the command."""
    command.add_argument(
        "--search", metavar="TEXT", default="", help="words: system, data set, encoder, class, licence"
    )
    command.add_argument("--data", metavar="NAME", default="", help="a data set, or the beginning of its name")
    for key in CHOICES:
        command.add_argument(f"--{_FLAGS.get(key, key)}", dest=key, choices=_values(key), default="")
    command.add_argument("--json", action="store_true", help="print all that is known, as JSON")


def _values(key: str) -> list[str]:
    return list(TASKS) if key == "task" else [value for value, _ in CHOICES[key]]


_FLAGS = {"weights": "state"}  # --weights names a folder


def models(session: Session, chosen: argparse.Namespace, output: Output) -> int:
    """Print the models that the filters admit, the best of each system and data set first; 2 if there are none."""
    listing = value_of(session, session.list_models())
    wanted = ModelFilter(text=chosen.search, data=chosen.data, **{key: getattr(chosen, key) for key in CHOICES})
    entries = found(listing, wanted)
    if chosen.json:
        output.line(json.dumps([_facts(entry) for entry in entries], ensure_ascii=False, indent=1))
    else:
        for entry in entries:
            output.line(_line(entry))
    for broken in listing.broken:
        output.note(f"broken: {broken.path.name}: {broken.reason.text()}")
    return OK if entries else NOTHING_FOUND


def _line(entry: ModelEntry) -> str:
    card, status = entry.card, entry.status
    state = status.kind + (f" {status.bytes / 1e6:.0f} MB" if status.kind == "download" and status.bytes else "")
    size = f"{card.parameters / 1e6:.1f} M" if card.parameters else "-"
    score = f"{card.scores[0].metric} {card.scores[0].value:g} on {card.scores[0].data}" if card.scores else ""
    licence = (card.licence.weights or "-").partition(";")[0]
    return f"{card.id:52} {card.task:9} {state:16} {size:>8} {licence:14} {score}".rstrip()


def _facts(entry: ModelEntry) -> dict[str, object]:
    card, status = entry.card, entry.status
    return {
        "id": card.id,
        "name": card.name.en,
        "task": card.task,
        "system": card.system,
        "data": card.data,
        "encoder": encoder_of(card),
        "classes": [info.name for info in card.classes],
        "weights": {"state": status.kind, "path": str(status.path) if status.path else None, "bytes": status.bytes},
        "parameters": card.parameters,
        "gflops": card.gflops,
        "trainable": card.trainable,
        "licence": {name: getattr(card.licence, name) for name in ("code", "weights", "data", "commercial")},
        "scores": [{"data": s.data, "metric": s.metric, "value": s.value, "source": s.source} for s in card.scores],
        "paper": card.paper,
    }
