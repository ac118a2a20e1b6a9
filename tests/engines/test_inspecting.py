"""What is read out of files of every maker; the model that comes of it answers as the one that wrote the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.domain.card import ModelCard, NetSpec, Text, WeightsSpec
from segdesk.domain.classes import ClassSet
from segdesk.domain.errors import SegDeskError
from segdesk.engines.foreign import ScriptNet
from segdesk.engines.inspecting import inspect
from segdesk.engines.loading import load_net, net_module
from segdesk.engines.messages import Inspected, InspectRequest
from tests.engines.test_safeload import Call, Settings, write_safetensors

CPU = torch.device("cpu")
NET = ("fast_scnn", "fast-scnn")  # small, with an auxiliary head in published files
NAMES = ["sky", "road", "car"]
PALETTE = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
CONFIG = """
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(mean=[104.0, 117.0, 124.0], std=[1.0, 1.0, 1.0], bgr_to_rgb=False, size=(512, 512)),
    backbone=dict(type='ResNetV1c', depth=50, dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1)),
    decode_head=dict(type='PSPHead', num_classes=3, align_corners=True),
    test_cfg=dict(mode='slide', crop_size=(512, 512), stride=(341, 341)))
"""


def net() -> nn.Module:
    torch.manual_seed(0)
    module = net_module(NET[0])
    return module.build(module.VARIANTS[NET[1]], 3).eval()


def look(path: Path, **options: object) -> Inspected:
    return inspect(InspectRequest(str(path), **options))  # type: ignore[arg-type]


def loaded(found: Inspected) -> nn.Module:
    """The net that a card made of the finding gives."""
    chosen = found.candidates[0]
    names = [str(i) for i in range(found.num_classes)]
    card = ModelCard(
        "x", Text("x"), "semantic", "", Text(""), NetSpec(chosen.type, chosen.options), ClassSet.from_names(names),
        tuple(range(1, len(names) + 1)), weights=WeightsSpec("w", layout=chosen.layout),
    )  # fmt: skip
    return load_net(card, found.file, CPU)


def same_answer(found: Inspected, wanted: nn.Module, tolerance: float = 1e-4) -> bool:
    x = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        a, b = loaded(found)(x), wanted(x)
    return a.shape == b.shape and bool((a - b).abs().max() <= tolerance * b.abs().max())


def save(value: object, path: Path) -> Path:
    torch.save(value, path)
    return path


MAKERS: dict[str, Callable[[nn.Module, Path], Path]] = {
    "plain": lambda n, p: save(n.state_dict(), p / "a.pth"),
    "OpenMMLab 0.x": lambda n, p: save(
        {
            "meta": {"CLASSES": NAMES, "PALETTE": PALETTE, "config": CONFIG, "iter": 3},
            "state_dict": {**n.state_dict(), "auxiliary_head.0.conv_seg.weight": torch.ones(3, 8, 1, 1)},
        },
        p / "a.pth",
    ),
    "OpenMMLab 1.x": lambda n, p: save(
        {
            "meta": {"dataset_meta": {"classes": tuple(NAMES), "palette": PALETTE}, "cfg": CONFIG},
            "message_hub": {"log": Settings(), "value": np.float32(3)},
            "state_dict": n.state_dict(),
            "ema_state_dict": {"steps": torch.tensor(1)},
        },
        p / "a.pth",
    ),
    "Lightning": lambda n, p: save(
        {
            "epoch": 3,
            "pytorch-lightning_version": "2.4.0",
            "state_dict": {**{f"model.{k}": v for k, v in n.state_dict().items()}, "loss.weight": torch.ones(3)},
            "hyper_parameters": {"lr": 0.1, "class_names": NAMES, "other": Settings()},
            "callbacks": {"best": Settings()},
            "optimizer_states": [{"state": {0: {"exp_avg": torch.ones(4)}}}],
        },
        p / "a.ckpt",
    ),
    "distributed": lambda n, p: save(
        {"model": {f"module.{k}": v for k, v in n.state_dict().items()}, "args": Settings()}, p / "a.pt"
    ),
    "whole module": lambda n, p: save(n, p / "a.pt"),
    "legacy": lambda n, p: (torch.save(n, p / "a.pth", _use_new_zipfile_serialization=False), p / "a.pth")[1],
    "safetensors": lambda n, p: write_safetensors(p / "a.safetensors", n.state_dict()),
    "folder": lambda n, p: _folder(n, p),
}


def _folder(wanted: nn.Module, path: Path) -> Path:
    folder = path / "hf"
    folder.mkdir()
    write_safetensors(folder / "model.safetensors", wanted.state_dict())
    config = {"architectures": ["Mine"], "id2label": {str(i): n for i, n in enumerate(NAMES)}}
    (folder / "config.json").write_text(json.dumps(config))
    processor = {"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.25, 0.25], "do_rescale": True}
    (folder / "preprocessor_config.json").write_text(json.dumps(processor))
    return folder


@pytest.mark.parametrize("maker", list(MAKERS))
def test_each_maker_s_file_gives_its_net_and_classes(tmp_path: Path, maker: str):
    wanted = net()
    found = look(MAKERS[maker](wanted, tmp_path))
    assert (found.candidates[0].type, found.candidates[0].variant) == NET
    assert found.num_classes == 3
    assert found.kind == "weights"
    named = maker in ("OpenMMLab 0.x", "OpenMMLab 1.x", "Lightning", "folder")
    assert found.names == (tuple(NAMES) if named else ())
    assert same_answer(found, wanted)


@pytest.mark.parametrize("maker", ["OpenMMLab 0.x", "OpenMMLab 1.x"])
def test_the_settings_in_the_file_tell_what_shapes_cannot(tmp_path: Path, maker: str):
    found = look(MAKERS[maker](net(), tmp_path))
    assert found.colors == ((1, 2, 3), (4, 5, 6), (7, 8, 9))
    assert found.input.mean == (104.0, 117.0, 124.0)
    assert found.input.std == (1.0, 1.0, 1.0)
    assert found.input.order == "bgr"
    assert found.input.fit == "slide:512/341"
    assert found.stride == 8
    assert found.align_corners
    assert found.told == {"classes", "input", "stride", "align_corners"}


def test_a_folder_tells_how_pictures_are_normalised(tmp_path: Path):
    found = look(_folder(net(), tmp_path))
    assert found.input.mean == (127.5, 127.5, 127.5)
    assert found.input.std == (63.75, 63.75, 63.75)


def test_names_of_another_number_are_left_out(tmp_path: Path):
    state = {"state_dict": net().state_dict(), "meta": {"CLASSES": NAMES[:2]}}
    found = look(save(state, tmp_path / "a.pth"))
    assert found.names == ()
    assert found.notes


def test_a_hostile_file_with_good_weights_still_runs_nothing(tmp_path: Path):
    marker = tmp_path / "marker"
    state = {"state_dict": net().state_dict(), "meta": {"config": Call(os.system, f"touch {marker}")}}
    assert look(save(state, tmp_path / "a.pth")).num_classes == 3
    assert not marker.exists()


@pytest.mark.parametrize("config", ["mean=[__import__('os').system('x')]*3, std=[1,1,1]", "mean=[1e999,1,1]" * 9999])
def test_hostile_settings_are_only_texts(tmp_path: Path, config: str):
    state = {"state_dict": net().state_dict(), "meta": {"config": config}}
    assert look(save(state, tmp_path / "a.pth")).num_classes == 3


# -- programs ------------------------------------------------------------------------------------------------------


class Odd(nn.Module):
    """A net that no file of the program describes."""

    def __init__(self, classes: int = 3, *, soft: bool = False, side: int = 0) -> None:
        super().__init__()
        self.odd = nn.Conv2d(3, classes, 3, padding=1, stride=2)
        self.soft, self.side = soft, side

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.odd(x)
        if self.side:
            y = y.view(1, 3, self.side // 2, self.side // 2)
        return y.softmax(1) if self.soft else y


def script(module: nn.Module, path: Path, side: int = 64) -> Path:
    torch.jit.save(torch.jit.trace(module.eval(), torch.rand(1, 3, side, side)), str(path))
    return path


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
@pytest.mark.parametrize("soft", [False, True])
def test_a_program_waits_for_consent_and_is_then_tried(tmp_path: Path, soft: bool):
    torch.manual_seed(0)
    wanted = Odd(soft=soft).eval()
    path = script(wanted, tmp_path / "a.pt")
    waiting = look(path)
    assert waiting.needs_consent
    assert not waiting.candidates
    found = look(path, run_program=True)
    assert found.candidates[0].type == "torchscript"
    assert found.num_classes == 3
    x = torch.rand(2, 3, 40, 30)
    with torch.inference_mode():
        answer = loaded(found)(x)
        assert torch.allclose(answer.softmax(1) if soft else answer, wanted(x), atol=1e-5)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
def test_a_program_of_a_fixed_size(tmp_path: Path):
    found = look(script(Odd(side=224), tmp_path / "a.pt", 224), run_program=True)
    assert found.candidates[0].options["size"] == [224, 224]
    assert loaded(found)(torch.rand(1, 3, 50, 70)).shape == (1, 3, 112, 112)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*", "ignore::torch.jit.TracerWarning")
def test_a_program_whose_weights_are_known_needs_no_consent(tmp_path: Path):
    wanted = net()
    found = look(script(wanted, tmp_path / "a.pt"))
    assert found.kind == "weights"
    assert same_answer(found, wanted)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
def test_a_program_that_does_not_answer_with_a_map(tmp_path: Path):
    module = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    with pytest.raises(SegDeskError, match="cannot be used as a model"):
        look(script(module, tmp_path / "a.pt"), run_program=True)


class Writer(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        torch.save(x, "MARKER")
        return x


class Mapper(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.from_file("MARKER", shared=True, size=4, dtype=torch.float32).sum()


class Late(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.writer = Writer()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.writer(x) if x.shape[0] > 1 else x


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
@pytest.mark.parametrize("module", [Writer(), Mapper(), Late()], ids=lambda m: type(m).__name__)
def test_a_program_that_reaches_for_files_is_refused(
    tmp_path: Path, module: nn.Module, monkeypatch: pytest.MonkeyPatch
):
    """Also without consent to be asked, and when a card names it."""
    monkeypatch.chdir(tmp_path)
    module.register_buffer("weight", torch.ones(3))
    path = tmp_path / "a.pt"
    torch.jit.save(torch.jit.script(module), str(path))
    for consent in (False, True):
        with pytest.raises(SegDeskError, match="reaches beyond the picture"):
            look(path, run_program=consent)
    with pytest.raises(SegDeskError, match="reaches beyond the picture"):
        ScriptNet(path, {}, CPU)
    assert not (tmp_path / "MARKER").exists()
    torch.jit.load(str(path))(torch.rand(2, 3, 4, 4))  # it would work, else the above could not fail
    assert (tmp_path / "MARKER").exists()


class Greedy(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.ones([4_000_000, 4_000_000]).sum()


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
def test_a_program_that_asks_for_all_memory_is_said_to(tmp_path: Path):
    module = Greedy()
    module.register_buffer("weight", torch.ones(3))
    torch.jit.save(torch.jit.script(module), str(tmp_path / "a.pt"))
    with pytest.raises(SegDeskError, match="memory"):
        look(tmp_path / "a.pt", run_program=True)


def onnx(module: nn.Module, path: Path, *, names: str = "", side: int | str = "h", outputs: int = 1) -> Path:
    """An ONNX file of one strided convolution, written by hand: torch's exporter needs another package."""
    helper = pytest.importorskip("onnx.helper")
    onnx_ = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    weights = [helper.make_tensor(n, 1, list(v.shape), v.flatten().tolist()) for n, v in module.named_parameters()]
    sizes = ["n", 3, side, "w" if side == "h" else side]
    node = helper.make_node("Conv", ["x", *(w.name for w in weights)], ["y"], pads=[1] * 4, strides=[2, 2])
    graph = helper.make_graph(
        [node], "g", [helper.make_tensor_value_info("x", 1, sizes)],
        [helper.make_tensor_value_info("y", 1, None)], weights,
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if names:
        helper.set_model_props(model, {"names": names})
    onnx_.save(model, str(path))
    return path


def test_an_onnx_file(tmp_path: Path):
    wanted = Odd().eval()
    found = look(onnx(wanted, tmp_path / "a.onnx", names="{0: 'sky', 1: 'road', 2: 'car'}"))
    assert found.candidates[0].type == "onnx"
    assert found.num_classes == 3
    assert found.names == tuple(NAMES)
    x = torch.rand(2, 3, 33, 50)
    with torch.inference_mode():
        assert torch.allclose(loaded(found)(x), wanted(x), atol=1e-5)


def test_an_onnx_file_of_a_fixed_size(tmp_path: Path):
    found = look(onnx(Odd(), tmp_path / "a.onnx", side=64))
    assert loaded(found)(torch.rand(1, 3, 50, 70)).shape == (1, 3, 32, 32)


def test_a_damaged_onnx_file(tmp_path: Path):
    pytest.importorskip("onnxruntime")
    (tmp_path / "a.onnx").write_bytes(b"not protobuf at all")
    with pytest.raises(SegDeskError, match=r"a\.onnx cannot be used"):
        look(tmp_path / "a.onnx")


def test_without_onnxruntime_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("segdesk.engines.foreign.onnx_available", lambda: False)
    (tmp_path / "a.onnx").write_bytes(b"x")
    with pytest.raises(SegDeskError) as caught:
        look(tmp_path / "a.onnx")
    assert "segdesk[onnx]" in caught.value.hint_text()


def test_a_folder_of_another_library(tmp_path: Path):
    write_safetensors(
        tmp_path / "model.safetensors", {"encoder.x": torch.ones(3), "segmentation_head.0.weight": torch.ones(2)}
    )
    (tmp_path / "config.json").write_text('{"_model_class": "Unet", "encoder_name": "resnet34"}')
    with pytest.raises(SegDeskError, match=r"Unet with the encoder resnet34 of segmentation_models_pytorch"):
        look(tmp_path)
