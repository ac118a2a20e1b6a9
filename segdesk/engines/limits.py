"""What did not fit into memory, remembered over runs: how many pictures of a size a model computes together, in how
large tiles, or whether it must go to the processor."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import torch

KEEP_SECONDS = 14 * 86_400  # then it is tried anew: something else may have held the memory

log = logging.getLogger("segdesk.engine")


@dataclass(frozen=True)
class Limit:
    """What is known to fit. `together`: pictures in a pass, `tile`: side of a tile in pixels of the input; 0 = as many
    and as large as one likes. `processor`: not even the smallest tile fits on the device."""

    together: int = 0
    tile: int = 0
    processor: bool = False

    def joined(self, other: Limit) -> Limit:
        """The stricter of both in each respect."""
        return Limit(
            _least(self.together, other.together), _least(self.tile, other.tile), self.processor or other.processor
        )


FREE = Limit()


class Limits:
    """By model, device and size class of the input; any thread. `path`: a JSON file, None = only while this lives. A
    file that cannot be read or written costs only the memory of it."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[Limit, float]] = _read(path)

    def find(self, card_id: str, device: torch.device, pixels: int) -> Limit:
        """What holds for an input of so many pixels: also what did not fit at a smaller size."""
        found, now = FREE, self._clock()
        with self._lock:
            for size in range(size_class(pixels) + 1):
                limit, noted = self._known.get(_key(card_id, device, size), (FREE, now))
                if 0 <= now - noted < KEEP_SECONDS:
                    found = found.joined(limit)
        return found

    def note(self, card_id: str, device: torch.device, pixels: int, limit: Limit) -> None:
        """Remember; what is known already stays where it is stricter."""
        key = _key(card_id, device, size_class(pixels))
        with self._lock:
            now = self._clock()
            known, noted = self._known.get(key, (FREE, now))
            holds = key in self._known and 0 <= now - noted < KEEP_SECONDS  # as `find` sees it
            joined = known.joined(limit) if holds else limit
            if holds and joined == known:
                return
            self._known[key] = joined, now
            _write(self._path, self._known)


def size_class(pixels: int) -> int:
    """Inputs of one class differ in size by less than a factor of the square root of two: half octaves, rounded up."""
    return max(0, (pixels * pixels - 1).bit_length()) if pixels > 1 else 0


def _least(a: int, b: int) -> int:
    return min(n for n in (a, b) if n) if a or b else 0


def _key(card_id: str, device: torch.device, size: int) -> str:
    return f"{card_id} | {_name(device)} | {size}"


@cache
def _name(device: torch.device) -> str:
    """A card by its kind and memory: the number of a slot says nothing after a change of hardware."""
    if device.type != "cuda" or not torch.cuda.is_available():
        return device.type
    properties = torch.cuda.get_device_properties(device)
    return f"{properties.name}, {properties.total_memory >> 20} MB"


def _read(path: Path | None) -> dict[str, tuple[Limit, float]]:
    if path is None:
        return {}
    try:
        entries = json.loads(path.read_text("utf-8"))
        return {key: _entry(value) for key, value in entries.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        log.warning("%s cannot be read: what did not fit into memory will be found out again", path)
        return {}


def _entry(value: Mapping[str, object]) -> tuple[Limit, float]:
    together, tile, noted = value["together"], value["tile"], value["noted"]
    if not isinstance(together, int) or not isinstance(tile, int) or not isinstance(noted, (int, float)):
        raise TypeError("not a limit")
    return Limit(max(0, together), 0 if tile <= 0 else max(64, tile), bool(value["processor"])), float(noted)


def _write(path: Path | None, known: Mapping[str, tuple[Limit, float]]) -> None:
    if path is None:
        return
    data = {key: {**asdict(limit), "noted": noted} for key, (limit, noted) in known.items()}
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(data, indent=1), "utf-8")
        os.replace(part, path)
    except OSError as error:
        log.warning("%s cannot be written: %s", path, error)
