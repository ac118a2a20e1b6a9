"""Looks into a folder of the transformers library that a person wants to add: its class, its class names, its input."""

from __future__ import annotations

from math import prod
from pathlib import Path

from segdesk.domain.card import InputSpec
from segdesk.domain.errors import SegDeskError
from segdesk.engines.containers import settings, weights_file
from segdesk.engines.messages import Candidate, Inspected
from segdesk.engines.metadata import class_names
from segdesk.engines.safeload import read_checkpoint
from segdesk.engines.transformers_input import processor_input
from segdesk.engines.transformers_model import KINDS, TYPE

# What a model of queries is asked for, by the number of classes of the data sets that such models are trained on: the
# folder does not tell.
USUAL = {133: "panoptic", 80: "instance", 91: "instance"}


def inspected(folder: Path) -> Inspected | None:
    """What the folder holds, None if it is no model of the library that runs here. Raises `SegDeskError` where its
    weights cannot be read."""
    try:
        config = settings(folder / "config.json")
        processor = settings(folder / "preprocessor_config.json")
    except (OSError, ValueError):
        return None
    listed = config.get("architectures")
    known = [str(name) for name in listed if name in KINDS] if isinstance(listed, list) else []
    if not known:
        return None
    names = class_names(config.get("id2label"))
    state = read_checkpoint(folder).state
    kind = KINDS[known[0]]
    if not names:
        raise SegDeskError(
            "The settings of {folder} do not tell its classes.", "Its config.json needs id2label.", folder=folder.name
        )
    task = {"scores": "semantic", "instances": "instance"}.get(kind.output) or USUAL.get(len(names), "semantic")
    return Inspected(
        path=str(folder),
        kind="folder",
        file=str(folder),
        candidates=(Candidate(TYPE, "", known[0], {"class": known[0]}, layout="hf"),),
        num_classes=len(names),
        task=task,
        names=names,
        input=processor_input(processor, InputSpec()),
        told=frozenset({"classes", "input"}),
        parameters=sum(prod(value.shape) for value in state.values()),
        bytes=weights_file(folder).stat().st_size,
    )
