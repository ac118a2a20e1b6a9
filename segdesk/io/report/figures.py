"""The report's figures as HTML: bars, the heat table of the confusion matrix, the spread of picture scores."""

from __future__ import annotations

from html import escape

import numpy as np

from segdesk.domain.classes import Color
from segdesk.domain.metrics.report import Report
from segdesk.io.report.texts import Texts

HEAT_CLASSES = 60  # more make a page that no browser scrolls well; confusion.csv has them all
HEAT_NUMBERS = 16  # above this many rows the cells are colour only


def swatch(color: Color) -> str:
    """A small square of a class's colour."""
    return f'<span class="swatch" style="background:rgb{color}"></span>'


def bar(value: float | None, texts: Texts, *, second: bool = False) -> str:
    """A horizontal bar of a share with its number; a dash where there is none."""
    if value is None:
        return f'<div class="bar"><span>{texts.percent(None)}</span></div>'
    kind = "bar second" if second else "bar"
    return (
        f'<div class="{kind}"><i><b style="width:{value * 100:.2f}%"></b></i><span>{texts.percent(value)}</span></div>'
    )


def heat_table(report: Report, texts: Texts) -> str:
    """The confusion matrix, each row divided by its sum; counts in the cells' tool tips. Only what occurs is shown."""
    counts = report.confusion.counts
    shown, total = _shown_rows(counts)
    names = [texts("void"), *(c.name for c in report.classes)]
    dense = len(shown) > HEAT_NUMBERS
    tall = len(shown) > 8
    head = "".join(
        f'<th scope="col"{" class=tall" if tall else ""}><span>{escape(names[k])}</span></th>' for k in shown
    )
    rows = []
    for row in shown:
        whole = int(counts[row].sum())
        cells = [_cell(counts, (row, k), whole, names, texts) for k in shown]
        rows.append(f'<tr><th scope="row">{escape(names[row])}</th>{"".join(cells)}</tr>')
    note = ""
    if len(shown) < total:
        note = f'<p class="soft small">{escape(texts("confusion.largest", n=len(shown), total=total))}</p>'
    corner = escape(texts("confusion.corner"))
    kind = "heat dense" if dense else "heat"
    return (
        f'{note}<div class="scroll fit"><table class="{kind}"><thead><tr><th class="left">{corner}</th>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shown_rows(counts: np.ndarray) -> tuple[list[int], int]:
    """Void and the classes that occur in either map (the largest, in the set's order), and how many occur."""
    size = counts.sum(axis=0) + counts.sum(axis=1)
    occur = [k for k in range(counts.shape[0]) if size[k]]
    largest = sorted(occur, key=lambda k: -int(size[k]))[:HEAT_CLASSES]
    return sorted(largest), len(occur)


def _cell(counts: np.ndarray, at: tuple[int, int], whole: int, names: list[str], texts: Texts) -> str:
    row, column = at
    count = int(counts[row, column])
    share = count / whole if whole else 0.0
    tip = texts(
        "confusion.cell",
        reference=names[row],
        predicted=names[column],
        count=texts.integer(count),
        share=texts.percent(share if whole else None),
    )
    # Mistakes are coloured by the square root: a share of some percent is what one looks for, and it must be seen.
    depth = share if row == column else share**0.5
    kinds = [k for k, holds in (("right", row == column), ("hi", depth > 0.55)) if holds]
    mark = f' class="{" ".join(kinds)}"' if kinds else ""
    text = _short(share) if count else ""
    return f'<td{mark} style="--v:{depth:.3f}" title="{escape(tip)}">{text}</td>'


def _short(share: float) -> str:
    return "100" if share == 1 else "&lt;0.1" if share < 0.0005 else f"{min(share * 100, 99.9):.1f}"


def spread(scores: list[float], texts: Texts) -> str:
    """A histogram of picture scores in ten bins, as inline SVG."""
    bins, _ = np.histogram(scores, bins=10, range=(0.0, 1.0))
    top, parts = max(1, int(bins.max())), []
    for k, n in enumerate(bins.tolist()):
        height = 90 * n / top
        tip = escape(texts("spread.bar", low=f"{k * 10} %", high=f"{k * 10 + 10} %", n=n))
        x = 8 + k * 62
        parts.append(
            f'<rect x="{x}" y="{112 - height:.1f}" width="54" height="{height:.1f}" rx="3"><title>{tip}</title></rect>'
        )
        if n:
            parts.append(f'<text x="{x + 27}" y="{107 - height:.1f}" text-anchor="middle">{n}</text>')
    ticks = "".join(f'<text x="{4 + k * 62}" y="128" text-anchor="middle">{k * 10}</text>' for k in range(1, 10))
    ends = '<text x="4" y="128">0</text><text x="630" y="128" text-anchor="end">100 %</text>'
    return (
        '<svg class="spread" viewBox="0 0 634 134" role="img"><line x1="4" y1="112.5" x2="630" y2="112.5"/>'
        f"{''.join(parts)}{ticks}{ends}</svg>"
    )
