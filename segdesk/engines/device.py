"""Where to compute: the devices of this machine, the choice among them, and what running out of memory looks like."""

from __future__ import annotations

import os
import platform

import torch

from segdesk.domain.errors import SegDeskError
from segdesk.engines.messages import DeviceInfo


def devices() -> list[DeviceInfo]:
    """Graphics cards first, the processor last. Never empty."""
    found = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            found.append(DeviceInfo(f"cuda:{index}", properties.name, properties.total_memory))
    if torch.backends.mps.is_available():
        found.append(DeviceInfo("mps", "Apple GPU", 0))
    return [*found, DeviceInfo("cpu", _processor(), _memory())]


def choose(wanted: str) -> torch.device:
    """The device for an id, "cuda" (the first card) or "auto" (a CUDA card if there is one, else the processor).

    Raises `SegDeskError` for a device that is not there: the person asked for it and should not get another in silence.
    """
    known = [info.id for info in devices()]
    if wanted == "auto":
        return torch.device(next((name for name in known if name.startswith("cuda")), "cpu"))
    if wanted == "cuda":
        wanted = "cuda:0"
    if wanted not in known:
        raise SegDeskError(
            "The device {device} is not available on this machine.",
            "Choose one of: {known}.",
            device=wanted,
            known=", ".join(known),
        )
    return torch.device(wanted)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that memory ran out, on any device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("out of memory" in text or "can't allocate memory" in text)


LOST = ("cuda error", "cuda driver", "cublas_status", "cudnn_status", "no cuda gpus", "no cuda-capable", "device lost")


def is_lost(error: BaseException, device: torch.device) -> bool:
    """Whether the error says that a graphics card has stopped working (a driver that was reset, a card that was taken
    away). Nothing runs on it any more in this process."""
    text = str(error).lower()
    lost = isinstance(error, RuntimeError) and any(word in text for word in LOST)
    return lost and device.type != "cpu" and not is_out_of_memory(error)


def free_memory(device: torch.device) -> None:
    """Give cached blocks of a graphics card back."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def taken_bytes(device: str) -> int:
    """How much of a graphics card's memory is taken, by whomever; 0 where it is not told."""
    if not device.startswith("cuda") or not torch.cuda.is_available():
        return 0
    free, whole = torch.cuda.mem_get_info(torch.device(device))
    return whole - free


def _processor() -> str:
    return platform.processor() or platform.machine() or "CPU"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # not on Windows
        return 0
