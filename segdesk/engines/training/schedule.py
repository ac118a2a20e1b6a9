"""How the learning rate goes over a run."""

from __future__ import annotations

import math

POLY_POWER = 0.9
LEAST = 1e-3  # of the rate, at the end: a last step that does nothing is a wasted one


def factor(done: float, *, schedule: str, warm_up: float) -> float:
    """What the rate is multiplied by at a fraction `done` of the run: up in a line over `warm_up`, then down by
    (1 - t) ** 0.9 ("poly") or half a cosine ("cosine")."""
    if done < warm_up:
        return max(LEAST, done / warm_up)
    t = min(1.0, (done - warm_up) / (1.0 - warm_up)) if warm_up < 1.0 else 1.0
    value = (1.0 - t) ** POLY_POWER if schedule == "poly" else 0.5 * (1.0 + math.cos(math.pi * t))
    return max(LEAST, value)
