"""The report as one self-contained HTML page: no script, no file beside it, no network. Every number stands beside
the convention that it was taken in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import median

from segdesk.domain.metrics.boundaries import BoundaryResult
from segdesk.domain.metrics.confusion import PixelResult
from segdesk.domain.metrics.overlaps import VoidRule
from segdesk.domain.metrics.panoptic import RULES, PanopticResult, Quality
from segdesk.domain.metrics.report import PictureScore, Report, Specimen
from segdesk.io.report import findings_page as more
from segdesk.io.report.figures import bar, heat_table, spread, swatch
from segdesk.io.report.style import CSS
from segdesk.io.report.tables import PIXEL_RULES, sample_sizes
from segdesk.io.report.texts import Texts
from segdesk.io.report.thumbs import ERROR_COLORS, Panels

PIXEL_MEASURES = ("miou", "mean_dice", "mean_accuracy", "fwiou", "pixel_accuracy")
LISTED_FAILURES = 6


def render_page(
    report: Report, texts: Texts, *, panels: Sequence[Panels], version: str, date: str, title: str = ""
) -> str:
    """The whole page. `panels`: one for each of the worst and then of the best `specimens`, or none at all.
    `date`: as it should be read."""
    worst, best = specimens(report)
    sections = [
        _header(report, texts),
        _failed(report, texts),
        _section(texts("summary"), _cards(report, texts)),
        _effort(report, texts),
        _section(texts("measures"), _measures(report, texts)),
        _section(texts("classes"), _classes(report, texts)),
        *more.sections(report, texts),
        _section(texts("confusion"), _note(texts("confusion.note")) + heat_table(report, texts)),
        more.pairs(report, texts),
        _spread(report, texts),
        _worst(report, texts, worst, panels[: len(worst)]),
        _best(report, texts, best, panels[len(worst) :]),
        _section(texts("conventions"), _definitions(report, texts)),
        f"<footer>{escape(texts('made', version=version, date=date))}</footer>",
    ]
    name = escape(title or texts("title"))
    return (
        f'<!doctype html>\n<html lang="{texts.code}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{name}</title>\n<style>{CSS}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, sections))
        + "\n"
        "</main>\n</body>\n</html>\n"
    )


def specimens(report: Report) -> tuple[tuple[Specimen, ...], tuple[Specimen, ...]]:
    """The worst and the best pictures that are shown. None is shown twice: of few pictures, half are the worst."""
    if not report.best:
        return report.worst, ()
    worst = report.worst[: max(1, -(-len(report.pictures) // 2))]
    names = {specimen.name for specimen in worst}
    return worst, tuple(specimen for specimen in report.best if specimen.name not in names)


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>"


def _note(text: str) -> str:
    return f'<p class="soft small">{escape(text)}</p>'


def _rule(texts: Texts, rule: VoidRule) -> str:
    return texts(f"rule.{rule}")


def _header(report: Report, texts: Texts) -> str:
    compared = texts("compared", layer=texts.layer(report.layer), against=texts.layer(report.against))
    about = "".join(
        f"<div><dt>{escape(texts.about(k))}</dt><dd>{escape(v)}</dd></div>" for k, v in report.about.items()
    )
    sizes = sample_sizes(report)
    occur = sum(c.tp + c.fp + c.fn > 0 for c in report.confusion.result("void_counted").classes)
    facts = [
        (sizes["pictures"], texts("sample.pictures")),
        (sizes["pixels"], texts("sample.pixels")),
        (sizes["labelled_pixels"], texts("sample.labelled")),
        (sizes["reference_segments"], texts("sample.reference")),
        (sizes["predicted_segments"], texts("sample.predicted")),
        (occur, texts("sample.classes", total=len(report.classes))),
    ]
    sample = "".join(f"<span><b>{texts.integer(n)}</b> {escape(text)}</span>" for n, text in facts)
    return (
        f'<header>\n<h1>{escape(texts("title"))}</h1>\n<div class="soft">{escape(compared)}</div>\n'
        + (f'<dl class="about">{about}</dl>\n' if about else "")
        + f'<div class="sample">{sample}</div>\n</header>'
    )


def _failed(report: Report, texts: Texts) -> str:
    if not report.failed:
        return ""
    items = "".join(f"<li>{escape(texts.error(error))}</li>" for _, error in report.failed[:LISTED_FAILURES])
    more = len(report.failed) - LISTED_FAILURES
    rest = f"<li>{escape(texts('failed.more', n=more))}</li>" if more > 0 else ""
    return f'<div class="warn">{escape(texts.counted("failed", len(report.failed)))}<ul>{items}{rest}</ul></div>'


def _cards(report: Report, texts: Texts) -> str:
    pixel: dict[VoidRule, PixelResult] = {rule: report.confusion.result(rule) for rule in PIXEL_RULES}
    quality: dict[VoidRule, Quality] = {rule: report.panoptic.result(rule).all for rule in RULES}
    miou: dict[VoidRule, float | None] = {rule: result.miou for rule, result in pixel.items()}
    accuracy: dict[VoidRule, float | None] = {rule: result.pixel_accuracy for rule, result in pixel.items()}
    pq: dict[VoidRule, float | None] = {rule: q.pq for rule, q in quality.items()}
    lead = quality[report.panoptic_rule]
    judged = sum(c.iou is not None for c in report.pixel_result.classes)
    cards = [
        _card(
            report,
            texts,
            "miou",
            miou,
            report.pixel_rule,
            texts.counted("over_classes", judged),
        ),
        _card(
            report,
            texts,
            "pixel_accuracy",
            accuracy,
            report.pixel_rule,
            "",
        ),
        _card(
            report,
            texts,
            "pq",
            pq,
            report.panoptic_rule,
            f"SQ {texts.percent(lead.sq)} · RQ {texts.percent(lead.rq)}",
        ),
    ]
    reading = texts("reading.instances" if report.instance_only else "reading.unlabelled")
    shown = "".join(cards) + more.more_cards(report, texts)
    return f'<p>{escape(reading)}</p>\n<div class="cards">{shown}</div>{more.interval_note(report, texts)}'


def _effort(report: Report, texts: Texts) -> str:
    effort = report.effort
    if effort is None:
        return ""
    share = texts("effort.share", share=texts.percent(effort.model_share))
    facts = [
        (texts.integer(effort.pictures), texts("effort.pictures")),
        (texts.integer(effort.changed), texts("effort.changed")),
        (texts.seconds(effort.median_seconds), texts("effort.median")),
        (texts.seconds(effort.seconds), texts("effort.seconds")),
    ]
    rows = "".join(f"<span><b>{value}</b> {escape(text)}</span>" for value, text in facts)
    body = f'<p><b>{escape(share)}</b></p>\n<div class="sample">{rows}</div>\n{_note(texts("effort.note"))}'
    return _section(texts("effort"), body)


def _card(
    report: Report, texts: Texts, key: str, values: Mapping[VoidRule, float | None], lead: VoidRule, parts: str
) -> str:
    others = "".join(
        f"<div><span>{escape(_rule(texts, rule))}</span><span>{texts.percent(value)}</span></div>"
        for rule, value in values.items()
        if rule != lead
    )
    under = " · ".join(filter(None, [_rule(texts, lead), parts]))
    return (
        f'<div class="card"><div class="name">{escape(texts(key))}</div><div class="value">'
        f'{texts.percent(values[lead])}</div>{more.bracket(report, key, texts)}<div class="rule">{escape(under)}</div>'
        f'<div class="others">{others}</div></div>'
    )


def _measures(report: Report, texts: Texts) -> str:
    pixel: dict[VoidRule, PixelResult] = {rule: report.confusion.result(rule) for rule in PIXEL_RULES}
    segments: dict[VoidRule, PanopticResult] = {rule: report.panoptic.result(rule) for rule in RULES}
    rows = [_group(texts, "measures.pixels", report.pixel_rule)]
    for key in PIXEL_MEASURES:
        values: dict[VoidRule, float | None] = {rule: getattr(result, key) for rule, result in pixel.items()}
        counts: dict[VoidRule, int] = {rule: _averaged(result, key) for rule, result in pixel.items()}
        span = more.bracket(report, key, texts)
        rows.append(_measure_row(texts, texts(key), values, counts, lead=report.pixel_rule, span=span))
    rows += _outlines(report, texts)
    rows.append(_group(texts, "measures.segments", report.panoptic_rule))
    for part in ("all", "things", "stuff"):
        groups: dict[VoidRule, Quality] = {rule: getattr(result, part) for rule, result in segments.items()}
        counts = {rule: group.classes for rule, group in groups.items()}
        for key in ("pq", "sq", "rq") if any(counts.values()) else ():
            values = {rule: getattr(group, key) for rule, group in groups.items()}
            name = f"{key.upper()}, {texts(part)}"
            span = more.bracket(report, key, texts) if part == "all" else ""
            rows.append(_measure_row(texts, name, values, counts, lead=report.panoptic_rule, span=span))
    head = "".join(f'<th scope="col">{escape(_rule(texts, rule))}</th>' for rule in RULES)
    return (
        f'<div class="scroll"><table><thead><tr><th scope="col">{escape(texts("measure"))}</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _outlines(report: Report, texts: Texts) -> list[str]:
    """The rows of boundary IoU and boundary F; none in a quick report."""
    if report.findings is None:
        return []
    results: dict[VoidRule, BoundaryResult] = {rule: report.findings.boundaries.result(rule) for rule in PIXEL_RULES}
    rows = [_group(texts, "measures.boundaries", report.pixel_rule)]
    for key, field in (("boundary_iou", "mean_iou"), ("boundary_f", "mean_f")):
        values: dict[VoidRule, float | None] = {rule: getattr(result, field) for rule, result in results.items()}
        counts: dict[VoidRule, int] = {
            rule: sum(c.iou is not None for c in result.classes) for rule, result in results.items()
        }
        span = more.bracket(report, key, texts)
        rows.append(_measure_row(texts, texts(key), values, counts, lead=report.pixel_rule, span=span))
    return rows


def _averaged(result: PixelResult, key: str) -> int:
    """Over how many classes a pixel measure is averaged; 0 for one that is not an average."""
    if key == "pixel_accuracy":
        return 0
    values = [c.accuracy if key in ("mean_accuracy", "fwiou") else c.iou for c in result.classes]
    return sum(v is not None for v in values)


def _group(texts: Texts, key: str, lead: VoidRule) -> str:
    tags = "".join(
        f"<th>{'<span class=tag>' + escape(texts('leading')) + '</span>' if rule == lead else ''}</th>"
        for rule in RULES
    )
    return f'<tr class="group"><th class="left">{escape(texts(key))}</th>{tags}</tr>'


def _measure_row(
    texts: Texts,
    name: str,
    values: Mapping[VoidRule, float | None],
    counts: Mapping[VoidRule, int],
    *,
    lead: VoidRule,
    span: str = "",
) -> str:
    """`counts`: over how many classes each value is a mean; said once, and again where a convention differs. `span`:
    the leading value's interval as HTML."""
    if counts[lead]:
        name += f" ({texts.counted('over_classes', counts[lead])})"
    cells = []
    for rule in RULES:
        text = texts.percent(values[rule]) + (span if rule == lead else "") if rule in values else ""
        if counts.get(rule, counts[lead]) != counts[lead]:
            text += f"<br><small>{escape(texts.counted('over_classes', counts[rule]))}</small>"
        cells.append(f"<td{' class=lead' if rule == lead else ''}>{text}</td>")
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(cells)}</tr>'


def _classes(report: Report, texts: Texts) -> str:
    pixels, segments = report.pixel_result.classes, report.panoptic_result.classes
    rows, absent = [], []
    for info, pixel, segment in zip(report.classes, pixels, segments, strict=True):
        if pixel.iou is None and segment.pq is None:
            absent.append(info.name)
            continue
        kind = texts("thing" if info.is_thing else "stuff.one")
        shares = "".join(f"<td>{texts.percent(v)}</td>" for v in (pixel.accuracy, pixel.precision, pixel.dice))
        rows.append(
            f'<tr><th scope="row">{swatch(info.color)}{escape(info.name)}</th><td class="left soft">{escape(kind)}</td>'
            f"<td>{bar(pixel.iou, texts)}</td>{shares}<td>{texts.integer(pixel.tp + pixel.fn)}</td>"
            f"<td>{bar(segment.pq, texts, second=True)}</td><td>{texts.percent(segment.sq)}</td>"
            f"<td>{texts.percent(segment.rq)}</td><td>{segment.tp} / {segment.fp} / {segment.fn}</td></tr>"
        )
    keys = ("class", "kind", "iou", "accuracy", "precision", "dice", "pixels.reference")
    names = [*(texts(k) for k in keys), "PQ", "SQ", "RQ", texts("segments.counts")]
    head = "".join(f'<th scope="col"{" class=left" if k < 2 else ""}>{escape(n)}</th>' for k, n in enumerate(names))
    rules = {"pixels": _rule(texts, report.pixel_rule), "segments": _rule(texts, report.panoptic_rule)}
    table = (
        f'<div class="scroll"><table class="classes"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )
    missing = _note(texts("absent", names=", ".join(absent))) if absent else ""
    return _note(texts("classes.note", **rules)) + table + missing


def _spread(report: Report, texts: Texts) -> str:
    scores = [s for s in (getattr(p, report.ranked_by) for p in report.pictures) if s is not None]
    if len(scores) < 2:
        return ""
    note = texts(
        "spread.note",
        measure=texts(report.ranked_by),
        rule=_ranking_rule(report, texts),
        median=texts.percent(median(scores)),
        n=len(scores),
    )
    return _section(texts("spread"), _note(note) + spread(scores, texts))


def _ranking_rule(report: Report, texts: Texts) -> str:
    return _rule(texts, report.panoptic_rule if report.ranked_by == "pq" else report.pixel_rule)


def _worst(report: Report, texts: Texts, worst: Sequence[Specimen], panels: Sequence[Panels]) -> str:
    if not worst:
        return _section(texts("worst"), _note(texts("worst.none")))
    if not panels:
        return ""
    unseen = {k for k, seen in (("false", report.instance_only), ("object", report.ranked_by == "pq")) if not seen}
    shown = [k for k in ERROR_COLORS if k not in unseen]
    legend = "".join(f"<span>{swatch(ERROR_COLORS[k])}{escape(texts(f'error.{k}'))}</span>" for k in shown)
    note = texts("worst.note", measure=texts(report.ranked_by), rule=_ranking_rule(report, texts))
    return _section(
        texts("worst"), f'{_note(note)}<div class="legend">{legend}</div>{_figures(report, texts, worst, panels)}'
    )


def _best(report: Report, texts: Texts, best: Sequence[Specimen], panels: Sequence[Panels]) -> str:
    if not panels:
        return ""
    note = texts("best.note", measure=texts(report.ranked_by), rule=_ranking_rule(report, texts))
    return _section(texts("best"), _note(note) + _figures(report, texts, best, panels))


def _figures(report: Report, texts: Texts, specimens: Sequence[Specimen], panels: Sequence[Panels]) -> str:
    by_name = {p.name: p for p in report.pictures}
    return "".join(
        _figure(report, texts, by_name[specimen.name], panel) for specimen, panel in zip(specimens, panels, strict=True)
    )


def _figure(report: Report, texts: Texts, score: PictureScore, panels: Panels) -> str:
    layer = "annotation" if report.layer == "annotation" else "prediction"
    images = [("reference", panels.reference), (layer, panels.prediction), ("errors", panels.errors)]
    shown = "".join(
        f'<div><img src="{uri}" alt="{escape(texts(f"panel.{key}"))}: {escape(score.name)}">'
        f"{escape(texts(f'panel.{key}'))}</div>"
        for key, uri in images
    )
    facts = [
        f"{texts('miou')} {texts.percent(score.miou)} ({_rule(texts, report.pixel_rule)})",
        f"PQ {texts.percent(score.pq)} ({_rule(texts, report.panoptic_rule)})",
        texts("picture.counts", tp=score.tp, fp=score.fp, fn=score.fn),
    ]
    if not panels.has_picture:
        facts.append(texts("no_picture"))
    caption = "".join(f'<span class="soft">{escape(f)}</span>' for f in facts)
    return (
        f'<figure class="card"><figcaption><b>{escape(score.name)}</b>{caption}</figcaption>'
        f'<div class="panels">{shown}</div></figure>'
    )


def _definitions(report: Report, texts: Texts) -> str:
    keys = ["define.miou", *(f"define.pixels.{r}" for r in PIXEL_RULES)]
    keys += ["define.pq", *(f"define.segments.{r}" for r in RULES), *more.definitions(report)]
    return "".join(f'<p class="small">{escape(texts(k))}</p>' for k in keys)
