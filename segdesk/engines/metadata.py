"""What a checkpoint says of itself: names and colours of its classes, how pictures are normalised, stride and corner
convention. Texts of settings are searched, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from segdesk.domain.card import InputSpec
from segdesk.domain.classes import Color, plain_name
from segdesk.domain.errors import SegDeskError
from segdesk.engines.containers import Content, settings
from segdesk.engines.rebuild import Array, Thing

MAX_CLASSES = 4096
DEPTH = 4  # how deep in the file's tables is looked
_NAMES = ("classes", "class_names", "names", "labels", "categories", "label_names", "id2label")
_COLORS = ("palette", "colors", "colours", "colormap", "class_colors")
_TEXTS = ("config", "cfg", "pretty_text")
_NUMBERS = r"[\[(]\s*([-\d.eE,\s]+?),?\s*[\])]"


@dataclass(frozen=True)
class Metadata:
    """By channel `names` and `colors`, empty where the file has none. `input`, `stride` and `align_corners` are None
    or 0 where it does not say."""

    names: tuple[str, ...] = ()
    colors: tuple[Color, ...] = ()
    input: InputSpec | None = None
    stride: int = 0
    align_corners: bool | None = None


def metadata(content: Content, folder: Path | None = None) -> Metadata:
    """What the file's content, and beside it the settings of a Hugging Face `folder`, tell."""
    found = Metadata()
    for table in _tables([content.config, content.value]):
        for key, value in table.items():
            found = _with(found, str(key).casefold(), value)
    if folder is not None and folder.is_dir():
        found = _with_processor(found, _beside(folder / "preprocessor_config.json"))
    return found


def _beside(path: Path) -> Mapping[str, object]:
    """The settings in a file of the folder: to leave out a damaged one would give wrong colours in silence."""
    try:
        return settings(path)
    except (OSError, ValueError) as error:
        raise SegDeskError(
            "The file {file} is damaged.", "Download the model's folder again.", file=path.name
        ) from error


def _tables(roots: list[object]) -> Iterator[Mapping[object, object]]:
    """All tables in the file down to `DEPTH`, the outer ones first; large ones, which hold parameters, are not
    entered."""
    level = roots
    for _ in range(DEPTH):
        below: list[object] = []
        for value in level:
            table = value.state | {str(k): v for k, v in value.items.items()} if isinstance(value, Thing) else value
            if isinstance(table, Mapping) and len(table) <= MAX_CLASSES:
                yield table
                below.extend(v for v in table.values() if isinstance(v, (Mapping, Thing)))
        level = below


def _with(found: Metadata, key: str, value: object) -> Metadata:
    """Add what one entry tells; the outermost wins."""
    if key in _NAMES and not found.names:
        return replace(found, names=class_names(value))
    if key in _COLORS and not found.colors:
        return replace(found, colors=colors(value))
    if key in _TEXTS and isinstance(value, str):
        return _with_text(found, value)
    return found


def class_names(value: object) -> tuple[str, ...]:
    """Names in a list, or in a table by number; () for anything else."""
    if isinstance(value, Thing):
        value = value.entries or value.items
    if isinstance(value, Mapping):
        if not value or not all(str(key).isdecimal() and len(str(key)) < 9 for key in value):
            return ()
        numbers = {int(str(key)): name for key, name in value.items()}
        value = [numbers.get(i, "") for i in range(max(numbers) + 1)] if max(numbers) < MAX_CLASSES else []
    if not isinstance(value, (list, tuple)) or not 0 < len(value) <= MAX_CLASSES:
        return ()
    named = tuple(plain_name(name) for name in value if isinstance(name, str))
    return named if len(named) == len(value) else ()


def colors(value: object) -> tuple[Color, ...]:
    """RGB colours 0..255 in a list of triples; () for anything else."""
    if isinstance(value, Array):
        value = value.value
    try:
        table = np.asarray(value, dtype=float)
    except (ValueError, TypeError):
        return ()
    if table.ndim != 2 or table.shape[1] != 3 or len(table) > MAX_CLASSES or not np.isfinite(table).all():
        return ()
    if table.size and 0 < table.max() <= 1:
        table = table * 255
    rows = np.clip(table.round(), 0, 255).astype(int).tolist()
    return tuple((red, green, blue) for red, green, blue in rows)


# -- settings written as text --------------------------------------------------------------------------------------


def _with_text(found: Metadata, text: str) -> Metadata:
    """OpenMMLab writes its whole settings into the file, as Python."""
    mean, std = _triple(text, "mean"), _triple(text, "std")
    if found.input is None and mean and std and 0 not in std:
        turned = re.search(r"(?:bgr_to_rgb|to_rgb)\s*=\s*(True|False)", text)
        order = "bgr" if turned is not None and turned[1] == "False" else "rgb"
        found = replace(found, input=InputSpec(mean, std, order, fit=_fit(text)))
    align = re.search(r"decode_head\s*=.*?align_corners\s*=\s*(True|False)", text, re.DOTALL)
    if found.align_corners is None and align is not None:
        found = replace(found, align_corners=align[1] == "True")
    return replace(found, stride=found.stride or _stride(text))


def _numbers(text: str, key: str) -> tuple[float, ...]:
    match = re.search(rf"\b{key}\s*=\s*{_NUMBERS}", text)
    if match is None:
        return ()
    try:
        value = ast.literal_eval(f"({match[1]},)")
    except (ValueError, SyntaxError):
        return ()
    return tuple(float(n) for n in value)


def _triple(text: str, key: str) -> tuple[float, float, float] | None:
    found = _numbers(text, key)
    return (found[0], found[1], found[2]) if len(found) == 3 else None


def _stride(text: str) -> int:
    """The stride of a backbone of four stages: 4 times the strides of the last three."""
    strides, dilations = _numbers(text, "strides"), _numbers(text, "dilations")
    if len(strides) != 4 or len(dilations) != 4:
        return 0
    stride = 4 * int(np.prod(strides))
    return stride if stride in (8, 16, 32) else 0


def _fit(text: str) -> str:
    """Sliding windows, where the settings say so; pictures are otherwise taken as they are."""
    test = re.search(r"mode\s*=\s*'slide'[^'\"]{0,300}", text)
    if test is None:
        return "native"
    size, stride = _numbers(test[0], "crop_size"), _numbers(test[0], "stride")
    square = len(size) == len(stride) == 2 and size[0] == size[1] and 0 < stride[0] == stride[1] <= size[0]
    return f"slide:{int(size[0])}/{int(stride[0])}" if square else "native"


def _with_processor(found: Metadata, table: Mapping[str, object]) -> Metadata:
    """A Hugging Face folder's preprocessor_config.json: mean and std are of pictures from 0 to 1."""
    mean, std = table.get("image_mean"), table.get("image_std")
    if not isinstance(mean, list) or not isinstance(std, list) or len(mean) != 3 or len(std) != 3 or 0 in std:
        return found
    if not all(isinstance(n, (int, float)) for n in (*mean, *std)):
        return found
    means, stds = (tuple(round(n * 255, 4) for n in row) for row in (mean, std))
    return replace(found, input=InputSpec(means, stds))
