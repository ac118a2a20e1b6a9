"""Models of the transformers library, which is optional: from a card and a Hugging Face folder (or a weights file of
OpenMMLab) to a net. Nothing is fetched and no program of a folder is run: only the classes below are built."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import cast

import torch
from torch import nn

from segdesk.domain.card import InputSpec, ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.engines import transformers_nets as nets
from segdesk.engines.containers import settings, weights_file
from segdesk.engines.messages import transformers_available
from segdesk.engines.safeload import State, read_checkpoint
from segdesk.engines.transformers_input import processor_input
from segdesk.offline import stay_offline

log = logging.getLogger("segdesk.engine")

TYPE = "transformers"


@dataclass(frozen=True)
class Kind:
    """A class of the library: what it answers ("scores", "instances", "queries") and the multiple of pixels that its
    input is padded to."""

    output: str
    multiple: int = 1


KINDS: Mapping[str, Kind] = {
    "SegformerForSemanticSegmentation": Kind("scores", 32),
    "UperNetForSemanticSegmentation": Kind("scores", 32),
    "MaskFormerForInstanceSegmentation": Kind("queries", 32),
    "Mask2FormerForUniversalSegmentation": Kind("queries", 32),
    "OneFormerForUniversalSegmentation": Kind("queries", 32),
    "EomtForUniversalSegmentation": Kind("queries"),
    "EomtDinov3ForUniversalSegmentation": Kind("queries"),
    "DetrForSegmentation": Kind("queries"),
    "RfDetrForInstanceSegmentation": Kind("instances"),
}


def load(card: ModelCard, path: Path, device: torch.device) -> nn.Module:
    """The card's model with the weights of a folder or a file, in evaluation mode on the device.

    The net has an attribute `input`: the card's with what the folder says of its pictures. Raises `SegDeskError` where
    the library is not installed, the class is not known, or the weights do not fit.
    """
    kind = KINDS.get(str(card.net.options.get("class", "")))
    if kind is None:
        raise _unknown(card)
    installed = library()
    model = folder_model(installed, card, path, str(card.net.options["class"]))
    _check_classes(card, model)
    processor = _table(path, "preprocessor_config.json")
    wanted = processor_input(processor, card.input)
    wanted = replace(wanted, multiple=max(wanted.multiple, kind.multiple), pad="zero")
    net = _wrapped(installed, card, model, (path, processor, wanted))
    net.input = wanted  # type: ignore[assignment]  # a value, not a module
    return net.eval().requires_grad_(False).to(device)


def library() -> ModuleType:
    """The library, told to stay off the network."""
    if not transformers_available():
        raise SegDeskError(
            "This model needs the package transformers, which is not installed.",
            'Install it with: pip install "segdesk[transformers]"',
        )
    stay_offline()
    import transformers  # pyright: ignore[reportMissingImports]  # optional

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return transformers


def folder_model(
    installed: ModuleType, card: ModelCard, path: Path, class_name: str, *, also: Sequence[str] = ()
) -> nn.Module:
    """The library's model of a class with the weights of a folder or a file. `also`: other names that the folder's
    settings may give the class. Pickled weights are read by our own reader, which runs nothing. Raises `SegDeskError`.
    """
    maker = getattr(installed, class_name, None)
    if maker is None:
        raise _too_old(class_name, installed)
    config = _config(card, path, maker, (class_name, *also))
    try:
        if path.is_dir() and weights_file(path).name.endswith((".safetensors", ".safetensors.index.json")):
            weights: dict[str, object] = {"pretrained_model_name_or_path": str(path), "use_safetensors": True}
        else:
            state = _state(card, path, class_name)
            weights = {"pretrained_model_name_or_path": None, "state_dict": state}
        model, report = maker.from_pretrained(
            config=config, local_files_only=True, output_loading_info=True, dtype=torch.float32, **weights
        )
    except SegDeskError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, ImportError) as error:
        raise unfit(card, str(error).strip().split("\n")[0]) from error
    missing = sorted(report["missing_keys"])
    if missing:
        raise unfit(card, f"{len(missing)} parameters are missing, such as {missing[0]}")
    if unexpected := sorted(report["unexpected_keys"]):
        log.info("%s: %d parameters are not used, such as %s", card.id, len(unexpected), unexpected[0])
    return model


def _config(card: ModelCard, path: Path, maker: type, known: Sequence[str]) -> object:
    """The folder's config.json, or the card's own options for a file without one."""
    own = card.net.options.get("config")
    table = deepcopy(dict(own if isinstance(own, Mapping) else _table(path, "config.json")))
    if not table:
        raise unfit(card, "there is no config.json")
    names = table.get("architectures")
    if isinstance(names, list) and names and not set(map(str, names)) & set(known):
        raise unfit(card, f"its config.json is of {names[0]}")
    table.pop("auto_map", None)  # names of programs in the folder
    try:
        return maker.config_class.from_dict({**table, "num_labels": len(card.channel_ids)} if own else table)  # type: ignore[attr-defined]
    except Exception as error:  # the library checks settings with errors of several kinds
        raise unfit(card, str(error).strip().split("\n")[0]) from error


def _state(card: ModelCard, path: Path, class_name: str) -> State:
    """Parameters of a pickled file, in the library's names."""
    state = read_checkpoint(path).state
    if card.weights is not None and card.weights.layout == "openmmlab":
        from segdesk.engines.openmmlab_queries import renamed

        return renamed(state, class_name)
    return state


def _wrapped(
    installed: ModuleType, card: ModelCard, model: nn.Module, about: tuple[Path, Mapping[str, object], InputSpec]
) -> nn.Module:
    """The model behind one of the engine's answers."""
    path, processor, wanted = about
    name = str(card.net.options["class"])
    kind = KINDS[name]
    if kind.output == "scores":
        return nets.ScoreModel(model)
    if kind.output == "instances":
        return nets.BoxModel(model, _step(model.config))
    window = 0
    if name.startswith("Eomt"):
        side = _square(model.config)
        black = tuple(-mean / std for mean, std in zip(wanted.mean, wanted.std, strict=True))
        net: nets.QueryModel = nets.SquareQueryModel(model, side, cast("tuple[float, float, float]", black))
        window = side if processor.get("do_split_image") is True or card.net.options.get("split") is True else 0
    elif name.startswith("OneFormer"):
        net = nets.QueryModel(model, {"task_inputs": _words(installed, card, path, model.config)})
    else:
        net = nets.QueryModel(model)
    net.channels = _channels(card)
    return nets.SemanticModel(net, window) if card.task == "semantic" else net


def _check_classes(card: ModelCard, model: nn.Module) -> None:
    """Raise `SegDeskError` unless the card has a class for each of the model's that it wants."""
    count = int(getattr(model.config, "num_labels", 0))
    wanted = _channels(card)
    if len(wanted or range(count)) != len(card.channel_ids) or (wanted and max(wanted) >= count):
        raise unfit(card, f"it has {count} classes, the card {len(card.channel_ids)}")


def _channels(card: ModelCard) -> tuple[int, ...]:
    """The model's classes that the card names, where it leaves out some."""
    listed = card.net.options.get("channels")
    return tuple(int(n) for n in listed) if isinstance(listed, (list, tuple)) else ()


def _step(config: object) -> int:
    """The multiple of pixels that RF-DETR's windows need."""
    backbone = getattr(config, "backbone_config", None)
    patch, windows = getattr(backbone, "patch_size", 14), getattr(backbone, "num_windows", 1)
    return int(patch if isinstance(patch, int) else max(patch)) * int(windows)


def _square(config: object) -> int:
    size = getattr(config, "image_size", 640)
    return int(size if isinstance(size, int) else max(size))


def _words(installed: ModuleType, card: ModelCard, path: Path, config: object) -> torch.Tensor:
    """(1, n) tokens of OneFormer's task, by the tokenizer of the folder."""
    folder = path if path.is_dir() else path.parent
    length = int(getattr(config, "task_seq_len", 77))
    try:
        tokenizer = installed.CLIPTokenizer.from_pretrained(str(folder), local_files_only=True)
        text = f"the task is {card.task}"
        found = tokenizer(text, padding="max_length", max_length=length, truncation=True, return_tensors="pt")
    except Exception as error:  # the library's errors have no common class but Exception
        raise unfit(card, "its tokenizer (vocab.json, merges.txt) is missing or damaged") from error
    return found["input_ids"]


def _table(path: Path, name: str) -> Mapping[str, object]:
    """The table of a JSON file of the folder; empty where there is none or it cannot be read."""
    try:
        return settings(path / name) if path.is_dir() else {}
    except (OSError, ValueError, json.JSONDecodeError):
        return {}


def _unknown(card: ModelCard) -> SegDeskError:
    return SegDeskError(
        "The card of {model} names {net}, which is no class of the transformers library that runs here.",
        "Known are: {known}.",
        model=card.name.en,
        net=card.net.options.get("class", "?"),
        known=", ".join(KINDS),
    )


def _too_old(class_name: str, installed: ModuleType) -> SegDeskError:
    return SegDeskError(
        "The installed transformers {version} has no {net}.",
        'Install a newer one with: pip install --upgrade "segdesk[transformers]"',
        version=installed.__version__,
        net=class_name,
    )


def unfit(card: ModelCard, reason: str) -> SegDeskError:
    """The error for files that do not make the card's model."""
    return SegDeskError(
        "The files of {model} cannot be used: {reason}.",
        "Download them again, or choose the folder that was made for this model.",
        model=card.name.en,
        reason=reason.rstrip("."),
    )
