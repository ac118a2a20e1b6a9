"""The fully connected CRF of Kraehenbuehl and Koltun (2011) on a model's answer, on the processor and all in memory of
its own: no package that must be built. `refining` is the way in, `windows` goes over the picture, `meanfield` infers,
`lattice` filters, `kernels` and `vec` are what is compiled."""

from segdesk.engines.crf.kept import Kept
from segdesk.engines.crf.objects import refine_instance
from segdesk.engines.crf.refining import (
    PRESENT,
    available,
    limited,
    refine,
    refine_present,
    refine_reduced,
    refine_window,
    scaled,
    warm,
)

__all__ = [
    "PRESENT",
    "Kept",
    "available",
    "limited",
    "refine",
    "refine_instance",
    "refine_present",
    "refine_reduced",
    "refine_window",
    "scaled",
    "warm",
]
