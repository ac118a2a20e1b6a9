"""What every tool of the plug-in folder must keep to, whatever it does; a new file is tested without a line here."""

from __future__ import annotations

import contextlib
import importlib
from pathlib import Path

import numpy as np
import pytest

import segdesk.app.tools
from segdesk.app.document import Document, strips
from segdesk.app.tools.base import BaseTool, Modifiers, ToolInfo
from segdesk.domain.errors import SegDeskError
from tests.app.documents import CELL, check, halves, make

FOLDER = Path(segdesk.app.tools.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("__init__", "base"))
PATHS = (
    [(40.5, 60.5)],
    [(20.0, 20.0), (90.0, 70.0), (150.0, 30.0), (150.0, 30.0)],
    [(-40.0, -3.0), (300.0, 500.0)],
    [(159.99, 119.99), (0.0, 0.0)],
)
MODIFIERS = (Modifiers(), Modifiers(shift=True), Modifiers(ctrl=True), Modifiers(right=True), Modifiers(pressure=0.1))


def load(name: str) -> tuple[ToolInfo, BaseTool]:
    module = importlib.import_module(f"segdesk.app.tools.{name}")
    return module.INFO, module.Tool()


def use(tool: BaseTool, doc: Document, path: list[tuple[float, float]], modifiers: Modifiers, *, end: str) -> None:
    tool.hover(doc, *path[0], modifiers)
    with contextlib.suppress(SegDeskError):  # "nothing to cut here" is an answer too
        tool.press(doc, *path[0], modifiers)
        for point in path:
            tool.move(doc, *point, modifiers)
        tool.cancel(doc) if end == "cancel" else tool.release(doc, *path[-1], modifiers)


def test_the_first_tools_are_there():
    assert {"brush", "eraser", "fill", "pick"} <= set(NAMES)


def test_ids_keys_and_order_are_their_own():
    infos = [load(name)[0] for name in NAMES]
    for field in ("id", "key", "order"):
        values = [getattr(info, field) for info in infos]
        assert len(set(values)) == len(values), field


@pytest.mark.parametrize("name", NAMES)
def test_a_tool_describes_itself(name: str):
    info, tool = load(name)
    assert isinstance(info, ToolInfo)
    assert isinstance(tool, BaseTool)
    assert info.id == name
    assert all((info.title, info.icon, info.key, info.note))
    assert tool.cursor(make()).shape in ("circle", "square", "cross", "hand", "arrow")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("modifiers", MODIFIERS)
def test_whatever_a_tool_does_is_valid_and_undone_exactly(name: str, modifiers: Modifiers):
    tool = load(name)[1]
    for path in PATHS:
        doc = make(segmentation=halves())
        doc.active_class = CELL
        changed = np.zeros((120, 160), bool)
        doc.on_pixels.append(lambda r, c=changed: c.__setitem__((slice(r[1], r[3]), slice(r[0], r[2])), True))
        use(tool, doc, path, modifiers, end="release")
        assert not doc.painting
        check(doc)
        assert changed[doc.segmentation.ids != halves().ids].all()
        assert len(doc.history.done) <= 1
        doc.undo()
        assert np.array_equal(doc.segmentation.ids, halves().ids)
        assert doc.segmentation.segments == halves().segments


@pytest.mark.parametrize("name", NAMES)
def test_cancel_takes_back_what_is_not_a_step_yet(name: str):
    tool = load(name)[1]
    for path in PATHS:
        doc = make(segmentation=halves())
        doc.active_class = CELL
        use(tool, doc, path, Modifiers(), end="cancel")
        assert not doc.painting
        while doc.can_undo:
            doc.undo()
        assert np.array_equal(doc.segmentation.ids, halves().ids)
        check(doc)


def test_strips_cover_every_set_pixel_and_little_else():
    rows, columns = np.mgrid[:200, :200]
    far = (rows - 100) ** 2 + (columns - 100) ** 2
    crescent = (far < 95**2) & ((rows - 100) ** 2 + (columns - 97) ** 2 >= 95**2)
    covered = np.zeros_like(crescent)
    area = 0
    for x0, y0, x1, y1 in strips(crescent, 0, 0):
        covered[y0:y1, x0:x1] = True
        area += (x1 - x0) * (y1 - y0)
    assert covered[crescent].all()
    assert area < 0.2 * 190 * 98
