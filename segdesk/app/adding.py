"""Adding a model from a file that a person has: look into it, try a card for it, save card and weights. No torch."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from segdesk.app.card_text import card_text
from segdesk.app.desk import Desk
from segdesk.app.jobs import Context
from segdesk.app.models import Models
from segdesk.app.workers import Workers
from segdesk.domain.card import InputSpec, ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.text import N_
from segdesk.engines.messages import Answer, Inspected, InspectRequest, PredictRequest
from segdesk.io import atomic
from segdesk.io.cards import read_cards
from segdesk.io.class_presets import preset_names
from segdesk.paths import resources_dir, user_config_dir

SUFFIXES = (".pth", ".pt", ".ckpt", ".pkl", ".safetensors", ".onnx", ".bin", ".npz", ".pt2", ".pth.tar")
PREVIEW_SIDE = 640  # pixels: the longer side of the picture that a card is tried on
BLOCK = 1 << 20
GROUP = "Added"
_BACKGROUND = ("background", "__background__", "_background_", "bg", "unlabeled", "unlabelled", "void")

Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Choice:
    """What a person decides of a model that the file does not tell.

    `candidate`: which of the nets that fit. `stride` 0 = as the net is usually built. `classes`: "" = the file's names
    (numbers where it has none), the name of a preset, or names separated by commas. `copy`: whether the weights are
    copied, else linked to.
    """

    name: str
    candidate: int = 0
    stride: int = 0
    align_corners: bool = False
    input: InputSpec = field(default_factory=InputSpec)
    classes: str = ""
    copy: bool = True


@dataclass(frozen=True, eq=False)
class Tried:
    """A card tried on a picture: the picture as it was given to the model, (H, W, 3) uint8 RGB, and the answer."""

    picture: np.ndarray
    answer: Answer


def looks_like_model(path: Path) -> bool:
    """Whether a dropped file or folder is for `inspect`: by its ending, a folder by the files in it."""
    if path.name.casefold().endswith(SUFFIXES):
        return True
    if not path.is_dir():
        return False
    known = ("model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json")
    return any((path / name).is_file() for name in known)


def first_choice(found: Inspected) -> Choice:
    """What is likely: what the file tells, else the usual."""
    stem = Path(found.path).name
    for suffix in SUFFIXES:
        stem = stem.removesuffix(suffix)
    known = presets(found.num_classes)
    # Names alone do not tell things from stuff.
    usual = known[0] if known and (not found.names or found.task == "panoptic") else ""
    candidate = found.candidates[0] if found.candidates else None
    stride = found.stride if candidate is not None and found.stride in candidate.strides else 0
    return Choice(stem, stride=stride, align_corners=found.align_corners, input=found.input, classes=usual)


# -- classes -------------------------------------------------------------------------------------------------------


def presets(channels: int) -> list[str]:
    """The class lists with so many channels, by name."""
    return [name for name, count in _preset_sizes().items() if count == channels]


@cache
def _preset_sizes() -> dict[str, int]:
    folder = resources_dir() / "classes"
    tables = {n: tomllib.loads((folder / f"{n}.toml").read_text(encoding="utf-8")) for n in preset_names()}
    return {name: len(table.get("names", [])) for name, table in tables.items()}


def class_table(found: Inspected, classes: str) -> dict[str, object]:
    """A card's [classes]. Raises `SegDeskError` where the number of names is not the net's."""
    if classes in _preset_sizes():
        if _preset_sizes()[classes] != found.num_classes:
            raise _wrong_number(_preset_sizes()[classes], found.num_classes)
        return {"preset": classes}
    names: Sequence[str] = [part.strip() for part in classes.split(",")] if classes else found.names
    if not names:
        names = [f"class {i}" for i in range(max(1, found.num_classes))]
        names = ["background", *names[1:]] if found.background else names
    elif found.background and len(names) == found.num_classes - 1:
        names = ["background", *names]
    if len(names) != max(1, found.num_classes):
        raise _wrong_number(len(names), found.num_classes)
    distinct = _distinct(names, background=found.background or found.task == "semantic")
    result: dict[str, object] = {"names": distinct, **_things(found, distinct)}
    if found.colors and not classes:
        real = [color for name, color in zip(distinct, found.colors, strict=True) if name]
        result["colors"] = ["#{:02x}{:02x}{:02x}".format(*color) for color in real]
    return result


def _things(found: Inspected, names: Sequence[str]) -> dict[str, object]:
    """Which classes are things: all of a net that finds objects, the first of one with a classifier for stuff; else
    those that some class list knows as things, all if it knows none."""
    if found.task == "semantic":
        return {}
    stuff = found.candidates[0].options.get("stuff") if found.candidates else None
    if found.task == "panoptic" and isinstance(stuff, int):
        return {"things": [name for name in names[: len(names) - stuff] if name]}
    known = [name for name in names if name.casefold() in _known_things()] if found.task == "panoptic" else []
    return {"things": known or "all"}


@cache
def _known_things() -> frozenset[str]:
    folder = resources_dir() / "classes"
    tables = (tomllib.loads((folder / f"{n}.toml").read_text(encoding="utf-8")) for n in preset_names())
    lists = (table.get("things", []) for table in tables)
    return frozenset(name.casefold() for things in lists if isinstance(things, list) for name in things)


def _distinct(names: Sequence[str], *, background: bool) -> list[str]:
    """Names as a card takes them: "" for the background, if channel 0 may be that, none twice."""
    seen: set[str] = set()
    result = []
    for at, name in enumerate(names):
        if at == 0 and background and name.casefold() in _BACKGROUND:
            result.append("")
            continue
        wanted = base = name.strip() or f"class {at}"
        number = 2
        while wanted.casefold() in seen:
            wanted, number = f"{base} {number}", number + 1
        seen.add(wanted.casefold())
        result.append(wanted)
    return result


def _wrong_number(given: int, wanted: int) -> SegDeskError:
    return SegDeskError(
        "The model tells {wanted} classes apart, but {given} names were given.",
        "Choose another list, or leave it out to have the classes numbered.",
        wanted=wanted,
        given=given,
    )


# -- the card ------------------------------------------------------------------------------------------------------


def card_table(found: Inspected, choice: Choice, card_id: str, file: str) -> dict[str, object]:
    """The card as a table for `card_text`. `file`: the name of its weights. Raises `SegDeskError`."""
    if not found.candidates:
        raise SegDeskError(
            "The file {file} is a TorchScript program, which runs only with your consent.",
            "Agree to it in the dialog, or with --yes on the command line.",
            file=Path(found.path).name,
        )
    net = found.candidates[choice.candidate]
    options: dict[str, object] = dict(net.options)
    if choice.stride and choice.stride != next(iter(net.strides), 0):
        encoder = options.get("encoder_options", {})
        options["encoder_options"] = {
            **(encoder if isinstance(encoder, Mapping) else {}),
            "output_stride": choice.stride,
        }
    if choice.align_corners and net.aligns:
        options["align_corners"] = True
    spec = choice.input
    return {
        "id": card_id,
        "name": choice.name,
        "task": found.task,
        "group": GROUP,
        "system": net.title,
        "parameters": found.parameters,
        "about": {"en": "Added from a file.", "zh": "从文件添加。"},
        "net": {"type": net.type, "options": options},
        "input": {
            "mean": spec.mean,
            "std": spec.std,
            "order": spec.order,
            "fit": spec.fit,
            "multiple": spec.multiple,
            "pad": spec.pad,
        },
        "classes": class_table(found, choice.classes),
        "decide": found.decide,
        "weights": {"file": file, "layout": net.layout, **_folder_files(found)},
    }


def _folder_files(found: Inspected) -> dict[str, object]:
    """The files that make a model whose weights are a folder; other models are of one file."""
    if found.kind != "folder":
        return {}
    return {"files": _folder_names(found)}


def _folder_names(found: Inspected) -> list[str]:
    names = (path.name for path in sorted(Path(found.file).iterdir()) if path.is_file())
    return [name for name in names if name.endswith((".json", ".txt", ".safetensors", ".bin"))]


def card_of(table: Mapping[str, object]) -> ModelCard:
    """The card that a table makes, read as its file would be. Raises `SegDeskError`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card.toml"
        path.write_text(card_text(table), encoding="utf-8")
        return read_cards(path)[0]


def free_id(name: str, taken: Callable[[str], object]) -> str:
    """An id for a new card, from its name: small letters, digits and hyphens, not taken yet."""
    base = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")[:60] or "model"
    result, number = base, 2
    while taken(result):
        result, number = f"{base}-{number}", number + 1
    return result


def home() -> Path:
    """Where added cards and their weights lie."""
    return user_config_dir() / "models"


# -- weights -------------------------------------------------------------------------------------------------------


def bring(found: Inspected, stem: str, folder: Path, *, copy: bool, ctx: Context) -> tuple[str, str]:
    """Copy the weights into `folder`, or link to them there; returns (file name, sha256, "" of a link). A list of
    parts comes with its parts. Raises `SegDeskError`; `Cancelled` leaves nothing behind."""
    source = Path(found.file)
    place = _copied if copy else _linked
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            (folder / stem).mkdir(exist_ok=True)
            place([(source / str(name), folder / stem / str(name)) for name in _folder_names(found)], ctx)
            return stem, ""
        if not source.name.endswith(".index.json"):
            suffix = next((s for s in SUFFIXES if source.name.casefold().endswith(s)), ".pth")
            return f"{stem}{suffix}", place([(source, folder / f"{stem}{suffix}")], ctx)
        index = json.loads(source.read_text(encoding="utf-8"))
        parts = sorted(set(index["weight_map"].values()))
        names = {part: f"{stem}-{at}{Path(part).suffix}" for at, part in enumerate(parts, 1)}
        place([(source.parent / part, folder / name) for part, name in names.items()], ctx)
        table = {"weight_map": {key: names[part] for key, part in index["weight_map"].items()}}
        atomic.write_text(folder / f"{stem}.index.json", json.dumps(table))
        return f"{stem}.index.json", ""
    except OSError as error:
        raise atomic.explain_os_error(error, folder) from error


def _copied(pairs: list[tuple[Path, Path]], ctx: Context) -> str:
    """The files under their new names, all or none; the sha256 of the last."""
    total, done, digest = sum(source.stat().st_size for source, _ in pairs), 0, hashlib.sha256()
    made: list[Path] = []
    try:
        for source, target in pairs:
            part, digest = target.with_name(f".{target.name}.part"), hashlib.sha256()
            made.append(part)
            with source.open("rb") as reading, part.open("wb") as writing:
                while block := reading.read(BLOCK):
                    ctx.check()
                    writing.write(block)
                    digest.update(block)
                    done += len(block)
                    ctx.progress(done, total, target.name)
            os.replace(part, target)
            made[-1] = target
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def _linked(pairs: list[tuple[Path, Path]], ctx: Context) -> str:
    """Links to the files where they are: symbolic ones, else (Windows) hard ones."""
    for source, target in pairs:
        try:
            os.symlink(source.absolute(), target)
        except OSError:
            try:
                os.link(source, target)
            except OSError as error:
                raise SegDeskError(
                    "No link to {file} can be made here.", "Let the file be copied instead.", file=source.name
                ) from error
    return ""


# -- the verbs -----------------------------------------------------------------------------------------------------


class Adding:
    """Verbs of `Session.adding`; called from the session's thread."""

    def __init__(self, desk: Desk, workers: Workers, models: Models) -> None:
        self._desk = desk
        self._workers = workers
        self._models = models

    def is_model(self, path: Path) -> int:
        """Look whether a path is for `inspect`. Done value: bool."""
        return self._workers.submit("files", N_("Looking at what was dropped"), lambda ctx: looks_like_model(path))

    def inspect(self, path: Path, *, run_program: bool = False, arch: str = "") -> int:
        """What a file or folder holds. Done value: `Inspected`. The latest call wins."""
        request = InspectRequest(str(path.absolute()), run_program, arch)

        def run(ctx: Context) -> Inspected:
            _preset_sizes()  # read here, so that the dialog need not
            return self._desk.engine.inspect(request, ctx.cancelled)

        return self._workers.submit("files", N_("Reading the model"), run, key="inspect")

    def preview(self, found: Inspected, choice: Choice, picture_id: int) -> int:
        """Try a card on a picture, made smaller. Done value: `Tried`. The latest call wins."""
        opened = self._desk.opened()

        def run(ctx: Context) -> Tried:
            card = card_of(card_table(found, choice, "preview", Path(found.file).name))
            picture = reduced(self._desk.prefetch.get(opened.path_of(picture_id)))
            ctx.check()
            request = PredictRequest(f"preview {picture_id}", card, picture, weights={card.id: found.file})
            answer = self._desk.engine.answer(request, ctx.cancelled)
            if not isinstance(answer, Answer):
                raise SegDeskError("The model gave no answer for this picture.", "Try again.")
            return Tried(picture, answer)

        return self._workers.submit("files", N_("Trying the model"), run, key="preview")

    def save(self, found: Inspected, choice: Choice) -> int:
        """Save card and weights into the person's models. Done value: the card's id; then `Session.use_settings`
        shows it."""

        def run(ctx: Context) -> str:
            folder = home()
            card_id = free_id(choice.name, lambda i: self._models.find(i) or (folder / f"{i}.toml").exists())
            card_of(card_table(found, choice, card_id, f"{card_id}.pth"))  # faults show before anything is written
            file, sha256 = bring(found, card_id, folder, copy=choice.copy, ctx=ctx)
            table = card_table(found, choice, card_id, file)
            spec = table["weights"]
            assert isinstance(spec, dict)
            if sha256:
                spec["sha256"] = sha256
            atomic.write_text(folder / f"{card_id}.toml", card_text(table))
            self._models.reload()
            return card_id

        return self._workers.submit("network", N_("Adding the model"), run, lane="interactive")


def reduced(picture: np.ndarray) -> np.ndarray:
    """The picture with its longer side at most `PREVIEW_SIDE`."""
    height, width = picture.shape[:2]
    share = PREVIEW_SIDE / max(height, width)
    if share >= 1:
        return picture
    size = max(1, round(width * share)), max(1, round(height * share))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
