"""The card of a trained model, and the record of how it came to be. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from segdesk import __version__
from segdesk.domain.card import ModelCard
from segdesk.domain.classes import ClassInfo
from segdesk.engines.training.messages import Judged, TrainRequest, TrainResult

GROUP = "Trained"


def card_table(
    base: ModelCard, classes: Sequence[ClassInfo], *, ground: bool, name: str, card_id: str, project: str
) -> dict[str, object]:
    """The card of a model that has the net of `base` and tells `classes` apart, and the ground beside them from none of
    them if `ground`. For `card_text`; weights and score are put in when they are there."""
    names = [c.name for c in classes]
    return {
        "id": card_id,
        "name": name,
        "task": base.task,
        "group": GROUP,
        "system": base.system or base.name.en,
        "data": project,
        "paper": base.paper,
        "trainable": True,
        "parameters": base.parameters,
        "gflops": base.gflops,
        "net": {"type": base.net.type, "options": dict(base.net.options)},
        "input": _changed(base.input),
        "classes": {
            "names": ([""] if ground else []) + names,
            "colors": ["#{:02x}{:02x}{:02x}".format(*c.color) for c in classes],
            "things": [c.name for c in classes if c.is_thing],
        },
        "decide": _changed(base.decide),
        "weights": {"file": f"{card_id}.pth"},
    }


def _changed(value: object) -> dict[str, object]:
    """The fields of a frozen dataclass that are not as usual."""
    usual = type(value)()
    return {
        f.name: list(v) if isinstance(v := getattr(value, f.name), tuple) else v
        for f in fields(value)  # type: ignore[arg-type]
        if getattr(value, f.name) != getattr(usual, f.name)
    }


def finished(
    table: Mapping[str, object], request: TrainRequest, result: TrainResult, *, project: str
) -> dict[str, object]:
    """The table with score, licence and a sentence on the training."""
    start, options = request.start, request.options
    learned = sum(not i.held_out for i in request.items)
    from_en = {"scratch": "from scratch", "encoder": f"from the encoder of {start.card.name.en}"}.get(
        start.mode, f"from {start.card.name.en}"
    )
    from_zh = {"scratch": "从零开始", "encoder": f"从 {start.card.name.en} 的编码器开始"}.get(
        start.mode, f"从 {start.card.name.en} 开始"
    )
    recipe = f"{options.loss}, {options.optimiser}, {options.schedule}, seed {options.seed}"
    about = {
        "en": f"Trained {from_en} on {learned} pictures of {project} ({recipe}; epoch {result.best_epoch}).",
        "zh": f"{from_zh}，用 {project} 的 {learned} 张图片训练（{recipe}；第 {result.best_epoch} 轮）。",
    }
    own = start.mode == "scratch"
    licence = {
        "code": start.card.licence.code,
        "weights": "your own" if own else f"from: {start.card.licence.weights or 'not stated'}",
        "data": f"labels of {project}" + ("" if own else f"; {start.card.licence.data or 'not stated'}"),
        "commercial": "check" if own else start.card.licence.commercial,
    }
    made: dict[str, object] = {**table, "about": about, "licence": licence}
    if scores := _scores(result.new, project):
        made["score"] = scores
    # card_text writes single values before sections
    return made


def _scores(judged: Judged, project: str) -> list[dict[str, object]]:
    """The figures that a card tells, the deciding one first."""
    rows = [(judged.metric, judged.score), *((name, getattr(judged, field)) for name, field in judged.further)]
    told = rows if judged.metric != "mIoU" else rows[:1]
    return [
        {
            "data": f"hold-out of {project}",
            "metric": name,
            "value": round(100 * value, 2),
            "how": f"{judged.pictures} pictures that were not learned from",
            "source": "measured here",
        }
        for name, value in told
        if value is not None
    ]


def record_text(request: TrainRequest, result: TrainResult, *, project: str) -> str:
    """All that is needed to judge or repeat the training, as JSON."""
    names = [c.name for c in request.card.classes]
    return json.dumps(
        {
            "program": __version__,
            "commit": commit(),
            "project": project,
            "start": {"card": request.start.card.id, "mode": request.start.mode, "classes": names},
            "options": asdict(request.options),
            "learned_from": [i.name for i in request.items if not i.held_out],
            "held_out": [i.name for i in request.items if i.held_out],
            "reason": result.reason,
            "best_epoch": result.best_epoch,
            "seconds": round(result.seconds, 1),
            "old": _figures(result.old, names),
            "new": _figures(result.new, names),
            "curve": [list(row) for row in result.curve],
        },
        ensure_ascii=False,
        indent=1,
    )


def _figures(judged: Judged | None, names: Sequence[str]) -> dict[str, object] | None:
    if judged is None:
        return None
    found: dict[str, object] = {
        "miou": judged.miou,
        "accuracy": judged.accuracy,
        "iou": dict(zip(names, judged.ious, strict=False)),
    }
    for _, field in judged.further:
        found[field] = getattr(judged, field)
    if judged.metric != "mIoU":
        found[judged.metric.lower()] = judged.score
        found["by_class"] = dict(zip(names, judged.by_class, strict=False))
    return found


def commit() -> str:
    """The commit of the checkout that the program runs from; "" where it is installed."""
    git = Path(__file__).resolve().parent.parent.parent / ".git"
    try:
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        return (git / head[5:]).read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
