"""The models that can be chosen, where their weights are, and the request that the engine needs to run one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from segdesk.app.model_search import Listing, entries_of
from segdesk.app.refinements import effective
from segdesk.app.worded import worded
from segdesk.domain.card import PICTURE_TASKS, ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging, RunOptions
from segdesk.engines.messages import PredictRequest, onnx_available, transformers_available
from segdesk.io import weights
from segdesk.io.cards import BrokenCard, find_card, load_cards
from segdesk.io.weights import WeightsStatus
from segdesk.paths import models_dir, user_config_dir

_ORDER = ("untrained", "missing", "download", "here", "shipped", "not_needed")  # the worst first


# Options that came later, with what they are where they do nothing: runs from before them are equal.
LATER: Mapping[str, object] = {"stuff_area": 0, "mask_threshold": 0.5, "quality": "exact", "off": ()}


# Kinds of nets that an optional extra runs.
_EXTRAS = {
    "transformers": ("transformers", "sam2", "sam", "clipseg", "grounding_dino"),
    "onnx": ("onnx",),
}


def missing_extra(card: ModelCard) -> str:
    """What a person must install before the model can run: 'pip install "segdesk[transformers]"'; "" if nothing."""
    extra = next((name for name, types in _EXTRAS.items() if card.net.type in types), "")
    return "" if not extra or _installed(extra) else f'pip install "segdesk[{extra}]"'


def own_models_dir() -> Path:
    """The folder of the person's own cards and weights, which may not exist yet."""
    return user_config_dir() / "models"


@cache
def _installed(extra: str) -> bool:
    return transformers_available() if extra == "transformers" else onnx_available()


@dataclass(frozen=True, eq=False)
class RunPlan:
    """A model with all that a run of it needs; made once, so that a change of the settings cannot split a run."""

    card: ModelCard
    options: RunOptions
    device: str
    weights: Mapping[str, str]
    parts: Mapping[str, ModelCard]
    matching: Mapping[str, object] = field(default_factory=dict)  # see ClassBook.record

    def request(self, key: str, image: np.ndarray | None, full_size: tuple[int, int] | None = None) -> PredictRequest:
        """The request for one picture; `full_size`: its (H, W) where `image` is a reduced copy."""
        return PredictRequest(
            key,
            self.card,
            image,
            weights=self.weights,
            parts=self.parts,
            options=self.options,
            device=self.device,
            full_size=full_size,
        )

    def record(self) -> dict[str, object]:
        """What the project keeps of the run, as JSON values: equal records give equal answers."""
        flip = {"flip": True} if self.options.flip else {}  # left out where it is off: runs from before it are equal
        average, stack = self.options.average, effective(self.options.stack, self.card)
        return {
            **self.matching,
            **flip,
            **({"average": asdict(average)} if average != Averaging() else {}),
            **({"stack": stack.record()} if stack else {}),
            "decide": _without_later(asdict(self.options.decide)),
            "crf": _without_later(asdict(self.options.crf)) if self.options.crf else None,
            "weights": {i: _hash(c) for i, c in {self.card.id: self.card, **self.parts}.items() if c.weights},
        }


def _without_later(options: dict[str, object]) -> dict[str, object]:
    return {k: v for k, v in options.items() if LATER.get(k) != v}


def _hash(card: ModelCard) -> str:
    return card.weights.sha256 or card.weights.md5 if card.weights else ""


@dataclass(frozen=True, eq=False)
class _Cards:
    """What `load_cards` gave after so many reloads; all cards, or (`cards` empty) those that were asked for before."""

    turn: int
    cards: list[ModelCard]
    broken: list[BrokenCard]
    by_id: dict[str, ModelCard]


class Models:
    """The cards of the program, of the user's configuration folder and of the model folders; later ones win."""

    def __init__(self, model_folders: Sequence[Path] = ()) -> None:
        self.folders = tuple(model_folders)
        self._lock = threading.RLock()  # of reading all cards; who asks for one does not wait for it
        self._turn = 0
        self._read: _Cards | None = None
        self._single = _Cards(0, [], [], {})
        self._listed: tuple[_Cards, dict[str, WeightsStatus], Listing] | None = None

    def reload(self) -> None:
        """Read the cards again, when they are next asked for. What is being read just now no longer counts."""
        self._turn += 1

    @property
    def cards(self) -> list[ModelCard]:
        """All usable cards. Reads all card files at the first call."""
        return self._all().cards

    @property
    def broken(self) -> list[BrokenCard]:
        """Card files that cannot be used."""
        return self._all().broken

    def _all(self) -> _Cards:
        with self._lock:
            known = self._now()
            if known is None:
                turn = self._turn
                cards, broken = load_cards(self._card_folders())
                known = self._read = _Cards(turn, cards, broken, {card.id: card for card in cards})
            return known

    def _now(self) -> _Cards | None:
        """All cards, if they have been read since the last reload."""
        known = self._read
        return known if known is not None and known.turn == self._turn else None

    def _card_folders(self) -> list[Path]:
        return [models_dir(), own_models_dir(), *self.folders]

    def _weights_folders(self) -> list[Path]:
        return [*self.folders, own_models_dir()]

    def listing(self) -> Listing:
        """All models and where their weights are, the same object as long as nothing has changed. May take a tenth of a
        second: for a worker thread."""
        known = self._all()
        single = weights.statuses(known.cards, self._weights_folders())
        whole = {card.id: self.status(card.id) for card in known.cards if card.parts}
        statuses = {**single, **whole}
        last = self._listed
        if last is None or last[0] is not known or last[1] != statuses:
            last = self._listed = known, statuses, Listing(entries_of(known.cards, statuses), tuple(known.broken))
        return last[2]

    def find(self, card_id: str) -> ModelCard | None:
        """The card with this id; "ID:WORDS" is a model of words with the words as its classes. As long as nothing
        needed all cards, only the files that name it are read."""
        with suppress(SegDeskError):  # words, and no model that takes them
            return self._worded(card_id)
        return None

    def _worded(self, card_id: str) -> ModelCard | None:
        base, with_words, words = card_id.partition(":")
        card = self._find(base)
        return card if card is None or not with_words else worded(card, words)

    def _find(self, card_id: str) -> ModelCard | None:
        known = self._now()
        if known is None and card_id:  # reading all takes a second, and the window asks at every change
            single = self._single
            if single.turn != self._turn:
                single = self._single = _Cards(self._turn, [], [], {})
            card = single.by_id.get(card_id) or find_card(self._card_folders(), card_id)
            if card is not None:
                single.by_id[card_id] = card
                return card
        return (known or self._all()).by_id.get(card_id) if card_id else None

    def get(self, card_id: str) -> ModelCard:
        """The card with this id, with words where it has some; raises `SegDeskError` if there is none."""
        card = self._worded(card_id)
        if card is None:
            raise SegDeskError(
                "There is no model called {model}.", "Choose one from the list of models.", model=card_id or "?"
            )
        return card

    def parts(self, card: ModelCard) -> dict[str, ModelCard]:
        """The cards that a merged model is made of."""
        return {part: self.get(part) for part in card.parts}

    def with_weights(self, card: ModelCard) -> list[ModelCard]:
        """The card and its parts, as far as they need weights."""
        return [c for c in (card, *self.parts(card).values()) if c.weights is not None]

    def status(self, card_id: str) -> WeightsStatus:
        """Where the weights are; of a merged model the worst of its parts, with the bytes of all that are not here."""
        found = [weights.status(c, self._weights_folders()) for c in self.with_weights(self.get(card_id))]
        if not found:
            return WeightsStatus("not_needed")
        worst = min(found, key=lambda s: _ORDER.index(s.kind))
        if worst.kind in ("untrained", "missing", "download"):
            return WeightsStatus(worst.kind, None, sum(s.bytes for s in found if s.path is None))
        return worst

    def plan(self, card_id: str, options: RunOptions, device: str) -> RunPlan:
        """Everything for a run. Raises `SegDeskError` if the model is unknown or its weights are not here."""
        card = self.get(card_id)
        if card.task not in PICTURE_TASKS:
            raise _not_for_pictures(card)
        return self._plan(card, options, device)

    def plan_other(self, card_id: str, device: str) -> RunPlan:
        """The same for a model that is not run on pictures: of clicks, words or points."""
        return self._plan(self.get(card_id), RunOptions(), device)

    def _plan(self, card: ModelCard, options: RunOptions, device: str) -> RunPlan:
        files = {}
        for part in self.with_weights(card):
            status = weights.status(part, self._weights_folders())
            if status.path is None:
                raise _not_here(part, status)
            files[part.id] = str(status.path)
        return RunPlan(card, options, device, files, self.parts(card))

    def download(self, card_id: str, progress: Callable[[int, int], None], cancelled: Callable[[], bool]) -> list[Path]:
        """Fetch the weights that are not here into the first model folder (or the cache); `progress` in bytes over all
        of them. Blocks."""
        needed = [
            c for c in self.with_weights(self.get(card_id)) if weights.status(c, self._weights_folders()).path is None
        ]
        total, before, paths = sum(c.weights.bytes for c in needed if c.weights), 0, []
        for card in needed:
            start = before

            def part(done: int, _size: int, start: int = start) -> None:
                progress(start + done, max(total, start + done))

            paths.append(weights.download(card, self._home(), progress=part, cancelled=cancelled))
            before += paths[-1].stat().st_size
        return paths

    def _home(self) -> Path:
        """Where new weights files go."""
        return self.folders[0] if self.folders else weights.weights_cache()

    def adopt(self, card_id: str, file: Path) -> Path:
        """Take a weights file into the first model folder (or the cache). Of a merged model, whichever part it fits."""
        folder = self._home()
        candidates = self.with_weights(self.get(card_id))
        error = SegDeskError("The model {model} needs no weights file.", model=card_id)
        for card in candidates:
            try:
                return weights.adopt(card, file, folder)
            except SegDeskError as problem:
                error = problem
        raise error


def _not_for_pictures(card: ModelCard) -> SegDeskError:
    if card.task == "points":
        return SegDeskError(
            "The model {model} is for point clouds, not for pictures.",
            "Use it on the command line: segdesk points FILE --model {id}",
            model=card.name.en,
            id=card.id,
        )
    return SegDeskError(
        "The model {model} answers clicks and words; it cannot be run on whole pictures.",
        "Choose it in the row of the tool Clicks (S).",
        model=card.name.en,
    )


def _not_here(card: ModelCard, status: WeightsStatus) -> SegDeskError:
    name = card.weights.file if card.weights else ""
    if status.kind == "download":
        return SegDeskError(
            "The weights of {model} are not on this machine.",
            "Download them, or copy the file {file} into a model folder.",
            model=card.name.en,
            file=name,
        )
    if status.kind == "untrained":
        return SegDeskError(
            "There are no public weights of {model}: as it is, it would answer with noise.",
            "Train it on labelled pictures, or choose a weights file of your own with “Locate file”.",
            model=card.name.en,
        )
    return SegDeskError(
        "The weights of {model} are not on this machine and cannot be downloaded.",
        "Choose the file {file} with “Locate file”, or copy it into a model folder.",
        model=card.name.en,
        file=name,
    )
