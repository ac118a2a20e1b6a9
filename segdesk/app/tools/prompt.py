"""Segment by clicks or words: point at an object or name it, look at the proposal, accept it with Enter."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from segdesk.app.anchors import ENTER
from segdesk.app.asking import Cancelled, Question
from segdesk.app.laying import lay, lay_several
from segdesk.app.prompts import ByColour, Prompter, Prompts, Proposal, candidates
from segdesk.app.region import Region
from segdesk.app.shapes import Point, box, inside
from segdesk.app.tools.base import PLAIN, BaseTool, Modifiers, Sketch, ToolInfo
from segdesk.domain.errors import Cancelled as Stopped
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
        "for the active class. The full stop shows another answer, Backspace takes the last click back."
    ),
)
STEP = N_("Segment by clicks")
OTHERS = {".": 1, ",": -1}  # keys that go through the candidates
DRAG = 4  # screen pixels: less is a click
REACH = 128  # screen pixels
"""How far around clicks an object is looked for."""


class Tool(BaseTool):
    """Asks `prompter` after each click; its answer is only outlined until Enter.

    Attributes:
        prompter: who answers, at first `ByColour`; changed by `set_prompter`.
        candidates: the answers that wait for Enter, the likeliest first; shown: which of them is outlined.
    """

    uses_right = True
    changes_pixels = True

    def __init__(self) -> None:
        super().__init__()
        self.prompter: Prompter = ByColour()
        self._question = Question()
        self._pressed: Point | None = None
        self._dragged: Point | None = None
        self._asked: list[Prompts] = []
        self._pixels = 0
        self.candidates: tuple[Proposal, ...] = ()
        self.shown = 0

    @property
    def proposal(self) -> Region | None:
        """The object that waits for Enter; of several, the first."""
        return self.candidates[self.shown].regions[0] if self.candidates else None

    @property
    def waiting(self) -> bool:
        """Whether an answer is on its way."""
        return self._question.waiting

    def set_prompter(self, doc: Document | None, prompter: Prompter, *, ask: bool = True) -> None:
        """Let another one answer. Clicks that wait are asked again if it understands them and `ask` is true, else they
        are dropped; words are dropped."""
        self.prompter = prompter
        if doc is None:
            return
        if self._asked and (not ask or self._asked[-1].text or getattr(prompter, "words", False)):
            self.cancel(doc)
        elif self._asked:
            self._ask_again(doc)
        doc.tell(doc.on_state)

    def ask_words(self, doc: Document, text: str) -> None:
        """Look for what is named; an empty text asks nothing."""
        self._begin(doc)
        self._asked = []
        self._ask(doc, Prompts(text=text.strip()))
        doc.tell(doc.on_state)

    def press(self, doc: Document, x: float, y: float, modifiers: Modifiers = PLAIN) -> None:
        """Begin a click or a box."""
        self._begin(doc)
        self._pressed, self._dragged = (x, y), None

    def _begin(self, doc: Document) -> None:
        if self._pixels != id(doc.segmentation):
            self.cancel(doc)
            self._pixels = id(doc.segmentation)

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
        before = replace(before, reach=REACH * modifiers.scale, text="")
        if end is not None:
            self._ask(doc, replace(before, box=box(start, end).rect))
        elif 0 <= start[0] < width and 0 <= start[1] < height:
            beside = modifiers.right or modifiers.ctrl
            more = {"minus": (*before.minus, start)} if beside else {"plus": (*before.plus, start)}
            self._ask(doc, replace(before, **more))
        doc.tell(doc.on_state)

    def cancel(self, doc: Document) -> None:
        """Drop clicks and proposal."""
        self._question.drop()
        self._pressed = self._dragged = None
        self._asked = []
        self._take(())

    def key(self, doc: Document, key: str) -> bool:
        """Enter accepts, Backspace takes the last click back, the full stop and the comma show other answers."""
        if not self._asked or self._pixels != id(doc.segmentation):
            return False
        if key in ENTER and not doc.busy:
            self._accept(doc)
        elif key == "Backspace":
            self._asked.pop()
            self._ask_again(doc)
        elif key in OTHERS and len(self.candidates) > 1:
            self.shown = (self.shown + OTHERS[key]) % len(self.candidates)
        else:
            return False
        doc.tell(doc.on_state)
        return True

    def sketches(self, doc: Document) -> tuple[Sketch, ...]:
        """The proposal, the clicks and the box."""
        if self._pixels != id(doc.segmentation):
            return ()
        lines = list(self.candidates[self.shown].outline) if self.candidates else []
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
            self._take(())
            return
        pixels, prompter = doc.pixels, self.prompter

        def look(cancelled: Cancelled) -> tuple[Proposal, ...] | Exception:
            try:
                return candidates(prompter, pixels, prompts, cancelled)
            except Exception as error:  # raised on the UI thread, once the state is told
                return error

        def take(found: tuple[Proposal, ...] | Exception) -> None:
            if isinstance(found, Stopped):  # the engine was ended: nobody is to blame
                return
            if isinstance(found, Exception):
                self._asked = []
                self._take(())
                doc.tell(doc.on_state)
                raise found
            self._take(found)

        self._question.ask(doc, look, take)

    def _take(self, found: tuple[Proposal, ...]) -> None:
        self.candidates, self.shown = found, 0

    def _accept(self, doc: Document) -> None:
        """Paint the proposal; while the answer is still on its way, nothing happens."""
        if not self.candidates or self._question.waiting:
            return
        regions, prompts = self.candidates[self.shown].regions, self._asked[-1]
        if len(regions) == 1:
            lay(doc, STEP, regions[0], prompts.plus[0] if prompts.plus else inside(regions[0]))
        else:
            lay_several(doc, STEP, regions)
        self.cancel(doc)  # only now: a proposal that was refused is still there
