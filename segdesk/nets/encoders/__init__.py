"""Encoders: a picture becomes feature maps, fine to coarse. One family a file.

`make(name, options)` finds the file whose `NAMES` has the name; the file's `make(name, **options)` builds the module,
which has `.channels` and `.strides` (one entry a feature map, fine to coarse) and whose `forward` takes (N, 3, h, w).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from torch import nn


def make(name: str, options: Mapping[str, object]) -> nn.Module:
    """The encoder called `name`, such as "resnet50". Raises ValueError if no file of this folder has it."""
    files = _files()
    if name not in files:
        raise ValueError(f"there is no encoder called {name}; known are {', '.join(sorted(files))}")
    return importlib.import_module(f"{__name__}.{files[name]}").make(name, **options)


@cache
def _files() -> dict[str, str]:
    """The file of each encoder by the encoder's name."""
    found = [module.name for module in pkgutil.iter_modules(__path__)]
    return {name: file for file in found for name in importlib.import_module(f"{__name__}.{file}").NAMES}
