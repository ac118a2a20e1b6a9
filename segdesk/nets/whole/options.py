"""A card's options as the keywords of a network's constructor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import signature

from torch import nn


def made(make: Callable[..., nn.Module], options: Mapping[str, object], num_classes: int) -> nn.Module:
    """`make(num_classes, **options)`. Raises ValueError if there is no such option, or it is of the wrong kind."""
    known = list(signature(make).parameters)[1:]
    if unknown := sorted(set(options) - set(known)):
        raise ValueError(f"{make.__name__} has no option {', '.join(unknown)}; it has {', '.join(known)}")
    try:
        return make(num_classes, **options)
    except TypeError as error:
        raise ValueError(f"an option of {make.__name__} does not fit: {error}") from error
