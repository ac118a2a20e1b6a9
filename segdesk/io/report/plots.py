"""The report's plots as inline SVG: IoU by class with intervals, precision against recall, sizes of objects. Colours
come from the page's style sheet, so that a plot follows the reader's theme and the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from segdesk.domain.classes import Color
from segdesk.domain.metrics.bootstrap import Interval
from segdesk.io.report.texts import Texts

ROW = 22  # height of a class in the bar plot
NAME_WIDTH = 170
BAR_WIDTH = 520
NAME_LENGTH = 24  # letters of a class name that are shown; all of it is in the tool tip
CURVES = 8  # classes whose precision-recall curves are told apart


@dataclass(frozen=True)
class Bar:
    """A class in the bar plot: its share 0..1, and the interval of that where there is one."""

    name: str
    color: Color
    value: float
    span: Interval | None = None


def class_bars(bars: Sequence[Bar], texts: Texts, *, title: str) -> str:
    """A horizontal bar a class on a scale of 0 to 100 %, with a whisker for its interval."""
    height = ROW * len(bars) + 26
    ticks = "".join(_tick(k, height) for k in range(0, 101, 20))
    rows = "".join(_bar_row(bar, at, texts) for at, bar in enumerate(bars))
    return _svg(NAME_WIDTH + BAR_WIDTH + 210, height, ticks + rows, title)


def _tick(percent: int, height: int) -> str:
    x = NAME_WIDTH + BAR_WIDTH * percent / 100
    label = f"{percent} %" if percent == 100 else str(percent)
    return (
        f'<line class="grid" x1="{x:.1f}" y1="2" x2="{x:.1f}" y2="{height - 20}"/>'
        f'<text x="{x:.1f}" y="{height - 6}" text-anchor="middle">{label}</text>'
    )


def _bar_row(bar: Bar, at: int, texts: Texts) -> str:
    top, middle = 2 + at * ROW, 2 + at * ROW + ROW / 2
    end = NAME_WIDTH + BAR_WIDTH * bar.value
    said, whisker = texts.percent(bar.value), ""
    if bar.span is not None:
        low, high = (NAME_WIDTH + BAR_WIDTH * share for share in (bar.span.low, bar.span.high))
        ends = f"M{low:.1f} {middle - 4}v8M{high:.1f} {middle - 4}v8"
        whisker = f'<path class="whisker" d="M{low:.1f} {middle}H{high:.1f}{ends}"/>'
        said += f" {texts.span(bar.span)}"
    return (
        f"<g><title>{escape(bar.name)}: {escape(said)}</title>"
        f'<rect x="2" y="{middle - 5}" width="10" height="10" rx="2"'
        f' fill="rgb{bar.color}"/><text class="ink" x="18" y="{middle + 4}">{escape(_short(bar.name))}</text>'
        f'<rect class="track" x="{NAME_WIDTH}" y="{top + 5}" width="{BAR_WIDTH}" height="{ROW - 10}"/>'
        f'<rect class="bar1" x="{NAME_WIDTH}" y="{top + 5}" width="{end - NAME_WIDTH:.1f}" height="{ROW - 10}"/>'
        f'{whisker}<text class="ink" x="{NAME_WIDTH + BAR_WIDTH + 10}" y="{middle + 4}">{escape(said)}</text></g>'
    )


@dataclass(frozen=True)
class Curve:
    """A precision-recall curve: precision (101,) at the recalls 0, 0.01 ... 1. `color` None: the mean of all."""

    name: str
    precision: np.ndarray
    color: Color | None = None
    dashed: bool = False


def precision_recall(curves: Sequence[Curve], texts: Texts, *, title: str) -> str:
    """Precision against recall, both 0 to 100 %, with a legend; the mean of all is drawn thick and last."""
    left, top, side = 52, 10, 320
    grid = ""
    for k in range(0, 101, 20):
        x, y = left + side * k / 100, top + side * (1 - k / 100)
        grid += f'<path class="grid" d="M{x} {top}v{side}M{left} {y}h{side}"/>'
        grid += f'<text x="{x}" y="{top + side + 16}" text-anchor="middle">{k}</text>'
        grid += f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{k}</text>'
    names = (
        f'<text x="{left + side / 2}" y="{top + side + 34}" text-anchor="middle">{escape(texts("recall"))} (%)</text>'
        f'<text transform="translate(14 {top + side / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(texts('precision'))} (%)</text>"
    )
    lines = "".join(_line(curve, (left, top, side)) for curve in sorted(curves, key=lambda c: c.color is None))
    legend = "".join(_legend_row(curve, left + side + 24, top + 12 + 20 * at) for at, curve in enumerate(curves))
    return _svg(left + side + 260, top + side + 42, grid + names + lines + legend, title)


def _line(curve: Curve, frame: tuple[int, int, int]) -> str:
    left, top, side = frame
    recalls = np.linspace(0, 1, curve.precision.size)
    points = " ".join(
        f"{left + side * r:.1f},{top + side * (1 - p):.1f}" for r, p in zip(recalls, curve.precision, strict=True)
    )
    return f'<polyline {_pen(curve)} points="{points}"><title>{escape(curve.name)}</title></polyline>'


def _pen(curve: Curve) -> str:
    dash = ' stroke-dasharray="6 4"' if curve.dashed else ""
    return f'class="mean"{dash}' if curve.color is None else f'class="curve" stroke="rgb{curve.color}"{dash}'


def _legend_row(curve: Curve, x: int, y: int) -> str:
    return (
        f'<polyline {_pen(curve)} points="{x},{y} {x + 26},{y}"/>'
        f'<text class="ink" x="{x + 34}" y="{y + 4}">{escape(_short(curve.name, 26))}</text>'
    )


def size_histogram(series: Mapping[str, Sequence[int]], *, title: str) -> str:
    """How many objects have an area of 2**b to 2**(b + 1) pixels, b = 0, 1 ...; groups of bars beside one another, one
    for each of `series` (name: counts), and a legend. Only the range that occurs is shown."""
    table = np.array(list(series.values()))
    used = np.flatnonzero(table.sum(axis=0))
    if not used.size:
        return ""
    bins, top = range(int(used[0]), int(used[-1]) + 1), max(2, int(table.max() + 1) // 2 * 2)  # its half is whole
    left, base, step = 52, 200, max(34, min(64, 760 // len(bins)))
    parts = "".join(
        f'<path class="grid" d="M{left} {base - 170 * k / 2:.0f}h{step * len(bins)}"/>'
        f'<text x="{left - 6}" y="{base - 170 * k / 2 + 4:.0f}" text-anchor="end">{_axis(top * k / 2)}</text>'
        for k in range(3)
    )
    wide = (step - 8) / len(table)
    for at, b in enumerate(bins):
        x = left + at * step + 4
        for n, (name, row) in enumerate(zip(series, table, strict=True)):
            high = 170 * row[b] / top
            parts += (
                f'<rect class="bar{n}" x="{x + n * wide:.1f}" y="{base - high:.1f}" width="{wide - 1:.1f}"'
                f' height="{high:.1f}"><title>{escape(name)}, {2**b:,}-{2 ** (b + 1) - 1:,} px: {row[b]}</title></rect>'
            )
        parts += f'<text x="{x - 4}" y="{base + 16}" text-anchor="middle">{_axis(2**b)}</text>'
    parts += f'<text x="{left + len(bins) * step}" y="{base + 16}" text-anchor="middle">{_axis(2**bins.stop)} px</text>'
    at = left
    for n, name in enumerate(series):
        parts += f'<rect class="bar{n}" x="{at}" y="{base + 30}" width="12" height="12"/>'
        parts += f'<text class="ink" x="{at + 18}" y="{base + 40}">{escape(name)}</text>'
        at += 200
    return _svg(max(left + step * len(bins) + 30, at), base + 50, parts, title)


def _axis(value: float) -> str:
    """A short number for an axis: 512, 4k, 2M (k = 1,024 for the powers of two that areas are grouped by)."""
    for unit, name in ((1 << 20, "M"), (1 << 10, "k")):
        if value >= unit and value % unit == 0:
            return f"{int(value // unit)}{name}"
    return f"{value:g}"


def _short(name: str, most: int = NAME_LENGTH) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _svg(width: float, height: float, body: str, title: str) -> str:
    return (
        f'<svg class="plot" viewBox="0 0 {width:g} {height:g}" style="max-width:{width:g}px" role="img"'
        f' aria-label="{escape(title)}">{body}</svg>'
    )
