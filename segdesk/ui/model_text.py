"""What the window says of a model in words: score, licence, size, where the weights are; and of time that is left."""

from __future__ import annotations

from segdesk.app.models import missing_extra
from segdesk.domain.card import ModelCard
from segdesk.domain.text import N_
from segdesk.io.weights import WeightsStatus
from segdesk.ui import i18n
from segdesk.ui.i18n import tr

TASKS = {
    "semantic": N_("semantic"),
    "instance": N_("instance"),
    "panoptic": N_("panoptic"),
    "points": N_("points of clouds"),
    "prompt": N_("clicks and words"),
}


def megabytes(count: int) -> str:
    """ "163 MB"."""
    return f"{count / 1e6:.0f} MB" if count >= 1e6 else f"{max(1, count // 1000)} kB"


def duration(seconds: float) -> str:
    """Time left in words: "about 40 s", "about 3 min", "about 2 h 5 min"."""
    if seconds < 90:
        return tr("about {seconds} s left", seconds=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return tr("about {minutes} min left", minutes=minutes)
    return tr("about {hours} h {minutes} min left", hours=minutes // 60, minutes=minutes % 60)


WEIGHTS = {  # words, kind of label, whether their size belongs to it
    "shipped": (N_("weights included"), "good", True),
    "here": (N_("weights here"), "good", True),
    "download": (N_("to download"), "warn", True),
    "missing": (N_("weights missing: locate the file"), "bad", False),
    "untrained": (N_("no public weights: train it or locate a file"), "bad", False),
    "not_needed": (N_("needs no weights"), "good", False),
}


def weights_text(status: WeightsStatus, card: ModelCard | None = None) -> tuple[str, str]:
    """(words, kind of label) for where weights are. With the card, an unknown size is guessed from its parameters."""
    size = f" · {megabytes(status.bytes)}" if status.bytes else ""
    if card is not None and (command := missing_extra(card)):
        return tr("not installed: {command}", command=command), "bad"
    if card is not None and card.parameters and not status.bytes:  # four bytes each, and the heads that serve training
        size = " · " + tr("about {size}", size=megabytes(round(card.parameters * 4.2)))
    words, kind, sized = WEIGHTS.get(status.kind, (status.kind, "", False))
    return tr(words) + (size if sized else ""), kind


def weights_short(status: WeightsStatus, card: ModelCard) -> tuple[str, str]:
    """The same in two or three words, for a small card."""
    size = f" {megabytes(status.bytes)}" if status.bytes else ""
    if missing_extra(card):
        return tr("not installed"), "bad"
    return {
        "shipped": (tr("ready"), "good"),
        "here": (tr("ready"), "good"),
        "not_needed": (tr("ready"), "good"),
        "download": (tr("to download") + size, "warn"),
        "missing": (tr("weights missing"), "bad"),
        "untrained": (tr("no public weights"), "bad"),
    }.get(status.kind, (status.kind, ""))


def speed_text(seconds: float) -> str:
    """How long a megapixel takes here: "0.21 s/MP"."""
    return tr("{seconds} s/MP here", seconds=f"{seconds:.2f}" if seconds < 10 else f"{seconds:.0f}")


def score_text(card: ModelCard) -> str:
    """The first score of a card: "mIoU 75.1"."""
    if not card.scores:
        return ""
    first = card.scores[0]
    value = f"{first.value:.3f}" if first.value <= 1 else f"{first.value:.1f}"
    return f"{first.metric} {value}"


def short_licence(card: ModelCard) -> str:
    """The licence that binds whoever uses the weights."""
    weights = card.licence.weights
    return card.licence.code if weights in ("", "none") else weights.partition(";")[0]


def size_text(card: ModelCard) -> str:
    """Parameters and operations: "46.6 M parameters · 357 GFLOP"; "" where nothing is known."""
    parts = []
    if card.parameters:
        parts.append(tr("{count} M parameters", count=f"{card.parameters / 1e6:.1f}"))
    if card.gflops:
        parts.append(f"{card.gflops:.0f} GFLOP" if card.gflops >= 10 else f"{card.gflops:.1f} GFLOP")
    return " · ".join(parts)


def row_text(card: ModelCard) -> str:
    """The second line of a model in the menu."""
    classes = tr("%n class(es)", len(card.classes)) if len(card.classes) else ""
    parts = (tr(TASKS[card.task]), classes, size_text(card), short_licence(card))
    return " · ".join(part for part in parts if part) or "–"


def about(card: ModelCard) -> str:
    """The whole card in words: what it is, its scores, its licences."""
    lines = [card.about.get(i18n.language())]
    lines += [f"{s.metric} {s.value:g} · {s.data}" + (f" · {s.how}" if s.how else "") for s in card.scores]
    licence = card.licence
    for head, text in (
        (tr("Paper"), card.paper),
        (tr("Licence of the code"), licence.code),
        (tr("Licence of the weights"), licence.weights),
        (tr("Licence of the training data"), licence.data),
        (tr("Commercial use"), {"yes": tr("yes"), "no": tr("no")}.get(licence.commercial, tr("check the licences"))),
    ):
        if text:
            lines.append(f"{head}: {text}")
    return "\n".join(line for line in lines if line)


def facts(card: ModelCard) -> str:
    """The card in a few lines, for the foot of the menu."""
    scores = (f"{s.metric} {s.value:g} ({', '.join(p for p in (s.data, s.how) if p)})" for s in card.scores)
    licence = card.licence
    commercial = {"yes": tr("yes"), "no": tr("no")}.get(licence.commercial, tr("check the licences"))
    rights = (
        (tr("Licence of the code"), licence.code),
        (tr("of the weights"), licence.weights),
        (tr("of the training data"), licence.data),
        (tr("Commercial use"), commercial),
    )
    page = card.weights.page if card.weights else ""
    command = missing_extra(card)
    lines = (
        tr("To run it, install: {command}", command=command) if command else "",
        " · ".join(part for part in (card.about.get(i18n.language()), card.paper) if part),
        " · ".join(scores),
        " · ".join(f"{head}: {text}" for head, text in rights if text),
        tr("Weights: {file} from {page}", file=card.weights.file, page=page) if card.weights and page else "",
    )
    return "\n".join(line for line in lines if line)
