"""What the batch page says: of runs, of their figures, of how pictures fare."""

from __future__ import annotations

from collections.abc import Mapping

from segdesk.app.batch_queue import WHICH, Order
from segdesk.app.jobs import Pace, Progress
from segdesk.domain.text import N_
from segdesk.engines.messages import DeviceInfo
from segdesk.ui import i18n
from segdesk.ui.desk import Desk
from segdesk.ui.i18n import number, tr
from segdesk.ui.model_text import duration

STATES: Mapping[str, tuple[str, str]] = {  # (words, colour of the theme)
    "waiting": (N_("waiting"), "soft"),
    "running": (N_("running"), "accent"),
    "paused": (N_("paused"), "warn"),
    "done": (N_("done"), "good"),
    "stopped": (N_("stopped"), "warn"),
    "failed": (N_("failed"), "bad"),
    "interrupted": (N_("interrupted"), "warn"),
}
OUTCOMES: Mapping[str, tuple[str, str]] = {
    "waiting": (N_("waiting"), "soft"),
    "running": (N_("running"), "accent"),
    "done": (N_("done"), "good"),
    "kept": (N_("your labels kept"), "info"),
    "failed": (N_("failed"), "bad"),
    "already": (N_("done before"), "soft"),
    "verified": (N_("verified, left alone"), "soft"),
}
# The filters over the list of pictures: key -> (words, outcomes; none = all).
FILTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "all": (N_("All"), ()),
    "waiting": (N_("Waiting"), ("waiting",)),
    "running": (N_("Running"), ("running",)),
    "done": (N_("Done"), ("done",)),
    "failed": (N_("Failed"), ("failed",)),
    "kept": (N_("Kept"), ("kept",)),
    "skipped": (N_("Left alone"), ("already", "verified")),
}


def model_name(desk: Desk, order: Order) -> str:
    """The model's name in the current language; as it was called, if its card is gone."""
    card = desk.session.card(order.card_id)
    return order.card_name if card is None else card.name.get(i18n.language())


def what(order: Order) -> str:
    """Which pictures, and what is done beside the model: "all pictures · CRF"."""
    words = tr(WHICH.get(order.which, WHICH["all"]))
    if order.which == "chosen":
        words = tr("%n chosen picture(s)", len(order.ids))
    parts = [words]
    options = order.run_options
    if options.crf is not None:
        parts.append(tr("CRF"))
    if options.stack:
        parts.append(tr("%n refinement(s)", len(options.stack.steps)))
    if order.again:
        parts.append(tr("also those done before"))
    return " · ".join(parts)


def reached(order: Order) -> str:
    """ "312 of 5,000"; "" before anything is known."""
    total = order.total + order.before
    return tr("{done} of {total}", done=number(order.done + order.before), total=number(total)) if total else ""


def device_words(device: str, found: list[DeviceInfo]) -> str:
    """A device in words."""
    if device == "cpu":
        return tr("processor")
    return next((d.name for d in found if d.id == device), device)


def pace_words(progress: Progress | None) -> list[str]:
    """Throughput, time left and load, as far as they are known."""
    if progress is None:
        return []
    parts = []
    pace = progress.pace
    if pace is not None and not progress.paused:
        parts.append(tr("{count} pictures/s", count=_rate(pace.pictures)))
        parts.append(tr("{count} MP/s", count=_rate(pace.megapixels)))
    if progress.eta_seconds is not None and not progress.paused:
        parts.append(duration(progress.eta_seconds))
    return parts + load_words(pace)


def load_words(pace: Pace | None) -> list[str]:
    """What a run takes of the machine."""
    if pace is None:
        return []
    parts = []
    if pace.graphics is not None:
        memory = f", {pace.graphics_bytes / 1e9:.1f} GB" if pace.graphics_bytes else ""
        parts.append(tr("graphics card {share} %", share=round(100 * pace.graphics)) + memory)
    if pace.processor is not None:
        memory = f", {pace.memory_bytes / 1e9:.1f} GB" if pace.memory_bytes else ""
        parts.append(tr("processor {share} %", share=round(100 * pace.processor)) + memory)
    return parts


def _rate(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def result_words(order: Order) -> str:
    """The sentence at the end of a run: "12 pictures segmented, 1 failed."."""
    parts = [tr("%n picture(s) segmented", order.answered)]
    for count, text in (
        (order.kept, tr("%n with hand work kept", order.kept)),
        (order.verified, tr("%n verified left alone", order.verified)),
        (order.already, tr("%n done before", order.already)),
        (len(order.failed), tr("%n failed", len(order.failed))),
    ):
        if count:
            parts.append(text)
    return tr(", ").join(parts) + tr(".")


def time_words(seconds: float) -> str:
    """How long something took: "42 s", "3 min 5 s", "2 h 5 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return tr("{seconds} s", seconds=whole)
    if whole < 3600:
        return tr("{minutes} min {seconds} s", minutes=whole // 60, seconds=whole % 60)
    return tr("{hours} h {minutes} min", hours=whole // 3600, minutes=whole % 3600 // 60)


def ended_words(order: Order, found: list[DeviceInfo]) -> str:
    """The figures of a run that has ended."""
    parts = []
    if order.seconds:
        parts.append(time_words(order.seconds))
        if order.answered > 1:
            parts.append(tr("{count} pictures/s", count=_rate(order.answered / order.seconds)))
        if order.megapixels:
            parts.append(tr("{count} MP/s", count=_rate(order.megapixels / order.seconds)))
    if order.used:
        parts.append(device_words(order.used, found))
    return " · ".join(parts)
