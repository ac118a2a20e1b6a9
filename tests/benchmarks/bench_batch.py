"""Batch throughput of the whole path (decode, engine process, decision, store) against three loops of the same net on
the same pictures: `python tests/benchmarks/bench_batch.py [PICTURES] [ROUNDS] [MODEL] [camvid|nuclei|photos|field]`.

- the bare forward loop of the net as the engine runs it (folded, channels last, direct convolutions),
- the same of the net as it comes from its file,
- the plain sequential loop that one would write: read, resize, forward, upsample, decide, store as PNG, one picture
  after the other, with torch's own threads (models that answer with scores).

They are measured in turns, so that a busy machine slows all; beside the wall time stands the processor time, which
other programs disturb less. The benchmark takes the niceness of the engine process. Needs the shared data folder.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from segdesk.app.jobs import Done
from segdesk.app.load import computed_seconds
from segdesk.app.models import Models
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.domain.card import ModelCard
from segdesk.domain.options import RunOptions
from segdesk.engines.quicken import quickened
from segdesk.io import images

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SEGDESK_SHARED", ROOT.parent / "shared")) / "data"
FOLDERS = {"camvid": "camvid/val/images", "nuclei": "nuclei", "photos": "photos", "field": "field"}
LIGHT = "deeplabv3-mobilenetv2-voc21"
ENGINE_NICE = 5


class Bare:
    """The net alone on all cores: inputs are prepared beforehand, answers are thrown away.

    `quick` False: as it comes from its file; True: as the engine runs it (`segdesk.engines.quicken`).
    """

    def __init__(self, card: ModelCard, weights: str | None, pictures: list[Path], *, quick: bool) -> None:
        import torch

        from segdesk.engines import loading
        from segdesk.engines.inputs import prepare, tensor

        self._torch = torch
        if not quick:
            loading.quickened = lambda net, device: net
        self.net = loading.load_net(card, weights, torch.device("cpu"))
        loading.quickened = quickened
        prepared = [prepare(images.read(p), card.input) for p in pictures]
        self._inputs = [tensor(p.pixels, card.input, torch.device("cpu")) for p in prepared]

    def run(self) -> None:
        """One pass over all pictures."""
        with self._torch.inference_mode():
            for picture in self._inputs:
                self.net(picture)


class Sequential:
    """A plain script: everything of a picture after the other, then the next picture."""

    def __init__(self, card: ModelCard, net: object, pictures: list[Path], out: Path) -> None:
        self._card, self._net, self._pictures, self._out = card, net, pictures, out
        out.mkdir()

    def run(self) -> None:
        """One pass over all pictures."""
        import torch
        import torch.nn.functional as F

        from segdesk.engines.sizing import fitted

        spec = self._card.input
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (spec.mean, spec.std))
        for path in self._pictures:
            image = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
            height, width = image.shape[:2]
            h, w = fitted(height, width, spec.fit)
            small = image if (h, w) == (height, width) else cv2.resize(image, (w, h), interpolation=cv2.INTER_AREA)
            x = torch.from_numpy(small).permute(2, 0, 1)[None].float()
            x = F.pad((x - mean) / std, (0, -w % spec.multiple, 0, -h % spec.multiple), mode="replicate")
            with torch.inference_mode():
                answer = self._net(x)  # type: ignore[operator]
                answer = answer["out"] if isinstance(answer, dict) else answer
                answer = F.interpolate(answer, size=(height, width), mode="bilinear", align_corners=False)
                labels = answer.argmax(1)[0].byte().numpy()
            cv2.imwrite(str(self._out / f"{path.stem}.png"), labels)


class Whole:
    """The session as the window and the command line use it; the engine is warm."""

    def __init__(self, folder: Path, weights: Path, model: str) -> None:
        self.session = Session(Settings(model_folders=(str(weights),)), lambda report: None)
        self.session.choose_model(model)
        self.session.set_device("cpu")
        self._value(self.session.open(folder))
        self._value(self.session.run_all(limit=2))

    def run(self) -> None:
        """A batch over all pictures, until everything is on the disk."""
        result = self._value(self.session.run_all(again=True))
        assert not result.failed

    def computed(self) -> float:
        """Processor seconds of both processes so far."""
        return computed_seconds(self.session._desk.engine.pid) or 0.0

    def _value(self, job_id: int):  # whatever the job gives
        end = self.session.wait(job_id, 900)
        assert isinstance(end, Done), end
        return end.value


def timed(run: Callable[[], None], computed: Callable[[], float]) -> np.ndarray:
    """(wall, processor) seconds."""
    wall, busy = time.perf_counter(), computed()
    run()
    return np.array([time.perf_counter() - wall, computed() - busy])


def main(count: str = "60", rounds: str = "3", model: str = LIGHT, folder: str = "camvid") -> None:
    """Measure and print."""
    found = sorted(p for p in (SHARED / FOLDERS[folder]).rglob("*") if p.suffix in (".jpg", ".png"))
    pictures = [p for p in found if "mask" not in str(p.parent) and "label" not in str(p.parent)][: int(count)]
    with tempfile.TemporaryDirectory() as name:
        linked = Path(name) / "pictures"
        linked.mkdir()
        for path in pictures:
            (linked / path.name).symlink_to(path)
        whole = Whole(linked, SHARED / "checkpoints", model)
        if hasattr(os, "nice"):
            os.nice(ENGINE_NICE)
        plan = Models([SHARED / "checkpoints"]).plan(model, RunOptions(), "cpu")
        plain, quick = (Bare(plan.card, plan.weights.get(model), pictures, quick=q) for q in (False, True))
        loops: dict[str, Callable[[], None]] = {"quickened net alone": quick.run, "net alone": plain.run}
        if getattr(plain.net, "output", "scores") == "scores":
            loops["sequential loop"] = Sequential(plan.card, plain.net, pictures, Path(name) / "out").run
        quick.run()
        measure(loops, whole, len(pictures), int(rounds))
        whole.session.close()


def measure(loops: dict[str, Callable[[], None]], whole: Whole, count: int, rounds: int) -> None:
    """Each loop, the whole path and each loop again, in turns."""
    spent: dict[str, list[np.ndarray]] = {name: [] for name in (*loops, "whole path")}
    for number in range(1, rounds + 1):
        before = {name: timed(run, time.process_time) for name, run in loops.items()}
        spent["whole path"].append(timed(whole.run, whole.computed))
        for name, run in loops.items():
            spent[name].append((before[name] + timed(run, time.process_time)) / 2)
        print(
            f"round {number}: ms a picture, wall (processor): "
            + ", ".join(
                f"{name} {1000 * v[-1][0] / count:.1f} ({1000 * v[-1][1] / count:.1f})" for name, v in spent.items()
            ),
            flush=True,
        )
    print(f"{count} pictures, median of {rounds} rounds; above 1 the whole path is the faster one:")
    for name in loops:
        ratios = [one / path for one, path in zip(spent[name], spent["whole path"], strict=True)]
        wall, busy = (statistics.median(r[i] for r in ratios) for i in (0, 1))
        print(f"whole path against the {name}: {wall:.3f} in wall time, {busy:.3f} in processor time")


if __name__ == "__main__":
    main(*sys.argv[1:])
