"""Writes `models/openmmlab-*.toml`: a card for each published OpenMMLab checkpoint of a system of `segdesk/nets`.

    python scripts/openmmlab_cards.py WEIGHTS.tsv [--out FOLDER]

The table (columns library, collection, config, dataset, task, metrics, sha256_prefix, url) is that of OpenMMLab's model
zoo; it is not part of the program. What a file is, its name says: encoder, crop, schedule and data set. How many
parameters and operations a net has is counted on it, without memory for it.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "scripts"))

from openmmlab_data import DATA, DATA_WORDS, PRETRAINED, Data  # noqa: E402
from openmmlab_systems import COLLECTIONS, System  # noqa: E402

HEADER = "# Written by scripts/openmmlab_cards.py from OpenMMLab's model zoo. Change the script, not this file.\n"
DEFAULTS = """[defaults]
task = "semantic"
trainable = true
weights.layout = "openmmlab"
licence = { code = "Apache-2.0", weights = "Apache-2.0" }
score = { metric = "mIoU", source = "OpenMMLab model zoo" }
"""
STEM = re.compile(r"[_-]\d{8}(_\d{6})?-[0-9a-f]{8}$")


@dataclass(frozen=True)
class Checkpoint:
    """A row of the table, taken apart. `stem`: the file's name without date and hash; `crop`: "512x1024"."""

    collection: str
    stem: str
    url: str
    sha256: str
    metrics: tuple[tuple[str, float], ...]
    data: Data
    crop: tuple[int, int]
    schedule: str

    @property
    def card_id(self) -> str:
        """The card's id: the file's stem in the spelling of ids."""
        return "openmmlab-" + re.sub(r"[^a-z0-9.]+", "-", self.stem.lower())


def checkpoints(table: Path) -> list[Checkpoint]:
    """The rows whose system we have."""
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    wanted = [row for row in rows if row["library"] == "mmseg" and row["collection"] in COLLECTIONS]
    return [_checkpoint(row) for row in wanted]


def _checkpoint(row: Mapping[str, str]) -> Checkpoint:
    stem = STEM.sub("", Path(row["url"]).stem)
    words = f"{stem} {row['config']}".lower()
    key = next(name for pattern, name in DATA_WORDS if re.search(pattern, words))
    crop = re.search(r"(\d{2,4})x(\d{2,4})", stem) or re.search(r"(\d{2,4})x(\d{2,4})", row["config"])
    steps = re.search(r"(?<![\dx])(\d{2,3}k)(?![a-z])", stem.replace("_", " ").replace("-", " "))
    assert crop, stem
    metrics = tuple((name, float(value)) for name, value in re.findall(r"([^=,]+)=([\d.]+)", row["metrics"]))
    return Checkpoint(
        collection=row["collection"],
        stem=stem,
        url=row["url"],
        sha256=row["sha256_prefix"],
        metrics=metrics,
        data=DATA[key],
        crop=(int(crop[1]), int(crop[2])),
        schedule=steps[1] if steps else "",
    )


# -- one card --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """What a card says of itself; `system` and `data` are said once in the file."""

    checkpoint: Checkpoint
    system: System
    encoder: str
    options: Mapping[str, object]
    fit: str
    size: tuple[int, float]


def made(point: Checkpoint) -> Made:
    """The card of a checkpoint."""
    system = COLLECTIONS[point.collection](point.stem)
    encoder, options = system.options(point.stem)
    if point.crop == (769, 769):  # the reference aligns corners with crops of 769
        options = {**options, "align_corners": True}
    fit = system.fit(point) if system.fit else _fit(point)
    return Made(point, system, encoder, options, fit, size(system.net, json.dumps(options), point.data.channels))


def _fit(point: Checkpoint) -> str:
    """As the reference tests: large crops of Cityscapes and Pascal Context through windows, all else at once."""
    if point.crop == (769, 769):
        return "slide:769/513"
    return point.data.fit


@cache
def size(net: str, options: str, channels: int) -> tuple[int, float]:
    """Parameters, and 10^9 multiplications and additions for a picture of 512 x 512."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from segdesk.engines.loading import builder

    with torch.device("meta"):
        module = builder(net)(json.loads(options), channels).eval()
        counter = FlopCounterMode(display=False)
        with counter, torch.inference_mode():
            module(torch.empty(1, 3, 512, 512))
    return sum(p.numel() for p in module.parameters()), round(counter.get_total_flops() / 1e9, 1)


def name(card: Made) -> str:
    """ "PSPNet ResNet-101 · Cityscapes 769x769, 80k"; what else is special of the training comes last."""
    point = card.checkpoint
    crop = "x".join(map(str, point.crop))
    extra = [text for pattern, text in PRETRAINED if re.search(pattern, point.stem)]
    head = " ".join(part for part in (card.system.variant(point.stem), card.encoder) if part)
    return f"{head} · {point.data.name} " + ", ".join(part for part in (crop, point.schedule, *extra) if part)


def _card(card: Made, likes: Mapping[str, str]) -> str:
    point = card.checkpoint
    lines = [
        "[[card]]",
        f"id = {toml(point.card_id)}",
        f"name = {toml(name(card))}",
        f"like = {toml([likes['system ' + card.system.title], likes['data ' + point.data.name]])}",
        f"net.options = {toml(card.options)}",
    ]
    if card.fit != point.data.fit:
        lines.append(f"input.fit = {toml(card.fit)}")
    if card.system.mean:
        lines.append(f"input.mean = {toml(card.system.mean)}")
        lines.append(f"input.std = {toml(card.system.std)}")
    lines += [
        f"parameters = {card.size[0]}",
        f"gflops = {card.size[1]}",
        f"weights = {toml({'urls': [point.url], 'sha256': point.sha256})}",
        f"score = {toml(_scores(point))}",
    ]
    return "\n".join(lines) + "\n"


def _scores(point: Checkpoint) -> list[dict[str, object]]:
    """The score that stands for the net first: one scale, and for vessels their own Dice, not the mean with the
    background's."""
    words = {"mIoU": "one scale", "mIoU(ms+flip)": "several scales and flipped", "Dice": "one scale", "mDice": "mean"}
    rows = [
        {"metric": metric.replace("(ms+flip)", ""), "value": value, "how": words[metric]}
        for metric, value in point.metrics
        if metric != "mDice"
    ]
    return [{k: v for k, v in row.items() if (k, v) != ("metric", "mIoU")} for row in rows]


# -- one file --------------------------------------------------------------------------------------------------------


def text(cards: Sequence[Made]) -> str:
    """A card file. What a system and a data set say of all their cards is said once."""
    systems = {card.system.title: card.system for card in cards}
    data_sets = {card.checkpoint.data.name: card.checkpoint.data for card in cards}
    likes = {f"system {title}": system.key for title, system in systems.items()}
    likes |= {f"data {title}": data.key for title, data in data_sets.items()}
    parts = [
        HEADER,
        DEFAULTS,
        *(_system(system) for system in systems.values()),
        *(_data(data) for data in data_sets.values()),
        *(_card(card, likes) for card in cards),
    ]
    return "\n".join(parts)


def _system(system: System) -> str:
    lines = [
        f"[like.{system.key}]",
        f"system = {toml(system.title)}",
        f"paper = {toml(system.paper)}",
        f"about = {toml({'en': system.english, 'zh': system.chinese})}",
        f"net.type = {toml(system.net)}",
    ]
    if system.licence:
        lines.append(f"licence = {toml(system.licence)}")
    return "\n".join(lines) + "\n"


def _data(data: Data) -> str:
    lines = [
        f"[like.{data.key}]",
        f"data = {toml(data.name)}",
        f"group = {toml(data.group)}",
        f"classes.preset = {toml(data.preset)}",
        f"input.fit = {toml(data.fit)}",
        f"licence = {toml({'data': data.licence, 'commercial': data.commercial})}",
        f"score.data = {toml(data.tested)}",
    ]
    return "\n".join(lines) + "\n"


def toml(value: object) -> str:
    """A value as TOML, tables inline."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="the table of published checkpoints")
    parser.add_argument("--out", type=Path, default=ROOT / "models", help="where the card files go")
    chosen = parser.parse_args(arguments)
    files: dict[str, list[Made]] = {}
    for point in checkpoints(chosen.table):
        files.setdefault(point.collection, []).append(made(point))
    for collection, cards in files.items():
        target = chosen.out / f"openmmlab-{collection.replace('_', '-')}.toml"
        target.write_text(text(cards), encoding="utf-8")
        print(f"{len(cards):4} {target.name}")


if __name__ == "__main__":
    main()
