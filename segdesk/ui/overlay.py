"""The labels as colours: a table of 65,536 entries by segment id, applied to what is on the screen. No widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from segdesk.app.reduced import Level, Reduced, stride_for
from segdesk.domain.classes import MAX_ID, VOID, ClassSet
from segdesk.domain.edit import Rect
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment
from segdesk.ui.canvas_view import View
from segdesk.ui.sampling import gather

MODES = ("class", "instance")
PICKED_FILL = 0.25  # more opacity for the object that was picked
OUTLINE_ALPHA = 0.95
COARSE_FROM = 1 << 22  # pixels; smaller maps are read fast enough at any zoom
WIDE_LUT = int(cv2.__version__.split(".")[0]) >= 5


@dataclass(frozen=True)
class Style:
    """`opacity` 0..1 of the filling; `mode` "class" or "instance"; `outline`: draw the borders of segments.
    `only`: a class id whose segments alone have their full strength; others have the part `others` (0..1) of it."""

    opacity: float = 0.45
    mode: str = "class"
    outline: bool = True
    only: int | None = None
    others: float = 0.0


@dataclass(frozen=True, eq=False)
class Tables:
    """`fill` and `edge`: (65536,) uint32 premultiplied ARGB by segment id; void is transparent.
    `has_edges`: any of `edge` is visible."""

    fill: np.ndarray
    edge: np.ndarray
    has_edges: bool

    def changed_from(self, other: Tables) -> np.ndarray:
        """The ids whose colour differs."""
        return np.flatnonzero((self.fill != other.fill) | (self.edge != other.edge))


def tables(segments: Mapping[int, Segment], classes: ClassSet, style: Style, picked: int = VOID) -> Tables:
    """The colours of a map's segments; the `picked` one is stronger and has a white outline."""
    keys = np.fromiter(segments, np.intp, len(segments))
    class_ids = np.fromiter((s.class_id for s in segments.values()), np.intp, len(segments))
    colors = instance_colors()[keys] if style.mode == "instance" else classes.color_table()[class_ids]
    fill, edge = np.zeros(MAX_ID + 1, np.uint32), np.zeros(MAX_ID + 1, np.uint32)
    fill[keys] = argb(colors, style.opacity)
    if style.outline:
        edge[keys] = argb(colors, OUTLINE_ALPHA)
    if style.only is not None:
        weak = class_ids != style.only
        fill[keys[weak]] = argb(colors[weak], style.opacity * style.others)
        edge[keys[weak]] = argb(colors[weak], OUTLINE_ALPHA * style.others * style.outline)
    if picked in segments and picked != VOID:
        color = colors[np.flatnonzero(keys == picked)]
        fill[picked] = argb(color, min(1.0, style.opacity + PICKED_FILL))[0]
        edge[picked] = 0xFFFFFFFF
    return Tables(fill, edge, bool(edge.any()))


def argb(colors: np.ndarray, alpha: float) -> np.ndarray:
    """(n,) uint32 premultiplied ARGB of (n, 3) uint8 RGB."""
    level = round(alpha * 255)
    scaled = (colors.astype(np.uint32) * level + 127) // 255
    return (np.uint32(level) << np.uint32(24)) | (scaled[:, 0] << 16) | (scaled[:, 1] << 8) | scaled[:, 2]


@cache
def instance_colors() -> np.ndarray:
    """(65536, 3) uint8: a colour an id, neighbouring ids far apart (golden-angle hue steps)."""
    index = np.arange(MAX_ID + 1)
    hue = (0.58 + index * 0.618_033_988_75) % 1.0
    value = np.array([0.95, 0.78, 0.88])[(index // 8) % 3]
    saturation = np.array([0.62, 0.78, 0.46])[(index // 5) % 3]
    ramp = np.abs((hue[:, None] * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0
    rgb = value[:, None] * (1.0 - saturation[:, None] * (1.0 - np.clip(ramp, 0.0, 1.0)))
    return np.round(rgb * 255).astype(np.uint8)


def render(ids: np.ndarray, colors: Tables, view: View, rect: Rect, thick: int = 1) -> np.ndarray:
    """(h, w) uint32 premultiplied ARGB of the device rectangle (x0, y0, x1, y1).

    Each device pixel shows the label under its centre; a pixel within `thick` of another label shows the edge colour.
    """
    return coloured(lambda part: sample(ids, view, part), colors, rect, thick)


def coloured(sampled: Callable[[Rect], np.ndarray], colors: Tables, rect: Rect, thick: int = 1) -> np.ndarray:
    """As `render`, of any (h, w) uint16 values that `sampled` gives for a device rectangle. `thick` 0: no edges."""
    x0, y0, x1, y1 = rect
    if not (thick and colors.has_edges):
        return _looked_up(colors.fill, sampled(rect))
    around = sampled((x0 - thick, y0 - thick, x1 + thick, y1 + thick))
    inner = np.ascontiguousarray(around[thick:-thick, thick:-thick])
    out = _looked_up(colors.fill, inner)
    edge = np.flatnonzero(_edges(around, thick))
    out.ravel()[edge] = colors.edge[inner.ravel()[edge]]
    return out


def _looked_up(table: np.ndarray, ids: np.ndarray) -> np.ndarray:
    """`table[ids]`; OpenCV does it five times as fast from version 5 on, which knows tables of 65,536 entries."""
    if WIDE_LUT:
        return cv2.LUT(ids, table.view(np.int32)).view(np.uint32)
    return np.take(table, ids)


def sample(ids: np.ndarray, view: View, rect: Rect) -> np.ndarray:
    """(h, w) uint16: the label under the centre of each device pixel, 0 outside the picture."""
    return _sampled(lambda rows, columns: gather(ids, rows, columns), (ids.shape[0], ids.shape[1]), view, rect, 1)


def sample_level(level: Level | PackedMap, size: tuple[int, int], stride: int, view: View, rect: Rect) -> np.ndarray:
    """(h, w) uint16: as `sample` of a map of `size`, out of its copy with this stride."""
    return _sampled(_reader(level), size, view, rect, stride)


def sample_reduced(ids: np.ndarray, copies: Reduced, view: View, rect: Rect) -> np.ndarray:
    """As `sample`, where device pixels are larger than the map's out of its reduced copies. While those of a large map
    are still being made, several device pixels share a label, so that drawing is fast."""
    level, stride = copies.level_for(view.zoom, follow=False)
    if level is None:
        coarse = 1 if copies.ready or ids.size < COARSE_FROM else min(4, stride_for(view.zoom))
        return sample(ids, view, rect) if coarse == 1 else _sample_coarse(ids, view, rect, coarse)
    out = sample_level(level, (ids.shape[0], ids.shape[1]), stride, view, rect)
    (x0, y0), (x1, y1) = view.to_image(rect[0], rect[1]), view.to_image(rect[2], rect[3])
    changed = copies.behind((int(x0), int(y0), int(x1) + 1, int(y1) + 1))
    if changed is not None:  # a stroke under way is drawn from the map itself
        x0, y0, x1, y1 = view.device_rect(changed)
        part = max(x0, rect[0]), max(y0, rect[1]), min(x1, rect[2]), min(y1, rect[3])
        if part[0] < part[2] and part[1] < part[3]:  # what changed may end just beside what is drawn
            out[part[1] - rect[1] : part[3] - rect[1], part[0] - rect[0] : part[2] - rect[0]] = sample(ids, view, part)
    return out


def _sample_coarse(ids: np.ndarray, view: View, rect: Rect, step: int) -> np.ndarray:
    """As `sample`, squares of `step` device pixels alike."""
    x0, y0, x1, y1 = rect
    coarse = View(view.zoom / step, view.x / step, view.y / step)
    part = x0 // step, y0 // step, -(-x1 // step), -(-y1 // step)
    drawn = sample(ids, coarse, part).repeat(step, axis=0).repeat(step, axis=1)
    return drawn[y0 - part[1] * step :, x0 - part[0] * step :][: y1 - y0, : x1 - x0]


def sample_packed(source: PackedMap, view: View, rect: Rect) -> np.ndarray:
    """As `sample_reduced` of its plain map; only the tiles in view are unpacked."""
    level, stride = level_for(source, view.zoom)
    return sample_level(level, source.size, stride, view, rect)


def level_for(source: PackedMap, zoom: float) -> tuple[PackedMap, int]:
    """The reduced copy for so many device pixels a picture pixel (`stride_for`), and its stride."""
    level, stride = source, 1
    while stride * zoom < 1.0 and (half := level.half()) is not None:
        level, stride = half, 2 * stride
    return level, stride


def _reader(level: Level | PackedMap) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What gives the pixels of a map, or of a copy, that can be read by rectangles."""

    def read(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        x0, y0 = int(columns[0]), int(rows[0])
        return gather(level.read((x0, y0, int(columns[-1]) + 1, int(rows[-1]) + 1)), rows - y0, columns - x0)

    return read


def _sampled(
    read: Callable[[np.ndarray, np.ndarray], np.ndarray], size: tuple[int, int], view: View, rect: Rect, stride: int
) -> np.ndarray:
    """`read(rows, columns)`, counted in strides, where the device pixels of `rect` lie in the picture; else 0."""
    x0, y0, x1, y1 = rect
    out = np.zeros((y1 - y0, x1 - x0), np.uint16)
    columns = np.floor(view.columns(x0, x1)).astype(np.intp)
    rows = np.floor(view.rows(y0, y1)).astype(np.intp)
    left, right = np.searchsorted(columns, (0, size[1]))
    top, bottom = np.searchsorted(rows, (0, size[0]))
    if left < right and top < bottom:
        rows, columns = rows[top:bottom], columns[left:right]
        if stride > 1:
            rows = np.minimum(rows // stride, size[0] // stride - 1)
            columns = np.minimum(columns // stride, size[1] // stride - 1)
        out[top:bottom, left:right] = read(rows, columns)
    return out


def _edges(around: np.ndarray, thick: int) -> np.ndarray:
    """(h, w) bool: pixels with another label within `thick` steps left, right, above or below."""
    height, width = around.shape[0] - 2 * thick, around.shape[1] - 2 * thick
    centre = around[thick : thick + height, thick : thick + width]
    edge = np.zeros(centre.shape, bool)
    for step in range(1, thick + 1):
        edge |= centre != around[thick - step : thick - step + height, thick : thick + width]
        edge |= centre != around[thick + step : thick + step + height, thick : thick + width]
        edge |= centre != around[thick : thick + height, thick - step : thick - step + width]
        edge |= centre != around[thick : thick + height, thick + step : thick + step + width]
    return edge
