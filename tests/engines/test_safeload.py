"""Checkpoints: whatever is in the file, nothing of it runs; good ones of any form give their tensors."""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from segdesk.domain.errors import SegDeskError
from segdesk.engines.safeload import read_state

STATE = {"conv.weight": torch.arange(24.0).reshape(2, 3, 2, 2), "count": torch.tensor(7)}


class Settings:
    """An object of a class that the reader does not know."""

    def __init__(self) -> None:
        self.names = ["a", "b"]


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
