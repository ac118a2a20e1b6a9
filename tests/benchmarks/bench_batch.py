"""Batch throughput of the whole path (decode, engine process, decision, store) over the bare forward loop of the same
net on the same pictures: `python tests/benchmarks/bench_batch.py [PICTURES] [ROUNDS] [MODEL]`.

The two are measured in turns, so that a busy machine slows both. Needs the shared data folder.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from segdesk.app.jobs import Done
from segdesk.app.models import Models
from segdesk.app.session import Session
from segdesk.app.settings import Settings
from segdesk.domain.card import ModelCard
from segdesk.domain.options import RunOptions
from segdesk.engines.quicken import quickened
from segdesk.io import images

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SEGDESK_SHARED", ROOT.parent / "shared")) / "data"
LIGHT = "deeplabv3-mobilenetv2-voc21"


class Bare:
    """The net alone on all cores: inputs are prepared beforehand, answers are thrown away.

    `quick` False: as it comes from its file; True: as the engine runs it (`segdesk.engines.quicken`).
    """

    def __init__(self, card: ModelCard, weights: str, pictures: list[Path], *, quick: bool) -> None:
        import torch

        from segdesk.engines import loading
        from segdesk.engines.inputs import prepare, tensor

        self._torch = torch
        if not quick:
            loading.quickened = lambda net, device: net
        self._net = loading.load_net(card, weights, torch.device("cpu"))
        loading.quickened = quickened
        prepared = [prepare(images.read(p), card.input) for p in pictures]
        self._inputs = [tensor(p.pixels, card.input, torch.device("cpu")) for p in prepared]
        self._forward(self._inputs[:2])

    def _forward(self, inputs: list) -> None:
        with self._torch.inference_mode():
            for picture in inputs:
                self._net(picture)

    def seconds(self) -> float:
        """Wall time of one pass over all pictures."""
        begin = time.perf_counter()
        self._forward(self._inputs)
        return time.perf_counter() - begin


class Whole:
    """The session as the window and the command line use it; the engine is warm."""

    def __init__(self, folder: Path, weights: Path, model: str) -> None:
        self.session = Session(Settings(model_folders=(str(weights),)), lambda report: None)
        self.session.choose_model(model)
        self.session.set_device("cpu")
        self._value(self.session.open(folder))
        self._value(self.session.run_all(limit=2))

    def seconds(self) -> float:
        """Wall time of a batch over all pictures, until everything is on the disk."""
        result = self._value(self.session.run_all(again=True))
        assert not result.failed
        return result.seconds

    def _value(self, job_id: int):  # whatever the job gives
        end = self.session.wait(job_id, 600)
        assert isinstance(end, Done), end
        return end.value


def main(count: str = "60", rounds: str = "3", model: str = LIGHT) -> None:
    """Measure and print."""
    pictures = sorted((SHARED / "camvid" / "val" / "images").glob("*.jpg"))[: int(count)]
    weights = SHARED / "checkpoints"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "pictures"
        folder.mkdir()
        for path in pictures:
            (folder / path.name).symlink_to(path)
        models = Models([weights])
        plan = models.plan(model, RunOptions(), "cpu")
        plain, quick = (Bare(plan.card, plan.weights[model], pictures, quick=q) for q in (False, True))
        whole = Whole(folder, weights, model)
        ratios: dict[str, list[float]] = {"plain": [], "quickened": []}
        for number in range(1, int(rounds) + 1):
            alone = {"plain": plain.seconds(), "quickened": quick.seconds()}
            before = time.process_time()
            path, busy = whole.seconds(), time.process_time() - before
            again = {"plain": plain.seconds(), "quickened": quick.seconds()}
            for name in ratios:
                alone[name] = (alone[name] + again[name]) / 2
                ratios[name].append(alone[name] / path)
            print(
                f"round {number}: plain net alone {len(pictures) / alone['plain']:.2f}/s, quickened net alone "
                f"{len(pictures) / alone['quickened']:.2f}/s, whole path {len(pictures) / path:.2f}/s, "
                f"of which the session's process computed {1000 * busy / len(pictures):.1f} ms a picture"
            )
        whole.session.close()
    print(f"{count} pictures with {model}, median of {rounds} rounds:")
    for name, values in ratios.items():
        print(f"whole path over the {name} net's bare loop: {statistics.median(values):.3f} (aim 0.9)")


if __name__ == "__main__":
    main(*sys.argv[1:])
