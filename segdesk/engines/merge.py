"""A panoptic answer from a semantic and an instance one: things over stuff by score (Kirillov et al.,
arXiv:1801.00868, section 6). `segdesk.domain.decide` does the merge itself; here the classes are brought together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segdesk.domain.card import ModelCard
from segdesk.domain.classes import VOID, ClassSet
from segdesk.domain.prediction import Prediction


def merged(card: ModelCard, semantic: Prediction, instance: Prediction) -> Prediction:
    """One panoptic prediction in the classes of `card`.

    Classes of the parts are found by name, after `card.net.options["rename"]` (part's name -> card's name). What the
    card does not know becomes background; `card.net.options["background"]` names the class that background itself
    becomes, none if it is absent.
    """
    rename = {str(k).casefold(): str(v) for k, v in _mapping(card.net.options.get("rename")).items()}
    background = card.classes.named(str(card.net.options.get("background", "")))
    stuff = _ids(semantic.classes, card.classes, rename)
    stuff[VOID] = background.id if background else VOID
    things = _ids(instance.classes, card.classes, rename)
    return Prediction(
        task="panoptic",
        size=semantic.size,
        classes=card.classes,
        scores=semantic.scores,
        score_ids=tuple(stuff.get(i, VOID) for i in semantic.score_ids),
        instances=tuple(
            replace(found, class_id=things[found.class_id])
            for found in instance.instances
            if things.get(found.class_id, VOID) != VOID
        ),
    )


def _ids(part: ClassSet, whole: ClassSet, rename: Mapping[str, str]) -> dict[int, int]:
    """Class id of the part -> class id of the whole, void where the whole lacks the name."""
    known = ((info, whole.named(rename.get(info.name.casefold(), info.name))) for info in part)
    return {info.id: other.id if other else VOID for info, other in known}


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}
