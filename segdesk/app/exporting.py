"""The export of a project: written, read back and compared, with a note on where its labels come from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from segdesk.app.desk import Desk
from segdesk.app.discover import Plugin
from segdesk.app.jobs import Context
from segdesk.app.transfer import check_layer
from segdesk.domain.card import ModelCard
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.io import provenance
from segdesk.io.atomic import looked_at
from segdesk.io.export_choice import ChosenLabels, ExportChoice
from segdesk.io.formats.base import ExportResult, Keeps, written
from segdesk.io.second_readers import READERS
from segdesk.io.verifying import ComparingSink, Verified, quiet

OUR_READER = "SegDesk"


@dataclass(frozen=True)
class ExportOrder:
    """What to export, and where to; the folder does not exist yet. `verify`: read it back before it takes its place."""

    folder: Path
    choice: ExportChoice = field(default_factory=ExportChoice)
    verify: bool = True


def export(
    desk: Desk, plugin: Plugin, order: ExportOrder, find_card: Callable[[str], ModelCard | None], ctx: Context
) -> ExportResult:
    """Write labels of the open project in a format, after all that waits has been saved. Raises `SegDeskError` and
    leaves nothing where a format that holds every pixel does not give every pixel back."""
    opened, info = desk.opened(), plugin.info
    check_layer(order.choice.layer)
    if not info.can_write:
        raise SegDeskError("{format} can only be imported.", "Choose another format.", format=info.title)
    desk.saver.flush(ctx.cancelled)
    chosen = ChosenLabels(opened.project, order.choice)
    if not chosen.rows:
        verified = order.choice.states is not None and set(order.choice.states) == {"verified"}
        raise SegDeskError(
            "There is nothing to export.",
            "Verify at least one picture first." if verified else "Run a model or label a picture first.",
        )
    source = chosen.source()
    reads = order.verify and info.can_read and info.keeps is not Keeps.NOTHING
    share = 0.5 if reads else 1.0
    found: list[Verified] = []

    def look(folder: Path) -> None:
        if reads:
            found.append(verify(plugin, folder, chosen, frozenset(source.left_out), share, ctx))
        verified = found[0] if found else None
        provenance.write(folder, info, opened.project, chosen, verified, lambda card: _licence(find_card(card)))

    with looked_at(look):
        progress = quiet(ctx.progress, (0.0, share), len(chosen.rows))
        result = plugin.module.write(source, order.folder, progress=progress, cancelled=ctx.cancelled)
    return replace(result, verified=found[0] if found else None)


def verify(
    plugin: Plugin, folder: Path, chosen: ChosenLabels, left_out: frozenset[str], share: float, ctx: Context
) -> Verified:
    """Read a written folder again and compare it with what was chosen, pixel by pixel; where there is another reader
    for the format, it is asked, too. Raises as `export` does, and `Cancelled`."""
    sink, problems = ComparingSink(chosen), []
    name, second = READERS.get(plugin.info.id, ("", None))
    middle, total = (1.0 if second is None else (1.0 + share) / 2), len(chosen.rows)
    for path, part in _parts(written(plugin.info, folder), share, middle):
        progress = quiet(ctx.progress, part, total)
        result = plugin.module.read(path, sink, layer="reference", progress=progress, cancelled=ctx.cancelled)
        problems += result.problems
    missing = sink.finish(left_out, ctx.cancelled)
    verified = sink.result(missing, (OUR_READER,), tuple(problems))
    if second is not None:
        other, progress = ComparingSink(chosen), quiet(ctx.progress, (middle, 1.0), total)
        for picture, labels, classes in second(folder):
            if ctx.cancelled():
                raise Cancelled
            other.put(picture, labels.remapped(other.class_ids(classes)))
            progress(min(other.pictures, total), total)
        by_both = other.result(other.finish(left_out, ctx.cancelled) if other.pictures else 0, (), ())
        if other.pictures:
            verified = _worse(verified, by_both, (OUR_READER, name))
    if plugin.info.lossless and plugin.info.classes is None and not verified.exact:
        raise SegDeskError(
            "The export was read back and differs in {pixels} pixels of {pictures} pictures; it was not kept.",
            "Choose another format, and please report this.",
            pixels=verified.class_pixels + verified.object_pixels,
            pictures=max(len(verified.worst), verified.missing),
        )
    return verified


def _parts(paths: list[Path], first: float, last: float) -> Iterator[tuple[Path, tuple[float, float]]]:
    """Each path with its part of a progress from `first` to `last`, by the size of its file."""
    sizes = [path.stat().st_size + 1 if path.is_file() else 1 for path in paths]
    done = 0
    for path, size in zip(paths, sizes, strict=True):
        before, done = done, done + size
        begin, end = (first + (last - first) * at / sum(sizes) for at in (before, done))
        yield path, (begin, end)


def _worse(first: Verified, second: Verified, readers: tuple[str, ...]) -> Verified:
    """What both readers say, the larger difference of each kind."""
    return replace(
        first,
        class_pixels=max(first.class_pixels, second.class_pixels),
        object_pixels=max(first.object_pixels, second.object_pixels),
        missing=max(first.missing, second.missing),
        readers=readers,
        worst=first.worst or second.worst,
    )


def _licence(card: ModelCard | None) -> Mapping[str, str]:
    return {} if card is None else asdict(card.licence)
