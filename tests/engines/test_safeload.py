"""Checkpoints: whatever is in the file, nothing of it runs; good ones of any form give their tensors."""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import pickle
import random
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.domain.errors import SegDeskError
from segdesk.engines.containers import read
from segdesk.engines.rebuild import Name, Thing
from segdesk.engines.safeload import read_checkpoint, read_state, spellings

STATE = {"conv.weight": torch.arange(24.0).reshape(2, 3, 2, 2), "count": torch.tensor(7)}


class Settings:
    """An object of a class that the reader does not know."""

    def __init__(self) -> None:
        self.names = ["a", "b"]


class Holder:
    """A trainer that was saved as a whole."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        self.model = state
        self.names = ["a"]


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.last = nn.Linear(4, 2)


def save(value: object, path: Path, *, zipped: bool) -> Path:
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    return path


def same(state: dict[str, torch.Tensor], expected: dict[str, torch.Tensor]) -> bool:
    return state.keys() == expected.keys() and all(torch.equal(state[k], expected[k]) for k in expected)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: s,
        lambda s: {"state_dict": s, "epoch": 3},
        lambda s: {"model_state": {f"module.{k}": v for k, v in s.items()}},
        lambda s: {"model": {"state_dict": s}, "settings": Settings(), "history": [Settings()] * 2},
        lambda s: {"state_dict": s, "meta": {"best": np.float64(0.5), "classes": ("a", "b")}},
        lambda s: {"my_own_name": s, "optimizer": {"state": {i: torch.ones(1) for i in range(9)}}, "epoch": 3},
        lambda s: {"state_dict": s, "ema_state_dict": {k: v + 1 for k, v in s.items()}},
        lambda s: {"trainer": Holder(s)},
    ],
)
def test_the_state_is_found(tmp_path: Path, zipped: bool, wrap: Callable[[dict[str, torch.Tensor]], object]):
    assert same(read_state(save(wrap(STATE), tmp_path / "a.pth", zipped=zipped)), STATE)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_whole_pickled_module_gives_its_state_without_its_class(tmp_path: Path, zipped: bool):
    net = Net()
    assert same(read_state(save(net, tmp_path / "net.pth", zipped=zipped)), net.state_dict())


@pytest.mark.parametrize("zipped", [True, False])
def test_views_of_one_storage_and_other_types(tmp_path: Path, zipped: bool):
    base = torch.arange(12.0)
    state = {
        "view": base[2:8].reshape(2, 3).T,
        "half": torch.ones(3, dtype=torch.float16),
        "brain": torch.ones(3, dtype=torch.bfloat16),
        "bool": torch.tensor([True, False]),
        "none": torch.empty(0),
    }
    path = save({"state_dict": state, "x": Settings()}, tmp_path / "v.pth", zipped=zipped)
    assert same(read_state(path), state)


def test_a_plain_pickle_of_arrays(tmp_path: Path):
    arrays = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.asfortranarray(np.eye(3)), "c": np.array([1])}
    path = tmp_path / "model_final.pkl"
    path.write_bytes(pickle.dumps({"model": arrays, "author": "somebody"}, protocol=2))
    assert same(read_state(path), {k: torch.from_numpy(np.array(v)) for k, v in arrays.items()})


class Call:
    """Pickles to a call of any function."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self.call


def attacks(marker: Path) -> dict[str, object]:
    code = f"open({str(marker)!r}, 'w').close()"
    imported = Call(builtins.__import__, "os")
    return {
        "os.system": Call(os.system, f"touch {marker}"),
        "eval": Call(builtins.eval, code),
        "exec": Call(builtins.exec, code),
        "getattr chain": Call(Call(builtins.getattr, imported, "system"), f"touch {marker}"),
        "open": Call(io.open, str(marker), "w"),
        "nested": {"state_dict": {"w": torch.ones(2), "x": Call(os.system, f"touch {marker}")}},
        "in a module": nn.Sequential(nn.Linear(1, 1)),
        "key": {Call(os.system, f"touch {marker}"): 1},
    }


class _Dumper(pickle._Pickler):
    """Lets a call be the function of a call, which the fast pickler forbids."""

    def save_reduce(self, func, args, *rest, **named):  # type: ignore[no-untyped-def]
        if isinstance(func, Call):
            self.save(func)
            self.save(args)
            self.write(pickle.REDUCE)
        else:
            super().save_reduce(func, args, *rest, **named)


class _PickleModule:
    Pickler = _Dumper
    dumps = staticmethod(pickle.dumps)
    dump = staticmethod(lambda value, stream, protocol=2: _Dumper(stream, protocol).dump(value))


@pytest.mark.parametrize("form", ["zip", "legacy", "bare"])
@pytest.mark.parametrize("name", list(attacks(Path("x"))))
def test_a_hostile_file_runs_nothing(tmp_path: Path, form: str, name: str):
    marker = tmp_path / "marker"
    payload = attacks(marker)[name]
    if isinstance(payload, nn.Module):
        payload.hook = Call(os.system, f"touch {marker}")  # type: ignore[assignment]
    path = tmp_path / "evil.pth"
    if form == "bare":
        stream = io.BytesIO()
        _PickleModule.dump(payload, stream)
        path.write_bytes(stream.getvalue())
    else:
        torch.save(payload, path, pickle_module=_PickleModule, _use_new_zipfile_serialization=form == "zip")
    with contextlib.suppress(SegDeskError):  # most hold no weights, and that is said; what counts is the marker
        read_state(path)
    assert not marker.exists()


def test_the_attack_would_work_on_the_normal_pickle(tmp_path: Path):
    """Else the test above could not fail."""
    for name, payload in attacks(tmp_path / "marker").items():
        if name in ("nested", "in a module", "key"):
            continue
        stream = io.BytesIO()
        _PickleModule.dump(payload, stream)
        result = pickle.loads(stream.getvalue())
        if isinstance(result, io.IOBase):
            result.close()
        assert (tmp_path / "marker").exists(), name
        (tmp_path / "marker").unlink()


def refused(path: Path, part: str) -> None:
    with pytest.raises(SegDeskError) as caught:
        read_state(path)
    assert part in caught.value.text()
    assert path.name in caught.value.text()
    assert caught.value.hint_text()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.97])
def test_a_truncated_file(tmp_path: Path, zipped: bool, share: float):
    path = save({f"w{i}": torch.rand(50, 50) for i in range(4)}, tmp_path / "cut.pth", zipped=zipped)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    refused(path, "not a checkpoint, or it is damaged")


@pytest.mark.parametrize(
    "content", [b"", b"just a text, renamed", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04no zip"]
)
def test_a_file_of_another_kind(tmp_path: Path, content: bytes):
    path = tmp_path / "notes.pth"
    path.write_bytes(content)
    refused(path, "not a checkpoint, or it is damaged")


def test_a_file_that_is_not_there(tmp_path: Path):
    refused(tmp_path / "absent.pth", "cannot be opened")


def test_a_checkpoint_without_weights(tmp_path: Path):
    refused(save({"epoch": 3, "settings": Settings()}, tmp_path / "log.pth", zipped=True), "holds no weights")


def test_a_storage_that_claims_more_than_the_file_holds(tmp_path: Path):
    """Neither reads foreign memory nor asks for terabytes."""
    path = save({"w": torch.zeros(4), "x": Settings()}, tmp_path / "big.pth", zipped=True)
    bigger = tmp_path / "bigger.pth"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(bigger, "w") as sink:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith("data.pkl"):
                assert data.count(b"K\x04\x85") == 1  # the size (4,)
                data = data.replace(b"K\x04\x85", b"J\xff\xff\xff\x7f\x85")
            sink.writestr(name, data)
    refused(bigger, "not a checkpoint, or it is damaged")


# -- hostile files, opcode by opcode -------------------------------------------------------------------------------


def opcodes(marker: Path) -> dict[str, bytes]:
    """Pickles written by hand: every opcode that can look something up or call it."""
    command = f"touch {marker}".encode()
    short = b"\x8c" + bytes([len(command)]) + command
    name = b"\x8c\x02os\x8c\x06system\x93"
    weights = b"(lp0\n"
    return {
        "reduce": b"\x80\x02cos\nsystem\nU" + bytes([len(command)]) + command + b"\x85R.",
        "reduce, protocol 0": b"cos\nsystem\n(S'" + command + b"'\ntR.",
        "stack_global": b"\x80\x04" + name + short + b"\x85R.",
        "inst": b"(S'" + command + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + command + b"'\no.",
        "newobj": b"\x80\x02cposix\nsystem\n" + b"U" + bytes([len(command)]) + command + b"\x85\x81.",
        "newobj_ex": b"\x80\x04" + name + short + b"\x85}\x92.",
        "build": b"ccollections\nOrderedDict\n)R}U\x01acos\nsystem\ns\x86b.",
        "build on a class": b"csegdesk.engines.rebuild\nThing\n}U\x05namescos\nsystem\nsN\x86b.",
        "build on a reader": b"ctorch._utils\n_rebuild_tensor_v2\n}U\x0b__defaults__)sN\x86b.",
        "global of a module's attribute": b"cbuiltins\nopen\nS'" + str(marker).encode() + b"'\nS'w'\n\x86R.",
        "extension": b"\x80\x02\x82\x01)R.",
        "persistent id": b"P" + command + b"\n.",
        "persistent id of a call": b"cos\nsystem\n(S'" + command + b"'\ntRQ.",
        "items of a call": weights + b"cos\nsystem\n(S'" + command + b"'\ntRa.",
        "memo": b"cos\nsystem\nq\x010(S'" + command + b"'\nth\x010h\x01.",
    }


@pytest.mark.parametrize("name", list(opcodes(Path("x"))))
@pytest.mark.parametrize("form", ["bare", "zip"])
def test_no_opcode_reaches_anything(tmp_path: Path, name: str, form: str):
    marker = tmp_path / "marker"
    path = tmp_path / "evil.pkl"
    data = opcodes(marker)[name]
    if form == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("archive/data.pkl", data)
            archive.writestr("archive/version", b"3")
    else:
        path.write_bytes(data)
    with pytest.raises(SegDeskError):
        read_state(path)
    assert not marker.exists()
    assert "_made" not in vars(Thing)


def test_the_handwritten_pickles_would_work_on_the_normal_one(tmp_path: Path):
    """Else the test above could not fail."""
    for name in ("reduce", "reduce, protocol 0", "stack_global", "inst", "obj", "items of a call"):
        pickle.loads(opcodes(tmp_path / "marker")[name])
        assert (tmp_path / "marker").exists(), name
        (tmp_path / "marker").unlink()


def test_a_name_stays_a_name(tmp_path: Path):
    path = tmp_path / "n.pkl"
    path.write_bytes(b"cos\nsystem\n.")
    assert read(path).value == Name("os", "system")


@pytest.mark.parametrize(
    "data",
    [
        b"(" * 1_000_000 + b".",  # marks without end
        b"]" * 200_000 + b"a" * 199_999 + b".",  # a list in a list in a list
        b")" + b"2\x86" * 64 + b"}" + b"\x94.",  # a tuple of itself, 2^64 leaves when walked
        b"}" + b")" + b"2\x86" * 64 + b"Ns.",  # the same as a key, whose hash would take for ever
        b"\x8e" + struct.pack("<Q", 1 << 40) + b"abc.",  # a text of a terabyte
        b"\x96" + struct.pack("<Q", 1 << 40) + b"abc.",
        b"Nr\xff\xff\xff\x7f.",  # a memo of two milliards
        b"j\x00\x00\x00\x01.",  # from an empty memo
        b"0.",  # pop from an empty stack
        b"t.",
        b"e.",
        b"\x88\x89",  # no end
    ],
)
def test_a_pickle_that_wants_all_memory_or_time(tmp_path: Path, data: bytes):
    path = tmp_path / "bomb.pkl"
    path.write_bytes(data)
    with pytest.raises(SegDeskError):
        read_state(path)


def test_a_compressed_bomb(tmp_path: Path):
    path = tmp_path / "bomb.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/data.pkl", b"N" * (65 << 20) + b".")
    assert path.stat().st_size < 1 << 20
    refused(path, "not a checkpoint")
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("w.npy", bytes(80 << 20))
    refused(path, "not a checkpoint")


def test_a_few_bytes_spread_out_to_terabytes(tmp_path: Path):
    path = save({"w": torch.zeros(4).as_strided((1 << 20, 1 << 20), (0, 0))}, tmp_path / "wide.pth", zipped=True)
    refused(path, "not a checkpoint")


@pytest.mark.parametrize("name", ["../../marker", "/tmp/marker", "a/../../data.pkl"])
def test_paths_in_an_archive_lead_nowhere(tmp_path: Path, name: str):
    path = tmp_path / "a" / "b.pth"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, pickle.dumps({"epoch": 1}, protocol=2))
        archive.writestr("x/data.pkl", pickle.dumps({"epoch": 1}, protocol=2))
    refused(path, "no weights")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b.pth"]


# -- other containers ----------------------------------------------------------------------------------------------


def write_safetensors(path: Path, state: dict[str, torch.Tensor], **changes: object) -> Path:
    kinds = {torch.float32: "F32", torch.int64: "I64", torch.float16: "F16"}
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data = b""
    for key, value in state.items():
        raw = value.numpy().tobytes()
        offsets = [len(data), len(data) + len(raw)]
        header[key] = {"dtype": kinds[value.dtype], "shape": list(value.shape), "data_offsets": offsets, **changes}
        data += raw
    head = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(head)) + head + data)
    return path


def test_safetensors(tmp_path: Path):
    assert same(read_state(write_safetensors(tmp_path / "m.safetensors", STATE)), STATE)


@pytest.mark.parametrize(
    "changes",
    [
        {"data_offsets": [0, 1 << 40]},
        {"data_offsets": [-8, 0]},
        {"shape": [1 << 40, 1 << 40]},
        {"shape": [-1, 96]},
        {"dtype": "F1024"},
        {"shape": "2"},
    ],
)
def test_damaged_safetensors(tmp_path: Path, changes: dict[str, object]):
    refused(write_safetensors(tmp_path / "m.safetensors", STATE, **changes), "not a checkpoint")


def test_a_safetensors_header_nested_without_end(tmp_path: Path):
    head = b'{"a":' + b"[" * 200_000
    (tmp_path / "m.safetensors").write_bytes(struct.pack("<Q", len(head)) + head)
    refused(tmp_path / "m.safetensors", "not a checkpoint")


def test_numpy_archives(tmp_path: Path):
    arrays = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.arange(3, dtype=np.int32)}
    np.savez_compressed(tmp_path / "w.npz", **arrays)
    assert same(read_state(tmp_path / "w.npz"), {k: torch.from_numpy(v) for k, v in arrays.items()})


def test_an_array_of_objects_is_refused(tmp_path: Path):
    marker = tmp_path / "marker"
    np.savez(tmp_path / "w.npz", a=np.array([Call(os.system, f"touch {marker}")], dtype=object))
    refused(tmp_path / "w.npz", "not a checkpoint")
    assert not marker.exists()


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_scalars_and_arrays_of_every_protocol(tmp_path: Path, protocol: int):
    value = {"model": {"a": np.arange(6, dtype=np.float32).reshape(2, 3)}, "best": np.float64(0.5), "n": np.int64(3)}
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(value, protocol=protocol))
    found = read_checkpoint(tmp_path / "a.pkl")
    assert torch.equal(found.state["a"], torch.arange(6.0).reshape(2, 3))
    assert isinstance(found.content.value, dict)
    assert found.content.value["best"] == 0.5


def test_a_folder_with_its_weights_in_parts(tmp_path: Path):
    write_safetensors(tmp_path / "model-1.safetensors", {"a": torch.ones(2)})
    write_safetensors(tmp_path / "model-2.safetensors", {"b": torch.zeros(3)})
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "config.json").write_text('{"id2label": {"0": "sky"}}')
    found = read_checkpoint(tmp_path)
    assert same(found.state, {"a": torch.ones(2), "b": torch.zeros(3)})
    assert found.content.config == {"id2label": {"0": "sky"}}


@pytest.mark.parametrize("name", ["../secret.safetensors", "/etc/passwd", "model.safetensors.index.json"])
def test_an_index_that_points_elsewhere(tmp_path: Path, name: str):
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    refused(tmp_path, "not a checkpoint")


def test_a_folder_without_weights(tmp_path: Path):
    refused(tmp_path, "cannot be opened")


class Half(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inner(x)


@pytest.mark.filterwarnings("ignore:.*torch.jit.*")
def test_a_torchscript_file_gives_its_weights_without_its_program(tmp_path: Path):
    net = Half().eval()
    torch.jit.save(torch.jit.trace(net, torch.rand(1, 3, 4, 4)), str(tmp_path / "n.pt"))
    found = read_checkpoint(tmp_path / "n.pt")
    assert found.content.kind == "torchscript"
    wanted = net.state_dict()
    assert all(torch.equal(found.state[k], wanted[k]) for k in wanted if "num_batches" not in k)


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module.model.", "student.net.", "ema.module."])
def test_wrappings_come_off(prefix: str):
    wrapped = {prefix + k: v for k, v in STATE.items()}
    assert any(same(found, STATE) for found in spellings(wrapped))


def test_a_trainer_s_other_nets_are_left(tmp_path: Path):
    state = {f"model.{k}": v for k, v in STATE.items()} | {"criterion.weight": torch.ones(3)}
    assert any(same(found, STATE) for found in spellings(state))


def test_tensors_lie_on_the_file(tmp_path: Path):
    """What is only looked at costs no memory, and writing into it does not change the file."""
    path = save({"w": torch.zeros(1000)}, tmp_path / "w.pth", zipped=True)
    before = path.read_bytes()
    read_state(path)["w"].fill_(7)
    assert path.read_bytes() == before


def spoiled(data: bytes, rng: random.Random) -> bytes:
    """The bytes with a few of them changed, left out, added, or made a large number; mostly near the beginning."""
    found = bytearray(data)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(len(found), 900) if rng.random() < 0.8 else len(found))
        kind = rng.randrange(4)
        if kind == 0:
            found[at] = rng.randrange(256)
        elif kind == 1:
            del found[at : at + rng.randint(1, 8)]
        elif kind == 2:
            found[at:at] = rng.randbytes(rng.randint(1, 8))
        else:
            found[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(found)


@pytest.mark.parametrize("kind", ["zip", "legacy", "pickle", "safetensors", "npz"])
def test_spoiled_files_are_read_or_refused(tmp_path: Path, kind: str):
    """Nothing but tensors or a clear sentence comes of any bytes."""
    path = tmp_path / "seed"
    if kind in ("zip", "legacy"):
        save({"state_dict": STATE, "meta": Settings()}, path, zipped=kind == "zip")
    elif kind == "pickle":
        path.write_bytes(pickle.dumps({"model": {"a": np.arange(6.0)}, "n": np.float32(3)}, protocol=2))
    elif kind == "npz":
        with path.open("wb") as stream:
            np.savez_compressed(stream, a=np.arange(6.0))
    else:
        write_safetensors(path, STATE)
    data, rng = path.read_bytes(), random.Random(7)
    for _ in range(200):
        path.write_bytes(spoiled(data, rng))
        with contextlib.suppress(SegDeskError):
            assert all(isinstance(v, torch.Tensor) for v in read_state(path).values())
