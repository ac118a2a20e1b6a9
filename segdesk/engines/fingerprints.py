"""What the parameters of every network of the program look like: a table that recognises a checkpoint in no time.

`scripts/fingerprints.py` writes it to `resources/fingerprints.json`. A net is built without memory for two numbers of
classes; where its shapes differ, they depend on the classes and are left out of the fingerprint, a hash over all names
and shapes. A sketch, the smallest of the hashes of single parameters, finds the net that is most alike.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import blake2b
from itertools import count
from pathlib import Path

import torch
from torch import nn

from segdesk.engines.loading import COUNTER, NET_FOLDERS, net_module
from segdesk.paths import resources_dir

SKETCH = 64
STRIDES = (8, 16, 32)
TITLES = {
    "torchvision_semantic": "torchvision",
    "torchvision_instance": "torchvision",
    "deeplabv3_mobilenetv2": "DeepLabV3 MobileNetV2",
}
LEFT_OUT = ("nuclei_unet",)  # its answer is of a kind of its own
# The task of a net by the kind of its answer; nets of other kinds do not take pictures alone.
TASKS = {
    "scores": "semantic",
    "detections": "instance",
    "instances": "instance",
    "panoptic": "panoptic",
    "centres": "panoptic",
}

Shapes = Mapping[str, tuple[int, ...]]
# A parameter's name: for some of its dimensions (dimension, factor, offset): the size is factor * classes + offset.
ClassSizes = Mapping[str, tuple[tuple[int, int, int], ...]]


@dataclass(frozen=True)
class Fingerprint:
    """One net. `type`, `variant`, `options`: what builds it. `digest` over its parameters without `classes`, the sizes
    that follow the number of classes; `sketch` and `shapes` for likeness, by names and shapes or by shapes alone.
    `stuff`: of a net with a classifier of its own for stuff, the sizes that follow the number of stuff classes; its
    `classes` follow that of things. `strides`: output strides that have these same parameters, the usual first;
    `aligns`: it has `align_corners`."""

    type: str
    variant: str
    title: str
    options: Mapping[str, object]
    task: str
    count: int
    digest: str
    sketch: str
    shapes: str
    classes: ClassSizes = field(default_factory=dict)
    stuff: ClassSizes = field(default_factory=dict)
    strides: tuple[int, ...] = ()
    aligns: bool = False


def shapes_of(state: Mapping[str, torch.Tensor]) -> dict[str, tuple[int, ...]]:
    """Names and shapes, without the counters that not every file has."""
    return {key: tuple(value.shape) for key, value in state.items() if not key.endswith(COUNTER)}


def digest(shapes: Shapes, classes: ClassSizes) -> str:
    """A hash over names and shapes; the sizes that `classes` names count as 0."""
    lines = sorted(f"{key} {_masked(key, shape, classes)}" for key, shape in shapes.items())
    return blake2b("\n".join(lines).encode(), digest_size=12).hexdigest()


def _masked(key: str, shape: tuple[int, ...], classes: ClassSizes) -> tuple[int, ...]:
    free = {at for at, _, _ in classes.get(key, ())}
    return tuple(0 if at in free else n for at, n in enumerate(shape)) if free else shape


def sketch(words: Iterable[str], size: int = SKETCH) -> str:
    """The smallest hashes of the words, 8 hexadecimal digits each."""
    found = sorted({blake2b(word.encode(), digest_size=4).hexdigest() for word in words})
    return "".join(found[:size])


def named_words(shapes: Shapes) -> Iterator[str]:
    """A word for each parameter: its name and shape."""
    return (f"{key} {shape}" for key, shape in shapes.items())


def shape_words(shapes: Shapes) -> Iterator[str]:
    """A word for each parameter: its shape, and the how-manieth of this shape it is."""
    seen: dict[tuple[int, ...], Iterator[int]] = {}
    return (f"{shape} {next(seen.setdefault(shape, count()))}" for shape in shapes.values())


def likeness(a: str, b: str) -> float:
    """The share of parameters that two nets have in common, 0 to 1, estimated from their sketches."""
    first, second = _split(a), _split(b)
    both = sorted(first | second)[:SKETCH]
    return len(first & second & set(both)) / len(both) if both else 0.0


def _split(text: str) -> set[str]:
    return {text[i : i + 8] for i in range(0, len(text), 8)}


# -- the table -----------------------------------------------------------------------------------------------------


def path() -> Path:
    """Where the table lies."""
    return resources_dir() / "fingerprints.json"


@cache
def table() -> tuple[Fingerprint, ...]:
    """The table as it was written."""
    rows = json.loads(path().read_text(encoding="utf-8"))
    return tuple(_read(row) for row in rows)


def _read(row: dict[str, object]) -> Fingerprint:
    classes, stuff = (
        {key: tuple(map(tuple, rows)) for key, rows in row.pop(field, {}).items()}  # type: ignore[attr-defined]
        for field in ("classes", "stuff")
    )
    strides = tuple(row.pop("strides", ()))  # type: ignore[arg-type]  # a list of numbers, as `written` wrote it
    return Fingerprint(**row, classes=classes, stuff=stuff, strides=strides)  # type: ignore[arg-type]


def written(prints: Iterable[Fingerprint]) -> str:
    """The table as JSON, one net a line."""
    rows = (
        json.dumps({k: v for k, v in asdict(p).items() if v or k in ("options", "variant")}, ensure_ascii=False)
        for p in prints
    )
    return "[\n" + ",\n".join(rows) + "\n]\n"


# -- building it ---------------------------------------------------------------------------------------------------


def variants() -> list[tuple[str, str, str, Mapping[str, object]]]:
    """(type, variant, title, options) of every net that a file may be for."""
    found = []
    for file in net_files():
        module = net_module(file)
        title = getattr(module, "TITLE", TITLES.get(file, file))
        named = getattr(module, "VARIANTS", None)
        if named is None and hasattr(module, "NAMES"):
            named = {name: {"name": name} for name in module.NAMES}
        found += [(file, name, title, options) for name, options in (named or {"": {}}).items()]
    return found


def net_files() -> list[str]:
    """The types of nets, by name."""
    names = set()
    for folder in NET_FOLDERS:
        package = importlib.import_module(folder)
        for info in pkgutil.iter_modules(package.__path__):
            if not info.ispkg and not info.name.startswith("_"):
                module = importlib.import_module(f"{folder}.{info.name}")
                names.add(info.name if hasattr(module, "build") else "")
    return sorted(names - {"", *LEFT_OUT})


def fingerprint(net_type: str, variant: str, title: str, options: Mapping[str, object]) -> Fingerprint | None:
    """Build a net and look at it; None if it does not take pictures."""
    net = built(net_type, options, 5)
    output = str(getattr(net, "output", "scores"))
    if output not in TASKS:
        return None
    apart = {"stuff": 2} if hasattr(net_module(net_type), "STUFF") else {}
    net = built(net_type, {**options, **apart}, 5)
    five, seven = shapes_of(net.state_dict()), shapes_of(built(net_type, {**options, **apart}, 7).state_dict())
    classes = _following(five, seven, 5 - apart.get("stuff", 0))
    stuff = _following(five, shapes_of(built(net_type, {**options, "stuff": 4}, 7).state_dict()), 2) if apart else {}
    mark = digest(five, {**classes, **stuff})
    usual, encoder = _stride(net), str(options.get("encoder", ""))
    others = _strides(net_type, _plain(options), mark, json.dumps(sorted(classes.items()))) if usual else ()
    return Fingerprint(
        net_type,
        variant,
        title,
        options,
        task=TASKS[output],
        count=sum(value.numel() for value in net.parameters()),
        digest=mark,
        sketch=sketch(named_words(five)),
        shapes=sketch(shape_words(five)),
        classes=classes,
        stuff=stuff,
        strides=tuple(sorted(others, key=lambda s: (s != usual, s))) if len(others) > 1 and usual in others else (),
        aligns=_has_align(net_type, encoder),
    )


def _following(small: Shapes, large: Shapes, number: int) -> ClassSizes:
    """The sizes that differ between a net for `number` classes and one for two more."""
    return {key: _sizes(shape, large[key], number) for key, shape in small.items() if shape != large[key]}


def _sizes(small: tuple[int, ...], large: tuple[int, ...], number: int) -> tuple[tuple[int, int, int], ...]:
    differing = [(at, a, (b - a) // 2) for at, (a, b) in enumerate(zip(small, large, strict=True)) if a != b]
    return tuple((at, factor, size - number * factor) for at, size, factor in differing)


def built(net_type: str, options: Mapping[str, object], classes: int) -> nn.Module:
    """A net without memory."""
    with torch.device("meta"):
        return net_module(net_type).build(options, classes)


def _stride(net: nn.Module) -> int:
    """The encoder's stride where it can be chosen, 0 elsewhere."""
    backbone = getattr(net, "backbone", None)
    strides = list(getattr(backbone, "strides", ()))
    plain = strides and not hasattr(net, "neck") and type(backbone).__name__ in ("ResNet", "MobileNetV2")
    return int(strides[-1]) if plain else 0


def _plain(options: Mapping[str, object]) -> str:
    return json.dumps(options, sort_keys=True)


def _strides(net_type: str, options_text: str, mark: str, classes_text: str) -> tuple[int, ...]:
    """Output strides whose net has the same parameters."""
    options: dict[str, object] = json.loads(options_text)
    encoder = options.get("encoder_options", {})
    if not isinstance(encoder, dict) or "strides" in encoder or "dilations" in encoder:
        return ()
    classes = dict(json.loads(classes_text))
    found = []
    for stride in STRIDES:
        try:
            other = built(net_type, {**options, "encoder_options": {**encoder, "output_stride": stride}}, 5)
        except (ValueError, TypeError, KeyError):
            continue
        if digest(shapes_of(other.state_dict()), classes) == mark:
            found.append(stride)
    return tuple(found)


@cache
def _has_align(net_type: str, encoder: str) -> bool:
    options = {"encoder": encoder} if encoder else {}
    try:
        return bool(getattr(built(net_type, {**options, "align_corners": True}, 5), "align_corners", False))
    except (ValueError, TypeError, KeyError):
        return False
