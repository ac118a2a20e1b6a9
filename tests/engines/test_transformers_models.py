"""Random models of the transformers library through the whole path: folder, processor, forward pass, prediction,
decision; and our decisions beside the library's own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.decide import DecideOptions, decide
from segdesk.domain.errors import SegDeskError
from segdesk.domain.options import Averaging, CrfOptions, RunOptions
from segdesk.domain.prediction import Prediction
from segdesk.engines import transformers_model
from segdesk.engines.crf import available as crf_available
from segdesk.engines.engine import Engine
from segdesk.engines.inputs import prepare, tensor
from segdesk.engines.loading import load_net
from segdesk.engines.messages import Answer, NotKept, PredictRequest
from segdesk.engines.predict import NOTE_ONE_LOOK
from segdesk.engines.queries import prediction as of_queries
from segdesk.engines.refine import NOTE_QUERIES
from segdesk.engines.transformers_nets import BoxModel, QueryModel, SemanticModel

pytest.importorskip("transformers", reason='needs pip install "segdesk[transformers]"')
pytest.importorskip("safetensors", reason='needs pip install "segdesk[transformers]"')

from tests.engines import tiny_transformers as tiny

CLASSES = ClassSet.from_names(list(tiny.NAMES), [], ["person", "car"])
CPU = torch.device("cpu")
SIZE = (333, 500)
QUERY_MODELS = [n for n, kind in transformers_model.KINDS.items() if kind.output == "queries" and n in tiny.MAKERS]
PATHS = [
    *((n, "semantic") for n in tiny.MAKERS if not n.startswith("RfDetr")),
    *((n, task) for n in QUERY_MODELS for task in ("instance", "panoptic")),
    ("RfDetrForInstanceSegmentation", "instance"),
]
LOOSE = DecideOptions(confidence=0.2, overlap=0.05)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("hub")
    sizes = {"Eomt": {"shortest_edge": 128, "longest_edge": 128}, "RfDe": {"height": 100, "width": 100}}
    usual = {"shortest_edge": 96, "longest_edge": 160}
    return {name: tiny.save(name, root / name, size=sizes.get(name[:4], usual)) for name in tiny.MAKERS}


def card(name: str, task: str, **options: object) -> ModelCard:
    return ModelCard(
        id=f"{name}-{task}",
        name=Text(name),
        task=task,
        group="",
        about=Text(""),
        net=NetSpec("transformers", {"class": name, **options}),
        classes=CLASSES,
        channel_ids=(1, 2, 3, 4, 5),
        weights=WeightsSpec(name, layout="hf"),
    )


def picture(size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(3).integers(0, 255, (*size, 3), dtype=np.uint8)


def ask(engine: Engine, model: ModelCard, folder: Path, options: RunOptions, image: np.ndarray | None) -> Answer:
    answer = engine.answer(PredictRequest("p", model, image, weights={model.id: str(folder)}, options=options))
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize(("name", "task"), PATHS)
def test_a_random_model_goes_the_whole_way_at_any_size(name: str, task: str, folders: dict[str, Path]) -> None:
    engine = Engine("cpu")
    answer = ask(engine, card(name, task), folders[name], RunOptions(LOOSE), picture())
    assert answer.segmentation.size == SIZE
    assert 0 <= answer.doubt <= 1
    assert {s.class_id for s in answer.segmentation.segments.values()} <= {1, 2, 3, 4, 5}
    if task == "semantic":
        assert answer.segmentation.segments, "every pixel has a class"
    else:
        scores = [i.score for i in answer.instances]
        assert scores == sorted(scores, reverse=True)
        assert all(i.mask.size == SIZE for i in answer.instances)
    if task == "panoptic":
        assert {i.class_id for i in answer.instances} <= CLASSES.things
    for size in ((7, 40), (1, 1)):
        assert ask(engine, card(name, task), folders[name], RunOptions(LOOSE), picture(size)).segmentation.size == size


@pytest.mark.parametrize("name", QUERY_MODELS)
def test_sliders_act_without_another_pass(name: str, folders: dict[str, Path]) -> None:
    engine, model = Engine("cpu"), card(name, "panoptic")
    first = ask(engine, model, folders[name], RunOptions(LOOSE), picture())
    again = ask(engine, model, folders[name], RunOptions(replace(LOOSE, confidence=1.1)), None)
    assert "forward" not in again.seconds or again.seconds == {"decide": again.seconds["decide"]}
    assert not again.segmentation.segments
    back = ask(engine, model, folders[name], RunOptions(LOOSE), None)
    assert np.array_equal(back.segmentation.ids, first.segmentation.ids)  # type: ignore[union-attr]  # in this process


def test_flip_crf_and_averaging_work_or_say_so(folders: dict[str, Path]) -> None:
    name = "EomtForUniversalSegmentation"
    crf = CrfOptions(iterations=1) if crf_available() else None
    image = np.zeros((60, 90, 3), np.uint8)
    image[:, 40:] = 200
    options = RunOptions(LOOSE, crf=crf, flip=True, average=Averaging(scales=(0.5, 1.0), mirror=True))
    for task in ("semantic", "instance", "panoptic"):
        answer = ask(Engine("cpu"), card(name, task), folders[name], options, image)
        assert answer.segmentation.size == (60, 90)
        assert (NOTE_ONE_LOOK in answer.notes) == (task != "semantic")
        assert (NOTE_QUERIES in answer.notes) == (task == "panoptic" and crf is not None)


def test_several_pictures_of_a_size_share_a_pass(folders: dict[str, Path]) -> None:
    name = "Mask2FormerForUniversalSegmentation"
    model, images = card(name, "panoptic"), [picture(), picture()[:, ::-1].copy()]
    weights = {model.id: str(folders[name])}
    requests = [PredictRequest(str(n), model, i, weights, options=RunOptions(LOOSE)) for n, i in enumerate(images)]
    together = Engine("cpu").answer_batch(requests)
    for request, answer in zip(requests, together, strict=True):
        alone = Engine("cpu").answer(request)
        assert isinstance(answer, Answer)
        assert not isinstance(alone, NotKept)
        differs = np.mean(answer.segmentation.ids != alone.segmentation.ids)  # type: ignore[union-attr]
        assert differs < 0.01


# -- beside the library's own post-processing ----------------------------------------------------------------------


def _raw(name: str, task: str, folder: Path, image: np.ndarray) -> tuple[Prediction, torch.nn.Module, torch.Tensor]:
    """Our prediction, the library's model, and its input."""
    model = card(name, task)
    net = load_net(model, str(folder), CPU)
    spec = net.input
    ready = prepare(image, spec)  # type: ignore[arg-type]
    x = tensor(ready.pixels, spec, CPU)  # type: ignore[arg-type]
    assert isinstance(net, QueryModel)
    with torch.inference_mode():
        found = net(x)[0]
        inner = net.model(pixel_values=x) if x.shape[2:] == (128, 128) else None
    sides = (x.shape[2], x.shape[3])
    return of_queries(found, model, ready.size, ready.input_size, sides), net.model, inner  # type: ignore[return-value]


def _at_once(outputs: object, size: tuple[int, int]) -> SimpleNamespace:
    """The library's outputs with the masks rounded as we keep them."""
    masks = outputs.masks_queries_logits.half().float()  # type: ignore[attr-defined]
    assert tuple(masks.shape[2:]) == size
    return SimpleNamespace(
        masks_queries_logits=masks,
        class_queries_logits=outputs.class_queries_logits,  # type: ignore[attr-defined]
        patch_offsets=None,
    )


def test_eomt_panoptic_maps_are_the_librarys(folders: dict[str, Path]) -> None:
    from transformers import EomtImageProcessor

    name = "EomtForUniversalSegmentation"
    ours, _model, outputs = _raw(name, "panoptic", folders[name], picture((128, 128)))
    cells = outputs.masks_queries_logits.shape[2]  # type: ignore[attr-defined]
    ours = replace(ours, size=(200, 200))
    theirs = EomtImageProcessor(
        size={"shortest_edge": cells, "longest_edge": cells}
    ).post_process_panoptic_segmentation(
        _at_once(outputs, (cells, cells)),
        target_sizes=[(200, 200)],
        threshold=0.3,
        overlap_mask_area_threshold=0.2,
        stuff_classes=[2, 3, 4],
    )[0]
    result = decide(ours, DecideOptions(confidence=0.3, overlap=0.2))
    segments = {s["id"]: s["label_id"] + 1 for s in theirs["segments_info"]}
    assert len(segments) >= 2
    wanted = np.zeros((200, 200), int)
    for key, class_id in segments.items():
        pixels = theirs["segmentation"].numpy() == key
        wanted[pixels] = class_id
        assert np.unique(result.ids[pixels]).size == 1
    table = {0: 0} | {key: s.class_id for key, s in result.segments.items()}
    assert np.array_equal(np.vectorize(table.get)(result.ids), wanted)


def test_mask2former_objects_and_classes_are_the_librarys(monkeypatch: pytest.MonkeyPatch) -> None:
    from transformers import Mask2FormerImageProcessor

    generator = torch.Generator().manual_seed(5)
    coarse = torch.randn((1, 9, 12, 12), generator=generator) * 6
    masks = torch.nn.functional.interpolate(coarse, size=(384, 384), mode="bilinear").half().float()
    classes = torch.randn((1, 9, 6), generator=generator) * 3
    outputs = SimpleNamespace(masks_queries_logits=masks, class_queries_logits=classes)
    found = {"classes": classes[0].softmax(-1), "masks": masks[0]}
    processor = Mask2FormerImageProcessor()
    # objects
    ours = of_queries(found, card("Mask2Former", "instance"), (384, 384), (384, 384), (384, 384))
    theirs = processor.post_process_instance_segmentation(
        outputs, threshold=0.05, target_sizes=[(384, 384)], return_binary_maps=True
    )[0]
    kept = [i for i in ours.instances if i.score >= 0.05]
    assert len(kept) == len(theirs["segments_info"]) > 3
    from segdesk.domain.rle import decode

    for info, mask in zip(theirs["segments_info"], theirs["segmentation"].numpy(), strict=True):
        same = [i for i in kept if abs(i.score - info["score"]) < 1e-3 and i.class_id == info["label_id"] + 1]
        assert any(np.mean(decode(i.mask) != (mask > 0)) < 1e-4 for i in same)
    # classes
    wanted = processor.post_process_semantic_segmentation(outputs, target_sizes=[(384, 384)])[0].numpy()
    whole = of_queries(found, card("Mask2Former", "panoptic"), (384, 384), (384, 384), (384, 384))
    assert whole.scores is not None
    assert np.mean(whole.scores.argmax(0) != wanted) < 1e-3


def test_eomt_looks_at_a_long_picture_in_windows_as_the_library(folders: dict[str, Path], tmp_path: Path) -> None:
    from transformers import EomtForUniversalSegmentation, EomtImageProcessor

    folder = folders["EomtForUniversalSegmentation"]
    size = {"shortest_edge": 128, "longest_edge": None}
    processor = EomtImageProcessor(do_split_image=True, size=size, image_mean=[0.5] * 3, image_std=[0.25] * 3)
    image = picture((128, 300))  # its shorter side is right already: no resampling to differ in
    inputs = processor(images=[torch.from_numpy(image).permute(2, 0, 1)], return_tensors="pt")
    model = EomtForUniversalSegmentation.from_pretrained(str(folder), local_files_only=True).eval()
    with torch.inference_mode():
        outputs = model(pixel_values=inputs["pixel_values"], patch_offsets=inputs["patch_offsets"])
        theirs = processor.post_process_semantic_segmentation(
            outputs, target_sizes=[(128, 300)], return_segmentation_scores=True
        )[0].segmentation_scores
        net = load_net(card("EomtForUniversalSegmentation", "semantic", split=True), str(folder), CPU)
        assert isinstance(net, SemanticModel)
        ours = net(tensor(image, replace(net.input, fit="native"), CPU))[0]  # type: ignore[type-var]
    middle = torch.nn.functional.avg_pool2d(theirs[:, 1:-1, 1:-1], 2, 4)[:, :31, :74]  # at the centres of 4 x 4 pixels
    assert ours.shape[1:] == (32, 75)
    off = (ours[:, :31, :74] - middle).abs().mean((0, 1))  # by column
    assert float(off.max()) < 0.1
    assert float(off.mean()) < 0.035
    assert float((ours[:, :31, :74].argmax(0) != middle.argmax(0)).float().mean()) < 0.06


def test_rf_detr_objects_are_the_librarys(folders: dict[str, Path]) -> None:
    from transformers import RfDetrImageProcessor

    name = "RfDetrForInstanceSegmentation"
    net = load_net(card(name, "instance"), str(folders[name]), CPU)
    assert isinstance(net, BoxModel)
    assert net.step == 24
    with torch.inference_mode():
        x = torch.rand(1, 3, 96, 96)
        found, outputs = net(x)[0], net.model(pixel_values=x)
        theirs = RfDetrImageProcessor().post_process_instance_segmentation(outputs, threshold=0.0)[0]
    assert len(found["scores"]) == tiny_queries(found)
    scores = [s["score"] for s in theirs["segments_info"]]
    assert set(np.round(scores, 4)) <= set(np.round(found["scores"].tolist(), 4))


def tiny_queries(found: dict[str, torch.Tensor]) -> int:
    return found["masks"].shape[0]


# -- structure -----------------------------------------------------------------------------------------------------


def test_mask2former_attends_only_inside_the_predicted_mask(folders: dict[str, Path]) -> None:
    """Features outside a query's mask do not reach it: the gradient of its answer with regard to them is zero."""
    from transformers import Mask2FormerForUniversalSegmentation

    folder = folders["Mask2FormerForUniversalSegmentation"]
    model = Mask2FormerForUniversalSegmentation.from_pretrained(str(folder), local_files_only=True).eval()
    layers = model.model.transformer_module.decoder.layers
    seen: list[tuple[torch.Tensor, torch.Tensor]] = []

    def watch(_module: object, args: tuple[object, ...], kwargs: dict[str, torch.Tensor], output: tuple) -> None:
        seen.append((kwargs["attn_mask"], output[1]))

    for layer in layers:
        original = layer.cross_attn.forward
        layer.cross_attn.forward = lambda *a, original=original, **k: original(*a, **{**k, "need_weights": True})
        layer.cross_attn.register_forward_hook(watch, with_kwargs=True)
    with torch.inference_mode():
        model(pixel_values=torch.rand(1, 3, 96, 128), output_attentions=True)
    assert len(seen) == len(layers) == 3
    blocked = 0
    for forbidden, weights in seen:
        cut = forbidden.view(1, -1, *forbidden.shape[1:])[0].any(0)
        blocked += int(cut.sum())
        assert float(weights[0][forbidden[0]].abs().max() if forbidden[0].any() else 0) == 0.0
        assert torch.allclose(weights.sum(-1), torch.ones(()), atol=1e-4)
    assert blocked > 0, "no query was kept from any place: nothing was tested"


# -- what can go wrong ---------------------------------------------------------------------------------------------


def test_without_the_library_a_sentence_says_what_to_install(
    folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transformers_model, "transformers_available", lambda: False)
    with pytest.raises(SegDeskError) as problem:
        load_net(card("EomtForUniversalSegmentation", "panoptic"), str(folders["EomtForUniversalSegmentation"]), CPU)
    assert 'pip install "segdesk[transformers]"' in problem.value.hint


def test_folders_that_do_not_fit_are_refused(folders: dict[str, Path], tmp_path: Path) -> None:
    eomt = str(folders["EomtForUniversalSegmentation"])
    for model, folder, words in (
        (card("Mask2FormerForUniversalSegmentation", "panoptic"), eomt, "is of EomtForUniversalSegmentation"),
        (card("BertModel", "panoptic"), eomt, "no class of the transformers library that runs here"),
        (card("EomtForUniversalSegmentation", "panoptic"), str(tmp_path), "no config.json"),
    ):
        with pytest.raises(SegDeskError, match=words):
            load_net(model, folder, CPU)


def test_missing_and_pickled_weights(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    name = "SegformerForSemanticSegmentation"
    state = load_file(folders[name] / "model.safetensors")
    (tmp_path / "config.json").write_text((folders[name] / "config.json").read_text())
    torch.save(state, tmp_path / "pytorch_model.bin")
    x = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        from_pickle = load_net(card(name, "semantic"), str(tmp_path), CPU)(x)
        from_safetensors = load_net(card(name, "semantic"), str(folders[name]), CPU)(x)
    assert torch.equal(from_pickle, from_safetensors)
    gone = dict(list(state.items())[1:])
    save_file(gone, tmp_path / "model.safetensors")
    with pytest.raises(SegDeskError, match="1 parameters are missing"):
        load_net(card(name, "semantic"), str(tmp_path), CPU)


def test_the_processors_settings_decide_how_a_picture_comes_in(folders: dict[str, Path], tmp_path: Path) -> None:
    net = load_net(card("EomtForUniversalSegmentation", "panoptic"), str(folders["EomtForUniversalSegmentation"]), CPU)
    spec = net.input
    assert (spec.fit, spec.mean, spec.std) == ("short:128/128", (127.5,) * 3, (63.75,) * 3)  # type: ignore[union-attr]
    table = {"size": {"height": 512, "width": 512}, "do_normalize": False}
    from segdesk.domain.card import InputSpec
    from segdesk.engines.transformers_input import processor_input

    assert processor_input(table, InputSpec()) == InputSpec(mean=(0, 0, 0), std=(255, 255, 255), fit="square:512")
    assert processor_input({"size": 800, "max_size": 1333}, InputSpec()).fit == "short:800/1333"
    assert processor_input({"size": 512}, InputSpec(fit="short:640")).fit == "short:640", "the card's word stands"
    assert processor_input({"size": "x", "image_mean": [1], "rescale_factor": "no"}, InputSpec()) == InputSpec()
    assert json.loads((folders["EomtForUniversalSegmentation"] / "preprocessor_config.json").read_text())["size"]


# -- a folder that a person adds -----------------------------------------------------------------------------------


def test_a_dropped_folder_is_recognised_and_runs_as_a_card(folders: dict[str, Path], tmp_path: Path) -> None:
    from segdesk.app.adding import bring, card_of, card_table, first_choice, looks_like_model
    from segdesk.engines.inspecting import inspect
    from segdesk.engines.messages import InspectRequest
    from segdesk.io import weights
    from tests.app.test_adding import Ctx

    name = "EomtForUniversalSegmentation"
    assert looks_like_model(folders[name])
    found = inspect(InspectRequest(str(folders[name])))
    assert (found.kind, found.num_classes, found.names, found.task) == ("folder", 5, tiny.NAMES, "semantic")
    assert found.candidates[0].options == {"class": name}
    assert found.input.fit == "short:128/128"
    file, sha256 = bring(found, "mine", tmp_path, copy=True, ctx=Ctx())  # type: ignore[arg-type]
    model = card_of(card_table(found, first_choice(found), "mine", file))
    assert (file, sha256) == ("mine", "")
    status = weights.status(model, [tmp_path])
    assert (status.kind, status.path) == ("here", tmp_path / "mine")
    answer = ask(Engine("cpu"), model, tmp_path / "mine", RunOptions(LOOSE), picture())
    assert answer.segmentation.size == SIZE


def test_folders_of_other_classes_are_named(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from segdesk.engines.inspecting import inspect
    from segdesk.engines.messages import InspectRequest

    (tmp_path / "config.json").write_text('{"architectures": ["BertModel"]}')
    save_file({"embeddings.weight": torch.zeros(3, 3)}, tmp_path / "model.safetensors")
    with pytest.raises(SegDeskError, match="holds BertModel of the transformers library"):
        inspect(InspectRequest(str(tmp_path)))
