"""Running a model on one picture, deciding its answer again, and bringing answers into the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from segdesk.app.desk import Desk, OpenProject
from segdesk.app.jobs import Context
from segdesk.app.models import RunPlan
from segdesk.app.reports import Answered
from segdesk.app.roster import MACHINE_STATES
from segdesk.domain.errors import SegDeskError
from segdesk.domain.matching import matched
from segdesk.domain.packed import PackedMap
from segdesk.domain.prediction import Instance
from segdesk.engines.messages import Answer, NotKept


def picture_key(opened: OpenProject, picture_id: int) -> str:
    """Under what name the engine remembers a picture: its file, so that two projects do not mix."""
    return str(opened.path_of(picture_id))


def answer_one(
    desk: Desk, opened: OpenProject, picture_id: int, make_plan: Callable[[], RunPlan], ctx: Context, *, again: bool
) -> Answered:
    """Run a model on one picture and keep the answer; `again`: decide the kept answer anew, if it is still there.

    The answer for the open picture goes into its prediction layer only (the document applies the rest); that for
    another one also becomes its annotation, unless a person has worked on it.
    """
    plan, key = make_plan(), picture_key(opened, picture_id)
    reply: Answer | NotKept | None = None
    if again:
        reply = desk.engine.answer(plan.request(key, None), ctx.cancelled)
    if not isinstance(reply, Answer):
        ctx.check()
        pixels = desk.prefetch.get(opened.path_of(picture_id))
        reply = desk.engine.answer(plan.request(key, pixels), ctx.cancelled)
    if not isinstance(reply, Answer):
        raise SegDeskError("The model gave no answer for this picture.", "Try again.")
    ctx.check()
    answered = translate(opened, picture_id, plan, reply, again=again)
    store(opened, answered, to_annotation=desk.current_id != picture_id and replaceable(opened, picture_id))
    return answered


def translate(
    opened: OpenProject,
    picture_id: int,
    plan: RunPlan,
    answer: Answer,
    *,
    again: bool = False,
    from_batch: bool = False,
) -> Answered:
    """An engine's answer with the project's class ids; the model's classes join the project's."""
    ids, whole = in_project(opened, plan, answer)
    plan = replace(plan, matching=opened.book.record(plan.card.id))
    return Answered(
        picture_id,
        plan.card.id,
        matched(PackedMap.of(answer.segmentation), ids, whole=whole).prepare(),
        answer.doubt,
        plan.options,
        seconds=sum(answer.seconds.values()),
        device=answer.device,
        notes=answer.notes,
        again=again,
        from_batch=from_batch,
        doubts=answer.doubts,
        instances=_remapped(answer.instances, ids),
        plan=plan,
    )


def in_project(opened: OpenProject, plan: RunPlan, answer: Answer) -> tuple[dict[int, int], frozenset[int]]:
    """The project's class of each of the model's, whose classes join it, and those whose segments become one."""
    ids = opened.book.adopt(plan.card.id, answer.classes)
    if plan.card.task == "semantic":  # such a map has one segment a class, also of classes that become one
        return ids, frozenset(ids)
    return ids, opened.book.whole(plan.card.id, answer.classes)


def _remapped(instances: tuple[Instance, ...], ids: dict[int, int]) -> tuple[Instance, ...]:
    return tuple(replace(i, class_id=ids[i.class_id]) for i in instances if ids.get(i.class_id))


def machine_owned(opened: OpenProject, picture_id: int) -> bool:
    """Whether no person has worked on the picture's labels."""
    row = opened.roster.row(picture_id)
    return row is not None and row.state in MACHINE_STATES


def replaceable(opened: OpenProject, picture_id: int) -> bool:
    """Whether a model may replace the picture's labels: no person has worked on it or locked an object of it."""
    return machine_owned(opened, picture_id) and picture_id not in opened.locks


def store(
    opened: OpenProject,
    answered: Answered,
    *,
    to_annotation: bool,
    room: int = 0,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Queue an answer for the disk; of several for one picture only the last is written."""
    picture_id, plan = answered.picture_id, answered.plan
    if plan is None:
        raise ValueError("an answer without a plan cannot be stored")
    project, map_ = opened.project, answered.segmentation
    height, width = map_.size
    row = opened.roster.row(picture_id)
    sized = row is not None and (row.width, row.height) == (width, height)

    def write() -> None:
        if not sized:
            project.set_size(picture_id, width, height)
        # asked again at the last moment: the person may have begun to work on it while the answer waited
        take = to_annotation and replaceable(opened, picture_id)
        run_id = opened.run_id(plan, answered.device)
        project.save_prediction(
            picture_id, run_id, map_, answered.instances, answered.doubt, to_annotation=take, doubts=answered.doubts
        )

    def lost(error: SegDeskError) -> None:
        opened.mark_failed(picture_id, error)

    kind = "labels" if to_annotation else "prediction"
    opened.saver.put(write, key=f"{kind}:{picture_id}", owner=picture_id, on_lost=lost, room=room, cancelled=cancelled)
    values: dict[str, object] = {"doubt": answered.doubt, "error": "", "width": width, "height": height}
    if to_annotation or (row is not None and row.state in ("new", "failed")):
        values["state"] = "predicted"
    opened.show(picture_id, **values)
