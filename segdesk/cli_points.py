"""The verb `segdesk points`: classes for the points of a cloud. Torch is imported only when the verb runs."""

from __future__ import annotations

import argparse
import importlib
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from segdesk.app.jobs import Progress
from segdesk.app.models import Models
from segdesk.app.session import Session
from segdesk.cli_output import Output
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.io.point_clouds import read_points, write_points

HELP = "give each point of a cloud (.ply, .npy) a class"


def points_arguments(command: argparse.ArgumentParser) -> None:
    """The arguments of the verb, but for `--weights`."""
    command.add_argument(
        "file", metavar="FILE", help="a point cloud: .ply (text or binary) or .npy (N rows: x y z r g b)"
    )
    command.add_argument("--model", metavar="ID", required=True, help="a model for points of `segdesk models`")
    command.add_argument("--out", metavar="FILE.ply", required=True, help="the cloud to write, coloured by class")
    command.add_argument("--device", default="auto", help="auto (the default), cpu, cuda, cuda:1, mps")


def run_points(session: Session, arguments: argparse.Namespace, output: Output) -> int:
    """Read, segment, write; prints how many points each class has. Returns the exit code."""
    target = Path(arguments.out)
    if target.suffix.lower() != ".ply":
        raise SegDeskError("The result is written as .ply.", "Give --out a name that ends in .ply.")
    models = Models([Path(folder) for folder in session.settings.model_folders])
    plan = models.plan_other(arguments.model, arguments.device)
    cloud = read_points(Path(arguments.file))
    engine = importlib.import_module("segdesk.engines.points")
    labels = engine.segment_points(
        plan.card,
        plan.weights.get(plan.card.id),
        cloud.xyz,
        cloud.colors,
        device=arguments.device,
        progress=_progress(output),
    )
    write_points(target, cloud, labels, plan.card.classes)
    counts = Counter(labels.tolist())
    for info in plan.card.classes:
        if counts[info.id]:
            output.line(f"{info.name:20} {counts[info.id]}")
    output.line(f"{len(cloud)} points: {target}")
    return 0


def _progress(output: Output) -> Callable[[int, int], None]:
    """Tell the output how many points are done, and how long the rest will take."""
    began = time.monotonic()

    def tell(done: int, total: int) -> None:
        left = (time.monotonic() - began) * (total - done) / done
        output(Progress(0, N_("Points"), done, total, eta_seconds=left))

    return tell
