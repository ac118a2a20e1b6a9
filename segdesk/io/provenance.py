"""`provenance.txt` of an export: where its labels come from, with what classes, and what was found on reading it back.

The text is YAML; its name is not, because some programs take every JSON or YAML file in a folder for theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from segdesk import __version__
from segdesk.domain.classes import ClassSet
from segdesk.io.export_choice import ChosenLabels
from segdesk.io.formats.base import FormatInfo
from segdesk.io.project import Project
from segdesk.io.verifying import Verified

FILE = "provenance.txt"
Licences = Callable[[str], Mapping[str, str]]
"""`licences(card id)`: "code", "weights", "data" and "commercial" of a model, as far as they are known."""


def class_hash(classes: ClassSet) -> str:
    """SHA-256 of the class table as canonical JSON: equal tables have equal hashes on every machine."""
    rows = [[c.id, c.name, list(c.color), c.is_thing] for c in classes]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def write(
    folder: Path,
    info: FormatInfo,
    project: Project,
    chosen: ChosenLabels,
    verified: Verified | None,
    licences: Licences = lambda card: {},
) -> None:
    """Write the file into a folder. May raise OSError."""
    import yaml

    choice = chosen.choice
    data: dict[str, object] = {
        "made_by": f"SegDesk {__version__}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "project": project.path.stem,
        "format": info.id,
        "options": dict(choice.options),
        "layer": choice.layer,
        "pictures": len(chosen.rows),
        "states": dict(Counter(row.state for row in chosen.rows)),
        "only_states": sorted(choice.states) if choice.states is not None else "all",
        "classes": [{"id": c.id, "name": c.name, "color": list(c.color), "thing": c.is_thing} for c in chosen.classes],
        "classes_sha256": class_hash(chosen.classes),
        "split": _split(chosen),
        "models": _models(project, chosen, licences),
        "read_back": _read_back(verified),
    }
    text = yaml.safe_dump(data, allow_unicode=True, sort_keys=False, default_flow_style=None, width=120)
    (folder / FILE).write_text(text, encoding="utf-8")


def _split(chosen: ChosenLabels) -> object:
    rule = chosen.choice.split
    if rule is None:
        return None
    counts = Counter(chosen.splits.values())
    grouped = rule.group or "folder"
    return {"shares": list(rule.shares), "seed": rule.seed, "group": grouped, "pictures": dict(sorted(counts.items()))}


def _models(project: Project, chosen: ChosenLabels, licences: Licences) -> list[dict[str, object]]:
    """The runs that the labels came from, each with the number of pictures."""
    runs: dict[int, dict[str, object]] = {}
    counts: Counter[int] = Counter()
    layer = "prediction" if chosen.choice.layer == "annotation" else chosen.choice.layer
    for row in chosen.rows:
        run = project.label_source(row.id, layer)
        if run is not None:
            counts[run.id] += 1
            if run.id not in runs:
                runs[run.id] = {
                    "model": run.card_id,
                    "name": run.card_name,
                    "options": _plain(run.options),
                    "device": run.device,
                    "started": run.started,
                    "licence": dict(licences(run.card_id)),
                }
    return [{**found, "pictures": counts[key]} for key, found in runs.items()]


def _plain(value: object) -> object:
    """JSON values only, as YAML can write them."""
    return json.loads(json.dumps(value, default=str))


def _read_back(verified: Verified | None) -> object:
    if verified is None:
        return "not read back: the format holds no labels that could be read again"
    return {
        "readers": list(verified.readers),
        "pictures": verified.pictures,
        "pixels": verified.pixels,
        "pixels_of_another_class": verified.class_pixels,
        "pixels_of_another_object": verified.object_pixels,
        "pictures_that_did_not_come_back": verified.missing,
    }
