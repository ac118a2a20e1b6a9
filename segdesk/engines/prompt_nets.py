"""Models that point out objects: SAM and SAM 2 by clicks and a box, CLIPSeg by words, Grounding DINO by words through
SAM. Each encodes a picture once and answers any number of questions about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import nn

from segdesk.domain.card import InputSpec, ModelCard
from segdesk.domain.errors import SegDeskError
from segdesk.domain.rle import Rle
from segdesk.engines import transformers_model as folders
from segdesk.engines.inputs import prepare, tensor
from segdesk.engines.masks import Axis, traced
from segdesk.engines.messages import PromptRequest, Proposed

SAM_SPEC = InputSpec(pad="zero")  # mean and std of ImageNet
CLIPSEG_THRESHOLDS = (0.4, 0.25, 0.6)  # probabilities from which a pixel counts, for the candidates in their order
DETECTED = 0.3  # score from which a box of Grounding DINO counts
MOST_BOXES = 100

Point = tuple[float, float]
Box = tuple[float, float, float, float]
Tokenizer = Callable[..., dict[str, torch.Tensor]]

ALSO = {"Sam2Model": ("Sam2VideoModel",)}  # further classes whose folders hold what a class needs
TOKENS = {  # the files that a tokenizer needs, one set of these
    "CLIPTokenizer": (("vocab.json", "merges.txt"), ("tokenizer.json",)),
    "BertTokenizer": (("vocab.txt",), ("tokenizer.json",)),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """A picture that a model has encoded.

    `features`: what it made of it. `size`: (H, W) of the picture, `input_size`: (h, w) of the resized one in the upper
    left of the net's input, whose size is `net_size`. `other`: the same picture seen by a second model.
    """

    features: tuple[torch.Tensor, ...]
    size: tuple[int, int]
    input_size: tuple[int, int]
    net_size: tuple[int, int]
    other: Seen | None = None

    @property
    def nbytes(self) -> int:
        """Memory that it holds, on whatever device."""
        own = sum(f.element_size() * f.nelement() for f in self.features)
        return own + (self.other.nbytes if self.other is not None else 0)

    def traced(self, values: torch.Tensor, threshold: float) -> Rle | None:
        """The pixels of the picture where the (h', w') map over the net's input is above the threshold."""
        cells = values.float().cpu().numpy()
        parts = [cells.shape[i] * self.input_size[i] / self.net_size[i] for i in (0, 1)]
        rows, cols = (Axis.over(self.size[i], parts[i]) for i in (0, 1))
        return traced(cells, threshold, rows, cols, size=self.size)


class Pointer(Protocol):
    """A model that answers prompts. `modules`: what runs; `encoders`: what looks at pictures alone."""

    @property
    def encoders(self) -> tuple[nn.Module, ...]:
        """Nets."""
        ...

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """The nets."""
        ...

    def encode(self, image: np.ndarray) -> Seen:
        """Look at an (H, W, 3) uint8 RGB picture."""
        ...

    def answer(self, seen: Seen, request: PromptRequest) -> list[Proposed]:
        """The candidates, best first."""
        ...


class Clicks:
    """SAM (pads the picture to a square) or SAM 2 (squeezes it), by clicks and a box."""

    def __init__(self, model: nn.Module, *, squeezes: bool) -> None:
        self.model = model
        side = _side(model.config.prompt_encoder_config.image_size)  # type: ignore[union-attr]  # of the library
        self.spec = replace(SAM_SPEC, fit=f"square:{side}" if squeezes else f"long:{side}", multiple=side)
        self.grows = not squeezes

    @property
    def encoders(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return (self.model.vision_encoder,)  # type: ignore[return-value]  # of the library

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return (self.model,)

    def encode(self, image: np.ndarray) -> Seen:
        """See `Pointer`."""
        spec = _grown(self.spec, image) if self.grows else self.spec
        x, seen = _looked(image, spec, self.model)
        found = self.model.get_image_embeddings(x)  # type: ignore[operator]
        return replace(seen, features=(found,) if isinstance(found, torch.Tensor) else tuple(found))

    def answer(self, seen: Seen, request: PromptRequest) -> list[Proposed]:
        """Three candidates, fewer where one is empty. A single click may mean a part or the whole, so that the three
        come by score; with a box or several clicks the model's answer for clear cases comes first."""
        points = [(p, 1) for p in request.plus] + [(p, 0) for p in request.minus]
        boxes = [] if request.box is None else [request.box]
        three = self._masks(seen, points, boxes, several=True)
        three.sort(key=lambda found: -found[1])
        if boxes or len(points) > 1:
            three = [*self._masks(seen, points, boxes, several=False), *three]
        return _unlike(_proposed(seen, three))[:3]

    def objects(self, seen: Seen, boxes: Sequence[Box]) -> list[Proposed]:
        """The object in each box (x0, y0, x1, y1) of the picture; boxes without one are left out."""
        return [one for box in boxes for one in _proposed(seen, self._masks(seen, [], [box], several=False))]

    def _masks(
        self, seen: Seen, points: Sequence[tuple[Point, int]], boxes: Sequence[Box], *, several: bool
    ) -> list[tuple[torch.Tensor, float]]:
        """(logits (h', w'), score) of the masks."""
        device = seen.features[0].device
        scale = torch.tensor([seen.input_size[1] / seen.size[1], seen.input_size[0] / seen.size[0]], device=device)
        asked: dict[str, object] = {"multimask_output": several}
        if points:  # the model adds half a pixel, as its points are whole pixels
            where = torch.tensor([p for p, _ in points], device=device, dtype=torch.float32) * scale - 0.5
            asked["input_points"] = where[None, None]
            asked["input_labels"] = torch.tensor([label for _, label in points], device=device)[None, None]
        if boxes:
            corners = torch.tensor(boxes, device=device, dtype=torch.float32).view(1, -1, 2, 2) * scale - 0.5
            asked["input_boxes"] = corners.view(1, -1, 4)
        features = seen.features[0] if len(seen.features) == 1 else list(seen.features)
        found = self.model(image_embeddings=features, **asked)
        return list(zip(found.pred_masks[0, 0], found.iou_scores[0, 0].clamp(0, 1).tolist(), strict=True))


class Words:
    """CLIPSeg: how much each pixel is like some words. The candidates differ in how strictly they are taken."""

    def __init__(self, model: nn.Module, tokenizer: Tokenizer, card: ModelCard) -> None:
        self.model = model
        self.tokenizer = tokenizer
        side = int(card.net.options.get("side", 352))  # type: ignore[call-overload]  # checked by int
        self.spec = InputSpec(fit=f"square:{side}")

    @property
    def encoders(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return (self.model.clip.vision_model,)  # type: ignore[union-attr, return-value]  # of the library

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return (self.model,)

    def encode(self, image: np.ndarray) -> Seen:
        """See `Pointer`."""
        x, seen = _looked(image, self.spec, self.model)
        return replace(seen, features=self.features(x))

    def features(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What the encoder makes of (N, 3, h, w) pictures, normalised."""
        clip = self.model.clip
        found = clip.get_image_features(pixel_values=x, output_hidden_states=True, interpolate_pos_encoding=True)  # type: ignore[operator, union-attr]
        return tuple(found.hidden_states[i + 1] for i in self.model.extract_layers)  # type: ignore[union-attr]

    def asked(self, phrases: Sequence[str]) -> torch.Tensor:
        """(n, D) of n phrases."""
        device = next(self.model.parameters()).device
        made = []
        for phrase in phrases:
            words = self.tokenizer([phrase], truncation=True, max_length=77, return_tensors="pt")
            words = {name: value.to(device) for name, value in words.items()}
            made.append(self.model.get_conditional_embeddings(batch_size=1, **words))  # type: ignore[operator]
        return torch.cat(made)

    def logits(self, features: Sequence[torch.Tensor], asked: torch.Tensor) -> torch.Tensor:
        """(N, h, w) of N pictures, each asked for its row of (N, D)."""
        found = self.model.decoder(list(features), asked).logits  # type: ignore[operator]
        return found.reshape(len(asked), *found.shape[-2:])

    def likeness(self, seen: Seen, phrases: Sequence[str]) -> torch.Tensor:
        """(n, h', w') probabilities that a pixel shows what each of n phrases says."""
        return torch.cat([self.logits(seen.features, one) for one in self.asked(phrases).split(1)]).sigmoid()

    def answer(self, seen: Seen, request: PromptRequest) -> list[Proposed]:
        """See `Pointer`; several phrases are separated by commas, and any of them will do."""
        likeness = self.likeness(seen, phrases(request.text)).amax(dim=0)
        found = []
        for threshold in CLIPSEG_THRESHOLDS:
            mask = seen.traced(likeness, threshold)
            if mask is not None:
                found.append(Proposed((mask,), float(likeness[likeness > threshold].mean())))
        return found


class WordsToBoxes:
    """Grounding DINO finds boxes for words, and SAM the object in each. The first candidate is all of them, the others
    are each alone."""

    def __init__(self, model: nn.Module, tokenizer: Tokenizer, clicks: Clicks) -> None:
        self.model = model
        self.tokenizer = tokenizer
        self.clicks = clicks
        self.spec = InputSpec(fit="short:800/1333")

    @property
    def encoders(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return self.clicks.encoders

    @property
    def modules(self) -> tuple[nn.Module, ...]:
        """See `Pointer`."""
        return (self.model, self.clicks.model)

    def encode(self, image: np.ndarray) -> Seen:
        """The detector looks at picture and words together, so that only its input is kept."""
        x, seen = _looked(image, self.spec, self.model)
        return replace(seen, features=(x,), other=self.clicks.encode(image))

    def answer(self, seen: Seen, request: PromptRequest) -> list[Proposed]:
        """See `Pointer`."""
        words = self.tokenizer([". ".join(phrases(request.text)).lower() + "."], return_tensors="pt")
        device = seen.features[0].device
        found = self.model(pixel_values=seen.features[0], **{name: value.to(device) for name, value in words.items()})
        scores = found.logits[0].sigmoid().amax(dim=-1)  # (queries,)
        best = scores.argsort(descending=True)[:MOST_BOXES]
        best = best[scores[best] > DETECTED]
        middle, span = found.pred_boxes[0, best].split(2, dim=1)
        height, width = seen.size
        corners = torch.cat([middle - span / 2, middle + span / 2], 1) * torch.tensor(
            [width, height, width, height], device=device
        )
        assert seen.other is not None
        each = []
        for corner, score in zip(corners.tolist(), scores[best].tolist(), strict=True):
            for one in self.clicks.objects(seen.other, [tuple(corner)]):
                each.append(replace(one, score=score))
        if len(each) < 2:
            return each
        return [Proposed(tuple(mask for one in each for mask in one.masks), each[0].score), *each]


def phrases(text: str) -> list[str]:
    """The phrases of a text, which commas or full stops separate."""
    return [phrase.strip() for phrase in text.replace(".", ",").split(",") if phrase.strip()]


def load(card: ModelCard, request: PromptRequest, device: torch.device) -> Pointer:
    """The card's model with its weights, on the device. Raises `SegDeskError`."""
    kind = card.net.type
    if kind in ("sam", "sam2"):
        model = _model(card, request, device, "Sam2Model" if kind == "sam2" else "SamModel")
        return Clicks(model, squeezes=kind == "sam2")
    if kind == "clipseg":
        model = _model(card, request, device, "CLIPSegForImageSegmentation")
        return Words(model, _tokenizer(card, request, "CLIPTokenizer"), card)
    if kind == "grounding_dino":
        part = load(request.parts[card.parts[0]], request, device)
        assert isinstance(part, Clicks)
        model = _model(card, request, device, "GroundingDinoForObjectDetection")
        return WordsToBoxes(model, _tokenizer(card, request, "BertTokenizer"), part)
    raise SegDeskError(
        "The model {model} does not answer clicks or words.",
        "Choose another one in the row of the tool.",
        model=card.name.en,
    )


def _path(card: ModelCard, request: PromptRequest) -> Path:
    path = request.weights.get(card.id)
    if path is None:
        raise SegDeskError(
            "The weights of {model} are not here yet.",
            "Download them, or choose the file with “Locate file”.",
            model=card.name.en,
        )
    return Path(path)


def _model(card: ModelCard, request: PromptRequest, device: torch.device, name: str) -> nn.Module:
    """The library's model of a folder. SAM 2.1 is published as a model of films; its part for pictures is taken."""
    model = folders.folder_model(folders.library(), card, _path(card, request), name, also=ALSO.get(name, ()))
    return model.eval().requires_grad_(False).to(device)


def _tokenizer(card: ModelCard, request: PromptRequest, name: str) -> Tokenizer:
    path = _path(card, request)
    if not any(all((path / file).is_file() for file in files) for files in TOKENS[name]):
        raise folders.unfit(card, "the vocabulary is missing")  # the library would take an empty one
    try:
        return getattr(folders.library(), name).from_pretrained(str(path), local_files_only=True)
    except Exception as error:  # the library's errors have no common class but Exception
        raise folders.unfit(card, "the vocabulary is damaged") from error


def _looked(image: np.ndarray, spec: InputSpec, model: nn.Module) -> tuple[torch.Tensor, Seen]:
    """The net's input, and what is known of it."""
    prepared = prepare(image, spec)
    x = tensor(prepared.pixels, spec, next(model.parameters()).device)
    return x, Seen((), prepared.size, prepared.input_size, (x.shape[2], x.shape[3]))


def _grown(spec: InputSpec, image: np.ndarray) -> InputSpec:
    """SAM enlarges small pictures too: the resize whose longer side is the net's, up or down."""
    height, width = image.shape[:2]
    short = max(1, round(spec.multiple * min(height, width) / max(height, width)))
    return replace(spec, fit=f"short:{short}/{spec.multiple}")


def _proposed(seen: Seen, found: Sequence[tuple[torch.Tensor, float]]) -> list[Proposed]:
    traced = [(seen.traced(logits, 0.0), score) for logits, score in found]
    return [Proposed((mask,), score) for mask, score in traced if mask is not None]


def _unlike(found: Sequence[Proposed]) -> list[Proposed]:
    """Those whose masks differ from all before them."""
    return [one for at, one in enumerate(found) if all(one.masks != other.masks for other in found[:at])]


def _side(value: object) -> int:
    return int(value if isinstance(value, int) else value[0])  # type: ignore[index]  # a pair in some configurations
