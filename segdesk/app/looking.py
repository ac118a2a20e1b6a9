"""`Looking`: what the window only looks at: a quick answer for what is on the screen while a slider moves, the answer
before it was refined, the reference. Nothing of it is stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from segdesk.app.answering import in_project, picture_key, translate
from segdesk.app.desk import Desk
from segdesk.app.jobs import Context
from segdesk.app.models import RunPlan
from segdesk.app.workers import Workers
from segdesk.domain.edit import Rect
from segdesk.domain.errors import SegDeskError
from segdesk.domain.matching import matched
from segdesk.domain.packed import PackedMap
from segdesk.domain.segmentation import Segment
from segdesk.domain.stack import Stack
from segdesk.domain.text import N_
from segdesk.engines.messages import Answer, Glance


@dataclass(frozen=True, eq=False)
class Glimpse:
    """A quick answer for a part of a picture, in the project's class ids. `rect`: (x0, y0, x1, y1) in pixels of the
    picture; `ids`: (h, w) uint16, its labels reduced; `seconds` that the engine computed."""

    picture_id: int
    rect: Rect
    ids: np.ndarray
    segments: dict[int, Segment]
    seconds: float = 0.0


@dataclass(frozen=True, eq=False)
class Before:
    """Labels to compare with those that a picture has. `labels` None: there are none."""

    picture_id: int
    labels: PackedMap | None


class Looking:
    """Part of `Session`; called from the same thread. A verb returns the number of a job."""

    def __init__(self, desk: Desk, workers: Workers, plan_maker: Callable[[], Callable[[], RunPlan]]) -> None:
        """`plan_maker()` notes what is chosen now; what it gives is called in the job."""
        self._desk = desk
        self._workers = workers
        self._plan_maker = plan_maker

    def glance(self, glance: Glance) -> int:
        """The open picture's answer for what is on the screen, with the options as they are. It takes the place of an
        answer that is being worked on, and the next answer or glance takes its place. Done value: `Glimpse`, or None
        if the engine has forgotten the picture."""
        opened, make_plan, wanted = self._desk.opened(), self._plan_maker(), self._current()

        def run(ctx: Context) -> Glimpse | None:
            plan = make_plan()
            request = replace(plan.request(picture_key(opened, wanted), None), glance=glance)
            reply = self._desk.engine.answer(request, ctx.cancelled)
            if not isinstance(reply, Answer):
                return None
            ids, whole = in_project(opened, plan, reply)
            found = reply.segmentation
            labels = matched(found.unpacked() if isinstance(found, PackedMap) else found, ids, whole=whole)
            return Glimpse(wanted, glance.rect, labels.ids, labels.segments, reply.seconds.get("glance", 0.0))

        return self._workers.submit("engine", N_("Deciding again"), run, key=f"answer {wanted}")

    def unrefined(self) -> int:
        """The open picture's answer by the chosen model without CRF and other refinements. Done value: `Before`."""
        opened, make_plan, wanted = self._desk.opened(), self._plan_maker(), self._current()

        def run(ctx: Context) -> Before:
            plan, key = make_plan(), picture_key(opened, wanted)
            plan = replace(plan, options=replace(plan.options, crf=None, stack=Stack()))
            reply = self._desk.engine.answer(plan.request(key, None), ctx.cancelled)
            if not isinstance(reply, Answer):
                ctx.check()
                pixels = self._desk.prefetch.get(opened.path_of(wanted))
                reply = self._desk.engine.answer(plan.request(key, pixels), ctx.cancelled)
            if not isinstance(reply, Answer):
                return Before(wanted, None)
            return Before(wanted, translate(opened, wanted, plan, reply).segmentation)

        return self._workers.submit("engine", N_("The answer before it was refined"), run, key=f"before {wanted}")

    def reference(self) -> int:
        """The imported truth of the open picture. Done value: `Before`."""
        wanted, opened = self._current(), self._desk.opened()

        def run(ctx: Context) -> Before:
            labels = opened.project.load_packed(wanted, "reference")
            return Before(wanted, None if labels is None else labels.prepare())

        return self._workers.submit("lists", N_("Reading the reference"), run, key="reference")

    def _current(self) -> int:
        if self._desk.current_id is None:
            raise SegDeskError("No picture is open.", "Choose a picture from the list first.")
        return self._desk.current_id
