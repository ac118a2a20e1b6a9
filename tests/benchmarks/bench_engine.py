"""Throughput of the engine process against a bare forward loop of the same net in one process.

    python tests/benchmarks/bench_engine.py [CHECKPOINT_FOLDER PICTURE_FOLDER]

Prints pictures per second of both and their ratio. Without folders: random weights on noise of 480 x 360.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from segdesk.app.engine_process import EngineProcess
from segdesk.domain.card import ModelCard
from segdesk.domain.options import RunOptions
from segdesk.engines.messages import Answer, PredictRequest
from segdesk.io.cards import load_cards
from segdesk.io.images import read
from segdesk.io.weights import status
from segdesk.paths import models_dir

COUNT = 30
ROUNDS = 4


def bare(card: ModelCard, weights: str | None, images: Sequence[np.ndarray]) -> float:
    """Seconds for a loop that normalises and runs the net, nothing else; the first picture is not timed."""
    import torch

    from segdesk.engines.device import choose
    from segdesk.engines.inputs import prepare, tensor
    from segdesk.engines.loading import load_net

    device = choose("auto")
    net = load_net(card, weights, device)
    with torch.inference_mode():
        net(tensor(prepare(images[0], card.input).pixels, card.input, device))
        start = time.perf_counter()
        for image in images:
            net(tensor(prepare(image, card.input).pixels, card.input, device)).cpu()
        return time.perf_counter() - start


def through(
    engine: EngineProcess, card: ModelCard, weights: str | None, images: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Seconds for the same pictures to decided label maps in this process, and those that the forward passes took."""
    paths = {card.id: weights} if weights else {}
    requests = [PredictRequest(str(i), card, image, paths, options=RunOptions()) for i, image in enumerate(images)]
    engine.answer(requests[0])
    start = time.perf_counter()
    answers = [answer for _, answer in engine.answer_many(requests) if isinstance(answer, Answer)]
    spent = time.perf_counter() - start
    assert len(answers) == len(images)
    return spent, sum(answer.seconds["forward"] for answer in answers)


def pictures(folder: Path | None) -> list[np.ndarray]:
    """The pictures to run."""
    if folder is None:
        random = np.random.default_rng(0)
        return [random.integers(0, 256, (360, 480, 3), dtype=np.uint8) for _ in range(COUNT)]
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".jpg", ".png"))[:COUNT]
    return [read(p) for p in files]


def main() -> None:
    """Take turns, so that both see the same load of the machine; `--bare` runs only the bare loop."""
    folders = [Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    card = next(c for c in load_cards([models_dir()])[0] if c.id == "deeplabv3-mobilenetv2-voc21")
    path = status(card, folders[:1]).path
    weights = str(path) if path else None
    card = card if weights else replace(card, weights=None)
    images = pictures(folders[1] if len(folders) > 1 else None)
    if "--bare" in sys.argv:
        print(bare(card, weights, images))
        return
    engine = EngineProcess()
    rounds = []
    for _ in range(ROUNDS):
        alone = float(subprocess.run([sys.executable, *sys.argv, "--bare"], capture_output=True, check=True).stdout)
        rounds.append((alone, *through(engine, card, weights, images)))
    engine.stop()
    alone, ours, _ = (min(column) for column in zip(*rounds, strict=True))
    share = max(forward / spent for _, spent, forward in rounds)
    print(f"bare loop       {len(images) / alone:6.2f} pictures/s")
    print(f"engine process  {len(images) / ours:6.2f} pictures/s")
    print(f"ratio           {alone / ours:6.2f}  (both compete with whatever else the machine does)")
    print(f"forward share   {share:6.2f}  of the engine's time, by its own clock: what a busy machine does not blur")


if __name__ == "__main__":
    main()
