"""Models that answer clicks and words: the picture is encoded once, masks lie where the model says, and it can be
stopped. The models are the library's own, tiny and with random weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from segdesk.domain.card import NetSpec
from segdesk.domain.errors import Cancelled, SegDeskError
from segdesk.domain.rle import decode
from segdesk.engines.messages import NotKept, PromptAnswer, PromptRequest
from segdesk.engines.prompt_nets import Clicks, Words, WordsToBoxes, phrases
from segdesk.engines.prompting import Prompting

transformers = pytest.importorskip("transformers")
from tests.engines import prompt_models  # noqa: E402  # only where the library is

SIZE = (60, 90)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("models")
    for kind in prompt_models.MAKERS:
        prompt_models.make(kind, made / kind)
    return made


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (4, 5, 3), np.uint8)
    image = np.repeat(np.repeat(coarse, -(-size[0] // 4), 0), -(-size[1] // 5), 1)
    return np.ascontiguousarray(image[: size[0], : size[1]])


def ask(folder: Path, kind: str = "sam2", **changes: object) -> PromptRequest:
    card = prompt_models.card("sam2" if kind == "sam2_video" else kind)
    parts = {}
    weights = {card.id: str(folder / kind)}
    if kind == "clipseg":
        card = replace(card, net=NetSpec("clipseg", {"side": 32}))
    if kind == "grounding_dino":
        part = prompt_models.card("sam2")
        card, parts, weights = (
            replace(card, parts=(part.id,)),
            {part.id: part},
            weights | {part.id: str(folder / "sam2")},
        )
    request = PromptRequest("a", card, picture(), weights=weights, parts=parts, device="cpu")
    return replace(request, **changes)  # type: ignore[arg-type]


def answered(prompting: Prompting, request: PromptRequest) -> PromptAnswer:
    answer = prompting.answer(request)
    assert isinstance(answer, PromptAnswer)
    return answer


@pytest.mark.parametrize("kind", ["sam2", "sam2_video", "sam"])
@pytest.mark.parametrize("size", [SIZE, (1, 1), (200, 33), (33, 200)])
def test_clicks_are_answered_at_the_pictures_size(folder: Path, kind: str, size: tuple[int, int]):
    answer = answered(Prompting(), ask(folder, kind, image=picture(1, size), plus=((size[1] / 3, size[0] / 2),)))
    assert len(answer.candidates) <= 3
    for candidate in answer.candidates:
        assert 0 <= candidate.score <= 1
        assert [mask.size for mask in candidate.masks] == [size]
        assert candidate.masks[0].area > 0
    scores = [candidate.score for candidate in answer.candidates]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("kind", ["sam2", "sam", "clipseg"])
def test_a_picture_is_encoded_once_and_what_is_not_kept_is_said(folder: Path, kind: str):
    prompting = Prompting()
    words = {"text": "a red disc"} if kind == "clipseg" else {"plus": ((20.0, 30.0),)}
    assert prompting.answer(ask(folder, kind, image=None, **words)) == NotKept("a", f"tiny-{kind}")
    ahead = answered(prompting, ask(folder, kind))
    assert (ahead.encoded, ahead.candidates) == (True, ())
    first = answered(prompting, ask(folder, kind, image=None, **words))
    assert not first.encoded
    assert "encode" not in first.seconds
    assert first.candidates
    assert answered(prompting, ask(folder, kind, key="b", image=picture(2), **words)).encoded
    again = answered(prompting, ask(folder, kind, image=None, **words))
    assert [c.masks for c in again.candidates] == [c.masks for c in first.candidates]


def test_pictures_that_were_seen_long_ago_give_way(folder: Path):
    prompting = Prompting(keep_bytes=1)
    for key in "ab":
        answered(prompting, ask(folder, key=key))
    assert isinstance(prompting.answer(ask(folder, image=None)), NotKept)
    assert not answered(prompting, ask(folder, key="b", image=None)).encoded


@pytest.mark.parametrize("kind", ["sam2", "sam"])
def test_the_answer_is_the_librarys_own(folder: Path, kind: str):
    """Against the library's processor and post-processing, which resize by other means: masks agree but for a rim."""
    name = {"sam2": "Sam2", "sam": "Sam"}[kind]
    model = getattr(transformers, f"{name}Model").from_pretrained(folder / kind, local_files_only=True).eval()
    size = {"sam2": {"height": 64, "width": 64}, "sam": {"longest_edge": 64}}[kind]
    more = {"mask_size": {"height": 16, "width": 16}} if kind == "sam2" else {"mask_size": {"longest_edge": 16}}
    if kind == "sam":
        more["pad_size"] = {"height": 64, "width": 64}
    images = getattr(transformers, f"{name}ImageProcessor")(size=size, **more)
    processor = getattr(transformers, f"{name}Processor")(images)
    point = [[[[30.0, 20.0]]]] if kind == "sam2" else [[[30.0, 20.0]]]
    inputs = processor(images=picture(), input_points=point, return_tensors="pt")
    sizes = {key: inputs.pop(key) for key in ("original_sizes", "reshaped_input_sizes") if key in inputs}
    with torch.inference_mode():
        found = model(**inputs)
    masks = processor.post_process_masks(found.pred_masks, *sizes.values())[0][0].numpy()
    best = int(found.iou_scores[0, 0].argmax())
    ours = answered(Prompting(), ask(folder, kind, plus=((30.5, 20.5),))).candidates
    same = [(decode(c.masks[0]) == masks[best]).mean() for c in ours]
    assert max(same) > 0.97


def test_points_boxes_and_clicks_beside_change_the_answer(folder: Path):
    prompting = Prompting()

    def masks(**prompts: object) -> list[object]:
        return [c.masks for c in answered(prompting, ask(folder, **prompts)).candidates]

    one = masks(plus=((20.0, 30.0),))
    assert masks(plus=((20.0, 30.0),)) == one
    assert masks(plus=((70.0, 10.0),)) != one
    assert masks(plus=((20.0, 30.0),), minus=((60.0, 40.0),)) != one
    assert masks(plus=((20.0, 30.0), (60.0, 40.0))) != masks(plus=((20.0, 30.0),), minus=((60.0, 40.0),))
    assert masks(box=(5.0, 5.0, 50.0, 40.0)) != masks(box=(30.0, 5.0, 80.0, 50.0))


def test_a_mask_lies_where_the_net_says(folder: Path):
    """The logits over SAM's padded square, enlarged by torch, against the traced mask."""
    clicks = _loaded(folder, "sam", Clicks)
    with torch.inference_mode():
        seen = clicks.encode(picture())
        logits = clicks._masks(seen, [((20.0, 30.0), 1)], [], several=True)[0][0]
    assert (seen.input_size, seen.net_size) == ((43, 64), (64, 64))
    whole = F.interpolate(logits[None, None], size=(64, 64), mode="bilinear", align_corners=False)
    want = F.interpolate(whole[..., :43, :64], size=SIZE, mode="bilinear", align_corners=False)[0, 0] > 0
    mask = seen.traced(logits, 0.0)
    assert mask is not None
    assert (decode(mask) == want.numpy()).mean() > 0.97


def _loaded(folder: Path, kind: str, expected: type) -> object:
    prompting = Prompting()
    answered(prompting, ask(folder, kind))
    model = next(iter(prompting._models.values()))
    assert isinstance(model, expected)
    return model


def test_clipseg_from_the_kept_picture_is_clipseg_at_once(folder: Path):
    words = _loaded(folder, "clipseg", Words)
    with torch.inference_mode():
        seen = words.encode(picture())
        ours = words.likeness(seen, ["a red disc", "cat"])
        x = words.encode.__globals__["_looked"](picture(), words.spec, words.model)[0]
        for index, phrase in enumerate(("a red disc", "cat")):
            tokens = words.tokenizer([phrase], return_tensors="pt")
            whole = words.model(pixel_values=x, input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"])
            assert torch.allclose(ours[index], whole.logits.reshape(32, 32).sigmoid(), atol=1e-5)
    assert not torch.allclose(ours[0], ours[1])


def test_any_of_several_phrases_will_do(folder: Path):
    prompting = Prompting()
    both = answered(prompting, ask(folder, "clipseg", text="cat, a red disc")).candidates
    one, other = (answered(prompting, ask(folder, "clipseg", text=t)).candidates for t in ("cat", "a red disc"))
    union, found = decode(one[0].masks[0]) | decode(other[0].masks[0]), decode(both[0].masks[0])
    assert not (union & ~found).any()
    assert (found & ~union).mean() < 0.05  # between cells, one of which is like this phrase and one like that
    assert phrases(" cat, a red  disc. ,") == ["cat", "a red  disc"]


def test_words_find_boxes_and_each_box_an_object(folder: Path, monkeypatch: pytest.MonkeyPatch):
    prompting = Prompting()
    request = ask(folder, "grounding_dino", text="red disc, cat")
    answered(prompting, request)
    model = next(iter(prompting._models.values()))
    assert isinstance(model, WordsToBoxes)
    real = model.model.forward

    def sure(**inputs: object) -> object:
        """The detector's boxes with scores that count: of random weights they are low."""
        found = real(**inputs)
        found.logits = torch.linspace(-3, 3, found.logits.shape[1])[None, :, None].expand(found.logits.shape)
        found.pred_boxes = torch.tensor([[0.3 + 0.05 * i, 0.5, 0.4, 0.6] for i in range(found.logits.shape[1])])[None]
        return found

    monkeypatch.setattr(model.model, "forward", sure)
    found = answered(prompting, replace(request, image=None)).candidates
    assert len(found) > 2
    assert found[0].masks == tuple(mask for one in found[1:] for mask in one.masks)
    assert [one.score for one in found[1:]] == sorted((one.score for one in found[1:]), reverse=True)
    assert all(one.score > 0.3 for one in found)


@pytest.mark.parametrize("kind", ["sam2", "sam", "clipseg", "grounding_dino"])
def test_it_stops_between_layers_and_counts_them(folder: Path, kind: str):
    prompting = Prompting()
    answered(prompting, ask(folder, kind, key="other"))
    counted: list[tuple[int, int]] = []
    with pytest.raises(Cancelled):
        prompting.answer(ask(folder, kind), lambda: len(counted) == 1, lambda *step: counted.append(step))
    total = counted[0][1]
    assert counted == [(0, total)]
    assert total > 1
    counted.clear()
    assert prompting.answer(ask(folder, kind), progress=lambda *step: counted.append(step)).encoded  # type: ignore[union-attr]
    assert counted == [(done, total) for done in range(total)]
    assert isinstance(prompting.answer(ask(folder, kind, image=None)), PromptAnswer)


def test_what_does_not_fit_is_said(folder: Path, tmp_path: Path):
    wrong = ask(folder, "sam", plus=((1.0, 1.0),), weights={"tiny-sam": str(folder / "clipseg")})
    with pytest.raises(SegDeskError, match="cannot be used"):
        Prompting().answer(wrong)
    with pytest.raises(SegDeskError, match="not here yet"):
        Prompting().answer(replace(wrong, weights={}))
    with pytest.raises(SegDeskError, match="does not answer clicks"):
        Prompting().answer(replace(wrong, card=replace(wrong.card, net=NetSpec("deeplabv3"))))
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / "clipseg" / name).read_bytes())
    with pytest.raises(SegDeskError, match="the vocabulary is missing"):
        Prompting().answer(ask(folder, "clipseg", text="cat", weights={"tiny-clipseg": str(tmp_path)}))


def test_without_the_library_one_sentence_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("segdesk.engines.transformers_model.transformers_available", lambda: False)
    with pytest.raises(SegDeskError, match="needs the package transformers"):
        Prompting().answer(ask(folder, plus=((1.0, 1.0),)))
