"""How a run reads its pictures: only as large as the model looks at them, where nothing else of them is needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segdesk.app.models import RunPlan
from segdesk.app.refinements import effective
from segdesk.engines.messages import PredictRequest
from segdesk.engines.sizing import fitted, resized
from segdesk.io import images

# Nets of the engine's own and of other libraries, whose input is not (only) what the card says.
WHOLE = frozenset({"regions", "taught", "merge", "onnx", "torchscript", "transformers", "clipseg"})

Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Reading:
    """A picture as a run reads it: `pixels` (h, w, 3) uint8 RGB; `full_size`: its (H, W) where they are fewer."""

    pixels: np.ndarray
    full_size: Size | None = None

    @property
    def nbytes(self) -> int:
        """Memory of the pixels."""
        return self.pixels.nbytes

    def request(self, plan: RunPlan, key: str) -> PredictRequest:
        """What the engine is asked."""
        return plan.request(key, self.pixels, self.full_size)


def reads_reduced(plan: RunPlan) -> bool:
    """Whether a run with this plan needs no more of a picture than what the net looks at: no refinement looks at the
    picture itself, and the card says how it is resized."""
    card, options = plan.card, plan.options
    refines = options.crf is not None or bool(effective(options.stack, card))
    return not refines and not plan.parts and card.net.type not in WHOLE


def reader(plan: RunPlan) -> Callable[[Path], Reading]:
    """The function that reads the pictures of a run; any thread. It raises as `images.read` does.

    Where the net's input is smaller than the picture it is resized here, as the engine would do it: to the same bits,
    except that a JPEG of at least twice the input's size comes out of its codec reduced by 2, 4 or 8 or a step between,
    which changed the label of 0.03 % of the pixels of CamVid and less of field pictures.
    """
    if not reads_reduced(plan):
        return lambda path: Reading(images.read(path))

    def wanted(height: int, width: int) -> Size:
        h, w = fitted(height, width, plan.card.input.fit)
        return (h, w) if h * w < height * width else (height, width)

    def read(path: Path) -> Reading:
        pixels, size = images.read_at_least(path, wanted)
        target = wanted(*size)
        if target == size:
            return Reading(pixels)
        return Reading(pixels if pixels.shape[:2] == target else resized(pixels, *target), size)

    return read
