"""Segment by clicks: point at an object, look at the proposal, accept it with Enter."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from segdesk.app.anchors import ENTER
from segdesk.app.asking import Question
from segdesk.app.laying import lay
from segdesk.app.prompts import ByColour, Prompter, Prompts
from segdesk.app.region import Region
from segdesk.app.shapes import Point, box, inside, outline
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch, ToolInfo
from segdesk.domain.text import N_

if TYPE_CHECKING:
    from segdesk.app.document import Document

INFO = ToolInfo(
    id="prompt",
    title=N_("Clicks"),
    icon="prompt",
    key="S",
    order=110,
    note=N_(
        "Click on an object, right click or Ctrl+click beside it, or drag a box around it; Enter accepts the proposal "
        "for the active class. Backspace takes the last click back."
    ),
)
DRAG = 4  # screen pixels: less is a click
REACH = 128  # screen pixels
"""How far around clicks an object is looked for."""


class Tool(BaseTool):
    """Asks `prompter` after each click; its answer is only outlined until Enter. Attribute `prompter`: who answers,
    at first `ByColour`."""

    changes_pixels = True

    def __init__(self) -> None:
        super().__init__()
        self.prompter: Prompter = ByColour()
        self._question = Question()
        self._pressed: Point | None = None
        self._dragged: Point | None = None
        self._asked: list[Prompts] = []
        self._pixels = 0
        self._proposal: Region | None = None
        self._outline: tuple[Sketch, ...] = ()

    @property
    def proposal(self) -> Region | None:
        """The answer that waits for Enter."""
        return self._proposal

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin a click or a box."""
        if self._pixels != id(doc.segmentation):
            self.cancel(doc)
            self._pixels = id(doc.segmentation)
        self._pressed, self._dragged = (x, y), None

    def move(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Draw the box."""
        far = self._pressed is not None and math.dist(self._pressed, (x, y)) > DRAG * modifiers.scale
        plain = not (modifiers.right or modifiers.ctrl)
        self._dragged = (x, y) if plain and (far or self._dragged) else None

    def release(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Ask with the new click or box."""
        if self._pressed is None:
            return
        self.move(doc, x, y, modifiers)
        start, end = self._pressed, self._dragged
        self._pressed = self._dragged = None
        height, width = doc.segmentation.size
        before = self._asked[-1] if self._asked else Prompts()
        before = replace(before, reach=REACH * modifiers.scale)
        if end is not None:
            self._ask(doc, replace(before, box=box(start, end).rect))
        elif 0 <= start[0] < width and 0 <= start[1] < height:
            beside = modifiers.right or modifiers.ctrl
            more = {"minus": (*before.minus, start)} if beside else {"plus": (*before.plus, start)}
            self._ask(doc, replace(before, **more))

    def cancel(self, doc: Document) -> None:
        """Drop clicks and proposal."""
        self._question.drop()
        self._pressed = self._dragged = None
        self._asked = []
        self._take(None)

    def key(self, doc: Document, key: str) -> bool:
        """Enter accepts, Backspace takes the last click back."""
        if not self._asked or self._pixels != id(doc.segmentation):
            return False
        if key in ENTER and not doc.busy:
            self._accept(doc)
        elif key == "Backspace":
            self._asked.pop()
            self._ask_again(doc)
        else:
            return False
        return True

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The proposal, the clicks and the box."""
        if self._pixels != id(doc.segmentation):
            return ()
        lines = list(self._outline)
        if self._pressed is not None and self._dragged is not None:
            lines.append(Sketch(box(self._pressed, self._dragged).points, closed=True))
        if self._asked:
            now = self._asked[-1]
            if now.box is not None:
                lines.append(Sketch(box(now.box[:2], now.box[2:]).points, closed=True))
            lines += [Sketch(p, role=role) for p, role in ((now.plus, "plus"), (now.minus, "minus")) if p]
        return tuple(lines)

    def _ask(self, doc: Document, prompts: Prompts) -> None:
        self._asked.append(prompts)
        self._ask_again(doc)

    def _ask_again(self, doc: Document) -> None:
        prompts = self._asked[-1] if self._asked else Prompts()
        if not prompts.usable:
            self._question.drop()
            self._take(None)
            return
        pixels, prompter = doc.pixels, self.prompter
        self._question.ask(doc, lambda cancelled: prompter.answer(pixels, prompts, cancelled), self._take)

    def _take(self, proposal: Region | None) -> None:
        self._proposal = proposal
        self._outline = outline(proposal) if proposal is not None else ()

    def _accept(self, doc: Document) -> None:
        """Paint the proposal; while the answer is still on its way, nothing happens."""
        if self._proposal is None or self._question.waiting:
            return
        region, prompts = self._proposal, self._asked[-1]
        lay(doc, N_("Segment by clicks"), region, prompts.plus[0] if prompts.plus else inside(region))
        self.cancel(doc)  # only now: a proposal that was refused is still there
