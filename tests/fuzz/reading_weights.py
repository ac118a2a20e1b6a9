"""The readers of the engine process: checkpoints of every container, programs that are only looked at,
taught models."""

from __future__ import annotations

import json
import pickle
from collections import OrderedDict
from functools import partial
from pathlib import Path

import numpy as np
import torch  # noqa: TID253  # imported where the engine is tested only
from torch import nn  # noqa: TID253

from segdesk.engines import foreign, inspecting
from segdesk.engines.messages import Inspected, InspectRequest, onnx_available
from segdesk.engines.metadata import metadata
from segdesk.engines.safeload import read_checkpoint, spellings
from segdesk.engines.teach import classifier
from segdesk.engines.training import state as training_state
from tests.fuzz.mutate import Files
from tests.fuzz.mutate_binary import EVIL
from tests.fuzz.readers import Reader


class Net(nn.Module):
    """A little net that is saved as a whole."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.last = nn.Conv2d(4, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Scores."""
        return self.last(self.first(x))


def _contents() -> list[object]:
    torch.manual_seed(0)
    net = Net()
    state = net.state_dict()
    meta = {
        "CLASSES": ("a", "b"),
        "PALETTE": [[0, 0, 0], [1, 2, 3]],
        "mean": np.array([1.0, 2, 3]),
        "dtype": torch.float16,
    }
    config = "mean = [1, 2, 3]\nstd = [1, 1, 1]\nmode='slide', crop_size=(512, 512), stride=(341, 341)"
    shared = {
        "a": state["last.weight"],
        "b": state["last.weight"].t() if state["last.weight"].ndim == 2 else state["last.weight"][0],
    }
    return [
        state,
        {
            "state_dict": OrderedDict((f"module.{k}", v) for k, v in state.items()),
            "meta": meta,
            "epoch": 3,
            "cfg": config,
        },
        {"model": net, "optimizer": {"state": {}, "param_groups": [{"lr": 0.1}]}},
        {
            "half": torch.ones(3).half(),
            "bf": torch.ones(3).bfloat16(),
            "n": torch.tensor(7),
            "empty": torch.empty(0),
            **shared,
        },
    ]


def torch_seeds(folder: Path, *, zipped: bool) -> list[Files]:
    """Plain states, wrapped ones, whole modules, other types."""
    made: list[Files] = []
    for n, value in enumerate(_contents()):
        torch.save(value, folder / f"{n}.pth", _use_new_zipfile_serialization=zipped)
        made.append({"a.pth": (folder / f"{n}.pth").read_bytes()})
    return made


def other_seeds(folder: Path) -> list[Files]:
    """Plain pickles, npz, and the pickle that runs something, as it is."""
    arrays = {"a": np.ones((2, 3), np.float32), "b": np.arange(4)}
    np.savez(folder / "a.npz", **arrays)
    np.savez_compressed(folder / "b.npz", **arrays)
    evil: list[Files] = [{"a.pkl": b"\x80\x02" + call + b"."} for call in EVIL]
    kept: list[Files] = [{"a.pkl": pickle.dumps(arrays, protocol)} for protocol in (0, 2, 4, 5)]
    return [*kept, *({"a.npz": (folder / f"{n}.npz").read_bytes()} for n in "ab"), *evil]


def safetensors_seeds(_: Path) -> list[Files]:
    """One file, and a folder with an index of shards and settings."""
    one, two = _safetensors({"a.weight": (2, 3), "b": (4,)}), _safetensors({"c": (2,)})
    index = {"weight_map": {"a.weight": "one.safetensors", "b": "one.safetensors", "c": "two.safetensors"}}
    config = {"architectures": ["X"], "id2label": {"0": "cat", "1": "dog"}}
    shards = {
        "one.safetensors": one,
        "two.safetensors": two,
        "model.safetensors.index.json": json.dumps(index).encode(),
    }
    settings = {
        "config.json": json.dumps(config).encode(),
        "preprocessor_config.json": b'{"image_mean": [0.5, 0.5, 0.5], "image_std": [1, 1, 1]}',
    }
    return [{"a.safetensors": one}, {"model.safetensors": one, **settings}, {**shards, **settings}]


def _safetensors(shapes: dict[str, tuple[int, ...]]) -> bytes:
    head, at = {}, 0
    for name, shape in shapes.items():
        size = 4 * int(np.prod(shape))
        head[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "little") + text + bytes(at)


def read_weights(folder: Path) -> None:
    """What can be read has tensors inside the file's bytes; what it says of itself is plain."""
    target = folder
    if not any(
        (folder / name).is_file() for name in ("config.json", "model.safetensors", "model.safetensors.index.json")
    ):
        target = next((p for p in sorted(folder.iterdir())), folder / "a.pth")
    checkpoint = read_checkpoint(target)
    for value in checkpoint.state.values():
        if value.numel() <= 1 << 16:
            value.to(torch.float64).sum().item()
    sum(1 for _ in spellings(checkpoint.state))
    about = metadata(checkpoint.content, target)
    assert all(isinstance(name, str) for name in about.names)
    assert all(0 <= v < 256 for color in about.colors for v in color)


def read_inspected(folder: Path) -> None:
    """As a person adds a model: which net fits, with nothing run."""
    path = next((p for p in sorted(folder.iterdir())), folder / "a.pth")
    found = inspecting.inspect(InspectRequest(str(path)))
    assert isinstance(found, Inspected)


def script_seeds(folder: Path) -> list[Files]:
    """A program of TorchScript, and a torch.export's names."""
    torch.manual_seed(0)
    torch.jit.save(torch.jit.trace(Net().eval(), torch.zeros(1, 3, 8, 8)), str(folder / "a.pt"))
    return [{"a.pt": (folder / "a.pt").read_bytes()}]


def onnx_seeds(_: Path) -> list[Files]:
    """A net with one convolution, and one without weights."""
    if not onnx_available():
        return [{"a.onnx": b""}]
    from onnx import TensorProto, helper, numpy_helper

    weight = numpy_helper.from_array(np.ones((2, 3, 1, 1), np.float32), "w")
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, c, None, None]) for n, c in (("x", 3), ("y", 2))]
    graph = helper.make_graph([helper.make_node("Conv", ["x", "w"], ["y"])], "g", ends[:1], ends[1:], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, {"names": "['a', 'b']"})
    return [{"a.onnx": model.SerializeToString()}]


def read_onnx(folder: Path) -> None:
    """The metadata and the input of an ONNX file; it is not run."""
    path = next((p for p in sorted(folder.iterdir())), folder / "a.onnx")
    try:
        net = foreign.OnnxNet(path, {}, threads=1)
    except ValueError:  # `inspect` makes a sentence of it
        return
    names = foreign.onnx_names(net)
    assert all(isinstance(name, str) for name in names)


def taught_seeds(_: Path) -> list[Files]:
    """A pixel classifier as teach mode keeps it."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), 40)
    samples = random.random((80, classifier.features.COUNT)).astype(np.float32) + labels[:, None]
    return [{"a.npz": classifier.learn(samples, labels, 2).dumped()}]


def read_taught(folder: Path) -> None:
    """One that is loaded tells classes apart without leaving its arrays."""
    path = next((p for p in sorted(folder.rglob("*")) if p.is_file()), None)
    taught = classifier.load(path.read_bytes() if path else b"", "a.npz")
    assert taught.classes > 0


def resume_seeds(folder: Path) -> list[Files]:
    """A training's checkpoint."""
    torch.save({"state": _contents()[0], "epoch": 3, "random": torch.get_rng_state()}, folder / "a.pth")
    return [{"a.pth": (folder / "a.pth").read_bytes()}]


def read_resume(folder: Path) -> None:
    """A training that is gone on with."""
    training_state.load(next((p for p in sorted(folder.rglob("*")) if p.is_file()), folder / "a.pth"))


READERS = [
    Reader("weights torch zip", partial(torch_seeds, zipped=True), read_weights, torch=True),
    Reader("weights torch old", partial(torch_seeds, zipped=False), read_weights, torch=True),
    Reader("weights other", other_seeds, read_weights, torch=True),
    Reader("weights safetensors", safetensors_seeds, read_weights, torch=True),
    Reader("model to add", partial(torch_seeds, zipped=True), read_inspected, torch=True),
    Reader("program torchscript", script_seeds, read_inspected, torch=True),
    Reader("program onnx", onnx_seeds, read_onnx, torch=True),
    Reader("taught model", taught_seeds, read_taught, torch=True),
    Reader("training checkpoint", resume_seeds, read_resume, torch=True),
]
