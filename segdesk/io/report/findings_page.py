"""The sections of the page that only a full report has: plots, objects, average precision, outlines, confusions."""

from __future__ import annotations

from html import escape

import numpy as np

from segdesk.domain.metrics.ap import APResult
from segdesk.domain.metrics.bootstrap import Interval
from segdesk.domain.metrics.objects import ObjectResult
from segdesk.domain.metrics.report import Report
from segdesk.domain.metrics.suite import COCO_LIMIT, Findings
from segdesk.io.report.figures import HEAT_CLASSES, swatch
from segdesk.io.report.plots import CURVES, Bar, Curve, class_bars, precision_recall, size_histogram
from segdesk.io.report.texts import Texts

PAIRS = 12
PICTURES_OF_A_PAIR = 3
LISTED_IOUS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)
SERIES = ("reference", "found", "predicted")
DEFINITIONS = ("define.boundary_iou", "define.boundary_f")
OBJECT_DEFINITIONS = ("define.ap", "define.dsb", "define.mpq")


def span_of(report: Report, key: str) -> Interval | None:
    """The interval of a figure, if the report has it."""
    return None if report.findings is None else report.findings.intervals.get(key)


def bracket(report: Report, key: str, texts: Texts) -> str:
    """The interval as HTML to stand under its figure, or ""."""
    span = span_of(report, key)
    return "" if span is None else f'<small class="span">{escape(texts.span(span))}</small>'


def interval_note(report: Report, texts: Texts) -> str:
    """What the brackets are, as a paragraph."""
    if report.findings is None:
        return ""
    n = len(report.pictures)
    text = texts("interval.note", n=texts.integer(n)) if report.findings.intervals else texts("interval.few")
    return _note(text)


def more_cards(report: Report, texts: Texts) -> str:
    """Cards of boundary IoU, AP, and the objects' F1."""
    found = report.findings
    if found is None:
        return ""
    outlines, rule = found.boundaries.result(report.pixel_rule), texts(f"rule.{report.pixel_rule}")
    cards = [
        _card(texts("boundary_iou"), outlines.mean_iou, rule, report, "boundary_iou", texts),
    ]
    if found.precision is not None:
        objects = found.objects.result(report.panoptic_rule)
        every = objects.all_at(0.5)
        n = texts.counted("card.objects", every.tp + every.fn)
        rule = f"{texts(f'rule.{report.panoptic_rule}')} · {n}"
        figures = found.precision.figures_within(COCO_LIMIT)
        under = f"{texts('coco.rule')} · AP50 {texts.percent(figures['AP50'])} · AP75 {texts.percent(figures['AP75'])}"
        cards += [
            _card(texts("ap"), figures["AP"], under, report, "ap", texts),
            _card(texts("object_f1"), every.f1, rule, report, "object_f1", texts),
        ]
    return "".join(cards)


def _card(title: str, value: float | None, under: str, report: Report, key: str, texts: Texts) -> str:
    return (
        f'<div class="card"><div class="name">{escape(title)}</div><div class="value">{texts.percent(value)}</div>'
        f'{bracket(report, key, texts)}<div class="rule">{escape(under)}</div></div>'
    )


def sections(report: Report, texts: Texts) -> list[str]:
    """The plots and tables of objects, in the page's order; empty for a quick report."""
    found = report.findings
    parts = [_section(texts("class_bars"), _class_bars(report, texts))]
    if found is None:
        return parts
    if found.precision is not None and int(found.precision.references.sum()) + int(found.precision.detections.sum()):
        objects = found.objects.result(report.panoptic_rule)
        parts += [
            _section(texts("objects"), _objects(report, objects, texts)),
            _section(texts("precision.table"), _precision(report, found.precision, texts)),
            _section(texts("precision_recall"), _curves(report, found.precision, texts)),
            _section(texts("sizes"), _sizes(report, objects, texts)),
        ]
    return [*parts, _section(texts("more_classes"), _more_classes(report, found, texts))]


def _class_bars(report: Report, texts: Texts) -> str:
    spans = {} if report.findings is None else report.findings.class_intervals
    rows = report.pixel_result.classes
    known = [(c, p) for c, p in zip(report.classes, rows, strict=True) if p.iou is not None]
    largest = sorted(known, key=lambda item: -(item[1].tp + item[1].fn))[:HEAT_CLASSES]
    kept = {c.id for c, _ in largest}
    bars = [Bar(c.name, c.color, p.iou or 0.0, spans.get(c.id)) for c, p in known if c.id in kept]
    rule = texts(f"rule.{report.pixel_rule}")
    return _note(texts("class_bars.note", rule=rule)) + class_bars(bars, texts, title=texts("class_bars"))


def _objects(report: Report, objects: ObjectResult, texts: Texts) -> str:
    keys = ("objects.iou", "precision", "recall", "f1", "objects.score", "objects.tp", "objects.fp", "objects.fn")
    rows = []
    for iou in LISTED_IOUS:
        row = objects.all_at(iou)
        shares = [texts.percent(v) for v in (row.precision, row.recall, row.f1, row.score)]
        counts = [texts.integer(n) for n in (row.tp, row.fp, row.fn)]
        rows.append([f"{iou:g}", *shares, *counts])
    panoptic = report.panoptic_result
    facts = [("dsb", objects.dsb, objects.pictures), ("mpq", panoptic.mpq, panoptic.mpq_pictures)]
    facts.append(("mpq_plus", panoptic.mpq_plus, len(report.pictures)))
    means = "".join(
        f"<span>{escape(texts(key))}: <b>{texts.percent(value)}</b> {bracket(report, key, texts)}"
        f' <small class="soft">({texts.integer(n)} {escape(texts("sample.pictures"))})</small></span>'
        for key, value, n in facts
    )
    rule = texts(f"rule.{report.panoptic_rule}")
    table = _table([texts(k) for k in keys], rows)
    return _note(texts("objects.note", rule=rule)) + table + f'<div class="sample">{means}</div>'


def _precision(report: Report, precision: APResult, texts: Texts) -> str:
    coco, free = precision.figures_within(COCO_LIMIT), precision.figures
    spans = {"AP": "ap", "AP50": "ap50", "AP75": "ap75"}
    areas = {"s": texts("area.s"), "m": texts("area.m"), "l": texts("area.l")}
    rows = []
    for key, value in coco.items():
        name = f"{key[:2]}, {areas[key[2:]]}" if key[2:] in areas else key
        other = texts.percent(free[key]) if not key.startswith("AR1") else ""
        rows.append([name, f"{texts.percent(value)}{bracket(report, spans.get(key, ''), texts)}", other])
    counts = [texts.integer(int(n.sum())) for n in (precision.references, precision.detections)]
    rows.append([texts("objects.counted"), " / ".join(counts), ""])
    head = [texts("measure"), texts("coco.at_most"), texts("coco.any")]
    return _note(texts("define.ap")) + _table(head, rows, narrow=True)


def _curves(report: Report, precision: APResult, texts: Texts) -> str:
    curves = []
    for iou in (0.5, 0.75):
        mean = precision.curve(iou, limit=COCO_LIMIT)
        if mean is not None:
            curves.append(Curve(texts("curve.mean", iou=f"{iou:g}"), mean, dashed=iou > 0.5))
    busiest = np.argsort(-np.asarray(precision.references), kind="stable")[:CURVES].tolist()
    for at in sorted(busiest):
        info = report.classes.get(precision.classes[at])
        curve = precision.curve(0.5, limit=COCO_LIMIT, class_id=precision.classes[at])
        if info is not None and curve is not None:
            curves.append(Curve(texts("curve.class", name=info.name), curve, info.color))
    plot = precision_recall(curves, texts, title=texts("precision_recall"))
    return _note(texts("precision_recall.note")) + plot


def _sizes(report: Report, objects: ObjectResult, texts: Texts) -> str:
    series = {texts(f"sizes.{name}"): row for name, row in zip(SERIES, objects.sizes.tolist(), strict=True)}
    rule = texts(f"rule.{report.panoptic_rule}")
    return _note(texts("sizes.note", rule=rule)) + size_histogram(series, title=texts("sizes"))


def _more_classes(report: Report, found: Findings, texts: Texts) -> str:
    outlines = {row.class_id: row for row in found.boundaries.result(report.pixel_rule).classes}
    objects = {row.class_id: row for row in found.objects.result(report.panoptic_rule).at(0.5)}
    things = found.precision is not None
    rows = []
    for info in report.classes:
        outline = outlines[info.id]
        if outline.iou is None:
            continue
        row = [f"{swatch(info.color)}{escape(info.name)}", texts.percent(outline.iou), texts.percent(outline.f)]
        row.append(texts.integer(outline.pictures))
        if found.precision is not None:
            row += _object_cells(found.precision, info.id, texts)
            counts = objects.get(info.id)
            shares = (None,) * 3 if counts is None else (counts.precision, counts.recall, counts.f1)
            row += [texts.percent(v) for v in shares]
        rows.append(row)
    head = [texts("class"), texts("boundary_iou"), texts("boundary_f"), texts("sample.pictures")]
    if things:
        head += ["AP", "AP50", "AP75", texts("objects.counted"), texts("precision"), texts("recall"), texts("f1")]
    rules = {"pixels": texts(f"rule.{report.pixel_rule}"), "segments": texts(f"rule.{report.panoptic_rule}")}
    return _note(texts("more_classes.note", **rules)) + _table(head, rows, kind="classes")


def _object_cells(precision: APResult, class_id: int, texts: Texts) -> list[str]:
    """AP, AP50, AP75 and how many objects there are of a class; dashes for one that is not countable."""
    if class_id not in precision.classes:
        return [texts.percent(None)] * 4
    at = precision.classes.index(class_id)
    values = [precision.ap(iou=iou, class_id=class_id, limit=COCO_LIMIT) for iou in (None, 0.5, 0.75)]
    counts = f"{int(precision.references[at])} / {int(precision.detections[at])}"
    return [*(texts.percent(v) for v in values), counts]


def pairs(report: Report, texts: Texts) -> str:
    """The most frequent confusions with the pictures behind them, or "" where nothing is confused."""
    found = report.findings
    if found is None:
        return ""
    counts = report.confusion.counts.copy()
    np.fill_diagonal(counts, 0)
    if not report.instance_only:
        counts[0] = 0  # nobody judges what is predicted on void
    names, ids = [texts("void"), *(c.name for c in report.classes)], [0, *(c.id for c in report.classes)]
    order = np.argsort(-counts, axis=None, kind="stable")[:PAIRS]
    rows = []
    for row, column in zip(*(k.tolist() for k in np.unravel_index(order, counts.shape)), strict=True):
        pixels, whole = int(counts[row, column]), int(report.confusion.counts[row].sum())
        if pixels:
            pictures = found.cells.pictures(ids[row], ids[column])[:PICTURES_OF_A_PAIR]
            where = "<br>".join(f"{escape(name)} ({texts.integer(n)})" for name, n in pictures)
            share = texts.percent(pixels / whole)
            rows.append([escape(names[row]), escape(names[column]), texts.integer(pixels), share, where])
    if not rows:
        return ""
    keys = ("pairs.reference", "pairs.predicted", "pairs.pixels", "pairs.share", "pairs.pictures")
    return _section(texts("pairs"), _note(texts("pairs.note")) + _table([texts(k) for k in keys], rows, kind="pairs"))


def definitions(report: Report) -> tuple[str, ...]:
    """The keys of the texts that say what the further measures mean."""
    if report.findings is None:
        return ()
    objects = OBJECT_DEFINITIONS if report.findings.precision is not None else ()
    return (*DEFINITIONS, *objects, "define.intervals")


def _table(head: list[str], rows: list[list[str]], *, kind: str = "", narrow: bool = False) -> str:
    """A table; cells are HTML, heads are text."""
    heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    scroll, mark = "scroll fit" if narrow else "scroll", f' class="{kind}"' if kind else ""
    return f'<div class="{scroll}"><table{mark}><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>'


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{escape(title)}</h2>\n{body}\n</section>"


def _note(text: str) -> str:
    return f'<p class="soft small">{escape(text)}</p>'
