"""What answers clicks, boxes and words with an object: the way by colour that needs no model, and models that run in
the engine process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Protocol
from weakref import ref

import numpy as np

from segdesk.app import foreground
from segdesk.app.engine_process import EngineProcess
from segdesk.app.models import RunPlan
from segdesk.app.region import Region
from segdesk.app.shapes import Point, outline
from segdesk.app.tools.base import Sketch
from segdesk.domain.edit import Rect
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle, bounding_box, decode_box
from segdesk.engines.messages import NotKept, PromptAnswer, PromptRequest

WORD_NETS = ("clipseg", "grounding_dino")  # types of nets that understand words, and no clicks
KEPT_KEYS = 8


@dataclass(frozen=True)
class Prompts:
    """What a person pointed at. `plus` and `minus`: clicks (x, y) on the object and beside it, in image coordinates;
    `box`: (x0, y0, x1, y1) around it, in whole pixels; `reach`: pixels around the clicks that the person sees as near
    (it follows the zoom). `text`: what to look for, for a model of words."""

    plus: tuple[Point, ...] = ()
    minus: tuple[Point, ...] = ()
    box: Rect | None = None
    reach: float = 128.0
    text: str = ""

    @property
    def usable(self) -> bool:
        """Whether they point at anything."""
        return bool(self.plus or self.text) or self.box is not None


@dataclass(frozen=True, eq=False)
class Proposal:
    """An answer that waits to be accepted: an object, or several at once. `score` 0..1, None where the answer has none;
    `outline`: what is drawn of it."""

    regions: tuple[Region, ...]
    score: float | None = None
    outline: tuple[Sketch, ...] = ()

    @classmethod
    def of(cls, regions: tuple[Region, ...], score: float | None = None) -> Proposal:
        """With its outline, which takes its time for a large object."""
        return cls(regions, score, tuple(line for region in regions for line in outline(region)))


class Prompter(Protocol):
    """Answers prompts. `name` is shown to the person."""

    name: str

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> Region | None:
        """The object that the prompts point at, None if there is none. `prompts` are usable.

        `pixels` (H, W, 3) uint8 RGB, the same array object for every prompt in a picture, so that a model can keep
        what it worked out of the picture. Called in a background thread, one question after the other or at the same
        time; `cancelled()` is true when nobody waits for the answer any more, which may then be anything. Raises
        SegDeskError for what a person can act on.
        """
        ...


class ByColour:
    """The built-in answer: GrabCut on the surroundings of the clicks. Needs no weights."""

    name = "GrabCut"
    words = False

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> Region | None:
        """See `Prompter`."""
        return foreground.by_prompts(
            pixels,
            plus=prompts.plus,
            minus=prompts.minus,
            box=prompts.box,
            reach=prompts.reach,
            cancelled=cancelled,
        )


class ByModel:
    """A model that answers from the engine process, often with several candidates. The picture is encoded once: at the
    first question, or ahead by `prepare`. `words`: it understands words, and no clicks."""

    def __init__(self, name: str, engine: EngineProcess, plan: Callable[[], RunPlan], *, words: bool = False) -> None:
        """`plan()` gives card and weights; called in the background for each question, it raises SegDeskError where
        they are not here."""
        self.name = name
        self.words = words
        self._engine = engine
        self._plan = plan
        self._keys: list[tuple[ref[np.ndarray], str]] = []

    def answer(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> Region | None:
        """The best candidate's first object; see `Prompter`."""
        found = self.candidates(pixels, prompts, cancelled)
        return found[0].regions[0] if found else None

    def candidates(self, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]) -> tuple[Proposal, ...]:
        """All answers, the likeliest first. As `answer` otherwise. Clicks say nothing to a model of words, and words
        nothing to a model of clicks."""
        if self.words != bool(prompts.text):
            raise _wrong_question(self)
        answer = self._ask(pixels, prompts, cancelled)
        return tuple(Proposal.of(tuple(map(_region, one.masks)), one.score) for one in answer.candidates)

    def prepare(
        self,
        pixels: np.ndarray,
        cancelled: Callable[[], bool],
        progress: Callable[[int, int], None] | None = None,
    ) -> bool:
        """Encode the picture ahead, in a background thread; whether it had to be done. `progress(done, total)` counts
        layers. Raises SegDeskError and Cancelled."""
        return self._ask(pixels, Prompts(), cancelled, progress).encoded

    def _ask(
        self,
        pixels: np.ndarray,
        prompts: Prompts,
        cancelled: Callable[[], bool],
        progress: Callable[[int, int], None] | None = None,
    ) -> PromptAnswer:
        """First without the picture: the engine will have it, unless it is new or the engine was started again."""
        plan = self._plan()
        box = None if prompts.box is None else tuple(map(float, prompts.box))
        request = PromptRequest(
            self._key(pixels),
            plan.card,
            None,
            plus=prompts.plus,
            minus=prompts.minus,
            box=box,  # type: ignore[arg-type]  # of four
            text=prompts.text,
            weights=plan.weights,
            parts=plan.parts,
            device=plan.device,
        )
        answer = self._engine.prompt(request, cancelled)
        if isinstance(answer, NotKept):
            answer = self._engine.prompt(replace(request, image=pixels), cancelled, progress)
        assert isinstance(answer, PromptAnswer)
        return answer

    def _key(self, pixels: np.ndarray) -> str:
        """What the picture is called in the engine: its content, so that coming back to it finds it again. Worked out
        once for each array (70 ms at 24 megapixels)."""
        for known, key in list(self._keys):
            if known() is pixels:
                return key
        key = blake2b(np.ascontiguousarray(pixels).data, digest_size=16, person=b"%dx%d" % pixels.shape[:2]).hexdigest()
        self._keys = [(ref(pixels), key), *self._keys][:KEPT_KEYS]
        return key


def candidates(
    prompter: Prompter, pixels: np.ndarray, prompts: Prompts, cancelled: Callable[[], bool]
) -> tuple[Proposal, ...]:
    """All answers of whoever answers, the likeliest first; most have one."""
    if isinstance(prompter, ByModel):
        return prompter.candidates(pixels, prompts, cancelled)
    region = prompter.answer(pixels, prompts, cancelled)
    return () if region is None else (Proposal.of((region,)),)


def _region(mask: Rle) -> Region:
    box = bounding_box(mask)
    return Region(box[0], box[1], decode_box(mask, box))


def _wrong_question(prompter: ByModel) -> SegDeskError:
    if prompter.words:
        return SegDeskError(
            "{model} answers words, not clicks.",
            "Type what to look for in the row above the picture.",
            model=prompter.name,
        )
    return SegDeskError(
        "{model} answers clicks and boxes, not words.",
        "Choose a model of words in the row above the picture.",
        model=prompter.name,
    )
