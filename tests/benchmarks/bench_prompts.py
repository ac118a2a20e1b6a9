"""What a click costs beside encoding the picture: SAM 2.1 tiny (or another size) with random weights on the processor,
at pictures of growing size. Figures are ratios: seconds of encoding a click."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.engines.messages import PromptAnswer, PromptRequest
from segdesk.engines.prompting import Prompting

SIZES = ((480, 640), (2000, 3000), (4000, 6000))
CLICKS = 5


def main() -> None:
    """Print one line a size."""
    import torch
    import transformers

    torch.manual_seed(0)
    card = ModelCard(
        "bench", Text("SAM 2.1 tiny"), "prompt", "", Text(""), NetSpec("sam2"), ClassSet(), weights=WeightsSpec("bench")
    )
    with tempfile.TemporaryDirectory() as folder:
        transformers.Sam2Model(transformers.Sam2Config()).save_pretrained(Path(folder))
        prompting = Prompting("cpu")
        request = PromptRequest("warm", card, np.zeros((64, 64, 3), np.uint8), weights={"bench": folder})
        prompting.answer(request)
        for height, width in SIZES:
            print(_line(prompting, replace(request, key=f"{height}"), height, width))


def _line(prompting: Prompting, request: PromptRequest, height: int, width: int) -> str:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (height, width, 3), np.uint8)
    first = prompting.answer(replace(request, image=image))
    assert isinstance(first, PromptAnswer)
    clicks = []
    for _ in range(CLICKS):
        point = (float(rng.uniform(0, width)), float(rng.uniform(0, height)))
        answer = prompting.answer(replace(request, image=None, plus=(point,)))
        assert isinstance(answer, PromptAnswer)
        assert not answer.encoded
        clicks.append(answer.seconds["answer"])
    encode, click = first.seconds["encode"], statistics.median(clicks)
    return f"{width} x {height}: encode {encode:.2f} s, click {1000 * click:.0f} ms, ratio {encode / click:.0f}"


if __name__ == "__main__":
    main()
