"""SegDesk: segment folders of pictures, correct the masks, export them and prove their quality.

The same verbs from a program of one's own (docs/api.md):

    import segdesk

    with segdesk.open("photos") as project:
        project.run("regions")
        project.export("coco_instances", "photos-coco")

Nothing heavy is loaded before the first of these names is used; `__init__.pyi` has them for type checkers.
"""

from __future__ import annotations

__version__ = "0.1.0"

# pyright: reportUnsupportedDunderAll=false
__all__ = [
    "ClassInfo",
    "ClassSet",
    "Picture",
    "Project",
    "SegDeskError",
    "Segment",
    "Segmentation",
    "formats",
    "models",
    "open",
    "samples",
]


def __getattr__(name: str) -> object:
    """The names of `segdesk.api`, loaded when one is first used."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # here: it would be most of what an import costs

    value = getattr(importlib.import_module("segdesk.api"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
