"""How the folder of a model of the transformers library wants its pictures: read from its preprocessor_config.json,
done by our own inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from segdesk.domain.card import InputSpec

Triple = tuple[float, float, float]


def processor_input(table: Mapping[str, object], card: InputSpec) -> InputSpec:
    """The card's input with what the processor's settings say: mean and std (which are of 0..1 there), and where the
    card leaves the size open (fit "native"), the size. Settings that are missing or odd change nothing."""
    spec = replace(card, mean=_mean(table, card.mean), std=_std(table, card.std))
    if card.fit != "native" or table.get("do_resize", True) is False:
        return spec
    fit = _fit(table.get("size"), table.get("max_size"), table.get("do_split_image") is True)
    return spec if fit is None else replace(spec, fit=fit)


def _mean(table: Mapping[str, object], usual: Triple) -> Triple:
    if table.get("do_normalize", True) is False:
        return (0.0, 0.0, 0.0)
    return _triple(table.get("image_mean"), 1.0 / _factor(table)) or usual


def _std(table: Mapping[str, object], usual: Triple) -> Triple:
    whole = 1.0 / _factor(table)
    if table.get("do_normalize", True) is False:
        return (whole, whole, whole)
    found = _triple(table.get("image_std"), whole)
    return usual if found is None or 0 in found else found


def _factor(table: Mapping[str, object]) -> float:
    """What a value of 0..255 is multiplied by before it is normalised."""
    if table.get("do_rescale", True) is False:
        return 1.0
    factor = table.get("rescale_factor", 1 / 255)
    return float(factor) if isinstance(factor, (int, float)) and factor > 0 else 1 / 255


def _triple(value: object, times: float) -> Triple | None:
    if not isinstance(value, list) or len(value) != 3 or not all(isinstance(n, (int, float)) for n in value):
        return None
    red, green, blue = (round(float(n) * times, 4) for n in value)
    return red, green, blue


def _fit(size: object, most: object, split: bool) -> str | None:
    """The size in words of `InputSpec.fit`; None where it is not told."""
    if isinstance(size, int) and not isinstance(size, bool):
        size = {"shortest_edge": size, "longest_edge": most} if isinstance(most, int) else {"height": size}
    if not isinstance(size, Mapping):
        return None
    short, long = _side(size.get("shortest_edge")), _side(size.get("longest_edge"))
    if short:
        return f"short:{short}/{long}" if long and not split else f"short:{short}"
    sides = [_side(size.get(key)) for key in ("height", "width")]
    return f"square:{max(sides)}" if any(sides) else None


def _side(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
