"""How fast each model is on this machine, from runs that happened: seconds a megapixel by card and device."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from segdesk.domain.errors import SegDeskError
from segdesk.io.atomic import write_text
from segdesk.paths import user_data_dir

FILE_NAME = "model_speeds.json"
KEPT = 9  # the latest runs count
LEAST_PIXELS = 10_000  # of a smaller picture, what is measured is mostly what any call costs
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Speed:
    """`seconds`: a megapixel, the median of the latest `runs` runs."""

    seconds: float
    runs: int


class Speeds:
    """The speeds that are known. Any thread; `load` and `save` touch the disk."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._runs: dict[tuple[str, str], list[float]] = {}
        self._lock = threading.Lock()

    @property
    def path(self) -> Path:
        """Where they are kept."""
        return self._path or user_data_dir() / FILE_NAME

    def load(self) -> Speeds:
        """Read what earlier sessions measured; a file that is absent or damaged counts as empty. Returns itself."""
        found: dict[tuple[str, str], list[float]] = {}
        with suppress(OSError, ValueError, AttributeError):
            for card, devices in json.loads(self.path.read_text("utf-8")).items():
                for device, runs in devices.items():
                    found[card, device] = [float(s) for s in runs if isinstance(s, (int, float)) and 0 < s < 1e6][
                        -KEPT:
                    ]
        with self._lock:
            for key, runs in found.items():
                self._runs[key] = (runs + self._runs.get(key, []))[-KEPT:]
        return self

    def note(self, card_id: str, device: str, *, pixels: float, seconds: float) -> None:
        """A run of the model took `seconds` for `pixels` in all."""
        if pixels >= LEAST_PIXELS and seconds > 0:
            with self._lock:
                runs = self._runs.setdefault((card_id, device), [])
                runs.append(seconds / (pixels / 1e6))
                del runs[:-KEPT]

    def of(self, card_id: str, device: str) -> Speed | None:
        """The speed of a model on a device, None if it has never run there."""
        with self._lock:
            runs = self._runs.get((card_id, device))
            return Speed(median(runs), len(runs)) if runs else None

    def on(self, device: str) -> Mapping[str, Speed]:
        """The speeds on a device, by card."""
        with self._lock:
            return {
                card: Speed(median(runs), len(runs)) for (card, where), runs in self._runs.items() if where == device
            }

    def save(self) -> None:
        """Write them; a disk that refuses is logged: speeds are measured again."""
        with self._lock:
            cards: dict[str, dict[str, list[float]]] = {}
            for (card, device), runs in sorted(self._runs.items()):
                cards.setdefault(card, {})[device] = [round(s, 4) for s in runs]
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self.path, json.dumps(cards, indent=1) + "\n")
        except (SegDeskError, OSError) as error:
            log.warning("the speeds of models cannot be kept: %s", error)
