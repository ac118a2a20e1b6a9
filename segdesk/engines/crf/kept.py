"""What one refinement leaves for the next one on the same picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from segdesk.domain.options import CrfOptions

if TYPE_CHECKING:
    from segdesk.engines.crf.lattice import Places
    from segdesk.engines.crf.meanfield import Kernels
    from segdesk.engines.crf.team import Team


@dataclass
class Kept:
    """The kernels of the last exact run on a picture or a part of it, for the next one if only weights, iterations or
    the scores changed. Another picture needs another one of these: its colours are not compared."""

    _last: tuple[tuple[float, ...], Kernels] | None = field(default=None, repr=False)

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        last = self._last
        return 0 if last is None else last[1].nbytes

    def kernels(self, places: Places, options: CrfOptions, team: Team) -> Kernels:
        """Those over these places, made anew if they are of other widths or other places."""
        from segdesk.engines.crf.meanfield import Kernels

        pixels = places.pixels
        where = (*places.image.shape, pixels.size, pixels[0], pixels[-1])
        key = (options.sigma_alpha, options.sigma_beta, options.sigma_gamma, *map(float, where))
        last = self._last
        if last is None or last[0] != key:
            self._last = last = None  # before the new ones need memory
            self._last = last = (key, Kernels.over(places, options, team))
        return last[1]
